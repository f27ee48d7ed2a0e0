// SPDX-License-Identifier: BSL-1.0
// A dense layer on an image, as in the AlexNet of 25,678,184 parameters that nobody meant.
// expect: rule::flatten_is_missing
// expect: at_layer<3,
// expect: dense<10>
// expect: input<13, 13, 8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net =
    at::network<at::input<28, 28, 1>, at::conv2d<8, 3>, at::max_pool2d<2>, at::flatten, at::dense<10>>;
#else
using net = at::network<at::input<28, 28, 1>, at::conv2d<8, 3>, at::max_pool2d<2>, at::dense<10>>;
#endif
static_assert(at::parameter_count<net> == 13'610);
