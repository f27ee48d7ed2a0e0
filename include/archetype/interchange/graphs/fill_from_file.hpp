// SPDX-License-Identifier: BSL-1.0
/// @file fill_from_file.hpp
/// What the compiled part of the library (CMake: archetype::files) is asked for. It knows no network at compile time, no
/// instruction set and throws nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace archetype::files {

enum class format : std::uint8_t { onnx, tflite, keras };

/// A network of the library as ONNX files in memory that hold the numbers of parameters in place of their values: the
/// file's values go where these numbers stand, whatever order of axes they are brought to.
struct numbered_network {
    static constexpr std::size_t base = 1 << 12;
    /// Each digit of the parameter's number in this base, the lowest first, each with 1 added, then `check_of` it.
    std::vector<std::string> digits;
    struct tensor {
        std::size_t begin, size;
        std::string name;
    };
    std::vector<tensor> tensors;  ///< which parameters each has
    std::size_t parameters = 0;

    /// A second, independent code: a sum of two numbers is not taken for a third one.
    static constexpr std::size_t check_of(std::size_t parameter) {
        std::uint64_t mixed = (parameter + 1) * std::uint64_t{0x9E3779B97F4A7C15};
        mixed ^= mixed >> 29;
        mixed *= std::uint64_t{0xBF58476D1CE4E5B9};
        return (mixed >> 40) % (std::size_t{1} << 22) + 1;
    }
};

enum class problem_kind : std::uint8_t { missing, unexpected, different, not_finite };
struct problem {
    problem_kind kind = problem_kind::different;
    std::string what, expected, found;
};

/// Reads `path`, compares it with the network layer by layer and fills `values`, or tells what does not fit.
std::vector<problem> fill_from_file(const numbered_network& network, const std::string& path, format kind,
                                    std::span<float> values);

/// A scale and a zero point of integers from -128 to 127.
struct integer_form {
    float scale = 1;
    std::int32_t zero_point = 0;
};
/// What a file in 8 bits has of a layer of the network, and what the network's own file has.
struct integer_layer {
    std::string path;
    std::optional<integer_form> input, result;
    std::vector<std::int8_t> weights, own_weights;
    std::vector<float> scales;
    std::vector<std::int32_t> biases;
    std::vector<std::int8_t> table;
};
struct integer_layers {
    integer_form input;
    std::vector<integer_layer> layers;  ///< a path may come several times
};

/// Reads `path`, compares it with the network, an ONNX file in 8 bits in memory, layer by layer and fills `to`, or tells what
/// does not fit.
std::vector<problem> integers_from_file(const std::string& network, const std::string& path, format kind,
                                        integer_layers& to);

}  // namespace archetype::files
