// SPDX-License-Identifier: BSL-1.0
// A recurrent layer of 8 bits whose states go on in the network.
// expect: has_no_integer_form<
// expect(gcc): recurrence_starts_from_zeros
// expect: at_layer<1
// expect: gru<4
#include <archetype/inference.hpp>

namespace at = archetype;

using layer = at::gru<4, at::reset_after>;
#ifdef CONTROL
using net = at::network<at::input<5, 3>, layer, at::dense<2>>;
#else
using net = at::network<at::input<5, 3>, at::with_states<layer, at::final_states<"h">>, at::dense<2>>;
#endif
static_assert(at::quantized_arena_bytes<net> > 0);
