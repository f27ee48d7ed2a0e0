// SPDX-License-Identifier: BSL-1.0
/// @file int8_tiles_x86.hpp
/// Sums of 8-bit products on x86 whose tile stays in registers: some pixels times some vectors of filters.
///
/// VNNI multiplies unsigned bytes with signed ones, so the input is moved by 128 where it is collected, once for all filters;
/// the packed weights begin with what makes good for that. Without VNNI the input is widened to 16 bits there, as the product
/// of bytes that AVX2 has saturates.
#pragma once
#include <archetype/kernels/integers/int8_vectors_x86.hpp>

#if ARCHETYPE_INT8_WIDE && defined(__AVX512VNNI__)
#define ARCHETYPE_INT8_VNNI "vpdpbusd"
#elif !ARCHETYPE_INT8_WIDE && defined(__AVXVNNI__)
#define ARCHETYPE_INT8_VNNI "%{vex%} vpdpbusd"
#endif

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Sixteen filters of the order `lanes`, and as many bytes of each four taps.
inline constexpr std::size_t lane_filters = 16, lane_step = 64;

#if defined(ARCHETYPE_INT8_VNNI)
/// What a collected number of the input is.
using collected_number = std::uint8_t;
/// Vectors of sums for sixteen filters, groups of sixteen filters and pixels of a tile.
inline constexpr std::size_t lane_vectors = 16 / word_lanes, most_groups = ARCHETYPE_INT8_WIDE ? 4 : 1,
                             most_pixels = 6;
#else
using collected_number = std::int16_t;
inline constexpr std::size_t lane_vectors = 32 / word_lanes, most_groups = ARCHETYPE_INT8_WIDE ? 2 : 1,
                             most_pixels = ARCHETYPE_INT8_WIDE ? 6 : 2;
#endif
inline constexpr bool input_is_moved = sizeof(collected_number) == 1;

/// What all tiles of a layer share. Distances in collected numbers.
struct int8_tile_shape {
    std::size_t rows, columns, fours;  ///< runs of a patch, and fours of numbers of each
    std::size_t down, right;           ///< between the runs
    std::size_t group_bytes;           ///< of sixteen filters
};

