// SPDX-License-Identifier: BSL-1.0
// Weights of samples and classes, and callbacks: values of PyTorch and by hand.
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <cmath>

namespace at = archetype;
using Catch::Contains;

namespace {

/// The network gives back its input at first.
using given = at::network<at::input<3>, at::dense<3, at::no_bias>>;
using map = at::network<at::input<1, 2, 3>, at::conv2d<3, 1, at::no_bias>>;
constexpr auto silent = at::progress_style::silent;

template <class Net>
at::model<Net, double> identity() {
    at::model<Net, double> net;
    for (std::size_t i = 0; i < 9; ++i) net.data()[i] = i % 4 == 0 ? 1 : 0;
    return net;
}
const xt::xtensor<double, 2> scores{{0.3, -1, 2}, {1, 1, -2}, {0, 3, 1}};
const xt::xtensor<int, 1> labels{2, 1, 0};

}  // namespace

// torch 1.13: (w * F.cross_entropy(z, y, reduction='none')).sum() / 3 and F.cross_entropy(z, y, weight=c, reduction='sum') / 3
// in double, with z, y as above, w = (1, 0.5, 2), c = (0.25, 1, 3).
TEST_CASE("weights of samples and classes scale losses") {
    at::model<given, double> net = identity<given>();
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{.rate = 1}};
    const auto loss = [&](at::fit_options options) {
        options.progress = silent;
        return trainer.fit(scores, labels, options)[0];
    };
    SECTION("samples") {
        CHECK(loss({.sample_weights = {1, 0.5, 2}}).loss == Approx(2.302526921663661).epsilon(1e-14));
        // The step of rate 1 is the gradient, x^T g.
        const double g[3][3] = {{0.04940848762807404, 0.013465383724377847, -0.06287387135245184},
                                {0.08130925852672806, -0.0853574081399386, 0.0040481496132105345},
                                {-0.6386599559106226, 0.5625298229875597, 0.07613013292306298}};
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 3; ++j) {
                double step = 0;
                for (std::size_t n = 0; n < 3; ++n) step += scores(n, i) * g[n][j];
                CHECK(net.data()[3 * i + j] == Approx((i == j ? 1 : 0) - step).epsilon(1e-13));
            }
    }
    SECTION("classes") {
        const at::epoch_report report = loss({.class_weights = {0.25, 1, 3}});
        CHECK(report.loss == Approx(0.7124199077303182).epsilon(1e-14));
        CHECK(report.accuracy.value() == Approx(1 / 3.0));
    }
    SECTION("both, by parts of an update, in any order") {
        at::model<given, double> whole = identity<given>();
        at::trainer other{whole, at::cross_entropy{.label_smoothing = 0.1}, at::sgd{.rate = 1}};
        at::trainer smooth{net, at::cross_entropy{.label_smoothing = 0.1}, at::sgd{.rate = 1}, at::seed{5}};
        const std::vector<double> samples{1, 0.5, 2}, classes{0.25, 1, 3};
        const double loss_of_whole =
            other
                .fit(scores, labels,
                     {.sample_weights = samples, .class_weights = classes, .progress = silent})[0]
                .loss;
        const double loss_of_parts = smooth
                                         .fit(scores, labels,
                                              {.batch = 1,
                                               .accumulate = 3,
                                               .sample_weights = samples,
                                               .class_weights = classes,
                                               .progress = silent})[0]
                                         .loss;
        CHECK(loss_of_parts == Approx(loss_of_whole).epsilon(1e-13));
        for (std::size_t i = 0; i < 9; ++i)
            CHECK(net.data()[i] == Approx(whole.data()[i]).epsilon(1e-12).margin(1e-14));
    }
    SECTION("of a single step") {
        const std::vector<float> x(scores.begin(), scores.end());
        CHECK(trainer.step(x.data(), labels.data(), 3, {.class_weights = {0.25, 1, 3}}) ==
              Approx(0.7124199077303182).epsilon(1e-6));
    }
    SECTION("wrong ones") {
        CHECK_THROWS_WITH(loss({.sample_weights = {1, 2}}),
                          Contains("expected 3 numbers as sample weights, found 2"));
        CHECK_THROWS_WITH(loss({.class_weights = {1, 2}}),
                          Contains("expected 3 numbers as class weights, found 2"));
        CHECK_THROWS_WITH(loss({.class_weights = {1, 2, -1}}), Contains("class weights, found -1"));
        CHECK(net.data()[0] == 1);
    }
}

