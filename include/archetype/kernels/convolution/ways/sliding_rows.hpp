// SPDX-License-Identifier: BSL-1.0
/// @file sliding_rows.hpp
/// Convolutions whose filters fill one vector. The vectors of a kernel row's taps stay in registers while neighbouring
/// results slide along: each element of the input is broadcast once for all taps that meet it, not once for each, which
/// would leave the multipliers waiting for loads.
#pragma once
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/products/sweep.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Rows and columns of results in one tile; only for one group, horizontal stride and dilation 1.
template <class T>
struct sliding_plan {
    std::size_t rows = 1, columns = 1;
    double cost = 1e30;  // of a sample, in vector operations

    explicit constexpr sliding_plan(const conv2d_geometry& g) {
        const window& w = g.win;
        if (lane_count<T> == 1 || g.groups != 1 || g.out.channels > lane_count<T> || w.stride_width != 1 ||
            w.dilation_width != 1 || w.kernel_width < 2 || w.kernel_width > 7)
            return;
        for (std::size_t r = 1; r <= 4 && r <= g.out.height; ++r)
            for (std::size_t c = 1; c <= g.out.width && r * c + w.kernel_width + 2 <= registers; ++c) {
                const double results =
                    double((g.out.height + r - 1) / r * r * ((g.out.width + c - 1) / c * c));
                const double loads =
                    double((c + w.kernel_width - 1) * r + w.kernel_width) / double(c * r * w.kernel_width);
                const double latency = r == 1 ? 1.3 : r * c < 12 ? 1.2 : 1.0;
                const double next =
                    results * double(g.taps()) * (loads > 0.7 ? loads / 0.7 : 1.0) * latency * 1.05;
                if (next < cost) cost = next, rows = r, columns = c;
            }
    }

private:
#if ARCHETYPE_HAS_XSIMD && (defined(__AVX512F__) || defined(__aarch64__))
    static constexpr std::size_t registers = 31;
#else
    static constexpr std::size_t registers = 15;
#endif
};

/// Sums of `Rows` x `Columns` results, each over kernel rows, channels and kernel columns in this order.
template <class T, std::size_t Rows, std::size_t Columns, std::size_t Kernel, std::size_t Pixel>
[[gnu::noinline]] void sliding_tile(const T* in, std::size_t row, std::size_t kernel_row,
                                    std::size_t kernel_height, std::size_t inputs, const T* weights,
                                    std::size_t tap, const T* initial, T* result) {
    constexpr std::size_t width = lane_count<T>;
    lanes<T> sums[Rows][Columns];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 32
        for (std::size_t x = 0; x < Columns; ++x) sums[r][x] = load(initial);
    for (std::size_t ky = 0; ky < kernel_height; ++ky)
        for (std::size_t c = 0; c < inputs; ++c) {
            const T* const from = in + ky * kernel_row + c;
            lanes<T> factor[Kernel];
#pragma GCC unroll 8
            for (std::size_t k = 0; k < Kernel; ++k) {
                factor[k] = load(weights + ((ky * Kernel + k) * inputs + c) * tap);
                pin<T>(factor[k]);
            }
#pragma GCC unroll 64
            for (std::size_t i = 0; i < Columns + Kernel - 1; ++i)
#pragma GCC unroll 4
                for (std::size_t r = 0; r < Rows; ++r) {
                    lanes<T> value = broadcast(from[r * row + i * Pixel]);
                    pin<T>(value);
#pragma GCC unroll 8
                    for (std::size_t k = 0; k < Kernel; ++k)
                        if (i >= k && i - k < Columns)
                            sums[r][i - k] = multiply_add(value, factor[k], sums[r][i - k]);
                }
        }
#pragma GCC unroll 4
    for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 32
        for (std::size_t x = 0; x < Columns; ++x) store(result + (r * Columns + x) * width, sums[r][x]);
}

/// The whole convolution for a range of samples, with the logical weights.
template <class T, conv2d_geometry G, class Epilogue>
void run_sliding(const T* in, const T* weights, const T* bias, T* out, const Epilogue& epilogue,
                 range samples) {
    constexpr sliding_plan<T> plan(G);
    constexpr std::size_t rows = plan.rows, columns = plan.columns, width = lane_count<T>;
    T sums[rows * columns * width];
    const T* const initial = bias != nullptr ? bias : zeros<T>;
    for (std::size_t sample = samples.first; sample < samples.last; ++sample)
        for (std::size_t next_y = 0; next_y < G.out.height; next_y += rows)
            for (std::size_t next_x = 0; next_x < G.out.width; next_x += columns) {
                // The last tiles compute results again that are already there; they do not store them again.
                const std::size_t y = next_y + rows <= G.out.height ? next_y : G.out.height - rows;
                const std::size_t x = next_x + columns <= G.out.width ? next_x : G.out.width - columns;
                const T* const from = in + first_tap(G) + sample * G.in.sample_stride +
                                      y * G.win.stride_height * G.in.row_stride + x * G.in.pixel_stride;
                sliding_tile<T, rows, columns, G.win.kernel_width, G.in.pixel_stride>(
                    from, G.win.stride_height * G.in.row_stride, G.win.dilation_height * G.in.row_stride,
                    G.win.kernel_height, G.in.channels, weights, G.out.channels, initial, sums);
                T* const to = out + G.out.offset + sample * G.out.sample_stride;
                for (std::size_t r = next_y - y; r < rows; ++r)
                    for (std::size_t i = next_x - x; i < columns; ++i)
                        finish(sums + (r * columns + i) * width, 1,
                               to + (y + r) * G.out.row_stride + (x + i) * G.out.pixel_stride,
                               place{sample, y + r, x + i, 0}, 0, G.out.channels, epilogue);
            }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
