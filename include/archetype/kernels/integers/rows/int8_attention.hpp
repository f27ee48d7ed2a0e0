// SPDX-License-Identifier: BSL-1.0
/// @file int8_attention.hpp
/// Attention of a sequence with itself in 8 bits.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/integers/int8_requantize.hpp>
#include <array>
#include <bit>
#include <type_traits>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// 32767 * 2^(-i / 256), rounded. `Used`, here and below, is true; it depends on a layer, so that programs without such a layer do
/// not compute it.
template <bool Used>
inline constexpr auto parts_of_an_octave = [] {
    std::array<std::uint16_t, 256> made{};
    for (std::size_t i = 0; i < made.size(); ++i) {
        const double octaves = -static_cast<double>(i) / 256;
        const double part = 32767 * expression::elementary::exp(octaves * 0.69314718055994531);
        const auto below = static_cast<std::uint16_t>(part);
        made[i] = static_cast<std::uint16_t>(below + (part - below >= 0.5 ? 1 : 0));
    }
    return made;
}();

/// Queries of all heads, then keys, then values of heads that neighbouring queries share, along the channels of a sequence.
struct int8_attention_geometry {
    image in, out;
    std::size_t heads, key_value_heads;

    constexpr std::size_t steps() const { return in.width; }
    constexpr std::size_t size() const { return out.channels / heads; }
    constexpr std::size_t first_key(std::size_t head) const {
        return (heads + head / (heads / key_value_heads)) * size();
    }
    constexpr std::size_t first_value(std::size_t head) const {
        return first_key(head) + key_value_heads * size();
    }
    /// Keys of which sums of 32 bits hold all shares.
    static constexpr std::size_t most_keys = 256;
};

/// As they lie in the weights.
struct int8_attention_numbers {
    std::int32_t multiplier, shift;  ///< from a difference of scores to octaves of 256 parts
    std::int32_t result_multiplier,
        result_shift;         ///< scale of the input / scale of the result; shift -8 to 20
    std::int32_t zero_point;  ///< of the result
};

/// The numbers of a query less the zero point, as `int8_scores` reads them.
template <std::size_t Size>
struct int8_query {
    static constexpr std::size_t fours = Size / 4 * 4;
    alignas(4) std::int16_t numbers[Size];

    ARCHETYPE_INLINE int8_query(const std::int8_t* from, std::int32_t zero_point) {
        for (std::size_t c = 0; c < Size; ++c)
            numbers[place(c)] = static_cast<std::int16_t>(from[c] - zero_point);
    }
    /// Of SXTB16's halves: channels 0 and 2 of four, then 1 and 3.
    static constexpr std::size_t place(std::size_t c) {
#if defined(ARCHETYPE_DSP_SCALING)
        constexpr std::size_t order[] = {0, 2, 1, 3};
        return c < fours ? c / 4 * 4 + order[c % 4] : c;
#else
        return c;
#endif
    }
};

#if defined(ARCHETYPE_DSP_SCALING)
/// Four neighbours as pairs of halves: 0 and 2, 1 and 3.
struct halves_of_four {
    std::int32_t even, odd;
    ARCHETYPE_INLINE explicit halves_of_four(const std::int8_t* from) {
        std::uint32_t word;
        __builtin_memcpy(&word, from, 4);
        even = __sxtb16(word);
        odd = __sxtb16((word >> 8) | (word << 24));
    }
};
ARCHETYPE_INLINE std::int32_t pair_at(const std::int16_t* from) {
    std::int32_t pair;
    __builtin_memcpy(&pair, from, 4);
    return pair;
}
#endif

