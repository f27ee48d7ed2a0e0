// SPDX-License-Identifier: BSL-1.0
/// @file flat_rows.hpp
/// Convolutions with fewer filters than lanes. The output row of `width` pixels and `channels` filters is one
/// run of width * channels results, and lanes run along it: lane l computes filter l % channels of pixel l /
/// channels. For that each row of input is spread, e[l] = row[l / channels]; tap kx then is the vector at e[l
/// + channels * kx * dilation] times a vector of weights that repeats with period `channels`. All lanes work,
/// whatever the number of filters.
#pragma once
#include <archetype/kernels/images/finish_row.hpp>
#include <archetype/kernels/products/tile_product.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A convolution with horizontal stride 1 and one group; `source_*` locate the operand of the first tap.
struct flat_convolution {
    std::size_t height = 1, width = 1, channels = 1, inputs = 1;
    std::size_t kernel_height = 1, kernel_width = 1, stride_height = 1, dilation_height = 1,
                dilation_width = 1;
    std::ptrdiff_t source_offset = 0;
    std::size_t source_sample = 0, source_row = 0, source_pixel = 0;
    image result;
    constexpr bool operator==(const flat_convolution&) const = default;
};

/// How `flat_convolution` is cut for vectors of `T`.
template <class T>
struct flat_plan {
    std::size_t period = 1, columns = 1, rows = 1,
                tiles = 1;  // phases of weights; vectors and rows of a tile; tiles in a row
    std::size_t row_length = 0, reach = 0, repeated = 0, workspace = 0;
    bool pays = false;
    double cost = 1e30;  // of a sample, in vector operations

    explicit constexpr flat_plan(const flat_convolution& f) {
        constexpr std::size_t width = lane_count<T>;
        constexpr std::size_t registers = tile_registers;
        if (width == 1) return;
        std::size_t divisor = width;
        while (f.channels % divisor != 0) divisor /= 2;
        period = f.channels / divisor;
        const std::size_t vectors = (f.width * f.channels + width - 1) / width;
        const bool shares_rows = f.stride_height == 1 && f.dilation_height == 1;
        double best = 1e30;
        for (std::size_t r = 1; r <= 4 && (r == 1 || (shares_rows && r <= f.kernel_height && r <= f.height));
             ++r)
            for (std::size_t c = period; c < registers; c += period) {
                if (c * r + period * r + 2 > registers) break;
                const double loads = double(c + period * r) / double(c * r);
                const double latency = c * r < 8 ? 8.0 / double(c * r) : 1.0;
                const double of_tile =
                    double((vectors + c - 1) / c * c) * (loads > 0.6 ? loads / 0.6 : 1.0) * latency;
                if (of_tile < best) best = of_tile, columns = c, rows = r;
            }
        tiles = (vectors + columns - 1) / columns;
        row_length = tiles * columns * width + (f.kernel_width - 1) * f.dilation_width * f.channels + width;
        reach = (f.kernel_height - 1) * f.dilation_height + rows;
        repeated = width + f.channels;
        workspace = reach * f.inputs * row_length + rows * tiles * columns * width + width;
        // Per row of results, in vector operations: this against one broadcast and one multiplication per
        // pixel and tap.
        const double taps = double(f.kernel_height * f.kernel_width * f.inputs);
        const double spread = 2.0 * double(f.inputs * (f.width + f.kernel_width - 1) * f.stride_height);
        cost = double(f.height) * (best * taps + spread);
        pays = best < 1e29 && best * taps + spread < 1.33 * double(f.width) * taps && f.channels < width &&
               workspace * sizeof(T) <= 65536;
    }

private:
#if ARCHETYPE_HAS_XSIMD && (defined(__AVX512F__) || defined(__aarch64__))
    static constexpr std::size_t tile_registers = 32;
#else
    static constexpr std::size_t tile_registers = 16;
#endif
};

/// Weights of one input row's taps for the result rows `First` to `Last` of a tile, which meet it with kernel
/// rows ky - First to ky - Last.
template <class T, std::size_t Channels, std::size_t Period, std::size_t Columns, std::size_t First,
          std::size_t Last, std::size_t Rows>
ARCHETYPE_INLINE void flat_step(lanes<T> (&sums)[Rows][Columns], const T* spread, std::size_t row_length,
                                std::size_t column, const flat_convolution& f, const T* weights,
                                std::size_t ky) {
    constexpr std::size_t width = lane_count<T>, repeated = width + Channels, rows = Last - First + 1;
    const std::size_t kernel_row = f.kernel_width * f.inputs * repeated;
    const T* first_weights = weights + (ky - First) * kernel_row;
    for (std::size_t kx = 0; kx < f.kernel_width; ++kx)
        for (std::size_t c = 0; c < f.inputs; ++c, first_weights += repeated) {
            const T* const from = spread + c * row_length + column + kx * f.dilation_width * Channels;
            lanes<T> factor[rows][Period];
#pragma GCC unroll 4
            for (std::size_t r = 0; r < rows; ++r)
#pragma GCC unroll 16
                for (std::size_t p = 0; p < Period; ++p) {
                    factor[r][p] = load(first_weights - r * kernel_row + p * width % Channels);
                    pin<T>(factor[r][p]);
                }
#pragma GCC unroll 32
            for (std::size_t v = 0; v < Columns; ++v) {
                lanes<T> value = load(from + v * width);
                if constexpr (rows > 1) pin<T>(value);
#pragma GCC unroll 4
                for (std::size_t r = 0; r < rows; ++r)
                    sums[First + r][v] = multiply_add(value, factor[r][v % Period], sums[First + r][v]);
            }
        }
}

