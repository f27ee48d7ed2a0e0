// SPDX-License-Identifier: BSL-1.0
// A network with a fault has no size: the fault is the only report.
// expect: rule::extent_is_zero
// expect: at_layer<1,
// refuse: exceeds_budget
// lines: 16
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<1>>;
#else
using net = at::network<at::input<4>, at::dense<0>>;
#endif
static_assert(at::fits<net, at::flash<1024>, at::ram<2048>>);
