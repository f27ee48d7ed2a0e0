// SPDX-License-Identifier: BSL-1.0
/// @file tflite_call.hpp
/// What TensorFlow Lite's operators share: scales of 8-bit integers, fused activations, operators of ONNX in their place.
#pragma once
#include "fixed_point.hpp"
#include "operators.hpp"
#include "pieces.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace archetype::evaluate::tflite {

using whole = std::int64_t;

const graph::value& value_of(const call& at, graph::value_id id);
const graph::value& input_value(const call& at, std::size_t index);

/// One scale and zero point of an input or output. @throws file_error
struct linear {
    double scale = 1;
    whole zero = 0;
};
linear input_scale(const call& at, std::size_t index);
linear output_scale(const call& at);

bool is_int8(const call& at, std::size_t index);
void only_float_or_int8(const call& at);

/// What a fused activation leaves: real numbers.
double activated(const call& at, double x, const std::string& name);
std::string activation_of(const call& at);

/// The integers that a fused activation leaves.
struct range {
    whole least = -128, most = 127;
    whole cut(whole x) const { return std::clamp(x, least, most); }
};
range range_of(const call& at, const linear& out);

std::int32_t accumulator(const call& at, double sum);

/// Real numbers of the input: integers without their zero point, int8 weights of a float operator with their scale.
reals centered(const call& at, std::size_t index);

using attributes_by_name = std::map<std::string, graph::attribute, std::less<>>;
/// What an operator of ONNX with these attributes makes of these inputs.
std::vector<datum> results_of_onnx(const call& at, std::string_view name, std::vector<datum> inputs,
                                   attributes_by_name attributes = {});
/// They are the results.
void as_onnx(call& at, std::string_view name, std::vector<datum> inputs, attributes_by_name attributes = {});
/// The outputs have the input's integers: their scale must be the same too.
void same_scale(const call& at, std::size_t index = 0);

double logistic_of(double x);

}  // namespace archetype::evaluate::tflite