TEST_CASE("weights of pixels, of values and of two classes in one unit") {
    const xt::xtensor<double, 4> images =
        xt::reshape_view(xt::xtensor<double, 1>{0.3, -1, 2, 1, 1, -2, 0, 3, 1, 0.3, -1, 2}, {2, 1, 2, 3});
    const xt::xtensor<int, 3> classes{{{2, 1}}, {{0, 2}}};
    at::model<map, double> net = identity<map>();
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{}};
    const double log_of[] = {std::log(std::exp(0.3) + std::exp(-1) + std::exp(2)) - 2,
                             std::log(2 * std::exp(1) + std::exp(-2)) - 1,
                             std::log(1 + std::exp(3) + std::exp(1))};
    CHECK(trainer
              .fit(images, classes,
                   {.sample_weights = {1, 2}, .class_weights = {4, 1, 3}, .progress = silent})[0]
              .loss ==
          Approx((3 * log_of[0] + log_of[1] + 8 * log_of[2] + 6 * log_of[0]) / 4).epsilon(1e-13));

    at::model<given, double> same = identity<given>();
    at::trainer values{same, at::mean_squared_error{}, at::sgd{}};
    const xt::xtensor<double, 2> targets = scores + xt::xtensor<double, 2>{{1}, {2}, {3}};
    CHECK(values.fit(scores, targets, {.sample_weights = {3, 0.5, 1}, .progress = silent})[0].loss ==
          Approx((3 + 0.5 * 4 + 9) / 3));
    CHECK_THROWS_WITH(values.fit(scores, targets, {.class_weights = {1, 1}}), Contains("class numbers"));

    using unit = at::network<at::input<1>, at::dense<1>>;
    at::model<unit, double> one{at::seed{1}, at::zeros{}};
    at::trainer binary{one, at::binary_cross_entropy{}, at::sgd{}};
    const xt::xtensor<double, 2> x{{1}, {2}, {3}}, yes{{1}, {0}, {0}}, between{{1}, {0.5}, {0}};
    CHECK(binary.fit(x, yes, {.class_weights = {1, 4}, .progress = silent})[0].loss ==
          Approx(std::log(2.0) * (4 + 1 + 1) / 3));
    CHECK_THROWS_WITH(binary.fit(x, between, {.class_weights = {1, 4}}), Contains("of position, found 1"));
    // scikit-learn's compute_class_weight("balanced", [0, 1, 2], [2, 1, 0, 0]).
    CHECK(at::balanced_class_weights(xt::xtensor<int, 1>{2, 1, 0, 0}, 3) ==
          std::vector<double>{4 / 6.0, 4 / 3.0, 4 / 3.0});
    CHECK_THROWS_WITH(at::balanced_class_weights(labels, 4), Contains("class 3"));
}

TEST_CASE("callbacks see every step and epoch, and may change the rate and end training") {
    at::model<given, double> net = identity<given>();
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{.rate = 0.5}};
    std::vector<std::uint64_t> updates;
    std::vector<double> losses;
    at::fit_options options{.epochs = 5, .batch = 2, .progress = silent};
    options.callbacks.push_back(
        {.after_step =
             [&](const at::step_report& step, at::training_control& control) {
                 updates.push_back(step.update);
                 losses.push_back(step.loss);
                 control.rate /= 2;
                 control.stop = step.update == 3;
             },
         .after_epoch = [](at::epoch_report& report,
                           at::training_control&) { report.metrics.emplace_back("twice", 2 * report.loss); },
         .sets_rate = true});
    const at::history made = trainer.fit(scores, labels, options);
    CHECK(updates == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(trainer.optimizer().rate == 0.5 / 8);
    REQUIRE(made.size() == 2);
    CHECK(made[1].samples == 2);
    CHECK(made[0].loss == Approx((2 * losses[0] + losses[1]) / 3).epsilon(1e-14));
    CHECK(made[0].metrics.at(0).second == 2 * made[0].loss);
    CHECK(at::progress::line_text(made[0]).find("  twice ") != std::string::npos);
    options.schedule = at::constant_rate{1};
    CHECK_THROWS_WITH(trainer.fit(scores, labels, options), Contains("no schedule besides a callback"));
}
