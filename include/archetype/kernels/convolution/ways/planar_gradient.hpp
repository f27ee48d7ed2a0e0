// SPDX-License-Identifier: BSL-1.0
/// @file planar_gradient.hpp
/// The gradient of the weights of a convolution of one channel with few filters. Lanes run along the pixels, as in
/// planar_forward.hpp: the gradient of the output is separated into a plane for each filter, and a weight's gradient
/// is the scalar product of such a plane with the image, as far off as its tap; lanes are added up at the very end.
#pragma once
#include <archetype/kernels/convolution/ways/channel_planes.hpp>
#include <archetype/kernels/convolution/ways/planar_forward.hpp>
#include <archetype/kernels/products/tile_product.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

// Taps and planes of one tile: sums, planes and one vector of the image fill the registers.
#if ARCHETYPE_HAS_XSIMD && (defined(__AVX512F__) || defined(__aarch64__))
inline constexpr tile_shape plane_tiles[] = {{4, 6}, {6, 4}, {8, 3}};
#else
inline constexpr tile_shape plane_tiles[] = {{4, 3}, {6, 2}};
#endif

/// How the gradient of the weights of `g` is cut for vectors of `T`.
template <class T>
struct planar_gradient_plan {
    tile_shape tile;
    std::size_t taps = 1, filters = 1;  // in whole tiles
    std::size_t rows = 1, plane = 1,
                image = 1;  // rows of a block; elements of a plane and of the input's part
    std::size_t workspace = 0;
    double cost = 1e30;  // of a sample, in vector operations

    explicit constexpr planar_gradient_plan(const conv2d_geometry& g) {
        constexpr std::size_t width = lane_count<T>;
        if (width == 1 || !can_be_planar(g) || g.out.channels >= width) return;
        std::size_t best = static_cast<std::size_t>(-1);
        for (const tile_shape& shape : plane_tiles) {
            const std::size_t t = (g.taps() + shape.rows - 1) / shape.rows * shape.rows;
            const std::size_t f = (g.out.channels + shape.vectors - 1) / shape.vectors * shape.vectors;
            if (t * f < best) best = t * f, tile = shape, taps = t, filters = f;
        }
        rows = 1024 / g.in.row_stride;
        rows = rows < 1 ? 1 : rows > g.out.height ? g.out.height : rows;
        const std::size_t reach = (g.win.kernel_height - 1) * g.win.dilation_height * g.in.row_stride +
                                  (g.win.kernel_width - 1) * g.win.dilation_width;
        const auto whole = [](std::size_t count) { return (count + width - 1) / width * width; };
        plane = whole((rows - 1) * g.in.row_stride + whole(g.out.width)) + 2 * width;
        image = whole(plane + reach) + width;
        workspace = best * width + filters * plane + image + filters * width;
        const std::size_t steps = whole((rows - 1) * g.in.row_stride + g.out.width) / width;
        const std::size_t blocks = (g.out.height + rows - 1) / rows;
        const std::size_t block =
            permutes_lanes<T> ? g.out.channels * g.out.channels : 2 * g.out.channels * width;
        cost = double(best * steps * blocks) + double(g.out.height * whole(g.out.width) / width * block);
    }
};

/// sums[r][v] += the products of `steps` vectors of image[r] with those of plane v.
template <class T, std::size_t Rows, std::size_t Planes>
[[gnu::noinline]] void plane_product(const T* const* image, const T* planes, std::size_t plane,
                                     std::size_t steps, T* sums) {
    constexpr std::size_t width = lane_count<T>;
    lanes<T> sum[Rows][Planes];
    const T* row[Rows];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r) {
        row[r] = image[r];
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Planes; ++v) sum[r][v] = load(sums + (r * Planes + v) * width);
    }
    for (std::size_t at = 0; at < steps * width; at += width) {
        lanes<T> factor[Planes];
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Planes; ++v) {
            factor[v] = load(planes + v * plane + at);
            pin<T>(factor[v]);
        }
