// SPDX-License-Identifier: BSL-1.0
// Losses by their formulas, their gradients by central differences, scores of any size.
#include <archetype/training/gradients.hpp>
#include <archetype/training/settings.hpp>
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <cmath>

#include "execution/checks.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {

/// The network gives back its input: losses of chosen scores.
template <std::size_t Size>
using given = at::network<at::input<Size>, at::flatten, at::dense<Size, at::no_bias>>;

template <std::size_t Size>
struct loss_at {
    at::model<given<Size>, double> net;
    loss_at() {
        for (std::size_t i = 0; i < Size; ++i) net.data()[i * Size + i] = 1;
        for (std::size_t i = 0; i < Size * Size; ++i)
            if (i % (Size + 1) != 0) net.data()[i] = 0;
    }
    template <class Loss, class Targets>
    double operator()(const Loss& loss, const xt::xtensor<double, 2>& scores, const Targets& targets) {
        at::gradients of{net, loss};
        const double found = of(scores, targets);
        slope = of.input();
        return found;
    }
    xt::xtensor<double, 2> slope;
};

using deep = at::network<at::input<5>, at::dense<7>, at::tanh, at::dense<4>>;
using deep_softmax = at::network<at::input<5>, at::dense<7>, at::tanh, at::dense<4>, at::softmax>;
using image = at::network<at::input<4, 3, 2>, at::conv2d<5, 3, at::padding<1>>, at::tanh, at::conv2d<3, 2>>;

const xt::xtensor<double, 2> soft{{0.1, 0.2, 0.3, 0.4}, {0, 1, 0, 0}, {0.25, 0.25, 0, 0.5}};
const xt::xtensor<int, 1> labels{3, 0, 2};

}  // namespace

TEST_CASE("losses of one element by their formulas") {
    loss_at<2> at_scores;
    const xt::xtensor<double, 2> scores{{1, -3}}, targets{{0.5, 1}};
    CHECK(at_scores(at::mean_squared_error{}, scores, targets) == Approx((0.25 + 16) / 2));
    CHECK(at_scores(at::mean_absolute_error{}, scores, targets) == Approx((0.5 + 4) / 2));
    CHECK(at_scores.slope(0, 1) == Approx(-0.5));
    CHECK(at_scores(at::huber<>{}, scores, targets) == Approx((0.125 + 3.5) / 2));
    CHECK(at_scores(at::huber<2.0>{}, scores, targets) == Approx((0.125 + 2 * (4 - 1)) / 2));
    const double p = 1 / (1 + std::exp(-1.0)), q = 1 / (1 + std::exp(3.0));
    CHECK(at_scores(at::binary_cross_entropy{}, scores, targets) ==
          Approx((-0.5 * std::log(p) - 0.5 * std::log(1 - p) - std::log(q)) / 2));
    CHECK(at_scores.slope(0, 0) == Approx((p - 0.5) / 2));
    CHECK(at_scores.slope(0, 1) == Approx((q - 1) / 2));
}

TEST_CASE("scores of 1e4 in size keep every loss finite and right") {
    loss_at<2> at_scores;
    const xt::xtensor<double, 2> scores{{1e4, -1e4}};
    CHECK(at_scores(at::binary_cross_entropy{}, scores, xt::xtensor<double, 2>{{1, 0}}) == 0);
    CHECK(at_scores(at::binary_cross_entropy{}, scores, xt::xtensor<double, 2>{{0, 1}}) == 1e4);
    CHECK(at_scores.slope(0, 0) == 0.5);
    CHECK(at_scores.slope(0, 1) == -0.5);
    CHECK(at_scores(at::cross_entropy{}, scores, xt::xtensor<int, 1>{0}) == 0);
    CHECK(at_scores(at::cross_entropy{}, scores, xt::xtensor<int, 1>{1}) == 2e4);
    CHECK(at_scores(at::cross_entropy{.label_smoothing = 0.1}, scores, xt::xtensor<int, 1>{0}) ==
          Approx(1e3));
    CHECK(at_scores(at::kl_divergence{}, scores, xt::xtensor<double, 2>{{0, 1}}) == 2e4);
}

