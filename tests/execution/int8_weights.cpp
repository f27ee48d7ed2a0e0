// SPDX-License-Identifier: BSL-1.0
// Weights of 8 bits with real activations, against the float network whose weights are those that the 8-bit numbers stand
// for, which this file computes itself.
#include <archetype/architecture.hpp>
#include <archetype/execution/budget.hpp>
#include <archetype/execution/inference/with_input.hpp>
#include <archetype/execution/quantize/weight_quantized_model.hpp>

#include <catch.hpp>
#include <numeric>

namespace at = archetype;

namespace {

/// Calls `visit(tensor, its numbers, filters)` for each tensor of a model.
template <class Net, class Visit>
void each_tensor(at::model<Net>& net, const Visit& visit) {
    constexpr const auto& layout = at::detail::parameters_of<Net>;
    for (std::size_t i = 0; i < layout.size(); ++i) {
        const auto& node = at::detail::unchecked_facts<Net>.nodes[layout.slots[i].node];
        const at::parameter& tensor = node.parameters[layout.slots[i].index];
        const std::size_t columns = node.role == at::layer_role::recurrent
                                        ? tensor.extents[tensor.extents.rank - 1]
                                        : node.output.channels();
        visit(tensor, net.data() + layout.slots[i].offset, columns);
    }
}

template <class Net>
at::model<Net> some_model() {
    at::model<Net> net{at::seed{5}};
    std::size_t wave = 0;
    each_tensor(net, [&](const at::parameter& tensor, float* numbers, std::size_t) {
        if (tensor.name == "bias" || tensor.name == "peephole" || tensor.name == "initial_state")
            for (std::size_t k = 0; k < tensor.extents.size(); ++k)
                numbers[k] = 0.3f * std::sin(static_cast<float>(++wave));
        if (tensor.name == "gamma" || tensor.name == "moving_variance")
            for (std::size_t k = 0; k < tensor.extents.size(); ++k)
                numbers[k] = 1 + 0.5f * std::sin(static_cast<float>(++wave));
    });
    return net;
}

/// A row of a table of tokens, which has a scale of its own.
void round_row(float* numbers, std::size_t count) {
    float largest = 0;
    for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(numbers[i]));
    const float scale = largest / 127;
    for (std::size_t i = 0; i < count; ++i) numbers[i] = scale * std::round(numbers[i] / scale);
}

/// Every matrix becomes what its 8-bit form stands for.
template <class Net>
void round_weights(at::model<Net>& net) {
    each_tensor(net, [&](const at::parameter& tensor, float* numbers, std::size_t columns) {
        if (tensor.name == "embeddings") {
            for (std::size_t row = 0; row < tensor.extents[0]; ++row)
                round_row(numbers + row * tensor.extents[1], tensor.extents[1]);
            return;
        }
        if (tensor.name != "kernel" && tensor.name != "recurrent_kernel" &&
            tensor.name != "peephole_kernel" && tensor.name != "depthwise_kernel")
            return;
        for (std::size_t column = 0; column < columns; ++column) {
            float largest = 0;
            for (std::size_t i = column; i < tensor.extents.size(); i += columns)
                largest = std::max(largest, std::abs(numbers[i]));
            const float scale = largest / 127;
            for (std::size_t i = column; i < tensor.extents.size(); i += columns)
                numbers[i] = scale * std::round(numbers[i] / scale);
        }
    });
}

template <class Net>
auto some_samples(std::size_t count) {
    constexpr at::shape in = at::input_shape<Net>;
    xt::xarray<float> samples = xt::sin(0.37f * xt::arange<float>(0, static_cast<float>(count * in.size())));
    std::vector<std::size_t> extents{count};
    for (std::size_t axis = 0; axis < in.rank; ++axis) extents.push_back(in[axis]);
    samples.reshape(extents);
    return samples;
}

/// The largest difference to the network with rounded weights, in parts of the largest result; and to the model itself.
template <class Net>
std::pair<float, float> differences() {
    at::model<Net> net = some_model<Net>();
    at::weight_quantized_model<Net> small = at::quantize_weights(net);
    const auto samples = some_samples<Net>(3);
    const xt::xarray<float> real = net(samples), found = small(samples);
    round_weights(net);
    const xt::xarray<float> wanted = net(samples);
    const float largest = xt::amax(xt::abs(wanted))();
    return {xt::amax(xt::abs(found - wanted))() / largest, xt::amax(xt::abs(found - real))() / largest};
}
template <class Net>
void check_rounded() {
    const auto [rounding, quantization] = differences<Net>();
    CHECK(rounding < 2e-5f);
    CHECK(quantization > 0);
    CHECK(quantization < 0.05f);
}

using identity = at::sequence<>;

}  // namespace

