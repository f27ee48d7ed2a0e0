// SPDX-License-Identifier: BSL-1.0
// 10 channels are not 4 pieces.
// expect: rule::channels_are_not_divisible_by_pieces
// expect: at_layer<2,
// expect: piece_max<
// expect: input<10>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<6>, at::dense<10>, at::piece_max<5>>;
#else
using net = at::network<at::input<6>, at::dense<10>, at::piece_max<4>>;
#endif
static_assert(at::output_shape<net> == at::shape{2});
