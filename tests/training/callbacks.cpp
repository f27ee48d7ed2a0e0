// SPDX-License-Identifier: BSL-1.0
// What is made of callbacks, and what looks at training: against PyTorch 1.13, scikit-learn 1.2 and by hand.
#include <archetype/training/epoch_metrics.hpp>
#include <archetype/training/gradient_summary.hpp>
#include <archetype/training/gradients.hpp>
#include <archetype/training/rate_range.hpp>
#include <archetype/training/reduce_on_plateau.hpp>
#include <archetype/training/trainer.hpp>
#include <archetype/training/weight_average.hpp>
#include <catch.hpp>
#include <cmath>
#include <fstream>
#include <sstream>

#include "temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {

using line = at::network<at::input<1>, at::named<"first", at::dense<3>>, at::relu, at::dense<1>>;
constexpr auto silent = at::progress_style::silent;
const xt::xtensor<double, 2> x{{-1}, {0}, {1}, {2}}, y{{-2}, {0.5}, {2}, {5}};

}  // namespace

// ReduceLROnPlateau(o, factor=0.5, patience=1, threshold=0.01, threshold_mode='abs', cooldown=1, min_lr=0.02, eps=0): its
// patience and its cooldown are one less than Keras' for the same rates.
TEST_CASE("reduce_on_plateau has PyTorch's rates") {
    const double losses[] = {1, 0.9, 0.895, 0.893, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8};
    const double rates[] = {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.02, 0.02, 0.02, 0.02};
    const at::callback called = at::reduce_on_plateau{
        .factor = 0.5, .patience = 2, .min_delta = 0.01, .cooldown = 2, .min_rate = 0.02};
    CHECK(called.sets_rate);
    at::training_control control{.rate = 0.1};
    for (std::size_t i = 0; i < 13; ++i) {
        at::epoch_report report{.loss = 7, .validation_loss = losses[i]};
        called.after_epoch(report, control);
        CHECK(control.rate == Approx(rates[i]).epsilon(1e-14));
    }
    CHECK_THROWS_WITH(at::callback(at::reduce_on_plateau{.factor = 1}), Contains("factor"));
    CHECK_THROWS_WITH(at::callback(at::reduce_on_plateau{.patience = 0}), Contains("patience"));
}

TEST_CASE("the average of weights follows them") {
    at::model<line, double> net{at::seed{1}};
    at::weight_average average{net, 0.75};
    std::vector<double> wanted(net.data(), net.data() + net.trainable_size());
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.05}};
    at::fit_options options{.epochs = 3, .batch = 2, .progress = silent};
    options.callbacks.push_back(average.callback());
    options.callbacks.push_back({.after_step = [&](const at::step_report&, at::training_control&) {
        for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = 0.75 * wanted[i] + 0.25 * net.data()[i];
    }});
    trainer.fit(x, y, options);
    CHECK(average.values() == wanted);
    const std::vector<double> last(net.data(), net.data() + net.trainable_size());
    CHECK(last != wanted);
    average.swap();
    CHECK(std::equal(wanted.begin(), wanted.end(), net.data()));
    average.swap();
    CHECK(std::equal(last.begin(), last.end(), net.data()));
    CHECK_THROWS_WITH((at::weight_average{net, 1}), Contains("momentum"));

    // Training that goes on from a checkpoint, with the average from a model of its own.
    at::model<line, double> other = net, averaged = net;
    std::copy(wanted.begin(), wanted.end(), averaged.data());
    at::weight_average resumed{other, 0.75};
    resumed.start_from(averaged);
    average.add();
    resumed.add();
    CHECK(resumed.values() == average.values());
    CHECK(resumed.values() != wanted);
}

