// SPDX-License-Identifier: BSL-1.0
/// @file piece_max.hpp
/// The maximum over pieces of channels, behind the dense layer of a maxout.
#pragma once
#include <archetype/architecture/layers/maxout.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/piece_max.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <std::size_t Pieces>
struct lowering<piece_max<Pieces>> : weightless_lowering {
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        kernels::piece_max_forward<Step::in, Step::out>(call.in, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::piece_max_forward<Step::in, Step::out>(call.in, call.out, epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::piece_max_backward<Step::in, grad_out_image<Step>, grad_in_image<Step>>(
                call.in, call.grad_out, call.grad_in, epilogue, samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t channels = Step::out.channels;
        for (std::size_t i = 0; i < Step::out.size(); ++i) {
            const T* const from = in + i / channels * Step::in.channels + i % channels;
            out[i] = from[0];
            for (std::size_t p = 1; p < Pieces; ++p)  // a NaN stays
                if (!(from[p * channels] <= out[i])) out[i] = out[i] != out[i] ? out[i] : from[p * channels];
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
