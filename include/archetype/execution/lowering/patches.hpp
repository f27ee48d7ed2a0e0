// SPDX-License-Identifier: BSL-1.0
/// @file patches.hpp
/// Contractions at inference on targets without wide vectors: with the pooling after them in one kernel.
#pragma once
#include <archetype/architecture/layers/activation.hpp>
#include <archetype/architecture/layers/pool2d.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/conv2d_patches.hpp>

namespace archetype::detail {

/// Never decreases, so that the largest of several results is the result of the largest: it can wait for the pooling.
template <class Layer>
inline constexpr bool is_monotone = false;
template <>
inline constexpr bool is_monotone<relu> = true;
template <>
inline constexpr bool is_monotone<sigmoid> = true;
template <>
inline constexpr bool is_monotone<archetype::tanh> = true;
template <double Slope>
inline constexpr bool is_monotone<leaky_relu<Slope>> = Slope >= 0;
template <double Alpha>
inline constexpr bool is_monotone<elu<Alpha>> = Alpha >= 0;

template <class Net, std::size_t First, std::size_t Last>
inline constexpr bool are_monotone = []<std::size_t... I>(std::index_sequence<I...>) {
    return (is_monotone<boost::mp11::mp_at_c<layers_of<Net>, First + I>> && ...);
}
(std::make_index_sequence<Last - First>{});

/// Both activations of a step, one after the other.
template <class First, class Second>
struct activations_in_turn {
    static constexpr bool across_pixels = true;
    template <class V>
    ARCHETYPE_INLINE V operator()(const V& x, const kernels::place&) const {
        return Second::apply(First::apply(x));
    }
};

/// A contraction with its activations and the pooling on the fly, if there is one.
template <class Step, class T>
void infer_in_patches(const inference_call<T>& call) {
    using net = typename Step::network;
    constexpr bool biased = inference_weights_of<net>.steps[Step::index].has_bias();
    constexpr kernels::conv2d_geometry geometry = geometry_of(Step::at, Step::in, Step::out);
    using activations = typename Step::activations;
    if constexpr (Step::now.pool == none) {
        kernels::conv2d_patches_forward<geometry, kernels::no_pooling, Step::out, true, biased>(
            call.in, call.weights, call.bias, call.out, kernels::identity_epilogue{}, activations{},
            call.samples);
    } else {
        using layer = boost::mp11::mp_at_c<layers_of<net>, Step::now.pool>;
        constexpr const node& pool = unchecked_facts<net>.nodes[Step::now.pool];
        constexpr kernels::image out = image_of(inference_plan<net>.values[Step::now.to], pool.output);
        if constexpr (layer::is_max &&
                      are_monotone<net, Step::now.activation_first, Step::now.activation_last>)
            kernels::conv2d_patches_forward<geometry, window_of(pool), out, true, biased>(
                call.in, call.weights, call.bias, call.out, kernels::identity_epilogue{},
                activations_in_turn<activations, typename Step::pool_activations>{}, call.samples);
        else
            kernels::conv2d_patches_forward<geometry, window_of(pool), out, layer::is_max, biased>(
                call.in, call.weights, call.bias, call.out, activations{}, typename Step::pool_activations{},
                call.samples);
    }
}

}  // namespace archetype::detail
