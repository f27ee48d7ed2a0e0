// SPDX-License-Identifier: BSL-1.0
/// @file int8_columns.hpp
/// Contractions of real numbers with 8-bit weights: each weight becomes a real number where it is multiplied, and the scale
/// of its column is taken once, with the sum.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/conv2d_patches.hpp>
#include <archetype/kernels/lanes_arithmetic.hpp>
#include <archetype/kernels/row_product.hpp>
#include <cstdint>

namespace archetype::kernels {

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

namespace detail {

/// Weights as real numbers, without their scale.
template <class T>
ARCHETYPE_INLINE lanes<T> load_int8(const std::int8_t* from) {
    if constexpr (lane_count<T> == 1) {
        return lanes<T>(static_cast<T>(*from));
    } else {
        typedef std::int8_t narrow __attribute__((vector_size(lane_count<T>)));
        typedef T wide __attribute__((vector_size(lane_count<T> * sizeof(T))));
        narrow bytes;
        __builtin_memcpy(&bytes, from, sizeof(bytes));
        const wide converted = __builtin_convertvector(bytes, wide);
        T numbers[lane_count<T>];
        __builtin_memcpy(numbers, &converted, sizeof(converted));
        return load(numbers);
    }
}

/// What meets one filter: rows and columns of a window with `inner` numbers that follow one another.
struct int8_taps {
    std::size_t rows = 1, columns = 1, inner = 1;
    std::size_t down = 0, right = 0;  ///< between the taps of the window
    std::size_t filters = 1;          ///< between the weights of two taps
};

/// sums[p] = the products of pixel p, `distance` from the one before, with a vector of filters. `Lanewise` multiplies
/// channel c with the weights of filter c only.
template <std::size_t Pixels, bool Lanewise, class T>
ARCHETYPE_INLINE void sum_int8(const int8_taps& taps, const T* in, std::size_t distance,
                               const std::int8_t* weights, lanes<T> (&sums)[Pixels]) {
    for (lanes<T>& sum : sums) sum = broadcast(T(0));
    for (std::size_t ky = 0; ky < taps.rows; ++ky)
        for (std::size_t kx = 0; kx < taps.columns; ++kx) {
            const T* at = in + ky * taps.down + kx * taps.right;
            for (std::size_t i = 0; i < taps.inner; ++i, ++at, weights += taps.filters) {
                const lanes<T> factor = load_int8<T>(weights);
#pragma GCC unroll 4
                for (std::size_t p = 0; p < Pixels; ++p)
                    sums[p] = multiply_add<T>(
                        Lanewise ? load(at + p * distance) : broadcast(at[p * distance]), factor, sums[p]);
            }
        }
}

/// Calls `body(x, number of pixels as a constant)`: `Most` at a time, then one.
template <std::size_t Most, class Body>
ARCHETYPE_INLINE void for_pixels(std::size_t count, const Body& body) {
    std::size_t x = 0;
    if constexpr (Most > 1)
        for (; x + Most <= count; x += Most) body(x, std::integral_constant<std::size_t, Most>{});
    for (; x < count; ++x) body(x, std::integral_constant<std::size_t, 1>{});
}
constexpr std::size_t int8_pixels(std::size_t available) { return available < 4 ? available : 4; }

/// The sum of a column with its scale and its bias, which may be null.
template <class T>
ARCHETYPE_INLINE lanes<T> scaled_sum(const lanes<T>& sum, const T* scale, const T* bias) {
    return bias != nullptr ? lanes<T>(multiply_add<T>(sum, load(scale), load(bias)))
                           : lanes<T>(sum * load(scale));
}

}  // namespace detail

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
    constexpr std::size_t most = detail::int8_pixels(pooled ? Pool.kernel_width : Out.width);
    const auto run = [&](const T* from, T* to, std::size_t n, std::size_t y, std::size_t f,
                         std::size_t stored) ARCHETYPE_INLINE_LAMBDA {
        const auto finish = [&](const lanes<T>& sum) ARCHETYPE_INLINE_LAMBDA {
            return detail::scaled_sum<T>(sum, filters.scales + f, HasBias ? bias + f : nullptr);
        };
        const auto store = [&](std::size_t x, const lanes<T>& value) ARCHETYPE_INLINE_LAMBDA {
            store_partial<T>(to + x * Out.pixel_stride, epilogue(value, place{n, y, x, f}), stored);
        };
        if constexpr (!pooled) {
            detail::for_pixels<most>(Out.width, [&](std::size_t x, auto pixels) ARCHETYPE_INLINE_LAMBDA {
                lanes<T> sums[pixels()];
                detail::sum_int8<pixels(), lanewise>(taps, from + x * right, right, filters.weights + f,
                                                     sums);
                for (std::size_t p = 0; p < pixels(); ++p) store(x + p, Before{}(finish(sums[p]), place{}));
            });
        } else {
            for (std::size_t x = 0; x < Out.width; ++x) {
                lanes<T> all = broadcast(T(0));
                for (std::size_t ky = 0; ky < Pool.kernel_height; ++ky)
                    detail::for_pixels<most>(
                        Pool.kernel_width, [&](std::size_t kx, auto pixels) ARCHETYPE_INLINE_LAMBDA {
                            lanes<T> sums[pixels()];
                            detail::sum_int8<pixels(), lanewise>(
                                taps, from + ky * down + (x * Pool.stride_width + kx) * right, right,
                                filters.weights + f, sums);
                            for (std::size_t p = 0; p < pixels(); ++p) {
                                lanes<T> value = Before{}(finish(sums[p]), place{});
                                if constexpr (Pooling == patch_pooling::l2_norm) value = value * value;
                                if (ky + kx + p == 0)
                                    all = value;
                                else if constexpr (Pooling == patch_pooling::largest)
                                    all = maximum<T>(all, value);
                                else
                                    all = all + value;
                            }
                        });
                if constexpr (Pooling == patch_pooling::mean)
                    all = all * broadcast(T(1) / static_cast<T>(Pool.kernel_height * Pool.kernel_width));
                if constexpr (Pooling == patch_pooling::l2_norm) all = expression::elementary::sqrt(all);
                store(x, all);
            }
        }
    };
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t group = 0; group < groups; ++group)
                for (std::size_t next = 0; next < count; next += lane_count<T>) {
                    const std::size_t f = group * count + next, left = count - next;
                    run(in + n * G.in.sample_stride + detail::first_tap(G) + y * Pool.stride_height * down +
                            (lanewise ? next : group * G.group_inputs()),
                        out + n * Out.sample_stride + Out.offset + y * Out.row_stride + f, n, y, f,
                        left < lane_count<T> ? left : lane_count<T>);
                }
}

