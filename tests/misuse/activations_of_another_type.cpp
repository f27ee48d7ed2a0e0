// SPDX-License-Identifier: BSL-1.0
// Activations are integers of 8 or 16 bits.
// expect: has_no_integer_form<archetype::integer_rule::activations_have_8_or_16_bits
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using number = std::int16_t;
#else
using number = float;
#endif
using net = at::network<at::input<8>, at::dense<4>>;
static_assert(at::quantized_arena_bytes<net, number> <= 1024);
