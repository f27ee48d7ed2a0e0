// SPDX-License-Identifier: BSL-1.0
// A mask of lengths from the sequence itself.
// expect: rule::takes_one_length
// expect: at_layer<1,
// expect: input<6, 8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<1>, at::sequence_mask<6>>;
#else
using net = at::network<at::input<6, 8>, at::sequence_mask<6>>;
#endif
static_assert(at::output_shape<net> == at::shape{6});
