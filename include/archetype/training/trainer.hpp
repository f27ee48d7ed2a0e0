// SPDX-License-Identifier: BSL-1.0
/// @file trainer.hpp
/// Trains a model: epochs of shuffled mini-batches, validation, progress, the best weights.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/execution/model.hpp>
#include <archetype/kernels/argmax.hpp>
#include <archetype/training/losses.hpp>
#include <archetype/training/metrics.hpp>
#include <archetype/training/optimizers.hpp>
#include <archetype/training/progress.hpp>

#include <chrono>
#include <cmath>
#include <iostream>
#include <limits>
#include <optional>
#include <vector>

namespace archetype {

/// Training met a loss that is not a number or not finite. `what()` names the first layer with such a value.
class training_diverged : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// How `trainer::fit` goes about it.
struct fit_options {
    std::size_t epochs = 1;
    std::size_t batch = 32;
    const dataset* validation = nullptr;  ///< judged after each epoch
    bool shuffle = true;                  ///< anew in each epoch, by the trainer's seed
    bool keep_best = false;  ///< end with the weights of the epoch with the smallest (validation) loss
    progress_style progress = progress_style::automatic;
    std::ostream* out = &std::cout;
};

/// What `trainer::evaluate` finds.
struct evaluation {
    double loss = 0;
    double accuracy = 0;  ///< share of samples whose highest score is the right class
    confusion_matrix confusion;
};

/// Moves the parameters of a model so that a loss gets small.
/// @tparam Loss       `cross_entropy`, `mean_squared_error`, `pointwise_loss<...>`
/// @tparam Optimizer  `sgd`, `adam`
template <class Net, class T, class Loss, class Optimizer>
class trainer : detail::faulty_object<Net> {
public:
    trainer(model<Net, T>&, Loss, Optimizer, seed = {}) {}
    std::vector<epoch_report> fit(const dataset&, const fit_options& = {}) { return {}; }
    template <class X, class Y>
    std::vector<epoch_report> fit(const X&, const Y&, const fit_options& = {}) {
        return {};
    }
};

template <well_formed Net, class T, class Loss, class Optimizer>
class trainer<Net, T, Loss, Optimizer> {
    static constexpr std::size_t skip = detail::skipped_steps<Net, Loss>;
    static constexpr shape input_shape = detail::unchecked_facts<Net>.input,
                           output_shape = detail::unchecked_facts<Net>.output;
    static constexpr std::size_t input_size = input_shape.size(), output_size = output_shape.size();
    static constexpr std::size_t trainable = model<Net, T>::trainable_size();

public:
    /// Refers to `net`. `start` decides the order of samples and what dropout drops.
    trainer(model<Net, T>& net, Loss loss, Optimizer optimizer, seed start = {})
        : net_(net),
          loss_(loss),
          optimizer_(optimizer),
          seed_(start.value),
          pass_(net.threads()),
          states_(Optimizer::states * trainable) {}

    /// Trains on a dataset of classes.
    /// @returns one report for each epoch
    /// @throws shape_error, std::invalid_argument if the data do not fit the network, before anything is changed;
    ///         training_diverged
    std::vector<epoch_report> fit(const dataset& data, const fit_options& options = {}) {
        check_classes(data, "samples");
        return fit_batches(data.samples.data(), data.labels.data(), data.size(), options);
    }

