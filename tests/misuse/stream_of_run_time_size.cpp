// SPDX-License-Identifier: BSL-1.0
// A block of a size that is known at run time.
// expect: archetype: the number of time steps is known at run time only: run(steps) takes any from one to the stream's block
// lines: 30
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<64, 1>, at::gru<4, at::return_sequences>, at::dense<1, at::last_axis>>;
float use(at::stream<net, float, 64>& stream, std::span<const float> steps) {
#ifdef CONTROL
    return stream.run(steps)[0];
#else
    return stream(steps)[0];
#endif
}
