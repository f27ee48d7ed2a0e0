// SPDX-License-Identifier: BSL-1.0
// Activations that do not fit into the memory.
// expect: exceeds_budget<archetype::ram, 10432, 8192, 2240, archetype::at_layer<1
// refuse: boost::mp11
#include <archetype/inference.hpp>

namespace at = archetype;
using namespace at::literals;

using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
                        at::flatten, at::dense<10>, at::softmax>;

#ifdef CONTROL
static_assert(at::fits<net, at::ram<16_KiB>>);
#else
static_assert(at::fits<net, at::ram<8_KiB>>);
#endif
