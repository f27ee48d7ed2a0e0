// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_patches.hpp
/// Convolution, dense layer, activation and pooling for small processors: a patch of neighbouring results is summed in
/// registers from the logical weights, pooled there, and stored. No copy of weights, no scratch memory, little code.
#pragma once
#include <archetype/kernels/convolution_geometry.hpp>
#include <archetype/kernels/pool2d.hpp>
#include <archetype/kernels/select.hpp>
#include <cstddef>

namespace archetype::kernels {

namespace detail {

/// Vectors that fit into registers beside an operand of the multiply-add. Targets without floating-point registers
/// keep numbers in a few general ones.
template <class T>
inline constexpr std::size_t patch_registers =
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)
    lane_count<T> > 1 ? 7 : 30;
#elif defined(__arm__) && !defined(__ARM_FP)
    6;
#elif defined(__wasm__)
    15;
#else
    30;
#endif

/// How many results are summed at once: a patch of pixels, and vectors of filters.
struct patch_shape {
    std::size_t rows = 1, columns = 1, vectors = 1;
    constexpr std::size_t pixels() const { return rows * columns; }
    /// Instructions of one step of the reduction: loads of both operands, multiply-adds.
    constexpr std::size_t step() const { return pixels() + vectors + pixels() * vectors; }
    template <class T>
    constexpr bool fits() const {
        return pixels() * vectors + (lane_count<T> > 1 ? 0 : pixels()) <= patch_registers<T>;
    }
};

constexpr std::size_t largest_divisor(std::size_t number, std::size_t most) {
    std::size_t divisor = most < number ? most : number;
    while (divisor > 1 && number % divisor != 0) --divisor;
    return divisor == 0 ? 1 : divisor;
}

/// The patch that takes the fewest instructions: part of a row of results, or of a pooling window.
template <class T>
constexpr patch_shape choose_patch(const conv2d_geometry& g, const window& pool) {
    const bool pooled = pool.kernel_height * pool.kernel_width != 1;
    const std::size_t filters = g.depthwise() ? g.out.channels : g.group_filters();
    patch_shape best;
    double best_cost = 1e30;
    for (std::size_t pixels = 1; pixels <= 8; ++pixels)
        for (std::size_t vectors = 1; vectors <= 16; ++vectors) {
            patch_shape shape{1, pixels, vectors};
            std::size_t patches = (g.out.width + pixels - 1) / pixels;
            if (pooled) {
                shape.columns = largest_divisor(pool.kernel_width, pixels);
                shape.rows = largest_divisor(pool.kernel_height, pixels / shape.columns);
                patches = pool.kernel_width * pool.kernel_height / shape.pixels();
            } else if (pixels > g.out.width) {
                continue;
            }
            const std::size_t lanes_wide = vectors * lane_count<T>;
            if (!shape.fits<T>() ||
                (lanes_wide > filters && vectors > 1 && lanes_wide - lane_count<T> >= filters))
                continue;
            const std::size_t blocks = (filters + lanes_wide - 1) / lanes_wide;
            const double cost = double(patches * blocks) * (double(shape.step()) + 2);
            if (cost < best_cost) best_cost = cost, best = shape;
        }
    return best;
}

/// sums[p][v]: pixel p of the patch whose first tap is `in`, vector v of the filters whose weights and bias begin at
/// `weights` and `bias`.
template <conv2d_geometry G, patch_shape Shape, bool HasBias, class T>
ARCHETYPE_INLINE void sum_patch(const T* in, const T* weights, [[maybe_unused]] const T* bias,
                                lanes<T> (&sums)[Shape.pixels()][Shape.vectors]) {
    constexpr std::size_t width = lane_count<T>, pixels = Shape.pixels(), vectors = Shape.vectors;
    constexpr std::size_t down = G.win.stride_height * G.in.row_stride;
    constexpr std::size_t right = G.win.stride_width * G.in.pixel_stride;
    constexpr std::size_t inputs = G.depthwise() ? 1 : G.group_inputs();
    // A row of taps is one run if pixels and taps follow one another.
    constexpr bool is_run = G.win.dilation_width == 1 && G.in.pixel_stride == inputs;
    constexpr std::size_t runs = is_run ? 1 : G.win.kernel_width;
    constexpr std::size_t length = is_run ? G.win.kernel_width * inputs : inputs;
    constexpr std::size_t unrolled = largest_divisor(length, 96 / Shape.step() + 1);

#pragma GCC unroll 16
    for (std::size_t v = 0; v < vectors; ++v) {
        const lanes<T> first = HasBias ? load(bias + v * width) : broadcast(T(0));
#pragma GCC unroll 16
        for (std::size_t p = 0; p < pixels; ++p) sums[p][v] = first;
    }
    const auto step = [&](const T* pixel, const T* tap) __attribute__((always_inline)) {
        if constexpr (G.depthwise()) {
#pragma GCC unroll 16
            for (std::size_t v = 0; v < vectors; ++v) {
                const lanes<T> factor = load(tap + v * width);
#pragma GCC unroll 16
                for (std::size_t p = 0; p < pixels; ++p)
                    sums[p][v] = multiply_add<T>(
                        load(pixel + (p / Shape.columns * down + p % Shape.columns * right + v * width)),
                        factor, sums[p][v]);
            }
        } else {
            T values[pixels];
#pragma GCC unroll 16
            for (std::size_t p = 0; p < pixels; ++p)
                values[p] = pixel[p / Shape.columns * down + p % Shape.columns * right];
#pragma GCC unroll 16
            for (std::size_t v = 0; v < vectors; ++v) {
                const lanes<T> factor = load(tap + v * width);
#pragma GCC unroll 16
                for (std::size_t p = 0; p < pixels; ++p)
                    sums[p][v] = multiply_add_scaled<T>(factor, values[p], sums[p][v]);
            }
        }
    };
    const T* row = in;
#pragma GCC unroll 1
    for (std::size_t ky = 0; ky < G.win.kernel_height; ++ky, row += G.win.dilation_height * G.in.row_stride) {
        const T* run = row;
#pragma GCC unroll 1
        for (std::size_t kx = 0; kx < runs; ++kx, run += G.win.dilation_width * G.in.pixel_stride) {
            const T* at = run;
#pragma GCC unroll 1
            for (std::size_t i = 0; i < length; i += unrolled) {
#pragma GCC unroll 16
                for (std::size_t u = 0; u < unrolled; ++u) step(at + u, weights + u * G.out.channels);
                at += unrolled;
                weights += unrolled * G.out.channels;
            }
        }
    }
}

}  // namespace detail

