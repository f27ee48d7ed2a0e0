// SPDX-License-Identifier: BSL-1.0
/// @file attention.hpp
/// Scaled dot-product attention: softmax(Q K^T / sqrt(D)) V, one query after the other, so that memory grows with the number
/// of steps (Rabe, Staats 2021); the backward pass computes the shares of the keys again (Dao et al. 2022).
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/expression/trigonometry.hpp>
#include <archetype/kernels/rows/position_angles.hpp>
#include <archetype/kernels/rows/softmax.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// `Form` is a type that says what is known of an attention at compile time: `heads`, `key_value_heads`, `first_key(t)` and
/// `last_key(t, steps)`, the keys that the query of step t sees, `base` of its rotary positions and `cap` of its scores, 0 for none, `is_masked`, whether
/// a number for each key says if it may be seen, and `is_cross`, whether keys and values are steps of another sequence.
template <class Form>
struct attention_heads {
    static constexpr std::size_t per_group = Form::heads / Form::key_value_heads;
};

/// Where queries, keys, values and mask of one sample lie in an image: as channels of the same steps, or (`is_cross`) all queries,
/// then all keys and values, then the mask, in a vector. `Out` is the image of the results.
template <class Form, image In, image Out>
struct attention_layout {
    static constexpr std::size_t size = Out.channels / Form::heads, steps = Out.width,
                                 queries = Form::heads * size, shared = Form::key_value_heads * size,
                                 each = 2 * shared + (Form::is_masked ? 1 : 0);
    static constexpr std::size_t keys =
        Form::is_cross ? (In.channels - steps * queries) / each : In.width;  ///< steps of them
    static constexpr std::size_t query_stride = Form::is_cross ? queries : In.pixel_stride,
                                 key_stride = Form::is_cross ? 2 * shared : In.pixel_stride,
                                 mask_stride = Form::is_cross ? 1 : In.pixel_stride;
    static constexpr std::size_t first_key = Form::is_cross ? steps * queries : queries,
                                 first_value = first_key + shared,
                                 first_mask =
                                     Form::is_cross ? first_key + keys * key_stride : first_value + shared;

    /// Where `channel`, counted from the first query of a step, of step `t` is.
    static constexpr place at(std::size_t n, std::size_t t, std::size_t channel) {
        if (!Form::is_cross) return {n, 0, t, channel};
        return {n, 0, 0,
                channel < queries ? t * queries + channel : first_key + t * 2 * shared + (channel - queries)};
    }
    static constexpr std::size_t offset(const place& of) {
        return pixel_offset<In>(of.sample, of.y, of.x) + of.channel;
    }
    static constexpr place mask_at(std::size_t n, std::size_t t) {
        return Form::is_cross ? place{n, 0, 0, first_mask + t} : place{n, 0, t, first_mask};
    }
};

/// 1 / sqrt(Size).
template <std::size_t Size, class T>
inline constexpr T attention_factor = T(1) / expression::elementary::sqrt(T(Size));

/// Rows that lie one after the other, by number.
template <class T>
struct attention_rows {
    const T* first;
    std::size_t stride;
    ARCHETYPE_INLINE const T* operator()(std::size_t j) const { return first + j * stride; }
};

/// Sums of products of the `Size` elements of `a` with those of `count` rows: out[j] = factor * a . row(j). Returns the largest;
/// NaN if any is.
template <std::size_t Size, class T, class Rows>
T attention_products(const T* a, const Rows& row, std::size_t count, T factor, T* out) {
    constexpr std::size_t at_once = 4;
    T most = expression::minus_infinity<T>;
    const auto some = [&]<std::size_t Count>(
                          std::size_t j, std::integral_constant<std::size_t, Count>) ARCHETYPE_INLINE_LAMBDA {
        lanes<T> sums[Count];
        const T* rows[Count];
        for (std::size_t k = 0; k < Count; ++k) sums[k] = broadcast(T(0)), rows[k] = row(j + k);
        for_channel_parts<T, Size>([&](std::size_t c, std::size_t used) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> left = load_partial(a + c, used);
            for (std::size_t k = 0; k < Count; ++k)
                sums[k] = multiply_add<T>(left, load_partial(rows[k] + c, used), sums[k]);
        });
        for (std::size_t k = 0; k < Count; ++k) {
            out[j + k] = factor * sum<T>(sums[k]);
            most = larger(most, out[j + k]);
        }
    };
    std::size_t j = 0;
    for (; j + at_once <= count; j += at_once) some(j, std::integral_constant<std::size_t, at_once>{});
    for (; j < count; ++j) some(j, std::integral_constant<std::size_t, 1>{});
    return most;
}

