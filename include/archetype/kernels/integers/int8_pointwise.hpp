// SPDX-License-Identifier: BSL-1.0
/// @file int8_pointwise.hpp
/// Activations by table and softmax of 8-bit numbers.
#pragma once
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/integers/int8_requantize.hpp>
#include <bit>
#include <type_traits>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Calls `body(row of in, row of out)` for each row of an image.
template <image In, image Out, class Number, class Body>
ARCHETYPE_INLINE void for_image_rows(const Number* in, Number* out, const Body& body) {
    for (std::size_t y = 0; y < In.height; ++y)
        body(in + In.offset + y * In.row_stride, out + Out.offset + y * Out.row_stride);
}

/// Writes `function(number)` for each number of an image. Pixels of a part of a concatenation have others between them.
template <image In, image Out, class Number, class Function>
ARCHETYPE_INLINE void map_numbers(const Number* in, Number* out, const Function& function) {
    constexpr bool joined = In.pixel_stride == In.channels && Out.pixel_stride == Out.channels;
    constexpr std::size_t length = joined ? In.width * In.channels : In.channels;
    for_image_rows<In, Out>(in, out, [&](const Number* from, Number* to) {
        for (std::size_t x = 0; x < In.width; x += joined ? In.width : 1)
            for (std::size_t i = 0; i < length; ++i)
                to[x * Out.pixel_stride + i] = function(from[x * In.pixel_stride + i]);
    });
}

/// out = table[in + 128], one sample; may work in place.
template <image In, image Out>
void int8_look_up(const std::int8_t* in, std::int8_t* out, const std::int8_t* table) {
    map_numbers<In, Out>(in, out, [&](std::int8_t number) { return table[number + 128]; });
}

/// Softmax over the channels of each pixel, bit for bit TensorFlow Lite's reference, with the scale 1 / 256 and the zero point
/// -128 that it demands; may work in place.
/// @param powers  fractions of 2^31 for the distances d = 0 to 255 from the largest: e^(-d scale), 0 where that is nothing
template <image In, image Out>
void int8_softmax(const std::int8_t* in, std::int8_t* out, const std::int32_t* powers) {
    // Each is 2^19 at most.
    using sum_type = std::conditional_t<(In.channels < 8192), std::uint32_t, std::uint64_t>;
    for_image_rows<In, Out>(in, out, [&](const std::int8_t* from, std::int8_t* to) {
        for (std::size_t x = 0; x < In.width; ++x, from += In.pixel_stride, to += Out.pixel_stride) {
            std::int32_t largest = -128;
            for (std::size_t c = 0; c < In.channels; ++c) largest = from[c] > largest ? from[c] : largest;
            const std::int32_t* const power = powers + largest;
            sum_type sum = 0;
            for (std::size_t c = 0; c < In.channels; ++c)
                sum += (static_cast<std::uint32_t>(power[-from[c]]) + 2048) >> 12;
            // The sum is a number from 1 to 2, times a power of two.
            const auto exponent = static_cast<std::int32_t>(std::bit_width(sum)) - 1;
            std::uint32_t fraction;
            if constexpr (sizeof(sum_type) == 4)
                fraction = sum << (31 - exponent);
            else
                fraction = static_cast<std::uint32_t>(exponent > 31 ? sum >> (exponent - 31)
                                                                    : sum << (31 - exponent));
            const std::int32_t reciprocal =
                reciprocal_of_one_plus(static_cast<std::int32_t>(fraction - 0x80000000u));
            constexpr bool can_vanish = In.channels >= 512;  // shares of a sum of 2^28
            for (std::size_t c = 0; c < In.channels; ++c) {
                const auto product =
                    static_cast<std::uint32_t>(doubling_high_product(reciprocal, power[-from[c]]));
                const std::uint32_t share =
                    can_vanish && exponent > 27 ? 0 : (product + (8u << exponent)) >> (exponent + 4);
                to[c] = static_cast<std::int8_t>(static_cast<std::int32_t>(share > 255 ? 255 : share) - 128);
            }
        }
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
