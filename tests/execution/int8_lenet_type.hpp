// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture.hpp>

namespace at = archetype;

namespace int8_lenet {

using network = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
                            at::conv2d<16, 5>, at::relu, at::max_pool2d<2>, at::flatten, at::dense<120>,
                            at::relu, at::dense<84>, at::relu, at::dense<10>, at::relu>;

}  // namespace int8_lenet
