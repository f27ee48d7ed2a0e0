// SPDX-License-Identifier: BSL-1.0
// Layers without sums of many products in 8 and 16 bits: cells that are moved are the model's within half a step, means, gates
// and logarithms within the roundings of the input, the weights and the result. Transposed convolutions, and convolutions with a
// table of connections, are the integers of a convolution.
#include <archetype/architecture.hpp>
#include <archetype/execution/quantize/given_quantization.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>

#include <catch.hpp>
#include <cmath>

namespace at = archetype;

namespace {

/// The largest error in steps of the result.
template <class Layer, class Number>
double steps_apart() {
    using net = at::network<at::input<6, 8, 4>, Layer>;
    at::model<net> model;
    auto samples = xt::xtensor<float, 4>::from_shape({20, 6, 8, 4});
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples.data()[i] = std::sin(0.7f * static_cast<float>(i) + 0.01f * static_cast<float>(i * i % 97));
    auto integers = at::quantize<Number>(model, samples);
    const auto wanted = model(samples), found = integers(samples);
    double most = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        most = std::max(
            most, std::abs(static_cast<double>(wanted.data()[i]) - static_cast<double>(found.data()[i])));
    return most / static_cast<double>(integers.output_quantization().scale);
}
template <class... Layers>
void check(double most, double most_of_16_bits) {
    const auto one = [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
        INFO(std::string(Layer::kind));
        CHECK(steps_apart<Layer, std::int8_t>() < most);
        CHECK(steps_apart<Layer, std::int16_t>() < most_of_16_bits);
    };
    (one(boost::mp11::mp_identity<Layers>{}), ...);
}

}  // namespace

TEST_CASE("integers that are moved") {
    check<at::reflection_pad2d<2, 1>, at::circular_pad2d<1>, at::constant_pad2d<0.0, 1>,
          at::resize2d<at::extent{9, 5}>, at::adaptive_max_pool2d<at::extent{4, 3}>, at::reduce_max<1>,
          at::reduce_max<2>, at::reduce_max<-1>, at::pixel_shuffle<2>, at::pixel_unshuffle<2>,
          at::depth_to_space<2>, at::space_to_depth<2>, at::channel_padding<1, 2>,
          at::upsampling2d<at::extent{2, 3}>>(0.51, 0.51);
}

TEST_CASE("means of integers") {
    check<at::resize2d<at::extent{9, 5}, at::bilinear>, at::rescale2d<0.7, 1.9, at::bilinear>,
          at::adaptive_avg_pool2d<at::extent{4, 3}>, at::reduce_mean<1>, at::reduce_mean<2>,
          at::reduce_mean<3>, at::upsampling2d<2, at::bilinear>>(1.2, 2.5);
}

namespace {

/// Inputs and weights are fractions of small powers of two, so that ranges are exact, whatever the order of sums.
template <class Net>
auto exact_samples() {
    auto samples = xt::xarray<float>::from_shape(at::detail::batch_extents<at::model<Net>::input_shape>(8));
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples.data()[i] = static_cast<float>(static_cast<int>(i * i % 61) - 23) / 8;
    return samples;
}
float exact_weight(std::size_t i) { return static_cast<float>(static_cast<int>(7 * i * i % 53) - 26) / 16; }

/// All integers that two networks give for the same integers.
template <class First, class Second, class Number>
bool same_integers(const at::model<First>& one, const at::model<Second>& other) {
    auto first = at::quantize<Number>(one, exact_samples<First>());
    auto second = at::quantize<Number>(other, exact_samples<Second>());
    constexpr std::size_t size = at::input_shape<First>.size(), results = at::output_shape<First>.size();
    std::vector<Number> sample(size), found(results), wanted(results);
    for (std::size_t i = 0; i < size; ++i)
        sample[i] = static_cast<Number>(static_cast<int>(37 * i % 251) - 125);
    first.run(sample.data(), 1, found.data());
    second.run(sample.data(), 1, wanted.data());
    return found == wanted && found.front() != found.back();
}

/// The largest error of scores in steps of the result.
template <class... Layers>
double steps_of_8_bits() {
    using net = at::network<at::input<9, 4>, Layers...>;
    at::model<net> model{at::seed{3}};
    auto samples = xt::xtensor<float, 3>::from_shape({20, 9, 4});
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples.data()[i] = std::sin(0.7f * static_cast<float>(i));
    auto integers = at::quantize(model, samples);
    const auto wanted = model(samples), found = integers(samples);
    return static_cast<double>(xt::amax(xt::abs(wanted - found))()) /
           static_cast<double>(integers.output_quantization().scale);
}

}  // namespace

