// SPDX-License-Identifier: BSL-1.0
/// @file int8_pool2d.hpp
/// Pooling of 8-bit and 16-bit numbers. Maxima are exact; averages are rounded to nearest, halves away from zero, as TensorFlow Lite
/// does, and have the scale and zero point of their input.
#pragma once
#include <archetype/kernels/integers/int16_conv2d.hpp>
#include <archetype/kernels/pooling/pool2d.hpp>
#include <type_traits>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A factor of sums: multiplier and shift (`multiply_by_quantized_multiplier`).
struct int8_factor {
    std::int32_t multiplier, shift;
};

/// The mean of each channel over one image: the sum, less `zero_point` for each cell, times a factor.
/// @param table  activations of the results, or null
template <image In, image Out>
void int8_mean(const std::int8_t* in, std::int8_t* out, std::int32_t zero_point,
               std::int32_t result_zero_point, const int8_factor& factor, const std::int8_t* table) {
    constexpr auto cells = static_cast<std::int32_t>(In.height * In.width);
    constexpr std::size_t at_once = 8;  // what is read past the last channel is not looked at
    for (std::size_t first = 0; first < In.channels; first += at_once) {
        std::int32_t sums[at_once] = {};
        for (std::size_t y = 0; y < In.height; ++y) {
            const std::int8_t* from = in + In.offset + y * In.row_stride + first;
            for (std::size_t x = 0; x < In.width; ++x, from += In.pixel_stride) {
#if defined(__ARM_FEATURE_MVE)
                vst1q_s32(sums, vaddq_s32(vld1q_s32(sums), vldrbq_s32(from)));
                vst1q_s32(sums + 4, vaddq_s32(vld1q_s32(sums + 4), vldrbq_s32(from + 4)));
#else
#pragma GCC unroll 8
                for (std::size_t i = 0; i < at_once; ++i) sums[i] += from[i];
#endif
            }
        }
        const std::size_t count = In.channels - first < at_once ? In.channels - first : at_once;
        for (std::size_t i = 0; i < count; ++i) {
            const std::int32_t mean = multiply_by_quantized_multiplier(sums[i] - cells * zero_point,
                                                                       factor.multiplier, factor.shift) +
                                      result_zero_point;
            std::int8_t result = clamp(mean, {0, -128});
            if (table != nullptr) result = table[result + 128];
            out[Out.offset + first + i] = result;
        }
    }
}

/// One sample. `zero_point` is what cells of the padding count as where an average counts them.
/// @param table  activations of the results, or null
template <pool2d Geometry, bool IsMax, class Number>
void int8_pool2d(const Number* in, Number* out, std::int32_t zero_point,
                 const std::type_identity_t<Number>* table) {
    constexpr pool_axis rows = vertical(Geometry), columns = horizontal(Geometry);
    for_windows<Geometry>({0, 1}, [&](std::size_t, std::size_t y, std::size_t x, const pool_cells& cells) {
        const std::int32_t counted = static_cast<std::int32_t>(rows.count(y, Geometry.count_padding) *
                                                               columns.count(x, Geometry.count_padding));
        const std::int32_t present =
            static_cast<std::int32_t>((cells.last_y - cells.first_y) * (cells.last_x - cells.first_x));
        Number* const to =
            out + Geometry.out.offset + y * Geometry.out.row_stride + x * Geometry.out.pixel_stride;
#if defined(__SSE4_1__) || defined(__aarch64__)
        if constexpr (IsMax && Geometry.in.channels >= 16) {  // channels in vectors
            constexpr std::size_t channels = Geometry.in.channels;
            bool is_first = true;
            for (std::size_t ky = cells.first_y; ky < cells.last_y; ++ky)
                for (std::size_t kx = cells.first_x; kx < cells.last_x; ++kx, is_first = false) {
                    const Number* const cell =
                        in + Geometry.in.offset + (cells.in_y + ky * rows.dilation) * Geometry.in.row_stride +
                        (cells.in_x + kx * columns.dilation) * Geometry.in.pixel_stride;
                    for (std::size_t c = 0; c < channels; ++c)
                        to[c] = is_first || cell[c] > to[c] ? cell[c] : to[c];
                }
            if (!is_first) {
                for (std::size_t c = 0; table != nullptr && c < channels; ++c) to[c] = look_up(table, to[c]);
                return;
            }
        }
#endif
        for (std::size_t c = 0; c < Geometry.in.channels; ++c) {
            std::int32_t pooled =
                IsMax ? (sizeof(Number) == 1 ? -128 : -32768) : zero_point * (counted - present);
            for (std::size_t ky = cells.first_y; ky < cells.last_y; ++ky)
                for (std::size_t kx = cells.first_x; kx < cells.last_x; ++kx) {
                    const std::int32_t cell =
                        in[Geometry.in.offset + (cells.in_y + ky * rows.dilation) * Geometry.in.row_stride +
                           (cells.in_x + kx * columns.dilation) * Geometry.in.pixel_stride + c];
                    if constexpr (IsMax)
                        pooled = cell > pooled ? cell : pooled;
                    else
                        pooled += cell;
                }
            Number result = static_cast<Number>(IsMax ? pooled : rounded_mean(pooled, counted));
            if (table != nullptr) result = look_up(table, result);
            to[c] = result;
        }
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
