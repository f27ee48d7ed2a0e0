// SPDX-License-Identifier: BSL-1.0
/// @file int8_columns.hpp
/// Contractions of real numbers with 8-bit weights: each weight becomes a real number where it is multiplied, and the scale
/// of its column is taken once, with the sum.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/convolution/conv2d_patches.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/products/multiply_rows.hpp>
#include <archetype/kernels/vectors/narrow_numbers.hpp>
#include <cstdint>
#include <type_traits>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A matrix with one column for each filter, which stand for scale * weight. Vectors read up to 63 of both past the end.
template <class T>
struct int8_columns {
    const std::int8_t* weights = nullptr;
    const T* scales = nullptr;
    /// The same without its first columns.
    constexpr int8_columns operator+(std::size_t columns) const {
        return {weights + columns, scales + columns};
    }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What meets one filter: rows and columns of a window with `inner` numbers that follow one another.
struct int8_taps {
    std::size_t rows = 1, columns = 1, inner = 1;
    std::size_t down = 0, right = 0;  ///< between the taps of the window
    std::size_t filters = 1;          ///< between the weights of two taps
};

/// sums[p][v] = the products of pixel p, `distance` from the one before, with vector v of filters. `Lanewise` multiplies
/// channel c with the weights of filter c only.
template <std::size_t Pixels, std::size_t Vectors, bool Lanewise, class T>
ARCHETYPE_INLINE void sum_int8(const int8_taps& taps, const T* in, std::size_t distance,
                               const std::int8_t* weights, lanes<T> (&sums)[Pixels][Vectors]) {
    for (auto& pixel : sums)
        for (lanes<T>& sum : pixel) sum = broadcast(T(0));
    for (std::size_t ky = 0; ky < taps.rows; ++ky)
        for (std::size_t kx = 0; kx < taps.columns; ++kx) {
            const T* at = in + ky * taps.down + kx * taps.right;
            for (std::size_t i = 0; i < taps.inner; ++i, ++at, weights += taps.filters) {
                lanes<T> factors[Vectors];
#pragma GCC unroll 4
                for (std::size_t v = 0; v < Vectors; ++v)
                    factors[v] = load_int8<T>(weights + v * lane_count<T>);
#pragma GCC unroll 4
                for (std::size_t p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
                    for (std::size_t v = 0; v < Vectors; ++v)
                        sums[p][v] = multiply_add<T>(Lanewise ? load(at + p * distance + v * lane_count<T>)
                                                              : broadcast(at[p * distance]),
                                                     factors[v], sums[p][v]);
            }
        }
}

/// Calls `body(x, number of pixels as a constant)`: `Most` at a time, then one.
template <std::size_t Most, class Body>
ARCHETYPE_INLINE void for_pixel_blocks(std::size_t count, const Body& body) {
    std::size_t x = 0;
    if constexpr (Most > 1)
        for (; x + Most <= count; x += Most) body(x, std::integral_constant<std::size_t, Most>{});
    for (; x < count; ++x) body(x, std::integral_constant<std::size_t, 1>{});
}
constexpr std::size_t pixels_at_once(std::size_t available) { return available < 4 ? available : 4; }
/// Vectors of `count` filters whose sums, with those of some pixels, stay in registers: no vector is left over.
template <class T>
constexpr std::size_t vectors_at_once(std::size_t count, std::size_t pixels) {
    return largest_divisor((count + lane_count<T> - 1) / lane_count<T>, pixels <= 2 ? 4 : 2);
}
/// How many of the filters from `first` on are in a vector.
template <class T>
ARCHETYPE_INLINE constexpr std::size_t filters_in_vector(std::size_t first, std::size_t count) {
    return count - first < lane_count<T> ? count - first : lane_count<T>;
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// As `conv2d_patches_forward` of conv2d_patches.hpp, with 8-bit weights: out = epilogue(pooling of Before(convolution)).
template <conv2d_geometry G, window Pool, image Out, patch_pooling Pooling, bool HasBias, class Before,
          class T, class Epilogue>
void conv2d_patches_forward(const T* in, const int8_columns<T>& filters, const T* bias, T* out,
                            const Epilogue& epilogue, range samples) {
    constexpr bool lanewise = detail::is_lanewise(G), pooled = Pooling != patch_pooling::no;
    constexpr std::size_t groups = lanewise ? 1 : G.groups, count = G.out.channels / groups;
    constexpr std::size_t down = G.win.stride_height * G.in.row_stride,
                          right = G.win.stride_width * G.in.pixel_stride;
    constexpr detail::int8_taps taps{G.win.kernel_height,
                                     G.win.kernel_width,
                                     G.group_inputs(),
                                     G.win.dilation_height * G.in.row_stride,
                                     G.win.dilation_width * G.in.pixel_stride,
                                     G.out.channels};
    constexpr std::size_t most = detail::pixels_at_once(pooled ? Pool.kernel_width : Out.width),
                          vectors = detail::vectors_at_once<T>(count, most);
    const auto run = [&](const T* from, T* to, place first, std::size_t next) ARCHETYPE_INLINE_LAMBDA {
        const std::size_t f = first.channel;
        const auto sum = [&](const T* pixel, auto& sums) ARCHETYPE_INLINE_LAMBDA {
            detail::sum_int8<std::extent_v<std::remove_reference_t<decltype(sums)>>, vectors, lanewise>(
                taps, pixel, right, filters.weights + f, sums);
        };
        const auto finish = [&](const lanes<T>& total, std::size_t v) ARCHETYPE_INLINE_LAMBDA {
            const std::size_t at = f + v * lane_count<T>;
            return Before{}(detail::scaled_sum<T>(total, filters.scales + at, HasBias ? bias + at : nullptr),
                            place{});
        };
        const auto store = [&](std::size_t x, std::size_t v, const lanes<T>& value) ARCHETYPE_INLINE_LAMBDA {
            const std::size_t at = v * lane_count<T>;
            store_partial<T>(to + x * Out.pixel_stride + at,
                             epilogue(value, place{first.sample, first.y, x, f + at}),
                             detail::filters_in_vector<T>(next + at, count));
        };
        if constexpr (!pooled) {
            detail::for_pixel_blocks<most>(Out.width,
                                           [&](std::size_t x, auto pixels) ARCHETYPE_INLINE_LAMBDA {
                                               lanes<T> sums[pixels()][vectors];
                                               sum(from + x * right, sums);
                                               for (std::size_t p = 0; p < pixels(); ++p)
                                                   for (std::size_t v = 0; v < vectors; ++v)
                                                       store(x + p, v, finish(sums[p][v], v));
                                           });
        } else {
            for (std::size_t x = 0; x < Out.width; ++x) {
                // A mean is the sum of the sums of rows, squares are added one by one: as streams have it.
                lanes<T> all[vectors], row[vectors];
                for (lanes<T>& one : all) one = broadcast(T(0));
                for (std::size_t ky = 0; ky < Pool.kernel_height; ++ky) {
                    for (lanes<T>& one : row) one = broadcast(T(0));
                    detail::for_pixel_blocks<most>(
                        Pool.kernel_width, [&](std::size_t kx, auto pixels) ARCHETYPE_INLINE_LAMBDA {
                            lanes<T> sums[pixels()][vectors];
                            sum(from + ky * down + (x * Pool.stride_width + kx) * right, sums);
                            for (std::size_t p = 0; p < pixels(); ++p)
                                for (std::size_t v = 0; v < vectors; ++v) {
                                    const lanes<T> value = finish(sums[p][v], v);
                                    if constexpr (Pooling == patch_pooling::largest)
                                        all[v] = ky + kx + p == 0 ? value : maximum<T>(all[v], value);
                                    else if constexpr (Pooling == patch_pooling::l2_norm)
                                        all[v] = multiply_add<T>(value, value, all[v]);
                                    else
                                        row[v] = row[v] + value;
                                }
                        });
                    if constexpr (Pooling == patch_pooling::mean)
                        for (std::size_t v = 0; v < vectors; ++v) all[v] = all[v] + row[v];
                }
                for (std::size_t v = 0; v < vectors; ++v) {
                    if constexpr (Pooling == patch_pooling::mean)
                        all[v] =
                            all[v] * broadcast(T(1) / static_cast<T>(Pool.kernel_height * Pool.kernel_width));
                    if constexpr (Pooling == patch_pooling::l2_norm)
                        all[v] = expression::elementary::sqrt(all[v]);
                    store(x, v, all[v]);
                }
            }
        }
    };
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t group = 0; group < groups; ++group)
                for (std::size_t next = 0; next < count; next += vectors * lane_count<T>) {
                    const std::size_t f = group * count + next;
                    run(in + n * G.in.sample_stride + detail::first_tap(G) + y * Pool.stride_height * down +
                            (lanewise ? next : group * G.group_inputs()),
                        out + n * Out.sample_stride + Out.offset + y * Out.row_stride + f, place{n, y, 0, f},
                        next);
                }
}

/// As `multiply_rows` of row_product.hpp, with 8-bit weights.
template <std::size_t Inner, std::size_t Columns, bool, class T, class Epilogue>
void multiply_rows(const row_grid& rows, const T* in, const int8_columns<T>& matrix, std::size_t row_stride,
                   const T* bias, T* out, const Epilogue& epilogue, range samples) {
    const detail::int8_taps taps{1, 1, Inner, 0, 0, row_stride};
    constexpr std::size_t vectors = detail::vectors_at_once<T>(Columns, 4);
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t first = 0; first < Columns; first += vectors * lane_count<T>)
            detail::for_pixel_blocks<4>(rows.steps, [&](std::size_t step,
                                                        auto steps) ARCHETYPE_INLINE_LAMBDA {
                lanes<T> sums[steps()][vectors];
                detail::sum_int8<steps(), vectors, false>(taps, in + n * rows.in_sample + step * rows.in_step,
                                                          rows.in_step, matrix.weights + first, sums);
                for (std::size_t s = 0; s < steps(); ++s)
                    for (std::size_t v = 0; v < vectors; ++v) {
                        const std::size_t k = first + v * lane_count<T>;
                        store_partial<T>(out + n * rows.out_sample + (step + s) * rows.out_step + k,
                                         epilogue(detail::scaled_sum<T>(sums[s][v], matrix.scales + k,
                                                                        bias != nullptr ? bias + k : nullptr),
                                                  place{n, 0, step + s, k}),
                                         detail::filters_in_vector<T>(k, Columns));
                    }
            });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
