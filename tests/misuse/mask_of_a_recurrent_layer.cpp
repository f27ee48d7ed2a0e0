// SPDX-License-Identifier: BSL-1.0
// A mask of another sequence.
// expect: rule::mask_does_not_fit
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using mask = at::input<6>;
#else
using mask = at::input<5>;
#endif
using net = at::network<at::named<"x", at::input<6, 4>>, at::named<"mask", mask>, at::from<"x">,
                        at::lstm<3, at::padding_mask<"mask">>>;
static_assert(at::output_shape<net> == at::shape{3});
