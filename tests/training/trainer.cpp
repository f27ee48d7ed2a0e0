// SPDX-License-Identifier: BSL-1.0
// The trainer: does it learn, what does it report, what does it refuse.
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>
#include <xtensor/xview.hpp>

namespace at = archetype;
using Catch::Contains;

namespace {

using classifier = at::network<at::input<2, 2, 1>, at::flatten, at::named<"hidden", at::dense<12>>, at::tanh,
                               at::dense<3>, at::softmax>;

/// Three classes of 2 x 2 images: bright above, bright on the left, bright on the diagonal; with noise.
at::dataset patterns(std::size_t count, std::uint64_t start) {
    at::random_source random(start);
    at::dataset data{xt::xtensor<float, 4>::from_shape({count, 2, 2, 1}),
                     xt::xtensor<std::int32_t, 1>::from_shape({count})};
    const float bright[3][4] = {{1, 1, 0, 0}, {1, 0, 1, 0}, {1, 0, 0, 1}};
    for (std::size_t i = 0; i < count; ++i) {
        data.labels(i) = static_cast<std::int32_t>(i % 3);
        for (std::size_t p = 0; p < 4; ++p)
            data.samples.data()[4 * i + p] = bright[i % 3][p] + static_cast<float>(0.15 * random.normal());
    }
    return data;
}

std::vector<float> weights(const at::model<classifier>& net) { return {net.data(), net.data() + net.size()}; }

constexpr auto silent = at::progress_style::silent;

}  // namespace

TEST_CASE("training lowers the loss and classifies what was held out") {
    at::model<classifier> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 0.01}};
    const at::dataset data = patterns(300, 1), held_out = patterns(90, 2);
    const at::evaluation before = trainer.evaluate(held_out);
    const auto history =
        trainer.fit(data, {.epochs = 15, .batch = 16, .validation = &held_out, .progress = silent});
    REQUIRE(history.size() == 15);
    CHECK(history.back().loss < history.front().loss / 4);
    CHECK(*history.back().accuracy > 0.97);
    CHECK(*history.back().validation_accuracy > 0.97);
    const at::evaluation after = trainer.evaluate(held_out);
    CHECK(after.loss < before.loss / 4);
    CHECK(after.loss == *history.back().validation_loss);
    CHECK(after.accuracy == *history.back().validation_accuracy);
    CHECK(after.confusion.accuracy() == after.accuracy);
}

TEST_CASE("evaluation is what the scores say") {
    at::model<classifier> net{at::seed{3}};
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{}};
    const at::dataset data = patterns(77, 5);
    const at::evaluation found = trainer.evaluate(data);
    const auto scores = net(data.samples);
    double loss = 0;
    std::size_t counts[3][3] = {}, right = 0;
    for (std::size_t i = 0; i < 77; ++i) {
        const auto label = static_cast<std::size_t>(data.labels(i));
        std::size_t best = 0;
        for (std::size_t c = 1; c < 3; ++c)
            if (scores(i, c) > scores(i, best)) best = c;
        ++counts[label][best];
        right += best == label ? 1 : 0;
        loss -= std::log(static_cast<double>(scores(i, label))) / 77;
    }
    CHECK(found.loss == Approx(loss).epsilon(1e-6));
    CHECK(found.accuracy == Approx(static_cast<double>(right) / 77));
    for (std::size_t label = 0; label < 3; ++label)
        for (std::size_t best = 0; best < 3; ++best)
            CHECK(found.confusion(label, best) == counts[label][best]);
}

