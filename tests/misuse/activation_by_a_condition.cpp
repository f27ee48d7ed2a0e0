// SPDX-License-Identifier: BSL-1.0
// A condition is no value: where(x > 0, 1, 0) is one.
// expect: archetype: an activation gives an expression of its argument
// lines: 45
#include <archetype/inference.hpp>
#include <cmath>

namespace at = archetype;

#ifdef CONTROL
using own = at::activation<[](auto x) { return where((x > 0.f), x, 0.1f * x); }>;
#else
using own = at::activation<[](auto x) { return (x > 0.f); }>;
#endif
using net = at::network<at::input<4>, at::dense<2>, own>;
static_assert(sizeof(at::inference<net>) != 0);
