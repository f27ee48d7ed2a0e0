// SPDX-License-Identifier: BSL-1.0
/// @file depthwise_sweep.hpp
/// Convolutions in which every channel has filters of its own: lanes run along channels, or along whole rows where a pixel
/// has few.
#pragma once
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/images/finish_row.hpp>
#include <archetype/kernels/images/progress.hpp>
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>
#include <utility>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Results at y_first + i * y_step, x_first + j * x_step of every sample (i < height, j < width): channel o is the sum over
/// `rows` x `columns` taps of channel o / multiplier of the source times weight o of the tap. `source_step` and `tap_step` say
/// how many cells of the source the next result and the next tap are away.
struct depthwise_sweep {
    std::size_t height = 1, width = 1;
    std::size_t y_first = 0, y_step = 1, x_first = 0, x_step = 1;
    std::size_t rows = 1, columns = 1, multiplier = 1;
    std::ptrdiff_t source_step_y = 1, source_step_x = 1, tap_step_y = 1, tap_step_x = 1;
    std::ptrdiff_t source_offset = 0, source_sample = 0, source_row = 0, source_pixel = 0;
    std::ptrdiff_t weight_offset = 0, weight_y = 0, weight_x = 0;
    image result;
    constexpr bool operator==(const depthwise_sweep&) const = default;

    constexpr std::ptrdiff_t source_y() const { return source_step_y * source_row; }
    constexpr std::ptrdiff_t source_x() const { return source_step_x * source_pixel; }
    constexpr std::ptrdiff_t tap_y() const { return tap_step_y * source_row; }
    constexpr std::ptrdiff_t tap_x() const { return tap_step_x * source_pixel; }
};

/// Vector `Part` of those that hold each lane of `value` `Multiplier` times in a row.
template <class T, std::size_t Multiplier, std::size_t Part>
ARCHETYPE_INLINE lanes<T> repeat_lanes(const lanes<T>& value) {
#if ARCHETYPE_HAS_XSIMD
    if constexpr (Multiplier != 1) {
        constexpr std::size_t width = lane_count<T>;
        const auto raw = value.data;
        return [&]<std::size_t... Lane>(std::index_sequence<Lane...>) __attribute__((always_inline)) {
            return lanes<T>(
                __builtin_shufflevector(raw, raw, static_cast<int>((Part * width + Lane) / Multiplier)...));
        }
        (std::make_index_sequence<width>{});
    }
#endif
    return value;
}

/// Rows and columns of results that are computed at once: as many sums as fit the registers.
struct depthwise_tile {
    std::size_t rows, columns;
};
template <class T>
constexpr depthwise_tile choose_depthwise_tile(std::size_t height, std::size_t width) {
#if ARCHETYPE_HAS_XSIMD && (defined(__AVX512F__) || defined(__aarch64__))
    constexpr std::size_t most = 8;
#else
    constexpr std::size_t most = lane_count<T> == 1 ? 2 : 5;
#endif
    depthwise_tile best{height > 1 && lane_count<T> > 1 ? 2u : 1u, 1};
    std::size_t cost = static_cast<std::size_t>(-1);
    for (std::size_t columns = 1; columns <= (width < most ? width : most); ++columns) {
        const std::size_t computed = (width + columns - 1) / columns * (columns + 1);  // one for the weights
        if (computed <= cost) cost = computed, best.columns = columns;
    }
    return best;
}

/// One axis of a tile: the cells that its results read, and with which tap result `i` meets the cell `at`.
struct depthwise_axis {
    std::ptrdiff_t results, taps, source_step, tap_step;
    constexpr std::ptrdiff_t first() const { return tap_step < 0 ? (taps - 1) * tap_step : 0; }
    constexpr std::ptrdiff_t count() const {
        return (results - 1) * source_step + (taps - 1) * (tap_step < 0 ? -tap_step : tap_step) + 1;
    }
    /// `taps` if it does not.
    constexpr std::ptrdiff_t tap(std::size_t i, std::ptrdiff_t at) const {
        const std::ptrdiff_t distance = first() + at - static_cast<std::ptrdiff_t>(i) * source_step,
                             k = distance / tap_step;
        return distance % tap_step == 0 && k >= 0 && k < taps ? k : taps;
    }
};

#if ARCHETYPE_HAS_XSIMD && (defined(__AVX512F__) || defined(__aarch64__))
inline constexpr std::size_t depthwise_taps_in_registers = ARCHETYPE_HAS_XSIMD ? 9 : 0;
#else
inline constexpr std::size_t depthwise_taps_in_registers = 0;
#endif

