// SPDX-License-Identifier: BSL-1.0
// Causal attention runs through time, and has an 8-bit form, but none in streams.
// expect: a layer of the network has an 8-bit form, but none in streams
// expect: has_no_integer_stream_form<false, archetype::at_layer<3
// expect: scaled_dot_product_attention
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using number = float;
#else
using number = std::int8_t;
#endif
using net = at::network<at::input<16, 1>, at::conv1d<4, 3, at::causal>, at::self_attention<4, 2, at::causal>>;
static_assert(at::streamable<net> && at::quantizable<net>);
const number* run(at::stream<net, number>& stream, const number (&step)[1]) { return stream(step).data(); }
