// SPDX-License-Identifier: BSL-1.0
// Bidirectional layers in blocks that look ahead: against PyTorch, gradients against central differences, streams against the whole
// sequence.
#include <archetype/execution/quantize/weight_quantized_model.hpp>

#include "checks.hpp"
#include "recurrent_references.hpp"
#include "stream_checks.hpp"

namespace {

namespace at = archetype;
using every = at::return_sequences;

template <std::size_t Time>
using blockwise =
    at::network<at::input<Time, 3>,
                at::bidirectional<at::gru<4, at::reset_after, every>, at::concatenate, at::in_blocks<3, 2>>,
                at::tanh, at::bidirectional<at::lstm<5, every>, at::add, at::in_blocks<2, 5>>,
                at::dense<2, at::last_axis>>;
using backward = at::network<at::input<24, 3>, at::lstm<5, every, at::reversed, at::in_blocks<4, 1>>>;

}  // namespace

TEST_CASE("two directions in blocks") {
    checks::forward<blockwise<8>>(references::blockwise);
    checks::gradients<blockwise<8>>();
}

TEST_CASE("streams of blocks wait for what they look ahead") {
    static_assert(at::stream_timing_of<backward> == at::stream_timing{.period = 4, .latency = 4, .rows = 4});
    static_assert(at::state_bytes<backward> == 4 * (4 * 3 + 4 * 5));  // rows of the input, results of a block
    stream_checks::check<backward>();
    stream_checks::check<backward, 4>();
    using both = at::network<
        at::input<24, 3>,
        at::bidirectional<at::gru<4, at::reset_after, every>, at::concatenate, at::in_blocks<3, 2>>,
        at::dense<2, at::last_axis>>;
    static_assert(at::latency_steps<both> == 4);
    stream_checks::check<both>();
    stream_checks::check<both, 6>();
    static_assert(at::latency_steps<blockwise<24>> == 4 + 6);
    stream_checks::check<blockwise<24>, 6>();
}

TEST_CASE("with weights of 8 bits all these layers stay near the model") {
    using net = at::network<at::input<6, 4, 3>, at::gru<4, at::reset_after, at::time_axis<2>, every>,
                            at::lstm<5, at::time_axis<1>, at::proj_size<2>, every>,
                            at::lstm<3, at::time_axis<2>, at::layer_norm_inside>,
                            at::bidirectional<at::gru<4, every>, at::concatenate, at::in_blocks<3, 2>>,
                            at::dense<2, at::last_axis>>;
    at::model<net> model{at::seed{1}};
    const auto samples = numbers::samples<net, float>(2);
    at::weight_quantized_model<net> small = at::quantize_weights(model);
    const auto wanted = model(samples), found = small(samples);
    CHECK(checks::largest_difference(found.data(), wanted.data(), wanted.size()) < 0.02);
    CHECK_FALSE(checks::same_bits(found.data(), wanted.data(), wanted.size()));
}
