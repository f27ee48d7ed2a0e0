// SPDX-License-Identifier: BSL-1.0
/// @file patches.hpp
/// Contractions at inference on targets without wide vectors: with the pooling after them in one kernel.
#pragma once
#include <archetype/architecture/layers/activation.hpp>
#include <archetype/architecture/layers/pooling/pool2d.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/convolution/conv2d_patches.hpp>

#include <boost/mp11/algorithm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

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

template <class Chain>
inline constexpr bool waits_for_maximum = false;
template <class... Layers>
inline constexpr bool waits_for_maximum<activation_chain<Layers...>> = (is_monotone<Layers> && ...);

template <class First, class Second>
struct joined_chain;
template <class... First, class... Second>
struct joined_chain<activation_chain<First...>, activation_chain<Second...>> {
    using type = activation_chain<First..., Second...>;
};

constexpr kernels::patch_pooling patch_pooling_of(pool_result result) {
    return result == pool_result::largest ? kernels::patch_pooling::largest
           : result == pool_result::mean  ? kernels::patch_pooling::mean
                                          : kernels::patch_pooling::l2_norm;
}

/// A contraction with its activations, and the join or the pooling on the fly if there is one.
template <class Step, class T, class Weights, class Epilogue>
ARCHETYPE_INLINE void infer_in_patches(const inference_call<T, Weights>& call, const Epilogue& epilogue) {
    using kernels::conv2d_patches_forward;  // and what goes with other weights
    using net = typename Step::network;
    constexpr step now = Step::now;
    constexpr bool biased = inference_weights_of<net>.steps[Step::index].has_bias();
    constexpr kernels::conv2d_geometry geometry = geometry_of(Step::at, Step::in, Step::out);
    if constexpr (now.pool == none) {
        conv2d_patches_forward<geometry, kernels::no_pooling, Step::out, kernels::patch_pooling::no, biased,
                               activation_chain<>>(call.in, call.weights, call.bias, call.out, epilogue,
                                                   call.samples);
    } else {
        using layer = boost::mp11::mp_at_c<layers_of<net>, now.pool>;
        using activations = typename Step::activations;
        using pooled = typename Step::pool_activations;
        constexpr const node& pool = unchecked_facts<net>.nodes[now.pool];
        constexpr kernels::image out = image_of(inference_plan<net>.values[now.to], pool.output);
        constexpr bool waits = layer::result == pool_result::largest && waits_for_maximum<activations>;
        using before = boost::mp11::mp_if_c<waits, activation_chain<>, activations>;
        using after = boost::mp11::mp_if_c<waits, typename joined_chain<activations, pooled>::type, pooled>;
        conv2d_patches_forward<geometry, window_of(pool), out, patch_pooling_of(layer::result), biased,
                               before>(call.in, call.weights, call.bias, call.out, after{}, call.samples);
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
