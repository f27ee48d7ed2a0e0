// SPDX-License-Identifier: BSL-1.0
/// @file rearrangement.hpp
/// Slices, permutations and channel shuffles that are steps: at inference those that no layout expresses.
#pragma once
#include <archetype/architecture/layers/permute.hpp>
#include <archetype/architecture/layers/slice.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/elementwise/rearrange.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

constexpr kernels::rearrangement rearrangement_of(const node& at, bool back) {
    kernels::rearrangement made;
    const image_extents result(at.output);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        made.from[axis] = at.moves.from[axis];
        made.first[axis] = at.moves.first[axis], made.step[axis] = at.moves.step[axis];
        made.extents[axis] = result.of[axis];
    }
    made.groups = at.moves.groups;
    made.back = back;
    return made;
}

template <class Layer>
requires(Layer::role == layer_role::rearrangement) struct lowering<Layer> : weightless_lowering {
    template <class Step>
    static constexpr bool reads_input = false;
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        kernels::rearrange<rearrangement_of(Step::at, false), Step::in, Step::out>(call.in, call.out,
                                                                                   epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::rearrange<rearrangement_of(Step::at, false), Step::in, Step::out>(call.in, call.out,
                                                                                       epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::rearrange<rearrangement_of(Step::at, true), grad_out_image<Step>, grad_in_image<Step>>(
                call.grad_out, call.grad_in, epilogue, samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr kernels::rearrangement move = rearrangement_of(Step::at, false);
        for (std::size_t i = 0; i < Step::out.size(); ++i) {
            const std::size_t pixel = i / Step::out.channels;
            const kernels::rearrangement::cell from =
                move.source(pixel / Step::out.width, pixel % Step::out.width, i % Step::out.channels);
            out[i] = in[(from.at[0] * Step::in.width + from.at[1]) * Step::in.channels + from.at[2]];
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
