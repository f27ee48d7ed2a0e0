// SPDX-License-Identifier: BSL-1.0
/// @file channel_planes.hpp
/// From the few channels of neighbouring pixels to one run of pixels for each channel, and back.
#pragma once
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether a block of pixels changes its order in registers.
template <class T>
inline constexpr bool permutes_lanes =
#if ARCHETYPE_HAS_XSIMD && defined(__AVX512F__)
    sizeof(lanes<T>) == 64;
#else
    false;
#endif

/// The order of a block of `lane_count` pixels as a chain of permutations of two vectors: step s adds what source
/// vector s + 1 has to give to each of the `Channels` results. Index i means element i of the result so far, from
/// `lane_count` on the elements of the next source.
template <class T, std::size_t Channels>
struct plane_order {
    static constexpr std::size_t width = lane_count<T>;
    using index = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    index lane[Channels][Channels][width];

    /// From vectors of a plane each to vectors of whole pixels if `interleave`, else the other way.
    explicit constexpr plane_order(bool interleave) : lane{} {
        for (std::size_t result = 0; result < Channels; ++result)
            for (std::size_t l = 0; l < width; ++l) {
                const std::size_t mixed = interleave ? result * width + l : l * Channels + result;
                const std::size_t source = interleave ? mixed % Channels : mixed / width;
                const std::size_t element = interleave ? mixed / Channels : mixed % width;
                for (std::size_t s = 0; s + 1 < Channels; ++s)
                    lane[s][result][l] = static_cast<index>(source == s + 1         ? width + element
                                                            : s == 0 && source == 0 ? element
                                                                                    : l);
            }
    }
};

/// Result `result` of one block of pixels.
template <class T, std::size_t Channels>
ARCHETYPE_INLINE lanes<T> reorder(const lanes<T> (&from)[Channels],
                                  [[maybe_unused]] const plane_order<T, Channels>& order,
                                  [[maybe_unused]] std::size_t result) {
    lanes<T> value = from[0];
#if ARCHETYPE_HAS_XSIMD && defined(__AVX512F__)
#pragma GCC unroll 16
    for (std::size_t s = 0; s + 1 < Channels; ++s) {
        const __m512i index = _mm512_loadu_si512(order.lane[s][result]);
        if constexpr (sizeof(T) == 4)
            value = _mm512_permutex2var_ps(value, index, from[s + 1]);
        else
            value = _mm512_permutex2var_pd(value, index, from[s + 1]);
    }
#endif
    return value;
}

/// Elements x * Channels + c = planes[c * stride + x] for x < count, handed over vector by vector: consume(first
/// element, vector), with garbage in lanes past the last. Reads whole blocks of `lane_count` pixels. `mixed` is
/// memory for a row in whole blocks, used where lanes cannot be permuted.
template <class T, std::size_t Channels, class Consumer>
ARCHETYPE_INLINE void interleave_planes(const T* planes, std::size_t stride, std::size_t count,
                                        [[maybe_unused]] T* mixed, const Consumer& consume) {
    constexpr std::size_t width = lane_count<T>;
    const std::size_t end = count * Channels;
    if constexpr (permutes_lanes<T>) {
        static constexpr plane_order<T, Channels> order(true);
        for (std::size_t x = 0; x < count; x += width) {
            lanes<T> from[Channels];
#pragma GCC unroll 16
            for (std::size_t c = 0; c < Channels; ++c) from[c] = load(planes + c * stride + x);
            for (std::size_t v = 0; v < Channels && x * Channels + v * width < end; ++v)
                consume(x * Channels + v * width, reorder<T, Channels>(from, order, v));
        }
    } else {
        for (std::size_t x = 0; x < count; ++x)
            for (std::size_t c = 0; c < Channels; ++c) mixed[x * Channels + c] = planes[c * stride + x];
        for (std::size_t at = 0; at < end; at += width) consume(at, load(mixed + at));
    }
}

/// planes[c * stride + x] = from[x * Channels + c] for x < count, zero from there to the end of the block of
/// `lane_count` pixels. Reads whole blocks.
template <class T, std::size_t Channels>
ARCHETYPE_INLINE void separate_planes(const T* from, std::size_t count, T* planes, std::size_t stride) {
    constexpr std::size_t width = lane_count<T>;
    if constexpr (permutes_lanes<T>) {
        static constexpr plane_order<T, Channels> order(false);
        for (std::size_t x = 0; x < count; x += width) {
            lanes<T> mixed[Channels];
#pragma GCC unroll 16
            for (std::size_t v = 0; v < Channels; ++v) mixed[v] = load(from + x * Channels + v * width);
            if (count - x < width) {
#pragma GCC unroll 16
                for (std::size_t v = 0; v < Channels; ++v) {
                    const std::size_t left = (count - x) * Channels;
                    mixed[v] = left > v * width
                                   ? load_partial(from + x * Channels + v * width, left - v * width)
                                   : broadcast(T{});
                }
            }
            for (std::size_t c = 0; c < Channels; ++c)
                store(planes + c * stride + x, reorder<T, Channels>(mixed, order, c));
        }
    } else {
        const std::size_t end = (count + width - 1) / width * width;
        for (std::size_t x = 0; x < end; ++x)
            for (std::size_t c = 0; c < Channels; ++c)
                planes[c * stride + x] = x < count ? from[x * Channels + c] : T{};
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
