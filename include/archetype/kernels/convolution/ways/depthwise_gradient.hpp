// SPDX-License-Identifier: BSL-1.0
/// @file depthwise_gradient.hpp
/// Gradient of a depthwise convolution with respect to its weights and bias: lanes run along channels, sums of a row of
/// results stay in registers.
#pragma once
#include <archetype/kernels/convolution/ways/depthwise_sweep.hpp>
#include <archetype/kernels/products/tile_product.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A task owns the filters of up to `block` vectors of channels.
template <conv2d_geometry G, class T>
struct depthwise_gradient_plan {
    static constexpr std::size_t width = lane_count<T>, multiplier = G.group_filters();
    static constexpr std::size_t vectors = (G.in.channels + width - 1) / width, block = 8;
    static constexpr std::size_t tasks = (vectors + block - 1) / block;
    static constexpr std::size_t taps = G.taps();
    /// Taps whose sums are kept at once.
#if ARCHETYPE_HAS_XSIMD && (defined(__AVX512F__) || defined(__aarch64__))
    static constexpr std::size_t most = 16;
#else
    static constexpr std::size_t most = width == 1 ? 4 : 9;
#endif
    static constexpr std::size_t chunks = (taps + most - 1) / most, chunk = (taps + chunks - 1) / chunks;
    /// All sums stay in registers while two rows pass by.
    static constexpr bool tiles = taps <= depthwise_taps_in_registers && G.out.height > 1;
    static constexpr std::size_t rows = tiles ? 2 : 1;
    /// The sums of one vector of results: those of the taps, then that of the bias.
    static constexpr std::size_t sums = (taps + 1) * width;
    static constexpr std::size_t workspace = block * multiplier * sums;

    static constexpr std::ptrdiff_t tap_offset(std::size_t tap) {
        const std::size_t y = tap / G.win.kernel_width, x = tap % G.win.kernel_width;
        return static_cast<std::ptrdiff_t>(y * G.win.dilation_height * G.in.row_stride +
                                           x * G.win.dilation_width * G.in.pixel_stride);
    }
};

/// Adds one row of results to the sums of `Count` taps from `First` on, and of the bias where `First` is 0.
template <class T, conv2d_geometry G, image GradOut, std::size_t Part, std::size_t First, std::size_t Count>
ARCHETYPE_INLINE void add_depthwise_row(const T* in, const T* grad_out, T* sums) {
    using plan = depthwise_gradient_plan<G, T>;
    constexpr std::size_t width = plan::width;
    lanes<T> sum[Count], bias = load(sums + plan::taps * width);
#pragma GCC unroll 16
    for (std::size_t t = 0; t < Count; ++t) sum[t] = load(sums + (First + t) * width);
    for (std::size_t x = 0; x < G.out.width; ++x) {
        const lanes<T> gradient = load(grad_out);
        if constexpr (First == 0) bias = bias + gradient;
#pragma GCC unroll 16
        for (std::size_t t = 0; t < Count; ++t)
            sum[t] =
                multiply_add(repeat_lanes<T, plan::multiplier, Part>(load(in + plan::tap_offset(First + t))),
                             gradient, sum[t]);
        in += G.win.stride_width * G.in.pixel_stride, grad_out += GradOut.pixel_stride;
    }
#pragma GCC unroll 16
    for (std::size_t t = 0; t < Count; ++t) store(sums + (First + t) * width, sum[t]);
    store(sums + plan::taps * width, bias);
}

/// Adds a tile of results to the sums of all taps, and of the bias. Each cell of the input is loaded once.
template <class T, conv2d_geometry G, image GradOut, std::size_t Part, depthwise_tile Tile>
ARCHETYPE_INLINE void add_depthwise_tile(const T* in, const T* grad_out,
                                         lanes<T> (&sums)[G.win.kernel_height][G.win.kernel_width],
                                         lanes<T>& bias) {
    constexpr depthwise_axis rows{Tile.rows, G.win.kernel_height, G.win.stride_height, G.win.dilation_height};
    constexpr depthwise_axis columns{Tile.columns, G.win.kernel_width, G.win.stride_width,
                                     G.win.dilation_width};
    constexpr std::ptrdiff_t row_count = rows.count(), column_count = columns.count();
    lanes<T> gradient[Tile.rows][Tile.columns];
#pragma GCC unroll 2
    for (std::size_t i = 0; i < Tile.rows; ++i)
#pragma GCC unroll 8
        for (std::size_t j = 0; j < Tile.columns; ++j) {
            gradient[i][j] = load(grad_out + i * GradOut.row_stride + j * GradOut.pixel_stride);
            bias = bias + gradient[i][j];
        }
#pragma GCC unroll 64
    for (std::ptrdiff_t v = 0; v < row_count; ++v)
#pragma GCC unroll 64
        for (std::ptrdiff_t u = 0; u < column_count; ++u) {
            const T* const cell = in + static_cast<std::size_t>(v) * G.in.row_stride +
                                  static_cast<std::size_t>(u) * G.in.pixel_stride;
            __builtin_prefetch(cell + 2 * lane_count<T>);
            const lanes<T> value = repeat_lanes<T, G.group_filters(), Part>(load(cell));
#pragma GCC unroll 2
            for (std::size_t i = 0; i < Tile.rows; ++i)
#pragma GCC unroll 8
                for (std::size_t j = 0; j < Tile.columns; ++j)
                    if (const std::ptrdiff_t k = rows.tap(i, v), l = columns.tap(j, u);
                        k != rows.taps && l != columns.taps)
                        sums[k][l] = multiply_add(value, gradient[i][j], sums[k][l]);
        }
}

