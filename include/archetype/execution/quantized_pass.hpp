// SPDX-License-Identifier: BSL-1.0
/// @file quantized_pass.hpp
/// Runs the steps of a network's inference plan in 8 bits, on one sample.
#pragma once
#include <archetype/execution/quantized_layout.hpp>
#include <archetype/kernels/copy.hpp>
#include <archetype/kernels/int8_pointwise.hpp>
#include <archetype/kernels/int8_pool2d.hpp>

namespace archetype::detail {

/// Bytes at a word of the weights.
ARCHETYPE_INLINE const std::int8_t* bytes_at(const std::int32_t* words, std::size_t offset) {
    return reinterpret_cast<const std::int8_t*>(words + offset);
}

/// Copies rows of bytes between images of the same extents.
template <kernels::image From, kernels::image To>
void copy_int8(const std::int8_t* from, std::int8_t* to) {
    kernels::for_image_rows<From, To>(from, to, [](const std::int8_t* row, std::int8_t* out) {
        for (std::size_t i = 0; i < From.width * From.channels; ++i) out[i] = row[i];
    });
}

template <class Step, weight_order Order>
void run_int8_step(const std::int32_t* words, const std::int8_t* in, std::int8_t* out) {
    using net = typename Step::network;
    using form = int8_step<Step>;
    constexpr int8_offsets own = int8_layout_of<net, Order>.steps[Step::index];
    const std::int8_t* const table = form::has_table ? bytes_at(words, own.table) : nullptr;
    if constexpr (form::kind == int8_kind::copy) {
        copy_int8<Step::in, Step::out>(in, out);
    } else if constexpr (form::has_weights) {
        const std::int32_t* const range = words + own.range;
        const kernels::int8_conv2d_weights weights{
            reinterpret_cast<const kernels::int8_channel*>(words + own.channels),
            bytes_at(words, own.weights),
            table,
            form::has_pool_table ? bytes_at(words, own.pool_table) : nullptr,
            {range[0], range[1]}};
        if constexpr (form::kind == int8_kind::contraction)
            kernels::int8_conv2d<Order, form::geometry>(in, out, weights);
        else
            kernels::int8_depthwise<form::convolution, form::has_table>(in, out, weights);
    } else if constexpr (form::kind == int8_kind::pooling) {
        kernels::int8_pool2d<lowering_of<Step>::template geometry<Step::in, Step::out>, Step::layer::is_max>(
            in, out, words[4 + Step::now.from], table);
    } else if constexpr (form::kind == int8_kind::table) {
        kernels::int8_look_up<Step::in, Step::out>(in, out, table);
    } else {
        static_assert(form::kind == int8_kind::softmax,
                      "archetype: a layer of the network has no 8-bit form");
        kernels::int8_softmax<Step::in, Step::out>(
            in, out, reinterpret_cast<const std::uint16_t*>(words + own.powers));
    }
}

/// Runs one sample and returns its result, which lies in the arena.
/// @param words  the weights, packed in `Order`
/// @param input  the sample, as `input_image` says; its halo is the zero point
/// @param arena  `quantized_arena_bytes<Net>`, and what kernels may read past it
template <class Net, weight_order Order>
const std::int8_t* run_quantized(const std::int32_t* words, const std::int8_t* input, std::int8_t* arena) {
    constexpr const auto& plan = inference_plan<Net>;
    const auto zero_point = [&](std::size_t v) { return static_cast<std::int8_t>(words[4 + v]); };
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        constexpr const value& made = plan.values[Step::now.to];
        std::int8_t* const out = arena + made.offset;
        if constexpr (made.has_halo() && !made.in_place)
            kernels::fill_halo<image_of(made, made.extents)>(out, {0, 1}, zero_point(Step::now.to));
        run_int8_step<Step, Order>(
            words, Step::now.from == 0 ? input : arena + plan.values[Step::now.from].offset, out);
    });
    return plan.step_count == 0 ? input : arena + plan.values[plan.value_count - 1].offset;
}

/// Copies a sample to where the pass reads it: into the arena, or into `room` beside it.
template <class Net>
const std::int8_t* place_quantized(const std::int32_t* words, const std::int8_t* sample, std::int8_t* arena,
                                   std::int8_t* room) {
    constexpr const value& input = inference_plan<Net>.values[0];
    std::int8_t* const place = inference_plan<Net>.input_in_arena ? arena + input.offset : room;
    if constexpr (input.has_halo())
        kernels::fill_halo<input_image<Net>>(place, {0, 1}, static_cast<std::int8_t>(words[4]));
    copy_int8<image_of(value{}, input.extents), input_image<Net>>(sample, place);
    return place;
}

ARCHETYPE_INLINE constexpr quantization quantization_at(const std::int32_t* words, std::size_t offset) {
    return {__builtin_bit_cast(float, words[offset]), words[offset + 1]};
}

}  // namespace archetype::detail