TEST_CASE("gates and logarithms of integers") {
    CHECK(steps_apart<at::glu, std::int8_t>() < 1.6);
    CHECK(steps_apart<at::swiglu, std::int8_t>() < 1.9);
    CHECK(steps_apart<at::geglu, std::int8_t>() < 1.9);
    CHECK(steps_apart<at::log_softmax, std::int8_t>() < 0.7);
    check<at::original_dropout<0.3>>(0.52, 0.52);
    // Logarithms of one class, and of two whose distance is 8: what TensorFlow Lite's scale holds.
    using scores = at::network<at::input<2>, at::log_softmax>;
    at::quantized_model<scores> q = at::quantize(at::model<scores>{}, xt::xtensor<float, 2>{{-8, 8}, {0, 0}});
    CHECK(q.output_quantization() == at::quantization{1.f / 16, 127});
    const xt::xtensor<float, 2> found = q(xt::xtensor<float, 2>{{0, 0}, {-8, 8}});
    CHECK(found(0, 0) == Approx(-std::log(2.0)).margin(1.0 / 32));
    CHECK(found(1, 0) == -255.f / 16);
    CHECK(found(1, 1) == 0);
}

TEST_CASE("parts of a concatenation whose scales are always the same") {
    CHECK(steps_of_8_bits<at::bidirectional<at::lstm<5, at::return_sequences>>>() < 4);
    CHECK(steps_of_8_bits<at::grouped<2, at::gru<5, at::return_sequences>>>() < 3);
    CHECK(steps_of_8_bits<at::branches<at::concatenate, at::softmax, at::dense<4, at::last_axis>>>() < 1.5);
}

TEST_CASE("concatenations in concatenations of a larger range") {
    using last = at::last_axis;
    using small = at::branches<at::concatenate, at::tanh, at::sigmoid>;
    CHECK(steps_of_8_bits<small, at::point<"small">, at::dense<4, last>, at::exponential,
                          at::merge<at::concatenate, "small">>() < 4);
    CHECK(steps_of_8_bits<small, at::relu, at::point<"small">, at::dense<4, last>, at::exponential,
                          at::merge<at::concatenate, "small">>() < 4);
}

TEST_CASE("transposed convolutions are convolutions of other weights") {
    using spread =
        at::network<at::input<6, 7, 3>, at::conv2d_transpose<5, at::extent{3, 2}, at::padding<1, 0>>>;
    using slid = at::network<at::input<6, 7, 3>, at::conv2d<5, at::extent{3, 2}, at::padding<1, 1, 1, 1>>>;
    at::model<spread> one;
    at::model<slid> other;
    for (std::size_t k = 0; k < 6; ++k)
        for (std::size_t f = 0; f < 5; ++f)
            for (std::size_t c = 0; c < 3; ++c)
                one.data()[(k * 5 + f) * 3 + c] = other.data()[((5 - k) * 3 + c) * 5 + f] =
                    exact_weight((k * 5 + f) * 3 + c);
    for (std::size_t f = 0; f < 5; ++f) one.data()[90 + f] = other.data()[90 + f] = exact_weight(f + 1);
    CHECK(same_integers<spread, slid, std::int8_t>(one, other));
    CHECK(same_integers<spread, slid, std::int16_t>(one, other));
    // Strides, dilations and groups against the model.
    CHECK(steps_of_8_bits<at::conv1d_transpose<6, 4, at::stride<3>, at::dilation<2>, at::groups<2>>,
                          at::batch_norm<>, at::tanh>() < 2.5);
    CHECK(steps_apart<at::conv2d_transpose<5, 3, at::same, at::stride<2>>, std::int8_t>() < 2);
}

TEST_CASE("tables of connections are convolutions with zeros") {
    constexpr static at::connection_table<3, 4> table{{{1, 0, 1, 1}, {0, 1, 1, 0}, {1, 1, 0, 1}}};
    using few =
        at::network<at::input<6, 7, 3>, at::conv2d_table<3, table, at::same>, at::relu, at::max_pool2d<2>>;
    using all = at::network<at::input<6, 7, 3>, at::conv2d<4, 3, at::same>, at::relu, at::max_pool2d<2>>;
    at::model<few> one;
    at::model<all> other;
    for (std::size_t i = 0; i < other.size(); ++i) other.data()[i] = 0;
    for (std::size_t tap = 0; tap < 9; ++tap)
        for (std::size_t i = 0; i < table.connections(); ++i) {
            const auto pair = table.connection(i);
            one.data()[tap * 8 + i] = other.data()[(tap * 3 + pair.channel) * 4 + pair.filter] =
                exact_weight(tap * 8 + i);
        }
    for (std::size_t f = 0; f < 4; ++f) one.data()[9 * 8 + f] = other.data()[9 * 12 + f] = exact_weight(f);
    CHECK(same_integers<few, all, std::int8_t>(one, other));
    CHECK(same_integers<few, all, std::int16_t>(one, other));
    CHECK_THROWS_AS(at::quantized_with<few>({}), std::invalid_argument);
}
