// SPDX-License-Identifier: BSL-1.0
// Attention with rotary positions has no 8-bit form.
// expect: has_no_integer_form<archetype::integer_rule::attention_is_plain, archetype::at_layer<2,
// expect: scaled_dot_product_attention<
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::self_attention<16, 2>;
#else
using layer = at::self_attention<16, 2, at::rotary<>>;
#endif
using net = at::network<at::input<12, 16>, layer>;
static_assert(at::quantized_arena_bytes<net> <= 4096);
