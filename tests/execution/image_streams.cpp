// SPDX-License-Identifier: BSL-1.0
// Streams of {time, features, channels}: convolutions and poolings over frames and features.
#include "stream_checks.hpp"

namespace {

namespace at = archetype;
using namespace stream_checks;

constexpr std::size_t length = 12;
template <std::size_t Features, std::size_t Channels, class... Layers>
using net = at::network<at::input<length, Features, Channels>, Layers...>;
using every = at::return_sequences;

}  // namespace

TEST_CASE("convolutions over frames and features") {
    // Three frames, the newest last; features padded on both sides.
    using spectra = net<9, 1, at::conv2d<6, 3, at::padding<2, 0, 1, 1>>, at::relu,
                        at::conv2d<5, 3, at::padding<2, 0, 1, 1>>, at::batch_norm<>, at::tanh>;
    static_assert(at::stream_timing_of<spectra> == at::stream_timing{});
    static_assert(at::state_bytes<spectra> == 4 * 2 * (9 + 9 * 6));
    check<spectra>();
    check<spectra, 4>();
    using strided =
        net<17, 2, at::conv2d<20, at::extent{3, 4}, at::stride<2>, at::padding<1, 0, 1, 2>, at::no_bias>,
            at::elu<>, at::conv2d<3, at::extent{2, 3}, at::dilation<2, 1>>>;
    static_assert(at::stream_timing_of<strided> == at::stream_timing{2, 5});
    check<strided>();
    check<strided, 4, double>();
    check<net<8, 40, at::conv2d<40, 3, at::padding<2, 0, 1, 1>, at::groups<2>>, at::softmax>, 3>();
    check<net<8, 5, at::depthwise_conv2d<3, at::padding<2, 0, 1, 1>>, at::relu, at::conv2d<18, 1>,
              at::depthwise_conv2d<at::extent{1, 3}, at::same>>,
          3>();
    // One frame alone, a dense layer for each feature.
    check<net<8, 3, at::conv2d<4, at::extent{1, 5}, at::padding<0, 0, 2, 2>>, at::dense<3, at::last_axis>,
              at::layer_norm<>>,
          3>();
}

TEST_CASE("frames that are still to come") {
    using ahead = net<6, 2, at::residual<at::sequence<at::conv2d<2, 3, at::same, at::look_ahead>, at::relu>>,
                      at::depthwise_conv2d<3, at::same, at::look_ahead>,
                      at::max_pool2d<3, at::padding<1>, at::stride<1>, at::look_ahead>>;
    static_assert(at::latency_steps<ahead> == 3);
    check<ahead, 4>();
}

TEST_CASE("poolings over frames and features") {
    check<net<8, 3, at::conv2d<6, 3, at::padding<2, 0, 1, 1>>, at::relu, at::max_pool2d<2>, at::conv2d<4, 1>>,
          4>();
    check<net<9, 20, at::avg_pool2d<at::extent{2, 3}>, at::tanh>, 4>();
    check<net<9, 2, at::avg_pool2d<3, at::stride<1>, at::padding<2, 0, 1, 1>>,
              at::max_pool2d<at::extent{1, 2}>>>();
    check<net<9, 2, at::max_pool2d<at::extent{3, 2}, at::stride<1>, at::padding<2, 0, 1, 0>>>, 3>();
    check<net<9, 2, at::avg_pool2d<3, at::stride<1>, at::padding<2, 0, 1, 1>, at::exclude_padding>>, 3,
          double>();
}

TEST_CASE("roots of squares and tables of connections over frames") {
    constexpr static at::connection_table<3, 5> connections{{{true, false, true, true, false},
                                                             {false, true, true, false, true},
                                                             {true, true, false, false, true}}};
    using squared = net<9, 3, at::l2_pool2d<at::extent{2, 3}, at::stride<1, 2>>, at::conv2d<4, 1>>;
    static_assert(at::stream_timing_of<squared> == at::stream_timing{1, 1});
    check<squared>();
    check<squared, 4>();
    using connected =
        net<7, 3, at::conv2d_table<3, connections, at::padding<2, 0, 1, 1>>, at::tanh, at::l2_pool2d<2>>;
    static_assert(at::state_bytes<connected> == 4 * (2 * 7 * 3 + 7 * 5));
    check<connected>();
    check<connected, 4, double>();
}

