// SPDX-License-Identifier: BSL-1.0
/// @file quantization.hpp
/// What 8-bit numbers mean.
#pragma once
#include <cstdint>

namespace archetype {

/// The real numbers that 8-bit ones stand for: scale * (q - zero_point), as TensorFlow Lite has it.
struct quantization {
    float scale = 1;
    std::int32_t zero_point = 0;
    constexpr bool operator==(const quantization&) const = default;

    /// The nearest 8-bit number, halves away from zero; -128 or 127 for what lies outside, the zero point for NaN.
    constexpr std::int8_t quantize(float x) const {
        const float steps = x / scale, shift = static_cast<float>(zero_point);
        if (!(steps == steps)) return static_cast<std::int8_t>(zero_point);
        if (steps <= -128 - shift) return -128;
        if (steps >= 127 - shift) return 127;
        return static_cast<std::int8_t>(static_cast<std::int32_t>(steps + (steps < 0 ? -0.5f : 0.5f)) +
                                        zero_point);
    }
    constexpr float dequantize(std::int8_t q) const { return scale * static_cast<float>(q - zero_point); }
};

}  // namespace archetype
