// SPDX-License-Identifier: BSL-1.0
/// @file int8_pool2d.hpp
/// Pooling of 8-bit and 16-bit numbers. Maxima are exact; averages are rounded to nearest, halves away from zero, as TensorFlow Lite
/// does, and have the scale and zero point of their input.
#pragma once
#include <archetype/kernels/integers/int16_conv2d.hpp>
#include <archetype/kernels/pooling/pool2d.hpp>
#include <type_traits>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

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