/// As `multiply_rows` of row_product.hpp, with 8-bit weights.
template <std::size_t Inner, std::size_t Columns, bool, class T, class Epilogue>
void multiply_rows(const row_grid& rows, const T* in, const int8_columns<T>& matrix, std::size_t row_stride,
                   const T* bias, T* out, const Epilogue& epilogue, range samples) {
    const detail::int8_taps taps{1, 1, Inner, 0, 0, row_stride};
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t k = 0; k < Columns; k += lane_count<T>) {
            const std::size_t left = Columns - k;
            const T* const from = in + n * rows.in_sample;
            detail::for_pixels<4>(rows.steps, [&](std::size_t step, auto steps) ARCHETYPE_INLINE_LAMBDA {
                lanes<T> sums[steps()];
                detail::sum_int8<steps(), false>(taps, from + step * rows.in_step, rows.in_step,
                                                 matrix.weights + k, sums);
                for (std::size_t s = 0; s < steps(); ++s)
                    store_partial<T>(out + n * rows.out_sample + (step + s) * rows.out_step + k,
                                     epilogue(detail::scaled_sum<T>(sums[s], matrix.scales + k,
                                                                    bias != nullptr ? bias + k : nullptr),
                                              place{n, 0, step + s, k}),
                                     left < lane_count<T> ? left : lane_count<T>);
            });
        }
}

}  // namespace archetype::kernels