/// share[j] = exp(share[j] - most); returns their sum.
template <class T>
T attention_shares(T* share, std::size_t count, T most) {
    constexpr std::size_t width = lane_count<T>;
    lanes<T> total = broadcast(T(0));
    for (std::size_t j = 0; j < count; j += width) {
        const std::size_t used = count - j < width ? count - j : width;
        const lanes<T> value = load_filled(share + j, used, expression::minus_infinity<T>);
        const lanes<T> power = expression::elementary::exp(value - broadcast(most));
        total = total + power;
        store_partial<T>(share + j, power, used);
    }
    return sum<T>(total);
}

/// Calls `take(c, used, sum over j of share[j] * row(j)[c...])` for vectors of the `Size` channels. Few vectors are summed in
/// several chains, row j in chain j modulo their number.
template <std::size_t Size, class T, class Rows, class Take>
ARCHETYPE_INLINE void attention_mixture(const T* share, const Rows& row, std::size_t count,
                                        const Take& take) {
    constexpr std::size_t width = lane_count<T>, parts = (Size + width - 1) / width,
                          at_once = parts < 8 ? parts : 8,
                          chains = parts == 1  ? 4
                                   : parts < 4 ? 2
                                               : 1;
    for (std::size_t from = 0; from < parts; from += at_once) {
        const std::size_t some = parts - from < at_once ? parts - from : at_once;
        lanes<T> sums[chains][at_once];
        for (std::size_t c = 0; c < chains; ++c)
            for (std::size_t k = 0; k < at_once; ++k) sums[c][k] = broadcast(T(0));
        const auto add = [&](std::size_t vectors) ARCHETYPE_INLINE_LAMBDA {
            const auto one = [&](std::size_t j, lanes<T>(&chain)[at_once]) ARCHETYPE_INLINE_LAMBDA {
                const lanes<T> own = broadcast(share[j]);
                const T* const values = row(j) + from * width;
                for (std::size_t k = 0; k < vectors; ++k)
                    chain[k] = multiply_add<T>(own, load(values + k * width), chain[k]);
            };
            std::size_t j = 0;
            for (; j + chains <= count; j += chains)
                for (std::size_t c = 0; c < chains; ++c) one(j + c, sums[c]);
            for (std::size_t c = 0; j < count; ++j, ++c) one(j, sums[c]);
        };
        if (some == at_once)
            add(at_once);
        else
            add(some);
        for (std::size_t k = 0; k < some; ++k) {
            for (std::size_t apart = 1; apart < chains; apart *= 2)
                for (std::size_t c = 0; c + apart < chains; c += 2 * apart)
                    sums[c][k] = sums[c][k] + sums[c + apart][k];
            const std::size_t c = (from + k) * width;
            take(c, Size - c < width ? Size - c : width, sums[0][k]);
        }
    }
}

/// The same products where keys lie channel by channel, `stride` apart: a vector of keys at a time, each summed over its channels
/// in their order, wherever it lies.
template <std::size_t Size, class T>
ARCHETYPE_INLINE void column_products(const T* a, const T* columns, std::size_t stride, std::size_t count,
                                      T factor, T* out) {
    constexpr std::size_t width = lane_count<T>, at_once = width == 1 ? 1 : 4;
    const auto some = [&]<std::size_t Vectors>(
                          std::size_t j,
                          std::integral_constant<std::size_t, Vectors>) ARCHETYPE_INLINE_LAMBDA {
        lanes<T> sums[Vectors];
        for (std::size_t k = 0; k < Vectors; ++k) sums[k] = broadcast(T(0));
        for (std::size_t c = 0; c < Size; ++c) {
            const lanes<T> own = broadcast(a[c]);
            for (std::size_t k = 0; k < Vectors; ++k)
                sums[k] = multiply_add<T>(own, load(columns + c * stride + j + k * width), sums[k]);
        }
        for (std::size_t k = 0; k < Vectors; ++k) {
            const std::size_t left = count - j - k * width;
            store_partial<T>(out + j + k * width, sums[k] * broadcast(factor), left < width ? left : width);
        }
    };
    std::size_t j = 0;
    for (; j + at_once * width <= count; j += at_once * width)
        some(j, std::integral_constant<std::size_t, at_once>{});
    for (; j < count; j += width) some(j, std::integral_constant<std::size_t, 1>{});
}

