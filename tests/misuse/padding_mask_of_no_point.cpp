// SPDX-License-Identifier: BSL-1.0
// A mask by a name that nothing has.
// expect: rule::point_does_not_exist
// expect: at_layer<3
// expect(clang): "self_attention/attention_mask"
// expect(gcc): detail::mask_channel
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using mask = at::named<"attention_mask", at::input<6>>;
#else
using mask = at::named<"mask", at::input<6>>;
#endif
using net = at::network<at::named<"x", at::input<6, 8>>, mask, at::from<"x">,
                        at::self_attention<8, 2, at::padding_mask<"attention_mask">>>;
static_assert(at::output_shape<net> == at::shape{6, 8});
