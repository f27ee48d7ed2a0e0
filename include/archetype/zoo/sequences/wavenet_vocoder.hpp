// SPDX-License-Identifier: BSL-1.0
/// @file wavenet_vocoder.hpp
/// WaveNet as a vocoder: van den Oord et al., "WaveNet: a generative model for raw audio", 2016, section 2.5, with the layers that Shen
/// et al., "Natural TTS synthesis by conditioning WaveNet on mel spectrogram predictions", 2018, section 2.3, give it.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// z = tanh(filter of x and the condition) sigmoid(gate of both), both by one convolution; `Skip` channels of z are added to a point
/// "skip" and, but in the last layer, `Residual` to x. Stands behind points "condition" and, but for the first layer, "skip".
template <std::size_t Residual, std::size_t Skip, std::size_t Dilation, bool IsFirst, bool IsLast>
using vocoder_layer =
    sequence<point<"x">,
             branches<add, named<"conv", conv1d<2 * Residual, 3, causal, dilation<Dilation>>>,
                      sequence<from<"condition">, named<"condition", conv1d<2 * Residual, 1, no_bias>>>>,
             split<-1, multiply, tanh, sigmoid>, point<"z">, named<"skip", conv1d<Skip, 1>>,
             boost::mp11::mp_if_c<IsFirst, identity, merge<add, "skip">>,
             boost::mp11::mp_if_c<IsLast, identity,
                                  sequence<point<"skip">, from<"z">, named<"residual", conv1d<Residual, 1>>,
                                           merge<add, "x">>>>;

namespace detail {
template <std::size_t Residual, std::size_t Skip, std::size_t Cycle, std::size_t... Layer>
auto vocoder_layers(boost::mp11::index_sequence<Layer...>)
    -> torch_sequence<vocoder_layer<Residual, Skip, std::size_t{1} << Layer % Cycle, Layer == 0,
                                    Layer + 1 == sizeof...(Layer)>...>;
}  // namespace detail

/// A spectrum of `Mels` channels is brought to the rate of samples by two transposed convolutions, which `Layers` dilated
/// convolutions, `Cycle` in a cycle of dilations 1, 2, 4, ..., see beside the samples so far. {Frames, Mels} "mel" and
/// {Frames * Factor1 * Factor2, 1} "samples" -> `Outputs` numbers for each sample: ten logistic distributions unless given.
/// The paper does not say how wide its layers are.
template <std::size_t Frames, std::size_t Mels = 80, std::size_t Factor1 = 15, std::size_t Factor2 = 20,
          std::size_t Layers = 30, std::size_t Cycle = 10, std::size_t Residual = 512, std::size_t Skip = 256,
          std::size_t Outputs = 30>
using wavenet_vocoder =
    network<named<"mel", input<Frames, Mels>>,
            named<"upsample1", conv1d_transpose<Mels, Factor1, stride<Factor1>>>, relu,
            named<"upsample2", conv1d_transpose<Mels, Factor2, stride<Factor2>>>, relu, point<"condition">,
            named<"samples", input<Frames * Factor1 * Factor2, 1>>, from<"samples">,
            named<"first", conv1d<Residual, 1>>,
            named<"layers", decltype(detail::vocoder_layers<Residual, Skip, Cycle>(
                                boost::mp11::make_index_sequence<Layers>{}))>,
            relu, named<"hidden", conv1d<Skip, 1>>, relu, named<"scores", conv1d<Outputs, 1>>>;

}  // namespace archetype::zoo
