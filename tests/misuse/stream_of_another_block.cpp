// SPDX-License-Identifier: BSL-1.0
// More time steps than the block has.
// expect: archetype: another number of time steps than the stream's block
// expect: float, 64, 65
// lines: 30
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<64, 1>, at::gru<4, at::return_sequences>, at::dense<1, at::last_axis>>;
#ifdef CONTROL
constexpr std::size_t count = 64;
#else
constexpr std::size_t count = 65;
#endif
float use(at::stream<net, float, 64>& stream, const float (&steps)[count]) { return stream(steps)[0]; }
