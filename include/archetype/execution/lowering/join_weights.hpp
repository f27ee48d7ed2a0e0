// SPDX-License-Identifier: BSL-1.0
/// @file join_weights.hpp
/// Joins with a tensor of the layer's own.
#pragma once
#include <archetype/architecture/layers/join_weights.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/execution/steps/gradient_epilogue.hpp>
#include <archetype/kernels/images/map.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// next(Join(value, weight at the place)).
template <class T, class Join, kernels::stretched_image Weights, class Next>
struct own_operand_epilogue {
    static constexpr bool across_pixels = Weights.runs_across_pixels() && kernels::runs_across_pixels<Next>;
    const T* weights;
    Next next;
    ARCHETYPE_INLINE kernels::lanes<T> operator()(const kernels::lanes<T>& value,
                                                  const kernels::place& at) const {
        kernels::lanes<T> joined = join_values<Join, T>(value, kernels::load_stretched<Weights>(weights, at));
        if constexpr (std::is_same_v<Join, average>) joined = joined * kernels::broadcast(T(0.5));
        return next(joined, at);
    }
};

template <class Layer>
requires(Layer::role == layer_role::operand) struct lowering<Layer> : weightless_lowering {
    using join = typename Layer::join;
    static constexpr bool skips_frozen = true;

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        forward<Step>(call.in, call.weights, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            forward<Step>(call.in, call.parameters + offset<Step>, call.out, epilogue, samples);
        });
    }
    /// The weights' gradient is a sum over samples, on one thread: the order must not depend on the number of threads.
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        constexpr kernels::image from = grad_out_image<Step>, to = grad_in_image<Step>;
        const std::array<const T*, 2> values{call.in, call.parameters + offset<Step>};
        if constexpr (trains<Step>)
            kernels::sum_stretched<from, own<Step>>(
                call.grad_out, call.gradients + offset<Step>,
                gradient<Step, T, 1>(values, kernels::identity_epilogue{}), kernels::identity_epilogue{},
                {0, call.batch});
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            if constexpr (read<Step>.repeats())
                kernels::sum_stretched<from, to>(call.grad_out, call.grad_in,
                                                 gradient<Step, T, 0>(values, kernels::identity_epilogue{}),
                                                 epilogue, samples);
            else
                kernels::map<from, to>(call.grad_out, call.grad_in, gradient<Step, T, 0>(values, epilogue),
                                       samples);
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T*) {
        for (std::size_t i = 0; i < Step::out.size(); ++i) {
            out[i] = join_values<join, T>(
                in[repeated_from(i, Step::taken, Step::result)],
                weights[repeated_from(i, Layer::extents_for(Step::taken), Step::result)]);
            if (std::is_same_v<join, average>) out[i] *= T(0.5);
        }
    }

private:
    template <class Step>
    static constexpr std::uint64_t offset =
        parameters_of<typename Step::network>.offsets[Step::now.anchor][0];
    /// The weights: the same ones for each sample.
    template <class Step>
    static constexpr kernels::image own = [] {
        kernels::image image = image_of(value{}, Layer::extents_for(Step::taken));
        image.sample_stride = 0;
        return image;
    }();
    template <class Step>
    static constexpr kernels::stretched_image weights = kernels::stretch(own<Step>, Step::out);
    template <class Step>
    static constexpr kernels::stretched_image read = kernels::stretch(Step::in, Step::out);

    template <class Step, class T, class Epilogue>
    ARCHETYPE_INLINE static void forward(const T* in, const T* numbers, T* out, const Epilogue& epilogue,
                                         kernels::range samples) {
        const own_operand_epilogue<T, join, weights<Step>, Epilogue> joined{numbers, epilogue};
        if constexpr (read<Step>.repeats())
            kernels::map_stretched<read<Step>, Step::out>(in, out, joined, samples);
        else
            kernels::map<Step::in, Step::out>(in, out, joined, samples);
    }
    template <class Step, class T, std::size_t I, class Next>
    static auto gradient(const std::array<const T*, 2>& values, const Next& next) {
        return join_gradient<T, join, I, Next, read<Step>, weights<Step>>{values, next};
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
