// SPDX-License-Identifier: BSL-1.0
// The last state of each band is there when the sequence ends.
// expect: rule::stream_has_no_end
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::lstm<3, at::time_axis<2>>;
#else
using layer = at::lstm<3, at::time_axis<1>>;
#endif
using net = at::network<at::input<5, 5, 4>, layer>;
auto make(const at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>& weights) {
    return at::stream<net>{weights};
}
