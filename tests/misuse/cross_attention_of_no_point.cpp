// SPDX-License-Identifier: BSL-1.0
// Keys from a point that stands further down.
// expect: rule::point_does_not_exist
// expect(clang): "cross_attention/encoded"
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using asking = at::named<"x", at::input<6, 8>>;
using answering =
    at::sequence<at::named<"other", at::input<4, 8>>, at::gelu, at::point<"encoded">, at::from<"x">>;
#else
using asking = at::input<6, 8>;
using answering = at::sequence<>;
#endif
using net = at::network<asking, answering, at::cross_attention<8, 2, "encoded">, at::point<"encoded">>;
static_assert(at::output_shape<net> == at::shape{6, 8});