/// One tile of one vector of results; `from` points to what its first tap reads, `to` to its first result.
template <class T, depthwise_sweep S, depthwise_tile Tile, std::size_t Part, class Epilogue>
ARCHETYPE_INLINE void run_depthwise_tile(const T* from, const T* weights, const lanes<T>& bias, T* to,
                                         place where, std::size_t count, const Epilogue& epilogue) {
    lanes<T> sums[Tile.rows][Tile.columns];
#pragma GCC unroll 2
    for (std::size_t i = 0; i < Tile.rows; ++i)
#pragma GCC unroll 8
        for (std::size_t j = 0; j < Tile.columns; ++j) sums[i][j] = bias;
    if constexpr (S.rows * S.columns != 0 && S.rows * S.columns <= depthwise_taps_in_registers) {
        // Each cell is loaded once: where pixels lie a power of two apart, few of them fit the nearest cache.
        constexpr depthwise_axis rows{Tile.rows, S.rows, S.source_step_y, S.tap_step_y};
        constexpr depthwise_axis columns{Tile.columns, S.columns, S.source_step_x, S.tap_step_x};
        constexpr std::ptrdiff_t row_count = rows.count(), column_count = columns.count();
        lanes<T> factors[S.rows][S.columns];
#pragma GCC unroll 9
        for (std::ptrdiff_t k = 0; k < static_cast<std::ptrdiff_t>(S.rows); ++k)
#pragma GCC unroll 9
            for (std::ptrdiff_t l = 0; l < static_cast<std::ptrdiff_t>(S.columns); ++l)
                factors[k][l] = load(weights + k * S.weight_y + l * S.weight_x);
#pragma GCC unroll 64
        for (std::ptrdiff_t v = 0; v < row_count; ++v)
#pragma GCC unroll 64
            for (std::ptrdiff_t u = 0; u < column_count; ++u) {
                const T* const cell =
                    from + (rows.first() + v) * S.source_row + (columns.first() + u) * S.source_pixel;
                __builtin_prefetch(cell + 2 * lane_count<T>);  // of the channels after the next
                const lanes<T> value = repeat_lanes<T, S.multiplier, Part>(load(cell));
#pragma GCC unroll 2
                for (std::size_t i = 0; i < Tile.rows; ++i)
#pragma GCC unroll 8
                    for (std::size_t j = 0; j < Tile.columns; ++j)
                        if (const std::ptrdiff_t k = rows.tap(i, v), l = columns.tap(j, u);
                            k != rows.taps && l != columns.taps)
                            sums[i][j] = multiply_add(value, factors[k][l], sums[i][j]);
            }
    } else {
        for (std::size_t row = 0; row < S.rows; ++row) {
            const T* tap = from + static_cast<std::ptrdiff_t>(row) * S.tap_y();
            const T* factors = weights + static_cast<std::ptrdiff_t>(row) * S.weight_y;
            for (std::size_t column = 0; column < S.columns;
                 ++column, tap += S.tap_x(), factors += S.weight_x) {
                const lanes<T> factor = load(factors);
#pragma GCC unroll 2
                for (std::size_t i = 0; i < Tile.rows; ++i)
#pragma GCC unroll 8
                    for (std::size_t j = 0; j < Tile.columns; ++j)
                        sums[i][j] = multiply_add(repeat_lanes<T, S.multiplier, Part>(load(
                                                      tap + static_cast<std::ptrdiff_t>(i) * S.source_y() +
                                                      static_cast<std::ptrdiff_t>(j) * S.source_x())),
                                                  factor, sums[i][j]);
            }
        }
    }
    const std::size_t y = where.y, x = where.x;
#pragma GCC unroll 2
    for (std::size_t i = 0; i < Tile.rows; ++i)
#pragma GCC unroll 8
        for (std::size_t j = 0; j < Tile.columns; ++j) {
            where.y = y + i * S.y_step, where.x = x + j * S.x_step;
            store_partial<T>(to + i * S.y_step * S.result.row_stride + j * S.x_step * S.result.pixel_stride,
                             epilogue(sums[i][j], where), count);
        }
}