#if defined(ARCHETYPE_INT8_VNNI)
ARCHETYPE_INLINE words four_numbers(const collected_number* from) {
    std::int32_t four;
    __builtin_memcpy(&four, from, 4);
    return all_words(four);
}
ARCHETYPE_INLINE words weight_vector(const std::int8_t* from) { return load_words(from); }
// g++ 12 keeps a copy of all sums in memory when it is given the intrinsic, hence the assembly.
ARCHETYPE_INLINE void add_products(words& sum, words x, words weights) {
#if ARCHETYPE_INT8_WIDE
    asm(ARCHETYPE_INT8_VNNI " %2, %1, %0" : "+v"(sum) : "v"(x), "v"(weights));
#else
    asm(ARCHETYPE_INT8_VNNI " %2, %1, %0" : "+x"(sum) : "x"(x), "x"(weights));
#endif
}
inline constexpr std::size_t vector_bytes = 4 * word_lanes;
#else
#if ARCHETYPE_INT8_WIDE
ARCHETYPE_INLINE words four_numbers(const collected_number* from) {
    std::int64_t four;
    __builtin_memcpy(&four, from, 8);
    return _mm512_set1_epi64(four);
}
ARCHETYPE_INLINE words weight_vector(const std::int8_t* from) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
ARCHETYPE_INLINE void add_products(words& sum, words x, words weights) {
    sum = add_words(sum, _mm512_madd_epi16(x, weights));
}
#else
ARCHETYPE_INLINE words four_numbers(const collected_number* from) {
    long long four;
    __builtin_memcpy(&four, from, 8);
    return _mm256_set1_epi64x(four);
}
ARCHETYPE_INLINE words weight_vector(const std::int8_t* from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
ARCHETYPE_INLINE void add_products(words& sum, words x, words weights) {
    sum = add_words(sum, _mm256_madd_epi16(x, weights));
}
#endif
inline constexpr std::size_t vector_bytes = 2 * word_lanes;
#endif

/// The sums of sixteen filters, in their order.
ARCHETYPE_INLINE void ordered_sums(const words (&sums)[lane_vectors], const std::int32_t* start,
                                   words (&to)[16 / word_lanes]) {
    if constexpr (input_is_moved) {  // they began with `start`
#pragma GCC unroll 2
        for (std::size_t v = 0; v < lane_vectors; ++v) to[v % (16 / word_lanes)] = sums[v];
    } else {
        // Each filter's sum is in two neighbouring lanes.
#pragma GCC unroll 2
        for (std::size_t v = 0; v < lane_vectors; v += 2) {
#if ARCHETYPE_INT8_WIDE
            const words index = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
            const words pairs =
                _mm512_add_epi32(_mm512_permutex2var_epi32(sums[v], index, sums[v + 1]),
                                 _mm512_permutex2var_epi32(
                                     sums[v], _mm512_or_si512(index, _mm512_set1_epi32(1)), sums[v + 1]));
#else
            const words pairs =
                _mm256_permute4x64_epi64(_mm256_hadd_epi32(sums[v], sums[v + 1]), 0b11'01'10'00);
#endif
            to[v / 2] = add_words(pairs, load_words(start + v / 2 * word_lanes));
        }
    }
}

/// What becomes of the sums of a tile.
struct int8_tile_results {
    const int8_panel& panel;
    const int8_range& range;
    std::size_t filters;  ///< that are written
};

/// Results of the patches at from[p] for `Groups` times sixteen filters, written to to[p].
/// @param ahead  what is read next: a line of it is fetched for each four taps
template <std::size_t Pixels, std::size_t Groups>
[[gnu::noinline]] void int8_tile(const int8_tile_shape& shape, const collected_number* const* from,
                                 const std::int8_t* weights, const int8_tile_results& results,
                                 std::int8_t* const* to, std::uintptr_t ahead) {
    constexpr std::size_t vectors = Groups * lane_vectors;
    words own[Pixels][vectors];
    const collected_number* pixels[Pixels];
#pragma GCC unroll 8
    for (std::size_t p = 0; p < Pixels; ++p) {
        pixels[p] = from[p];
#pragma GCC unroll 8
        for (std::size_t v = 0; v < vectors; ++v)
            own[p][v] = input_is_moved ? load_words(results.panel.start + v * word_lanes) : all_words(0);
    }
    const std::size_t group_bytes = shape.group_bytes, run = 4 * shape.fours;
    for (std::size_t row = 0; row < shape.rows; ++row)
        for (std::size_t column = 0; column < shape.columns; ++column) {
            const std::size_t first = row * shape.down + column * shape.right;
            for (std::size_t at = first; at != first + run; at += 4, weights += lane_step, ahead += 64) {
                __builtin_prefetch(reinterpret_cast<const void*>(ahead), 0, 2);
                words factors[vectors];
#pragma GCC unroll 8
                for (std::size_t v = 0; v < vectors; ++v)
                    factors[v] = weight_vector(weights + v / lane_vectors * group_bytes +
                                               v % lane_vectors * vector_bytes);
#pragma GCC unroll 8
                for (std::size_t p = 0; p < Pixels; ++p) {
                    const words x = four_numbers(pixels[p] + at);
#pragma GCC unroll 8
                    for (std::size_t v = 0; v < vectors; ++v) add_products(own[p][v], x, factors[v]);
                }
            }
        }
    const int8_panel& panel = results.panel;
    const __m128i minimum = _mm_set1_epi8(static_cast<char>(results.range.minimum));
#pragma GCC unroll 8
    for (std::size_t p = 0; p < Pixels; ++p) {
        constexpr std::size_t per_group = 16 / word_lanes;
        words x[Groups * per_group];
#pragma GCC unroll 4
        for (std::size_t group = 0; group < Groups; ++group) {
            words lane[lane_vectors], ordered[per_group];
#pragma GCC unroll 4
            for (std::size_t v = 0; v < lane_vectors; ++v) lane[v] = own[p][group * lane_vectors + v];
            ordered_sums(lane, panel.start + group * lane_filters, ordered);
#pragma GCC unroll 2
            for (std::size_t v = 0; v < per_group; ++v) x[group * per_group + v] = ordered[v];
        }
        if (panel.is_slow) [[unlikely]] {
            alignas(64) std::int32_t sums[Groups * lane_filters];
#pragma GCC unroll 4
            for (std::size_t v = 0; v < Groups * per_group; ++v) store_words(sums + v * word_lanes, x[v]);
            store_slow_results<Groups>(sums, panel, results.range, to[p], results.filters);
        } else {
#pragma GCC unroll 4
            for (std::size_t v = 0; v < Groups * per_group; ++v)
                x[v] = scaled_words(x[v], panel, v * word_lanes);
            store_results<Groups>(x, minimum, to[p], results.filters);
        }
    }
}

/// Copies `count` numbers of the input as tiles read them, and at least `filler` zeros, up to a whole vector, after them.
ARCHETYPE_INLINE void collect_numbers(const std::int8_t* from, collected_number* to, std::size_t count,
                                      std::size_t filler) {
    constexpr std::size_t step = 4 * word_lanes / sizeof(collected_number);
    const auto put = [&](const std::int8_t* bytes, std::size_t i) __attribute__((always_inline)) {
#if ARCHETYPE_INT8_WIDE && defined(ARCHETYPE_INT8_VNNI)
        _mm512_storeu_si512(to + i, _mm512_xor_si512(_mm512_loadu_si512(bytes), _mm512_set1_epi8(-128)));
#elif ARCHETYPE_INT8_WIDE
        _mm512_storeu_si512(to + i, weight_vector(bytes));
#elif defined(ARCHETYPE_INT8_VNNI)
        store_words(to + i, _mm256_xor_si256(load_words(bytes), _mm256_set1_epi8(-128)));
#else
        store_words(to + i, weight_vector(bytes));
#endif
    };
    std::size_t i = 0;
    for (; i + step <= count; i += step) put(from + i, i);
    for (; i < count + filler; i += step) {
        std::int8_t rest[step] = {};
        for (std::size_t k = 0; i + k < count; ++k) rest[k] = from[i + k];
        put(rest, i);
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
