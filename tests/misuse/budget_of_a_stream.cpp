// SPDX-License-Identifier: BSL-1.0
// A convolution keeps more steps than the memory has room for.
// expect: exceeds_budget<archetype::ram,
// expect: 4096,
// expect: archetype::at_layer<2,
// refuse: boost::mp11
// lines: 16
#include <archetype/inference.hpp>

namespace at = archetype;
using namespace at::literals;

#ifdef CONTROL
constexpr std::size_t dilation = 16;
#else
constexpr std::size_t dilation = 512;
#endif
using net = at::network<at::input<64, 1>, at::conv1d<4, 2, at::causal>,
                        at::conv1d<2, 2, at::causal, at::dilation<dilation>>>;
static_assert(at::fits<net, at::stream_ram<4_KiB>>);