/// The vectors of one tile's pixels, `Part` by part of each vector of the source.
template <class T, depthwise_sweep S, depthwise_tile Tile, class Epilogue>
void run_depthwise_pixels(const T* from, const T* weights, const T* bias, T* to, place where,
                          const Epilogue& epilogue) {
    constexpr std::size_t width = lane_count<T>, channels = S.result.channels / S.multiplier;
    const auto vectors = [&](std::size_t c, std::size_t limit) __attribute__((always_inline)) {
        [&]<std::size_t... Part>(std::index_sequence<Part...>) __attribute__((always_inline)) {
            const auto one = [&]<std::size_t P>(std::integral_constant<std::size_t, P>)
                __attribute__((always_inline)) {
                if (P * width >= limit) return;
                const std::size_t o = c * S.multiplier + P * width;
                place at = where;
                at.channel = o;
                run_depthwise_tile<T, S, Tile, P>(from + c, weights + o,
                                                  bias != nullptr ? load(bias + o) : broadcast(T{}), to + o,
                                                  at, limit - P * width, epilogue);
            };
            (one(std::integral_constant<std::size_t, Part>{}), ...);
        }
        (std::make_index_sequence<S.multiplier>{});
    };
    if constexpr (channels < width) {
        vectors(0, S.result.channels);
    } else {
        std::size_t c = 0;
        for (; c + width <= channels; c += width) vectors(c, S.multiplier * width);
        if constexpr (channels % width != 0) vectors(channels - width, S.multiplier * width);
    }
}

/// Whether a row of results is one run of elements, each with the weights of its channel.
template <class T, depthwise_sweep S, class Epilogue>
inline constexpr bool depthwise_flat =
    S.multiplier == 1 && S.result.channels < lane_count<T>&& S.x_step == 1 &&
    S.source_x() == static_cast<std::ptrdiff_t>(S.result.channels) &&
    S.result.pixel_stride
        == S.result.channels&& runs_across_pixels<Epilogue>&& S.width* S.result.channels >= lane_count<T>;

/// Lanes run along rows: weight vectors repeat the channels, and the run from channel c on is a load at c.
template <class T, depthwise_sweep S, class Epilogue>
void run_depthwise_flat(const T* source, const T* weights, const T* bias, T* result, const Epilogue& epilogue,
                        range samples, companions by) {
    constexpr std::size_t width = lane_count<T>, channels = S.result.channels, run = S.width * channels;
    constexpr std::size_t repeated = width + channels, taps = S.rows * S.columns;
    T factors[(taps + 1) * repeated];
    for (std::size_t tap = 0; tap <= taps; ++tap) {
        const T* const from = tap == taps
                                  ? bias
                                  : weights + static_cast<std::ptrdiff_t>(tap / S.columns) * S.weight_y +
                                        static_cast<std::ptrdiff_t>(tap % S.columns) * S.weight_x;
        for (std::size_t i = 0; i < repeated; ++i)
            factors[tap * repeated + i] = from == nullptr ? T{} : from[i % channels];
    }
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t i = 0; i < S.height; ++i) {
            const T* const from = source + static_cast<std::ptrdiff_t>(n) * S.source_sample +
                                  static_cast<std::ptrdiff_t>(i) * S.source_y();
            const std::size_t y = S.y_first + i * S.y_step;
            T* const to = result + n * S.result.sample_stride + y * S.result.row_stride;
            // The last vector overlaps the one before.
            const auto vector = [&](std::size_t at) __attribute__((always_inline)) {
                const T* const own = factors + at % channels;
                lanes<T> sum = load(own + taps * repeated);
                for (std::size_t row = 0; row < S.rows; ++row)
                    for (std::size_t column = 0; column < S.columns; ++column)
                        sum = multiply_add(load(from + at + static_cast<std::ptrdiff_t>(row) * S.tap_y() +
                                                static_cast<std::ptrdiff_t>(column) * S.tap_x()),
                                           load(own + (row * S.columns + column) * repeated), sum);
                store<T>(to + at, epilogue(sum, place{n, y, at / channels, at % channels}));
            };
            std::size_t at = 0;
            for (; at + width <= run; at += width) vector(at);
            if (at != run) vector(run - width);
            by.stored(((n - samples.first) * S.height + i + 1) * S.width);
        }
}

