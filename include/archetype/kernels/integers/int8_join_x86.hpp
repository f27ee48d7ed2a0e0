// SPDX-License-Identifier: BSL-1.0
/// @file int8_join_x86.hpp
/// Sums of two 8-bit tensors on x86, sixteen numbers at once, bit for bit as `int8_addition`.
#pragma once
#include <archetype/kernels/integers/int8_vectors_x86.hpp>
#include <type_traits>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What an operand, moved by its zero point and shifted, counts in the sum. A factor of one half is exact.
struct int8_share {
    words zero_point, multiplier, right;
    bool is_half, possible;
    ARCHETYPE_INLINE int8_share(std::int32_t zero, std::int32_t factor, std::int32_t shift)
        : zero_point(all_words(zero)),
          multiplier(all_words(factor)),
          right(all_words(-shift - 1)),
          is_half(factor == 1 << 30 && shift == 0),
          possible(shift < 0 || is_half) {}
};

/// @tparam FirstHalf, SecondHalf  which operands have the factor one half
template <bool FirstHalf, bool SecondHalf, std::int32_t LeftShift>
ARCHETYPE_INLINE void add_in_vectors(const std::int8_t* a, const std::int8_t* b, std::int8_t* out,
                                     std::size_t count, const int8_share& first, const int8_share& second,
                                     const int8_share& result, const int8_limits& limits) {
    const auto share = [&]<bool IsHalf>(std::bool_constant<IsHalf>, const std::int8_t* from,
                                        const int8_share& of) __attribute__((always_inline)) {
        const words x = subtract_words(widened(from), of.zero_point);
        if constexpr (IsHalf)
            return shifted_words<LeftShift - 1>(x);
        else
            return rounding_shifts(doubling_high_products(shifted_words<LeftShift>(x), of.multiplier),
                                   of.right, all_words(1));
    };
    for (std::size_t i = 0; i + 16 <= count; i += 16) {
        words sums[16 / word_lanes];
#pragma GCC unroll 2
        for (std::size_t v = 0; v < 16 / word_lanes; ++v) {
            const std::size_t at = i + v * word_lanes;
            const words sum = add_words(share(std::bool_constant<FirstHalf>{}, a + at, first),
                                        share(std::bool_constant<SecondHalf>{}, b + at, second));
            sums[v] =
                rounding_shifts(doubling_high_products(sum, result.multiplier), result.right, limits.added);
        }
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i),
                         _mm_max_epi8(saturated_bytes(sums), limits.minimum));
    }
}

/// Sums of as many whole sixteens of numbers as there are, if the factors allow it; how many are done.
template <class Addition>
[[gnu::noinline]] std::size_t add_sixteens(const std::int8_t* a, const std::int8_t* b, std::int8_t* out,
                                           std::size_t count, const Addition& add) {
    constexpr std::int32_t left = Addition::left_shift;
    const int8_share first(add.zero_point[0], add.multiplier[0], add.shift[0]),
        second(add.zero_point[1], add.multiplier[1], add.shift[1]),
        result(0, add.multiplier[2], add.shift[2]);
    if (!first.possible || !second.possible || add.shift[2] >= 0) return 0;
    const int8_limits limits(add.range);
    if (first.is_half)
        second.is_half ? add_in_vectors<true, true, left>(a, b, out, count, first, second, result, limits)
                       : add_in_vectors<true, false, left>(a, b, out, count, first, second, result, limits);
    else
        second.is_half ? add_in_vectors<false, true, left>(a, b, out, count, first, second, result, limits)
                       : add_in_vectors<false, false, left>(a, b, out, count, first, second, result, limits);
    return count / 16 * 16;
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
