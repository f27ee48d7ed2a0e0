// SPDX-License-Identifier: BSL-1.0
// Batch normalization in training and at inference: which statistics are used, how they move, what epsilon is added to.
#include <archetype/training/gradients.hpp>
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <cmath>

namespace at = archetype;

namespace {
// Values 1, 2, 3, 4: mean 2.5, variance 1.25 (biased) and 1.6666667 (unbiased).
const xt::xtensor<double, 2> four{{1}, {2}, {3}, {4}};
constexpr at::pointwise_loss<[](auto prediction, auto target) { return prediction * target; }> weighted{};

template <class Norm>
using norm_net = at::network<at::input<1>, Norm>;

/// Moving mean and variance after one pass in training mode.
template <class Norm>
std::array<double, 2> moved() {
    at::model<norm_net<Norm>, double> net;
    at::gradients of{net, at::mean_squared_error{}};
    of(four, four);
    return {net.data()[net.trainable_size()], net.data()[net.trainable_size() + 16]};
}
}  // namespace

TEST_CASE("moving statistics take a tenth of the batch's") {
    const auto biased = moved<at::batch_norm<at::momentum<0.9>>>();
    CHECK(biased[0] == Approx(0.25).epsilon(1e-14));
    CHECK(biased[1] == Approx(1.025).epsilon(1e-14));
    const auto unbiased = moved<at::batch_norm<at::momentum<0.9>, at::unbiased_variance>>();
    CHECK(unbiased[0] == Approx(0.25).epsilon(1e-14));
    CHECK(unbiased[1] == Approx(0.9 + 0.1 * 5 / 3).epsilon(1e-14));
    const auto keras = moved<at::batch_norm<>>();
    CHECK(keras[0] == Approx(0.025).epsilon(1e-13));
    CHECK(keras[1] == Approx(0.99 + 0.0125).epsilon(1e-13));
}

TEST_CASE("epsilon is added to the biased variance of the batch, under the root") {
    // The loss sum(y * target) / 4 with one target 1 gives y / 4 for that sample.
    const auto first = [](auto net) {
        at::gradients of{net, weighted};
        return 4 * of(four, xt::xtensor<double, 2>{{1}, {0}, {0}, {0}});
    };
    CHECK(first(at::model<norm_net<at::batch_norm<>>, double>{}) ==
          Approx(-1.5 / std::sqrt(1.25 + 1e-3)).epsilon(1e-14));
    CHECK(first(at::model<norm_net<at::batch_norm<at::epsilon<1e-5>>>, double>{}) ==
          Approx(-1.5 / std::sqrt(1.25 + 1e-5)).epsilon(1e-14));
    CHECK(first(at::model<norm_net<at::batch_norm<at::unbiased_variance>>, double>{}) ==
          Approx(-1.5 / std::sqrt(1.25 + 1e-3)).epsilon(1e-14));
    // Not beside the root, which would be this:
    CHECK(first(at::model<norm_net<at::batch_norm<>>, double>{}) !=
          Approx(-1.5 / (std::sqrt(1.25) + 1e-3)).epsilon(1e-5));
}

TEST_CASE("inference uses the moving statistics") {
    at::model<norm_net<at::batch_norm<at::epsilon<1e-5>>>, double> net;
    double* const moving = net.data() + net.trainable_size();
    moving[0] = 0.25;
    moving[16] = 1.025;
    net.data()[0] = 2;    // gamma
    net.data()[16] = -1;  // beta
    const auto results = net(four);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(results(i, 0) ==
              Approx(2 * (static_cast<double>(i + 1) - 0.25) / std::sqrt(1.025 + 1e-5) - 1).epsilon(1e-13));
}

TEST_CASE("folded into a convolution or alone, normalization is the same") {
    // The identity between the two layers keeps the normalization from being folded.
    using folded = at::network<at::input<4, 4, 2>, at::conv2d<3, 3, at::no_bias>, at::batch_norm<>, at::relu>;
    using apart = at::network<at::input<4, 4, 2>, at::conv2d<3, 3, at::no_bias>, at::leaky_relu<1.0>,
                              at::batch_norm<>, at::relu>;
    static_assert(at::detail::inference_plan<folded>.step_count == 1);
    static_assert(at::detail::inference_plan<apart>.step_count == 2);
    at::model<folded, double> one{at::seed{1}};
    at::model<apart, double> two{at::seed{1}};
    REQUIRE(one.size() == two.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
        const double number = 0.5 + static_cast<double>(i * 37 % 64) / 64;
        one.data()[i] = two.data()[i] = i < 64 ? number - 1 : number;
    }
    xt::xtensor<double, 4> samples = xt::xtensor<double, 4>::from_shape({3, 4, 4, 2});
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples.data()[i] = static_cast<double>(i * 29 % 53) / 26 - 1;
    const auto a = one(samples), b = two(samples);
    for (std::size_t i = 0; i < a.size(); ++i)
        CHECK(a.data()[i] == Approx(b.data()[i]).epsilon(1e-13).margin(1e-13));
}

TEST_CASE("what the moving statistics converge to is what inference then gives") {
    using net_type = norm_net<at::batch_norm<at::momentum<0.5>, at::epsilon<1e-5>>>;
    at::model<net_type, double> net;
    at::gradients of{net, at::mean_squared_error{}};
    for (int i = 0; i < 60; ++i) of(four, four);
    const auto results = net(four);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(results(i, 0) ==
              Approx((static_cast<double>(i) - 1.5) / std::sqrt(1.25 + 1e-5)).epsilon(1e-12));
}
