// SPDX-License-Identifier: BSL-1.0
/// @file int16_form.hpp
/// The form of a network with 16-bit activations and 8-bit weights: where its weights lie, and how one sample runs.
#pragma once
#include <archetype/execution/integers/integer_rules.hpp>
#include <archetype/execution/integers/quantized_pass.hpp>
#include <archetype/kernels/integers/int16_conv2d.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The block begins with scale and zero point of input and output. `range` is one word, the minimum.
template <class Net>
inline constexpr auto int16_layout_of = [] {
    int8_layout<inference_plan<Net>.step_count> layout;
    layout.words = 4;
    const auto reserve = [&](std::size_t words) {
        const std::size_t offset = layout.words;
        layout.words += words;
        return offset;
    };
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        using form = int8_step<Step>;
        int8_offsets& own = layout.steps[Step::index];
        if (form::has_weights) {
            own.range = reserve(1);
            own.channels = reserve(4 * form::convolution.out.channels);
            own.weights = reserve((form::convolution.out.channels * form::convolution.taps() + 3) / 4);
        }
        if (form::has_table) own.table = reserve(257);
        if (form::has_second_table) own.second_table = reserve(257);
    });
    return layout;
}();

/// Halfwords at a word of the weights.
ARCHETYPE_INLINE const std::int16_t* halfwords_at(const std::int32_t* words, std::size_t offset) {
    return reinterpret_cast<const std::int16_t*>(words + offset);
}

template <class Step>
void run_int16_step(const std::int32_t* words, const std::int16_t* in, std::int16_t* out) {
    using form = int8_step<Step>;
    constexpr int8_offsets own = int16_layout_of<typename Step::network>.steps[Step::index];
    const std::int16_t* const table = form::has_table ? halfwords_at(words, own.table) : nullptr;
    if constexpr (form::has_weights) {
        kernels::int16_conv2d<form::geometry>(
            in, out,
            {reinterpret_cast<const kernels::int16_channel*>(words + own.channels),
             bytes_at(words, own.weights), table,
             form::has_second_table ? halfwords_at(words, own.second_table) : nullptr, words[own.range]});
    } else if constexpr (form::kind == int8_kind::pooling) {
        kernels::int8_pool2d<lowering_of<Step>::template geometry<Step::in, Step::out>,
                             Step::layer::result == pool_result::largest>(in, out, 0, table);
    } else if constexpr (form::has_table) {
        kernels::map_numbers<Step::in, Step::out>(
            in, out, [&](std::int16_t number) { return kernels::look_up(table, number); });
    } else {
        copy_quantized<Step::in, Step::out>(in, out);
    }
}

/// Runs one sample and returns its result, which lies in the arena; as with 8-bit activations (quantized_pass.hpp).
template <class Net, weight_order Order, class Observer = no_observer>
const std::int16_t* run_quantized(const std::int32_t* words, const std::int16_t* input, std::int16_t* arena,
                                  const Observer& observe = {}) {
    static_assert(Order == weight_order::plain,
                  "archetype: weights for 16-bit activations have the plain order");
    const auto run_step = [&]<class Step>(Step, const std::int16_t* in, std::int16_t* out,
                                          const std::int16_t*) __attribute__((always_inline)) {
        run_int16_step<Step>(words, in, out);
        observe(Step{}, static_cast<const std::int16_t*>(out));
    };
    const integer_pass<Net, std::int16_t, decltype(run_step)> pass(words, input, arena, run_step);
    run_plan<Net, purpose::inference>(pass);
    return pass.template read_place_of<inference_plan<Net>.outputs[0]>();
}

template <class Net, weight_order Order, class Activation>
inline constexpr std::size_t quantized_words = int8_layout_of<Net, Order>.words;
template <class Net, weight_order Order>
inline constexpr std::size_t quantized_words<Net, Order, std::int16_t> = int16_layout_of<Net>.words;
/// The order that kernels read on this target.
template <class Activation>
inline constexpr weight_order order_for =
    std::is_same_v<Activation, std::int8_t> ? native_weight_order : weight_order::plain;

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// 32-bit words that the form of `Net` with 8-bit activations (or `Activation` std::int16_t) reads: weights, biases, factors
/// and tables, packed in an order. Here and below, a network without such a form is one error that names the layer and why.
template <class Net, weight_order Order = weight_order::plain, class Activation = std::int8_t>
inline constexpr auto quantized_weight_count =
    detail::integer_constant<Net, Activation, typename detail::integer_report<Net, Activation>::type::shown>(
        [] { return detail::quantized_words<Net, Order, Activation>; });
/// The same in bytes.
template <class Net, weight_order Order = weight_order::plain, class Activation = std::int8_t>
inline constexpr auto quantized_weight_bytes =
    detail::integer_constant<Net, Activation, typename detail::integer_report<Net, Activation>::type::shown>(
        [] { return 4 * detail::quantized_words<Net, Order, Activation>; });
/// Bytes of activations, for one sample: a quarter of `arena_bytes`, or half of it.
template <class Net, class Activation = std::int8_t>
inline constexpr auto quantized_arena_bytes =
    detail::integer_constant<Net, Activation, typename detail::integer_report<Net, Activation>::type::shown>(
        [] { return sizeof(Activation) * detail::inference_plan<Net>.arena_elements; });

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
