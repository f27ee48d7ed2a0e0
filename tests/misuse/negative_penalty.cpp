// SPDX-License-Identifier: BSL-1.0
// A penalty that would reward.
// expect: rule::penalty_is_negative
// expect: dense<4
// expect: input<8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::dense<4, at::l2<0.1>>>;
#else
using net = at::network<at::input<8>, at::dense<4, at::l2<-0.1>>>;
#endif
static_assert(at::parameter_count<net> == 36);
