// SPDX-License-Identifier: BSL-1.0
/// @file schedules.hpp
/// Learning rates over time: functions of the number of updates made before, so that the first update sees 0.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/training/arguments.hpp>
#include <archetype/training/settings.hpp>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Any function of the step: those below, or a lambda.
class rate_schedule : public std::function<double(std::uint64_t step)> {
    using function = std::function<double(std::uint64_t step)>;

public:
    rate_schedule() = default;
    rate_schedule(std::nullptr_t) {}  // NOLINT: implicit
    template <class Schedule>
    requires(!std::is_base_of_v<rate_schedule, std::remove_cvref_t<Schedule>> &&
             std::is_constructible_v<function, Schedule>)
        rate_schedule(Schedule&& schedule)  // NOLINT: implicit
        : function(schedule), settings_(detail::settings_text(schedule)) {}

    /// Its type and numbers, which checkpoints compare: "constant_rate{rate = 0.01}"; "a function" of a lambda, empty
    /// without one.
    const std::string& settings() const { return settings_; }

private:
    std::string settings_{};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

constexpr std::uint64_t positive_count(const char* who, const char* argument, std::uint64_t count) {
    if (count == 0) refuse_number(who, argument, "at least 1", 0);
    return count;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// `rate` at every step.
struct constant_rate {
    double rate = 0.01;
    constexpr double operator()(std::uint64_t) const { return rate; }
};

/// rate / (1 + decay * step): fractional decay, or inverse time (Keras' old `decay` argument).
struct fractional_decay {
    double rate = 0.01;
    double decay = 1e-3;
    constexpr double operator()(std::uint64_t step) const {
        return rate / (1 + decay * static_cast<double>(step));
    }
};

/// rate * factor^floor(step / every): half after every `every` steps.
struct step_decay {
    double rate = 0.01;
    std::uint64_t every = 1000;
    double factor = 0.5;
    constexpr double operator()(std::uint64_t step) const {
        double now = rate, power = factor;
        for (std::uint64_t times = step / detail::positive_count("step_decay", "every", every); times != 0;
             times >>= 1, power *= power)
            if ((times & 1) != 0) now *= power;
        return now;
    }
};

/// rate * exp(-decay * step).
struct exponential_decay {
    double rate = 0.01;
    double decay = 1e-3;
    constexpr double operator()(std::uint64_t step) const {
        return rate * expression::elementary::exp(-decay * static_cast<double>(step));
    }
};

/// Cosine annealing with warm restarts (SGDR; Loshchilov, Hutter 2017): from `rate` down to `least` within `period` steps,
/// least + (rate - least) (1 + cos(pi t / period)) / 2, then from `rate` again; each period is `longer` times the one before.
struct cosine_restarts {
    double rate = 0.01;
    std::uint64_t period = 1000;
    std::uint64_t longer = 1;
    double least = 0;
    double operator()(std::uint64_t step) const {
        std::uint64_t now = detail::positive_count("cosine_restarts", "period", period);
        detail::positive_count("cosine_restarts", "longer", longer);
        if (longer == 1) step %= now;
        for (; step >= now; now *= longer) step -= now;
        const double turn = 3.14159265358979323846 * static_cast<double>(step) / static_cast<double>(now);
        return least + (rate - least) * (1 + std::cos(turn)) / 2;
    }
};

/// Cyclical rates (Smith 2017, "triangular"): linearly from `least` up to `rate` within `half_period` steps, and back.
struct triangular {
    double rate = 0.01;
    double least = 0.001;
    std::uint64_t half_period = 1000;
    constexpr double operator()(std::uint64_t step) const {
        const std::uint64_t half = detail::positive_count("triangular", "half_period", half_period),
                            at = step % (2 * half);
        return least + (rate - least) * static_cast<double>(at < half ? at : 2 * half - at) /
                           static_cast<double>(half);
    }
};

/// Linearly up to the first rate of another schedule within `steps` steps, (step + 1) / steps of it, and then that
/// schedule from its start. The first update does not have the rate 0 unless `from_zero` asks for step / steps.
/// `warm_up{500, cosine_restarts{.rate = 0.1, .period = 5000}}`
template <class Schedule>
struct warm_up {
    std::uint64_t steps = 1;
    Schedule after{};
    bool from_zero = false;
    constexpr double operator()(std::uint64_t step) const {
        if (step >= steps) return after(step - steps);
        return after(0) * static_cast<double>(step + (from_zero ? 0 : 1)) / static_cast<double>(steps);
    }
};
template <class Schedule>
warm_up(std::uint64_t, Schedule) -> warm_up<Schedule>;
template <class Schedule>
warm_up(std::uint64_t, Schedule, bool) -> warm_up<Schedule>;

/// Times a factor that rises linearly from `start_factor` to 1 within `steps` steps (PyTorch's LinearLR), then another
/// schedule alone. That schedule counts all steps, as in PyTorch's ChainedScheduler, unless `from_its_start` asks for
/// those after the rise; in the rise it then has its first rate.
/// `linear_warm_up{.steps = 500, .after = cosine_restarts{.rate = 0.1, .period = 5000}, .start_factor = 0.1}`
template <class Schedule>
struct linear_warm_up {
    std::uint64_t steps = 1;
    Schedule after{};
    double start_factor = 1.0 / 3;
    bool from_its_start = false;
    constexpr double operator()(std::uint64_t step) const {
        const std::uint64_t own = !from_its_start ? step : step < steps ? 0 : step - steps;
        if (step >= steps) return after(own);
        return after(own) *
               (start_factor + (1 - start_factor) * static_cast<double>(step) / static_cast<double>(steps));
    }
    std::string settings() const {
        return "linear_warm_up{steps = " + std::to_string(steps) +
               ", after = " + detail::settings_text(after) +
               ", start_factor = " + detail::number_text(start_factor) +
               ", from_its_start = " + (from_its_start ? "true}" : "false}");
    }
};
template <class Schedule>
linear_warm_up(std::uint64_t, Schedule) -> linear_warm_up<Schedule>;
template <class Schedule>
linear_warm_up(std::uint64_t, Schedule, double) -> linear_warm_up<Schedule>;
template <class Schedule>
linear_warm_up(std::uint64_t, Schedule, double, bool) -> linear_warm_up<Schedule>;

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
