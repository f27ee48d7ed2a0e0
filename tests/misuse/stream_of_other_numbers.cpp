// SPDX-License-Identifier: BSL-1.0
// Samples in double precision for a stream in single precision.
// expect: archetype: the time steps have numbers of another type than the stream
// expect: float
// lines: 30
#include <archetype/inference.hpp>

#include <array>

namespace at = archetype;

using net = at::network<at::input<64, 1>, at::gru<4, at::return_sequences>, at::dense<1, at::last_axis>>;
#ifdef CONTROL
using number = float;
#else
using number = double;
#endif
float use(at::stream<net, float, 4>& stream, const std::array<number, 4>& steps) {
    return stream.run(steps)[0];
}
