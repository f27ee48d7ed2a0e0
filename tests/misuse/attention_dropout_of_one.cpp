// SPDX-License-Identifier: BSL-1.0
// All shares would be dropped.
// expect: rule::dropout_rate_is_out_of_range
// expect: self_attention_parts<8, 2, archetype::attention_dropout<1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::self_attention<8, 2, at::attention_dropout<0.1>>;
#else
using layer = at::self_attention<8, 2, at::attention_dropout<1>>;
#endif
using net = at::network<at::input<6, 8>, layer>;
static_assert(at::output_shape<net> == at::shape{6, 8});
