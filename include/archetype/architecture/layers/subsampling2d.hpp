// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/combinators.hpp>
#include <archetype/architecture/layers/depthwise_conv2d.hpp>
#include <archetype/architecture/layers/pooling/pool2d.hpp>

namespace archetype {

/// The subsampling layer of LeNet-5 (LeCun et al. 1998): the average of each window times one trainable weight, plus one
/// bias, for each channel: 2 C parameters. An avg_pool2d and a 1 x 1 depthwise_conv2d, with the options of the former.
template <auto Size, class... Options>
requires std::convertible_to<decltype(Size), extent>
struct subsampling2d {
};

namespace detail {
template <auto Size, class... Options>
struct part<subsampling2d<Size, Options...>>
    : part<named<"subsampling2d", sequence<avg_pool2d<Size, Options...>, depthwise_conv2d<1>>>> {};
}  // namespace detail

}  // namespace archetype
