// SPDX-License-Identifier: BSL-1.0
/// @file int8_resample2d.hpp
/// Paddings, resizing, adaptive pooling, pooling over one axis and shuffles of 8-bit and 16-bit numbers.
#pragma once
#include <archetype/kernels/elementwise/pixel_shuffle.hpp>
#include <archetype/kernels/elementwise/resample2d.hpp>
#include <archetype/kernels/vectors/fixed_point.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// `resample2d` of one sample, without activations. Weights have 11 bits (with 16-bit numbers 15) along each axis; sums are
/// rounded to nearest, halves upwards.
template <axis_map Rows, axis_map Columns, bool Largest, image In, image Out, class Number>
void integer_resample2d(const Number* in, Number* out, std::int32_t blank) {
    using sum_type = std::conditional_t<sizeof(Number) == 1, std::int32_t, std::int64_t>;
    using row_table = axis_table<Rows, false, sum_type>;
    using column_table = axis_table<Columns, false, sum_type>;
    static constexpr const auto& rows = row_table::table;
    static constexpr const auto& columns = column_table::table;
    static_assert(In.channels == Out.channels);
    constexpr sum_type one = sum_type{row_table::unit} * column_table::unit;
    for (std::size_t y = 0; y < Out.height; ++y)
        for (std::size_t x = 0; x < Out.width; ++x) {
            const std::size_t top = rows.first[y], bottom = rows.first[y + 1], left = columns.first[x],
                              right = columns.first[x + 1];
            Number* const to = out + pixel_offset<Out>(0, y, x);
            const auto cell = [&](std::size_t r, std::size_t k) ARCHETYPE_INLINE_LAMBDA {
                return in + pixel_offset<In>(0, rows.cell[r], columns.cell[k]);
            };
            for (std::size_t c = 0; c < Out.channels; ++c) {
                if (top == bottom || left == right) {
                    to[c] = static_cast<Number>(blank);
                } else if constexpr (rows.plain && columns.plain) {
                    to[c] = cell(top, left)[c];
                } else if constexpr (Largest) {
                    Number most = cell(top, left)[c];
                    for (std::size_t r = top; r < bottom; ++r)
                        for (std::size_t k = left; k < right; ++k)
                            most = cell(r, k)[c] > most ? cell(r, k)[c] : most;
                    to[c] = most;
                } else {
                    sum_type sum = one / 2;
                    for (std::size_t r = top; r < bottom; ++r)
                        for (std::size_t k = left; k < right; ++k)
                            sum += rows.weight[r] * columns.weight[k] * cell(r, k)[c];
                    to[c] = static_cast<Number>(sum >= 0 ? sum / one : -((-sum + one - 1) / one));
                }
            }
        }
}

/// `reduce_channels` of one sample: means are rounded to nearest, halves away from zero.
template <bool Largest, image In, image Out, class Number>
void integer_reduce_channels(const Number* in, Number* out) {
    for (std::size_t y = 0; y < In.height; ++y)
        for (std::size_t x = 0; x < In.width; ++x) {
            const Number* const from = in + pixel_offset<In>(0, y, x);
            std::int32_t result = Largest ? from[0] : 0;
            for (std::size_t c = 0; c < In.channels; ++c)
                result = !Largest ? result + from[c] : from[c] > result ? from[c] : result;
            out[pixel_offset<Out>(0, 0, y) + x] = static_cast<Number>(
                Largest ? result : rounded_mean(result, static_cast<std::int32_t>(In.channels)));
        }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
