// SPDX-License-Identifier: BSL-1.0
/// @file layer_norm.hpp
/// Layer normalization as a step.
#pragma once
#include <archetype/architecture/layers/layer_norm.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/layer_norm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class... Options>
struct lowering<layer_norm<Options...>> : weightless_lowering {
    template <class T>
    static constexpr T epsilon = static_cast<T>(layer_norm<Options...>::options.epsilon);
    template <class Step>
    static constexpr const tensor_offsets& offsets =
        parameters_of<typename Step::network>.offsets[Step::now.anchor];

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        kernels::layer_norm_forward<Step::in, Step::out>(call.in, call.weights,
                                                         call.weights + inference_tensor_offset(Step::at, 1),
                                                         epsilon<T>, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::layer_norm_forward<Step::in, Step::out>(call.in, call.parameters + offsets<Step>[0],
                                                             call.parameters + offsets<Step>[1], epsilon<T>,
                                                             call.out, epilogue, samples);
        });
    }
    /// Gradients of gamma and beta are sums over all pixels, on one thread: the order must not depend on the number of
    /// threads.
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        kernels::layer_norm_parameter_gradients<Step::in, grad_out_image<Step>>(
            call.in, call.grad_out, epsilon<T>, call.gradients + offsets<Step>[0],
            call.gradients + offsets<Step>[1], call.batch);
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::layer_norm_backward<Step::in, grad_out_image<Step>, grad_in_image<Step>>(
                call.in, call.grad_out, call.parameters + offsets<Step>[0], epsilon<T>, call.grad_in,
                epilogue, samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* gamma, const T*) {
        const T* const beta = gamma + inference_tensor_offset(Step::at, 1);
        constexpr std::size_t channels = Step::in.channels;
        for (std::size_t row = 0; row < Step::in.size(); row += channels) {
            T mean{}, variance{};
            for (std::size_t c = 0; c < channels; ++c) mean += in[row + c] / T(channels);
            for (std::size_t c = 0; c < channels; ++c)
                variance += (in[row + c] - mean) * (in[row + c] - mean) / T(channels);
            const T inverse = T(1) / expression::elementary::sqrt(variance + epsilon<T>);
            for (std::size_t c = 0; c < channels; ++c)
                out[row + c] = (in[row + c] - mean) * inverse * gamma[c] + beta[c];
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
