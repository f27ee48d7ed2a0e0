// SPDX-License-Identifier: BSL-1.0
/// @file int8_vectors_x86.hpp
/// Vectors of 8-bit inference on x86: what sums of products become, sixteen filters at once, bit for bit as `requantize`.
#pragma once
#include <archetype/kernels/integers/int8_order.hpp>
#include <archetype/kernels/integers/int8_requantize.hpp>
#include <archetype/kernels/integers/intrinsics_x86.hpp>

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define ARCHETYPE_INT8_WIDE 1
#else
#define ARCHETYPE_INT8_WIDE 0
#endif

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// How the sums of some filters begin and what becomes of them, each number in an array of its own.
///
/// A sum x is multiplied, rounded to 32 bits, shifted to the right by e with halves away from zero, and moved by the zero point
/// z: that is (high half of (2 x multiplier + 2^31) + 2^(e - 1) + z 2^e - [x < 0]) >> e, whose constants are added to the
/// 64-bit products at once, those of even filters and those of odd ones.
struct int8_panel {
    static constexpr std::size_t most = 64;
    alignas(64) std::int32_t start[most];  ///< bias, and what makes good for an input that was moved
    alignas(64) std::int32_t multiplier[most];
    alignas(64) std::int32_t odd_multiplier[most];  ///< of filter f + 1 at f
    alignas(64) std::int64_t even_added[most / 2];
    alignas(64) std::int64_t odd_added[most / 2];
    alignas(64) std::int32_t right[most];  ///< e
    alignas(64) std::int32_t shift[most];
    /// Whether a shift is to the left, or too far to the right for the constants. Not so where the factor is zero, as that of
    /// filters that fill a tile is: any shift does.
    bool is_slow = false;

    /// Filter `f` of the panel.
    ARCHETYPE_INLINE void set(std::size_t f, const int8_channel& channel, std::int32_t moved,
                              std::int32_t zero_point) {
        const bool special = channel.shift >= 0 || channel.shift < -22;
        const std::int32_t e = special ? 1 : -channel.shift;
        start[f] = channel.bias + moved;
        multiplier[f] = channel.multiplier;
        if (f % 2 == 1) odd_multiplier[f - 1] = channel.multiplier;
        const std::int64_t added =
            (std::int64_t{1} << (e - 1)) + std::int64_t{zero_point} * (std::int64_t{1} << e);
        std::int64_t* const constants = f % 2 == 0 ? even_added : odd_added;
        constants[f / 2] = added * (std::int64_t{1} << 32) + (std::int64_t{1} << 31);
        right[f] = e;
        shift[f] = channel.shift;
        is_slow |= special && channel.multiplier != 0;
    }
    /// Sixteen filters, which packed weights begin with what makes good for a moved input.
    void set_lanes(std::size_t first, const int8_channel* channels, const std::int8_t* packed,
                   std::int32_t zero_point);
};

// The instructions of both widths by one name; what is made of them stands once, below.
#if ARCHETYPE_INT8_WIDE

