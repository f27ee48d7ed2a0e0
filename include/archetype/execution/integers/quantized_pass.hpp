// SPDX-License-Identifier: BSL-1.0
/// @file quantized_pass.hpp
/// Runs the steps of a network's inference plan in 8 bits, on one sample.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/integers/quantized_layout.hpp>
#include <archetype/kernels/images/copy.hpp>
#include <archetype/kernels/integers/int8_pool2d.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Bytes at a word of the weights.
ARCHETYPE_INLINE const std::int8_t* bytes_at(const std::int32_t* words, std::size_t offset) {
    return reinterpret_cast<const std::int8_t*>(words + offset);
}

/// Copies numbers between images of the same extents.
template <kernels::image From, kernels::image To, class Number>
void copy_quantized(const Number* from, Number* to) {
    kernels::map_numbers<From, To>(from, to, [](Number number) { return number; });
}

/// What a step does before its addition, if it has one.
template <class Step, weight_order Order>
void run_int8_layer(const std::int32_t* words, const std::int8_t* in, std::int8_t* out) {
    using net = typename Step::network;
    using form = int8_step<Step>;
    constexpr int8_offsets own = int8_layout_of<net, Order>.steps[Step::index];
    const std::int8_t* const table = form::has_table ? bytes_at(words, own.table) : nullptr;
    if constexpr (form::kind == int8_kind::copy && !form::has_table) {
        copy_quantized<Step::in, Step::out>(in, out);
    } else if constexpr (form::has_weights) {
        const std::int32_t* const range = words + own.range;
        const kernels::int8_conv2d_weights weights{
            reinterpret_cast<const kernels::int8_channel*>(words + own.channels),
            bytes_at(words, own.weights),
            table,
            form::has_second_table ? bytes_at(words, own.second_table) : nullptr,
            {range[0], range[1]}};
        if constexpr (form::kind == int8_kind::contraction)
            kernels::int8_conv2d<Order, form::geometry>(in, out, weights);
        else
            kernels::int8_depthwise<form::convolution, form::has_table>(in, out, weights);
    } else if constexpr (form::kind == int8_kind::recurrent) {
        kernels::int8_recurrent<form::recurrence>(
            in, out,
            {reinterpret_cast<const kernels::int8_channel*>(words + own.channels),
             bytes_at(words, own.weights), form::recurrence.is_lstm ? words[own.range] : 0});
        if constexpr (form::has_table) kernels::int8_look_up<Step::out, Step::out>(out, out, table);
    } else if constexpr (form::kind == int8_kind::pooling) {
        kernels::int8_pool2d<lowering_of<Step>::template geometry<Step::in, Step::out>,
                             Step::layer::result == pool_result::largest>(in, out, words[4 + Step::now.from],
                                                                          table);
    } else if constexpr (form::has_table) {
        kernels::int8_look_up<Step::in, Step::out>(in, out, table);
    } else {
        static_assert(form::kind == int8_kind::softmax,
                      "archetype: a layer of the network has no 8-bit form");
        kernels::int8_softmax<Step::in, Step::out>(
            in, out, reinterpret_cast<const std::uint16_t*>(words + own.powers));
    }
}

/// One step. `operand` is what an addition adds.
template <class Step, weight_order Order>
void run_int8_step(const std::int32_t* words, const std::int8_t* in, std::int8_t* out,
                   [[maybe_unused]] const std::int8_t* operand = nullptr) {
    using net = typename Step::network;
    using form = int8_step<Step>;
    if constexpr (form::kind != int8_kind::join) run_int8_layer<Step, Order>(words, in, out);
    if constexpr (form::joins) {
        constexpr int8_offsets own = int8_layout_of<net, Order>.steps[Step::index];
        constexpr const auto& plan = inference_plan<net>;
        constexpr kernels::image added =
            image_of(plan.values[plan.operands[Step::now.operand_first]], Step::result);
        constexpr kernels::image first = form::kind == int8_kind::join ? Step::in : Step::out;
        kernels::int8_add<first, added, Step::out>(
            form::kind == int8_kind::join ? in : out, operand, out,
            *reinterpret_cast<const kernels::int8_addition*>(words + own.addition));
        if constexpr (form::has_second_table)
            kernels::int8_look_up<Step::out, Step::out>(out, out, bytes_at(words, own.second_table));
    }
}

