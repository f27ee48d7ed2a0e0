// SPDX-License-Identifier: BSL-1.0
// Numbers at the ends of what integers hold: biases and sums beyond 32 bits, states that grow, states that move slowly.
#include <archetype/architecture.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>
#include <archetype/execution/quantize/weight_quantized_model.hpp>

#include <catch.hpp>

namespace at = archetype;
using i16 = std::int16_t;

namespace {

/// Samples of a network between 0 and 1.
template <class Net>
xt::xarray<float> some_samples(std::size_t count) {
    constexpr at::shape in = at::input_shape<Net>;
    std::vector<std::size_t> extents{count};
    for (std::size_t axis = 0; axis < in.rank; ++axis) extents.push_back(in[axis]);
    xt::xarray<float> samples =
        0.5f + 0.5f * xt::sin(0.37f * xt::arange<float>(0, static_cast<float>(count * in.size())));
    samples.reshape(extents);
    return samples;
}
/// The numbers of parameter tensor `i` of a network.
template <class Net>
float* parameter(at::model<Net>& net, std::size_t i) {
    return net.data() + at::detail::parameters_of<Net>.slots[i].offset;
}

constexpr float bias = -1.2156529f;

/// Filter 1 of the first layer gets weights `w` and the bias; the largest difference between its results and the bias.
template <class Activation, class Net>
double bias_error(float w) {
    at::model<Net> net{at::seed{3}};
    constexpr at::shape kernel = at::detail::unchecked_facts<Net>.nodes[0].parameters[0].extents;
    constexpr std::size_t filters = at::output_shape<Net>.channels();
    for (std::size_t i = 1; i < kernel.size(); i += filters) parameter(net, 0)[i] = w;
    for (std::size_t i = 0; i < filters; ++i) parameter(net, 1)[i] = i == 1 ? bias : 0.1f;
    const auto samples = some_samples<Net>(64);
    auto q = at::quantize<Activation>(net, samples);
    const xt::xarray<float> found = q(samples), wanted = net(samples);
    double most = 0;
    for (std::size_t i = 1; i < found.size(); i += filters)
        most = std::max(most, static_cast<double>(std::abs(found.data()[i] - wanted.data()[i])));
    return most;
}

}  // namespace

TEMPLATE_TEST_CASE("B-15: a filter of tiny weights keeps its bias", "", std::int8_t, i16) {
    const double step = sizeof(TestType) == 1 ? 0.012 : 1e-4;
    for (const float w : {1e-3f, 1e-5f, 1e-6f, 1e-8f, 1e-20f, 1e-37f, 1e-40f, 1e-44f, 0.f, -1e-8f}) {
        CAPTURE(w);
        CHECK(bias_error<TestType, at::network<at::input<4>, at::dense<3>>>(w) < step);
        CHECK(bias_error<TestType, at::network<at::input<6, 5, 2>, at::conv2d<3, 3, at::same>>>(w) < step);
        CHECK(bias_error<TestType, at::network<at::input<6, 5, 3>, at::depthwise_conv2d<3>>>(w) < step);
        CHECK(bias_error<TestType, at::network<at::input<12, 2>, at::conv1d<3, 3, at::causal>>>(w) < step);
    }
}

TEMPLATE_TEST_CASE("quantized: a filter without weights keeps its bias whatever the scale of the input", "",
                   std::int8_t, i16) {
    using net = at::network<at::input<4>, at::dense<3>>;
    at::model<net> model{at::seed{3}};
    for (std::size_t i = 0; i < 12; ++i) parameter(model, 0)[i] = i % 3 == 1 ? 0.f : 0.001f;
    parameter(model, 1)[1] = bias;
    const xt::xarray<float> samples = 1000.f * some_samples<net>(64);
    auto q = at::quantize<TestType>(model, samples);
    const xt::xarray<float> found = q(samples);
    const float step = q.output_quantization().scale;
    for (std::size_t n = 0; n < 64; ++n) CHECK(std::abs(found(n, 1) - bias) <= 0.51f * step);
}

TEST_CASE("quantized: a batch norm of small scale keeps its shift") {
    using net = at::network<at::input<6, 5, 2>, at::conv2d<3, 3, at::same, at::no_bias>, at::batch_norm<>>;
    at::model<net> model{at::seed{3}};
    for (std::size_t i = 0; i < at::detail::parameters_of<net>.slots.size(); ++i) {
        const auto& slot = at::detail::parameters_of<net>.slots[i];
        const auto name = at::detail::unchecked_facts<net>.nodes[slot.node].parameters[slot.index].name;
        if (name == "gamma") model.data()[slot.offset + 1] = 1e-9f;
        if (name == "beta") model.data()[slot.offset + 1] = bias;
    }
    const auto samples = some_samples<net>(16);
    auto q = at::quantize(model, samples);
    const xt::xarray<float> found = q(samples);
    for (std::size_t i = 1; i < found.size(); i += 3)
        REQUIRE(std::abs(found.data()[i] - bias) <= 0.51f * q.output_quantization().scale);
}

