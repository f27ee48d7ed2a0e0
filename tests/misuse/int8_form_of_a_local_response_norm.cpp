// SPDX-License-Identifier: BSL-1.0
// Normalization across neighbouring channels has no 8-bit form.
// expect: has_no_integer_form<archetype::integer_rule::no_such_layer, archetype::at_layer<2,
// expect: local_response_norm
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::glu;
#else
using layer = at::local_response_norm<3>;
#endif
using net = at::network<at::input<16>, at::dense<16>, layer>;
static_assert(at::quantized_arena_bytes<net> <= 1024);
