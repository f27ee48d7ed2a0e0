// SPDX-License-Identifier: BSL-1.0
// More products than 32 bits can add up.
// expect: has_no_integer_form<archetype::integer_rule::products_fit_the_sum, archetype::at_layer<1,
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<66052>, at::dense<2>>;
#else
using net = at::network<at::input<4200000>, at::dense<2>>;
#endif
static_assert(at::quantized_arena_bytes<net> <= 8'000'000);
