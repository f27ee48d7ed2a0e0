// SPDX-License-Identifier: BSL-1.0
// Normalizations of samples have no 8-bit form.
// expect: has_no_integer_form<archetype::integer_rule::no_such_layer, archetype::at_layer<2,
// expect: rms_norm<
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::batch_norm<>;
#else
using layer = at::rms_norm<>;
#endif
using net = at::network<at::input<16>, at::dense<16>, layer>;
static_assert(at::quantized_arena_bytes<net> <= 1024);