using words = __m512i;
inline constexpr std::size_t word_lanes = 16;
ARCHETYPE_INLINE words load_words(const void* from) { return _mm512_loadu_si512(from); }
ARCHETYPE_INLINE void store_words(void* to, words x) { _mm512_storeu_si512(to, x); }
ARCHETYPE_INLINE words all_words(std::int32_t x) { return _mm512_set1_epi32(x); }
ARCHETYPE_INLINE words all_doubles(std::int64_t x) { return _mm512_set1_epi64(x); }
ARCHETYPE_INLINE words add_words(words a, words b) { return _mm512_add_epi32(a, b); }
ARCHETYPE_INLINE words add_doubles(words a, words b) { return _mm512_add_epi64(a, b); }
ARCHETYPE_INLINE words subtract_words(words a, words b) { return _mm512_sub_epi32(a, b); }
ARCHETYPE_INLINE words larger_words(words a, words b) { return _mm512_max_epi32(a, b); }
ARCHETYPE_INLINE words smaller_words(words a, words b) { return _mm512_min_epi32(a, b); }
ARCHETYPE_INLINE words opposite_bits(words x) { return _mm512_xor_si512(x, _mm512_set1_epi32(-1)); }
template <int Shift>
ARCHETYPE_INLINE words shifted_words(words x) {
    return _mm512_slli_epi32(x, Shift);
}
template <int Shift>
ARCHETYPE_INLINE words words_to_the_right(words x) {
    return _mm512_srai_epi32(x, Shift);
}
ARCHETYPE_INLINE words words_to_the_left(words x, words by) { return _mm512_sllv_epi32(x, by); }
ARCHETYPE_INLINE words words_to_the_right(words x, words by) { return _mm512_srav_epi32(x, by); }
/// 64-bit products of the even words.
ARCHETYPE_INLINE words even_products(words a, words b) { return _mm512_mul_epi32(a, b); }
/// The odd words at even places.
ARCHETYPE_INLINE words odd_words(words x) { return _mm512_srli_epi64(x, 32); }
/// The high halves of two vectors of 64-bit numbers, in turns.
ARCHETYPE_INLINE words high_halves(words even, words odd) {
    return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
}
/// The same of both, moved to the left by one.
ARCHETYPE_INLINE words doubled_high_halves(words even, words odd) {
    return _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
}
ARCHETYPE_INLINE words where_negative(words which, words then, words otherwise) {
    return _mm512_mask_blend_epi32(_mm512_movepi32_mask(which), otherwise, then);
}
ARCHETYPE_INLINE words widened(const std::int8_t* from) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
/// Sixteen numbers as bytes from -128 to 127.
ARCHETYPE_INLINE __m128i saturated_bytes(const words (&x)[1]) { return _mm512_cvtsepi32_epi8(x[0]); }
/// 64 numbers, of which a vector has the fours 0, 4, 8 and 12, the next one those after them, and so on.
ARCHETYPE_INLINE words saturated_fours(const words (&x)[4]) {
    return _mm512_packs_epi16(_mm512_packs_epi32(x[0], x[1]), _mm512_packs_epi32(x[2], x[3]));
}

#else

