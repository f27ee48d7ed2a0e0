// SPDX-License-Identifier: BSL-1.0
/// @file fit_options.hpp
/// How `trainer::fit` goes about it.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/error.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/execution/host/xarray.hpp>
#include <archetype/training/callback.hpp>
#include <archetype/training/clipping.hpp>
#include <archetype/training/fit/feed.hpp>
#include <archetype/training/history.hpp>
#include <archetype/training/schedules.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Targets of one output among several, as they are kept.
struct kept_targets {
    xt::xarray<std::int64_t> classes;
    xt::xarray<double> values;
    bool are_classes = false;

    template <class Y>
    explicit kept_targets(const Y& targets) : are_classes(std::is_integral_v<typename Y::value_type>) {
        if constexpr (std::is_integral_v<typename Y::value_type>)
            classes = targets;
        else
            values = targets;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What is judged after each epoch: `&data` (a dataset, which must outlive the training) or `{samples, targets}`, xtensor
/// expressions as `trainer::evaluate` takes them, which are copied.
class validation_data {
public:
    validation_data() = default;
    validation_data(const dataset* data) {
        if (data != nullptr) content_ = data;
    }
    template <class X, class Y>
    validation_data(const xt::xexpression<X>& samples, const xt::xexpression<Y>& targets) {
        if constexpr (std::is_integral_v<typename Y::value_type>)
            content_ = tensors<std::int64_t>{{samples.derived_cast()}, targets.derived_cast()};
        else
            content_ = tensors<double>{{samples.derived_cast()}, targets.derived_cast()};
    }
    /// Samples of several inputs.
    template <class... X, class Y>
    validation_data(const std::tuple<X...>& samples, const xt::xexpression<Y>& targets) {
        using target = std::conditional_t<std::is_integral_v<typename Y::value_type>, std::int64_t, double>;
        std::apply(
            [&](const auto&... x) {
                content_ = tensors<target>{{x...}, targets.derived_cast()};
            },
            samples);
    }

    /// With `losses`: a std::tuple of targets, one for each of them. Samples are an expression, or a tuple of them.
    template <class X, class... Y>
    validation_data(const X& samples, const std::tuple<Y...>& targets) {
        tensors<detail::kept_targets> made;
        if constexpr (requires { std::tuple_size<X>::value; })
            std::apply([&](const auto&... x) { made.samples = {x...}; }, samples);
        else
            made.samples = {samples};
        std::apply([&](const auto&... y) { made.targets = {detail::kept_targets(y)...}; }, targets);
        content_ = std::make_shared<const tensors<detail::kept_targets>>(std::move(made));
    }

    /// Samples that are read each time they are judged, of epoch 1: a `sample_reader` and `loading_options`, by
    /// archetype/training/fit/reading.hpp.
    template <detail::is_reader Reader>
    validation_data(const Reader& reader, const typename detail::feed_of<Reader>::options_type& loading = {})
        : content_(
              std::make_shared<const detail::read_data>(detail::feed_of<Reader>::read(reader, loading))) {}

    explicit operator bool() const { return content_.index() != 0; }
    /// `of_dataset(const dataset&)`, `of_tensors(samples, targets)` or `of_reader(read_data)`; targets of several outputs are a
    /// vector.
    /// @throws std::invalid_argument for targets of one output where `Several` is true, and the other way round
    template <bool Several, class OfDataset, class OfTensors, class OfReader>
    void visit(const OfDataset& of_dataset, const OfTensors& of_tensors, const OfReader& of_reader) const {
        std::visit(
            [&]<class Content>(const Content& content) {
                constexpr bool several = requires { content->targets; };
                if constexpr (std::is_same_v<Content, const dataset*>)
                    of_dataset(*content);
                else if constexpr (std::is_same_v<Content, std::shared_ptr<const detail::read_data>>)
                    of_reader(*content);
                else if constexpr (several && Several)
                    of_tensors(content->samples, content->targets);
                else if constexpr (!several && !Several && !std::is_same_v<Content, std::monostate>)
                    of_tensors(content.samples, content.targets);
                else if constexpr (!std::is_same_v<Content, std::monostate>)
                    throw detail::thrown<std::invalid_argument>(
                        Several
                            ? "archetype::trainer: expected validation targets of several outputs as a "
                              "std::tuple, found those of one"
                            : "archetype::trainer: expected validation targets of one output, found several");
            },
            content_);
    }

private:
    template <class Target>
    struct tensors {
        std::vector<xt::xarray<double>> samples;  ///< of each input
        std::conditional_t<std::is_arithmetic_v<Target>, xt::xarray<Target>, std::vector<Target>> targets;
    };
    std::variant<std::monostate, const dataset*, tensors<std::int64_t>, tensors<double>,
                 std::shared_ptr<const tensors<detail::kept_targets>>,
                 std::shared_ptr<const detail::read_data>>
        content_;
};

/// Training ends when the loss (of the validation data, if there are any) has not fallen by more than `min_delta` below
/// its smallest value for `patience` epochs in a row.
struct early_stopping {
    std::size_t patience = 5;
    double min_delta = 0;
    bool restore_best = true;  ///< end with the weights of the best epoch
};

struct fit_options {
    std::size_t epochs = 1;
    std::size_t batch = 32;
    std::size_t accumulate = 1;  ///< batches whose gradients make one update: their mean over all samples
    validation_data validation = {};  ///< judged after each epoch
    bool shuffle = true;              ///< anew in each epoch, by the trainer's seed
    bool keep_best = false;  ///< end with the weights of the epoch with the smallest (validation) loss
    std::optional<early_stopping> stop_early = {};
    rate_schedule schedule =
        {};  ///< sets the optimizer's rate before each update; counts all of the trainer's
    gradient_clip clip = {};
    double l1 = 0,
           l2 = 0;  ///< penalties l1 |w| and l2 w^2 of all kernels, besides those in the layers' types
    /// Factors of the loss of each sample, and of each class where targets are class numbers (or 0 and 1 of one unit with
    /// `binary_cross_entropy`): the loss is the sum of weight * loss over a batch / its samples, as in Keras. The
    /// validation data have none.
    std::vector<double> sample_weights = {}, class_weights = {};
    progress_style progress = progress_style::automatic;
    std::ostream* out = &std::cout;
    std::filesystem::path csv_log = {};                      ///< a row is appended after each epoch
    std::vector<callback> callbacks = {};                    ///< in this order, before an epoch is shown
    std::function<void(const epoch_report&)> on_epoch = {};  ///< called last in each epoch
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// @throws std::invalid_argument if an optimizer without a rate is to get one
inline void refuse_rates(const fit_options& options) {
    if (options.schedule)
        throw detail::thrown<std::invalid_argument>(
            "archetype::trainer: expected no schedule, as the optimizer has no rate");
    for (const callback& called : options.callbacks)
        if (called.sets_rate)
            throw detail::thrown<std::invalid_argument>(
                "archetype::trainer: expected no callback that sets the rate, as the optimizer has none");
}

/// @throws std::invalid_argument naming the option and its value
inline void check_options(const fit_options& options) {
    const auto at_least_one = [](const char* name, std::size_t found) {
        if (found == 0)
            throw detail::thrown<std::invalid_argument>("archetype::trainer: expected " + std::string(name) +
                                                        " of at least 1, found 0");
    };
    at_least_one("a batch", options.batch);
    at_least_one("accumulate", options.accumulate);
    if (options.stop_early) {
        at_least_one("a patience", options.stop_early->patience);
        check_not_negative("trainer", "min_delta", options.stop_early->min_delta);
    }
    check_not_negative("trainer", "l1", options.l1);
    check_not_negative("trainer", "l2", options.l2);
    check_clip(options.clip);
    for (const callback& called : options.callbacks)
        if (called.sets_rate && options.schedule)
            throw detail::thrown<std::invalid_argument>(
                "archetype::trainer: expected no schedule besides a callback that sets the rate");
}

/// @throws std::invalid_argument if a checkpoint had another schedule
inline void check_schedule(const std::optional<std::string>& expected, const std::string& settings) {
    if (!expected || *expected == settings) return;
    const auto text = [](const std::string& of) { return of.empty() ? "no schedule" : of; };
    throw detail::thrown<std::invalid_argument>(
        "archetype::trainer: expected the schedule of the checkpoint, " + text(*expected) + ", found " +
        text(settings) + " (checkpoint_options::other_schedule)");
}

/// Whose matter an update is: this process' alone. Others share it (room `distributed`).
struct work_of_one {
    static constexpr bool is_shared = false;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
