// SPDX-License-Identifier: BSL-1.0
// Encoders in 8 bits: attention, normalization, class token, positions and residuals beside the model in real numbers.
#include <archetype/architecture.hpp>
#include <archetype/execution/quantize/given_quantization.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>
#include <archetype/zoo/kwt.hpp>

#include <catch.hpp>
#include <cmath>

#include "int8_row_cases.hpp"

namespace at = archetype;

namespace {

template <class Net>
xt::xarray<float> waves(std::size_t count) {
    std::vector<std::size_t> extents{count};
    for (std::size_t axis = 0; axis < at::input_shape<Net>.rank; ++axis)
        extents.push_back(at::input_shape<Net>[axis]);
    xt::xarray<float> made = xt::zeros<float>(extents);
    for (std::size_t i = 0; i < made.size(); ++i)
        made.data()[i] = std::sin(0.7f * static_cast<float>(i) + 0.01f * static_cast<float>(i * i % 97));
    return made;
}

/// Parameters far from their first values, which are ones and zeros.
template <class Net>
at::model<Net> stirred() {
    at::model<Net> model{at::seed{3}};
    for (std::size_t i = 0; i < model.trainable_size(); ++i)
        model.data()[i] += 0.2f * std::sin(static_cast<float>(i));
    return model;
}

/// The largest error in steps of the result, which are 256.
template <class Net>
double steps_apart(std::size_t count = 20) {
    at::model<Net> model = stirred<Net>();
    const xt::xarray<float> samples = waves<Net>(count);
    auto integers = at::quantize(model, samples);
    const auto wanted = model(samples);
    const auto found = integers(samples);
    double most = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        most = std::max(most, std::abs(static_cast<double>(wanted.data()[i] - found.data()[i])));
    return most / static_cast<double>(integers.output_quantization().scale);
}
template <class... Layers>
void check(double most) {
    const auto one = [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
        INFO(std::string(Layer::kind));
        const double found = steps_apart<at::network<at::input<9, 24>, Layer>>();
        INFO(found);
        CHECK(found < most);
    };
    (one(boost::mp11::mp_identity<Layers>{}), ...);
}

}  // namespace

TEST_CASE("attention and normalization in 8 bits are the specification") {
    CHECK(int8_row_cases::wrong_rows() == 0);
}

TEST_CASE("layers of encoders in 8 bits are within roundings of the input and the result") {
    check<at::layer_norm<>, at::layer_norm<at::no_scale>, at::layer_norm<at::no_center>, at::rms_norm<>,
          at::class_token<>, at::position_embedding<12>, at::sinusoidal_positions<>,
          at::join_weights<at::multiply, at::shape{24}>, at::join_weights<at::subtract, at::shape{9, 1}>,
          at::join_constants<at::maximum, at::shape{9, 24}>>(1.5);
    check<at::scaled_dot_product_attention<2>, at::scaled_dot_product_attention<2, at::causal>,
          at::scaled_dot_product_attention<4, at::key_value_heads<2>, at::window<3>>>(1.5);
}

TEST_CASE("attention to 1,024 steps in 8 bits is as exact as to nine") {
    using at::scaled_dot_product_attention;
    const double found = steps_apart<at::network<at::input<1024, 6>, scaled_dot_product_attention<1>>>(2);
    INFO(found);
    CHECK(found < 1.5);
    using at::integer_rule;
    STATIC_REQUIRE(at::quantizable<at::network<at::input<4096, 3>, scaled_dot_product_attention<1>>>);
    STATIC_REQUIRE(at::integer_fault_of<at::network<at::input<4097, 3>, scaled_dot_product_attention<1>>> ==
                   at::integer_fault{integer_rule::attention_is_plain, 1});
}

TEST_CASE("an encoder in 8 bits gives the model's scores within 4 % of their range") {
    using net = at::zoo::kwt<16, 2, 5, 2, 12, 6>;
    static_assert(at::quantizable<net> && !at::quantizable<net, std::int16_t>);
    at::model<net> model = stirred<net>();
    const xt::xarray<float> samples = waves<net>(40);
    auto integers = at::quantize(model, samples);
    const auto wanted = model(samples);
    const auto found = integers(samples);
    const float range = xt::amax(wanted)() - xt::amin(wanted)();
    const float most = xt::amax(xt::abs(wanted - found))();
    INFO(most / range);
    CHECK(most < 0.04f * range);
    CHECK_THROWS_AS(at::quantized_with<net>(at::given_quantization{}), std::invalid_argument);
    CHECK(at::sentence(at::integer_rule::attention_is_plain) !=
          at::sentence(at::integer_rule::normalization_is_over_channels));
}
