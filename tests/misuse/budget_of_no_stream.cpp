// SPDX-License-Identifier: BSL-1.0
// What cannot be streamed has no size as a stream: the fault is the only report.
// expect: rule::stream_sees_no_future
// expect: at_layer<1,
// refuse: exceeds_budget
// lines: 16
#include <archetype/inference.hpp>

namespace at = archetype;
using namespace at::literals;

#ifdef CONTROL
using net = at::network<at::input<64, 1>, at::conv1d<4, 3, at::causal>>;
#else
using net = at::network<at::input<64, 1>, at::conv1d<4, 3, at::same>>;
#endif
static_assert(at::fits<net, at::stream_ram<4_KiB>>);
