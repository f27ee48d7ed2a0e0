// SPDX-License-Identifier: BSL-1.0
/// @file attention_passes.hpp
/// Attention of whole sequences, forward and backward.
#pragma once
#include <archetype/kernels/images/dropout_mask.hpp>
#include <archetype/kernels/rows/attention.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Memory that one sample needs, in elements.
template <class Form, image In, image Out>
struct attention_memory {
    using layout = attention_layout<Form, In, Out>;
    static constexpr std::size_t size = layout::size, steps = layout::keys, slack = 64;
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
                                 grad_query = grad_values + steps * row, slopes = grad_query + row + slack,
                                 backward = slopes + (Form::cap != 0 ? steps + slack : 0);
};

/// The keys of a sample as the queries meet them: turned, or where they lie.
template <class Memory, class Form, class T>
struct attention_keys {
    using layout = typename Memory::layout;
    const T* first;
    std::size_t stride;

    ARCHETYPE_INLINE attention_keys(const T* in, T* scratch)
        : first(in + layout::first_key), stride(layout::key_stride) {
        if constexpr (Memory::turns) {
            T* const turned = scratch + Memory::keys;
            for (std::size_t t = 0; t < layout::keys; ++t) {
                rotary_turns<Memory::size, Form::base>(t, scratch + Memory::angles);
                for (std::size_t c = 0; c < layout::shared; c += Memory::size)
                    turn_pairs<Memory::size, false>(first + t * stride + c, scratch + Memory::angles,
                                                    turned + t * layout::shared + c);
            }
            first = turned;
            stride = layout::shared;
        }
    }
};

/// The query of a head at step `t` as the keys meet it. `scratch` has the angles of the step.
template <class Memory, class T>
ARCHETYPE_INLINE const T* attention_query(const T* from, T* scratch) {
    if constexpr (Memory::turns) {
        turn_pairs<Memory::size, false>(from, scratch + Memory::angles, scratch + Memory::query);
        return scratch + Memory::query;
    } else {
        return from;
    }
}

/// Dropped shares of an attention of `Keys` keys: `factors(n, h, t, first)` drops those of one query, key `first` being the first.
template <std::size_t Steps, std::size_t Keys>
struct dropped_shares {
    dropout_mask mask;
    /// The factor of a key's share: 0, or what makes up for those that are dropped.
    struct of_query {
        std::uint64_t key;
        std::uint32_t first, threshold;
        double scale;
        template <class T>
        ARCHETYPE_INLINE T factor(std::size_t j) const {
            return dropout_mask::bits(key, first + static_cast<std::uint32_t>(j)) < threshold ? T(0)
                                                                                              : T(scale);
        }
        template <class T>
        ARCHETYPE_INLINE void operator()(T* share, std::size_t count) const {
            for (std::size_t j = 0; j < count; ++j) share[j] *= factor<T>(j);
        }
    };
    ARCHETYPE_INLINE of_query operator()(std::size_t n, std::size_t h, std::size_t t,
                                         std::size_t first) const {
        return {mask.key(n), static_cast<std::uint32_t>((h * Steps + t) * Keys + first), mask.threshold(),
                mask.scale()};
    }
};
/// None are.
struct no_dropped_shares {
    struct of_query : keeps_shares {
        template <class T>
        ARCHETYPE_INLINE T factor(std::size_t) const {
            return T(1);
        }
    };
    ARCHETYPE_INLINE of_query operator()(std::size_t, std::size_t, std::size_t, std::size_t) const {
        return {};
    }
};

/// @param scratch  `attention_memory::forward` elements
template <class Form, image In, image Out, class T, class Epilogue, class Dropped = no_dropped_shares>
void attention_forward(const T* in, T* out, T* scratch, const Epilogue& epilogue, range samples,
                       const Dropped& dropped = {}) {
    using memory = attention_memory<Form, In, Out>;
    using layout = typename memory::layout;
    constexpr std::size_t size = memory::size, keys = layout::keys;
    T *const scores = scratch, *const columns = scratch + memory::keys,
             *const angles = scratch + memory::angles;
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const T* const sample = in + pixel_offset<In>(n, 0, 0);
        for (std::size_t t = 0; t < keys; ++t) {
            if constexpr (memory::turns) rotary_turns<size, Form::base>(t, angles);
            for (std::size_t c = 0; c < layout::shared; c += size) {
                const T* const key =
                    attention_query<memory>(sample + layout::first_key + t * layout::key_stride + c, scratch);
                for (std::size_t i = 0; i < size; ++i) columns[(c + i) * keys + t] = key[i];
            }
        }
        for (std::size_t t = 0; t < layout::steps; ++t) {
            const std::size_t first = Form::first_key(t), count = Form::last_key(t, keys) + 1 - first;
            if constexpr (memory::turns) rotary_turns<size, Form::base>(t, angles);
            T* const to = out + pixel_offset<Out>(n, 0, t);
            for (std::size_t h = 0; h < Form::heads; ++h) {
                const std::size_t group = h / attention_heads<Form>::per_group * size;
                const T* const query =
                    attention_query<memory>(sample + t * layout::query_stride + h * size, scratch);
                column_products<size>(query, columns + group * keys + first, keys, count,
                                      attention_factor<size, T>, scores);
                if constexpr (Form::cap != 0) bound_scores<Form::cap>(scores, count);
                if constexpr (Form::is_masked)
                    hide_padding(scores, sample + layout::first_mask + first * layout::mask_stride,
                                 layout::mask_stride, count);
                attend<size, Form::is_masked>(
                    scores,
                    attention_rows<T>{sample + layout::first_value + first * layout::key_stride + group,
                                      layout::key_stride},
                    count,
                    [&](std::size_t c, std::size_t used, const lanes<T>& mixed) ARCHETYPE_INLINE_LAMBDA {
                        const std::size_t channel = h * size + c;
                        store_partial<T>(to + channel, lanes<T>(epilogue(mixed, place{n, 0, t, channel})),
                                         used);
                    },
                    dropped(n, h, t, first));
            }
        }
    }
}

