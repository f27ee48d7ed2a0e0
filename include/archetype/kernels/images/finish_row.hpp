// SPDX-License-Identifier: BSL-1.0
/// @file finish_row.hpp
/// How rows of results without gaps reach their image.
#pragma once
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/images/image.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Applies the epilogue to one row of results, which `row` holds without gaps between its pixels.
template <class T, image Result, class Epilogue>
ARCHETYPE_INLINE void finish_row(const T* row, T* result, std::size_t sample, std::size_t y,
                                 const Epilogue& epilogue) {
    constexpr std::size_t width = lane_count<T>, channels = Result.channels, run = Result.width * channels;
    T* const to = result + Result.offset + sample * Result.sample_stride + y * Result.row_stride;
    if constexpr (runs_across_pixels<Epilogue> && Result.pixel_stride == channels) {
        constexpr std::size_t whole = run - run % width;
        const auto value = [&](std::size_t at) __attribute__((always_inline)) {
            return epilogue(load(row + at), place{sample, y, at / channels, at % channels});
        };
#pragma GCC unroll 4
        for (std::size_t at = 0; at < whole; at += width) store(to + at, value(at));
        if constexpr (whole != run) store_partial(to + whole, value(whole), run - whole);
    } else {
        for (std::size_t x = 0; x < Result.width; ++x)
            store_partial(to + x * Result.pixel_stride,
                          epilogue(load(row + x * channels), place{sample, y, x, 0}), channels);
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