/// Sees nothing of a run.
struct no_observer {
    template <class Step, class Number>
    ARCHETYPE_INLINE void operator()(Step, const Number*) const {}
};

/// A pass over the arena in integers, for `run_plan`: `run_step(step, in, out, operand)` runs one step.
template <class Net, class Number, class RunStep>
struct integer_pass : whole_pass {
    static constexpr const auto& plan = inference_plan<Net>;
    const std::int32_t* words;
    const Number* input;
    Number* arena;
    const RunStep& run_step;

    ARCHETYPE_INLINE integer_pass(const std::int32_t* weights, const Number* from, Number* place,
                                  const RunStep& run_one)
        : words(weights), input(from), arena(place), run_step(run_one) {}

    // Offsets are constants, so that no table of the plan is in the program.
    template <std::size_t V>
    ARCHETYPE_INLINE Number* place_of() const {
        constexpr std::uint64_t offset = plan.values[V].offset;
        return arena + offset;
    }
    template <std::size_t V>
    ARCHETYPE_INLINE const Number* read_place_of() const {
        return V == 0 ? input : place_of<V>();
    }
    template <class Step>
    ARCHETYPE_INLINE void clear_halo() const {
        constexpr std::size_t owner = plan.values[Step::now.to].storage;
        if constexpr (sizeof(Number) == 1)
            kernels::fill_halo<Step::storage_image>(place_of<Step::now.to>(), {0, 1},
                                                    static_cast<Number>(words[4 + owner]));
        else
            kernels::zero_halo<Step::storage_image>(place_of<Step::now.to>(), {0, 1});
    }
    template <class Step>
    ARCHETYPE_INLINE void run() const {
        const Number* operand = nullptr;
        if constexpr (Step::now.operand_count != 0)
            operand = read_place_of<plan.operands[Step::now.operand_first]>();
        run_step(Step{}, read_place_of<Step::now.from>(), place_of<Step::now.to>(), operand);
    }
};

/// Runs one sample and returns its result, which lies in the arena.
/// @param words  the weights, packed in `Order`
/// @param input  the sample, as `input_image` says; its halo is the zero point
/// @param arena  `quantized_arena_bytes<Net>`, and what kernels may read past it
/// @param observe  observe(step, where its result begins) after each step
template <class Net, weight_order Order, class Observer = no_observer>
const std::int8_t* run_quantized(const std::int32_t* words, const std::int8_t* input, std::int8_t* arena,
                                 const Observer& observe = {}) {
    const auto run_step = [&]<class Step>(Step, const std::int8_t* in, std::int8_t* out,
                                          const std::int8_t* operand) __attribute__((always_inline)) {
        run_int8_step<Step, Order>(words, in, out, operand);
        observe(Step{}, static_cast<const std::int8_t*>(out));
    };
    const integer_pass<Net, std::int8_t, decltype(run_step)> pass(words, input, arena, run_step);
    run_plan<Net, purpose::inference>(pass);
    return pass.template read_place_of<inference_plan<Net>.outputs[0]>();
}

/// Copies a sample to where the pass reads it: into the arena, or into `room` beside it.
template <class Net, class Number>
const Number* place_quantized([[maybe_unused]] const std::int32_t* words, const Number* sample, Number* arena,
                              [[maybe_unused]] std::type_identity_t<Number>* room) {
    constexpr value input = inference_plan<Net>.values[0];
    constexpr bool in_arena = inference_plan<Net>.input_in_arena;
    Number* const place = in_arena ? arena + input.offset : room;
    if constexpr (input.has_halo())
        kernels::fill_halo<input_image<Net>>(place, {0, 1},
                                             sizeof(Number) == 1 ? static_cast<Number>(words[4]) : Number{});
    copy_quantized<image_of(value{}, input.extents), input_image<Net>>(sample, place);
    return place;
}

template <class Number>
ARCHETYPE_INLINE constexpr quantization_to<Number> quantization_at(const std::int32_t* words,
                                                                   std::size_t offset) {
    return {__builtin_bit_cast(float, words[offset]), words[offset + 1]};
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
