// SPDX-License-Identifier: BSL-1.0
/// @file attention.hpp
/// Causal attention step by step: keys and values of the newest steps are the state, a ring.
#pragma once
#include <archetype/execution/lowering/stream_form.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <std::size_t Heads, class... Options>
struct stream_form<scaled_dot_product_attention<Heads, Options...>> : state_stream_form {
    using layer = scaled_dot_product_attention<Heads, Options...>;
    static constexpr std::size_t shared = layer::key_value_heads;
    template <class Step>
    static constexpr std::size_t size = Step::at.output.channels() / Heads;
    template <class Step>
    static constexpr std::size_t each = 2 * shared* size<Step> + (layer::is_masked ? 1 : 0);
    template <class Step>
    static constexpr std::size_t slots = Step::at.state_elements / each<Step>;
    /// Behind the state: scores, a query, its angles.
    template <class Step>
    static constexpr stream_state_size state_size{
        Step::at.state_elements,
        Step::at.state_elements + slots<Step> + (layer::base != 0 ? 2 * size<Step> : 0)};
    template <class Step, class T, class Visit>
    static void for_state(T* state, const Visit& visit) {
        visit(state, state_size<Step>.kept);
    }

    /// Keys and values that no near cache holds are fetched before they are needed: they lie in many short pieces.
    template <class Step, class T>
    static constexpr bool is_far = kernels::lane_count<T> != 1 &&
                                   Step::at.state_elements * sizeof(T) > (std::size_t{1} << 18);
    template <class T>
    ARCHETYPE_INLINE static void fetch_piece(const T* first, std::size_t length) {
        for (std::size_t i = 0; i < length; i += 64 / sizeof(T)) __builtin_prefetch(first + i);
    }

    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        using step = typename Call::step;
        using one_row = typename Call::template samples_of<1>;  // images of one row
        constexpr std::size_t width = size<step>, room = slots<step>, half = shared * width;
        // Keys channel by channel, a ring of `room` steps each; then values step by step; then their mask.
        T *const state = call.state(), *const values = state + half * room,
                 *const scores = state + step::at.state_elements;
        [[maybe_unused]] T *const query = scores + room, *const angles = query + width;
        const auto epilogue = call.epilogue();
        for (std::size_t r = call.missing; r < rows; ++r) {
            const std::size_t t = step_of_row(call, r);
            const T* const in = call.in() + r * one_row::in.pixel_stride;
            T* const out = call.out + r * one_row::out.pixel_stride;
            const std::size_t slot = t % room;
            if constexpr (layer::base != 0) kernels::rotary_turns<width, layer::base>(t, angles);
            for (std::size_t c = 0; c < half; c += width) {
                const T* key = in + Heads * width + c;
                if constexpr (layer::base != 0) {
                    kernels::turn_pairs<width, false>(key, angles, query);
                    key = query;
                }
                for (std::size_t i = 0; i < width; ++i) state[(c + i) * room + slot] = key[i];
            }
            for (std::size_t i = 0; i < half; ++i) values[slot * half + i] = in[Heads * width + half + i];
            if constexpr (layer::is_masked) values[half * room + slot] = in[Heads * width + 2 * half];

            const std::size_t count = t + 1 < room ? t + 1 : room, first = (t + 1 - count) % room;
            for (std::size_t h = 0; h < Heads; ++h) {
                const std::size_t group = h / kernels::attention_heads<layer>::per_group * width;
                const auto row = [=](std::size_t j) ARCHETYPE_INLINE_LAMBDA {
                    return static_cast<const T*>(
                        values + (first + j < room ? first + j : first + j - room) * half + group);
                };
                const T* asked = in + h * width;
                if constexpr (layer::base != 0) {
                    kernels::turn_pairs<width, false>(asked, angles, query);
                    asked = query;
                }
                if constexpr (is_far<step, T>)
                    if (h % kernels::attention_heads<layer>::per_group == 0)
                        for (std::size_t j = 0; j < count; ++j) fetch_piece(row(j), width);
                // The ring in two pieces: each product is the same wherever its key lies.
                const T* const columns = state + group * room;
                const std::size_t before_end = room - first < count ? room - first : count;
                constexpr T factor = kernels::attention_factor<width, T>;
                kernels::column_products<width>(asked, columns + first, room, before_end, factor, scores);
                if (before_end < count)
                    kernels::column_products<width>(asked, columns, room, count - before_end, factor,
                                                    scores + before_end);
                if constexpr (layer::cap != 0) kernels::bound_scores<layer::cap>(scores, count);
                if constexpr (layer::is_masked) {
                    kernels::hide_padding(scores, values + half * room + first, 1, before_end);
                    kernels::hide_padding(scores + before_end, values + half * room, 1, count - before_end);
                }
                if constexpr (is_far<step, T>)
                    if ((h + 1) % kernels::attention_heads<layer>::per_group == 0 && h + 1 < Heads)
                        for (std::size_t i = 0; i < width; ++i)
                            fetch_piece(columns + (width + i) * room, count);
                kernels::attend<width, layer::is_masked>(
                    scores, row, count,
                    [&](std::size_t c, std::size_t used, const kernels::lanes<T>& mixed)
                        ARCHETYPE_INLINE_LAMBDA {
                            const std::size_t channel = h * width + c;
                            kernels::store_partial<T>(
                                out + channel,
                                kernels::lanes<T>(epilogue(mixed, kernels::place{0, 0, r, channel})), used);
                        });
            }
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
