// SPDX-License-Identifier: BSL-1.0
// Keys of a vector, where a sequence is expected.
// expect: rule::takes_a_sequence
// expect: "cross_attention/kv_proj"
// expect: input<8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using memory = at::named<"memory", at::input<1, 8>>;
#else
using memory = at::named<"memory", at::input<8>>;
#endif
using net =
    at::network<at::named<"x", at::input<6, 8>>, memory, at::from<"x">, at::cross_attention<8, 2, "memory">>;
static_assert(at::output_shape<net> == at::shape{6, 8});
