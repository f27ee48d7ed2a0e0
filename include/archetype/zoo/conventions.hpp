// SPDX-License-Identifier: BSL-1.0
/// @file conventions.hpp
/// What several networks of the zoo build from.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// Batch normalization with PyTorch's conventions and an epsilon that the network's source gives.
template <double Epsilon = 1e-5>
using torch_norm = batch_norm<epsilon<Epsilon>, momentum<0.9>, unbiased_variance>;

/// A convolution without bias, batch_norm, relu: layers "conv" and "bn" of a part with a name.
/// @tparam Options  of conv2d
template <name Name, std::size_t Filters, auto Kernel, class Norm, class... Options>
using conv_bn_relu =
    named<Name,
          sequence<named<"conv", conv2d<Filters, Kernel, no_bias, Options...>>, named<"bn", Norm>, relu>>;

}  // namespace archetype::zoo
