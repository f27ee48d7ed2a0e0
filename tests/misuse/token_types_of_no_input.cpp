// SPDX-License-Identifier: BSL-1.0
// Types of tokens from an input that has another name.
// expect: rule::point_does_not_exist
// expect: at_layer<3
// expect: "token_type_ids"
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using types = at::named<"token_type_ids", at::input<6>>;
#else
using types = at::named<"segment_ids", at::input<6>>;
#endif
using net = at::network<at::named<"input_ids", at::input<6>>, types, at::from<"input_ids">,
                        at::embedding<9, 4>, at::token_type_embedding<2, 4>>;
static_assert(at::output_shape<net> == at::shape{6, 4});
