// SPDX-License-Identifier: BSL-1.0
// Networks in 8 bits have one input.
// expect: has_no_integer_form<archetype::integer_rule::one_input_and_one_result
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::dense<4>>;
#else
using net =
    at::network<at::input<8>, at::dense<4>, at::point<"one">, at::input<4>, at::merge<at::add, "one">>;
#endif
static_assert(at::quantized_arena_bytes<net> <= 1024);