TEST_CASE("label smoothing mixes targets with the uniform distribution") {
    loss_at<4> at_scores;
    const xt::xtensor<double, 2> scores{{0.3, -1, 2, 0.7}, {1, 1, -2, 0}, {0, 3, 1, -1}};
    const at::cross_entropy smooth{.label_smoothing = 0.2};
    xt::xtensor<double, 2> mixed = xt::zeros<double>({3, 4});
    for (std::size_t n = 0; n < 3; ++n)
        for (std::size_t c = 0; c < 4; ++c)
            mixed(n, c) = (static_cast<std::size_t>(labels(n)) == c ? 0.8 : 0) + 0.05;
    const double wanted = at_scores(at::cross_entropy{}, scores, mixed);
    const auto slope = at_scores.slope;
    CHECK(at_scores(smooth, scores, labels) == Approx(wanted).epsilon(1e-14));
    for (std::size_t i = 0; i < 12; ++i)
        CHECK(at_scores.slope.data()[i] == Approx(slope.data()[i]).margin(1e-16));
    const double of_soft = at_scores(at::cross_entropy{}, scores, xt::xtensor<double, 2>(0.8 * soft + 0.05));
    CHECK(at_scores(smooth, scores, soft) == Approx(of_soft).epsilon(1e-14));
}

TEST_CASE("steps with an ignored class count for nothing") {
    using steps = at::network<at::input<3, 4>, at::dense<4, at::last_axis>>;
    const at::cross_entropy counted{.label_smoothing = GENERATE(0.0, 0.3), .ignore_class = GENERATE(-100, 2)};
    const int none = *counted.ignore_class;
    at::model<steps, double> net{at::seed{3}};
    const xt::xtensor<double, 3> x{{{1, 2, -1, 0}, {0, 1, 1, -2}, {3, 1, 0, 1}},
                                   {{2, 2, -1, 0}, {0, 0, 1, -2}, {1, 1, 0, 1}},
                                   {{1, 0, -1, 0}, {4, 1, 1, -2}, {3, 0, 0, 1}}};
    const xt::xtensor<int, 2> some{{1, none, 3}, {none, none, none}, {0, 3, 1}};

    // Each step by itself: the first sample is the mean of two of them, the second nothing.
    using step = at::network<at::input<4>, at::dense<4>>;
    at::model<step, double> alone;
    std::copy_n(net.data(), net.size(), alone.data());
    const at::cross_entropy plain{.label_smoothing = counted.label_smoothing};
    at::gradients each{alone, plain};
    double wanted = 0;
    std::vector<double> slope(net.size());
    std::size_t hits = 0;
    for (std::size_t n = 0; n < 3; ++n)
        for (std::size_t t = 0; t < 3; ++t) {
            if (some(n, t) == none) continue;
            const double share = 1.0 / (n == 0 ? 2 : 3) / 3;
            const xt::xtensor<double, 2> row = xt::view(x, n, xt::newaxis(), t);
            wanted += share * each(row, xt::xtensor<int, 1>{some(n, t)});
            for (std::size_t i = 0; i < slope.size(); ++i) slope[i] += share * each.data()[i];
            const auto scores = alone(row);
            hits += std::max_element(scores.begin(), scores.end()) - scores.begin() == some(n, t) ? 1 : 0;
        }
    at::gradients found{net, counted};
    CHECK(found(x, some) == Approx(wanted).epsilon(1e-13));
    for (std::size_t i = 0; i < slope.size(); ++i) CHECK(found.data()[i] == Approx(slope[i]).margin(1e-15));
    for (std::size_t c = 0; c < 12; ++c) CHECK(found.input().data()[12 + c] == 0);

    at::trainer trainer{net, counted, at::sgd{.rate = 0}};
    const auto judged = trainer.evaluate(x, some);
    CHECK(judged.loss == Approx(wanted).epsilon(1e-13));
    CHECK(judged.accuracy == Approx(static_cast<double>(hits) / 5));
    at::trainer learner{net, counted, at::sgd{.rate = 1e-9}};
    const at::history made = learner.fit(x, some, {.batch = 2, .progress = at::progress_style::silent});
    CHECK(made[0].loss == Approx(wanted).epsilon(1e-6));
    CHECK(*made[0].accuracy == Approx(static_cast<double>(hits) / 5));

    CHECK_THROWS_WITH(found(x, xt::xtensor<int, 2>{{0, 1, 2}, {3, none, -7}, {0, 0, 0}}),
                      Contains("0 to 3 or " + std::to_string(none)) && Contains("-7 at position 5"));
    CHECK_THROWS_WITH(found(x, xt::xtensor<double, 3>(xt::ones<double>({3, 3, 4}) / 4)),
                      Contains("ignore_class"));
    CHECK(at::detail::settings_text(counted) ==
          "cross_entropy{label_smoothing = " + std::string(plain.label_smoothing == 0 ? "0" : "0.3") +
              ", ignore_class = " + std::to_string(none) + "}");
    CHECK(at::detail::settings_text(at::cross_entropy{}) == "cross_entropy{label_smoothing = 0}");
}

