// SPDX-License-Identifier: BSL-1.0
// Types of 5 tokens for 6 tokens.
// expect: rule::joined_shapes_differ
// expect: at_layer<4
// expect: input<5, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using types = at::named<"token_type_ids", at::input<6>>;
#else
using types = at::named<"token_type_ids", at::input<5>>;
#endif
using net = at::network<at::named<"input_ids", at::input<6>>, types, at::from<"input_ids">,
                        at::embedding<9, 4>, at::token_type_embedding<2, 4>>;
static_assert(at::output_shape<net> == at::shape{6, 4});