/// Adds `Rows` rows of results to the sums of one vector.
template <class T, conv2d_geometry G, image GradOut, std::size_t Part, std::size_t Rows>
ARCHETYPE_INLINE void add_depthwise_rows(const T* in, const T* grad_out, T* sums) {
    constexpr std::size_t width = lane_count<T>, taps = G.taps(), columns = G.win.kernel_width;
    constexpr std::size_t most = G.out.width < 7 ? G.out.width : 7, rest = G.out.width % most;
    lanes<T> sum[G.win.kernel_height][columns], bias = load(sums + taps * width);
#pragma GCC unroll 9
    for (std::size_t t = 0; t < taps; ++t) sum[t / columns][t % columns] = load(sums + t * width);
    for (std::size_t x = 0; x + most <= G.out.width; x += most) {
        add_depthwise_tile<T, G, GradOut, Part, depthwise_tile{Rows, most}>(in, grad_out, sum, bias);
        in += most * G.win.stride_width * G.in.pixel_stride, grad_out += most * GradOut.pixel_stride;
    }
    if constexpr (rest != 0)
        add_depthwise_tile<T, G, GradOut, Part, depthwise_tile{Rows, rest}>(in, grad_out, sum, bias);
#pragma GCC unroll 9
    for (std::size_t t = 0; t < taps; ++t) store(sums + t * width, sum[t / columns][t % columns]);
    store(sums + taps * width, bias);
}

/// Both gradients of the channels of some tasks; `conv2d_backward_weights` says what the arguments are.
template <class T, conv2d_geometry G, image GradOut>
void run_depthwise_gradient(const T* in, const T* grad_out, T* grad_weights, T* grad_bias, bool accumulate,
                            std::size_t batch, range tasks, T* workspace) {
    using plan = depthwise_gradient_plan<G, T>;
    constexpr std::size_t width = plan::width, filters = G.out.channels;
    for (std::size_t task = tasks.first; task < tasks.last; ++task) {
        const std::size_t first = task * plan::block;
        const std::size_t last = first + plan::block < plan::vectors ? first + plan::block : plan::vectors;
        for (std::size_t i = 0; i < plan::workspace; ++i) workspace[i] = T{};
        // Calls work(part, channel of the input, filter, the vector's sums).
        const auto each_vector = [&](const auto& work) __attribute__((always_inline)) {
            for (std::size_t v = first; v < last; ++v)
                each_index<plan::multiplier>([&]<std::size_t Part>() __attribute__((always_inline)) {
                    const std::size_t filter = (v * plan::multiplier + Part) * width;
                    if (filter < filters)
                        work.template operator()<Part>(
                            v * width, filter,
                            workspace + ((v - first) * plan::multiplier + Part) * plan::sums);
                });
        };
        for (std::size_t n = 0; n < batch; ++n)
            for (std::size_t y = 0; y < G.out.height; y += plan::rows) {
                const T* const source =
                    in + first_tap(G) +
                    static_cast<std::ptrdiff_t>(n * G.in.sample_stride +
                                                y * G.win.stride_height * G.in.row_stride);
                const T* const gradient =
                    grad_out + GradOut.offset + n * GradOut.sample_stride + y * GradOut.row_stride;
                each_vector([&]<std::size_t Part>(std::size_t c, std::size_t filter, T* sums) {
                    const T *const cells = source + c, *const results = gradient + filter;
                    if constexpr (plan::tiles) {
                        if (y + 1 < G.out.height)
                            add_depthwise_rows<T, G, GradOut, Part, plan::rows>(cells, results, sums);
                        else
                            add_depthwise_rows<T, G, GradOut, Part, 1>(cells, results, sums);
                    } else {
                        each_index<plan::chunks>([&]<std::size_t Chunk>() __attribute__((always_inline)) {
                            constexpr std::size_t tap = Chunk * plan::chunk, left = plan::taps - tap;
                            add_depthwise_row<T, G, GradOut, Part, tap,
                                              (left < plan::chunk ? left : plan::chunk)>(cells, results,
                                                                                         sums);
                        });
                    }
                });
            }
        each_vector([&]<std::size_t Part>(std::size_t, std::size_t filter, const T* sums) {
            const std::size_t count = filters - filter < width ? filters - filter : width;
            const std::size_t written = plan::taps + (grad_bias == nullptr ? 0 : 1);
            for (std::size_t tap = 0; tap < written; ++tap) {
                T* const to = tap < plan::taps ? grad_weights + tap * filters + filter : grad_bias + filter;
                lanes<T> value = load(sums + tap * width);
                if (accumulate) value = value + load_partial(to, count);
                store_partial<T>(to, value, count);
            }
        });
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
