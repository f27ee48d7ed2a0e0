// SPDX-License-Identifier: BSL-1.0
/// @file quantization.hpp
/// What 8-bit and 16-bit numbers mean.
#pragma once
#include <archetype/instruction_set.hpp>
#include <cstdint>
#include <limits>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The real numbers that those of the type `Number` stand for: scale * (q - zero_point), as TensorFlow Lite has it. The zero
/// point of 16-bit numbers is 0.
template <class Number>
struct quantization_to {
    float scale = 1;
    std::int32_t zero_point = 0;
    constexpr bool operator==(const quantization_to&) const = default;

    /// The nearest number, halves away from zero; the smallest or the largest for what lies outside, the zero point for NaN.
    constexpr Number quantize(float x) const {
        constexpr Number smallest = std::numeric_limits<Number>::min(),
                         largest = std::numeric_limits<Number>::max();
        const float steps = x / scale, shift = static_cast<float>(zero_point);
        if (!(steps == steps)) return static_cast<Number>(zero_point);
        if (steps <= smallest - shift) return smallest;
        if (steps >= largest - shift) return largest;
        return static_cast<Number>(static_cast<std::int32_t>(steps + (steps < 0 ? -0.5f : 0.5f)) +
                                   zero_point);
    }
    constexpr float dequantize(Number q) const { return scale * static_cast<float>(q - zero_point); }
};
using quantization = quantization_to<std::int8_t>;

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