/// The largest of `count` numbers; NaN if any is.
template <class T>
ARCHETYPE_INLINE T largest_of(const T* from, std::size_t count) {
    constexpr std::size_t width = lane_count<T>;
    constexpr T lowest = expression::minus_infinity<T>;
    lanes<T> most = broadcast(lowest);
    for (std::size_t j = 0; j < count; j += width)
        most = maximum<T>(most, load_filled(from + j, count - j < width ? count - j : width, lowest));
    return largest<T>(most);
}

/// Scores become Cap tanh(score / Cap).
template <double Cap, class T>
ARCHETYPE_INLINE void bound_scores(T* scores, std::size_t count) {
    constexpr std::size_t width = lane_count<T>;
    for (std::size_t j = 0; j < count; j += width) {
        const std::size_t used = count - j < width ? count - j : width;
        const lanes<T> part = load_filled(scores + j, used, T(0)) / broadcast(T(Cap));
        store_partial<T>(scores + j, lanes<T>(broadcast(T(Cap)) * expression::elementary::tanh(part)), used);
    }
}

/// Keys whose mask is 0 have no share.
template <class T>
ARCHETYPE_INLINE void hide_padding(T* scores, const T* mask, std::size_t stride, std::size_t count) {
    for (std::size_t j = 0; j < count; ++j)
        if (mask[j * stride] == T(0)) scores[j] = expression::minus_infinity<T>;
}

/// Scores become shares, but for a factor that is returned. Where all keys are hidden shares are 0.
template <bool Masked, class T>
ARCHETYPE_INLINE T attention_inverse(T* share, std::size_t count, T most) {
    if constexpr (Masked)
        if (most == expression::minus_infinity<T>) {
            for (std::size_t j = 0; j < count; ++j) share[j] = T(0);
            return T(0);
        }
    return T(1) / attention_shares(share, count, most);
}

/// No share is dropped.
struct keeps_shares {
    template <class T>
    ARCHETYPE_INLINE void operator()(T*, std::size_t) const {}
};

/// The rest of one head of one query, once its `count` products stand in `scores`: calls `take(c, used, result)` for vectors of
/// its channels. `drop(shares, count)` may change the shares.
template <std::size_t Size, bool Masked, class T, class Values, class Take, class Drop = keeps_shares>
ARCHETYPE_INLINE void attend(T* scores, const Values& values, std::size_t count, const Take& take,
                             const Drop& drop = {}) {
    const lanes<T> inverse = broadcast(attention_inverse<Masked>(scores, count, largest_of(scores, count)));
    drop(scores, count);
    attention_mixture<Size>(scores, values, count,
                            [&](std::size_t c, std::size_t used, const lanes<T>& mixed)
                                ARCHETYPE_INLINE_LAMBDA { take(c, used, lanes<T>(mixed * inverse)); });
}

/// The cosines and sines of the angles of step `t`: cos, sin of pair i at turns[2 i], turns[2 i + 1].
template <std::size_t Size, double Base, class T>
void rotary_turns(std::size_t t, T* turns) {
    for (std::size_t i = 0; i < Size / 2; ++i) {
        const T angle = T(t) * position_angles<Size, Base, T>[i];
        turns[2 * i] = expression::elementary::cos(angle);
        turns[2 * i + 1] = expression::elementary::sin(angle);
    }
}
/// Turns the pairs of a head, or (`Back`) turns them back. May work in place.
template <std::size_t Size, bool Back, class T>
ARCHETYPE_INLINE void turn_pairs(const T* from, const T* turns, T* to) {
    for (std::size_t i = 0; i < Size; i += 2) {
        const T a = from[i], b = from[i + 1], cosine = turns[i], sine = Back ? -turns[i + 1] : turns[i + 1];
        to[i] = a * cosine - b * sine;
        to[i + 1] = a * sine + b * cosine;
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
