// SPDX-License-Identifier: BSL-1.0
// per_step is for {time, 1}, not for {time}.
// expect: rule::takes_one_class_each_step
// expect: at_layer<1,
// expect: embedding
// expect: input<40>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<40, 1>, at::embedding<100, 8, at::per_step>>;
#else
using net = at::network<at::input<40>, at::embedding<100, 8, at::per_step>>;
#endif
static_assert(at::output_shape<net> == at::shape{40, 8});
