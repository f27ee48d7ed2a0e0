// SPDX-License-Identifier: BSL-1.0
/// @file attention.hpp
/// Scaled dot-product attention: softmax(Q K^T / sqrt(D)) V, one query after the other, so that memory grows with the number
/// of steps (Rabe, Staats 2021); the backward pass computes the shares of the keys again (Dao et al. 2022).
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/expression/trigonometry.hpp>
#include <archetype/kernels/rows/softmax.hpp>

#include <array>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// `Form` is a type that says what is known of an attention at compile time: `heads`, `key_value_heads`, `first_key(t)` and
/// `last_key(t, steps)`, the keys that the query of step t sees, and `base` of its rotary positions, 0 for none.
template <class Form>
struct attention_heads {
    static constexpr std::size_t per_group = Form::heads / Form::key_value_heads;
    static constexpr std::size_t size(std::size_t channels) {
        return channels / (Form::heads + 2 * Form::key_value_heads);
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

/// The rest of one head of one query, once its `count` products stand in `scores`: calls `take(c, used, result)` for vectors of
/// its channels.
template <std::size_t Size, class T, class Values, class Take>
ARCHETYPE_INLINE void attend(T* scores, const Values& values, std::size_t count, const Take& take) {
    const T most = largest_of(scores, count);
    const lanes<T> inverse = broadcast(T(1) / attention_shares(scores, count, most));
    attention_mixture<Size>(scores, values, count,
                            [&](std::size_t c, std::size_t used, const lanes<T>& mixed)
                                ARCHETYPE_INLINE_LAMBDA { take(c, used, lanes<T>(mixed * inverse)); });
}

/// Base^(-2 i / Size): the angle of pair i between neighbouring steps.
template <std::size_t Size, double Base, class T>
inline constexpr auto rotary_angles = [] {
    std::array<T, Size / 2> made{};
    for (std::size_t i = 0; i < Size / 2; ++i)
        made[i] =
            T(expression::elementary::pow(Base, -2.0 * static_cast<double>(i) / static_cast<double>(Size)));
    return made;
}();
/// The cosines and sines of the angles of step `t`: cos, sin of pair i at turns[2 i], turns[2 i + 1].
template <std::size_t Size, double Base, class T>
void rotary_turns(std::size_t t, T* turns) {
    for (std::size_t i = 0; i < Size / 2; ++i) {
        const T angle = T(t) * rotary_angles<Size, Base, T>[i];
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

/// Memory that one sample needs, in elements.
template <class Form, image In>
struct attention_memory {
    static constexpr std::size_t size = attention_heads<Form>::size(In.channels), steps = In.width,
                                 slack = 64;
    static constexpr bool turns = Form::base != 0;
    static constexpr std::size_t keys =
        steps;  ///< after the scores: keys, channel by channel, or (backward) turned
    static constexpr std::size_t query = keys + steps * Form::key_value_heads * size;
    static constexpr std::size_t angles = query + (turns ? size : 0);
    static constexpr std::size_t forward = angles + (turns ? size : 0);
    // The backward pass: gradients of shares, of keys and of values of one head, and of a query.
    static constexpr std::size_t row = (size + lane_count<float> - 1) / lane_count<float> * lane_count<float>;
    static constexpr std::size_t grad_shares = forward + slack, grad_keys = grad_shares + steps + slack,
                                 grad_values = grad_keys + steps * row,
                                 grad_query = grad_values + steps * row, backward = grad_query + row + slack;
};

/// The keys of a sample as the queries meet them: turned, or where they lie.
template <class Form, image In, class T>
struct attention_keys {
    using memory = attention_memory<Form, In>;
    const T* first;
    std::size_t stride;

    ARCHETYPE_INLINE attention_keys(const T* in, T* scratch)
        : first(in + Form::heads * memory::size), stride(In.pixel_stride) {
        if constexpr (memory::turns) {
            T* const turned = scratch + memory::keys;
            constexpr std::size_t all = Form::key_value_heads * memory::size;
            for (std::size_t t = 0; t < In.width; ++t) {
                rotary_turns<memory::size, Form::base>(t, scratch + memory::angles);
                for (std::size_t c = 0; c < all; c += memory::size)
                    turn_pairs<memory::size, false>(first + t * stride + c, scratch + memory::angles,
                                                    turned + t * all + c);
            }
            first = turned;
            stride = all;
        }
    }
};

/// The query of a head at step `t` as the keys meet it. `scratch` has the angles of the step.
template <class Form, image In, class T>
ARCHETYPE_INLINE const T* attention_query(const T* from, T* scratch) {
    using memory = attention_memory<Form, In>;
    if constexpr (memory::turns) {
        turn_pairs<memory::size, false>(from, scratch + memory::angles, scratch + memory::query);
        return scratch + memory::query;
    } else {
        return from;
    }
}

/// @param scratch  `attention_memory::forward` elements
template <class Form, image In, image Out, class T, class Epilogue>
void attention_forward(const T* in, T* out, T* scratch, const Epilogue& epilogue, range samples) {
    using memory = attention_memory<Form, In>;
    constexpr std::size_t size = memory::size, steps = In.width, shared = Form::key_value_heads * size,
                          first_key = Form::heads * size, first_value = first_key + shared;
    T *const scores = scratch, *const columns = scratch + memory::keys,
             *const angles = scratch + memory::angles;
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const T* const sample = in + pixel_offset<In>(n, 0, 0);
        for (std::size_t t = 0; t < steps; ++t) {
            if constexpr (memory::turns) rotary_turns<size, Form::base>(t, angles);
            for (std::size_t c = 0; c < shared; c += size) {
                const T* const key =
                    attention_query<Form, In>(sample + t * In.pixel_stride + first_key + c, scratch);
                for (std::size_t i = 0; i < size; ++i) columns[(c + i) * steps + t] = key[i];
            }
        }
        for (std::size_t t = 0; t < steps; ++t) {
            const std::size_t first = Form::first_key(t), count = Form::last_key(t, steps) + 1 - first;
            if constexpr (memory::turns) rotary_turns<size, Form::base>(t, angles);
            T* const to = out + pixel_offset<Out>(n, 0, t);
            for (std::size_t h = 0; h < Form::heads; ++h) {
                const std::size_t group = h / attention_heads<Form>::per_group * size;
                const T* const query =
                    attention_query<Form, In>(sample + t * In.pixel_stride + h * size, scratch);
                column_products<size>(query, columns + group * steps + first, steps, count,
                                      attention_factor<size, T>, scores);
                attend<size>(
                    scores,
                    attention_rows<T>{sample + first * In.pixel_stride + first_value + group,
                                      In.pixel_stride},
                    count,
                    [&](std::size_t c, std::size_t used, const lanes<T>& mixed) ARCHETYPE_INLINE_LAMBDA {
                        const std::size_t channel = h * size + c;
                        store_partial<T>(to + channel, lanes<T>(epilogue(mixed, place{n, 0, t, channel})),
                                         used);
                    });
            }
        }
    }
}

/// The gradient of queries, keys and values, times what `epilogue` multiplies with.
/// @param scratch  `attention_memory::backward` elements
template <class Form, image In, image GradOut, image GradIn, class T, class Epilogue>
void attention_backward(const T* in, const T* grad_out, T* grad_in, T* scratch, const Epilogue& epilogue,
                        range samples) {
    using memory = attention_memory<Form, In>;
    constexpr std::size_t size = memory::size, row = memory::row, first_key = Form::heads * size,
                          first_value = first_key + Form::key_value_heads * size;
    constexpr T factor = attention_factor<size, T>;
    T *const share = scratch, *const grad_share = scratch + memory::grad_shares,
             *const grad_keys = scratch + memory::grad_keys,
             *const grad_values = scratch + memory::grad_values,
             *const grad_query = scratch + memory::grad_query, *const angles = scratch + memory::angles;
    const auto add = [](T amount, const T* from, T* to) ARCHETYPE_INLINE_LAMBDA {
        for_channel_parts<T, size>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            store_partial<T>(to + c, multiply_add<T>(broadcast(amount), load(from + c), load(to + c)), count);
        });
    };
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const T* const sample = in + pixel_offset<In>(n, 0, 0);
        const attention_keys<Form, In, T> keys(sample, scratch);
        const auto give = [&](const T* from, std::size_t t, std::size_t channel) ARCHETYPE_INLINE_LAMBDA {
            T* const to = grad_in + pixel_offset<GradIn>(n, 0, t) + channel;
            for_channel_parts<T, size>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
                store_partial<T>(to + c, lanes<T>(epilogue(load(from + c), place{n, 0, t, channel + c})),
                                 count);
            });
        };
        for (std::size_t g = 0; g < Form::key_value_heads; ++g) {
            const T* const own_keys = keys.first + g * size;
            const T* const own_values = sample + first_value + g * size;
            for (std::size_t i = 0; i < In.width * row; ++i) grad_keys[i] = grad_values[i] = T(0);
            for (std::size_t t = 0; t < In.width; ++t) {
                const std::size_t first = Form::first_key(t), count = Form::last_key(t, In.width) + 1 - first;
                const attention_rows<T> seen_keys{own_keys + first * keys.stride, keys.stride},
                    seen_values{own_values + first * In.pixel_stride, In.pixel_stride};
                if constexpr (memory::turns) rotary_turns<size, Form::base>(t, angles);
                for (std::size_t h = g * attention_heads<Form>::per_group;
                     h < (g + 1) * attention_heads<Form>::per_group; ++h) {
                    const T* const query =
                        attention_query<Form, In>(sample + t * In.pixel_stride + h * size, scratch);
                    const T* const gradient = grad_out + pixel_offset<GradOut>(n, 0, t) + h * size;
                    const T most = attention_products<size>(query, seen_keys, count, factor, share);
                    const T inverse = T(1) / attention_shares(share, count, most);
                    attention_products<size>(gradient, seen_values, count, T(1), grad_share);
                    T mean{};
                    for (std::size_t j = 0; j < count; ++j) {
                        share[j] *= inverse;
                        mean += share[j] * grad_share[j];
                    }
                    for (std::size_t j = 0; j < count; ++j) {
                        grad_share[j] = share[j] * (grad_share[j] - mean) * factor;
                        add(grad_share[j], query, grad_keys + (first + j) * row);
                        add(share[j], gradient, grad_values + (first + j) * row);
                    }
                    attention_mixture<size>(
                        grad_share, seen_keys, count,
                        [&](std::size_t c, std::size_t used, const lanes<T>& mixed)
                            ARCHETYPE_INLINE_LAMBDA { store_partial<T>(grad_query + c, mixed, used); });
                    if constexpr (memory::turns) turn_pairs<size, true>(grad_query, angles, grad_query);
                    give(grad_query, t, h * size);
                }
            }
            for (std::size_t t = 0; t < In.width; ++t) {
                if constexpr (memory::turns) {
                    rotary_turns<size, Form::base>(t, angles);
                    turn_pairs<size, true>(grad_keys + t * row, angles, grad_keys + t * row);
                }
                give(grad_keys + t * row, t, first_key + g * size);
                give(grad_values + t * row, t, first_value + g * size);
            }
        }
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
