// SPDX-License-Identifier: BSL-1.0
// Learning rates over time. Step 0 is the first update.
#include "lesson.hpp"

#include <archetype/training/schedules.hpp>
#include <vector>

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const std::pair<const char*, at::rate_schedule> schedules[] = {
        {"constant", at::constant_rate{.rate = 1}},
        {"fractional", at::fractional_decay{.rate = 1, .decay = 0.01}},
        {"step", at::step_decay{.rate = 1, .every = 100, .factor = 0.5}},
        {"exponential", at::exponential_decay{.rate = 1, .decay = 0.01}},
        {"cosine with restarts", at::cosine_restarts{.rate = 1, .period = 100, .longer = 2}},
        {"triangular", at::triangular{.rate = 1, .least = 0.1, .half_period = 50}},
        {"warm-up, then cosine", at::warm_up{50, at::cosine_restarts{.rate = 1, .period = 350}}},
        {"warm-up and steps",
         at::linear_warm_up{
             .steps = 50, .after = at::step_decay{.rate = 1, .every = 100}, .start_factor = 0.2}},
    };
    const auto steps = evenly(0, 399, 400);
    at::plot all("Learning rates", "step", "rate");
    for (const auto& [name, schedule] : schedules) {
        std::vector<double> rates;
        for (std::uint64_t step = 0; step < 400; ++step) rates.push_back(schedule(step));
        std::cout << at::plot(name, "step", "rate").line(steps, rates).text(64, 7) << '\n';
        all.line(steps, rates, name);
    }
    lesson.show(all, "schedules.png");

    lesson.claim("fractional decay is 1 / (1 + k t)", std::abs(schedules[1].second(100) - 0.5) < 1e-12);
    lesson.claim("steps halve every 100 updates",
                 schedules[2].second(99) == 1 && schedules[2].second(200) == 0.25);
    lesson.claim("cosine restarts after 100 updates, then after 200 more",
                 schedules[4].second(100) == 1 && schedules[4].second(300) == 1);
    lesson.claim("warm-up does not begin with 0",
                 schedules[6].second(0) == 1.0 / 50 && schedules[6].second(49) == 1);
    lesson.claim(
        "linear warm-up begins with its factor, and steps come where they would without it",
        schedules[7].second(0) == 0.2 && schedules[7].second(99) == 1 && schedules[7].second(100) == 0.5);
    return lesson.end();
}
