// SPDX-License-Identifier: BSL-1.0
/// @file softmax.hpp
/// Softmax as a step.
#pragma once
#include <archetype/architecture/layers/activation.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/softmax.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Layers that see all channels of a pixel, and whose gradient reads their own result.
template <class Kernels>
struct row_lowering : weightless_lowering {
    template <class Step>
    static constexpr bool reads_input = false;
    template <class Step>
    static constexpr bool reads_result = true;
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue&) {
        Kernels::template forward<Step::in, Step::out>(call.in, call.out, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue&) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            Kernels::template forward<Step::in, Step::out>(call.in, call.out, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            Kernels::template backward<Step::out, grad_out_image<Step>, grad_in_image<Step>>(
                call.out, call.grad_out, call.grad_in, epilogue, samples);
        });
    }
};

struct softmax_kernels {
    template <kernels::image In, kernels::image Out, class T>
    static void forward(const T* in, T* out, kernels::range samples) {
        kernels::softmax_forward<In, Out>(in, out, samples);
    }
    template <kernels::image Out, kernels::image From, kernels::image To, class T, class Epilogue>
    static void backward(const T* out, const T* grad_out, T* grad_in, const Epilogue& epilogue,
                         kernels::range samples) {
        kernels::softmax_backward<Out, From, To>(out, grad_out, grad_in, epilogue, samples);
    }
};
template <>
struct lowering<softmax> : row_lowering<softmax_kernels> {
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t channels = Step::in.channels;
        for (std::size_t row = 0; row < Step::in.size(); row += channels) {
            T largest = in[row], sum{};
            for (std::size_t c = 0; c < channels; ++c)
                if (!(in[row + c] <= largest)) largest = in[row + c];
            for (std::size_t c = 0; c < channels; ++c)
                sum += out[row + c] = expression::elementary::exp(in[row + c] - largest);
            for (std::size_t c = 0; c < channels; ++c) out[row + c] /= sum;
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
