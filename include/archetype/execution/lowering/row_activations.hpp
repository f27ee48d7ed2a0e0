// SPDX-License-Identifier: BSL-1.0
/// @file row_activations.hpp
/// Trained slopes, gates and log-softmax as steps.
#pragma once
#include <archetype/architecture/layers/row_activations.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/execution/lowering/softmax.hpp>
#include <archetype/kernels/rows/gate.hpp>
#include <archetype/kernels/rows/prelu.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class... Options>
struct lowering<prelu<Options...>> : weightless_lowering {
    static constexpr bool skips_frozen = true;
    static constexpr option_values options = prelu<Options...>::options;
    static constexpr kernels::slope_count count = options.has(option::one_slope) ? kernels::slope_count::one
                                                  : options.has(option::slope_per_element)
                                                      ? kernels::slope_count::of_elements
                                                      : kernels::slope_count::of_channels;
    template <class Step>
    static constexpr std::uint64_t offset =
        parameters_of<typename Step::network>.offsets[Step::now.anchor][0];

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue&) {
        kernels::prelu_forward<count, Step::in, Step::out>(call.in, call.weights, call.out, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue&) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::prelu_forward<count, Step::in, Step::out>(call.in, call.parameters + offset<Step>,
                                                               call.out, samples);
        });
    }
    /// Gradients of slopes are sums over the batch, on one thread: the order must not depend on the number of threads.
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if constexpr (trains<Step>)
            kernels::prelu_slope_gradients<count, Step::in, grad_out_image<Step>>(
                call.in, call.grad_out, call.batch, call.gradients + offset<Step>);
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::prelu_backward<count, Step::in, grad_out_image<Step>, grad_in_image<Step>>(
                call.in, call.grad_out, call.parameters + offset<Step>, call.grad_in, epilogue, samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* slopes, const T*) {
        for (std::size_t i = 0; i < Step::in.size(); ++i) {
            const std::size_t own = count == kernels::slope_count::one           ? 0
                                    : count == kernels::slope_count::of_channels ? i % Step::in.channels
                                                                                 : i;
            out[i] = in[i] > T(0) ? in[i] : in[i] * slopes[own];
        }
    }
};

template <class Layer>
struct gate_lowering : kernel_lowering<gate_lowering<Layer>> {
    static constexpr bool first = Layer::first_is_gate;
    struct function {
        template <class V>
        ARCHETYPE_INLINE constexpr V operator()(const V& x) const {
            return expression::evaluate(expression_of<typename Layer::function>, x);
        }
    };
    struct slope {
        template <class V>
        ARCHETYPE_INLINE V operator()(const V& x, const V& gradient) const {
            return expression::gradient(expression_of<typename Layer::function>, x, gradient);
        }
    };
    template <kernels::image In, kernels::image Out, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        kernels::gate_forward<first, In, Out>(in, out, function{}, epilogue, samples);
    }
    template <class Step, class T, class Epilogue>
    static void input_gradient(const training_call<T>& call, const Epilogue& epilogue,
                               kernels::range samples) {
        kernels::gate_backward<first, Step::in, grad_out_image<Step>, grad_in_image<Step>>(
            call.in, call.grad_out, call.grad_in, function{}, slope{}, epilogue, samples);
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t half = Step::out.channels;
        for (std::size_t i = 0; i < Step::out.size(); ++i) {
            const T* const from = in + i / half * 2 * half + i % half;
            out[i] = first ? function{}(from[0]) * from[half] : from[0] * function{}(from[half]);
        }
    }
};
template <>
struct lowering<glu> : gate_lowering<glu> {};
template <>
struct lowering<swiglu> : gate_lowering<swiglu> {};
template <>
struct lowering<geglu> : gate_lowering<geglu> {};

struct log_softmax_kernels {
    template <kernels::image In, kernels::image Out, class T>
    static void forward(const T* in, T* out, kernels::range samples) {
        kernels::log_softmax_forward<In, Out>(in, out, samples);
    }
    template <kernels::image Out, kernels::image From, kernels::image To, class T, class Epilogue>
    static void backward(const T* out, const T* grad_out, T* grad_in, const Epilogue& epilogue,
                         kernels::range samples) {
        kernels::log_softmax_backward<Out, From, To>(out, grad_out, grad_in, epilogue, samples);
    }
};
template <>
struct lowering<log_softmax> : row_lowering<log_softmax_kernels> {
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t channels = Step::in.channels;
        for (std::size_t row = 0; row < Step::in.size(); row += channels) {
            T largest = in[row], sum{};
            for (std::size_t c = 0; c < channels; ++c)
                if (!(in[row + c] <= largest)) largest = in[row + c];
            for (std::size_t c = 0; c < channels; ++c)
                sum += expression::elementary::exp(in[row + c] - largest);
            const T all = expression::elementary::log(sum);
            for (std::size_t c = 0; c < channels; ++c) out[row + c] = in[row + c] - largest - all;
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
