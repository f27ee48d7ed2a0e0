// SPDX-License-Identifier: BSL-1.0
/// @file sliding_gradient.hpp
/// The gradient of the weights of a convolution whose filters fill one vector. The sums of a kernel row's taps stay in
/// registers, for a few channels, while the rows of the input slide along those of the output's gradient: each element
/// of the input is broadcast once for all taps that meet it, as in sliding_rows.hpp.
#pragma once
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/products/tile_product.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Channels per task, and how many tasks there are: one for each kernel row and block of channels.
template <class T>
struct sliding_gradient_plan {
    std::size_t channels = 1, blocks = 1, tasks = 1;
    double cost = 1e30;  // of a sample, in vector operations

    explicit constexpr sliding_gradient_plan(const conv2d_geometry& g) {
        const window& w = g.win;
        if (lane_count<T> == 1 || g.groups != 1 || g.out.channels > lane_count<T> || w.stride_width != 1 ||
            w.dilation_width != 1 || w.kernel_width < 2 || w.kernel_width > 7 || g.out.width < w.kernel_width)
            return;
        const std::size_t positions = g.out.height * g.out.width;
        for (std::size_t c = 1; c <= g.in.channels && (c + 1) * w.kernel_width + 1 <= registers; ++c) {
            const std::size_t sums = c * w.kernel_width, count = (g.in.channels + c - 1) / c;
            const double latency = sums < 10 ? 10.0 / double(sums) : 1.0;
            const double loads = double(c + w.kernel_width) / double(sums);
            const double next = double(positions * w.kernel_height * count * sums) * latency *
                                (loads > 0.7 ? loads / 0.7 : 1.0) * 1.05;
            if (next <= cost) cost = next, channels = c, blocks = count;
        }
        tasks = w.kernel_height * blocks;
    }
    /// The last block overlaps the one before.
    constexpr std::size_t first_channel(std::size_t block, std::size_t inputs) const {
        return block + 1 == blocks ? inputs - channels : block * channels;
    }

private:
#if ARCHETYPE_HAS_XSIMD && (defined(__AVX512F__) || defined(__aarch64__))
    static constexpr std::size_t registers = 31;
#else
    static constexpr std::size_t registers = 15;
#endif
};

/// One column of the input with the gradients `First` to `Last` columns before.
template <class T, std::size_t Pixel, std::size_t First, std::size_t Last, std::size_t Kernel,
          std::size_t Channels>
ARCHETYPE_INLINE void slide(lanes<T> (&sums)[Kernel][Channels], const T* in, const T* grad_out) {
    lanes<T> factor[Last - First + 1];
#pragma GCC unroll 8
    for (std::size_t k = First; k <= Last; ++k) {
        factor[k - First] = load(grad_out - k * Pixel);
        pin<T>(factor[k - First]);
    }
#pragma GCC unroll 16
    for (std::size_t c = 0; c < Channels; ++c) {
        lanes<T> value = broadcast(in[c]);
        pin<T>(value);
#pragma GCC unroll 8
        for (std::size_t k = First; k <= Last; ++k)
            sums[k][c] = multiply_add(value, factor[k - First], sums[k][c]);
    }
}

/// Adds the products of `rows` rows of results to the sums of `Kernel` taps of `Channels` channels.
template <class T, std::size_t Kernel, std::size_t Channels, std::size_t Pixel>
[[gnu::noinline]] void sliding_products(const T* in, std::size_t pixel, std::size_t in_row, const T* grad_out,
                                        std::size_t grad_row, std::size_t rows, std::size_t columns,
                                        T* result) {
    constexpr std::size_t width = lane_count<T>;
    lanes<T> sums[Kernel][Channels];
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Kernel; ++k)
#pragma GCC unroll 16
        for (std::size_t c = 0; c < Channels; ++c) sums[k][c] = load(result + (k * Channels + c) * width);
    for (std::size_t y = 0; y < rows; ++y) {
        const T *a = in + y * in_row, *b = grad_out + y * grad_row;
        each_index<Kernel - 1>([&]<std::size_t I>() __attribute__((always_inline)) {
            slide<T, Pixel, 0, I>(sums, a, b);
            a += pixel, b += Pixel;
        });
        for (std::size_t x = Kernel - 1; x < columns; ++x, a += pixel, b += Pixel)
            slide<T, Pixel, 0, Kernel - 1>(sums, a, b);
        each_index<Kernel - 1>([&]<std::size_t I>() __attribute__((always_inline)) {
            slide<T, Pixel, I + 1, Kernel - 1>(sums, a, b);
            a += pixel, b += Pixel;
        });
    }
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Kernel; ++k)
#pragma GCC unroll 16
        for (std::size_t c = 0; c < Channels; ++c) store(result + (k * Channels + c) * width, sums[k][c]);
}

/// The gradient of the weights of some tasks, summed over the batch; see `conv2d_backward_weights`.
/// @param workspace  the sums of all tasks
template <class T, conv2d_backward_geometry G>
void run_sliding_gradient(const T* in, const T* grad_out, T* grad_weights, bool accumulate, std::size_t batch,
                          range tasks, T* workspace) {
    constexpr conv2d_geometry f = G.forward;
    constexpr sliding_gradient_plan<T> plan(f);
    constexpr std::size_t width = lane_count<T>, kernel = f.win.kernel_width, channels = plan.channels,
                          size = kernel * channels * width, filters = f.out.channels;
    for (std::size_t i = tasks.first * size; i < tasks.last * size; ++i) workspace[i] = T{};
    for (std::size_t sample = 0; sample < batch; ++sample)
        for (std::size_t task = tasks.first; task < tasks.last; ++task) {
            const std::size_t ky = task / plan.blocks,
                              c = plan.first_channel(task % plan.blocks, f.in.channels);
            sliding_products<T, kernel, channels, G.grad_out.pixel_stride>(
                in + first_tap(f) + sample * f.in.sample_stride +
                    ky * f.win.dilation_height * f.in.row_stride + c,
                f.in.pixel_stride, f.win.stride_height * f.in.row_stride,
                grad_out + G.grad_out.offset + sample * G.grad_out.sample_stride, G.grad_out.row_stride,
                f.out.height, f.out.width, workspace + task * size);
        }
    for (std::size_t task = tasks.first; task < tasks.last; ++task) {
        const std::size_t ky = task / plan.blocks, block = task % plan.blocks;
        const std::size_t first = plan.first_channel(block, f.in.channels);
        for (std::size_t k = 0; k < kernel; ++k)
            for (std::size_t c = block * channels - first; c < channels; ++c) {
                T* const to = grad_weights + ((ky * kernel + k) * f.in.channels + first + c) * filters;
                lanes<T> value = load(workspace + task * size + (k * channels + c) * width);
                if (accumulate) value = value + load_partial(to, filters);
                store_partial(to, value, filters);
            }
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
