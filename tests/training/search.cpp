// SPDX-License-Identifier: BSL-1.0
#include <archetype/training/search.hpp>
#include <catch.hpp>

#include <mutex>
#include <set>

namespace at = archetype;
using Catch::Contains;
using Catch::Equals;

namespace {
const auto notes_grid = at::grid_candidates({{"rate", {0.01, 0.1, 1}}, {"momentum", {0, 0.5, 0.9}}});

/// Steps of descent with momentum on (w - 1)^2 from 0: its distance from 1 is known by the recursion alone.
double descent(const at::candidate& of, at::seed) {
    double w = 0, v = 0;
    for (int step = 0; step < 20; ++step) {
        v = of["momentum"] * v - of["rate"] * 2 * (w - 1);
        w += v;
    }
    return (w - 1) * (w - 1);
}
}  // namespace

TEST_CASE("a grid holds every combination") {
    REQUIRE(notes_grid.size() == 9);
    std::set<std::pair<double, double>> seen;
    for (const at::candidate& one : notes_grid) seen.emplace(one["rate"], one["momentum"]);
    CHECK(seen.size() == 9);
    CHECK(notes_grid[1]["rate"] == 0.01);
    CHECK(notes_grid[1]["momentum"] == 0.5);
    CHECK_THROWS_WITH(notes_grid[0]["decay"], Contains("found decay"));
    CHECK_THROWS_WITH(at::grid_candidates({{"rate", {}}}), Contains("values of rate, found none"));
}

TEST_CASE("random candidates lie in their ranges, by seed") {
    const std::vector<at::search_range> ranges{{"rate", 1e-4, 1, at::search_scale::logarithmic},
                                               {"momentum", 0.5, 0.9}};
    const auto some = at::random_candidates(ranges, 2000, at::seed{1});
    double below = 0, sum = 0;
    for (const at::candidate& one : some) {
        CHECK((one["rate"] >= 1e-4 && one["rate"] <= 1 && one["momentum"] >= 0.5 && one["momentum"] <= 0.9));
        below += one["rate"] < 1e-2 ? 1 : 0;  // half of the decades
        sum += one["momentum"];
    }
    CHECK(below / 2000 == Approx(0.5).margin(0.05));
    CHECK(sum / 2000 == Approx(0.7).margin(0.01));
    CHECK(at::random_candidates(ranges, 3, at::seed{1})[2]["rate"] == some[2]["rate"]);
    CHECK(at::random_candidates(ranges, 3, at::seed{2})[2]["rate"] != some[2]["rate"]);
    CHECK_THROWS_WITH(at::random_candidates({{"rate", 0, 1, at::search_scale::logarithmic}}, 1, at::seed{}),
                      Contains("range of rate above 0, found 0.000000 to 1.000000"));
    CHECK_THROWS_WITH(at::random_candidates({{"rate", 2, 1}}, 1, at::seed{}),
                      Contains("found 2.000000 to 1.000000"));
}

TEST_CASE("candidates are ranked, whatever the number of threads") {
    const at::search_result one = at::search(notes_grid, descent),
                            four = at::search(notes_grid, descent, {.threads = 4});
    REQUIRE(one.trials.size() == 9);
    CHECK(one.text() == four.text());
    for (std::size_t i = 0; i < 9; ++i) {
        CHECK(one.trials[i].score == descent(one.trials[i].what, {}));
        if (i != 0) CHECK(one.trials[i - 1].score <= one.trials[i].score);
    }
    CHECK(one.best().what["rate"] == 0.1);
    CHECK(one.best().what["momentum"] == 0.5);
}

TEST_CASE("tables of results") {
    const auto result =
        at::search(at::grid_candidates({{"rate", {0.5, 2, 1}}}),
                   [](const at::candidate& of, at::seed) { return std::abs(of["rate"] - 1); });
    CHECK_THAT(result.text(), Equals("rank  rate  score\n"
                                     "   1     1      0\n"
                                     "   2   0.5    0.5\n"
                                     "   3     2      1\n"));
}

TEST_CASE("repeats get seeds of their own, and their mean counts") {
    const auto result = at::search(at::grid_candidates({{"offset", {1, 0}}}),
                                   [](const at::candidate& of, at::seed start) {
                                       return of["offset"] + static_cast<double>(start.value);
                                   },
                                   {.threads = 3, .repeats = 3, .start = at::seed{10}});
    CHECK(result.best().score == 11);
    CHECK(result.best().deviation == Approx(std::sqrt(2.0 / 3)));
    CHECK(result.trials[1].score == 12);
    CHECK_THAT(result.text(), Contains("rank  offset  score  deviation\n"));
}

TEST_CASE("divergence and NaN come last, other exceptions are passed on") {
    const auto candidates = at::grid_candidates({{"x", {0, 1, 2}}});
    const auto result = at::search(candidates, [](const at::candidate& of, at::seed) {
        if (of["x"] == 0) throw at::training_diverged("diverged");
        return of["x"] == 1 ? std::nan("") : 7.0;
    });
    CHECK(result.best().what["x"] == 2);
    CHECK(std::isinf(result.trials[1].score));
    CHECK(std::isinf(result.trials[2].score));
    for (const std::size_t threads : {1, 2})
        CHECK_THROWS_WITH(at::search(candidates,
                                     [](const at::candidate& of, at::seed) -> double {
                                         throw std::runtime_error("candidate " + std::to_string(of["x"]));
                                     },
                                     {.threads = threads}),
                          Contains("candidate 0"));
    CHECK_THROWS_WITH(at::search({}, descent), Contains("at least one candidate"));
    CHECK_THROWS_WITH(at::search(candidates, descent, {.repeats = 0}), Contains("repeats"));
}
