// SPDX-License-Identifier: BSL-1.0
// Gradients of every loss, with labels and with probabilities, with and without a softmax at the end.
#include "checks.hpp"

namespace at = archetype;
using checks::gradients;

namespace {
using scores = at::network<at::input<5>, at::dense<7>, at::tanh, at::dense<4>>;
using probabilities = at::network<at::input<5>, at::dense<7>, at::tanh, at::dense<4>, at::softmax>;
using pixels = at::network<at::input<4, 3, 2>, at::conv2d<5, 3, at::padding<1>>, at::tanh, at::conv2d<3, 2>>;
using dropped =
    at::network<at::input<5>, at::dense<20>, at::dropout<0.3>, at::tanh, at::dropout<0.5>, at::dense<2>>;

using huber = at::pointwise_loss<[](auto prediction, auto target) {
    const auto apart = prediction - target;
    return where(abs(apart) <= 0.5, 0.5 * square(apart), 0.5 * (abs(apart) - 0.25));
}>;

xt::xtensor<double, 2> rows(std::size_t count, std::size_t classes) {
    xt::xtensor<double, 2> made = xt::xtensor<double, 2>::from_shape({count, classes});
    numbers::source from(9);
    for (std::size_t n = 0; n < count; ++n) {
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c) sum += made(n, c) = 1.5 + from.next();
        for (std::size_t c = 0; c < classes; ++c) made(n, c) /= sum;
    }
    return made;
}
}  // namespace

TEST_CASE("cross-entropy of labels") {
    const xt::xtensor<int, 1> labels{3, 0, 2, 2, 1};
    gradients<scores>(at::cross_entropy{}, labels, 5);
    gradients<probabilities>(at::cross_entropy{}, labels, 5);
}
TEST_CASE("cross-entropy of probabilities") {
    gradients<scores>(at::cross_entropy{}, rows(3, 4), 3);
    gradients<probabilities>(at::cross_entropy{}, rows(3, 4), 3);
}
TEST_CASE("the loss of probabilities is that of the scores before them") {
    at::model<scores, double> without{at::seed{2}};
    at::model<probabilities, double> with{at::seed{2}};
    at::gradients one{without, at::cross_entropy{}};
    at::gradients other{with, at::cross_entropy{}};
    const auto samples = numbers::samples<scores, double>(3);
    const xt::xtensor<int, 1> labels{3, 0, 2};
    double wanted = 0;
    const auto found = with(samples);
    for (std::size_t n = 0; n < 3; ++n) wanted -= std::log(found(n, static_cast<std::size_t>(labels(n)))) / 3;
    CHECK(one(samples, labels) == Approx(wanted).epsilon(1e-13));
    CHECK(other(samples, labels) == Approx(wanted).epsilon(1e-13));
}
TEST_CASE("squared errors behind a softmax") { gradients<probabilities>(); }
TEST_CASE("a loss of the user's") {
    xt::xtensor<double, 2> targets = rows(3, 4) * 3;
    gradients<scores>(huber{}, targets, 3);
}
TEST_CASE("cross-entropy of images is a mean over pixels") {
    xt::xtensor<int, 3> labels = xt::xtensor<int, 3>::from_shape({2, 3, 2});
    for (std::size_t i = 0; i < labels.size(); ++i) labels.data()[i] = static_cast<int>(i * 5 % 3);
    gradients<pixels>(at::cross_entropy{}, labels, 2);
}
TEST_CASE("gradients go through the elements that dropout keeps") { gradients<dropped>(); }

TEST_CASE("cross-entropy by its formula, also for scores that overflow exp") {
    using identity = at::network<at::input<3>, at::flatten, at::dense<3, at::no_bias>>;
    at::model<identity, double> net;
    for (std::size_t i = 0; i < 9; ++i) net.data()[i] = i % 4 == 0 ? 1 : 0;
    at::gradients of{net, at::cross_entropy{}};
    const xt::xtensor<double, 2> samples{{1, 2, 3}, {1000, -1000, 0}};
    const double first = std::log(std::exp(1 - 3.0) + std::exp(2 - 3.0) + 1) + 3 - 2;
    CHECK(of(samples, xt::xtensor<int, 1>{1, 2}) == Approx((first + 1000) / 2).epsilon(1e-14));
    const auto gradient = of.input();
    const double sum = std::exp(1) + std::exp(2) + std::exp(3);
    CHECK(gradient(0, 0) == Approx(std::exp(1) / sum / 2).epsilon(1e-13));
    CHECK(gradient(0, 1) == Approx((std::exp(2) / sum - 1) / 2).epsilon(1e-13));
    CHECK(gradient(1, 0) == Approx(0.5));
    CHECK(gradient(1, 1) == 0);
    CHECK(gradient(1, 2) == Approx(-0.5));
    // A label is the row with one 1.
    const xt::xtensor<double, 2> one_hot{{0, 1, 0}, {0, 0, 1}};
    CHECK(of(samples, one_hot) == Approx((first + 1000) / 2).epsilon(1e-14));
}

TEST_CASE("targets that do not fit are errors that name what was found") {
    using Catch::Contains;
    at::model<scores> net;
    at::gradients classes{net, at::cross_entropy{}};
    at::gradients values{net, at::mean_squared_error{}};
    const auto samples = numbers::samples<scores, float>(3);
    CHECK_THROWS_WITH(classes(samples, xt::xtensor<int, 1>{1, 2}), Contains("3 labels") && Contains("(2)"));
    CHECK_THROWS_AS(classes(samples, xt::xtensor<int, 1>{1, 2}), at::shape_error);
    CHECK_THROWS_WITH(values(samples, xt::xtensor<float, 2>(xt::zeros<float>({3, 5}))),
                      Contains("(n, 4)") && Contains("(3, 5)"));
    CHECK_THROWS_WITH(values(samples, xt::xtensor<float, 2>(xt::zeros<float>({2, 4}))),
                      Contains("samples (3), found 2"));
    CHECK_THROWS_WITH(values(xt::xtensor<float, 2>(xt::zeros<float>({3, 6})),
                             xt::xtensor<float, 2>(xt::zeros<float>({3, 4}))),
                      Contains("(n, 5)") && Contains("(3, 6)"));
    // A label that is no class would read outside the scores.
    CHECK_THROWS_WITH(classes(samples, xt::xtensor<int, 1>{1, 4, 0}),
                      Contains("0 to 3") && Contains("found 4"));
    CHECK_THROWS_AS(classes(samples, xt::xtensor<int, 1>{1, -1, 0}), std::invalid_argument);
    CHECK_THROWS_WITH(
        classes(xt::xtensor<float, 2>(xt::zeros<float>({0, 5})), xt::xtensor<int, 1>::from_shape({0})),
        Contains("at least one sample"));
}
