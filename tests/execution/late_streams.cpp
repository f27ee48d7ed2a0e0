// SPDX-License-Identifier: BSL-1.0
// Streams whose branches wait for one another, and those that give more rows than they get.
#include "stream_checks.hpp"

namespace {

namespace at = archetype;
using namespace stream_checks;

constexpr std::size_t length = 24;
template <std::size_t Features, class... Layers>
using net = at::network<at::input<length, Features>, Layers...>;
using every = at::return_sequences;

}  // namespace

TEST_CASE("transposed convolutions step by step") {
    using doubled = net<3, at::conv1d_transpose<20, 4, at::stride<2>, at::padding<0, 2>>, at::tanh>;
    static_assert(at::stream_timing_of<doubled> == at::stream_timing{.rows = 2});
    static_assert(at::state_bytes<doubled> == 4 * 3);
    check<doubled>();
    check<doubled, 4>();
    // Results that begin within the first tap, and a convolution and a recurrent layer behind them.
    using cut = net<2, at::conv1d_transpose<5, 7, at::stride<3>, at::padding<1, 3>>,
                    at::conv1d<4, 3, at::causal>, at::gru<3, every>>;
    static_assert(at::stream_timing_of<cut> == at::stream_timing{.rows = 3, .lead = 1});
    check<cut>();
    check<cut, 4, double>();
    check<net<4, at::conv1d_transpose<6, 3, at::groups<2>, at::dilation<2>, at::padding<0, 4>>, at::relu>,
          3>();
    check<net<4, at::conv1d_transpose<4, 5, at::groups<4>, at::stride<2>, at::padding<0, 3>>>, 3>();
    check<net<6, at::conv1d_transpose<3, 2, at::groups<3>, at::stride<2>>>, 3>();
    // Down and up again, by other factors; rows behind the end do not come.
    using resampled = net<2, at::conv1d<6, 4, at::stride<4>>, at::conv1d_transpose<3, 2, at::stride<2>>,
                          at::conv1d<2, 3, at::causal>>;
    static_assert(at::stream_timing_of<resampled> == at::stream_timing{.period = 4, .latency = 3, .rows = 2});
    check<resampled>();
    check<resampled, 8>();
    using pooled = net<2, at::conv1d_transpose<5, 3, at::stride<2>, at::same>, at::max_pool1d<4>>;
    check<pooled>();
    check<pooled, 4>();
}

TEST_CASE("repeated rows") {
    using doubled =
        net<3, at::conv1d<5, 3, at::causal>, at::upsampling1d<2>, at::tanh, at::conv1d<4, 3, at::causal>>;
    static_assert(at::stream_timing_of<doubled> == at::stream_timing{.rows = 2} &&
                  at::latency_steps<doubled> == 0);
    static_assert(at::state_bytes<doubled> == 4 * 2 * (3 + 5));
    check<doubled>();
    check<doubled, 4>();
    // Half as many rows, and as many again, beside rows that wait.
    using unet = net<3, at::residual<at::sequence<at::conv1d<3, 2, at::causal, at::stride<2>>,
                                                  at::gru<3, every>, at::upsampling1d<2>>>>;
    check<unet, 4>();
    using frames = at::network<at::input<length, 3, 2>, at::conv2d<4, 3, at::padding<2, 0, 1, 1>>,
                               at::upsampling2d<at::extent{3, 2}>, at::conv2d<2, 1>>;
    static_assert(at::stream_timing_of<frames> == at::stream_timing{.rows = 3});
    check<frames, 4>();
    // What interpolates between rows sees the next one.
    static_assert(!at::streamable<at::network<at::input<length, 3, 2>, at::upsampling2d<2, at::bilinear>>>);
}

TEST_CASE("branches of different delay") {
    // Only here their rows are as many: one branch waits for a step, the other does not.
    using strided = net<3, at::residual<at::sequence<at::conv1d<4, 2, at::stride<2>>, at::tanh>,
                                        at::conv1d<4, 1, at::stride<2>>>>;
    static_assert(at::latency_steps<strided> == 1);
    check<strided>();
    check<strided, 4>();
    // A transposed convolution that looks ahead, and what it is added to.
    using ahead = net<3, at::residual<at::sequence<at::conv1d_transpose<3, 5, at::same>, at::tanh>>,
                      at::conv1d<2, 2, at::causal>>;
    static_assert(at::stream_timing_of<ahead> == at::stream_timing{.latency = 2});
    check<ahead>();
    check<ahead, 6>();
}

TEST_CASE("windows that look ahead") {
    using ahead = net<3, at::residual<at::sequence<at::conv1d<3, 5, at::same, at::look_ahead>, at::tanh>>,
                      at::avg_pool1d<3, at::same, at::stride<1>, at::look_ahead>>;
    static_assert(at::stream_timing_of<ahead> == at::stream_timing{.latency = 3});
    static_assert(at::state_bytes<ahead> == 4 * 3 * (4 + 2 + 2));
    static_assert(!at::streamable<net<3, at::conv1d<3, 5, at::same>>>);
    check<ahead>();
    check<ahead, 6>();
    // The end is a concatenation whose parts come at different times.
    check<net<2, at::branches<at::concatenate, at::conv1d<3, 3, at::same, at::look_ahead>, at::tanh>>, 4>();
    check<net<2, at::max_pool1d<4, at::padding<1, 3>, at::stride<2>, at::look_ahead>, at::conv1d<2, 1>>, 4>();
}

TEST_CASE("a U-Net step by step") {
    using down = at::sequence<at::conv1d<6, 2, at::causal, at::stride<2>>, at::elu<>>;
    using up = at::sequence<at::conv1d_transpose<2, 2, at::stride<2>>, at::relu>;
    using sums = net<2, at::point<"in">, down, at::lstm<4, every>, up, at::merge<at::add, "in">,
                     at::conv1d<3, 3, at::causal>>;
    static_assert(at::stream_timing_of<sums> == at::stream_timing{});
    check<sums>();
    check<sums, 6>();
    // Parts of a concatenation that come at other times, some of them read by others, too.
    using parts = net<2, at::point<"in">, at::conv1d<3, 4, at::stride<2>, at::padding<2, 0>>, at::tanh,
                      at::point<"half">, at::conv1d<4, 4, at::stride<2>, at::padding<2, 0>>, at::relu,
                      at::conv1d_transpose<3, 2, at::stride<2>>, at::merge<at::concatenate, "half">,
                      at::conv1d<5, 3, at::causal>, at::conv1d_transpose<4, 2, at::stride<2>>,
                      at::merge<at::concatenate, "in">, at::conv1d<1, 2, at::causal>>;
    check<parts>();
    check<parts, 8>();
}
