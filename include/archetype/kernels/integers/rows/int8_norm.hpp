// SPDX-License-Identifier: BSL-1.0
/// @file int8_norm.hpp
/// Normalization of each pixel's channels in 8 bits: by mean and deviation, or by the root of the mean square.
#pragma once
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/integers/int8_requantize.hpp>
#include <bit>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The largest whole number whose square is at most `x`.
constexpr std::uint32_t whole_root(std::uint64_t x) {
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 62; bit != 0; bit >>= 2) {
        const bool fits = x >= root + bit;
        if (fits) x -= root + bit;
        root = (root >> 1) + (fits ? bit : 0);
    }
    return static_cast<std::uint32_t>(root);
}

/// 1 / sqrt(x) as factor * 2^(pairs - 62).
struct inverse_root {
    std::int32_t factor;  ///< 2^30 to 2^31 - 1
    std::int32_t pairs;   ///< of zeros before the number
};
/// Of a number from 1: 2^62 / floor(sqrt(x 4^pairs)), rounded down.
[[gnu::noinline]] constexpr inverse_root inverse_root_of(std::uint64_t x) {
    const int pairs = std::countl_zero(x) / 2;
    const std::uint64_t factor = (std::uint64_t{1} << 62) / whole_root(x << (2 * pairs));
    return {static_cast<std::int32_t>(factor > 2147483647 ? 2147483647 : factor), pairs};
}

/// The upper half of a product, rounded to nearest, halves upwards.
ARCHETYPE_INLINE constexpr std::int32_t high_product(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 31)) >> 32);
}

/// Bits after the point of a normalized number, which is at most the root of the number of channels.
constexpr int int8_norm_bits(std::size_t channels) { return 28 - (std::bit_width(channels - 1) + 1) / 2; }

/// What a normalized number is multiplied with, and what is added: with the zero point of the results and the half of rounding.
struct int8_norm_channel {
    std::int32_t factor, offset;
};
/// As they lie in the weights, before one `int8_norm_channel` for each channel.
struct int8_norm_numbers {
    std::uint32_t epsilon[2];  ///< epsilon C^2 / scale^2, the lower half first
    std::int32_t shift;        ///< bits after the point of products
};

/// One sample; may work in place. With C channels q, their sum S and squares Q: W = C Q - S^2 + epsilon, exact;
/// n = (C q - S) / sqrt(W) with `int8_norm_bits` after the point; result = (n factor / 2^32 + offset) / 2^shift, at most 127.
/// Without `Centered` q - zero point takes the place of q and 0 that of S.
template <image In, image Out, bool Centered>
void int8_norm(const std::int8_t* in, std::int8_t* out, std::int32_t zero_point,
               const int8_norm_numbers& numbers, const int8_norm_channel* channels) {
    constexpr auto count = static_cast<std::int32_t>(In.channels);
    const std::uint64_t epsilon = (std::uint64_t{numbers.epsilon[1]} << 32) | numbers.epsilon[0];
    const std::int32_t zero = Centered ? 0 : zero_point, shift = numbers.shift;
    for (std::size_t y = 0; y < In.height; ++y)
        for (std::size_t x = 0; x < In.width; ++x) {
            const std::int8_t* const from = in + pixel_offset<In>(0, y, x);
            std::int8_t* const to = out + pixel_offset<Out>(0, y, x);
            std::int32_t sum = 0;
            std::uint32_t squares = 0;
            for (std::size_t c = 0; c < In.channels; ++c) {
                const std::int32_t q = from[c] - zero;
                if constexpr (Centered) sum += q;
                squares += static_cast<std::uint32_t>(q * q);
            }
            const std::uint64_t spread = std::uint64_t{In.channels} * squares -
                                         static_cast<std::uint64_t>(std::int64_t{sum} * sum) + epsilon;
            const inverse_root inverse = inverse_root_of(spread == 0 ? 1 : spread);
            const std::int32_t places = inverse.pairs - 30 + int8_norm_bits(In.channels);
            const std::int32_t left = places < 0 ? 0 : places, right = places < 0 ? -places : 0;
            for (std::size_t c = 0; c < In.channels; ++c) {
                const std::int32_t distance = (from[c] - zero) * count - sum;
                const auto scaled =
                    static_cast<std::int32_t>(static_cast<std::uint32_t>(distance >> right) << left);
                const std::int32_t normal = high_product(scaled, inverse.factor);
                to[c] = clamp((high_product(normal, channels[c].factor) + channels[c].offset) >> shift,
                              {0, -128});
            }
        }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