/// result = epilogue(sums + bias) for the samples of a range. `bias` may be null; `by`: told of each row of results.
template <class T, depthwise_sweep S, class Epilogue>
void run_depthwise(const T* source, const T* weights, const T* bias, T* result, const Epilogue& epilogue,
                   range samples, companions by = {}) {
    constexpr depthwise_tile tile = choose_depthwise_tile<T>(S.height, S.width);
    source += S.source_offset, weights += S.weight_offset, result += S.result.offset;
    if constexpr (depthwise_flat<T, S, Epilogue>)
        return run_depthwise_flat<T, S>(source, weights, bias, result, epilogue, samples, by);
    // The last tiles overlap those before.
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t i = 0; i < S.height; i += tile.rows) {
            const std::size_t row = i + tile.rows <= S.height ? i : S.height - tile.rows;
            for (std::size_t j = 0; j < S.width; j += tile.columns) {
                const std::size_t column = j + tile.columns <= S.width ? j : S.width - tile.columns;
                const place where{n, S.y_first + row * S.y_step, S.x_first + column * S.x_step, 0};
                run_depthwise_pixels<T, S, tile>(source + static_cast<std::ptrdiff_t>(n) * S.source_sample +
                                                     static_cast<std::ptrdiff_t>(row) * S.source_y() +
                                                     static_cast<std::ptrdiff_t>(column) * S.source_x(),
                                                 weights, bias,
                                                 result + n * S.result.sample_stride +
                                                     where.y * S.result.row_stride +
                                                     where.x * S.result.pixel_stride,
                                                 where, epilogue);
            }
            by.stored(((n - samples.first) * S.height + row + tile.rows) * S.width);
        }
}

/// The forward pass of a depthwise convolution.
constexpr depthwise_sweep forward_depthwise(const conv2d_geometry& g) {
    const auto step = [](std::size_t distance) { return static_cast<std::ptrdiff_t>(distance); };
    depthwise_sweep s;
    s.height = g.out.height, s.width = g.out.width;
    s.rows = g.win.kernel_height, s.columns = g.win.kernel_width;
    s.multiplier = g.group_filters();
    s.source_offset = first_tap(g), s.source_sample = step(g.in.sample_stride);
    s.source_row = step(g.in.row_stride), s.source_pixel = step(g.in.pixel_stride);
    s.source_step_y = step(g.win.stride_height), s.source_step_x = step(g.win.stride_width);
    s.tap_step_y = step(g.win.dilation_height), s.tap_step_x = step(g.win.dilation_width);
    s.weight_x = step(g.out.channels), s.weight_y = step(g.win.kernel_width * g.out.channels);
    s.result = g.out;
    return s;
}

/// The other way around, for several filters to a channel: channel c of the result is the sum over its filters. The source has
/// `multiplier` times the channels of the result.
template <class T, depthwise_sweep S, class Epilogue>
void run_depthwise_sums(const T* source, const T* weights, T* result, const Epilogue& epilogue,
                        range samples) {
    constexpr std::size_t width = lane_count<T>, channels = S.result.channels;
    source += S.source_offset, weights += S.weight_offset, result += S.result.offset;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t i = 0; i < S.height; ++i)
            for (std::size_t j = 0; j < S.width; ++j) {
                const T* const from = source + static_cast<std::ptrdiff_t>(n) * S.source_sample +
                                      static_cast<std::ptrdiff_t>(i) * S.source_y() +
                                      static_cast<std::ptrdiff_t>(j) * S.source_x();
                place where{n, S.y_first + i * S.y_step, S.x_first + j * S.x_step, 0};
                T* const to = result + n * S.result.sample_stride + where.y * S.result.row_stride +
                              where.x * S.result.pixel_stride;
                for (std::size_t c = 0; c < channels; c += width) {
                    where.channel = c;
                    T products[S.multiplier * width], sums[width] = {};
                    for (std::size_t part = 0; part < S.multiplier; ++part) {
                        const std::size_t o = c * S.multiplier + part * width;
                        if (o >= channels * S.multiplier) break;
                        lanes<T> sum = broadcast(T{});
                        for (std::size_t row = 0; row < S.rows; ++row)
                            for (std::size_t column = 0; column < S.columns; ++column)
                                sum = multiply_add(
                                    load(from + o + static_cast<std::ptrdiff_t>(row) * S.tap_y() +
                                         static_cast<std::ptrdiff_t>(column) * S.tap_x()),
                                    load(weights + o + static_cast<std::ptrdiff_t>(row) * S.weight_y +
                                         static_cast<std::ptrdiff_t>(column) * S.weight_x),
                                    sum);
                        store(products + part * width, sum);
                    }
                    const std::size_t count = channels - c < width ? channels - c : width;
                    for (std::size_t lane = 0; lane < count; ++lane)
                        for (std::size_t m = 0; m < S.multiplier; ++m)
                            sums[lane] += products[lane * S.multiplier + m];
                    store_partial<T>(to + c, epilogue(load(sums), where), count);
                }
            }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
