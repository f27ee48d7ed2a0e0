// SPDX-License-Identifier: BSL-1.0
/// @file batch_norm.hpp
/// Batch normalization where it is a step of its own: in training, and at inference where nothing before it can take it.
#pragma once
#include <archetype/architecture/layers/normalization/batch_norm.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/batch_norm.hpp>
#include <archetype/kernels/rows/scale_shift.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class... Options>
struct lowering<batch_norm<Options...>> : weightless_lowering {
    using layer = batch_norm<Options...>;

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        kernels::scale_shift<Step::in, Step::out>(call.in, call.weights, call.bias, call.out, epilogue,
                                                  call.samples);
    }

    static constexpr bool scaled = !layer::options.has(option::no_scale),
                          shifted = !layer::options.has(option::no_center);
    static constexpr bool skips_frozen = true;
    template <class Step>
    static constexpr bool reads_input = !Step::at.frozen;
    /// Mean and inverse deviation, and sums that the backward pass needs where they are no parameter's gradient; of a frozen
    /// layer scale and shift as inference has them, and zeros.
    template <class Step>
    static constexpr std::size_t saved_size =
        (Step::at.frozen ? 3 : 2 + (scaled ? 0 : 1) + (shifted ? 0 : 1)) * Step::in.channels;
    template <class Step>
    static constexpr const tensor_offsets& offsets =
        parameters_of<typename Step::network>.offsets[Step::now.anchor];
    static constexpr std::size_t beta_at = scaled ? 1 : 0, mean_at = beta_at + (shifted ? 1 : 0);
    template <class Step, class T>
    static const T* gamma_of(const training_call<T>& call) {
        return scaled ? call.parameters + offsets<Step>[0] : nullptr;
    }

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        if constexpr (Step::at.frozen)
            train_frozen<Step>(call, epilogue);
        else
            train_trained<Step>(call, epilogue);
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if constexpr (Step::at.frozen)
            backward_frozen<Step>(call, epilogue, wants_input_gradient);
        else
            backward_trained<Step>(call, epilogue, wants_input_gradient);
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* scale, const T* shift) {
        for (std::size_t i = 0; i < Step::in.size(); ++i)
            out[i] = in[i] * scale[i % Step::in.channels] + shift[i % Step::in.channels];
    }

private:
    template <class Step, class T, class Epilogue>
    static void train_trained(const training_call<T>& call, const Epilogue& epilogue) {
        T *const mean = call.saved, *const inverse = call.saved + Step::in.channels;
        const kernels::batch_norm_options<T> options{
            .epsilon = static_cast<T>(layer::options.epsilon),
            .momentum = static_cast<T>(layer::options.momentum),
            .unbiased = layer::options.has(option::unbiased_variance)};
        const auto take_statistics = [&](kernels::range channels) {
            kernels::batch_norm_statistics<Step::in>(call.in, call.batch, options, mean, inverse,
                                                     call.parameters + offsets<Step>[mean_at],
                                                     call.parameters + offsets<Step>[mean_at + 1], channels);
        };
        if (!call.again) for_channels<Step>(call, take_statistics);
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::batch_norm_forward<Step::in, Step::out>(
                call.in, mean, inverse, gamma_of<Step>(call),
                shifted ? call.parameters + offsets<Step>[beta_at] : nullptr, call.out, epilogue, samples);
        });
    }

    template <class Step, class T, class Epilogue>
    static void backward_trained(const training_call<T>& call, const Epilogue& epilogue,
                                 bool wants_input_gradient) {
        constexpr kernels::image from = grad_out_image<Step>, to = grad_in_image<Step>;
        constexpr std::size_t channels = Step::in.channels;
        const T *const mean = call.saved, *const inverse = call.saved + channels;
        T* const sums = call.saved + 2 * channels;
        T* const grad_gamma = scaled ? call.gradients + offsets<Step>[0] : sums;
        T* const grad_beta =
            shifted ? call.gradients + offsets<Step>[beta_at] : sums + (scaled ? 0 : channels);
        for_channels<Step>(call, [&](kernels::range some) {
            kernels::batch_norm_parameter_gradients<Step::in, from>(call.in, call.grad_out, call.batch, mean,
                                                                    inverse, grad_gamma, grad_beta, some);
        });
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::batch_norm_backward<Step::in, from, to>(call.in, call.grad_out, call.batch, mean,
                                                             inverse, gamma_of<Step>(call), grad_gamma,
                                                             grad_beta, call.grad_in, epilogue, samples);
        });
    }

    /// By the moving averages.
    template <class Step, class T, class Epilogue>
    static void train_frozen(const training_call<T>& call, const Epilogue& epilogue) {
        constexpr std::size_t channels = Step::in.channels;
        T *const scale = call.saved, *const shift = scale + channels, *const zeros = shift + channels;
        kernels::fold_batch_norm<T>(
            gamma_of<Step>(call), shifted ? call.parameters + offsets<Step>[beta_at] : nullptr,
            call.parameters + offsets<Step>[mean_at], call.parameters + offsets<Step>[mean_at + 1],
            static_cast<T>(layer::options.epsilon), scale, shift, channels);
        for (std::size_t c = 0; c < channels; ++c) zeros[c] = T(0);
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::scale_shift<Step::in, Step::out>(call.in, scale, shift, call.out, epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward_frozen(const training_call<T>& call, const Epilogue& epilogue,
                                bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        const T *const scale = call.saved, *const zeros = scale + 2 * Step::in.channels;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::scale_shift<grad_out_image<Step>, grad_in_image<Step>>(call.grad_out, scale, zeros,
                                                                            call.grad_in, epilogue, samples);
        });
    }
    /// Blocks of channels are the tasks: the same blocks for any number of threads.
    template <class Step, class T, class Work>
    static void for_channels(const training_call<T>& call, const Work& work) {
        constexpr std::size_t channels = Step::in.channels, block = 32,
                              blocks = (channels + block - 1) / block;
        call.run(blocks, [&](kernels::range some, std::size_t) {
            const std::size_t last = some.last * block;
            work(kernels::range{some.first * block, last < channels ? last : channels});
        });
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
