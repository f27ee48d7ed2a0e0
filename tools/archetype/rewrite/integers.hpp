// SPDX-License-Identifier: BSL-1.0
/// @file integers.hpp
/// Networks whose activations are integers of 8 bits: the same network in real numbers, of which layers are made, and what
/// the integers at its ends are.
#pragma once
#include "network.hpp"

#include <optional>

namespace archetype::rewrite {

/// Whether activations of the file are integers of 8 bits.
bool computes_in_8_bits(const graph::model& file);

/// The same network with real numbers for its integers, node by node in the same order: weights are what they stand for,
/// a change of scale is a power of 1. Operators that have no form in 8 bits are added to `refused`.
graph::model with_real_numbers(const graph::model& file, std::vector<refusal>& refused);

/// One scale and zero point, for integers from -128 to 127: uint8 is 128 less here.
struct byte_scale {
    double scale = 1;
    std::int64_t zero = 0;
    bool operator==(const byte_scale&) const = default;
};
/// Of a value of the file, if its integers have one scale.
std::optional<byte_scale> byte_scale_of(const graph::model& file, value_id id);

/// The values of the file at which its integers begin and end: inputs and outputs, or what stands behind QUANTIZE and
/// before DEQUANTIZE.
struct integer_ends {
    value_id input = no_value, output = no_value;
};
/// @throws file_error if the file has several inputs or outputs, or computes with real numbers at its ends
integer_ends integer_ends_of(const graph::model& file);

/// The integers at the ends, from -128 to 127, for one sample of the file's input.
struct integer_run {
    array input, output;
};
integer_run run_integers(const graph::model& file, const integer_ends& ends, const array& sample);

}  // namespace archetype::rewrite
