// SPDX-License-Identifier: BSL-1.0
// Streams in 8 and 16 bits against the quantized network on the whole sequence: the same numbers, whatever calls bring.
#include <archetype/execution/quantize/quantized_model.hpp>
#include <archetype/execution/stream/integers/quantized_stream.hpp>
#include <archetype/training.hpp>

#include "checks.hpp"
#include "numbers.hpp"

#include <algorithm>
#include <random>

namespace {

namespace at = archetype;

constexpr std::size_t length = 40;
template <std::size_t Features, class... Layers>
using net = at::network<at::input<length, Features>, Layers...>;
template <class... Layers>
using frames = at::network<at::input<24, 7, 3>, Layers...>;
using every = at::return_sequences;

template <class Net, class Number>
at::quantized_model<Net, Number> quantized() {
    at::model<Net> model{at::seed{3}};
    numbers::set_parameters(model);
    constexpr std::size_t size = at::model<Net>::input_shape.size(), count = 6;
    auto samples =
        xt::xarray<float>::from_shape(at::detail::batch_extents<at::model<Net>::input_shape>(count));
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples.data()[i] = std::sin(0.37f * static_cast<float>(i * i % 101 + i / size));
    return at::quantize<Number>(model, samples);
}

/// Numbers of the whole sequence's results that a stream has: not those that need what comes behind its end.
template <class Net>
constexpr std::size_t numbers_found() {
    constexpr at::shape in = at::input_shape<Net>, out = at::output_shape<Net>;
    if (in.rank == 1) return out.size();
    std::size_t rows = 0;
    for (std::size_t n = 0; n < out[0]; ++n) rows += at::stream_timing_of<Net>.time_of(n) < in[0];
    return rows * (out.size() / out[0]);
}

template <class Stream, class Number>
void take(Stream& stream, std::vector<Number>& found, const Number* steps, std::size_t count) {
    const auto rows = stream.run(std::span<const Number>(steps, count * Stream::input_channels));
    found.insert(found.end(), rows.begin(), rows.end());
}

/// In calls of a whole block, of any number of steps, and with a state that moves to a stream of single steps and back.
template <std::size_t Block = 1, class Number = std::int8_t, class Net>
void check_in_blocks(at::quantized_model<Net, Number>& whole, const std::vector<Number>& input,
                     const std::vector<Number>& wanted) {
    using stream_type = at::stream<Net, Number, Block>;
    constexpr std::size_t features = stream_type::input_channels;
    const std::size_t steps = input.size() / features;
    stream_type stream{whole.weights()};
    at::stream<Net, Number> single{whole.weights()};
    std::mt19937 random(Block);
    for (int round = 0; round < 3; ++round) {
        std::vector<Number> found;
        std::size_t time = 0;
        while (time < steps) {
            const std::size_t most = std::min(Block, steps - time),
                              count = round == 0 ? most : 1 + random() % most;
            const Number* const from = input.data() + time * features;
            if (count == Block && round != 1) {
                const auto rows = stream(std::span<const Number, Block * features>(from, Block * features));
                found.insert(found.end(), rows.begin(), rows.end());
            } else {
                take(stream, found, from, count);
            }
            time += count;
            if (round == 2 && time < steps) {
                single.reset(stream.state());
                take(single, found, input.data() + time * features, 1);
                ++time;
                stream.reset(single.state());
            }
        }
        CHECK(found == wanted);
        stream.reset();
    }
}

template <class Net, class Number = std::int8_t, std::size_t Block = 4>
void check() {
    static_assert(at::quantized_streamable<Net, Number, Block>);
    at::quantized_model<Net, Number> whole = quantized<Net, Number>();
    std::vector<Number> input(at::model<Net>::input_shape.size()),
        wanted(at::model<Net>::output_shape.size());
    std::mt19937 random(1);
    for (Number& number : input) number = static_cast<Number>(random());
    whole.run(input.data(), 1, wanted.data());
    // Something happens.
    CHECK(*std::max_element(wanted.begin(), wanted.end()) - *std::min_element(wanted.begin(), wanted.end()) >
          20);
    wanted.resize(numbers_found<Net>());
    check_in_blocks<1>(whole, input, wanted);
    if constexpr (Block != 1) check_in_blocks<Block>(whole, input, wanted);
}

}  // namespace

