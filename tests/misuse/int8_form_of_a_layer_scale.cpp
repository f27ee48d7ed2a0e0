// SPDX-License-Identifier: BSL-1.0
// Joins with weights have no form with integers.
// expect: has_no_integer_form<
// expect: no_such_layer
// expect: at_layer<2,
// expect: join_weights<
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using part = at::batch_norm<>;
#else
using part = at::join_weights<at::multiply, at::shape{8}>;
#endif
using net = at::network<at::input<8, 8, 8>, at::conv2d<8, 1>, part>;
static_assert(at::quantized_arena_bytes<net> > 0);