#pragma GCC unroll 8
        for (std::size_t r = 0; r < Rows; ++r) {
            lanes<T> value = load(row[r] + at);
            pin<T>(value);
#pragma GCC unroll 8
            for (std::size_t v = 0; v < Planes; ++v) sum[r][v] = multiply_add(value, factor[v], sum[r][v]);
        }
    }
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Planes; ++v) store(sums + (r * Planes + v) * width, sum[r][v]);
}

/// Both gradients, summed over the batch; see `conv2d_backward_weights`.
template <class T, conv2d_backward_geometry G>
void run_planar_gradient(const T* in, const T* grad_out, T* grad_weights, T* grad_bias, bool accumulate,
                         std::size_t batch, T* workspace) {
    constexpr conv2d_geometry f = G.forward;
    constexpr planar_gradient_plan<T> plan(f);
    constexpr std::size_t width = lane_count<T>, filters = f.out.channels, stride = f.in.row_stride;
    constexpr std::size_t tile_size = plan.tile.rows * plan.tile.vectors;
    T* const sums = workspace;
    T* const planes = sums + plan.taps * plan.filters * width;
    T* const bias = planes + plan.filters * plan.plane;
    T* const image = bias + plan.filters * width;
    for (std::size_t i = 0; i < plan.workspace; ++i) workspace[i] = T{};
    const T* tap[plan.taps];
    for (std::size_t t = 0; t < plan.taps; ++t) {
        const std::size_t index = t < f.taps() ? t : f.taps() - 1;
        tap[t] = image + index / f.win.kernel_width * f.win.dilation_height * stride +
                 index % f.win.kernel_width * f.win.dilation_width;
    }
    for (std::size_t sample = 0; sample < batch; ++sample)
        for (std::size_t y = 0; y < f.out.height; y += plan.rows) {
            const std::size_t rows = f.out.height - y < plan.rows ? f.out.height - y : plan.rows;
            const std::size_t positions = (rows - 1) * stride + f.out.width;
            // A copy of the input that ends with zeros, since the last vector reads beyond it; planes that are zero
            // between their rows and after the last.
            const T* const from = in + first_tap(f) + sample * f.in.sample_stride + y * stride;
            const std::size_t needed = positions + static_cast<std::size_t>(tap[f.taps() - 1] - image);
            std::size_t at = 0;
            for (; at + width <= needed; at += width) store(image + at, load(from + at));
            store(image + at, load_partial(from + at, needed - at));
            store(image + at + width, broadcast(T{}));
            for (std::size_t r = 0; r < rows; ++r)
                separate_planes<T, filters>(grad_out + G.grad_out.offset + sample * G.grad_out.sample_stride +
                                                (y + r) * G.grad_out.row_stride,
                                            f.out.width, planes + r * stride, plan.plane);
            const std::size_t steps = (positions + width - 1) / width;
            for (std::size_t v = 0; v < filters; ++v) {
                T* const plane = planes + v * plan.plane;
                store(plane + positions, broadcast(T{}));
                if (grad_bias == nullptr) continue;
                lanes<T> sum = load(bias + v * width);
                for (std::size_t i = 0; i < steps; ++i) sum = sum + load(plane + i * width);
                store(bias + v * width, sum);
            }
            T* to = sums;
            for (std::size_t v = 0; v < plan.filters; v += plan.tile.vectors)
                for (std::size_t t = 0; t < plan.taps; t += plan.tile.rows, to += tile_size * width)
                    plane_product<T, plan.tile.rows, plan.tile.vectors>(tap + t, planes + v * plan.plane,
                                                                        plan.plane, steps, to);
        }
    const T* next = sums;
    for (std::size_t v = 0; v < plan.filters; v += plan.tile.vectors)
        for (std::size_t t = 0; t < plan.taps; ++t)
            for (std::size_t p = v; p < v + plan.tile.vectors; ++p, next += width)
                if (t < f.taps() && p < filters) {
                    T& to = grad_weights[t * filters + p];
                    to = accumulate ? to + sum<T>(load(next)) : sum<T>(load(next));
                }
    for (std::size_t v = 0; v < filters && grad_bias != nullptr; ++v)
        grad_bias[v] =
            accumulate ? grad_bias[v] + sum<T>(load(bias + v * width)) : sum<T>(load(bias + v * width));
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
