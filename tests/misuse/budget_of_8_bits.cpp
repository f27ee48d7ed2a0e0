// SPDX-License-Identifier: BSL-1.0
// Activations of 8 bits that do not fit: the largest value alive is that of the first layer, not of the last.
// expect: exceeds_budget<archetype::ram,
// expect: at_layer<1
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;
using namespace at::literals;

using body = at::sequence<at::conv2d<4, 3, at::same>, at::relu, at::conv2d<24, 1>>;
using net = at::network<at::input<28, 28, 1>, at::named<"wide", at::conv2d<24, 3, at::same>>, at::relu,
                        at::residual<body>, at::relu, at::global_avg_pool2d, at::dense<10>>;

#ifdef CONTROL
static_assert(at::fits<net, at::quantized_flash<16_KiB>, at::quantized_ram<64_KiB>>);
#else
static_assert(at::fits<net, at::quantized_flash<16_KiB>, at::quantized_ram<8_KiB>>);
#endif