TEST_CASE("quantized: weights alone in 8 bits may be tiny") {
    using net = at::network<at::input<4>, at::dense<3>>;
    at::model<net> model{at::seed{3}};
    for (const float w : {1e-30f, 1e-40f, 1e-44f, 0.f}) {
        for (std::size_t i = 1; i < 12; i += 3) parameter(model, 0)[i] = w;
        parameter(model, 1)[1] = bias;
        const auto samples = some_samples<net>(4);
        auto q = at::quantize_weights(model);
        const xt::xarray<float> found = q(samples), wanted = model(samples);
        CHECK(static_cast<double>(xt::amax(xt::abs(found - wanted))()) < 0.02);
        CHECK(found(0, 1) == Approx(bias));
    }
}

namespace {

/// Two filters of N inputs that are all 1: weights 0.001 and -0.00075 in turn, biases 3 and -3.
template <class Activation, std::size_t Inputs>
void check_many_taps() {
    using net = at::network<at::input<Inputs>, at::dense<2>>;
    at::model<net> model{at::seed{1}};
    double sums[2] = {3, -3};
    for (std::size_t i = 0; i < Inputs; ++i)
        for (std::size_t f = 0; f < 2; ++f) {
            const float w = i % 7 < 3 ? 0.001f : -0.00075f;
            parameter(model, 0)[2 * i + f] = w;
            sums[f] += static_cast<double>(w);
        }
    parameter(model, 1)[0] = 3, parameter(model, 1)[1] = -3;
    const xt::xarray<float> ones = xt::ones<float>({std::size_t{1}, Inputs});
    auto q = at::quantize<Activation>(model, ones);
    const xt::xarray<float> found = q(ones);
    CAPTURE(Inputs);
    // Alike weights are rounded alike: by a quarter of a step of 0.001 / 127, more where sums leave fewer steps.
    const double rounding = (Inputs < 100000 ? 2e-6 : 4e-6) * static_cast<double>(Inputs) * 4 / 7 + 0.03;
    CHECK(std::abs(static_cast<double>(found(0, 0)) - sums[0]) < rounding);
    CHECK(std::abs(static_cast<double>(found(0, 1)) - sums[1]) < rounding);
}

}  // namespace

TEMPLATE_TEST_CASE("B-17: many products", "", std::int8_t, i16) {
    check_many_taps<TestType, 32768>();
    check_many_taps<TestType, 60000>();
    check_many_taps<TestType, 65536>();
    check_many_taps<TestType, 66000>();
    check_many_taps<TestType, 66100>();
    check_many_taps<TestType, 131072>();
}

TEST_CASE("quantized: sums of weights that are all alike leave no 32 bits") {
    using net = at::network<at::input<150000>, at::dense<1>>;
    at::model<net> model{at::seed{1}};
    std::fill_n(parameter(model, 0), 150000, 0.001f);
    parameter(model, 1)[0] = -20;
    const xt::xarray<float> ones = xt::ones<float>({1, 150000});
    auto q = at::quantize(model, ones);
    CHECK(q(ones)(0, 0) == Approx(130).epsilon(0.02));
    const xt::xarray<float> halves = 0.5f * ones;
    CHECK(q(halves)(0, 0) == Approx(55).epsilon(0.02));
}

TEST_CASE("quantized: results far beyond what calibration saw saturate") {
    using net = at::network<at::input<64>, at::dense<1>>;
    at::model<net> model{at::seed{1}};
    for (std::size_t i = 0; i < 64; ++i) parameter(model, 0)[i] = i % 2 == 0 ? 1.f : -1.f;
    xt::xarray<float> samples = xt::ones<float>({2, 64});
    samples(1, 0) = 1.0000001f;
    auto q = at::quantize(model, samples);  // 1.2e-7 at most
    xt::xarray<float> far = xt::zeros<float>({1, 64});
    for (std::size_t i = 0; i < 64; i += 2) far(0, i) = 1;
    const float largest = q.output_quantization().dequantize(127);
    CHECK(q(far)(0, 0) == largest);
    CHECK(q(xt::xarray<float>(1.f - far))(0, 0) == q.output_quantization().dequantize(-128));
}

namespace {

template <std::size_t Steps>
using long_state = at::network<at::input<Steps, 1>, at::lstm<1, at::return_sequences>>;

/// Candidate weight 3, biases of the gates 7.
template <class Net>
void set_long_state(at::model<Net>& model) {
    for (std::size_t i = 0; i < 4; ++i) {
        parameter(model, 0)[i] = i == 2 ? 3.f : 0.f;
        parameter(model, 1)[i] = 0;
        parameter(model, 2)[i] = i == 2 ? 0.f : 7.f;
    }
}

}  // namespace