TEST_CASE("the rates that a network learns with") {
    at::model<line, double> net{at::seed{1}};
    const std::vector<double> before(net.data(), net.data() + net.size());
    const at::rate_range found =
        at::learning_rate_range(net, at::mean_squared_error{}, at::sgd{}, x, y,
                                {.least = 1e-4, .largest = 1e3, .steps = 60, .batch = 4});
    CHECK(std::equal(before.begin(), before.end(), net.data()));
    REQUIRE(found.rates.size() > 10);
    CHECK(found.rates.size() < 60);  // it ends when the loss rises
    CHECK(found.rates[0] == Approx(1e-4));
    CHECK(found.rates[1] / found.rates[0] == Approx(std::pow(1e7, 1.0 / 59)));
    at::trainer fresh{net, at::mean_squared_error{}, at::sgd{}};
    CHECK(found.losses[0] == Approx(fresh.evaluate(x, y)).epsilon(1e-12));
    CHECK(found.smoothed[0] == Approx(found.losses[0]));
    CHECK(found.steepest > 1e-3);
    CHECK(found.steepest <= found.smallest);
    CHECK(found.smallest < 10);
    CHECK_THROWS_WITH((at::learning_rate_range(net, at::mean_squared_error{}, at::sgd{}, x, y, {.steps = 1})),
                      Contains("steps"));
}

TEST_CASE("a summary of gradients names dead units") {
    at::model<line, double> net;
    auto parameters = at::parameters(net);
    boost::hana::second(parameters[boost::hana::size_c<0>]) = xt::xtensor<double, 2>{{1, 0, 1}};
    // The second unit is below 0 for all samples.
    boost::hana::second(parameters[boost::hana::size_c<1>]) = xt::xtensor<double, 1>{0, -1, 0};
    boost::hana::second(parameters[boost::hana::size_c<2>]) = xt::xtensor<double, 2>{{1}, {1}, {1}};
    at::gradients gradient{net, at::mean_squared_error{}};
    gradient(x, y);
    const at::gradient_summary found = at::summarize_gradients(net, gradient.data());
    REQUIRE(found.rows.size() == 4);
    CHECK(found.rows[0].layer == "first (dense)");
    CHECK(found.rows[0].parameter == "kernel");
    CHECK(found.rows[0].units == 3);
    CHECK(found.rows[0].dead == 1);
    CHECK(found.rows[1].dead == 1);
    CHECK(found.rows[2].units == 1);
    double squares = 0;
    for (std::size_t i = 0; i < 3; ++i) squares += gradient.data()[i] * gradient.data()[i];
    CHECK(found.rows[0].norm == Approx(std::sqrt(squares)));
    CHECK(found.rows[0].ratio == Approx(std::sqrt(squares / 2)));
    std::ostringstream text;
    text << found;
    CHECK(text.str().find("first (dense), kernel: ") != std::string::npos);
    CHECK(text.str().find("1 of 3") != std::string::npos);
}

TEST_CASE("metrics have scikit-learn's values") {
    at::confusion_matrix matrix(4);
    const xt::xtensor<int, 1> truth{0, 0, 1, 1, 1, 2, 2, 2, 2, 0, 1}, taken{0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0};
    matrix.add(truth, taken);
    // f1_score and so on with average='macro'; nothing is taken for the third class; the fourth has no samples either.
    CHECK(matrix.macro_f1() == Approx(0.37229437229437234).epsilon(1e-14));
    CHECK(matrix.balanced_accuracy() == Approx(0.47222222222222215).epsilon(1e-14));
    CHECK(matrix.macro_precision() == Approx(0.30952380952380953).epsilon(1e-14));
    CHECK(std::isnan(matrix.f1(3)));
    const xt::xarray<double> t = xt::xtensor<double, 2>{{1}, {2}, {4}},
                             r = xt::xtensor<double, 2>{{1.5}, {2}, {3}};
    CHECK(at::mae_metric().of(r, t) == Approx(0.5));
    CHECK(at::rmse_metric().of(r, t) == Approx(std::sqrt(1.25 / 3)));
    CHECK(at::r2_metric().of(r, t) == Approx(0.7321428571428571).epsilon(1e-14));
    CHECK_THROWS_WITH(at::mae_metric().of(r, xt::xarray<double>{1., 2., 3.}), Contains("(3, 1)"));
    const xt::xarray<double> scores{{0.1, 0.7, 0.2}, {0.5, 0.3, 0.2}}, classes{2., 0.};
    CHECK(at::top_k_metric(2).of(scores, classes) == 1);
    CHECK(at::balanced_accuracy_metric().of(scores, classes) == 0.5);
    CHECK(at::macro_f1_metric().of(scores, classes) == Approx(1 / 3.0));
}

