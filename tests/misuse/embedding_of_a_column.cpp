// SPDX-License-Identifier: BSL-1.0
// Class numbers with an axis of one, as sequences of numbers have it.
// expect: rule::takes_class_numbers
// expect: embedding<10, 3
// expect: input<40, 1>
// sentence: archetype: layer 1 (embedding) cannot take (40, 1): an embedding takes one class number for each step
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<40>, at::embedding<10, 3>>;
#else
using net = at::network<at::input<40, 1>, at::embedding<10, 3>>;
#endif
static_assert(at::parameter_count<net> == 30);
