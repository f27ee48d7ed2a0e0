// SPDX-License-Identifier: BSL-1.0
// Joins with weights have a form with integers, but for quotients.
// expect: has_no_integer_form<
// expect: join_adds_one_value
// expect: at_layer<2,
// expect: join_weights<
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using part = at::join_weights<at::multiply, at::shape{8}>;
#else
using part = at::join_weights<at::divide, at::shape{8}>;
#endif
using net = at::network<at::input<8, 8, 8>, at::conv2d<8, 1>, part>;
static_assert(at::quantized_arena_bytes<net> > 0);
