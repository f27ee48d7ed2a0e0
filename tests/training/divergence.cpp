// SPDX-License-Identifier: BSL-1.0
// Training that leaves the finite numbers: it always says so, and where; the best weights stay.
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

namespace at = archetype;
using Catch::Contains;

namespace {

using linear = at::network<at::input<1>, at::named<"only", at::dense<1>>>;
using deep =
    at::network<at::input<1>, at::named<"first", at::dense<2>>, at::relu, at::named<"last", at::dense<1>>>;

constexpr auto silent = at::progress_style::silent;
const xt::xtensor<float, 2> x{{-1}, {1}, {2}, {3}}, y{{-2}, {2}, {4}, {6}};

/// The rate jumps at one update.
at::rate_schedule jump(std::uint64_t when, double rate) {
    return [=](std::uint64_t update) { return update == when ? rate : 0.01; };
}

template <class Net>
bool all_finite(const at::model<Net>& net) {
    for (std::size_t i = 0; i < net.size(); ++i)
        if (!std::isfinite(net.data()[i])) return false;
    return true;
}

}  // namespace

TEST_CASE("the last update is judged too") {
    at::model<linear> net{at::seed{1}};
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{}};
    SECTION("a parameter overflows") {
        CHECK_THROWS_WITH(
            trainer.fit(x, y, {.epochs = 3, .schedule = jump(2, 1e39), .progress = silent}),
            Contains("after step 3") && Contains("the parameter") && Contains("layer only (dense)"));
    }
    SECTION("parameters are finite, the loss is not") {
        CHECK_THROWS_WITH(trainer.fit(x, y, {.epochs = 3, .schedule = jump(2, 1e25), .progress = silent}),
                          Contains("inf after step 3") && Contains("those of layer only (dense), up to ") &&
                              Contains("too large for the loss"));
    }
    SECTION("the end by early stopping is the last update") {
        CHECK_THROWS_AS(
            trainer.fit(
                x, y,
                {.epochs = 30,
                 .stop_early = at::early_stopping{.patience = 1, .min_delta = 1e9, .restore_best = false},
                 .schedule = jump(1, 1e25),
                 .progress = silent}),
            at::training_diverged);
    }
    SECTION("in a loop of single steps") {
        trainer.optimizer().rate = 1e39;
        CHECK_THROWS_WITH(trainer.step(x.data(), y.data(), 4),
                          Contains("after step 1") && Contains("only (dense)"));
    }
    SECTION("what is well ends as before") {
        CHECK(trainer.fit(x, y, {.epochs = 3, .progress = silent}).size() == 3);
    }
}

TEST_CASE("the layer whose results are too large for the loss is named") {
    at::model<deep> net{at::seed{1}};
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{}};
    std::fill_n(net.data(), net.size(), 1e10f);
    CHECK_THROWS_WITH(trainer.fit(x, y, {.progress = silent}), Contains("inf at step 1") &&
                                                                   Contains("last (dense), up to 8e+20") &&
                                                                   Contains("for the loss"));
}

TEST_CASE("the best weights are put back before divergence leaves") {
    const auto best_of = [](std::size_t epochs, const at::fit_options& options) {
        at::model<linear> net{at::seed{1}};
        at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.01}, at::seed{2}};
        at::fit_options with = options;
        with.epochs = epochs;
        with.progress = silent;
        bool diverged = false;
        try {
            trainer.fit(x, y, with);
        } catch (const at::training_diverged&) {
            diverged = true;
        }
        return std::tuple{diverged, std::vector<float>(net.data(), net.data() + net.size()), all_finite(net)};
    };
    // The loss falls in each epoch of four updates, until the rate jumps in the sixth.
    const at::fit_options jumps{.batch = 1, .schedule = jump(21, 1e39)};
    const auto [fine, five, finite] = best_of(5, {.batch = 1, .keep_best = true, .schedule = jump(21, 1e39)});
    REQUIRE_FALSE(fine);
    CHECK_FALSE(std::get<2>(best_of(9, jumps)));  // as they are
    at::fit_options keeps = jumps;
    SECTION("keep_best") { keeps.keep_best = true; }
    SECTION("stop_early") { keeps.stop_early = at::early_stopping{.patience = 3}; }
    const auto [diverged, weights, still] = best_of(9, keeps);
    CHECK(diverged);
    CHECK(still);
    CHECK(weights == five);
    // In the very last update: these weights have the smallest loss of an epoch, and are none.
    keeps.schedule = jump(23, 1e39);
    const auto [late, kept, right] = best_of(6, keeps);
    CHECK(late);
    CHECK(right);
    CHECK(kept == five);
}

TEST_CASE("another exception leaves the best weights, too") {
    at::model<linear> net{at::seed{1}};
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.01}, at::seed{2}};
    std::vector<float> second;
    const auto stop = [&](const at::epoch_report& report) {
        if (report.epoch == 2) second.assign(net.data(), net.data() + net.size());
        if (report.epoch == 4) throw std::runtime_error("enough");
    };
    const auto jumps = [](std::uint64_t update) { return update == 1 ? 0.6 : 0.01; };
    CHECK_THROWS_WITH(
        trainer.fit(
            x, y, {.epochs = 9, .keep_best = true, .schedule = jumps, .progress = silent, .on_epoch = stop}),
        "enough");
    // One update an epoch: the second epoch's loss is the smallest, its weights are those after the jump.
    CHECK(std::vector<float>(net.data(), net.data() + net.size()) == second);
}
