// SPDX-License-Identifier: BSL-1.0
// Integers of another type than activations have.
// expect: archetype: activations of integers are of type std::int8_t or std::int16_t
// expect: unsigned char
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using number = std::int8_t;
#else
using number = std::uint8_t;
#endif
using net = at::network<at::input<16, 1>, at::conv1d<4, 3, at::causal>>;
static_assert(!at::quantizable<net, int> && at::streamable<net>);
const number* run(at::stream<net, number>& stream, const number (&step)[1]) { return stream(step).data(); }