/// No pooling, as the window of one.
inline constexpr window no_pooling{};

/// out = pooled_epilogue(pooling of epilogue(convolution of `in` with `weights` + bias)) for the samples of a range.
/// @tparam Pool     the pooling's window, within the image for every result: `no_pooling`, or as large as one likes
/// @tparam Out      the layout of the (pooled) results
/// @tparam Max      the largest cell of the window, a NaN if there is one; otherwise their mean
/// @param in        laid out as `G.in`, zeros of the padding included
/// @param weights   the logical weights [kernel row][kernel column][channel in of the group][filter]
/// @param bias      one value per filter, or null if not `HasBias`
template <conv2d_geometry G, window Pool, image Out, bool Max, bool HasBias, class T, class Epilogue,
          class PooledEpilogue>
void conv2d_patches_forward(const T* in, const T* weights, const T* bias, T* out, const Epilogue& epilogue,
                            const PooledEpilogue& pooled_epilogue, range samples) {
    constexpr bool pools = Pool.kernel_height * Pool.kernel_width != 1;
    constexpr detail::patch_shape shape = detail::choose_patch<T>(G, Pool);
    constexpr std::size_t width = lane_count<T>, block = shape.vectors * width, pixels = shape.pixels();
    constexpr std::size_t filters = G.depthwise() ? G.out.channels : G.group_filters();
    constexpr std::size_t groups = G.depthwise() ? 1 : G.groups;
    constexpr std::size_t across = pools ? 1 : shape.columns;
    const auto input = [&](std::size_t y, std::size_t x) __attribute__((always_inline)) {
        return y * (G.win.stride_height * G.in.row_stride) + x * (G.win.stride_width * G.in.pixel_stride);
    };
    in += detail::first_tap(G);
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t next = 0; next < Out.width; next += across) {
                // The last patch of a row and the last block of filters overlap those before them.
                const std::size_t x =
                    Out.width % across == 0 || next + across <= Out.width ? next : Out.width - across;
                for (std::size_t group = 0; group < groups; ++group)
                    for (std::size_t rest = 0; rest < filters; rest += block) {
                        const std::size_t within =
                            filters % block == 0 || filters < block || rest + block <= filters
                                ? rest
                                : filters - block;
                        const std::size_t f = group * filters + within;
                        const T* const from = in + n * G.in.sample_stride + group * G.group_inputs() +
                                              input(y * Pool.stride_height, x * Pool.stride_width) +
                                              (G.depthwise() ? within : 0);
                        T* const to = out + pixel_offset<Out>(n, y, x) + f;
                        const T* const own_bias = HasBias ? bias + f : nullptr;
                        lanes<T> sums[pixels][shape.vectors];
                        const auto finish = [&](std::size_t pixel, std::size_t v, lanes<T> value)
                            __attribute__((always_inline)) {
                            value = pooled_epilogue(value, place{n, y, x + pixel, f + v * width});
                            T* const cell = to + pixel * Out.pixel_stride + v * width;
                            if constexpr (filters < block)
                                store_partial<T>(cell, value,
                                                 filters - v * width < width ? filters - v * width : width);
                            else
                                store<T>(cell, value);
                        };
                        if constexpr (!pools) {
                            detail::sum_patch<G, shape, HasBias, T>(from, weights + f, own_bias, sums);
#pragma GCC unroll 16
                            for (std::size_t p = 0; p < pixels; ++p)
#pragma GCC unroll 16
                                for (std::size_t v = 0; v < shape.vectors; ++v)
                                    finish(p, v, epilogue(sums[p][v], place{n, y, x + p, f + v * width}));
                        } else {
                            lanes<T> pooled[shape.vectors];
                            for (std::size_t ky = 0; ky < Pool.kernel_height; ky += shape.rows)
                                for (std::size_t kx = 0; kx < Pool.kernel_width; kx += shape.columns) {
                                    detail::sum_patch<G, shape, HasBias, T>(from + input(ky, kx), weights + f,
                                                                            own_bias, sums);
#pragma GCC unroll 16
                                    for (std::size_t v = 0; v < shape.vectors; ++v)
#pragma GCC unroll 16
                                        for (std::size_t p = 0; p < pixels; ++p) {
                                            const lanes<T> value = epilogue(sums[p][v], place{});
                                            if (p == 0 && ky == 0 && kx == 0)
                                                pooled[v] = value;
                                            else if constexpr (Max)
                                                pooled[v] = maximum<T>(pooled[v], value);
                                            else
                                                pooled[v] = pooled[v] + value;
                                        }
                                }
                            constexpr T share = T(1) / static_cast<T>(Pool.kernel_height * Pool.kernel_width);
#pragma GCC unroll 16
                            for (std::size_t v = 0; v < shape.vectors; ++v)
                                finish(0, v, Max ? pooled[v] : lanes<T>(pooled[v] * broadcast(share)));
                        }
                    }
            }
}

}  // namespace archetype::kernels
