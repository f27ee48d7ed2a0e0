// SPDX-License-Identifier: BSL-1.0
// A function of numbers as an activation.
// expect: rule::not_an_expression
// expect: at_layer<2,
// expect: input<4>
// sentence: archetype: layer 2 (activation): an activation takes an expression or a generic lambda of one argument
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using own = at::activation<[](auto x) { return x * x; }>;
#else
using own = at::activation<[](double x) { return x * x; }>;
#endif
static_assert(at::parameter_count<at::network<at::input<8>, at::dense<4>, own>> == 36);