TEST_CASE("paddings, crops and other sizes of the features") {
    using over_time = at::conv2d<6, 3, at::padding<2, 0, 1, 1>>;
    check<net<6, 4, at::zero_padding2d<0, 0, 1, 2>, over_time, at::cropping2d<0, 0, 1, 1>, at::conv2d<4, 1>>,
          4>();
    check<net<6, 4, over_time, at::resize2d<at::extent{12, 9}, at::bilinear>, at::conv2d<4, 1>>, 4>();
    check<net<6, 4, over_time, at::resize2d<at::extent{12, 4}>>>();
    check<net<6, 4, at::rescale2d<1.0, 1.5, at::bilinear>, over_time,
              at::adaptive_avg_pool2d<at::extent{12, 4}>>,
          3, double>();
    check<net<6, 4, over_time, at::adaptive_max_pool2d<at::extent{12, 2}>>, 4>();
    check<net<6, 4, over_time, at::local_response_norm<3, 0.5>, at::conv2d<4, 1>>, 4>();
    // What makes another number of frames waits for their end.
    static_assert(!at::streamable<net<6, 4, at::zero_padding2d<1, 0, 0, 0>>>);
    static_assert(!at::streamable<net<6, 4, at::cropping2d<0, 1, 0, 0>>>);
    static_assert(!at::streamable<net<6, 4, at::resize2d<at::extent{6, 9}>>>);
    static_assert(!at::streamable<net<6, 4, at::rescale2d<0.5, 1.0>>>);
    static_assert(!at::streamable<net<6, 4, at::adaptive_avg_pool2d<at::extent{3, 6}>>>);
}

TEST_CASE("frames become sequences and are joined") {
    using speech = net<8, 1, at::conv2d<4, 3, at::padding<2, 0, 1, 1>, at::stride<1, 2>>, at::relu,
                       at::reshape<length, 16>, at::gru<6, every>, at::dense<8, at::last_axis>,
                       at::reshape<length, 8, 1>>;
    check<speech>();
    check<speech, 4>();
    using graph = net<
        8, 4, at::residual<at::sequence<at::conv2d<4, 3, at::padding<2, 0, 1, 1>>, at::tanh>>,
        at::branches<at::concatenate, at::conv2d<3, at::extent{2, 1}, at::padding<1, 0, 0, 0>>, at::identity>,
        at::conv2d<5, at::extent{1, 3}, at::same>, at::reduce_mean<2>>;
    check<graph>();
    check<graph, 4>();
    using late =
        net<6, 2, at::point<"in">, at::conv2d<3, at::extent{2, 3}, at::stride<2>, at::padding<0, 0, 1, 0>>,
            at::relu, at::conv2d_transpose<2, 2, at::stride<2>>, at::merge<at::concatenate, "in">,
            at::conv2d<2, at::extent{2, 1}, at::padding<1, 0, 0, 0>>>;
    check<late>();
    check<late, 4>();
    check<
        net<6, 3, at::reflection_pad2d<0, 0, 2, 2>, at::conv2d<4, at::extent{2, 5}, at::padding<1, 0, 0, 0>>,
            at::slice<2, 1, 5>, at::permute<1, 3, 2>>,
        4>();
}

TEST_CASE("transposed convolutions over frames and features") {
    check<net<6, 3, at::conv2d_transpose<5, at::extent{4, 3}, at::stride<2>, at::padding<0, 2, 1, 0>>,
              at::tanh>,
          4>();
    check<net<5, 20, at::conv2d_transpose<3, at::extent{1, 4}, at::stride<1, 2>, at::padding<0, 0, 1, 1>>,
              at::relu, at::conv2d<2, 2, at::padding<1, 0, 0, 1>>>>();
    check<net<5, 4, at::conv2d_transpose<4, 3, at::padding<0, 2, 1, 1>, at::groups<4>>>, 3>();
    check<net<5, 2, at::conv2d_transpose<2, 3, at::padding<0, 2, 1, 1>>>, 3>();
}
