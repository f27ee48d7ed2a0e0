// SPDX-License-Identifier: BSL-1.0
// A pointer where time steps are expected.
// expect: archetype: a pointer does not say how many steps there are
// lines: 30
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<64, 1>, at::gru<4, at::return_sequences>, at::dense<1, at::last_axis>>;
float use(at::stream<net, float, 64>& stream, const float* steps, std::size_t count) {
#ifdef CONTROL
    return stream.run(std::span<const float>(steps, count))[0];
#else
    return stream.run(steps)[count];
#endif
}
