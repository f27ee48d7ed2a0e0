// SPDX-License-Identifier: BSL-1.0
// A vector of one axis has no axis 2.
// expect: rule::axis_does_not_exist
// expect: at_layer<2,
// expect: slice<
// expect: input<12>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using part = at::slice<1, 0, 6>;
#else
using part = at::slice<2, 0, 6>;
#endif
using net = at::network<at::input<5>, at::dense<12>, part>;
static_assert(at::output_shape<net> == at::shape{6});
