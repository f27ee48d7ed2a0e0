// SPDX-License-Identifier: BSL-1.0
// Rates at named steps, from the formulas.
#include <archetype/training/schedules.hpp>
#include <catch.hpp>
#include <cmath>
#include <vector>

namespace at = archetype;
using Catch::Contains;

namespace {
template <class Schedule>
std::vector<double> first(std::size_t count, const Schedule& schedule) {
    std::vector<double> rates;
    for (std::size_t step = 0; step < count; ++step) rates.push_back(schedule(step));
    return rates;
}
void same(const std::vector<double>& found, const std::vector<double>& wanted) {
    REQUIRE(found.size() == wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(wanted[i]).margin(1e-15));
}
}  // namespace

static_assert(at::constant_rate{0.1}(7) == 0.1);
static_assert(at::fractional_decay{.rate = 1, .decay = 0.5}(0) == 1);
static_assert(at::fractional_decay{.rate = 1, .decay = 0.5}(2) == 0.5);
static_assert(at::step_decay{.rate = 1, .every = 10}(9) == 1);
static_assert(at::step_decay{.rate = 1, .every = 10}(10) == 0.5);
static_assert(at::step_decay{.rate = 1, .every = 10}(39) == 0.125);
static_assert(at::triangular{.rate = 1, .least = 0, .half_period = 4}(3) == 0.75);

TEST_CASE("schedules at named steps") {
    same(first(3, at::constant_rate{0.3}), {0.3, 0.3, 0.3});
    same(first(4, at::fractional_decay{.rate = 1, .decay = 1}), {1, 1.0 / 2, 1.0 / 3, 1.0 / 4});
    same(first(6, at::step_decay{.rate = 8, .every = 2}), {8, 8, 4, 4, 2, 2});
    same(first(3, at::step_decay{.rate = 1, .every = 1, .factor = 0.1}), {1, 0.1, 0.01});
    same(first(3, at::exponential_decay{.rate = 2, .decay = 0.5}), {2, 2 * std::exp(-0.5), 2 * std::exp(-1)});
    same(first(10, at::triangular{.rate = 1, .least = 0.2, .half_period = 4}),
         {0.2, 0.4, 0.6, 0.8, 1, 0.8, 0.6, 0.4, 0.2, 0.4});
}

TEST_CASE("cosine with warm restarts") {
    const double high = 0.75 + std::sqrt(0.5) / 4, low = 0.75 - std::sqrt(0.5) / 4;
    same(first(6, at::cosine_restarts{.rate = 1, .period = 4, .least = 0.5}), {1, high, 0.75, low, 1, high});
    // Periods of 2, 4, 8 steps: restarts at 2 and 6.
    const at::cosine_restarts growing{.rate = 1, .period = 2, .longer = 2};
    same({growing(0), growing(1), growing(2), growing(4), growing(6), growing(10), growing(14)},
         {1, 0.5, 1, 0.5, 1, 0.5, 1});
}

TEST_CASE("warm-up before any schedule") {
    const at::constant_rate one{1};
    same(first(6, at::warm_up{4, one}), {0.25, 0.5, 0.75, 1, 1, 1});
    same(first(6, at::warm_up{4, one, true}), {0, 0.25, 0.5, 0.75, 1, 1});
    same(first(7, at::warm_up{2, at::step_decay{.rate = 8, .every = 2}}), {4, 8, 8, 8, 4, 4, 2});
    const at::rate_schedule mine = [](std::uint64_t step) { return 1.0 / static_cast<double>(1 + step); };
    same(first(4, at::warm_up{2, mine}), {0.5, 1, 1, 0.5});
    // torch: ChainedScheduler([LinearLR(start_factor=0.25, total_iters=4), StepLR(step_size=3, gamma=0.5)]) of 0.8
    const at::step_decay halves{.rate = 0.8, .every = 3};
    same(first(8, at::linear_warm_up{.steps = 4, .after = halves, .start_factor = 0.25}),
         {0.2, 0.35, 0.5, 0.325, 0.4, 0.4, 0.2, 0.2});
    same(first(8, at::linear_warm_up{4, halves, 0.25, true}), {0.2, 0.35, 0.5, 0.65, 0.8, 0.8, 0.8, 0.4});
    same(first(2, at::warm_up{0, one}), {1, 1});
}

TEST_CASE("periods of no steps are refused") {
    CHECK_THROWS_WITH((at::step_decay{.every = 0}(1)), Contains("step_decay") && Contains("every") &&
                                                           Contains("at least 1") && Contains("found 0"));
    CHECK_THROWS_WITH((at::cosine_restarts{.period = 0}(1)), Contains("period"));
    CHECK_THROWS_WITH((at::cosine_restarts{.longer = 0}(1)), Contains("longer"));
    CHECK_THROWS_WITH((at::triangular{.half_period = 0}(1)), Contains("half_period"));
}