TEST_CASE("B-18: the long-term state of an LSTM has the power of two that calibration asks for") {
    using net = long_state<100>;
    at::model<net> model{at::seed{1}};
    set_long_state(model);
    xt::xarray<float> sequence = xt::ones<float>({1, 100, 1});
    for (std::size_t t = 60; t < 100; ++t) sequence(0, t, 0) = -1;
    auto q = at::quantize(model, sequence);
    const xt::xarray<float> found = q(sequence), wanted = model(sequence);
    for (const std::size_t t : {59, 80, 99}) {
        CHECK(wanted(0, t, 0) == Approx(0.9991).margin(1e-4));
        CHECK(found(0, t, 0) == Approx(0.9991).margin(1. / 127));
    }
    for (std::size_t t = 0; t < 100; ++t) CHECK(std::abs(found(0, t, 0) - wanted(0, t, 0)) < 0.02f);

    // The rule, as TensorFlow Lite's own tests have it.
    CHECK(at::detail::power_of_two_of(-1, 1) == 0);
    CHECK(at::detail::power_of_two_of(-10, 10) == 4);
    CHECK(at::detail::power_of_two_of(3, 10) == 4);
    CHECK(at::detail::power_of_two_of(0, 58.07) == 6);
    CHECK(at::detail::power_of_two_of(-1e9, 0) == 15);
    CHECK(at::detail::power_of_two_of(0, 0) == 0);
}

TEST_CASE("quantized: a long-term state of some hundreds") {
    using net = long_state<900>;
    at::model<net> model{at::seed{1}};
    set_long_state(model);
    xt::xarray<float> sequence = xt::ones<float>({1, 900, 1});
    for (std::size_t t = 700; t < 900; ++t) sequence(0, t, 0) = -1;
    auto q = at::quantize(model, sequence);
    const xt::xarray<float> found = q(sequence), wanted = model(sequence);
    for (std::size_t t = 0; t < 900; ++t) REQUIRE(std::abs(found(0, t, 0) - wanted(0, t, 0)) < 0.02f);
}

TEST_CASE("quantized: states that move slowly arrive") {
    // Update gate sigmoid(7): 0.0009 of the way in each step, less than 2^-15 near the end.
    using slow = at::network<at::input<4000, 1>, at::gru<1>>;
    using after = at::network<at::input<4000, 1>, at::gru<1, at::reset_after>>;
    const auto check = []<class Net>(at::model<Net> model) {
        for (std::size_t i = 0; i < 3; ++i) {
            parameter(model, 0)[i] = i == 2 ? 3.f : 0.f;
            parameter(model, 1)[i] = 0;
            parameter(model, 2)[i] = i == 0 ? 7.f : 0.f;
        }
        const xt::xarray<float> ones = xt::ones<float>({1, 4000, 1});
        auto q = at::quantize(model, ones);
        CHECK(std::abs(q(ones)(0, 0) - model(ones)(0, 0)) < 1.5f / 128);
    };
    check(at::model<slow>{at::seed{1}});
    check(at::model<after>{at::seed{1}});

    // A forget gate of sigmoid(7) and no more input: the state fades.
    using net = at::network<at::input<3000, 1>, at::lstm<1>>;
    at::model<net> model{at::seed{1}};
    set_long_state(model);
    xt::xarray<float> pulse = xt::zeros<float>({1, 3000, 1});
    for (std::size_t t = 0; t < 12; ++t) pulse(0, t, 0) = 1;
    auto q = at::quantize(model, pulse);
    CHECK(std::abs(q(pulse)(0, 0) - model(pulse)(0, 0)) < 0.03f);
}

TEST_CASE("quantized: gates of tiny weights keep their biases, and long rows their sums") {
    using net = at::network<at::input<20, 2>, at::lstm<2>>;
    at::model<net> model{at::seed{5}};
    for (const float w : {1e-4f, 1e-9f, 1e-30f, 0.f}) {
        for (std::size_t k = 0; k < 8; ++k)
            for (std::size_t i = 0; i < 2; ++i)
                if (k < 4 || k > 5) parameter(model, 0)[i * 8 + k] = parameter(model, 1)[i * 8 + k] = w;
        for (std::size_t k = 0; k < 8; ++k) parameter(model, 2)[k] = k < 4 || k > 5 ? 1.5f : -0.3f;
        const auto samples = some_samples<net>(8);
        auto q = at::quantize(model, samples);
        const xt::xarray<float> found = q(samples), wanted = model(samples);
        CHECK(static_cast<double>(xt::amax(xt::abs(found - wanted))()) < 0.02);
    }
    // Positive parts first, negative ones later: each alone is beyond 8.
    using wide = at::network<at::input<2, 1200>, at::gru<1>>;
    at::model<wide> other{at::seed{5}};
    for (std::size_t i = 0; i < 1200; ++i)
        for (std::size_t k = 0; k < 3; ++k) parameter(other, 0)[3 * i + k] = i < 600 ? 0.05f : -0.049f;
    const auto samples = some_samples<wide>(8);
    auto q = at::quantize(other, samples);
    const xt::xarray<float> found = q(samples), wanted = other(samples);
    CHECK(static_cast<double>(xt::amax(xt::abs(found - wanted))()) < 0.04);
}