using words = __m256i;
inline constexpr std::size_t word_lanes = 8;
ARCHETYPE_INLINE words load_words(const void* from) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
ARCHETYPE_INLINE void store_words(void* to, words x) { _mm256_storeu_si256(static_cast<__m256i*>(to), x); }
ARCHETYPE_INLINE words all_words(std::int32_t x) { return _mm256_set1_epi32(x); }
ARCHETYPE_INLINE words all_doubles(std::int64_t x) { return _mm256_set1_epi64x(x); }
ARCHETYPE_INLINE words add_words(words a, words b) { return _mm256_add_epi32(a, b); }
ARCHETYPE_INLINE words add_doubles(words a, words b) { return _mm256_add_epi64(a, b); }
ARCHETYPE_INLINE words subtract_words(words a, words b) { return _mm256_sub_epi32(a, b); }
ARCHETYPE_INLINE words larger_words(words a, words b) { return _mm256_max_epi32(a, b); }
ARCHETYPE_INLINE words smaller_words(words a, words b) { return _mm256_min_epi32(a, b); }
ARCHETYPE_INLINE words opposite_bits(words x) { return _mm256_xor_si256(x, _mm256_set1_epi32(-1)); }
template <int Shift>
ARCHETYPE_INLINE words shifted_words(words x) {
    return _mm256_slli_epi32(x, Shift);
}
template <int Shift>
ARCHETYPE_INLINE words words_to_the_right(words x) {
    return _mm256_srai_epi32(x, Shift);
}
ARCHETYPE_INLINE words words_to_the_left(words x, words by) { return _mm256_sllv_epi32(x, by); }
ARCHETYPE_INLINE words words_to_the_right(words x, words by) { return _mm256_srav_epi32(x, by); }
/// 64-bit products of the even words.
ARCHETYPE_INLINE words even_products(words a, words b) { return _mm256_mul_epi32(a, b); }
/// The odd words at even places.
ARCHETYPE_INLINE words odd_words(words x) { return _mm256_srli_epi64(x, 32); }
/// The high halves of two vectors of 64-bit numbers, in turns.
ARCHETYPE_INLINE words high_halves(words even, words odd) {
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}
/// The same of both, moved to the left by one.
ARCHETYPE_INLINE words doubled_high_halves(words even, words odd) {
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}
ARCHETYPE_INLINE words where_negative(words which, words then, words otherwise) {
    return _mm256_blendv_epi8(otherwise, then, _mm256_srai_epi32(which, 31));
}
ARCHETYPE_INLINE words widened(const std::int8_t* from) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}
/// Sixteen numbers as bytes from -128 to 127.
ARCHETYPE_INLINE __m128i saturated_bytes(const words (&x)[2]) {
    const words pairs = _mm256_packs_epi32(x[0], x[1]);
    const words ordered = _mm256_permute4x64_epi64(pairs, 0b11'01'10'00);
    return _mm_packs_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
}

#endif

/// `doubling_high_product` for a from -2^30 to 2^30 - 1. Of each 64-bit product the high half is wanted.
ARCHETYPE_INLINE words doubling_high_products(words a, words b) {
    const words half = all_doubles(std::int64_t{1} << 31);
    a = add_words(a, a);
    return high_halves(add_doubles(even_products(a, b), half),
                       add_doubles(even_products(odd_words(a), odd_words(b)), half));
}
/// The same of all numbers.
ARCHETYPE_INLINE words all_doubling_high_products(words a, words b) {
    const words half = all_doubles(std::int64_t{1} << 30);
    return doubled_high_halves(add_doubles(even_products(a, b), half),
                               add_doubles(even_products(odd_words(a), odd_words(b)), half));
}
/// `rounding_shift` by one more than `right`, and half of one less than `added`.
ARCHETYPE_INLINE words rounding_shifts(words x, words right, words added) {
    x = words_to_the_right(add_words(x, words_to_the_right<31>(x)), right);
    return words_to_the_right<1>(add_words(x, added));
}
/// `multiply_by_quantized_multiplier` with shifts of any kind.
[[gnu::noinline]] inline words multiply_by_quantized_multipliers(words x, words multiplier, words shift) {
    const words zero = all_words(0), by = larger_words(shift, zero),
                right = larger_words(subtract_words(all_words(-1), shift), zero),
                limit = words_to_the_right(all_words(2147483647), by);
    x = larger_words(smaller_words(x, limit), opposite_bits(limit));
    x = all_doubling_high_products(words_to_the_left(x, by), multiplier);
    return where_negative(shift, rounding_shifts(x, right, all_words(1)), x);
}
/// Sums of filters of a panel, from `at` on, scaled and moved by the zero point; see `int8_panel`.
ARCHETYPE_INLINE words scaled_words(words x, const int8_panel& panel, std::size_t at) {
    x = add_words(x, x);
    const words even = add_doubles(even_products(x, load_words(panel.multiplier + at)),
                                   load_words(panel.even_added + at / 2)),
                odd = add_doubles(even_products(odd_words(x), load_words(panel.odd_multiplier + at)),
                                  load_words(panel.odd_added + at / 2));
    return words_to_the_right(add_words(high_halves(even, odd), words_to_the_right<31>(x)),
                              load_words(panel.right + at));
}

/// Where numbers of one range begin and end.
struct int8_limits {
    words zero_point, added;  ///< `added` is 1 + 2 zero_point
    __m128i minimum;
    ARCHETYPE_INLINE explicit int8_limits(const int8_range& range)
        : zero_point(all_words(range.zero_point)),
          added(all_words(1 + 2 * range.zero_point)),
          minimum(_mm_set1_epi8(static_cast<char>(range.minimum))) {}
};

inline void int8_panel::set_lanes(std::size_t first, const int8_channel* channels, const std::int8_t* packed,
                                  std::int32_t zero_point) {
#if ARCHETYPE_INT8_WIDE
    const auto* const from = reinterpret_cast<const std::int32_t*>(channels);
    const words a = load_words(from), b = load_words(from + 16), c = load_words(from + 32);
    // Every third word of the 48, from a first one on.
    const auto third = [&](int begin) __attribute__((always_inline)) {
        const words place = _mm512_add_epi32(
            _mm512_set_epi32(45, 42, 39, 36, 33, 30, 27, 24, 21, 18, 15, 12, 9, 6, 3, 0), all_words(begin));
        return _mm512_mask_permutexvar_epi32(_mm512_permutex2var_epi32(a, place, b),
                                             _mm512_cmpgt_epi32_mask(place, all_words(31)), place, c);
    };
    words begin = third(0);
#if defined(__AVX512VNNI__)
    begin = add_words(begin, load_words(packed));
#else
    (void)packed;
#endif
    const words factor = third(1), by = third(2), one = all_words(1);
    const __mmask16 special =
        _mm512_cmpgt_epi32_mask(by, all_words(-1)) | _mm512_cmplt_epi32_mask(by, all_words(-22));
    const words e = _mm512_mask_mov_epi32(_mm512_sub_epi32(all_words(0), by), special, one);
    // The high halves of the 64-bit constants.
    const words added = _mm512_add_epi32(_mm512_sllv_epi32(one, _mm512_sub_epi32(e, one)),
                                         _mm512_sllv_epi32(all_words(zero_point), e));
    const words half = _mm512_set1_epi64(std::int64_t{1} << 31);
    store_words(start + first, begin);
    store_words(multiplier + first, factor);
    store_words(odd_multiplier + first, _mm512_srli_epi64(factor, 32));
    _mm512_storeu_si512(even_added + first / 2, _mm512_add_epi64(_mm512_slli_epi64(added, 32), half));
    _mm512_storeu_si512(odd_added + first / 2, _mm512_mask_mov_epi32(half, 0xaaaa, added));
    store_words(right + first, e);
    store_words(shift + first, by);
    is_slow |= _mm512_mask_test_epi32_mask(special, factor, factor) != 0;
#else
    for (std::size_t f = 0; f < 16; ++f) {
        std::int32_t moved = 0;
#if defined(__AVXVNNI__)
        __builtin_memcpy(&moved, packed + 4 * f, 4);
#else
        (void)packed;
#endif
        set(first + f, channels[f], moved, zero_point);
    }
#endif
}

/// Writes the first `count` of sixteen bytes.
ARCHETYPE_INLINE void store_bytes(std::int8_t* to, __m128i bytes, std::size_t count) {
    if (count >= 16) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
        return;
    }
#if ARCHETYPE_INT8_WIDE
    _mm_mask_storeu_epi8(to, static_cast<__mmask16>((1u << count) - 1), bytes);
#else
    alignas(16) std::int8_t all[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(all), bytes);
    for (std::size_t i = 0; i < count; ++i) to[i] = all[i];
#endif
}

