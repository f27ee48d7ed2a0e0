// SPDX-License-Identifier: BSL-1.0
// Weights that do not fit into the flash.
// expect: exceeds_budget<archetype::flash, 48064, 40960, 7104, archetype::at_layer<5
// refuse: boost::mp11
#include <archetype/inference.hpp>

namespace at = archetype;
using namespace at::literals;

using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
                        at::flatten, at::dense<10>, at::softmax>;

#ifdef CONTROL
static_assert(at::fits<net, at::flash<48_KiB>, at::ram<16_KiB>>);
#else
static_assert(at::fits<net, at::flash<40_KiB>, at::ram<16_KiB>>);
#endif
