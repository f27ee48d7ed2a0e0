// SPDX-License-Identifier: BSL-1.0
/// @file search.hpp
/// Search for good settings (Bergstra, Bengio 2012): every point of a grid, or points at random, one model for each thread.
#pragma once
#include <archetype/error.hpp>
#include <archetype/execution/host/random.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/training/trainer.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <numeric>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// One thing that is searched over, with what a candidate has for it.
struct setting {
    std::string name;
    double value = 0;
    std::string text;  ///< of the value
};

/// One point of the search.
struct candidate {
    std::vector<setting> settings;

    /// The value of a setting. @throws std::out_of_range if there is none of this name
    double operator[](std::string_view name) const {
        for (const setting& one : settings)
            if (one.name == name) return one.value;
        throw detail::thrown<std::out_of_range>("candidate: expected the name of a setting, found " +
                                                std::string(name));
    }
};

/// A setting with all values it takes in a grid.
struct search_values {
    std::string name;
    std::vector<double> values;
};

/// How random values lie in a range: evenly, or with their logarithms evenly (rates, penalties).
enum class search_scale { linear, logarithmic };

/// A setting with the range its random values come from.
struct search_range {
    std::string name;
    double low = 0, high = 1;
    search_scale scale = search_scale::linear;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline setting value_setting(const std::string& name, double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return {name, value, text};
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Every combination of the values; the last setting changes fastest. @throws std::invalid_argument without values
inline std::vector<candidate> grid_candidates(const std::vector<search_values>& axes) {
    std::vector<candidate> all(1);
    for (const search_values& axis : axes) {
        if (axis.values.empty())
            throw detail::thrown<std::invalid_argument>("grid_candidates: expected values of " + axis.name +
                                                        ", found none");
        std::vector<candidate> next;
        for (const candidate& before : all)
            for (const double value : axis.values) {
                next.push_back(before);
                next.back().settings.push_back(detail::value_setting(axis.name, value));
            }
        all = std::move(next);
    }
    return all;
}

/// `count` points at random, the same for the same seed.
/// @throws std::invalid_argument for a range that is empty or not finite, or a logarithmic one that is not positive
inline std::vector<candidate> random_candidates(const std::vector<search_range>& ranges, std::size_t count,
                                                seed start) {
    for (const search_range& range : ranges) {
        const bool positive = range.scale == search_scale::linear || range.low > 0;
        if (!(range.low < range.high && expression::is_finite(range.low) &&
              expression::is_finite(range.high) && positive))
            throw detail::thrown<std::invalid_argument>(
                "random_candidates: expected a range of " + range.name +
                (range.scale == search_scale::linear ? "" : " above 0") + ", found " +
                std::to_string(range.low) + " to " + std::to_string(range.high));
    }
    random_source random(start.value);
    std::vector<candidate> all(count);
    for (candidate& one : all)
        for (const search_range& range : ranges) {
            const double part = random.uniform();
            const double value = range.scale == search_scale::linear
                                     ? range.low + part * (range.high - range.low)
                                     : range.low * std::pow(range.high / range.low, part);
            one.settings.push_back(detail::value_setting(range.name, value));
        }
    return all;
}

/// How a search goes about it.
struct search_options {
    std::size_t threads = 1;  ///< candidates judged at the same time
    std::size_t repeats = 1;  ///< runs of each candidate, with other seeds
    seed start = {};          ///< run r of every candidate gets the seed start + r
    /// Who judges: writes `score(i)` to each element i. Empty: the threads of this process; `over_ranks(group)` of
    /// archetype/distributed.hpp: those of several processes.
    std::function<void(std::span<double> scores, const std::function<double(std::size_t)>& score)> spread =
        {};
};

/// What became of a candidate.
struct trial {
    candidate what;
    double score = 0;      ///< mean over the repeats; the smaller the better; infinite if training diverged
    double deviation = 0;  ///< of the repeats' scores (divided by their number)
    std::size_t parameters = 0;  ///< trainable, of an architecture
};

/// All candidates, the best first.
struct search_result {
    std::vector<trial> trials;

    const trial& best() const { return trials.front(); }
    /// A table: rank, settings, score, and where there are any, deviation and parameters.
    std::string text() const;
    friend std::ostream& operator<<(std::ostream& out, const search_result& result) {
        return out << result.text();
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Threads that are waited for; libc++ keeps `std::jthread` behind a flag.
struct joining_threads : std::vector<std::thread> {
    joining_threads() = default;
    joining_threads(const joining_threads&) = delete;
    joining_threads& operator=(const joining_threads&) = delete;
    ~joining_threads() {
        for (std::thread& each : *this) each.join();
    }
};

/// Calls `work(i)` for 0 to count - 1, each on the next thread that is free; the first exception (by i) is thrown when
/// all are done.
template <class Work>
void for_each_on_threads(std::size_t count, std::size_t threads, const Work& work) {
    std::vector<std::exception_ptr> errors(count);
    std::atomic<std::size_t> next = 0;
    const auto run = [&] {
        for (std::size_t i = next++; i < count; i = next++) try {
                work(i);
            } catch (...) {
                errors[i] = std::current_exception();
            }
    };
    {
        joining_threads others;
        for (std::size_t t = 1; t < std::min(threads, count); ++t) others.emplace_back(run);
        run();
    }
    for (const std::exception_ptr& error : errors)
        if (error) std::rethrow_exception(error);
}

/// Scores of all trials by `objective(index, seed)`, then the trials in order of their scores.
template <class Objective>
search_result ranked(std::vector<trial> trials, const Objective& objective, const search_options& options) {
    if (trials.empty())
        throw detail::thrown<std::invalid_argument>("search: expected at least one candidate, found none");
    if (options.repeats == 0)
        throw detail::thrown<std::invalid_argument>("search: expected repeats of at least 1, found 0");
    const std::size_t repeats = options.repeats;
    std::vector<double> scores(trials.size() * repeats);
    const auto score = [&](std::size_t i) {
        constexpr double worst = expression::infinity<double>;
        try {
            const double found = objective(i / repeats, seed{options.start.value + i % repeats});
            return expression::is_nan(found) ? worst : found;
        } catch (const training_diverged&) {
            return worst;
        }
    };
    if (options.spread && options.threads != 1)
        throw detail::thrown<std::invalid_argument>("search: expected threads of 1 beside spread, found " +
                                                    std::to_string(options.threads));
    if (options.spread)
        options.spread(scores, score);
    else
        for_each_on_threads(scores.size(), options.threads, [&](std::size_t i) { scores[i] = score(i); });
    for (std::size_t t = 0; t < trials.size(); ++t) {
        double sum = 0, squares = 0;
        for (std::size_t r = 0; r < repeats; ++r) sum += scores[t * repeats + r];
        trials[t].score = sum / static_cast<double>(repeats);
        for (std::size_t r = 0; r < repeats; ++r) {
            const double off = scores[t * repeats + r] - trials[t].score;
            squares += off * off;
        }
        if (expression::is_finite(trials[t].score))
            trials[t].deviation = std::sqrt(squares / static_cast<double>(repeats));
    }
    std::vector<std::size_t> order(trials.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(trials[a].score, a) < std::pair(trials[b].score, b);
    });
    search_result result;
    for (const std::size_t i : order) result.trials.push_back(std::move(trials[i]));
    return result;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Judges candidates by `objective(candidate, seed)`, for example the loss on validation data after training with these
/// settings: the smaller the better. Training that diverges, and a score that is not a number, come last; other exceptions are
/// passed on. With `threads` above 1 the objective is called at the same time from several threads, so every call makes a
/// model of its own; results do not depend on the number of threads.
/// @throws std::invalid_argument without candidates or repeats
template <class Objective>
search_result search(const std::vector<candidate>& candidates, const Objective& objective,
                     const search_options& options = {}) {
    std::vector<trial> trials(candidates.size());
    for (std::size_t i = 0; i < trials.size(); ++i) trials[i].what = candidates[i];
    return detail::ranked(
        std::move(trials),
        [&](std::size_t i, seed start) -> double { return objective(candidates[i], start); }, options);
}

inline std::string search_result::text() const {
    std::vector<std::vector<std::string>> rows(1, {"rank"});
    const bool spread =
        std::any_of(trials.begin(), trials.end(), [](const trial& t) { return t.deviation != 0; });
    const bool sized =
        std::any_of(trials.begin(), trials.end(), [](const trial& t) { return t.parameters != 0; });
    for (const trial& one : trials) {
        if (rows.size() == 1) {
            for (const setting& each : one.what.settings) rows[0].push_back(each.name);
            rows[0].emplace_back("score");
            if (spread) rows[0].emplace_back("deviation");
            if (sized) rows[0].emplace_back("parameters");
        }
        rows.push_back({std::to_string(rows.size())});
        for (const setting& each : one.what.settings) rows.back().push_back(each.text);
        rows.back().push_back(detail::value_setting("", one.score).text);
        if (spread) rows.back().push_back(detail::value_setting("", one.deviation).text);
        if (sized) rows.back().push_back(std::to_string(one.parameters));
    }
    std::string result;
    for (const auto& row : rows) {
        for (std::size_t c = 0; c < row.size(); ++c) {
            std::size_t width = 0;
            for (const auto& other : rows) width = std::max(width, other[c].size());
            result += std::string((c == 0 ? 0 : 2) + width - row[c].size(), ' ') + row[c];
        }
        result += "\n";
    }
    return result;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
