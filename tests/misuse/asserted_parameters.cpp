// SPDX-License-Identifier: BSL-1.0
// A number of parameters that was asserted wrongly.
// expect: is_different<
// expect: found<archetype::count<90>
// expect: asked<archetype::count<80>
#include <archetype/architecture.hpp>

namespace at = archetype;

using net = at::network<at::input<8>, at::dense<8>, at::named<"head", at::dense<10>>>;
#ifdef CONTROL
static_assert(at::has_parameters<net, 90, "head"> && at::has_parameters<net, 162>);
#else
static_assert(at::has_parameters<net, 80, "head">);
#endif