/// score[j] = sum over c of query[c] key[j][c].
template <std::size_t Size>
ARCHETYPE_INLINE void int8_scores(const int8_query<Size>& query, const std::int8_t* keys, std::size_t stride,
                                  std::size_t count, std::int32_t* scores) {
    for (std::size_t j = 0; j < count; ++j, keys += stride) {
        std::int32_t sum = 0;
#if defined(__ARM_FEATURE_MVE)
        for (std::size_t c = 0; c < Size; c += 8) {
            const mve_pred16_t lanes = vctp16q(Size - c);
            sum = vmladavaq_s16(sum, vldrhq_z_s16(query.numbers + c, lanes), vldrbq_z_s16(keys + c, lanes));
        }
#elif defined(ARCHETYPE_DSP_SCALING)
        for (std::size_t c = 0; c < query.fours; c += 4) {
            const halves_of_four key(keys + c);
            sum = __smlad(key.even, pair_at(query.numbers + c), sum);
            sum = __smlad(key.odd, pair_at(query.numbers + c + 2), sum);
        }
        for (std::size_t c = query.fours; c < Size; ++c) sum += query.numbers[c] * keys[c];
#else
        for (std::size_t c = 0; c < Size; ++c) sum += query.numbers[c] * keys[c];
#endif
        scores[j] = sum;
    }
}

/// Scores become shares: 2^(-octaves below the largest), in 2^-15, rounded to nearest; returns their sum.
template <bool Used>
ARCHETYPE_INLINE std::int32_t int8_shares(std::int32_t* scores, std::size_t count,
                                          const int8_attention_numbers& numbers) {
    std::int32_t largest = scores[0], total = 0;
    for (std::size_t j = 1; j < count; ++j) largest = scores[j] > largest ? scores[j] : largest;
    for (std::size_t j = 0; j < count; ++j) {
        const std::int32_t octaves =
            multiply_by_quantized_multiplier(largest - scores[j], numbers.multiplier, numbers.shift);
        const std::int32_t places = octaves >> 8;
        scores[j] = places > 15 ? 0
                                : (parts_of_an_octave<Used>[static_cast<std::size_t>(octaves & 255)] +
                                   ((1 << places) >> 1)) >>
                                      places;
        total += scores[j];
    }
    return total;
}

/// sums[c] = sum over j of share[j] value[j][c].
template <std::size_t Size>
ARCHETYPE_INLINE void int8_mixture(const std::int32_t* shares, const std::int8_t* values, std::size_t stride,
                                   std::size_t count, std::int32_t* sums) {
    std::size_t first = 0;
#if defined(__ARM_FEATURE_MVE)
    constexpr std::size_t block = 16;
    for (; first < Size; first += block) {
        int32x4_t sum[block / 4];
        mve_pred16_t lanes[block / 4];
        for (std::size_t i = 0; i < block / 4; ++i) {
            sum[i] = vdupq_n_s32(0);
            lanes[i] = vctp32q(first + 4 * i < Size ? Size - first - 4 * i : 0);
        }
        const std::int8_t* value = values + first;
        for (std::size_t j = 0; j < count; ++j, value += stride)
            for (std::size_t i = 0; i < block / 4; ++i)
                sum[i] = vmlaq_n_s32(sum[i], vldrbq_z_s32(value + 4 * i, lanes[i]), shares[j]);
        for (std::size_t i = 0; i < block / 4; ++i) vstrwq_p_s32(sums + first + 4 * i, sum[i], lanes[i]);
    }
#elif defined(ARCHETYPE_DSP_SCALING)
    for (; first + 4 <= Size; first += 4) {
        std::int32_t sum[4]{};
        const std::int8_t* value = values + first;
        for (std::size_t j = 0; j < count; ++j, value += stride) {
            const halves_of_four four(value);
            sum[0] = __smlabb(shares[j], four.even, sum[0]);
            sum[1] = __smlabb(shares[j], four.odd, sum[1]);
            sum[2] = __smlabt(shares[j], four.even, sum[2]);
            sum[3] = __smlabt(shares[j], four.odd, sum[3]);
        }
        for (std::size_t i = 0; i < 4; ++i) sums[first + i] = sum[i];
    }
#endif
    for (std::size_t c = first; c < Size; ++c) sums[c] = 0;
    if (first >= Size) return;
    for (std::size_t j = 0; j < count; ++j, values += stride)
        for (std::size_t c = first; c < Size; ++c) sums[c] += shares[j] * values[c];
}

