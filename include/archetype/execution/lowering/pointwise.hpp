// SPDX-License-Identifier: BSL-1.0
/// @file pointwise.hpp
/// Steps that give each element a new value: an activation that nothing before it can take, dropout, a copy into a halo.
#pragma once
#include <archetype/architecture/layers/dropout.hpp>
#include <archetype/architecture/layers/reshape.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/elementwise/dropout.hpp>
#include <archetype/kernels/images/copy.hpp>
#include <archetype/kernels/images/map.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// multiplies the gradient of one pointwise layer's result with its derivative at `in`, then applies another epilogue.
template <class Layer, kernels::image In, class T, class Epilogue>
struct pointwise_gradient {
    static constexpr bool across_pixels =
        In.pixel_stride == In.channels && kernels::runs_across_pixels<Epilogue>;
    const T* in;
    Epilogue next;
    ARCHETYPE_INLINE kernels::lanes<T> operator()(const kernels::lanes<T>& gradient,
                                                  const kernels::place& at) const {
        const auto x = kernels::load(in + In.offset + at.sample * In.sample_stride + at.y * In.row_stride +
                                     at.x * In.pixel_stride + at.channel);
        return next(expression::gradient(expression_of<Layer>, x, gradient), at);
    }
};

struct pointwise_lowering : weightless_lowering {
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        kernels::map<Step::in, Step::out>(call.in, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::map<Step::in, Step::out>(call.in, call.out, epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        const pointwise_gradient<typename Step::layer, Step::in, T, Epilogue> derivative{call.in, epilogue};
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::map<grad_out_image<Step>, grad_in_image<Step>>(call.grad_out, call.grad_in, derivative,
                                                                    samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        for (std::size_t i = 0; i < Step::in.size(); ++i) out[i] = in[i];
    }
};

template <class Layer>
requires(Layer::role == layer_role::pointwise) struct lowering<Layer> : pointwise_lowering {
};

/// A value that is moved into the layout of its reader.
struct copy_lowering : pointwise_lowering {
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
};

/// Each dropout of a network has its own seed, each pass another.
template <bool Inverted>
struct dropout_lowering : pointwise_lowering {
    template <class Step>
    static constexpr bool reads_input = false;
    template <class Step>
    static constexpr kernels::dropout_mask mask(std::uint64_t seed) {
        return {seed, Step::index, Step::at.rate, Inverted};
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::dropout<Step::in, Step::out>(call.in, call.out, mask<Step>(call.seed), epilogue,
                                                  samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::dropout<grad_out_image<Step>, grad_in_image<Step>>(
                call.grad_out, call.grad_in, mask<Step>(call.seed), epilogue, samples);
        });
    }
};
template <auto Rate>
struct lowering<dropout<Rate>> : dropout_lowering<true> {};

/// At inference elements are multiplied with the probability of being kept.
template <auto Rate>
struct lowering<original_dropout<Rate>> : dropout_lowering<false> {
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue&) {
        kernels::map<Step::in, Step::out>(call.in, call.out, kept_share{}, call.samples);
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        for (std::size_t i = 0; i < Step::in.size(); ++i) out[i] = in[i] * static_cast<T>(1 - Step::at.rate);
    }

private:
    struct kept_share {
        static constexpr bool across_pixels = true;
        template <class V>
        ARCHETYPE_INLINE V operator()(const V& value, const kernels::place&) const {
            return expression::evaluate(
                expression::variable<0>{} * expression::literal<1 - original_dropout<Rate>::rate>{}, value);
        }
    };
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
