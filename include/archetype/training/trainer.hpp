// SPDX-License-Identifier: BSL-1.0
/// @file trainer.hpp
/// Trains a model: epochs of shuffled mini-batches, validation, progress, the best weights.
#pragma once
#include <archetype/error.hpp>
#include <archetype/training/divergence.hpp>
#include <archetype/training/evaluation.hpp>
#include <archetype/training/fit/best_weights.hpp>
#include <archetype/training/fit/check_batches.hpp>
#include <archetype/training/fit/feed.hpp>
#include <archetype/training/fit/gather_input.hpp>
#include <archetype/training/fit/validation.hpp>
#include <archetype/training/fit_options.hpp>
#include <archetype/training/learnable.hpp>
#include <archetype/training/optimizers.hpp>
#include <archetype/training/penalties.hpp>
#include <archetype/training/weights.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Moves the parameters of a model so that a loss gets small.
/// @tparam Loss       `cross_entropy`, `mean_squared_error`, `pointwise_loss<...>` and others of losses.hpp
/// @tparam Optimizer  `sgd`, `adam` and others of optimizers.hpp
/// @tparam Work       not for users: how an update is shared among processes
template <class Net, class T, class Loss, class Optimizer, class Work = detail::work_of_one>
class trainer : detail::training_report<Net, Loss>::type {
public:
    trainer(model<Net, T>&, Loss, Optimizer, seed = {}, Work = {}) {}
    history fit(const dataset&, const fit_options& = {}) { return {}; }
    template <class X, class Y>
    history fit(const X&, const Y&, const fit_options& = {}) {
        return {};
    }
};

template <class Net, class T, class Loss, class Optimizer, class Work>
requires learnable<Net, Loss>
class trainer<Net, T, Loss, Optimizer, Work> {
    static constexpr std::size_t skip = detail::skipped_steps<Net, Loss>;
    static constexpr std::size_t trainable = model<Net, T>::trainable_size();
    using data_of = detail::training_data<Net, T, Loss>;
    static constexpr std::size_t pixels = data_of::pixels;

public:
    /// Refers to `net`, and works with as many threads as it has now. `start` decides the order of samples and what dropout
    /// drops.
    /// @throws std::invalid_argument if a number of the loss or the optimizer makes no sense
    trainer(model<Net, T>& net, Loss loss, Optimizer optimizer, seed start = {}, Work work = {})
        : work_(std::move(work)),
          net_(net),
          loss_(loss),
          optimizer_(optimizer),
          now_{start.value},
          pass_(net.threads()),
          states_(Optimizer::states * owned().size()) {
        check_settings();
        if constexpr (Work::is_shared) pass_.make_room(Work::written);
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
        return fit_checked(samples.derived_cast(), targets.derived_cast(), options);
    }

    /// Samples that stay in their file (`mapped_array`), for a network with one input.
    template <class X, class Y>
    requires(X::is_mapped) history
        fit(const X& samples, const xt::xexpression<Y>& targets, const fit_options& options = {}) {
        const auto use = [&](const auto& x, const auto* y, auto n) {
            return fit_batches(x, y, n, options, true);
        };
        return data_of::with_mapped(loss_, samples, targets.derived_cast(), use);
    }

    /// The same for a network with several inputs, whose samples come as a std::tuple of expressions.
    template <class... X, class Y>
    history fit(const std::tuple<X...>& samples, const xt::xexpression<Y>& targets,
                const fit_options& options = {}) {
        return fit_checked(samples, targets.derived_cast(), options);
    }

