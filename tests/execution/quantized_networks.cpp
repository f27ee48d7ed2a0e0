// SPDX-License-Identifier: BSL-1.0
// Networks in 8 bits: against CMSIS-NN and TensorFlow Lite Micro, and against the model they were made from.
#include "int8_lenet_network.hpp"

#include <archetype/execution/inference/with_input.hpp>
#include <archetype/execution/integers/quantized_inference.hpp>
#include <catch.hpp>

TEST_CASE("quantized: LeNet-5 agrees bit for bit with CMSIS-NN and TensorFlow Lite Micro") {
    at::quantized_model<int8_lenet::network> net(int8_lenet::numbers());
    std::vector<std::int8_t> sample(784), found(10);
    for (int i = 0; i < 784; ++i)
        sample[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(37 * i % 256 - 128);
    net.run(sample.data(), 1, found.data());
    CHECK(found == std::vector<std::int8_t>(std::begin(int8_lenet::output), std::end(int8_lenet::output)));

    // In the order that runs everywhere.
    const std::vector<std::int32_t> words = net.words();
    REQUIRE(words.size() == at::quantized_weight_count<int8_lenet::network>);
    std::vector<std::int8_t> arena(at::quantized_arena_bytes<int8_lenet::network> + 64);
    const std::int8_t* const input =
        at::detail::place_quantized<int8_lenet::network>(words.data(), sample.data(), arena.data(), nullptr);
    const std::int8_t* const result = at::detail::run_quantized<int8_lenet::network, at::weight_order::plain>(
        words.data(), input, arena.data());
    CHECK(std::equal(found.begin(), found.end(), result));

    // The sample written to the object, whose image has a halo of zero points.
    at::with_input<at::quantized_inference_with<int8_lenet::network, std::int8_t, at::weight_order::plain>>
        own{std::span<const std::int32_t, at::quantized_weight_count<int8_lenet::network>>(words)};
    for (int call = 0; call < 2; ++call) {
        std::copy(sample.begin(), sample.end(), own.input().begin());
        const auto placed = own();
        CHECK(std::equal(found.begin(), found.end(), placed.begin()));
    }
}

TEST_CASE("quantized: 8-bit numbers stand for real ones") {
    constexpr at::quantization q{0.5f, 10};
    STATIC_REQUIRE(q.quantize(0) == 10);
    STATIC_REQUIRE(q.quantize(0.25f) == 11);  // halves away from zero
    STATIC_REQUIRE(q.quantize(-0.25f) == 9);
    STATIC_REQUIRE(q.quantize(1e30f) == 127);
    STATIC_REQUIRE(q.quantize(-1e30f) == -128);
    STATIC_REQUIRE(q.dequantize(12) == 1);
    CHECK(q.quantize(std::numeric_limits<float>::quiet_NaN()) == 10);

    // The range is widened to hold zero, and zero is exact.
    const at::quantization wide = at::detail::quantization_of(1, 3);
    CHECK(wide.zero_point == -128);
    CHECK(wide.scale == Approx(3.0 / 255));
    CHECK(at::detail::quantization_of(-1, 1).quantize(0) == at::detail::quantization_of(-1, 1).zero_point);
    CHECK(at::detail::quantization_of(0, 0) == at::quantization{1, 0});
}

TEST_CASE("quantized: real factors become multipliers and shifts") {
    for (const double factor : {1.0, 0.5, 0.9999999999, 3.7e-5, 123.4, 1.0 / 3}) {
        const auto [multiplier, shift] = at::detail::quantized_multiplier(factor);
        CHECK(multiplier >= 1 << 30);
        CHECK(std::ldexp(multiplier, shift - 31) == Approx(factor).epsilon(1e-9));
    }
    CHECK(at::detail::quantized_multiplier(0).first == 0);
    CHECK(at::detail::quantized_multiplier(1e-12).first == 0);
}

namespace {

/// The largest difference between a model and its 8-bit form, in parts of the results' range.
template <class Net>
double largest_error(std::size_t count) {
    at::model<Net> net{at::seed{3}};
    // Statistics and biases that do something.
    float* const parameters = net.data();
    constexpr const auto& layout = at::detail::parameters_of<Net>;
    for (std::size_t i = 0; i < layout.size(); ++i) {
        const auto& slot = layout.slots[i];
        const at::parameter& tensor =
            at::detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        for (std::size_t k = 0; k < tensor.extents.size(); ++k) {
            float& number = parameters[slot.offset + k];
            const float wave = std::sin(static_cast<float>(7 * k + i));
            if (tensor.name == "bias" || tensor.name == "beta" || tensor.name == "moving_mean")
                number = 0.2f * wave;
            if (tensor.name == "gamma" || tensor.name == "moving_variance") number = 1 + 0.5f * wave;
        }
    }
    constexpr at::shape in = at::input_shape<Net>;
    xt::xarray<float> samples = xt::sin(0.37f * xt::arange<float>(0, static_cast<float>(count * in.size())));
    std::vector<std::size_t> extents{count};
    for (std::size_t axis = 0; axis < in.rank; ++axis) extents.push_back(in[axis]);
    samples.reshape(extents);
    at::quantized_model<Net> quantized = at::quantize(net, samples);
    const xt::xarray<float> wanted = net(samples), found = quantized(samples);
    return static_cast<double>(xt::amax(xt::abs(wanted - found))() /
                               (xt::amax(wanted)() - xt::amin(wanted)()));
}

}  // namespace

TEST_CASE("quantized: what works in place has a zero point of its own around it") {
    using wide = at::conv2d<17, at::extent{1, 3}, at::same>;
    using attended = at::residual<at::sequence<at::softmax>>;
    CHECK(largest_error<at::network<at::input<6, 2, 17>, attended, wide>>(40) < 0.03);
    CHECK(largest_error<at::network<at::input<6, 2, 17>, wide, attended, wide, at::elu<0.7>>>(40) < 0.03);
    CHECK(largest_error<at::network<at::input<6, 2, 17>, at::softmax, at::elu<0.7>, at::tanh, wide>>(40) <
          0.05);
    // A whole concatenation in place; its parts share its zero point.
    using parts = at::branches<at::concatenate, at::sequence<at::conv2d<4, 1>, at::tanh, at::sigmoid>,
                               at::sequence<at::conv2d<3, 1>, at::relu>>;
    CHECK(largest_error<at::network<at::input<6, 2, 17>, parts, at::tanh, wide>>(40) < 0.03);
    CHECK(largest_error<at::network<at::input<6, 2, 17>, parts, wide>>(40) < 0.03);
}

TEST_CASE("quantized: a network is near its model") {
    CHECK(largest_error<at::network<at::input<24>, at::dense<16>, at::relu, at::dense<5>>>(50) < 0.03);
    CHECK(largest_error<at::network<at::input<10, 9, 3>, at::conv2d<8, 3, at::same>, at::batch_norm<>,
                                    at::relu, at::max_pool2d<2>, at::conv2d<6, 3, at::groups<2>>, at::tanh,
                                    at::avg_pool2d<2>, at::flatten, at::dense<4>>>(40) < 0.05);
    // Activations and pooling in every place: before and after, on their own, and normalizations that fold into nothing.
    CHECK(largest_error<at::network<at::input<8, 8, 4>, at::batch_norm<>, at::sigmoid,
                                    at::conv2d<4, 3, at::padding<1>>, at::max_pool2d<2>, at::relu,
                                    at::avg_pool2d<2, at::stride<1>>, at::elu<>, at::global_avg_pool2d>>(40) <
          0.05);
    CHECK(largest_error<at::network<at::input<9, 9, 6>, at::conv2d<6, 3, at::groups<6>, at::same>,
                                    at::leaky_relu<0.1>, at::conv2d<12, 1>, at::avg_pool2d<3>, at::relu,
                                    at::max_pool2d<2, at::stride<1>, at::padding<1>>, at::tanh>>(40) < 0.05);
    CHECK(largest_error<
              at::network<at::input<6, 5>, at::dense<8, at::last_axis>, at::relu, at::reshape<6, 8, 1>,
                          at::conv2d<2, 3, at::same>, at::activation<[](auto x) { return x * sigmoid(x); }>,
                          at::flatten, at::dense<6>, at::softmax>>(40) < 0.06);
    CHECK(largest_error<at::network<at::input<4>, at::relu, at::dropout<0.5>, at::flatten>>(10) < 0.01);
}

TEST_CASE(
    "quantized: a normalization in place has channels that fill no vector, and rows that no run divides") {
    CHECK(largest_error<
              at::network<at::input<6, 6, 3>, at::conv2d<70, 3>, at::max_pool2d<2>, at::batch_norm<>>>(40) <
          0.02);
    CHECK(largest_error<
              at::network<at::input<7, 7, 19>, at::softmax, at::batch_norm<>, at::tanh, at::batch_norm<>>>(
              40) < 0.03);
}

TEST_CASE("quantized: a pooling on the fly of single results") {
    using one = at::max_pool2d<1, at::stride<2, 3>>;
    CHECK(largest_error<at::network<at::input<9, 8, 3>, at::conv2d<17, at::extent{2, 3}>, at::sigmoid, one,
                                    at::tanh, at::conv2d<4, 1>>>(40) < 0.03);
    CHECK(
        largest_error<at::network<at::input<9, 8, 6>, at::depthwise_conv2d<at::extent{1, 3}>, one, at::relu>>(
            40) < 0.02);
    CHECK(largest_error<
              at::network<at::input<9, 8, 3>, at::conv2d<6, 1>, at::relu, at::avg_pool2d<1>, at::elu<>>>(40) <
          0.02);
}

TEST_CASE("quantized: maxima of channels are those of the numbers") {
    // Half a step of the input, whose 255 steps are twice the range of the results at most.
    CHECK(largest_error<at::network<at::input<9, 24>, at::piece_max<3>>>(20) < 0.0045);
    CHECK(largest_error<at::network<at::input<24>, at::maxout<6, 3>, at::relu, at::dense<4>>>(50) < 0.03);
    STATIC_REQUIRE(at::quantizable<at::network<at::input<12>, at::maxout<6, 3>>, std::int16_t>);
}

TEST_CASE("quantized: activations by name") {
    using at::dense;
    CHECK(largest_error<at::network<at::input<24>, dense<16>, at::silu, dense<12>, at::gelu, dense<12>,
                                    at::hard_swish, dense<12>, at::mish, dense<5>>>(50) < 0.06);
    CHECK(largest_error<at::network<at::input<24>, dense<16>, at::relu6, dense<12>, at::softsign, dense<12>,
                                    at::hard_tanh<>, dense<12>, at::soft_shrink<0.1>, dense<5>>>(50) < 0.06);
    CHECK(largest_error<at::network<at::input<24>, dense<16>, at::hard_sigmoid<>, dense<12>, at::celu<>,
                                    dense<12>, at::softplus, dense<12>, at::gelu_tanh, dense<5>>>(50) < 0.06);
}

TEST_CASE("quantized: networks with branches") {
    using identity = at::sequence<>;
    using body = at::sequence<at::conv2d<6, 3, at::same>, at::batch_norm<>, at::relu,
                              at::conv2d<6, 3, at::same>, at::batch_norm<>>;
    CHECK(
        largest_error<at::network<
            at::input<8, 8, 3>, at::conv2d<6, 3, at::same>, at::relu, at::residual<body, identity>, at::relu,
            at::residual<body, at::conv2d<6, 1>>, at::tanh, at::depthwise_conv2d<3, at::depth_multiplier<2>>,
            at::relu, at::global_avg_pool2d, at::dense<4>>>(40) < 0.06);
    CHECK(largest_error<at::network<at::input<8, 8, 3>, at::conv2d<4, 3, at::same>, at::relu,
                                    at::branches<at::concatenate, at::conv2d<3, 1>,
                                                 at::sequence<at::conv2d<2, 3, at::same>, at::tanh>,
                                                 at::max_pool2d<3, at::stride<1>, at::same>, identity>,
                                    at::conv2d<5, 3, at::same>, at::relu, at::max_pool2d<2>, at::flatten,
                                    at::dense<4>>>(40) < 0.06);
    CHECK(largest_error<at::network<at::input<16, 4>, at::conv1d<6, 3, at::same>, at::relu, at::max_pool1d<2>,
                                    at::conv1d<4, 3>, at::global_avg_pool1d, at::dense<3>>>(40) < 0.05);
}

TEST_CASE("quantized: what is copied into a concatenation lies between its neighbours' channels") {
    using at::branches, at::concatenate, at::dense, at::last_axis;
    CHECK(largest_error<
              at::network<at::input<7, 6, 4>, branches<concatenate, dense<6, last_axis>, at::sequence<>>>>(
              40) < 0.02);
    CHECK(
        largest_error<
            at::network<at::input<5, 3>, at::conv1d<2, 2>,
                        branches<concatenate, at::conv1d<3, 1>, at::sequence<at::flatten, at::reshape<4, 2>>>,
                        at::dense<3, last_axis>>>(40) < 0.05);
}

TEST_CASE("quantized: recurrent networks have states of 16 bits") {
    CHECK(largest_error<at::network<at::input<12, 3>, at::lstm<8>, at::dense<4>>>(40) < 0.05);
    CHECK(largest_error<at::network<at::input<12, 3>, at::lstm<6, at::return_sequences, at::two_biases>,
                                    at::lstm<5, at::reversed>, at::dense<4>>>(40) < 0.05);
    CHECK(largest_error<at::network<at::input<12, 3>, at::gru<8, at::return_sequences>,
                                    at::gru<7, at::no_bias>, at::dense<4>>>(40) < 0.05);
    CHECK(largest_error<
              at::network<at::input<12, 3>, at::gru<8, at::reset_after, at::return_sequences, at::reversed>,
                          at::relu, at::gru<7, at::reset_after>, at::dense<4>>>(40) < 0.05);
}

TEST_CASE("quantized: what is given is checked") {
    using net = at::network<at::input<3>, at::dense<2>>;
    at::model<net> real{at::seed{1}};
    const xt::xtensor<float, 2> samples{{1, 2, 3}, {-1, 0, 1}}, wrong{{1, 2}},
        none = xt::zeros<float>({0, 3});
    CHECK_THROWS_WITH(
        at::quantize(real, wrong),
        "archetype::quantize: expected calibration samples of shape (n, 3) with n >= 1, found (1, 2)");
    CHECK_THROWS_AS(at::quantize(real, none), at::shape_error);
    const xt::xtensor<float, 2> infinite{{1, 2, std::numeric_limits<float>::infinity()}};
    CHECK_THROWS_AS(at::quantize(real, infinite), std::invalid_argument);
    auto q = at::quantize(real, samples);
    CHECK_THROWS_AS(q(wrong), at::shape_error);
    const xt::xtensor<float, 1> sample{1, 2, 3};
    const auto one = q(sample);
    const auto both = q(samples);
    CHECK(one(0) == both(0, 0));
    CHECK(one(1) == both(0, 1));
    real.data()[0] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(at::quantize(real, samples), std::invalid_argument);
}