    /// Trains on samples and targets, batch axis first: targets are class numbers, one for each sample (or pixel of an
    /// image of scores), or have the shape of the result (regression, probabilities). `validation` needs class numbers.
    template <class X, class Y>
    std::vector<epoch_report> fit(const xt::xexpression<X>& samples, const xt::xexpression<Y>& targets,
                                  const fit_options& options = {}) {
        const auto x = checked_batch<input_shape>(samples.derived_cast(), "samples");
        const std::size_t count = x.shape()[0];
        if constexpr (std::is_integral_v<typename Y::value_type> && Loss::from_logits) {
            const xt::xarray<std::int64_t> labels = targets.derived_cast();
            const xt::xarray<std::int32_t> classes = labels;
            if (classes.size() != count * pixels)
                throw shape_error("archetype::trainer: expected " + std::to_string(count * pixels) +
                                  " labels for samples of shape " + detail::shape_text(x) +
                                  ", found labels of shape " + detail::shape_text(classes));
            detail::check_class_numbers(labels, channels, "archetype::trainer");
            return fit_batches(x.data(), classes.data(), count, options);
        } else {
            const auto y = checked_batch<output_shape>(targets.derived_cast(), "targets");
            if (y.shape()[0] != count)
                throw shape_error("archetype::trainer: expected as many targets as samples (" +
                                  std::to_string(count) + "), found " + std::to_string(y.shape()[0]));
            return fit_batches(x.data(), y.data(), count, options);
        }
    }

    /// Loss, accuracy and confusion matrix on a dataset, with the model as it is.
    /// @throws shape_error, std::invalid_argument if the data do not fit the network or are none
    evaluation evaluate(const dataset& data) {
        check_classes(data, "samples");
        return evaluate_classes(data);
    }

    /// Layers with the option `stateful` start the next step from their first states; `fit` does so before each epoch.
    void reset_states() { pass_.reset_states(); }

    /// The optimizer, to change its rate between two calls of `fit`.
    Optimizer& optimizer() { return optimizer_; }

    /// One step on one batch; returns its loss before the step.
    template <class Target>
    double step(const float* samples, const Target* targets, std::size_t count) {
        std::vector<std::size_t> order(count);
        for (std::size_t i = 0; i < count; ++i) order[i] = i;
        return step_on(samples, targets, order.data(), count).loss;
    }

private:
    struct batch_result {
        double loss = 0;
        std::size_t hits = 0;
    };

    template <class X, class Target>
    std::vector<epoch_report> fit_batches(const X* samples, const Target* targets, std::size_t count,
                                          const fit_options& options) {
        if (count == 0)
            throw std::invalid_argument("archetype::trainer: expected at least one sample, found none");
        if (options.batch == 0)
            throw std::invalid_argument("archetype::trainer: expected a batch of at least 1, found 0");
        constexpr bool classes = std::is_integral_v<Target>, judges = classes && pixels == 1;
        if (options.validation != nullptr) {
            if constexpr (judges)
                check_classes(*options.validation, "validation samples");
            else
                throw std::invalid_argument(
                    "archetype::trainer: validation expects targets that are one class number for each "
                    "sample");
        }
        std::vector<epoch_report> history;
        progress shown(*options.out, options.progress);
        std::vector<T> best;
        double best_loss = std::numeric_limits<double>::infinity();
        std::vector<std::size_t> order(count);
        for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
            const auto begin = std::chrono::steady_clock::now();
            const auto seconds = [&] {
                return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
            };
            ++epochs_;
            pass_.reset_states();
            if (options.shuffle)
                order = shuffled_order(count, seed_ + epochs_);
            else
                for (std::size_t i = 0; i < count; ++i) order[i] = i;
            epoch_report report{.epoch = epoch, .epochs = options.epochs, .all_samples = count};
            double loss = 0;
            std::size_t hits = 0;
            for (std::size_t first = 0; first < count; first += options.batch) {
                const std::size_t some = count - first < options.batch ? count - first : options.batch;
                const batch_result made = step_on(samples, targets, order.data() + first, some);
                loss += made.loss * static_cast<double>(some);
                hits += made.hits;
                report.samples = first + some;
                report.loss = loss / static_cast<double>(report.samples);
                if (classes)
                    report.accuracy =
                        static_cast<double>(hits) / static_cast<double>(report.samples * pixels);
                report.seconds = seconds();
                shown.batch(report);
            }
            if constexpr (judges) {
                if (options.validation != nullptr) {
                    const evaluation judged = evaluate_classes(*options.validation);
                    report.validation_loss = judged.loss;
                    report.validation_accuracy = judged.accuracy;
                }
            }
            report.seconds = seconds();
            shown.epoch(report);
            history.push_back(report);
            const double judged = report.validation_loss.value_or(report.loss);
            if (options.keep_best && judged < best_loss) {
                best_loss = judged;
                best.assign(net_.data(), net_.data() + net_.size());
            }
        }
        if (!best.empty()) std::copy(best.begin(), best.end(), net_.data());
        return history;
    }

