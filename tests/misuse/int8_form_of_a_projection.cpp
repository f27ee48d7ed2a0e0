// SPDX-License-Identifier: BSL-1.0
// A recurrent layer without an 8-bit form.
// expect: has_no_integer_form<archetype::integer_rule::recurrence_is_an_lstm_or_gru, archetype::at_layer<2,
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using cell = at::lstm<4>;
#else
using cell = at::lstm<4, at::proj_size<2>>;
#endif
using net =
    at::network<at::input<12, 3>, at::gru<4, at::return_sequences>, at::named<"encoder", cell>, at::dense<2>>;
static_assert(at::quantized_arena_bytes<net> <= 1024);