TEST_CASE("Kullback-Leibler divergence is cross-entropy less entropy") {
    loss_at<4> at_scores;
    xt::xtensor<double, 2> scores = xt::log(xt::xtensor<double, 2>{{0.4, 0.3, 0.2, 0.1}});
    const xt::xtensor<double, 2> targets{{0.1, 0.2, 0.3, 0.4}};
    const double wanted =
        0.1 * std::log(0.25) + 0.2 * std::log(2.0 / 3) + 0.3 * std::log(1.5) + 0.4 * std::log(4);
    CHECK(at_scores(at::kl_divergence{}, scores, targets) == Approx(wanted).epsilon(1e-14));
    CHECK(at_scores(at::kl_divergence{}, xt::xtensor<double, 2>(xt::log(targets)), targets) ==
          Approx(0).margin(1e-15));
    CHECK(at_scores(at::kl_divergence{}, scores, xt::xtensor<int, 1>{1}) == Approx(-std::log(0.3)));
}

TEST_CASE("gradients of every loss by central differences") {
    const xt::xtensor<double, 2> values = soft * 3 - 1;
    checks::gradients<deep>(at::mean_absolute_error{}, values, 3);
    checks::gradients<deep>(at::huber<>{}, values, 3);
    checks::gradients<deep>(at::huber<0.25>{}, values, 3);
    checks::gradients<deep>(at::binary_cross_entropy{}, soft, 3);
    checks::gradients<deep>(at::kl_divergence{}, soft, 3);
    checks::gradients<deep_softmax>(at::kl_divergence{}, soft, 3);
    checks::gradients<deep>(at::cross_entropy{.label_smoothing = 0.1}, labels, 3);
    checks::gradients<deep_softmax>(at::cross_entropy{.label_smoothing = 0.3}, soft, 3);
    xt::xtensor<int, 3> pixels = xt::xtensor<int, 3>::from_shape({2, 3, 2});
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels.data()[i] = static_cast<int>(i * 5 % 3);
    checks::gradients<image>(at::cross_entropy{.label_smoothing = 0.1}, pixels, 2);
}

TEST_CASE("evaluation gives the loss of training for values, probabilities and classes") {
    const auto samples = numbers::samples<deep_softmax, double>(3);
    const auto same = [&](const auto& loss, const auto& targets) {
        at::model<deep_softmax, double> net{at::seed{1}};
        at::trainer trainer{net, loss, at::sgd{}};
        at::gradients of{net, loss};
        const double wanted = of(samples, targets);
        const auto found = trainer.evaluate(samples, targets);
        if constexpr (requires { found.loss; })
            CHECK(found.loss == Approx(wanted).epsilon(1e-12));
        else
            CHECK(found == Approx(wanted).epsilon(1e-12));
    };
    same(at::mean_squared_error{}, soft);
    same(at::kl_divergence{}, soft);
    same(at::cross_entropy{.label_smoothing = 0.1}, soft);
    same(at::cross_entropy{.label_smoothing = 0.1}, labels);
}

TEST_CASE("targets out of range are refused") {
    at::model<deep, double> net;
    const auto samples = numbers::samples<deep, double>(3);
    const auto refuse = [&](const auto& loss, const xt::xtensor<double, 2>& targets, const auto& message) {
        at::trainer trainer{net, loss, at::sgd{}};
        CHECK_THROWS_WITH(trainer.fit(samples, targets, {.progress = at::progress_style::silent}), message);
    };
    refuse(at::cross_entropy{}, soft * 2, Contains("sum") || Contains("probability"));
    refuse(at::cross_entropy{}, soft * 0.5,
           Contains("row 0") && Contains("sum to 1") && Contains("found 0.5"));
    refuse(at::kl_divergence{}, soft - 0.1, Contains("position 4") && Contains("found -0.1"));
    refuse(at::binary_cross_entropy{}, soft * 3, Contains("probability") && Contains("found 1.2"));
    refuse(at::mean_squared_error{}, soft * std::nan(""),
           Contains("targets at position 0") && Contains("nan"));
    CHECK_THROWS_WITH((at::trainer{net, at::cross_entropy{.label_smoothing = 1.5}, at::sgd{}}),
                      Contains("label_smoothing") && Contains("1.5"));
}
