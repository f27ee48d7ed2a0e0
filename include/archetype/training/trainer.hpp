// SPDX-License-Identifier: BSL-1.0
/// @file trainer.hpp
/// Trains a model: epochs of shuffled mini-batches, validation, progress, the best weights.
#pragma once
#include <archetype/expression/ieee.hpp>
#include <archetype/training/divergence.hpp>
#include <archetype/training/evaluation.hpp>
#include <archetype/training/fit_options.hpp>
#include <archetype/training/learnable.hpp>
#include <archetype/training/optimizers.hpp>
#include <archetype/training/penalties.hpp>

#include <chrono>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Where a trainer's random numbers and counters stand: with the parameters and the optimizer's state all that training
/// depends on.
struct training_counters {
    std::uint64_t seed = 0;
    std::uint64_t epochs = 0;   ///< begun
    std::uint64_t updates = 0;  ///< made
};

/// Moves the parameters of a model so that a loss gets small.
/// @tparam Loss       `cross_entropy`, `mean_squared_error`, `pointwise_loss<...>` and others of losses.hpp
/// @tparam Optimizer  `sgd`, `adam` and others of optimizers.hpp
template <class Net, class T, class Loss, class Optimizer>
class trainer : detail::training_report<Net, Loss>::type {
public:
    trainer(model<Net, T>&, Loss, Optimizer, seed = {}) {}
    history fit(const dataset&, const fit_options& = {}) { return {}; }
    template <class X, class Y>
    history fit(const X&, const Y&, const fit_options& = {}) {
        return {};
    }
};

template <class Net, class T, class Loss, class Optimizer>
requires learnable<Net, Loss>
class trainer<Net, T, Loss, Optimizer> {
    static constexpr std::size_t skip = detail::skipped_steps<Net, Loss>;
    static constexpr std::size_t trainable = model<Net, T>::trainable_size();
    using data_of = detail::training_data<Net, T, Loss>;
    static constexpr std::size_t pixels = data_of::pixels, channels = data_of::channels;

public:
    /// Refers to `net`. `start` decides the order of samples and what dropout drops.
    /// @throws std::invalid_argument if a number of the loss or the optimizer makes no sense
    trainer(model<Net, T>& net, Loss loss, Optimizer optimizer, seed start = {})
        : net_(net),
          loss_(loss),
          optimizer_(optimizer),
          now_{start.value},
          run_(net.threads()),
          pass_(net.threads()),
          states_(Optimizer::states * trainable) {
        check_settings();
    }

    /// Trains on class numbers.
    /// @throws shape_error, std::invalid_argument if the data or the options do not fit, before anything is changed;
    ///         training_diverged, also for the last update; with `keep_best` or `stop_early` the model then has the best
    ///         weights of the epochs before, but the optimizer's numbers are lost: go on with a new trainer
    history fit(const dataset& data, const fit_options& options = {}) {
        data_of::check_dataset(data, "");
        return fit_batches(one_input(data.samples.data()), data.labels.data(), data.size(), options);
    }

    /// Trains on samples and targets, batch axis first: targets are class numbers, one for each sample (or pixel of an
    /// image of scores), or have the shape of the result (regression, probabilities).
    template <class X, class Y>
    history fit(const xt::xexpression<X>& samples, const xt::xexpression<Y>& targets,
                const fit_options& options = {}) {
        return data_of::with_checked(loss_, samples.derived_cast(), targets.derived_cast(), "",
                                     [&](const auto& x, const auto* y, std::size_t count) {
                                         return fit_batches(x, y, count, options);
                                     });
    }

    /// The same for a network with several inputs, whose samples come as a std::tuple of expressions.
    template <class... X, class Y>
    history fit(const std::tuple<X...>& samples, const xt::xexpression<Y>& targets,
                const fit_options& options = {}) {
        return data_of::with_checked(loss_, samples, targets.derived_cast(), "",
                                     [&](const auto& x, const auto* y, std::size_t count) {
                                         return fit_batches(x, y, count, options);
                                     });
    }