TEST_CASE("scores without softmax give the same training and evaluation") {
    using logits = at::network<at::input<2, 2, 1>, at::flatten, at::named<"hidden", at::dense<12>>, at::tanh,
                               at::dense<3>>;
    at::model<classifier> with{at::seed{1}};
    at::model<logits> without{at::seed{1}};
    at::trainer one{with, at::cross_entropy{}, at::sgd{.rate = 0.1}};
    at::trainer two{without, at::cross_entropy{}, at::sgd{.rate = 0.1}};
    const at::dataset data = patterns(60, 1);
    CHECK(one.fit(data, {.epochs = 2, .progress = silent}).back().loss ==
          two.fit(data, {.epochs = 2, .progress = silent}).back().loss);
    CHECK(std::equal(with.data(), with.data() + with.size(), without.data()));
    CHECK(one.evaluate(data).loss == Approx(two.evaluate(data).loss).epsilon(1e-6));
}

TEST_CASE("the best weights are kept") {
    // A rate that is far too large makes the loss jump.
    const at::dataset data = patterns(60, 1), held_out = patterns(30, 2);
    const auto run = [&](bool keep_best) {
        at::model<classifier> net{at::seed{1}};
        at::trainer trainer{net, at::cross_entropy{}, at::sgd{.rate = 12}, at::seed{4}};
        const auto history = trainer.fit(
            data,
            {.epochs = 9, .batch = 10, .validation = &held_out, .keep_best = keep_best, .progress = silent});
        double best = history[0].validation_loss.value();
        for (const auto& epoch : history) best = std::min(best, *epoch.validation_loss);
        return std::array<double, 3>{best, history.back().validation_loss.value(),
                                     trainer.evaluate(held_out).loss};
    };
    const auto kept = run(true), last = run(false);
    REQUIRE(kept[0] < kept[1]);  // the last epoch is not the best one
    CHECK(kept[2] == kept[0]);
    CHECK(last[2] == last[1]);
}

TEST_CASE("samples and targets of any kind") {
    const at::dataset data = patterns(60, 1);
    const auto run = [&](const auto& samples, const auto& targets) {
        at::model<classifier> net{at::seed{1}};
        at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 0.01}};
        return trainer.fit(samples, targets, {.epochs = 3, .progress = silent}).back().loss;
    };
    const double wanted = run(data.samples, data.labels);
    CHECK(wanted < 1.1);
    CHECK(run(data.samples * 1.f, xt::xtensor<long, 1>(data.labels)) == wanted);
    xt::xtensor<float, 2> rows = xt::zeros<float>({60, 3});
    for (std::size_t i = 0; i < 60; ++i) rows(i, static_cast<std::size_t>(data.labels(i))) = 1;
    CHECK(run(xt::xarray<double>(data.samples), rows) == Approx(wanted).epsilon(1e-6));
    CHECK(run(data.samples, xt::xarray<double>(rows)) == Approx(wanted).epsilon(1e-6));
}

TEST_CASE("regression finds a linear map") {
    using linear = at::network<at::input<3>, at::dense<2>>;
    at::model<linear, double> net{at::seed{1}};
    at::random_source random(5);
    xt::xtensor<double, 2> x = xt::xtensor<double, 2>(xt::zeros<double>({64, 3})),
                           y = xt::xtensor<double, 2>::from_shape({64, 2});
    for (double& value : x) value = random.normal();
    for (std::size_t i = 0; i < 64; ++i) {
        y(i, 0) = 2 * x(i, 0) - x(i, 1) + 0.5;
        y(i, 1) = x(i, 2) - 3;
    }
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.2, .momentum = 0.5}};
    const auto history = trainer.fit(x, y, {.epochs = 200, .batch = 16, .progress = silent});
    CHECK(history.back().loss < 1e-20);
    CHECK(!history.back().accuracy.has_value());
    CHECK(net.data()[0] == Approx(2));
    CHECK(net.data()[2] == Approx(-1));
    CHECK(net.data()[16] == Approx(0.5));
    CHECK(net.data()[17] == Approx(-3));
}