/// The same for any number of keys less their zero point, in sums of 64 bits if there may be more keys than 32 bits hold.
template <std::size_t Size, std::size_t Steps, class Sum>
ARCHETYPE_INLINE void int8_centered_mixture(const std::int32_t* shares, const std::int8_t* values,
                                            std::size_t stride, std::size_t count, Sum offset, Sum* sums) {
    constexpr std::size_t most = int8_attention_geometry::most_keys;
    if constexpr (Steps <= most) {
        int8_mixture<Size>(shares, values, stride, count, sums);
        for (std::size_t c = 0; c < Size; ++c) sums[c] -= offset;
    } else {
        for (std::size_t c = 0; c < Size; ++c) sums[c] = -offset;
        for (std::size_t first = 0; first < count; first += most) {
            std::int32_t part[Size];
            int8_mixture<Size>(shares + first, values + first * stride, stride,
                               count - first < most ? count - first : most, part);
            for (std::size_t c = 0; c < Size; ++c) sums[c] += part[c];
        }
    }
}

/// One sample of at most 4,096 steps. Scores are exact, shares have 15 bits, mixtures are exact (of more than 256 keys, 22 bits
/// of the sum of their shares count) and are divided by the sum of the shares in one product with a quotient of 31 bits.
/// @tparam Layer  first_key(t), last_key(t, steps): the keys that the query of step t sees
/// @param scores  room for one number for each step
template <int8_attention_geometry G, class Layer>
void int8_attention(const std::int8_t* in, std::int8_t* out, std::int32_t zero_point,
                    const int8_attention_numbers& numbers, std::int32_t* scores) {
    constexpr std::size_t size = G.size(), stride = G.in.pixel_stride, steps = G.steps();
    constexpr bool is_long = steps > G.most_keys;
    using sum_type = std::conditional_t<is_long, std::int64_t, std::int32_t>;
    for (std::size_t head = 0; head < G.heads; ++head)
        for (std::size_t t = 0; t < steps; ++t) {
            const std::size_t first = Layer::first_key(t), count = Layer::last_key(t, steps) + 1 - first;
            const std::int8_t* const seen = in + pixel_offset<G.in>(0, 0, first);
            const std::int8_t* const from = in + pixel_offset<G.in>(0, 0, t) + head * size;
            const int8_query<size> query(from, zero_point);
            int8_scores<size>(query, seen + G.first_key(head), stride, count, scores);
            const std::int32_t total = int8_shares<G.heads != 0>(scores, count, numbers);
            sum_type sums[size];
            int8_centered_mixture<size, steps>(scores, seen + G.first_value(head), stride, count,
                                               sum_type{zero_point} * total, sums);
            // multiplier / total with as many bits as the multiplier has.
            const int bits = std::bit_width(static_cast<std::uint32_t>(total)) - 1;
            const auto quotient =
                static_cast<std::int32_t>((static_cast<std::uint64_t>(numbers.result_multiplier) << bits) /
                                          static_cast<std::uint32_t>(total));
            // So that products fit 64 bits.
            const int dropped = is_long && bits > 22 ? bits - 22 : 0;
            const int places = 31 + bits - dropped - numbers.result_shift;
            std::int8_t* const to = out + pixel_offset<G.out>(0, 0, t) + head * size;
            for (std::size_t c = 0; c < size; ++c) {
                const std::int64_t sum = (sums[c] + ((sum_type{1} << dropped) >> 1)) >> dropped,
                                   product = sum * quotient;
                const auto mean =
                    static_cast<std::int32_t>((product + (std::int64_t{1} << (places - 1))) >> places);
                to[c] = clamp(mean + numbers.zero_point, {0, -128});
            }
        }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