TEST_CASE("quantized streams: convolutions") {
    check<net<3, at::conv1d<8, 3, at::causal>, at::relu, at::dense<4, at::last_axis>>>();
    check<net<3, at::conv1d<8, 3, at::causal, at::dilation<3>>, at::tanh, at::conv1d<5, 4, at::stride<2>>>>();
    check<net<2, at::conv1d<6, 2, at::causal, at::dilation<17>>>, std::int8_t, 20>();
    check<net<4, at::conv1d<8, 3, at::causal, at::groups<2>>, at::batch_norm<>, at::relu,
              at::depthwise_conv1d<5, at::causal, at::dilation<2>>, at::conv1d<6, 1>, at::sigmoid>>();
    check<net<2, at::conv1d<20, 5, at::same, at::look_ahead>, at::relu, at::conv1d<7, 3>, at::softmax>>();
}

TEST_CASE("quantized streams: recurrent layers") {
    check<net<3, at::lstm<5, every>, at::dense<4, at::last_axis>>>();
    check<net<3, at::gru<5, every>, at::gru<6, every, at::reset_after>>>();
    check<net<3, at::conv1d<4, 2, at::causal>, at::lstm<7, every, at::int8_states>, at::relu>>();
}

TEST_CASE("quantized streams: pooling over time") {
    check<net<3, at::conv1d<6, 3, at::causal>, at::relu, at::max_pool1d<2>, at::conv1d<4, 2, at::causal>>>();
    check<net<5, at::avg_pool1d<3, at::stride<1>, at::padding<2, 0>>, at::dense<4, at::last_axis>>>();
    check<net<5, at::avg_pool1d<4, at::stride<2>, at::padding<3, 0>, at::exclude_padding>, at::tanh>>();
    check<net<5, at::max_pool1d<3, at::stride<1>, at::dilation<2>, at::padding<2, 0>>>>();
}

TEST_CASE("quantized streams: branches that wait for one another") {
    check<net<4, at::residual<at::sequence<at::conv1d<6, 3, at::causal>, at::relu, at::conv1d<4, 1>>>,
              at::relu>>();
    check<net<4, at::residual<at::conv1d<4, 5, at::same, at::look_ahead>>, at::dense<3, at::last_axis>>>();
    check<net<4,
              at::branches<at::concatenate, at::conv1d<3, 5>,
                           at::sequence<at::conv1d<2, 3>, at::tanh, at::conv1d<2, 3>>>,
              at::conv1d<4, 2, at::causal>>>();
    check<net<4, at::branches<at::multiply, at::sequence<at::conv1d<4, 3, at::causal>, at::sigmoid>,
                              at::conv1d<4, 2, at::causal>>>>();
    check<net<
        4,
        at::branches<at::concatenate, at::sequence<>, at::sequence<at::conv1d<4, 3, at::causal>, at::tanh>>,
        at::slice<2, 1, 6>, at::conv1d<4, 3, at::causal>>>();
}

TEST_CASE("quantized streams: frames") {
    check<frames<at::conv2d<8, 3, at::padding<2, 0, 1, 1>, at::stride<1, 2>>, at::relu,
                 at::depthwise_conv2d<3, at::padding<2, 0, 1, 1>>, at::conv2d<4, 1>, at::relu,
                 at::reshape<24, 16>, at::dense<3, at::last_axis>>>();
    check<frames<at::conv2d<6, at::extent{3, 2}, at::dilation<2, 1>>, at::tanh, at::max_pool2d<2>,
                 at::conv2d<5, at::extent{2, 3}>>>();
    check<frames<at::conv2d<6, at::extent{1, 3}, at::padding<0, 0, 1, 1>>, at::relu,
                 at::avg_pool2d<at::extent{2, 3}, at::stride<2, 2>>, at::sigmoid>>();
}

TEST_CASE("quantized streams: poolings behind depthwise convolutions of frames") {
    // Inference pools these on the fly: weights are packed for that.
    check<frames<at::depthwise_conv2d<3, at::padding<2, 0, 1, 1>>, at::max_pool2d<2>>>();
    check<frames<at::depthwise_conv2d<3, at::padding<2, 0, 1, 1>>, at::relu,
                 at::avg_pool2d<at::extent{2, 3}, at::stride<2, 2>>>>();
    // Or takes some results of the convolution.
    check<frames<at::conv2d<6, at::extent{2, 3}, at::groups<3>, at::padding<1, 0, 1, 1>>, at::tanh,
                 at::max_pool2d<1, at::stride<2, 3>>, at::elu<>, at::conv2d<4, 1>>>();
}

