// SPDX-License-Identifier: BSL-1.0
/// @file int8_log_softmax.hpp
/// Logarithms of softmax in 8 bits.
#pragma once
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/integers/int8_pointwise.hpp>
#include <bit>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Bits after the point of distances and logarithms.
inline constexpr std::int32_t log_softmax_bits = 16;

/// The logarithm of x >= 1 to the base 2, with 16 bits after the point, rounded down: its fraction bit by bit, by squares.
constexpr std::int64_t binary_logarithm(std::uint64_t x) {
    const int whole = static_cast<int>(std::bit_width(x)) - 1;
    std::uint64_t fraction = whole > 31 ? x >> (whole - 31) : x << (31 - whole);  // from 1 to 2, 31 bits
    std::int64_t made = whole;
    for (std::int32_t i = 0; i < log_softmax_bits; ++i) {
        fraction = fraction * fraction >> 31;
        const bool is_large = fraction >> 32 != 0;
        if (is_large) fraction >>= 1;
        made = 2 * made + (is_large ? 1 : 0);
    }
    return made;
}

/// x - log(sum of e^x) over the channels of each pixel, one sample, with the scale 16 / 256 and the zero point 127 of TensorFlow
/// Lite. In sixteenths, with 16 bits after the point: the distance from the largest times `step`, and the logarithm of the sum.
/// @param powers  fractions of 2^31 for the distances d = 0 to 255 from the largest: e^(-d scale)
/// @param step    16 scale 2^16
template <image In, image Out>
void int8_log_softmax(const std::int8_t* in, std::int8_t* out, const std::int32_t* powers,
                      std::int32_t step) {
    constexpr std::int64_t sixteenths = 726817;  // 16 ln 2 2^16
    constexpr std::int64_t half = 1 << (log_softmax_bits - 1);
    for_image_rows<In, Out>(in, out, [&](const std::int8_t* from, std::int8_t* to) {
        for (std::size_t x = 0; x < In.width; ++x, from += In.pixel_stride, to += Out.pixel_stride) {
            std::int32_t largest = -128;
            for (std::size_t c = 0; c < In.channels; ++c) largest = from[c] > largest ? from[c] : largest;
            std::uint64_t sum = 0;
            for (std::size_t c = 0; c < In.channels; ++c)
                sum += static_cast<std::uint32_t>(powers[largest - from[c]]);
            constexpr std::int64_t of_one = std::int64_t{31} << log_softmax_bits;
            const std::int64_t octaves = binary_logarithm(sum) - of_one;
            const std::int64_t all = ((octaves < 0 ? 0 : octaves) * sixteenths) >> log_softmax_bits;
            for (std::size_t c = 0; c < In.channels; ++c) {
                const std::int64_t below =
                    (std::int64_t{largest - from[c]} * step + all + half) >> log_softmax_bits;
                to[c] = static_cast<std::int8_t>(below > 255 ? -128 : 127 - below);
            }
        }
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
