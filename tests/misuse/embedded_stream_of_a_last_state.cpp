// SPDX-License-Identifier: BSL-1.0
// The last state of a sequence that does not end.
// expect: rule::stream_has_no_end
// expect: at_layer<1,
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<64, 1>, at::gru<4, at::return_sequences>>;
#else
using net = at::network<at::input<64, 1>, at::gru<4>>;
#endif
static constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{
    nullptr};
static at::embedded_stream<net, weights> stream;
void use(std::span<const float, 1> sample) { (void)stream(sample); }
