// SPDX-License-Identifier: BSL-1.0
/// @file stream_pool.hpp
/// The largest, the mean or the root of the sum of squares of the newest rows of a sequence, with the order of sums of the
/// kernels for whole sequences, so that both give the same bits.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/images/pool_axis.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>
#include <archetype/kernels/vectors/select.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One pooling over time. Row r of tap k begins at taps[k] + r * in_step.
struct stream_pool {
    std::size_t channels = 1, taps = 1, in_step = 0, out_step = 0;
    bool largest = false, squares = false;  ///< else the mean; squares: the root of their sum, in images
    constexpr bool operator==(const stream_pool&) const = default;
};

/// Row `r` of the results: epilogue(largest or mean of taps `first` and later); a mean is their sum times `inverse`.
template <stream_pool Pool, class T, class Epilogue>
ARCHETYPE_INLINE void stream_pool_row(const T* const (&taps)[Pool.taps], std::size_t first, T inverse, T* out,
                                      std::size_t r, const Epilogue& epilogue) {
    constexpr image pixel{1, 1, Pool.channels, Pool.out_step, Pool.out_step, Pool.out_step, 0};
    for_channel_vectors<T, Pool.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
        const auto tap = [&](std::size_t k)
                             ARCHETYPE_INLINE_LAMBDA { return load(taps[k] + r * Pool.in_step + c); };
        lanes<T> result = Pool.largest ? tap(first) : broadcast(T(0));
        for (std::size_t k = first; k < Pool.taps; ++k)
            if constexpr (Pool.largest)
                result = maximum<T>(result, tap(k));
            else
                result = result + tap(k);
        if constexpr (!Pool.largest) result = result * broadcast(inverse);
        store_channels<pixel>(out + r * Pool.out_step, 0, c, lanes<T>(epilogue(result, place{0, 0, r, c})));
    });
}

/// The windows along the columns of an image; the distances of its cells and results.
struct stream_pool_axis {
    pool_axis cells;
    std::size_t in_pixel = 1, out_pixel = 1;
    bool counts_padding = false;
};

/// Row `r` of the results of an image. Taps are rows, of which `first` and later are there; a mean is the sum of the sums of
/// its rows, squares are added one by one.
template <stream_pool Pool, stream_pool_axis Columns, class T, class Epilogue>
ARCHETYPE_INLINE void stream_pool_columns(const T* const (&taps)[Pool.taps], std::size_t first, T* out,
                                          std::size_t r, const Epilogue& epilogue) {
    constexpr pool_axis cells = Columns.cells;
    constexpr image row{1, cells.out, Pool.channels, Columns.out_pixel, Pool.out_step, Pool.out_step, 0};
    const std::size_t rows_counted = Columns.counts_padding ? Pool.taps : Pool.taps - first;
    for (std::size_t x = 0; x < cells.out; ++x) {
        const std::size_t begin = cells.first(x), end = cells.last(x);
        const T inverse = T(1) / T(rows_counted * cells.count(x, Columns.counts_padding));
        for_channel_vectors<T, Pool.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
            const auto cell = [&](std::size_t k, std::size_t i) ARCHETYPE_INLINE_LAMBDA {
                const std::size_t column = x * cells.stride + i * cells.dilation - cells.pad_before;
                return load(taps[k] + r * Pool.in_step + column * Columns.in_pixel + c);
            };
            lanes<T> result = Pool.largest ? cell(first, begin) : broadcast(T(0));
            for (std::size_t k = first; k < Pool.taps; ++k) {
                lanes<T> part = broadcast(T(0));
                for (std::size_t i = begin; i < end; ++i)
                    if constexpr (Pool.largest)
                        result = maximum<T>(result, cell(k, i));
                    else if constexpr (Pool.squares)
                        result = multiply_add<T>(cell(k, i), cell(k, i), result);
                    else
                        part = part + cell(k, i);
                if constexpr (!Pool.largest && !Pool.squares) result = result + part;
            }
            if constexpr (Pool.squares)
                result = expression::elementary::sqrt(result);
            else if constexpr (!Pool.largest)
                result = result * broadcast(inverse);
            store_channels<row>(out + r * Pool.out_step, x, c, lanes<T>(epilogue(result, place{0, r, x, c})));
        });
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
