// SPDX-License-Identifier: BSL-1.0
// A dilated window that holds nothing but the padding of `same`.
// expect: rule::window_holds_padding_alone
// expect: at_layer<1,
// expect: max_pool1d<2, archetype::dilation<2
// expect: input<1, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<2, 4>, at::max_pool1d<2, at::dilation<2>, at::stride<1>, at::same>,
                        at::conv1d<1, 1>>;
#else
using net = at::network<at::input<1, 4>, at::max_pool1d<2, at::dilation<2>, at::same>, at::conv1d<1, 1>>;
#endif
static_assert(at::parameter_count<net> == 5);
