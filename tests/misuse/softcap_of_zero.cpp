// SPDX-License-Identifier: BSL-1.0
// All scores would be zero.
// expect: rule::softcap_is_not_positive
// expect: at_layer<1,
// expect: self_attention
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<9, 20>, at::self_attention<20, 5, at::softcap<50.0>>>;
#else
using net = at::network<at::input<9, 20>, at::self_attention<20, 5, at::softcap<0.0>>>;
#endif
static_assert(at::output_shape<net> == at::shape{9, 20});
