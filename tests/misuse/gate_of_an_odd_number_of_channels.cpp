// SPDX-License-Identifier: BSL-1.0
// 5 channels have no halves.
// expect: rule::channels_have_no_halves
// expect: at_layer<2,
// expect: glu
// expect: input<5>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<6>, at::dense<10>, at::glu>;
#else
using net = at::network<at::input<6>, at::dense<5>, at::glu>;
#endif
static_assert(at::output_shape<net> == at::shape{5});
