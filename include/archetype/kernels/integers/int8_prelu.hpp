// SPDX-License-Identifier: BSL-1.0
/// @file int8_prelu.hpp
/// Rectifiers with trained slopes on 8-bit and 16-bit numbers, as TensorFlow Lite's PRELU.
#pragma once
#include <archetype/kernels/integers/int8_pointwise.hpp>
#include <limits>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// What a number above or below zero is multiplied with to be a result: sign * multiplier * 2^(shift - 31).
struct integer_slope {
    std::int32_t multiplier, shift, sign;
    ARCHETYPE_INLINE constexpr std::int32_t operator()(std::int32_t x) const {
        return multiply_by_quantized_multiplier(sign < 0 ? -x : x, multiplier, shift);
    }
};

/// out = rise(in) above zero, slopes[i](in) below; one sample.
/// @param slope_of  slope_of(channel, element): which slope
template <image In, image Out, class Number, class SlopeOf>
void integer_prelu(const Number* in, Number* out, std::int32_t zero_in, std::int32_t zero_out,
                   const integer_slope& rise, const integer_slope* slopes, const SlopeOf& slope_of) {
    constexpr std::int32_t most = std::numeric_limits<Number>::max(),
                           least = std::numeric_limits<Number>::min();
    std::size_t element = 0;
    for_image_rows<In, Out>(in, out, [&](const Number* from, Number* to) {
        for (std::size_t x = 0; x < In.width; ++x, from += In.pixel_stride, to += Out.pixel_stride)
            for (std::size_t c = 0; c < In.channels; ++c, ++element) {
                const std::int32_t value = from[c] - zero_in;
                const std::int32_t made = (value > 0 ? rise : slopes[slope_of(c, element)])(value) + zero_out;
                to[c] = static_cast<Number>(made > most ? most : made < least ? least : made);
            }
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
