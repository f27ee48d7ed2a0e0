// SPDX-License-Identifier: BSL-1.0
/// @file layer_norm.hpp
/// Layer, group, instance and root-mean-square normalization as steps.
#pragma once
#include <archetype/architecture/layers/normalization/group_norm.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/set_norm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What normalizations of single samples share. `Kernels` has `sets<Step>`, and `centered`: a mean is taken away.
template <class Layer, class Kernels>
struct sample_norm_lowering : weightless_lowering {
    static constexpr bool scaled = !Layer::options.has(option::no_scale),
                          shifted = !Layer::options.has(option::no_center);
    static constexpr bool skips_frozen = true;
    template <class T>
    static constexpr T epsilon = static_cast<T>(Layer::options.epsilon);

    /// The tensors of a step: factors, then shifts; null where there are none.
    template <class T>
    struct affine {
        T *gamma, *beta;
    };
    template <class Step, class T>
    static affine<T> tensors(T* all) {
        const tensor_offsets& offsets = parameters_of<typename Step::network>.offsets[Step::now.anchor];
        return {scaled ? all + offsets[0] : nullptr, shifted ? all + offsets[scaled ? 1 : 0] : nullptr};
    }
    template <class Step, class T>
    static constexpr affine<const T> folded(const T* weights) {
        return {scaled ? weights : nullptr,
                shifted ? weights + (scaled ? inference_tensor_offset(Step::at, 1) : 0) : nullptr};
    }
    /// Each pixel by itself.
    template <class Step>
    static constexpr bool by_pixel = [] {
        constexpr kernels::norm_sets sets = Kernels::template sets<Step>;
        return (Step::in.height == 1 || !sets.rows) && (Step::in.width == 1 || !sets.columns) &&
               sets.pieces == 1;
    }();

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        forward<Step>(call.in, folded<Step>(call.weights), call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        const auto [gamma, beta] = tensors<Step>(call.parameters);
        call.run(call.batch, [&, gamma = gamma, beta = beta](kernels::range samples, std::size_t) {
            forward<Step>(call.in, affine<const T>{gamma, beta}, call.out, epilogue, samples);
        });
    }
    /// Gradients of gamma and beta are sums over all pixels, on one thread: the order must not depend on the number of
    /// threads.
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        constexpr kernels::norm_sets sets = Kernels::template sets<Step>;
        constexpr kernels::image in = Step::in, from = grad_out_image<Step>, to = grad_in_image<Step>;
        if constexpr (trains<Step>) {
            const auto [grad_gamma, grad_beta] = tensors<Step>(call.gradients);
            if constexpr (by_pixel<Step>)
                kernels::layer_norm_parameter_gradients<in, from, Kernels::centered>(
                    call.in, call.grad_out, epsilon<T>, grad_gamma, grad_beta, call.batch);
            else
                kernels::set_norm_parameter_gradients<sets, in, from>(call.in, call.grad_out, epsilon<T>,
                                                                      grad_gamma, grad_beta, call.batch);
        }
        if (!wants_input_gradient) return;
        const T* const gamma = tensors<Step>(call.parameters).gamma;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            if constexpr (by_pixel<Step>)
                kernels::layer_norm_backward<in, from, to, Kernels::centered>(
                    call.in, call.grad_out, gamma, epsilon<T>, call.grad_in, epilogue, samples);
            else
                kernels::set_norm_backward<sets, in, from, to>(call.in, call.grad_out, gamma, epsilon<T>,
                                                               call.grad_in, epilogue, samples);
        });
    }
    /// By the definition, over all elements whose set is the same.
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T*) {
        constexpr kernels::norm_sets sets = Kernels::template sets<Step>;
        constexpr std::size_t channels = Step::in.channels, piece = channels / sets.pieces,
                              height = sets.rows ? Step::in.height : 1,
                              width = sets.columns ? Step::in.width : 1, pixels = height * width;
        constexpr bool has_channel = !sets.of_elements || sets.pieces == 1;
        const affine<const T> own = folded<Step>(weights);
        for (std::size_t top = 0; top < Step::in.height; top += height)
            for (std::size_t left = 0; left < Step::in.width; left += width)
                for (std::size_t first = 0; first < channels; first += piece) {
                    const auto element = [&](std::size_t i) {
                        const std::size_t pixel = i / piece, y = top + pixel / width,
                                          x = left + pixel % width;
                        return (y * Step::in.width + x) * channels + first + i % piece;
                    };
                    T mean{}, square{};
                    for (std::size_t i = 0; Kernels::centered && i < pixels * piece; ++i)
                        mean += in[element(i)] / T(pixels * piece);
                    for (std::size_t i = 0; i < pixels * piece; ++i)
                        square += (in[element(i)] - mean) * (in[element(i)] - mean) / T(pixels * piece);
                    const T inverse = T(1) / expression::elementary::sqrt(square + epsilon<T>);
                    for (std::size_t i = 0; i < pixels * piece; ++i) {
                        const std::size_t channel = first + i % piece,
                                          parameter = !sets.of_elements ? channel
                                                      : has_channel     ? i / piece * channels + channel
                                                                        : i / piece;
                        T value = (in[element(i)] - mean) * inverse;
                        if (scaled) value *= own.gamma[parameter];
                        if (shifted) value += own.beta[parameter];
                        out[element(i)] = value;
                    }
                }
    }

private:
    template <class Step, class T, class Epilogue>
    static void forward(const T* in, const affine<const T>& own, T* out, const Epilogue& epilogue,
                        kernels::range samples) {
        if constexpr (by_pixel<Step>)
            kernels::layer_norm_forward<Step::in, Step::out, Kernels::centered>(
                in, own.gamma, own.beta, epsilon<T>, out, epilogue, samples);
        else
            kernels::set_norm_forward<Kernels::template sets<Step>, Step::in, Step::out>(
                in, own.gamma, own.beta, epsilon<T>, out, epilogue, samples);
    }
};

/// Over the axes of the layer's option.
template <class Layer, bool Centered>
struct axes_norm_lowering : sample_norm_lowering<Layer, axes_norm_lowering<Layer, Centered>> {
    static constexpr bool centered = Centered;
    template <class Step>
    static constexpr kernels::norm_sets sets = [] {
        constexpr norm_axes axes = axes_of_norm(Layer::options, Step::at.input);
        return kernels::norm_sets{axes.rows, axes.columns, axes.channels ? 1 : Step::in.channels, true,
                                  Centered};
    }();
};
template <class... Options>
struct lowering<layer_norm<Options...>> : axes_norm_lowering<layer_norm<Options...>, true> {};
template <class... Options>
struct lowering<rms_norm<Options...>> : axes_norm_lowering<rms_norm<Options...>, false> {};
template <class Layer>
struct group_norm_lowering : sample_norm_lowering<Layer, group_norm_lowering<Layer>> {
    static constexpr bool centered = true;
    template <class Step>
    static constexpr kernels::norm_sets sets{true, true, Layer::groups_of(Step::in.channels)};
};
template <std::size_t Groups, class... Options>
struct lowering<group_norm<Groups, Options...>> : group_norm_lowering<group_norm<Groups, Options...>> {};
template <class... Options>
struct lowering<instance_norm<Options...>> : group_norm_lowering<instance_norm<Options...>> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
