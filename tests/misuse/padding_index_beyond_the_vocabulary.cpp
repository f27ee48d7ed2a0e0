// SPDX-License-Identifier: BSL-1.0
// A padding index that is no class.
// expect: rule::padding_index_exceeds_the_vocabulary
// expect: at_layer<1,
// expect: embedding<10, 3, archetype::padding_index<10
// expect: input<4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::embedding<10, 3, at::padding_index<9>>>;
#else
using net = at::network<at::input<4>, at::embedding<10, 3, at::padding_index<10>>>;
#endif
static_assert(at::parameter_count<net> == 30);
