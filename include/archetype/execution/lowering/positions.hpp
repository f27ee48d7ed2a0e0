// SPDX-License-Identifier: BSL-1.0
/// @file positions.hpp
/// Waves that are added to a sequence, and a trained step before it. Trained positions are a join with weights.
#pragma once
#include <archetype/architecture/layers/attention/class_token.hpp>
#include <archetype/architecture/layers/attention/positions.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/images/map.hpp>
#include <archetype/kernels/rows/positions.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <double Base>
struct lowering<sinusoidal_positions<Base>> : weightless_lowering {
    template <class Step, class T>
    static constexpr std::size_t workspace_size = Step::in.channels;

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        kernels::add_position_waves<Base, Step::in, Step::out>(call.in, call.out, call.scratch, epilogue,
                                                               call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::add_position_waves<Base, Step::in, Step::out>(
                call.in, call.out, call.workspace + thread * call.workspace_stride, epilogue, samples);
        });
    }
    template <class Step>
    static constexpr bool reads_input = false;
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::map<grad_out_image<Step>, grad_in_image<Step>>(call.grad_out, call.grad_in, epilogue,
                                                                    samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t channels = Step::in.channels;
        for (std::size_t i = 0; i < Step::in.size(); ++i) {
            const std::size_t pair = i % channels / 2;
            const double power = -2.0 * static_cast<double>(pair) / static_cast<double>(channels);
            const T angle = T(i / channels) * T(expression::elementary::pow(Base, power));
            out[i] = in[i] + (i % channels % 2 == 0 ? expression::elementary::sin(angle)
                                                    : expression::elementary::cos(angle));
        }
    }
};

template <class... Options>
struct lowering<class_token<Options...>> : weightless_lowering {
    static constexpr bool skips_frozen = true;
    template <class Step>
    static constexpr std::uint64_t token = parameters_of<typename Step::network>.offsets[Step::now.anchor][0];

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        kernels::put_before<Step::in, Step::out>(call.in, call.weights, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::put_before<Step::in, Step::out>(call.in, call.parameters + token<Step>, call.out,
                                                     epilogue, samples);
        });
    }
    template <class Step>
    static constexpr bool reads_input = false;
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        constexpr kernels::image from = grad_out_image<Step>, to = grad_in_image<Step>;
        if constexpr (trains<Step>)
            kernels::token_gradient<from>(call.grad_out, call.gradients + token<Step>, {0, call.batch});
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::take_from_behind<from, to>(call.grad_out, call.grad_in, epilogue, samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T*) {
        for (std::size_t i = 0; i < Step::out.size(); ++i)
            out[i] = i < Step::out.channels ? weights[i] : in[i - Step::out.channels];
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
