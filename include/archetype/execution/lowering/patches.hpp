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

/// Pointwise layers one after the other, named by their types alone: the same for all layers that have them.
template <class... Layers>
struct patch_epilogue {
    static constexpr bool across_pixels = true;
    template <class V>
    ARCHETYPE_INLINE V operator()(V x, const kernels::place&) const {
        ((x = expression::evaluate(pointwise_expression<Layers>::value, x)), ...);
        return x;
    }
    static constexpr bool waits_for_maximum = (is_monotone<Layers> && ...);
};

/// The layers `First` to `Last - 1` of `Net`.
template <class Net, std::size_t First, std::size_t Last,
          class Indices = std::make_index_sequence<Last - First>>
struct patch_epilogue_of;
template <class Net, std::size_t First, std::size_t Last, std::size_t... I>
struct patch_epilogue_of<Net, First, Last, std::index_sequence<I...>> {
    using type = patch_epilogue<boost::mp11::mp_at_c<layers_of<Net>, First + I>...>;
};

template <class First, class Second>
struct joined_epilogue;
template <class... First, class... Second>
struct joined_epilogue<patch_epilogue<First...>, patch_epilogue<Second...>> {
    using type = patch_epilogue<First..., Second...>;
};

/// A contraction with its activations and the pooling on the fly, if there is one.
template <class Step, class T>
ARCHETYPE_INLINE void infer_in_patches(const inference_call<T>& call) {
    using net = typename Step::network;
    constexpr step now = Step::now;
    constexpr bool biased = inference_weights_of<net>.steps[Step::index].has_bias();
    constexpr kernels::conv2d_geometry geometry = geometry_of(Step::at, Step::in, Step::out);
    using activations = typename patch_epilogue_of<net, now.activation_first, now.activation_last>::type;
    if constexpr (now.pool == none) {
        kernels::conv2d_patches_forward<geometry, kernels::no_pooling, Step::out, true, biased,
                                        patch_epilogue<>, activations>(call.in, call.weights, call.bias,
                                                                       call.out, call.samples);
    } else {
        using layer = boost::mp11::mp_at_c<layers_of<net>, now.pool>;
        using pooled =
            typename patch_epilogue_of<net, now.pool_activation_first, now.pool_activation_last>::type;
        constexpr const node& pool = unchecked_facts<net>.nodes[now.pool];
        constexpr kernels::image out = image_of(inference_plan<net>.values[now.to], pool.output);
        constexpr bool waits = layer::is_max && activations::waits_for_maximum;
        using before = boost::mp11::mp_if_c<waits, patch_epilogue<>, activations>;
        using after =
            boost::mp11::mp_if_c<waits, typename joined_epilogue<activations, pooled>::type, pooled>;
        kernels::conv2d_patches_forward<geometry, window_of(pool), out, layer::is_max, biased, before, after>(
            call.in, call.weights, call.bias, call.out, call.samples);
    }
}

}  // namespace archetype::detail
