// SPDX-License-Identifier: BSL-1.0
// Attention to another sequence has no 8-bit form.
// expect: has_no_integer_form<archetype::integer_rule::attention_is_plain, archetype::at_layer<
// expect: attention
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::self_attention<8, 2>;
#else
using layer = at::cross_attention<8, 2, "memory">;
#endif
using net = at::network<at::input<16, 8>, at::point<"memory">, at::conv1d<8, 3>, layer>;
static_assert(at::quantized_arena_bytes<net> <= 4096);