    /// On samples that are read while others are learnt: a `sample_reader` and `loading_options`, by
    /// archetype/training/fit/reading.hpp. Samples are checked as they come: what they and the reader throw ends the training.
    template <detail::is_reader Reader>
    history fit(const Reader& reader, const fit_options& options = {},
                const typename detail::feed_of<Reader>::options_type& loading = {}) {
        const typename detail::feed_of<Reader>::type feed(reader, options, loading, data_of{}, loss_);
        return fit_batches(feed, nullptr, reader.count, options);
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

    /// On samples that are read, as `fit` reads them (those of epoch 1), with class numbers if the loss takes them.
    template <detail::is_reader Reader>
    auto evaluate(const Reader& reader, const typename detail::feed_of<Reader>::options_type& loading = {}) {
        return detail::judge_reader<data_of>(net_, loss_, detail::feed_of<Reader>::read(reader, loading));
    }

    /// With `losses`: a std::tuple of targets, one for each of them. Samples are an expression, or a tuple of them.
    template <class X, class... Y>
    requires data_of::has_several history fit(const X& samples, const std::tuple<Y...>& targets,
                                              const fit_options& options = {}) {
        return fit_checked(samples, targets, options);
    }
    /// An `evaluations`: the loss, and of each output an `evaluation`.
    template <class X, class... Y>
    requires data_of::has_several auto evaluate(const X& samples, const std::tuple<Y...>& targets) {
        return judged(samples, targets);
    }

    /// One step on one batch; returns its loss before the step. Of the options it heeds schedule, clip, l1, l2 and weights.
    /// @throws training_diverged if that loss, or a parameter after the step, is not finite
    template <class Target>
    double step(const float* samples, const Target* targets, std::size_t count,
                const fit_options& options = {}) {
        check_parts(count, count, 1);
        std::vector<std::size_t> order(count);
        for (std::size_t i = 0; i < count; ++i) order[i] = i;
        weigh(targets, count, options);
        const double loss = step_on(one_input(samples), targets, order.data(), count, count, options).loss;
        detail::check_parameters(net_, now_.updates, !Work::is_shared && moved_to_finite_);
        return loss;
    }

    /// Layers with the option `stateful` start the next step from their first states; `fit` does so before each epoch.
    void reset_states() {
        pass_.reset_states();
        if constexpr (Work::is_shared) work_.forget_states();
    }

    /// The optimizer, to change its rate between two calls of `fit`.
    Optimizer& optimizer() { return optimizer_; }
    const Optimizer& optimizer() const { return optimizer_; }
    const Loss& loss() const { return loss_; }
    /// The optimizer's numbers: `Optimizer::states` for each trainable parameter, one after the other.
    std::span<T> optimizer_state() { return {states_.data(), states_.size()}; }
    std::span<const T> optimizer_state() const { return {states_.data(), states_.size()}; }
    /// Where training stands, and goes on from.
    const training_counters& counters() const { return now_; }
    void counters(const training_counters& now) { now_ = now; }
    /// `rate_schedule::settings` of the last update, empty without one.
    const std::string& schedule() const { return schedule_; }
    /// The next update must have this schedule: of a checkpoint.
    void expect_schedule(std::string settings) { expected_schedule_ = std::move(settings); }
    const std::optional<std::string>& expected_schedule() const { return expected_schedule_; }
    model<Net, T>& net() { return net_; }
    const model<Net, T>& net() const { return net_; }

protected:
    Work& work() { return work_; }
    const Work& work() const { return work_; }
    /// The trainable parameters whose updates are made here.
    kernels::range owned() const {
        if constexpr (Work::is_shared)
            return work_.owned(trainable);
        else
            return {0, trainable};
    }

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
                                     [&](const auto& x, const auto& y, std::size_t count) {
                                         return data_of::judge(net_, loss_, x, y, count);
                                     });
    }

    struct step_result {
        double loss = 0, penalty = 0;
        typename data_of::sums counted{};
    };
    static constexpr bool has_rate = requires(Optimizer & optimizer) { optimizer.rate = 0.5; };

    void use_schedule(const std::string& settings) {
        detail::check_schedule(expected_schedule_, settings);
        expected_schedule_.reset();
        if (schedule_ != settings) schedule_ = settings;
    }
    void check_settings() const {
        if constexpr (requires { loss_.check(); }) loss_.check();
        if constexpr (requires { optimizer_.check(); }) optimizer_.check();
    }
    void check_parts(std::size_t count, std::size_t batch, std::size_t accumulate) const {
        if constexpr (Work::is_shared)
            work_.template check_parts<Net>(count, batch, accumulate);
        else
            detail::check_batches<Net>(count, batch);
    }
    void check_rate(const fit_options& options) const {
        if constexpr (has_rate)
            if (!options.schedule && optimizer_.rate == 0)
                throw detail::thrown<std::invalid_argument>(
                    "archetype::trainer: expected a rate above 0 or a schedule, found a rate of 0");
    }
    template <class Samples, class Targets>
    history fit_checked(const Samples& samples, const Targets& targets, const fit_options& options) {
        return data_of::with_checked(loss_, samples, targets, "",
                                     [&](const auto& x, const auto& y, std::size_t count) {
                                         return fit_batches(x, y, count, options);
                                     });
    }

    template <class Samples, class Targets>
    history fit_batches(const Samples& samples, const Targets& targets, std::size_t count,
                        const fit_options& options, [[maybe_unused]] bool is_mapped = false) {
        detail::check_schedule(expected_schedule_, options.schedule.settings());
        detail::check_options(options);
        check_settings();
        if constexpr (!has_rate) detail::refuse_rates(options);
        check_parts(count, options.batch, options.accumulate);
        check_rate(options);
        detail::check_validation<data_of>(loss_, options.validation);
        if constexpr (!detail::is_fed<Samples>) weigh(targets, count, options);
        if constexpr (Work::is_shared)
            work_.template begin<data_of>(*this, samples, targets, count, options, is_mapped);
        history made;
        progress shown(*options.out, is_first() ? options.progress : progress_style::silent);
        detail::best_weights<T> best(options, net_);
        std::vector<std::size_t> order(count);
        for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
            epoch_report report{.epoch = epoch, .epochs = options.epochs, .all_samples = count};
            report.all_epochs = ++now_.epochs;
            reset_states();
            if (options.shuffle)
                order = shuffled_order(count, now_.seed + now_.epochs);
            else
                for (std::size_t i = 0; i < count; ++i) order[i] = i;
            bool stop = train_epoch(samples, targets, order, options, report, shown);
            stop |= call_back(options, {}, &report);
            shown.epoch(report);
            if (!options.csv_log.empty() && is_first()) detail::append_csv(options.csv_log, report);
            // Weights that are kept, and those at the end, have no further loss to show that they are none.
            if (epoch == options.epochs || stop || options.keep_best || options.stop_early) {
                if constexpr (detail::is_fed<Samples> && Work::is_shared)
                    work_.check_everywhere([&] { check_fed(samples); });
                else if constexpr (detail::is_fed<Samples>)
                    check_fed(samples);
                else
                    check_last_update(samples, targets, count);
            }
            const bool ends = best.ends(report.validation_loss.value_or(report.loss + report.penalty));
            if (options.on_epoch) options.on_epoch(report);
            made.push_back(std::move(report));
            if (ends || stop) break;
        }
        return made;
    }

    /// The samples that were read last.
    template <class Samples>
    void check_fed(const Samples& samples) {
        samples.template last<data_of, Loss>(
            [&](const auto* x, const auto& y, std::size_t n) { check_last_update(one_input(x), y, n); });
    }

    /// Callbacks may change the rate; whether one asks for the end.
    bool call_back(const fit_options& options, const step_report& step, epoch_report* epoch) {
        if (options.callbacks.empty()) return false;
        double rate = 0;
        if constexpr (has_rate) rate = static_cast<double>(optimizer_.rate);
        bool stop = false;
        const auto call = [&] { stop = detail::call_back(options.callbacks, step, epoch, rate); };
        if constexpr (Work::is_shared)
            work_.call_back(call, rate, stop);
        else
            call();
        if constexpr (has_rate) optimizer_.rate = static_cast<decltype(optimizer_.rate)>(rate);
        return stop;
    }

    /// Whether a callback asks for the end.
    template <class Samples, class Targets>
    bool train_epoch(const Samples& samples, const Targets& targets, const std::vector<std::size_t>& order,
                     const fit_options& options, epoch_report& report, progress& shown) {
        const auto begin = std::chrono::steady_clock::now();
        const auto seconds = [&] {
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        };
        const std::size_t count = order.size();
        std::size_t updates = 0;
        double loss = 0, penalty = 0;
        typename data_of::sums counted{};
        bool stop = false;
        if constexpr (detail::is_fed<Samples> && Work::is_shared)
            work_.begin_reading(samples, order, options, now_.epochs);
        else if constexpr (detail::is_fed<Samples>)
            samples.begin(order, options.batch, now_.epochs);
        for (std::size_t first = 0, some = 0; first < count && !stop; first += some) {
            some = count - first;
            if (options.batch < some / options.accumulate + 1)  // the product may not be representable
                some = std::min(some, options.batch * options.accumulate);
            const step_result step =
                step_on(samples, targets, order.data() + first, some, options.batch, options);
            loss += step.loss * static_cast<double>(some);
            penalty += step.penalty;
            counted.add(step.counted);
            report.samples = first + some;
            report.loss = loss / static_cast<double>(report.samples);
            report.penalty = penalty / static_cast<double>(++updates);
            if constexpr (has_rate) report.rate = static_cast<double>(optimizer_.rate);
            if constexpr (detail::is_fed<Samples>) report.waiting = samples.waited();
            counted.report(report);
            report.seconds = seconds();
            shown.batch(report);
            stop |= call_back(options, {now_.updates, some, step.loss, step.penalty}, nullptr);
        }
        if constexpr (Work::is_shared)
            detail::validate<data_of>(net_, loss_, pass_.memory(), options.validation, report,
                                      work_.judges());
        else
            detail::validate<data_of>(net_, loss_, pass_.memory(), options.validation, report);
        report.seconds = seconds();
        return stop;
    }

    /// The weights of all pixels from those of samples and classes. @throws std::invalid_argument
    template <class Targets>
    void weigh(const Targets& targets, std::size_t count, const fit_options& options) {
        weigh(targets, count, options.sample_weights, options.class_weights);
    }
    template <class Targets>
    void weigh(const Targets& targets, std::size_t count, const std::vector<double>& of_samples,
               const std::vector<double>& of_classes) {
        const bool none = of_samples.empty() && of_classes.empty();
        weights_.assign(none ? 0 : count * pixels, T(1));
        if (none) return;
        detail::weigh<T>(weights_, count, data_of::class_count, of_samples, of_classes,
                         [&](std::size_t i) { return data_of::class_of(loss_, targets, i); });
        batch_weights_.resize(weights_.size());
    }

    /// One update on the samples that `order` names, taken `batch` at a time.
    template <class Samples, class Targets>
    step_result step_on(const Samples& samples, const Targets& targets, const std::size_t* order,
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
        T *const parameters = net_.data(), *const gradients = pass_.gradients();
        const auto [begin, end] = owned();
        if constexpr (requires { optimizer_.look_ahead(); }) {
            detail::apply_look_ahead(optimizer_, parameters + begin, states_.data(), end - begin, end - begin,
                                     pass_.tasks());
            if constexpr (Work::is_shared) work_.publish(parameters, trainable);
        }
        step_result made;
        const auto add = [&](std::size_t first, std::size_t last, std::size_t part, bool adds,
                             step_result& to, const auto& done) {
            if constexpr (detail::is_fed<Samples>)
                samples.template next<data_of, Loss>(
                    [&](const auto* x, const auto& y, const std::size_t* all, const auto& of_samples) {
                        weigh(y, last - first, of_samples, options.class_weights);
                        add_gradients(one_input(x), y, all, last - first, count, part, adds, to, done);
                    });
            else
                add_gradients(samples, targets, order + first, last - first, count, part, adds, to, done);
        };
        if constexpr (Work::is_shared) {
            for (const step_result& part : work_.template add_up<step_result>(
                     parameters, gradients, count, (count + batch - 1) / batch, add)) {
                made.loss += part.loss;
                made.counted.add(part.counted);
            }
        } else {
            for (std::size_t first = 0; first < count; first += batch)
                add(first, std::min(first + batch, count), first / batch, first != 0, made, detail::nobody{});
        }
        made.loss /= static_cast<double>(count);
        made.penalty = detail::add_penalties<Net>(parameters, gradients, {options.l1, options.l2});
        if constexpr (Work::is_shared)
            if (detail::takes_norms(options.clip)) work_.publish(gradients, trainable);
        detail::clip_gradients<Net>(options.clip, gradients);
        moved_to_finite_ =
            detail::stays_finite(optimizer_, now_.updates, parameters + begin, gradients + begin,
                                 states_.data(), end - begin, pass_.tasks());
        if constexpr (Work::is_shared) work_.publish(parameters, Work::written);
        return made;
    }

    /// Forward and backward on the `part`-th batch of an update on `count` samples; `done` as `backward` calls it.
    template <class X, class Targets, class Done>
    void add_gradients(const inputs_of<X>& samples, const Targets& targets, const std::size_t* order,
                       std::size_t some, std::size_t count, std::size_t part, bool adds, step_result& made,
                       const Done& done) {
        if constexpr (Work::is_shared) work_.enter(pass_, part);
        gather(samples, order, some);
        const auto wanted = data_of::gather_targets(targets, order, some, targets_);
        for (std::size_t i = 0; i < (weights_.empty() ? 0 : some * pixels); ++i)
            batch_weights_[i] = weights_[order[i / pixels] * pixels + i % pixels];
        const std::uint64_t dropout_seed = detail::noise_seed(now_.seed, now_.updates, part);
        pass_.template forward<skip>(net_.data(), dropout_seed);
        losses_.resize(some * pixels);
        const double loss =
            data_of::judge_pass(loss_, pass_, wanted, losses_.data(), some, count,
                                weights_.empty() ? nullptr : batch_weights_.data(), made.counted);
        if (!detail::is_finite(loss))
            detail::throw_diverged<skip>(net_, pass_, loss, "at", now_.updates, dropout_seed);
        made.loss += loss;
        pass_.template backward<skip>(net_.data(), dropout_seed, adds, false, done);
    }

    template <class X>
    void gather(const inputs_of<X>& samples, const std::size_t* order, std::size_t count) {
        T* const base = pass_.input(count);
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (detail::gather_input<Net, K>(samples[K], order, count,
                                          K == 0 ? base : pass_.template further_input<K>()),
             ...);
        }
        (std::make_index_sequence<data_of::input_count>{});
    }

    /// An update is judged by the loss of the next one. After the last one: by that of some of the samples.
    /// @throws training_diverged
    template <class X, class Targets>
    void check_last_update(const inputs_of<X>& samples, const Targets& targets, std::size_t count) {
        detail::check_parameters(net_, now_.updates);
        const std::size_t some = std::min<std::size_t>(count, 32);
        const double loss = [&] {
            const detail::memory_loan loan(net_, pass_.memory());
            return data_of::mean_loss(net_, loss_, samples, targets, some, [](std::size_t, std::size_t) {});
        }();
        if (detail::is_finite(loss)) return;
        std::vector<std::size_t> first(some);
        for (std::size_t i = 0; i < some; ++i) first[i] = i;
        gather(samples, first.data(), some);
        pass_.template forward<skip>(net_.data(), now_.seed);
        detail::throw_diverged<skip>(net_, pass_, loss, "after", now_.updates, now_.seed);
    }

    /// Whether this process is the one that shows and writes.
    bool is_first() const {
        if constexpr (Work::is_shared)
            return work_.is_first();
        else
            return true;
    }

    [[no_unique_address]] Work work_;
    model<Net, T>& net_;
    Loss loss_;
    Optimizer optimizer_;
    training_counters now_;
    std::string schedule_{};
    std::optional<std::string> expected_schedule_{};
    detail::training_pass<Net, T> pass_;
    detail::buffer<T> states_;
    bool moved_to_finite_ = true;  ///< the parameters, by the last update
    std::vector<T> losses_, weights_, batch_weights_;
    typename data_of::target_store targets_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