TEST_CASE("quantized streams: normalizations in place") {
    check<frames<at::conv2d<70, 1>, at::sigmoid, at::batch_norm<>, at::conv2d<4, 1>>>();
    check<net<3, at::conv1d<70, 2, at::causal>, at::softmax, at::batch_norm<>>>();
}

TEST_CASE("quantized streams: several rows of one") {
    check<net<4, at::conv1d_transpose<5, 5, at::stride<2>, at::padding<1, 2>>, at::tanh,
              at::conv1d<3, 3, at::causal>>>();
    check<net<4, at::conv1d<6, 2, at::causal, at::stride<2>>, at::relu,
              at::conv1d_transpose<4, 3, at::stride<2>>, at::batch_norm<>, at::relu>>();
    check<net<4, at::conv1d_transpose<8, 4, at::stride<4>, at::dilation<2>, at::groups<2>>>, std::int16_t>();
    check<frames<at::conv2d_transpose<4, at::extent{3, 2}, at::stride<2>, at::padding<1, 0>>, at::relu>>();
    check<
        net<3, at::conv1d<4, 3, at::causal>, at::upsampling1d<3>, at::tanh, at::conv1d<2, 2, at::causal>>>();
    check<frames<at::upsampling2d<at::extent{2, 3}>, at::conv2d<4, 1>>, std::int16_t>();
}

TEST_CASE("quantized streams: halves, connections and parts with scales of their own") {
    constexpr static at::connection_table<3, 4> connections{
        {{true, false, true, true}, {false, true, true, false}, {true, true, false, true}}};
    check<frames<at::conv2d_table<3, connections, at::padding<2, 0, 1, 1>>, at::relu, at::max_pool2d<2>>>();
    check<net<6, at::glu, at::conv1d<8, 3, at::causal>, at::swiglu, at::log_softmax,
              at::dense<3, at::last_axis>>>();
    check<
        net<4, at::grouped<2, at::gru<3, every>>, at::original_dropout<0.3>, at::dense<2, at::last_axis>>>();
}

TEST_CASE("quantized streams: layers of encoders that see one row") {
    check<net<5, at::dense<8, at::last_axis>, at::layer_norm<>, at::tanh, at::rms_norm<>>>();
    check<net<6, at::join_weights<at::multiply, at::shape{6}>, at::conv1d<4, 3, at::causal>>>();
    check<net<6, at::residual<at::sequence<at::layer_norm<>, at::conv1d<6, 3, at::causal>>>>>();
    using at::quantized_streamable;
    STATIC_REQUIRE(!quantized_streamable<net<6, at::position_embedding<length>>>);
    STATIC_REQUIRE(!quantized_streamable<net<6, at::sinusoidal_positions<>>>);
    STATIC_REQUIRE(!quantized_streamable<net<6, at::self_attention<6, 2, at::causal>>>);
    STATIC_REQUIRE(!at::streamable<net<6, at::join_weights<at::add, at::shape{length, 6}>>>);
}

TEST_CASE("quantized streams: activations of 16 bits") {
    check<net<3, at::conv1d<8, 3, at::causal, at::dilation<2>>, at::tanh, at::avg_pool1d<2>,
              at::dense<4, at::last_axis>>,
          std::int16_t>();
    check<frames<at::conv2d<8, 3, at::padding<2, 0, 1, 1>>, at::relu>, std::int16_t>();
}

TEST_CASE("quantized streams: what layers remember") {
    using all = net<3, at::conv1d<8, 4, at::causal, at::dilation<2>>,
                    at::max_pool1d<3, at::stride<1>, at::padding<2, 0>>, at::gru<5, every>,
                    at::lstm<7, every>, at::lstm<3, every, at::int8_states>>;
    STATIC_REQUIRE(at::quantized_state_bytes<all> == 6 * 3 + 2 * 8 + 6 * 5 + 6 * 7 + 3 * 3);
    STATIC_REQUIRE(sizeof(at::stream<all, std::int8_t>::state_type::elements) ==
                   at::quantized_state_bytes<all>);
    using wide = net<3, at::conv1d<8, 4, at::causal>>;
    STATIC_REQUIRE(at::quantized_state_bytes<wide, std::int16_t> == 2 * 9);
    STATIC_REQUIRE(at::stream<wide, std::int16_t>::timing == at::stream_timing{});
    STATIC_REQUIRE(at::stream<wide, std::int8_t>::is_steady);
}