/// Bounds scores and gives the slopes of that, 1 - tanh(score / Cap)^2. Returns the largest score.
template <double Cap, class T>
ARCHETYPE_INLINE T slopes_of_bounded(T* scores, std::size_t count, T* slopes) {
    bound_scores<Cap>(scores, count);
    for (std::size_t j = 0; j < count; ++j) {
        const T part = scores[j] / T(Cap);
        slopes[j] = T(1) - part * part;
    }
    return largest_of(scores, count);
}

/// The gradient of queries, keys and values, times what `epilogue` multiplies with.
/// @param scratch  `attention_memory::backward` elements
template <class Form, image In, image Out, image GradOut, image GradIn, class T, class Epilogue,
          class Dropped = no_dropped_shares>
void attention_backward(const T* in, const T* grad_out, T* grad_in, T* scratch, const Epilogue& epilogue,
                        range samples, const Dropped& dropped = {}) {
    using memory = attention_memory<Form, In, Out>;
    using layout = typename memory::layout;
    using to_layout = attention_layout<Form, GradIn, Out>;
    constexpr std::size_t size = memory::size, row = memory::row, keys_count = layout::keys;
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
        const attention_keys<memory, Form, T> keys(sample, scratch);
        const auto give = [&](const T* from, std::size_t t, std::size_t channel) ARCHETYPE_INLINE_LAMBDA {
            for_channel_parts<T, size>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
                const place where = to_layout::at(n, t, channel + c);
                store_partial<T>(grad_in + to_layout::offset(where),
                                 lanes<T>(epilogue(load(from + c), where)), count);
            });
        };
        for (std::size_t g = 0; g < Form::key_value_heads; ++g) {
            const T* const own_keys = keys.first + g * size;
            const T* const own_values = sample + layout::first_value + g * size;
            for (std::size_t i = 0; i < keys_count * row; ++i) grad_keys[i] = grad_values[i] = T(0);
            for (std::size_t t = 0; t < layout::steps; ++t) {
                const std::size_t first = Form::first_key(t),
                                  count = Form::last_key(t, keys_count) + 1 - first;
                const attention_rows<T> seen_keys{own_keys + first * keys.stride, keys.stride},
                    seen_values{own_values + first * layout::key_stride, layout::key_stride};
                if constexpr (memory::turns) rotary_turns<size, Form::base>(t, angles);
                for (std::size_t h = g * attention_heads<Form>::per_group;
                     h < (g + 1) * attention_heads<Form>::per_group; ++h) {
                    const T* const query =
                        attention_query<memory>(sample + t * layout::query_stride + h * size, scratch);
                    const T* const gradient = grad_out + pixel_offset<GradOut>(n, 0, t) + h * size;
                    T most = attention_products<size>(query, seen_keys, count, factor, share);
                    if constexpr (Form::cap != 0)
                        most = slopes_of_bounded<Form::cap>(share, count, scratch + memory::slopes);
                    if constexpr (Form::is_masked) {
                        hide_padding(share, sample + layout::first_mask + first * layout::mask_stride,
                                     layout::mask_stride, count);
                        most = largest_of(share, count);
                    }
                    const T inverse = attention_inverse<Form::is_masked>(share, count, most);
                    const auto kept = dropped(n, h, t, first);
                    attention_products<size>(gradient, seen_values, count, T(1), grad_share);
                    kept(grad_share, count);
                    T mean{};
                    for (std::size_t j = 0; j < count; ++j) {
                        share[j] *= inverse;
                        mean += share[j] * grad_share[j];
                    }
                    for (std::size_t j = 0; j < count; ++j) {
                        grad_share[j] = share[j] * (grad_share[j] - mean) * factor;
                        if constexpr (Form::cap != 0) grad_share[j] *= scratch[memory::slopes + j];
                        add(grad_share[j], query, grad_keys + (first + j) * row);
                        add(share[j] * kept.template factor<T>(j), gradient, grad_values + (first + j) * row);
                    }
                    attention_mixture<size>(
                        grad_share, seen_keys, count,
                        [&](std::size_t c, std::size_t used, const lanes<T>& mixed)
                            ARCHETYPE_INLINE_LAMBDA { store_partial<T>(grad_query + c, mixed, used); });
                    if constexpr (memory::turns) turn_pairs<size, true>(grad_query, angles, grad_query);
                    give(grad_query, t, h * size);
                }
            }
            for (std::size_t t = 0; t < keys_count; ++t) {
                if constexpr (memory::turns) {
                    rotary_turns<size, Form::base>(t, angles);
                    turn_pairs<size, true>(grad_keys + t * row, angles, grad_keys + t * row);
                }
                give(grad_keys + t * row, t, layout::queries + g * size);
                give(grad_values + t * row, t, layout::queries + layout::shared + g * size);
            }
        }
        for (std::size_t t = 0; Form::is_masked && t < keys_count; ++t) {  // a mask has no gradient
            const place where = to_layout::mask_at(n, t);
            store_partial<T>(grad_in + to_layout::offset(where), lanes<T>(epilogue(broadcast(T(0)), where)),
                             1);
        }
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