TEST_CASE("int8 weights: dense layers and convolutions are those with rounded weights") {
    check_rounded<at::network<at::input<37>, at::dense<21>, at::relu, at::dense<5>>>();
    check_rounded<
        at::network<at::input<37>, at::dense<130, at::no_bias>, at::tanh, at::dense<3>, at::softmax>>();
    check_rounded<
        at::network<at::input<6, 5>, at::dense<9, at::last_axis>, at::relu, at::flatten, at::dense<4>>>();
    check_rounded<at::network<at::input<13, 11, 3>, at::conv2d<10, 3, at::same>, at::relu,
                              at::conv2d<7, at::extent{3, 2}, at::stride<2>, at::no_bias>, at::flatten,
                              at::dense<4>>>();
    check_rounded<at::network<at::input<12, 11, 6>, at::conv2d<8, 3, at::groups<2>, at::dilation<2>>,
                              at::elu<>, at::conv2d<33, 1>>>();
    check_rounded<at::network<at::input<40, 3>, at::conv1d<9, 5, at::causal>, at::relu,
                              at::conv1d<4, 3, at::stride<2>>>>();
}

TEST_CASE("int8 weights: depthwise convolutions") {
    check_rounded<
        at::network<at::input<9, 10, 20>, at::depthwise_conv2d<3, at::same>, at::relu, at::conv2d<6, 1>>>();
    check_rounded<
        at::network<at::input<9, 10, 5>, at::depthwise_conv2d<3, at::depth_multiplier<3>>, at::tanh>>();
}

TEST_CASE("int8 weights: poolings on the fly, additions and concatenations") {
    check_rounded<
        at::network<at::input<14, 14, 3>, at::conv2d<9, 3>, at::relu, at::max_pool2d<2>,
                    at::conv2d<5, 3, at::same>, at::tanh, at::avg_pool2d<3>, at::flatten, at::dense<4>>>();
    using body = at::sequence<at::conv2d<6, 3, at::same>, at::relu, at::conv2d<6, 3, at::same>>;
    check_rounded<at::network<
        at::input<8, 8, 3>, at::conv2d<6, 3, at::same>, at::relu, at::residual<body, identity>, at::relu,
        at::branches<at::concatenate, at::conv2d<3, 1>, at::sequence<at::conv2d<2, 3, at::same>, at::tanh>>,
        at::global_avg_pool2d, at::dense<4>>>();
}

TEST_CASE("int8 weights: recurrent layers, in float states") {
    check_rounded<at::network<at::input<21, 3>, at::lstm<18, at::return_sequences, at::two_biases>,
                              at::gru<7, at::reversed>, at::dense<4>>>();
    check_rounded<at::network<at::input<19, 3>, at::gru<9, at::reset_after, at::return_sequences>,
                              at::simple_rnn<5, at::no_bias>>>();
    check_rounded<at::network<at::input<6, 3>, at::lstm<5, at::peepholes, at::return_sequences>,
                              at::lstm<6, at::diagonal_peepholes, at::trainable_initial_state>>>();
}

TEST_CASE("int8 weights: tables of tokens have a scale for each row") {
    using net = at::network<at::input<9>, at::shared<"words", at::embedding<35, 20>>, at::tanh,
                            at::dense<20, at::last_axis>, at::shared<"words", at::tied_output<35>>>;
    STATIC_REQUIRE(at::int8_weight_count<net> == 35 * 20 + 20 * 20);
    STATIC_REQUIRE(at::int8_weight_numbers<net> == 35 + 20 + 20);
    at::model<net> model = some_model<net>();
    for (std::size_t i = 0; i < 35 * 20; ++i) model.data()[i] *= 1 + static_cast<float>(i / 20);
    at::weight_quantized_model<net> small = at::quantize_weights(model);
    const xt::xtensor<float, 1> tokens{0, 34, 7, 7, 1, 20, 33, 2, 15};
    const xt::xtensor<float, 2> real = model(tokens), found = small(tokens);
    round_weights(model);
    const xt::xtensor<float, 2> wanted = model(tokens);
    const float largest = xt::amax(xt::abs(wanted))();
    CHECK(xt::amax(xt::abs(found - wanted))() < 2e-5f * largest);
    CHECK(xt::amax(xt::abs(found - real))() > 2e-5f * largest);
    CHECK(xt::amax(xt::abs(found - real))() < 0.02f * largest);
}