    /// One step on the samples that `order` names.
    template <class X, class Target>
    batch_result step_on(const X* samples, const Target* targets, const std::size_t* order,
                         std::size_t count) {
        const std::size_t target_size = std::is_integral_v<Target> ? pixels : output_size;
        gather(samples, order, count);
        targets_of<Target>().resize(count * target_size +
                                    detail::read_slack);  // kernels may read past the end
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t k = 0; k < target_size; ++k)
                targets_of<Target>()[i * target_size + k] =
                    static_cast<stored<Target>>(targets[order[i] * target_size + k]);
        ++steps_;
        const std::uint64_t dropout_seed = (seed_ + 1) * 0x9e3779b97f4a7c15u + steps_ * 0x1000003u;
        T* const scores = pass_.template forward<skip>(net_.data(), dropout_seed);
        losses_.resize(count * pixels);
        batch_result made;
        made.loss = detail::loss_of<Net, T>(loss_, scores, targets_of<Target>().data(),
                                            pass_.template loss_gradient<skip>(), losses_.data(), count) /
                    static_cast<double>(count);
        if (!std::isfinite(made.loss)) throw training_diverged(first_fault(made.loss));
        if constexpr (std::is_integral_v<Target>)
            for (std::size_t i = 0; i < count * pixels; ++i)
                made.hits += kernels::argmax(scores + i * channels, channels) ==
                                     static_cast<std::size_t>(targets_of<Target>()[i])
                                 ? 1
                                 : 0;
        pass_.template backward<skip>(net_.data(), dropout_seed, false);
        detail::apply_update(optimizer_, steps_, net_.data(), pass_.gradients(), states_.data(), trainable,
                             trainable);
        return made;
    }

    template <class X>
    void gather(const X* samples, const std::size_t* order, std::size_t count) {
        constexpr kernels::image to = detail::training_pass<Net, T>::input_image;
        constexpr std::size_t row = to.width * to.channels;
        T* const base = pass_.input(count);
        for (std::size_t n = 0; n < count; ++n)
            for (std::size_t y = 0; y < to.height; ++y) {
                const X* from = samples + order[n] * input_size + y * row;
                T* const at = base + n * to.sample_stride + to.offset + y * to.row_stride;
                for (std::size_t i = 0; i < row; ++i) at[i] = static_cast<T>(from[i]);
            }
    }

    evaluation evaluate_classes(const dataset& data) {
        evaluation found{0, 0, confusion_matrix(channels)};
        constexpr std::size_t chunk = 64;
        std::vector<std::size_t> order(chunk);
        std::vector<T> samples, scores, losses(chunk * pixels);
        for (std::size_t first = 0; first < data.size(); first += chunk) {
            const std::size_t some = data.size() - first < chunk ? data.size() - first : chunk;
            samples.assign(data.samples.data() + first * input_size,
                           data.samples.data() + (first + some) * input_size);
            scores.resize(some * output_size + detail::read_slack);
            net_.run(samples.data(), some, scores.data());
            found.loss += loss_of_results(scores.data(), data.labels.data() + first, some);
            for (std::size_t i = 0; i < some; ++i)
                found.confusion.add(static_cast<std::size_t>(data.labels(first + i)),
                                    kernels::argmax(scores.data() + i * output_size, output_size));
        }
        found.loss /= static_cast<double>(data.size());
        found.accuracy = found.confusion.accuracy();
        return found;
    }

    /// The loss from what inference gives: probabilities where the network ends with a softmax.
    double loss_of_results(const T* scores, const std::int32_t* classes, std::size_t count) {
        double sum = 0;
        for (std::size_t i = 0; i < count * pixels; ++i) {
            const T* row = scores + i * channels;
            if constexpr (skip != 0) {
                sum -= std::log(std::max(static_cast<double>(row[classes[i]]), 1e-300));
            } else {
                double largest = row[0], total = 0;
                for (std::size_t c = 1; c < channels; ++c)
                    largest = std::max(largest, static_cast<double>(row[c]));
                for (std::size_t c = 0; c < channels; ++c)
                    total += std::exp(static_cast<double>(row[c]) - largest);
                sum += std::log(total) + largest - static_cast<double>(row[classes[i]]);
            }
        }
        return sum / pixels;
    }

    static void check_classes(const dataset& data, const char* what) {
        static_assert(Loss::from_logits && pixels == 1,
                      "archetype: a dataset has one class number for each sample: the loss must be "
                      "cross_entropy, the result one row");
        if (!detail::has_batch_shape(data.samples, image_shape))
            throw shape_error("archetype::trainer: expected " + std::string(what) + " of shape (n, " +
                              detail::to_text(image_shape).substr(1) + ", found " +
                              detail::shape_text(data.samples));
        if (data.empty())
            throw std::invalid_argument("archetype::trainer: expected " + std::string(what) + ", found none");
        check(data, channels);
    }
    template <shape S, class E>
    static xt::xtensor<T, S.rank + 1> checked_batch(const E& tensor, const char* what) {
        if (!detail::has_batch_shape(tensor, S))
            throw shape_error("archetype::trainer: expected " + std::string(what) + " of shape (n, " +
                              detail::to_text(S).substr(1) + ", found " + detail::shape_text(tensor));
        return tensor;
    }

    /// Names the first layer whose result is not finite.
    std::string first_fault(double loss) {
        constexpr const auto& facts = detail::unchecked_facts<Net>;
        const std::string place = "archetype::trainer: the loss is " + std::to_string(loss) + " at step " +
                                  std::to_string(steps_) + ": ";
        const auto finite = [](const T* from, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i)
                if (!std::isfinite(from[i])) return false;
            return true;
        };
        for (std::size_t i = 0; i < detail::parameters_of<Net>.size(); ++i) {
            const detail::parameter_slot& slot = detail::parameters_of<Net>.slots[i];
            if (!finite(static_cast<const model<Net, T>&>(net_).data() + slot.offset,
                        facts.nodes[slot.node].parameters[slot.index].extents.size()))
                return place + "the parameter " +
                       std::string(facts.nodes[slot.node].parameters[slot.index].name) + " of layer " +
                       detail::layer_label<Net>(slot.node) + " is no longer finite (a smaller rate may help)";
        }
        for (std::size_t v = 0; v < detail::training_plan<Net>.value_count; ++v) {
            const value& made = detail::training_plan<Net>.values[v];
            if (skip != 0 && v == detail::training_plan<Net>.outputs[0]) continue;
            if (!finite(pass_.value_at(v), pass_.batch() * made.size))
                return place + (v == 0 ? std::string("the input is not finite")
                                       : "the first values that are not finite come from layer " +
                                             detail::layer_label<Net>(
                                                 detail::training_plan<Net>.steps[made.written].anchor));
        }
        return place + "it is not finite although all layers' results are";
    }

    static constexpr std::size_t channels = output_shape.channels(), pixels = output_size / channels;
    static constexpr shape image_shape{input_shape.height(), input_shape.width(), input_shape.channels()};
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
    std::uint64_t seed_, epochs_ = 0, steps_ = 0;
    detail::training_pass<Net, T> pass_;
    detail::buffer<T> states_;
    std::vector<T> losses_, value_targets_;
    std::vector<std::int32_t> class_targets_;
};

}  // namespace archetype