TEST_CASE("images of labels") {
    using per_pixel =
        at::network<at::input<4, 4, 1>, at::conv2d<8, 3, at::padding<1>>, at::tanh, at::conv2d<2, 1>>;
    at::model<per_pixel> net{at::seed{1}};
    at::random_source random(5);
    xt::xtensor<float, 4> x = xt::xtensor<float, 4>::from_shape({40, 4, 4, 1});
    for (float& value : x) value = static_cast<float>(random.normal());
    const xt::xtensor<int, 3> labels = xt::view(xt::cast<int>(x > 0.f), xt::all(), xt::all(), xt::all(), 0);
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 0.02}};
    const auto history = trainer.fit(x, labels, {.epochs = 30, .batch = 8, .progress = silent});
    CHECK(history.back().loss < history.front().loss / 3);
    CHECK(*history.back().accuracy > 0.9);
    CHECK(*history.back().accuracy <= 1);
    CHECK_THROWS_WITH(trainer.fit(x, xt::xtensor<int, 1>::from_shape({40})),
                      Contains("640 labels") && Contains("(40)"));
}

TEST_CASE("one step returns the loss before it") {
    at::model<classifier> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{.rate = 0.1}};
    const at::dataset data = patterns(12, 1);
    const double before = trainer.evaluate(data).loss;
    CHECK(trainer.step(data.samples.data(), data.labels.data(), 12) == Approx(before).epsilon(1e-5));
    CHECK(trainer.evaluate(data).loss < before);
}

TEST_CASE("progress is written to the stream") {
    at::model<classifier> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{}};
    const at::dataset data = patterns(30, 1), held_out = patterns(9, 2);
    std::ostringstream out;
    trainer.fit(data, {.epochs = 2, .validation = &held_out, .out = &out});
    std::istringstream lines(out.str());
    std::string first, second, third;
    std::getline(lines, first);
    std::getline(lines, second);
    CHECK_THAT(first, Contains("epoch 1/2  30 samples  loss ") && Contains("accuracy ") &&
                          Contains("validation loss "));
    CHECK_THAT(second, Contains("epoch 2/2"));
    CHECK(!std::getline(lines, third));
}

TEST_CASE("values that are not finite stop training and name their layer") {
    at::model<classifier> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{}};
    at::dataset data = patterns(9, 1);
    SECTION("in the input") {
        data.samples(4, 1, 1, 0) = std::numeric_limits<float>::quiet_NaN();
        CHECK_THROWS_AS(trainer.fit(data, {.progress = silent}), std::invalid_argument);
        CHECK_THROWS_WITH(trainer.fit(data, {.progress = silent}),
                          Contains("samples at position 19") && Contains("found nan"));
        CHECK_THROWS_WITH(trainer.step(data.samples.data(), data.labels.data(), 9),
                          Contains("the input is not finite"));
    }
    SECTION("in a parameter") {
        net.data()[5] = std::numeric_limits<float>::quiet_NaN();
        CHECK_THROWS_WITH(trainer.fit(data, {.progress = silent}),
                          Contains("kernel") && Contains("hidden (dense)"));
    }
    SECTION("in a layer's result") {
        data.samples.fill(3e38f);
        net.data()[0] = net.data()[12] =
            3e38f;  // finite, but their sum of products is not; tanh is, and then the loss
        at::model<at::network<at::input<2, 2, 1>, at::flatten, at::named<"hidden", at::dense<12>>, at::relu,
                              at::dense<3>>>
            other{at::seed{1}};
        other.data()[0] = other.data()[12] = 3e38f;
        at::trainer of_other{other, at::cross_entropy{}, at::sgd{}};
        CHECK_THROWS_WITH(of_other.fit(data, {.progress = silent}),
                          Contains("first values") && Contains("hidden (dense)"));
    }
    SECTION("by a rate that is too large") {
        using linear = at::network<at::input<2, 2, 1>, at::flatten, at::dense<3>>;
        at::model<linear> other{at::seed{1}};
        at::trainer diverging{other, at::mean_squared_error{}, at::sgd{.rate = 1e6}};
        const xt::xtensor<float, 2> targets = xt::ones<float>({9, 3});
        CHECK_THROWS_AS(diverging.fit(data.samples, targets, {.epochs = 50, .progress = silent}),
                        at::training_diverged);
    }
}