TEST_CASE("int8 weights: other layers keep their numbers") {
    // Nothing but these, so nothing is rounded.
    using net = at::network<at::input<6, 5, 4>, at::batch_norm<>, at::relu, at::conv2d_transpose<3, 2>,
                            at::layer_norm<>>;
    at::model<net> model = some_model<net>();
    at::weight_quantized_model<net> small = at::quantize_weights(model);
    STATIC_REQUIRE(at::int8_weight_count<net> == 0);
    const auto samples = some_samples<net>(2);
    const xt::xarray<float> wanted = model(samples), found = small(samples);
    CHECK(xt::amax(xt::abs(wanted - found))() < 1e-5f);
    // Batch norm goes into the layer before it, which is rounded.
    const auto [rounding, quantization] =
        differences<at::network<at::input<9, 9, 3>, at::conv2d<7, 3>, at::batch_norm<>, at::relu, at::flatten,
                                at::dense<3>>>();
    static_cast<void>(rounding);
    CHECK(quantization < 0.03f);
}

TEST_CASE("int8 weights: a quarter of the bytes") {
    using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::padding<2>>, at::relu,
                            at::max_pool2d<2>, at::conv2d<16, 5>, at::relu, at::max_pool2d<2>, at::flatten,
                            at::dense<120>, at::relu, at::dense<84>, at::relu, at::dense<10>>;
    // LeNet-5: 61,470 weights; for each of 236 filters a scale and a bias.
    STATIC_REQUIRE(at::int8_weight_count<net> == 61470);
    STATIC_REQUIRE(at::int8_weight_numbers<net> == 2 * 236);
    STATIC_REQUIRE(at::int8_weight_bytes<net> == 61470 + 4 * 2 * 236);
    STATIC_REQUIRE(100 * at::int8_weight_bytes<net> < 26 * at::flash_bytes<net>);
}

namespace {

using small_net = at::network<at::input<3>, at::dense<2>>;
// Columns of (1, 2, -4) with the scale 4 / 127 and (0.5, 0, 0.25) with 0.5 / 127.
constexpr std::int8_t small_weights[6 + at::constant_weights_slack] = {32, 127, 64, 0, -127, 64};
constexpr float small_numbers[4 + at::constant_weights_slack] = {4.f / 127, 0.5f / 127, 10, 20};
constexpr at::int8_weights<at::architecture_hash<small_net>, 6, 4> small{small_weights, small_numbers};
at::embedded<small_net, small> on_device;

}  // namespace

TEST_CASE("int8 weights: an object with constant weights") {
    STATIC_REQUIRE(at::flash_bytes<small_net, at::form::int8_weights> ==
                   sizeof(small_weights) + sizeof(small_numbers));
    STATIC_REQUIRE(at::ram_bytes<small_net, at::form::int8_weights> == sizeof(on_device));
    const float sample[3] = {1, 2, 3};
    const auto found = on_device(sample);
    CHECK(found[0] == Approx(4. / 127 * (32 + 128 - 381) + 10));
    CHECK(found[1] == Approx(0.5 / 127 * (127 + 192) + 20));
    static at::with_input<at::embedded<small_net, small>> filled;
    std::copy_n(sample, 3, filled.input().begin());
    const auto placed = filled();
    CHECK(std::equal(placed.begin(), placed.end(), found.begin()));
    // What quantize_weights makes of these weights.
    at::model<small_net> model{at::seed{1}};
    const float kernel[] = {1, 0.5f, 2, 0, -4, 0.25f}, bias[] = {10, 20};
    each_tensor(model, [&](const at::parameter& tensor, float* numbers, std::size_t) {
        std::copy_n(tensor.name == "kernel" ? kernel : bias, tensor.extents.size(), numbers);
    });
    const auto made = at::quantize_weights(model);
    CHECK(std::equal(made.weights().begin(), made.weights().end(), small_weights));
    CHECK(std::equal(made.numbers().begin(), made.numbers().end(), small_numbers));
}

TEST_CASE("int8 weights: of a model in double") {
    at::model<small_net, double> model{at::seed{2}};
    at::model<small_net> same{at::seed{2}};
    std::copy_n(model.data(), at::detail::parameters_of<small_net>.elements, same.data());
    const auto made = at::quantize_weights(model), wanted = at::quantize_weights(same);
    for (std::size_t i = 0; i < 6; ++i) CHECK(std::abs(made.weights()[i] - wanted.weights()[i]) <= 1);
    for (std::size_t i = 0; i < 4; ++i) CHECK(made.numbers()[i] == Approx(wanted.numbers()[i]));
}

TEST_CASE("int8 weights: what is given is checked") {
    at::model<small_net> model{at::seed{1}};
    auto small_model = at::quantize_weights(model);
    const xt::xtensor<float, 2> wrong{{1, 2}};
    CHECK_THROWS_WITH(small_model(wrong),
                      "archetype::weight_quantized_model: expected an input of shape (3) or, for "
                      "a batch, (n, 3), found (1, 2)");
    CHECK_THROWS_AS((at::weight_quantized_model<small_net>({1, 2}, {1})), std::invalid_argument);
    model.data()[0] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_AS(at::quantize_weights(model), std::invalid_argument);
}
