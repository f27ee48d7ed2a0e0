// SPDX-License-Identifier: BSL-1.0
// Paddings, resizing, adaptive pooling and shuffles in 8 and 16 bits: cells that are moved are the model's within half a step,
// means within the roundings of the input, the weights and the result.
#include <archetype/architecture.hpp>
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
          at::depth_to_space<2>, at::space_to_depth<2>, at::channel_padding<1, 2>>(0.51, 0.51);
}

TEST_CASE("means of integers") {
    check<at::resize2d<at::extent{9, 5}, at::bilinear>, at::rescale2d<0.7, 1.9, at::bilinear>,
          at::adaptive_avg_pool2d<at::extent{4, 3}>, at::reduce_mean<1>, at::reduce_mean<2>,
          at::reduce_mean<3>>(1.2, 2.5);
}
