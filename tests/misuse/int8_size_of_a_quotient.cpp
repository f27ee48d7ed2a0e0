// SPDX-License-Identifier: BSL-1.0
// The size of an 8-bit form that there is not.
// expect: has_no_integer_form<archetype::integer_rule::join_adds_one_value, archetype::at_layer<3,
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using join = at::multiply;
#else
using join = at::divide;
#endif
using net = at::network<at::input<16>, at::dense<16>, at::branches<join, at::sequence<>, at::relu>>;
static_assert(at::quantized_arena_bytes<net> <= 1024);
static_assert(at::quantized_weight_bytes<net> <= 4096 &&
              at::quantized_weight_count<net> == at::quantized_weight_count<net>);