/// Scaled sums of `Groups` times sixteen filters as bytes, the first `filters` of which are written.
template <std::size_t Groups>
ARCHETYPE_INLINE void store_results(const words (&x)[Groups * 16 / word_lanes], __m128i minimum,
                                    std::int8_t* to, std::size_t filters) {
#if ARCHETYPE_INT8_WIDE
    if constexpr (Groups == 4) {
        const words order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
        const words bytes = _mm512_max_epi8(_mm512_permutexvar_epi32(order, saturated_fours(x)),
                                            _mm512_broadcast_i32x4(minimum));
        if (filters >= 64) [[likely]]
            _mm512_storeu_si512(to, bytes);
        else
            _mm512_mask_storeu_epi8(to, (std::uint64_t{1} << filters) - 1, bytes);
        return;
    }
#endif
#pragma GCC unroll 4
    for (std::size_t group = 0; group < Groups; ++group) {
        words lane[16 / word_lanes];
#pragma GCC unroll 2
        for (std::size_t v = 0; v < 16 / word_lanes; ++v) lane[v] = x[group * (16 / word_lanes) + v];
        store_bytes(to + 16 * group, _mm_max_epi8(saturated_bytes(lane), minimum), filters - 16 * group);
    }
}

/// The same of sums that any shifts scale, one pixel.
template <std::size_t Groups>
[[gnu::noinline]] void store_slow_results(const std::int32_t* sums, const int8_panel& panel,
                                          const int8_range& range, std::int8_t* to, std::size_t filters) {
    const int8_limits limits(range);
    words x[Groups * 16 / word_lanes];
    for (std::size_t v = 0; v < Groups * 16 / word_lanes; ++v) {
        const std::size_t at = v * word_lanes;
        x[v] = add_words(
            multiply_by_quantized_multipliers(load_words(sums + at), load_words(panel.multiplier + at),
                                              load_words(panel.shift + at)),
            limits.zero_point);
    }
    store_results<Groups>(x, limits.minimum, to, filters);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