    /// Loss, accuracy and confusion matrix on a dataset, with the model as it is.
    /// @throws shape_error, std::invalid_argument if the data do not fit the network or are none
    evaluation evaluate(const dataset& data) {
        data_of::check_dataset(data, "");
        return data_of::judge(net_, loss_, one_input(data.samples.data()), data.labels.data(), data.size());
    }

    /// On samples and targets as `fit` takes them: an `evaluation` for class numbers, else the mean loss.
    template <class X, class Y>
    auto evaluate(const xt::xexpression<X>& samples, const xt::xexpression<Y>& targets) {
        return judged(samples.derived_cast(), targets.derived_cast());
    }

    template <class... X, class Y>
    auto evaluate(const std::tuple<X...>& samples, const xt::xexpression<Y>& targets) {
        return judged(samples, targets.derived_cast());
    }

    /// One step on one batch; returns its loss before the step. Of the options it heeds schedule, clip, l1 and l2.
    /// @throws training_diverged if that loss, or a parameter after the step, is not finite
    template <class Target>
    double step(const float* samples, const Target* targets, std::size_t count,
                const fit_options& options = {}) {
        detail::check_batches<Net>(count, count);
        std::vector<std::size_t> order(count);
        for (std::size_t i = 0; i < count; ++i) order[i] = i;
        const double loss = step_on(one_input(samples), targets, order.data(), count, count, options).loss;
        check_parameters();
        return loss;
    }

    /// Layers with the option `stateful` start the next step from their first states; `fit` does so before each epoch.
    void reset_states() { pass_.reset_states(); }

    /// The optimizer, to change its rate between two calls of `fit`.
    Optimizer& optimizer() { return optimizer_; }
    const Optimizer& optimizer() const { return optimizer_; }
    const Loss& loss() const { return loss_; }
    /// The optimizer's numbers: `Optimizer::states` for each trainable parameter, one after the other.
    std::span<T> optimizer_state() { return {states_.data(), Optimizer::states * trainable}; }
    std::span<const T> optimizer_state() const { return {states_.data(), Optimizer::states * trainable}; }
    const training_counters& counters() const { return now_; }
    /// Continues from there.
    void counters(const training_counters& now) { now_ = now; }
    /// The schedule of the last update (`rate_schedule::settings`), empty without one.
    const std::string& schedule() const { return schedule_; }
    /// The next update must have this schedule: of a checkpoint.
    void expect_schedule(std::string settings) { expected_schedule_ = std::move(settings); }
    model<Net, T>& net() { return net_; }
    const model<Net, T>& net() const { return net_; }

private:
    template <class X>
    using inputs_of = typename data_of::template inputs_of<X>;
    template <class X>
    static inputs_of<X> one_input(const X* samples) {
        return {samples};
    }
    template <class Samples, class Targets>
    auto judged(const Samples& samples, const Targets& targets) {
        return data_of::with_checked(loss_, samples, targets, "",
                                     [&](const auto& x, const auto* y, std::size_t count) {
                                         return data_of::judge(net_, loss_, x, y, count);
                                     });
    }

    struct step_result {
        double loss = 0, penalty = 0;
        std::size_t hits = 0, judged = 0;  ///< class numbers found and looked for
    };
    static constexpr bool has_rate = requires(Optimizer & optimizer) { optimizer.rate = 0.5; };

    /// @throws std::invalid_argument if a checkpoint had another
    void check_schedule(const std::string& settings) const {
        if (expected_schedule_ && *expected_schedule_ != settings) {
            const auto text = [](const std::string& of) { return of.empty() ? "no schedule" : of; };
            throw std::invalid_argument("archetype::trainer: expected the schedule of the checkpoint, " +
                                        text(*expected_schedule_) + ", found " + text(settings) +
                                        " (checkpoint_options::other_schedule)");
        }
    }
    void use_schedule(const std::string& settings) {
        check_schedule(settings);
        expected_schedule_.reset();
        if (schedule_ != settings) schedule_ = settings;
    }
    void check_settings() const {
        if constexpr (requires { loss_.check(); }) loss_.check();
        if constexpr (requires { optimizer_.check(); }) optimizer_.check();
    }