TEST_CASE("metrics of networks with one unit") {
    // Values by hand, as scikit-learn's accuracy_score, precision_score, recall_score and f1_score have them.
    const xt::xarray<double> results = xt::xtensor<double, 2>{{0.9}, {0.6}, {0.4}, {0.5}, {0.1}, {0.8}},
                             targets = xt::xtensor<double, 2>{{1}, {0}, {1}, {1}, {0}, {1}};
    CHECK(at::binary_accuracy_metric(0.5).of(results, targets) == 0.5);  // 0.5 is not above the threshold
    // Scores of the same six: log(p / (1 - p)) is above 0 where p is above 0.5.
    CHECK(at::f1_metric().of(xt::xarray<double>(xt::log(results / (1 - results))), targets) ==
          Approx(4 / 7.0));
    CHECK(at::binary_accuracy_metric(0.45).of(results, targets) == Approx(4 / 6.0));
    CHECK(at::precision_metric(0.5).of(results, targets) == Approx(2 / 3.0));
    CHECK(at::recall_metric(0.5).of(results, targets) == Approx(2 / 4.0));
    CHECK(at::f1_metric(0.5).of(results, targets) == Approx(4 / 7.0));
    CHECK(std::isnan(at::precision_metric(0.95).of(results, targets)));
    CHECK(at::binary_confusion_of(results, targets, 0.5)(1, 0) == 2);
    CHECK_THROWS_WITH(at::f1_metric().of(results, xt::xarray<double>(2 * targets)),
                      "metrics: expected targets of 0 and 1, found 2");
    CHECK_THROWS_WITH(at::f1_metric().of(results, xt::xarray<double>{1., 0., 1., 1., 0., 1.}),
                      Contains("(6, 1)"));
}

TEST_CASE("metrics of one's own after each epoch, in progress and CSV") {
    at::model<line, double> net{at::seed{1}};
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.05}};
    const testing::temporary_directory folder;
    std::ostringstream shown;
    at::fit_options options{.epochs = 2, .progress = at::progress_style::lines, .out = &shown};
    options.csv_log = folder.path() / "log.csv";
    options.callbacks = {
        at::metrics_of_epochs(
            net, x, y,
            {at::mae_metric(),
             {"largest, of \"all\"",
              [](const auto& r, const auto&) { return *std::max_element(r.begin(), r.end()); }}}),
        at::log_steps(folder.path() / "steps.csv")};
    const at::history made = trainer.fit(x, y, options);
    const xt::xtensor<double, 2> results = net(x);
    double sum = 0, most = results(0, 0);
    for (std::size_t i = 0; i < 4; ++i) {
        sum += std::abs(results(i, 0) - y(i, 0)) / 4;
        most = std::max(most, results(i, 0));
    }
    REQUIRE(made[1].metrics.size() == 2);
    CHECK(made[1].metrics[0].second == Approx(sum).epsilon(1e-12));
    CHECK(made[1].metrics[1].second == Approx(most).epsilon(1e-12));
    CHECK(shown.str().find("  MAE ") != std::string::npos);
    std::ifstream log(options.csv_log), steps(folder.path() / "steps.csv");
    std::string header, first, second;
    std::getline(log, header);
    std::getline(log, first);
    std::getline(log, second);
    CHECK(header == at::csv_header() + ",MAE,\"largest, of \"\"all\"\"\"");
    CHECK(second == at::csv_row(made[1]));
    std::getline(steps, header);
    std::getline(steps, first);
    CHECK(header == "update,samples,loss,penalty,rate");
    CHECK(first.substr(0, 4) == "1,4,");
    trainer.fit(x, y, options);
    log.clear();
    std::size_t further = 0;
    while (std::getline(log, first)) ++further;
    CHECK(further == 2);
    // A file with other columns is not added to.
    options.callbacks.clear();
    CHECK_THROWS_WITH(trainer.fit(x, y, options), Contains("found epoch,") && Contains("MAE"));
}