/// Sums of `Rows` rows by `Columns` vectors. `spread[i]` is the input row that the first result row meets
/// with kernel row i.
template <class T, std::size_t Channels, std::size_t Period, std::size_t Columns, std::size_t Rows>
[[gnu::noinline]] void flat_tile(const T* const* spread, std::size_t row_length, std::size_t column,
                                 const flat_convolution& f, const T* weights, const T* bias, T* result,
                                 std::size_t result_stride) {
    constexpr std::size_t width = lane_count<T>;
    lanes<T> sums[Rows][Columns];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 32
        for (std::size_t v = 0; v < Columns; ++v) sums[r][v] = load(bias + v * width % Channels);
    each_index<Rows - 1>([&]<std::size_t I>() __attribute__((always_inline)) {
        flat_step<T, Channels, Period, Columns, 0, I>(sums, spread[I], row_length, column, f, weights, I);
    });
    for (std::size_t ky = Rows - 1; ky < f.kernel_height; ++ky)
        flat_step<T, Channels, Period, Columns, 0, Rows - 1>(sums, spread[ky], row_length, column, f, weights,
                                                             ky);
    each_index<Rows - 1>([&]<std::size_t I>() __attribute__((always_inline)) {
        const std::size_t ky = f.kernel_height + I;
        flat_step<T, Channels, Period, Columns, I + 1, Rows - 1>(sums, spread[ky], row_length, column, f,
                                                                 weights, ky);
    });
#pragma GCC unroll 4
    for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 32
        for (std::size_t v = 0; v < Columns; ++v) store(result + r * result_stride + v * width, sums[r][v]);
}

/// Spreads `count` pixels of one input row: to[c * row_length + x * Channels + f] = from[x * pixel + c].
template <class T, std::size_t Channels>
ARCHETYPE_INLINE void spread_row(const T* from, std::size_t pixel, std::size_t count, std::size_t inputs,
                                 std::size_t row_length, T* to) {
    for (std::size_t c = 0; c < inputs; ++c)
        for (std::size_t x = 0; x < count; ++x)
            store(to + c * row_length + x * Channels, broadcast(from[x * pixel + c]));
}

/// Writes `taps` rows of `channels` weights, `stride` apart, as the periodic vectors `flat_tile` reads.
template <class T>
void repeat_weights(const T* from, std::size_t stride, std::size_t channels, T* to) {
    for (std::size_t i = 0; i < lane_count<T> + channels; ++i) to[i] = from[i % channels * stride];
}

/// The whole convolution for a range of samples.
template <class T, flat_convolution F, class Epilogue>
void run_flat(const T* source, const T* weights, const T* bias, T* result, const Epilogue& epilogue,
              range samples, T* workspace) {
    static constexpr flat_convolution description = F;
    constexpr flat_plan<T> plan{F};
    constexpr std::size_t width = lane_count<T>;
    constexpr std::size_t result_stride = plan.tiles * plan.columns * width;
    constexpr std::size_t pixels = F.width + (F.kernel_width - 1) * F.dilation_width;
    T repeated_bias[plan.repeated] = {};
    if (bias != nullptr) repeat_weights(bias, 1, F.channels, repeated_bias);
    T* const sums = workspace + plan.reach * F.inputs * plan.row_length;
    const auto ring = [&](std::size_t row) {
        return workspace + row % plan.reach * F.inputs * plan.row_length;
    };
    for (std::size_t sample = samples.first; sample < samples.last; ++sample) {
        const T* const base = source + F.source_offset + sample * F.source_sample;
        std::size_t spread_rows = 0;
        for (std::size_t next = 0; next < F.height; next += plan.rows) {
            // The last tile may compute rows again that are already there; it does not store them again.
            const std::size_t y = next + plan.rows <= F.height ? next : F.height - plan.rows;
            const std::size_t first = y * F.stride_height;
            if (spread_rows < first) spread_rows = first;
            for (; spread_rows < first + plan.reach; ++spread_rows)
                spread_row<T, F.channels>(base + spread_rows * F.source_row, F.source_pixel, pixels, F.inputs,
                                          plan.row_length, ring(spread_rows));
            constexpr std::size_t input_rows = F.kernel_height + plan.rows - 1;
            const T* spread[input_rows];
            for (std::size_t i = 0; i < input_rows; ++i) spread[i] = ring(first + i * F.dilation_height);
            for (std::size_t tile = 0; tile < plan.tiles; ++tile)
                flat_tile<T, F.channels, plan.period, plan.columns, plan.rows>(
                    spread, plan.row_length, tile * plan.columns * width, description, weights, repeated_bias,
                    sums + tile * plan.columns * width, result_stride);
            for (std::size_t r = next - y; r < plan.rows; ++r)
                finish_row<T, F.result>(sums + r * result_stride, result, sample, y + r, epilogue);
        }
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
