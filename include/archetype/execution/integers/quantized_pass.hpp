// SPDX-License-Identifier: BSL-1.0
/// @file quantized_pass.hpp
/// Runs the steps of a network's inference plan in 8 bits, on one sample.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/integers/quantized_layout.hpp>
#include <archetype/kernels/images/copy.hpp>
#include <archetype/kernels/integers/int8_pool2d.hpp>

namespace archetype::detail {

/// Bytes at a word of the weights.
ARCHETYPE_INLINE const std::int8_t* bytes_at(const std::int32_t* words, std::size_t offset) {
    return reinterpret_cast<const std::int8_t*>(words + offset);
}

/// Copies rows of numbers between images of the same extents.
template <kernels::image From, kernels::image To, class Number>
void copy_quantized(const Number* from, Number* to) {
    kernels::for_image_rows<From, To>(from, to, [](const Number* row, Number* out) {
        for (std::size_t i = 0; i < From.width * From.channels; ++i) out[i] = row[i];
    });
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

/// Runs one sample and returns its result, which lies in the arena.
/// @param words  the weights, packed in `Order`
/// @param input  the sample, as `input_image` says; its halo is the zero point
/// @param arena  `quantized_arena_bytes<Net>`, and what kernels may read past it
/// @param observe  observe(step, where its result begins) after each step
template <class Net, weight_order Order, class Observer = no_observer>
const std::int8_t* run_quantized(const std::int32_t* words, const std::int8_t* input, std::int8_t* arena,
                                 const Observer& observe = {}) {
    // Offsets are constants, so that no table of the plan is in the program.
    const auto read_place_of = [&]<std::size_t V>(std::integral_constant<std::size_t, V>) {
        constexpr std::uint64_t offset = inference_plan<Net>.values[V].offset;
        return V == 0 ? input : arena + offset;
    };
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) __attribute__((always_inline)) {
        constexpr std::size_t owner = inference_plan<Net>.values[Step::now.to].storage;
        constexpr value storage = inference_plan<Net>.values[owner];
        constexpr std::uint64_t to = inference_plan<Net>.values[Step::now.to].offset;
        if constexpr (storage.has_halo() && storage.first_written == Step::index)
            kernels::fill_halo<image_of(storage, storage.extents)>(
                arena + to, {0, 1}, static_cast<std::int8_t>(words[4 + owner]));
        const std::int8_t* operand = nullptr;
        if constexpr (Step::now.operand_count != 0)
            operand = read_place_of(
                std::integral_constant<std::size_t, inference_plan<Net>.operands[Step::now.operand_first]>{});
        run_int8_step<Step, Order>(
            words, read_place_of(std::integral_constant<std::size_t, Step::now.from>{}), arena + to, operand);
        observe(Step{}, static_cast<const std::int8_t*>(arena + to));
    });
    return read_place_of(std::integral_constant<std::size_t, inference_plan<Net>.outputs[0]>{});
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

}  // namespace archetype::detail
