// SPDX-License-Identifier: BSL-1.0
/// @file stream_pool.hpp
/// The largest or the mean of the newest rows of a sequence, with the order of sums of the kernels for whole sequences, so
/// that both give the same bits.
#pragma once
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/vectors/select.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One pooling over time. Row r of tap k begins at taps[k] + r * in_step.
struct stream_pool {
    std::size_t channels = 1, taps = 1, in_step = 0, out_step = 0;
    bool largest = false;  ///< else the mean
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

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