TEST_CASE("data that do not fit are refused before anything changes") {
    at::model<classifier> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{}};
    const auto before = weights(net);
    at::dataset data = patterns(9, 1);
    const at::dataset good = data, none = data.slice(0, 0);
    const auto refuse = [&](const at::fit_options& options, const auto& message) {
        CHECK_THROWS_WITH(trainer.fit(data, options), message);
        CHECK_THROWS_AS(trainer.fit(data, options), std::invalid_argument);
        CHECK(weights(net) == before);
    };
    SECTION("no samples") {
        data = none;
        refuse({}, Contains("found none"));
        CHECK_THROWS_WITH(trainer.evaluate(none), Contains("found none"));
    }
    SECTION("no validation samples") {
        refuse({.validation = &none}, Contains("validation samples") && Contains("found none"));
    }
    SECTION("a batch of none") { refuse({.batch = 0}, Contains("at least 1") && Contains("found 0")); }
    SECTION("a label that is no class") {
        data.labels(7) = 3;
        refuse({}, Contains("0 to 3 (exclusive)") && Contains("found 3 at sample 7"));
        data.labels(7) = -1;
        refuse({}, Contains("found -1"));
        const at::dataset bad = data;
        data = good;
        refuse({.validation = &bad}, Contains("found -1"));
        CHECK_THROWS_AS(trainer.evaluate(bad), std::invalid_argument);
        CHECK_THROWS_WITH(trainer.fit(data.samples, bad.labels), Contains("0 to 2") && Contains("found -1"));
        CHECK_THROWS_WITH(trainer.fit(data.samples, data.labels, {.validation = &bad}), Contains("found -1"));
    }
    SECTION("labels of another number") {
        data.labels = xt::view(good.labels, xt::range(0, 8));
        refuse({}, Contains("(9)") && Contains("found 8"));
        CHECK_THROWS_WITH(trainer.fit(good.samples, data.labels), Contains("9 labels") && Contains("(8)"));
        CHECK_THROWS_AS(
            trainer.fit(good.samples, xt::xtensor<float, 2>(xt::zeros<float>({8, 3}) + std::nanf(""))),
            at::shape_error);
    }
    SECTION("samples of another shape") {
        data.samples = xt::zeros<float>({9, 2, 3, 1}) + std::nanf("");
        refuse({}, Contains("(n, 2, 2, 1)") && Contains("(9, 2, 3, 1)"));
        CHECK_THROWS_AS(trainer.fit(data), at::shape_error);
        CHECK_THROWS_WITH(trainer.fit(good, {.validation = &data}),
                          Contains("validation samples") && Contains("(9, 2, 3, 1)"));
        CHECK_THROWS_AS(trainer.fit(data.samples, good.labels), at::shape_error);
        CHECK_THROWS_AS(trainer.evaluate(data), at::shape_error);
    }
    SECTION("targets of another shape") {
        CHECK_THROWS_WITH(trainer.fit(good.samples, xt::xtensor<float, 2>(xt::zeros<float>({9, 4}))),
                          Contains("(n, 3)") && Contains("(9, 4)"));
        at::trainer values{net, at::mean_squared_error{}, at::sgd{}};
        CHECK_THROWS_WITH(
            values.fit(good.samples, xt::xtensor<float, 2>(xt::zeros<float>({9, 3})), {.validation = &good}),
            Contains("validation targets") && Contains("class number"));
        CHECK_THROWS_WITH(
            trainer.fit(good,
                        {.validation = {good.samples, xt::xtensor<float, 2>(xt::zeros<float>({9, 4}))}}),
            Contains("validation targets") && Contains("(9, 4)"));
    }
    CHECK(weights(net) == before);
}
