// SPDX-License-Identifier: BSL-1.0
// A function of numbers within an activation.
// expect: archetype: an expression has no value while it is written: tanh(x) for std::tanh(x)
// lines: 60
#include <archetype/inference.hpp>
#include <cmath>

namespace at = archetype;

#ifdef CONTROL
using own = at::activation<[](auto x) { return x * tanh(x); }>;
#else
using own = at::activation<[](auto x) { return x * std::tanh(x); }>;
#endif
using net = at::network<at::input<4>, at::dense<2>, own>;
static_assert(sizeof(at::inference<net>) != 0);
