// SPDX-License-Identifier: BSL-1.0
// What is done with a stream with weights of 8 bits that cannot be is no further error.
// expect: rule::stream_has_no_end
// expect: at_layer<2,
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<64, 1>, at::gru<4, at::return_sequences>, at::dense<1, at::last_axis>>;
#else
using net = at::network<at::input<64, 1>, at::gru<4, at::return_sequences>, at::global_max_pool1d>;
#endif
using stream_type = at::weight_quantized_stream<net, 8>;
float use(stream_type& stream, std::span<const float> steps) {
    const stream_type::state_type rest = stream.state();
    stream.reset();
    float sum = 0;
    if (stream_type::accepts(steps.size()) && stream.is_finite() && stream_type::timing.period == 1)
        for (const float row : stream.run(steps)) sum += row;
    stream.reset(rest);
    return sum + stream.output<0>()[0];
}