    void check_rate(const fit_options& options) const {
        if constexpr (has_rate)
            if (!options.schedule && optimizer_.rate == 0)
                throw std::invalid_argument(
                    "archetype::trainer: expected a rate above 0, or a schedule, found an optimizer with "
                    "rate 0");
    }
    void check_validation(const validation_data& validation) const {
        validation.visit([](const dataset& data) { data_of::check_dataset(data, "validation "); },
                         [&](const auto& samples, const auto& targets) {
                             data_of::with_checked(loss_, samples, targets, "validation ",
                                                   [](const auto&, const auto*, std::size_t) {});
                         });
    }
    void validate(const validation_data& validation, epoch_report& report) {
        const auto take = [&](const auto& judged) {
            if constexpr (requires { judged.accuracy; }) {
                report.validation_loss = judged.loss;
                report.validation_accuracy = judged.accuracy;
            } else {
                report.validation_loss = judged;
            }
        };
        validation.visit(
            [&](const dataset& data) {
                if constexpr (Loss::from_logits && pixels == 1)
                    take(data_of::judge(net_, loss_, one_input(data.samples.data()), data.labels.data(),
                                        data.size()));
            },
            [&](const auto& samples, const auto& targets) { take(judged(samples, targets)); });
    }

    template <class X, class Target>
    history fit_batches(const inputs_of<X>& samples, const Target* targets, std::size_t count,
                        const fit_options& options) {
        check_schedule(options.schedule.settings());
        detail::check_options(options);
        check_settings();
        if (!has_rate && options.schedule)
            throw std::invalid_argument(
                "archetype::trainer: expected no schedule, as the optimizer has no rate");
        detail::check_batches<Net>(count, options.batch);
        check_rate(options);
        check_validation(options.validation);
        history made;
        progress shown(*options.out, options.progress);
        best_weights best(options, net_);
        std::vector<std::size_t> order(count);
        for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
            epoch_report report{.epoch = epoch, .epochs = options.epochs, .all_samples = count};
            report.all_epochs = ++now_.epochs;
            pass_.reset_states();
            if (options.shuffle)
                order = shuffled_order(count, now_.seed + now_.epochs);
            else
                for (std::size_t i = 0; i < count; ++i) order[i] = i;
            train_epoch(samples, targets, order, options, report, shown);
            shown.epoch(report);
            if (!options.csv_log.empty()) detail::append_csv(options.csv_log, report);
            made.push_back(report);
            // Weights that are kept, and those at the end, have no further loss to show that they are none.
            if (epoch == options.epochs || options.keep_best || options.stop_early)
                check_last_update(samples, targets, count);
            const bool ends = best.ends(report.validation_loss.value_or(report.loss + report.penalty));
            if (options.on_epoch) options.on_epoch(report);
            if (ends) break;
        }
        return made;
    }

    template <class X, class Target>
    void train_epoch(const inputs_of<X>& samples, const Target* targets,
                     const std::vector<std::size_t>& order, const fit_options& options, epoch_report& report,
                     progress& shown) {
        const auto begin = std::chrono::steady_clock::now();
        const auto seconds = [&] {
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        };
        const std::size_t count = order.size();
        std::size_t hits = 0, judged = 0, updates = 0;
        double loss = 0, penalty = 0;
        for (std::size_t first = 0, some = 0; first < count; first += some) {
            some = count - first;
            if (options.batch < some / options.accumulate + 1)  // the product may not be representable
                some = std::min(some, options.batch * options.accumulate);
            const step_result step =
                step_on(samples, targets, order.data() + first, some, options.batch, options);
            loss += step.loss * static_cast<double>(some);
            penalty += step.penalty;
            hits += step.hits;
            judged += step.judged;
            report.samples = first + some;
            report.loss = loss / static_cast<double>(report.samples);
            report.penalty = penalty / static_cast<double>(++updates);
            if constexpr (has_rate) report.rate = static_cast<double>(optimizer_.rate);
            if constexpr (std::is_integral_v<Target>)
                if (judged != 0) report.accuracy = static_cast<double>(hits) / static_cast<double>(judged);
            report.seconds = seconds();
            shown.batch(report);
        }
        validate(options.validation, report);
        report.seconds = seconds();
    }

    /// One update on the samples that `order` names, taken `batch` at a time.
    template <class X, class Target>
    step_result step_on(const inputs_of<X>& samples, const Target* targets, const std::size_t* order,
                        std::size_t count, std::size_t batch, const fit_options& options) {
        use_schedule(options.schedule.settings());
        if constexpr (has_rate)
            if (options.schedule) {
                const double rate = options.schedule(now_.updates);
                detail::check_not_negative(
                    "trainer", "rate of the schedule at step " + std::to_string(now_.updates), rate);
                optimizer_.rate = static_cast<decltype(optimizer_.rate)>(rate);
            }
        ++now_.updates;
        T* const parameters = net_.data();
        if constexpr (requires { optimizer_.look_ahead(); })
            detail::apply_look_ahead(optimizer_, parameters, states_.data(), trainable, trainable, run_);
        step_result made;
        for (std::size_t first = 0; first < count; first += batch)
            add_gradients(samples, targets, order + first, std::min(batch, count - first), count,
                          first / batch, made);
        made.loss /= static_cast<double>(count);
        made.penalty = detail::add_penalties<Net>(parameters, pass_.gradients(), {options.l1, options.l2});
        detail::clip_gradients<Net>(options.clip, pass_.gradients());
        detail::apply_update(optimizer_, now_.updates, parameters, pass_.gradients(), states_.data(),
                             trainable, trainable, run_);
        return made;
    }

    /// Forward and backward on one batch, the `part`-th of an update on `count` samples.
    template <class X, class Target>
    void add_gradients(const inputs_of<X>& samples, const Target* targets, const std::size_t* order,
                       std::size_t some, std::size_t count, std::size_t part, step_result& made) {
        constexpr std::size_t target_size = data_of::template target_size<Target>;
        gather(samples, order, some);
        auto& wanted = targets_of<Target>();
        wanted.resize(some * target_size + detail::read_slack);  // kernels may read past the end
        for (std::size_t i = 0; i < some; ++i)
            for (std::size_t k = 0; k < target_size; ++k)
                wanted[i * target_size + k] =
                    static_cast<stored<Target>>(targets[order[i] * target_size + k]);
        const std::uint64_t dropout_seed =
            (now_.seed + 1) * 0x9e3779b97f4a7c15u + now_.updates * 0x1000003u + part * 0xd1b54a32d192ed03u;
        T* const scores = pass_.template forward<skip>(net_.data(), dropout_seed);
        losses_.resize(some * pixels);
        const double loss =
            detail::loss_of_pass<Net, skip>(loss_, pass_, wanted.data(), losses_.data(), some, count);
        if (!detail::is_finite(loss)) throw_diverged("at", loss);
        made.loss += loss;
        if constexpr (std::is_integral_v<Target>)
            for (std::size_t i = 0; i < some * pixels; ++i) {
                if (!detail::counts(loss_, wanted[i])) continue;
                ++made.judged;
                made.hits +=
                    kernels::argmax(scores + i * channels, channels) == static_cast<std::size_t>(wanted[i])
                        ? 1
                        : 0;
            }
        pass_.template backward<skip>(net_.data(), dropout_seed, part != 0, false);
    }

    template <class X>
    void gather(const inputs_of<X>& samples, const std::size_t* order, std::size_t count) {
        T* const base = pass_.input(count);
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (gather_input<K>(samples[K], order, count, K == 0 ? base : pass_.template further_input<K>()),
             ...);
        }
        (std::make_index_sequence<data_of::input_count>{});
    }
    template <std::size_t K, class X>
    static void gather_input(const X* samples, const std::size_t* order, std::size_t count, T* base) {
        constexpr const value& input =
            detail::training_plan<Net>.values[detail::training_plan<Net>.inputs[K]];
        constexpr kernels::image to = detail::image_of(input, input.extents);
        constexpr std::size_t row = to.width * to.channels;
        for (std::size_t n = 0; n < count; ++n)
            for (std::size_t y = 0; y < to.height; ++y) {
                const X* from = samples + order[n] * to.size() + y * row;
                T* const at = base + n * to.sample_stride + to.offset + y * to.row_stride;
                for (std::size_t i = 0; i < row; ++i) at[i] = static_cast<T>(from[i]);
            }
    }

    /// "at step 3", "after step 3".
    [[noreturn]] void throw_diverged(const std::string& when, double loss) {
        throw training_diverged("archetype::trainer: the loss is " + std::to_string(loss) + " " + when +
                                " step " + std::to_string(now_.updates) + ": " +
                                detail::reason_of_divergence<skip>(net_, pass_));
    }
    void check_parameters() const {
        const std::string wrong = detail::parameter_that_is_not_finite(net_);
        if (!wrong.empty())
            throw training_diverged("archetype::trainer: after step " + std::to_string(now_.updates) + " " +
                                    wrong + " is no longer finite (a smaller rate may help)");
    }
    /// An update is judged by the loss of the next one. After the last one: by that of some of the samples.
    /// @throws training_diverged
    template <class X, class Target>
    void check_last_update(const inputs_of<X>& samples, const Target* targets, std::size_t count) {
        check_parameters();
        const std::size_t some = std::min<std::size_t>(count, 32);
        const double loss =
            data_of::mean_loss(net_, loss_, samples, targets, some, [](std::size_t, std::size_t) {});
        if (detail::is_finite(loss)) return;
        std::vector<std::size_t> first(some);
        for (std::size_t i = 0; i < some; ++i) first[i] = i;
        gather(samples, first.data(), some);
        pass_.template forward<skip>(net_.data(), now_.seed);
        throw_diverged("after", loss);
    }

    /// The smallest loss of the epochs, the weights it had, and how long ago that was. The model has them again when this
    /// goes, also by an exception.
    class best_weights {
    public:
        best_weights(const fit_options& options, model<Net, T>& net)
            : net_(net),
              stop_(options.stop_early),
              keep_(options.keep_best || (stop_ && stop_->restore_best)) {}
        best_weights(const best_weights&) = delete;
        best_weights& operator=(const best_weights&) = delete;
        ~best_weights() { std::copy(weights_.begin(), weights_.end(), net_.data()); }

        /// Takes an epoch's loss; whether training should end.
        bool ends(double loss) {
            if (loss < smallest_) {
                smallest_ = loss;
                if (keep_) weights_.assign(net_.data(), net_.data() + net_.size());
            }
            if (!stop_) return false;
            if (loss < reached_ - stop_->min_delta) {
                reached_ = loss;
                waited_ = 0;
            } else {
                ++waited_;
            }
            return waited_ >= stop_->patience;
        }

    private:
        model<Net, T>& net_;
        std::optional<early_stopping> stop_;
        bool keep_;
        double smallest_ = expression::infinity<double>, reached_ = smallest_;
        std::size_t waited_ = 0;
        std::vector<T> weights_;
    };

    template <class Target>
    using stored = std::conditional_t<std::is_integral_v<Target>, std::int32_t, T>;
    template <class Target>
    auto& targets_of() {
        if constexpr (std::is_integral_v<Target>)
            return class_targets_;
        else
            return value_targets_;
    }

    model<Net, T>& net_;
    Loss loss_;
    Optimizer optimizer_;
    training_counters now_;
    std::string schedule_{};
    std::optional<std::string> expected_schedule_{};
    detail::executor run_;
    detail::training_pass<Net, T> pass_;
    detail::buffer<T> states_;
    std::vector<T> losses_, value_targets_;
    std::vector<std::int32_t> class_targets_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
