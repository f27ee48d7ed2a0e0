// SPDX-License-Identifier: BSL-1.0
// What another sequence says has no time in common with the queries.
// expect: rule::unknown_option
// expect: "cross_attention"
// expect: option::causal
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::cross_attention<8, 2, "memory">;
#else
using layer = at::cross_attention<8, 2, "memory", at::causal>;
#endif
using net = at::network<at::named<"memory", at::input<6, 8>>, at::dense<8, at::last_axis>, layer>;
static_assert(at::output_shape<net> == at::shape{6, 8});
