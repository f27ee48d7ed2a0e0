// SPDX-License-Identifier: BSL-1.0
// A mask of 5 steps for 6 steps.
// expect: rule::mask_does_not_fit
// expect: at_layer<4,
// expect: "self_attention"
// expect: input<5>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
constexpr std::size_t steps = 6;
#else
constexpr std::size_t steps = 5;
#endif
using net =
    at::network<at::named<"x", at::input<6, 8>>, at::named<"attention_mask", at::input<steps>>, at::from<"x">,
                at::dense<8, at::last_axis>, at::self_attention<8, 2, at::padding_mask<"attention_mask">>>;
static_assert(at::output_shape<net> == at::shape{6, 8});
