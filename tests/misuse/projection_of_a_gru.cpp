// SPDX-License-Identifier: BSL-1.0
// PyTorch's GRU has no projection either.
// expect: rule::unknown_option
// expect: at_layer<1,
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::lstm<5, at::proj_size<2>>>;
#else
using net = at::network<at::input<4, 3>, at::gru<5, at::proj_size<2>>>;
#endif
static_assert(at::output_shape<net> == at::shape{2});
