// SPDX-License-Identifier: BSL-1.0
/// @file evaluation.hpp
/// What the trainer is given is checked; the loss of a model as it is.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/error.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/kernels/vectors/argmax.hpp>
#include <archetype/training/arguments.hpp>
#include <archetype/training/fit/feed.hpp>
#include <archetype/training/losses.hpp>
#include <archetype/training/metrics.hpp>
#include <archetype/training/progress.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// How well a model classifies.
struct evaluation {
    double loss = 0;
    double accuracy =
        0;  ///< share of samples (pixels of an image of scores) whose highest score is the right class
    confusion_matrix confusion;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whose targets they are, for messages: "archetype::trainer: expected validation labels of output 2".
struct targets_place {
    const char* who;
    const char* role;     ///< "" or "validation "
    const char* of = "";  ///< " of output 2"

    std::string what(const char* kind) const { return std::string(role).append(kind).append(of); }
    template <class Error>
    [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
        throw Error(std::string("archetype::")
                        .append(who)
                        .append(": expected ")
                        .append(expected)
                        .append(", found ")
                        .append(found));
    }
};

/// Targets for a loss of results of shape `S`, checked: class numbers as std::int32_t, values as T. `between` is called once
/// shapes are right, `samples()` is the samples' shape as text. @throws shape_error, std::invalid_argument
template <shape S, class T, class Loss, class Y, class Between, class Samples>
auto checked_targets(const Loss& loss, const Y& targets, std::size_t count, const targets_place& at,
                     const Between& between, const Samples& samples) {
    constexpr std::size_t channels = S.channels(), pixels = S.size() / channels;
    if constexpr (has_own_targets<Loss>) {
        auto own = Loss::template checked_targets<S, T>(targets, count, at);
        between();
        return own;
    } else if constexpr (std::is_integral_v<typename Y::value_type> && judges_pixels<Loss>) {
        const xt::xarray<std::int64_t> labels = targets;
        if (labels.size() != count * pixels)
            at.template fail<shape_error>(std::to_string(count * pixels) + " " + at.what("labels") +
                                              " for samples of shape " + samples(),
                                          "labels of shape " + shape_text(labels));
        between();
        check_class_numbers(labels, channels, at.who, ignored_class(loss));
        return xt::xarray<std::int32_t>(labels);
    } else {
        if (!has_batch_shape(targets, S))
            at.template fail<shape_error>(at.what("targets") + " of shape (n, " + to_text(S).substr(1),
                                          shape_text(targets));
        xt::xtensor<T, S.rank + 1> y = targets;
        if (y.shape()[0] != count)
            at.template fail<shape_error>(
                "as many " + at.what("targets") + " as samples (" + std::to_string(count) + ")",
                std::to_string(y.shape()[0]));
        between();
        check_finite(y.data(), y.size(), at.who, at.what("targets"));
        if (ignored_class(loss))
            at.template fail<std::invalid_argument>("class numbers, as ignore_class is one of them",
                                                    at.what("targets") + " of shape " + shape_text(y));
        check_target_values(loss, y.data(), y.size(), channels, at.who);
        return y;
    }
}

/// Class numbers that count, and those whose score is the highest.
template <std::size_t Channels, class Loss, class T, class Label>
void count_hits(const Loss& loss, const T* scores, const Label* labels, std::size_t pixels, std::size_t& hits,
                std::size_t& judged) {
    for (std::size_t i = 0; i < pixels; ++i) {
        if (!counts(loss, labels[i])) continue;
        ++judged;
        hits +=
            kernels::argmax(scores + i * Channels, Channels) == static_cast<std::size_t>(labels[i]) ? 1 : 0;
    }
}

/// Samples of a chunk, whose losses are added one after the other.
inline constexpr std::size_t judged_at_once = 64;
/// Who judges a dataset, chunk by chunk: this process, all of it.
struct judged_here {
    static constexpr bool has(std::size_t, std::size_t) { return true; }
    void add(double loss) { losses.push_back(loss); }
    /// In the order of the dataset.
    const std::vector<double>& all() const { return losses; }
    static double accuracy(const confusion_matrix& confusion) { return confusion.accuracy(); }
    std::vector<double> losses{};
};

/// The data of training and evaluation for a network and a loss. `Who` is named in messages.
template <class Net, class T, class Loss, name Who = "trainer">
struct training_data {
    static constexpr shape input_shape = unchecked_facts<Net>.input,
                           output_shape = unchecked_facts<Net>.output;
    static constexpr std::size_t input_size = input_shape.size(), output_size = output_shape.size(),
                                 channels = output_shape.channels(), pixels = output_size / channels;
    static constexpr std::size_t input_count = model<Net, T>::input_count;
    static constexpr auto input_sizes = []<std::size_t... K>(std::index_sequence<K...>) {
        return std::array<std::size_t, input_count>{model<Net, T>::template input_shape_of<K>.size()...};
    }
    (std::make_index_sequence<input_count>{});
    /// The samples of each input, one after the other.
    template <class X>
    using inputs_of = std::array<const X*, input_count>;
    static constexpr shape image_shape{input_shape.height(), input_shape.width(), input_shape.channels()};
    /// Whether targets of this type are class numbers.
    template <class Target>
    static constexpr bool are_classes = std::is_integral_v<Target>&& judges_pixels<Loss>;
    /// A network with `losses`, which takes targets for each output.
    static constexpr bool has_several = false;
    static constexpr bool takes_datasets = judges_pixels<Loss> && pixels == 1;
    /// Numbers that each sample's target has.
    template <class Target>
    static constexpr std::size_t target_size = targets_each<Loss, Target>(pixels, output_size);

    static std::string who() { return "archetype::" + std::string(Who.view()); }
    static std::string label(const char* role, const char* what) { return std::string(role) + what; }

    /// @throws shape_error, std::invalid_argument
    static void check_dataset(const dataset& data, const char* role) {
        if constexpr (input_count != 1) {
            throw detail::thrown<std::invalid_argument>(who() + ": expected " + label(role, "samples") +
                                                        " of " + std::to_string(input_count) +
                                                        " inputs, found a dataset, which has one");
        } else if constexpr (!judges_pixels<Loss> || pixels != 1) {
            throw detail::thrown<std::invalid_argument>(
                who() + ": expected " + label(role, "targets") + " of shape (n, " +
                to_text(output_shape).substr(1) +
                ", found a dataset, which has one class number for each sample");
        } else {
            const std::string samples = label(role, "samples");
            if (!has_batch_shape(data.samples, image_shape))
                throw shape_error(who() + ": expected " + samples + " of shape (n, " +
                                  to_text(image_shape).substr(1) + ", found " + shape_text(data.samples));
            if (data.empty())
                throw detail::thrown<std::invalid_argument>(who() + ": expected " + samples + ", found none");
            check(data, channels);
            check_finite(data.samples.data(), data.samples.size(), std::string(Who.view()), samples);
        }
    }

    /// Samples and targets of any kind, checked; `use(samples, targets, count)` gets pointers.
    /// @throws shape_error, std::invalid_argument
    template <class X, class Y, class Use>
    static auto with_checked(const Loss& loss, const X& samples, const Y& targets, const char* role,
                             const Use& use) {
        const auto inputs = checked_inputs(samples, role, std::make_index_sequence<input_count>{});
        const auto& x = std::get<0>(inputs);
        const std::size_t count = x.shape()[0];
        const auto pointers = std::apply(
            [](const auto&... input) { return std::array<const T*, input_count>{input.data()...}; }, inputs);
        if (count == 0)
            throw detail::thrown<std::invalid_argument>(who() + ": expected at least one sample, found no " +
                                                        label(role, "samples"));
        const auto y = checked_targets<output_shape, T>(
            loss, targets, count, {Who.view().data(), role}, [&] { check_values(inputs, role); },
            [&] { return shape_text(x); });
        return use(pointers, y.data(), count);
    }

    /// `with_checked` for samples that stay in their file, whose values nobody looks at before they are used.
    template <class Mapped, class Y, class Use>
    static auto with_mapped(const Loss& loss, const Mapped& samples, const Y& targets, const Use& use) {
        if (input_count != 1 || !has_batch_shape(samples, input_shape))
            throw shape_error(who() + ": expected samples of shape (n, " + to_text(input_shape).substr(1) +
                              ", found " + shape_text(samples));
        const std::size_t count = samples.shape()[0];
        if (count == 0)
            throw detail::thrown<std::invalid_argument>(who() +
                                                        ": expected at least one sample, found no samples");
        const auto y = checked_targets<output_shape, T>(
            loss, targets, count, {Who.view().data(), ""}, [] {}, [&] { return shape_text(samples); });
        return use(inputs_of<typename Mapped::value_type>{samples.data()}, y.data(), count);
    }

    /// Whether samples and targets that a reader announces fit. @throws shape_error, std::invalid_argument
    static void check_reader(const Loss& loss, const read_data& found, const char* role) {
        const auto numbers = [](std::size_t size) {
            return size == 0 ? std::string("class numbers") : std::to_string(size) + " numbers";
        };
        check_read_samples(found, role);
        if (!found.target_parts.empty())
            throw shape_error(who() + ": expected " + label(role, "targets") +
                              " of one output, found a reader of targets of " +
                              std::to_string(found.target_parts.size()));
        if constexpr (has_own_targets<Loss>) {
            if (constexpr std::size_t each = Loss::targets_per_sample; each == 0 || found.target_size != each)
                throw shape_error(who() + ": expected " + label(role, "targets") + " of " +
                                  (each == 0 ? std::string("no") : std::to_string(each)) +
                                  " numbers, as the loss has, found a reader of " +
                                  numbers(found.target_size));
            return;
        }
        if (found.target_size == 0 ? !takes_datasets : found.target_size != output_size)
            throw shape_error(who() + ": expected " + label(role, "targets") + " of " +
                              std::to_string(output_size) +
                              (takes_datasets ? " numbers or class numbers" : " numbers") +
                              ", found a reader of " + numbers(found.target_size));
        if (found.target_size != 0 && ignored_class(loss))
            throw detail::thrown<std::invalid_argument>(
                who() + ": expected class numbers, as ignore_class is one of them, found a reader of " +
                numbers(found.target_size));
    }
    static void check_read_samples(const read_data& found, const char* role) {
        const auto [height, width, depth] = found.shape;
        if (input_count != 1)
            throw detail::thrown<std::invalid_argument>(who() + ": expected " + label(role, "samples") +
                                                        " of several inputs, found a reader");
        if (height != image_shape.height() || width != image_shape.width() || depth != image_shape.channels())
            throw shape_error(who() + ": expected " + label(role, "samples") + " of shape " +
                              to_text(image_shape) + ", found a reader of " + std::to_string(height) + " x " +
                              std::to_string(width) + " x " + std::to_string(depth));
        if (found.count == 0)
            throw detail::thrown<std::invalid_argument>(
                who() + ": expected at least one sample, found a reader of none");
    }
    /// A batch that was read. @throws std::invalid_argument
    static void check_read(const Loss& loss, const std::vector<float>& samples,
                           [[maybe_unused]] const std::vector<std::int32_t>& labels,
                           const std::vector<float>& targets, const char* role) {
        const char* const name = Who.view().data();
        check_finite(samples.data(), samples.size(), name, label(role, "samples of a batch"));
        if constexpr (takes_datasets) check_class_numbers(labels, channels, name, ignored_class(loss));
        if constexpr (has_own_targets<Loss>)
            (void)own_targets(targets, role);
        else if (!targets.empty())
            check_target_values(loss, targets.data(), targets.size(), channels, name);
    }
    /// What was read for a loss that has targets of its own, checked, as it takes it.
    static auto own_targets(const std::vector<float>& read, const char* role) requires has_own_targets<Loss> {
        constexpr bool are_classes_of_steps = requires { Loss::targets_are_class_numbers; };
        using number = std::conditional_t<are_classes_of_steps, std::int64_t, T>;
        constexpr std::size_t each = std::max<std::size_t>(Loss::targets_per_sample, 1);
        auto given = xt::xtensor<number, 2>::from_shape({read.size() / each, each});
        for (std::size_t i = 0; i < read.size(); ++i) {
            if (are_classes_of_steps && !(std::abs(read[i]) < 1 << 24 && read[i] == std::trunc(read[i])))
                refuse_number(Who.view().data(), "targets of a batch", "class numbers", read[i]);
            given.data()[i] = static_cast<number>(read[i]);
        }
        return Loss::template checked_targets<output_shape, T>(given, given.shape()[0],
                                                               targets_place{Who.view().data(), role});
    }
    /// The loss of samples that are read, `take` gets an `evaluation` for class numbers, else the mean loss.
    template <class Take, class By = judged_here>
    static void judge_read(model<Net, T>& net, const Loss& loss, const read_data& data, const char* role,
                           const Take& take, By by = {}) {
        confusion_matrix confusion(takes_datasets ? channels : 1);
        const auto has = [&](std::size_t chunk, std::size_t chunks) { return by.has(chunk, chunks); };
        data.for_batches(judged_at_once, has,
                         [&](const std::vector<float>& samples, const std::vector<std::int32_t>& labels,
                             const std::vector<float>& targets, std::size_t size) {
                             check_read(loss, samples, labels, targets, role);
                             if constexpr (input_count == 1) {
                                 const inputs_of<float> inputs{samples.data()};
                                 if constexpr (has_own_targets<Loss>) {
                                     const auto own = own_targets(targets, role);
                                     return by.add(sum_of_losses(net, loss, inputs, own.data(), size,
                                                                 [](std::size_t, std::size_t) {}));
                                 }
                                 if constexpr (takes_datasets)
                                     if (data.target_size == 0) {
                                         const auto count = [&](std::size_t label, std::size_t best) {
                                             confusion.add(label, best);
                                         };
                                         by.add(sum_of_losses(net, loss, inputs, labels.data(), size, count));
                                         return;
                                     }
                                 by.add(sum_of_losses(net, loss, inputs, targets.data(), size,
                                                      [](std::size_t, std::size_t) {}));
                             }
                         });
        const double mean = sum_of(by.all()) / static_cast<double>(data.count);
        if constexpr (takes_datasets)
            if (data.target_size == 0) return take(evaluation{mean, by.accuracy(confusion), confusion});
        take(mean);
    }

    template <class X, class Target, class Judge>
    static double mean_loss(model<Net, T>& net, const Loss& loss, const inputs_of<X>& samples,
                            const Target* targets, std::size_t count, const Judge& judge) {
        return sum_of_losses(net, loss, samples, targets, count, judge) / static_cast<double>(count);
    }
    /// Of the model's results; `judge(label, best)` is called for each class number of the chunks that `by` has.
    template <class X, class Target, class Judge, class By = judged_here>
    static double sum_of_losses(model<Net, T>& net, const Loss& loss, const inputs_of<X>& samples,
                                const Target* targets, std::size_t count, const Judge& judge, By by = {}) {
        constexpr std::size_t chunk = judged_at_once, targets_each = target_size<Target>;
        using stored = std::conditional_t<std::is_integral_v<Target>, std::int32_t, T>;
        [[maybe_unused]] std::array<std::vector<T>, input_count> some_samples;
        std::vector<T> scores(chunk * output_size + read_slack), losses(chunk * pixels);
        std::vector<stored> some_targets(chunk * targets_each + read_slack);
        for (std::size_t first = 0; first < count; first += chunk) {
            if (!by.has(first / chunk, (count + chunk - 1) / chunk)) continue;
            const std::size_t some = std::min(count - first, chunk);
            const auto convert = [](const auto* from, std::size_t size, auto* to) {
                using number = std::remove_pointer_t<decltype(to)>;
                std::transform(from, from + size, to, [](auto v) { return static_cast<number>(v); });
            };
            std::array<const T*, input_count> inputs{};
            for (std::size_t k = 0; k < input_count; ++k) {
                const X* const from = samples[k] + first * input_sizes[k];
                if constexpr (std::is_same_v<X, T>) {
                    inputs[k] = from;
                } else {
                    some_samples[k].resize(some * input_sizes[k]);
                    convert(from, some * input_sizes[k], some_samples[k].data());
                    inputs[k] = some_samples[k].data();
                }
            }
            convert(targets + first * targets_each, some * targets_each, some_targets.data());
            std::array<T*, model<Net, T>::output_count> results{scores.data()};
            net.run(inputs, some, results);
            if constexpr (are_classes<Target>)
                for (std::size_t i = 0; i < some * pixels; ++i)
                    if (counts(loss, some_targets[i]))
                        judge(static_cast<std::size_t>(some_targets[i]),
                              kernels::argmax(scores.data() + i * channels, channels));
            by.add(loss_of_results<Net, skipped_steps<Net, Loss>>(loss, scores.data(), some_targets.data(),
                                                                  losses.data(), some));
        }
        return sum_of(by.all());
    }
    static double sum_of(const std::vector<double>& losses) {
        double sum = 0;
        for (const double each : losses) sum += each;
        return sum;
    }

    /// The loss, and for class numbers the accuracy too.
    template <class X, class Target, class By = judged_here>
    static auto judge(model<Net, T>& net, const Loss& loss, const inputs_of<X>& samples,
                      const Target* targets, std::size_t count, By by = {}) {
        const auto mean = [&](const auto& judge_one) {
            return sum_of_losses(net, loss, samples, targets, count, judge_one, by) /
                   static_cast<double>(count);
        };
        if constexpr (are_classes<Target>) {
            evaluation found{0, 0, confusion_matrix(channels)};
            found.loss = mean([&](std::size_t label, std::size_t best) { found.confusion.add(label, best); });
            found.accuracy = by.accuracy(found.confusion);
            return found;
        } else {
            return mean([](std::size_t, std::size_t) {});
        }
    }

    /// The targets of a batch.
    struct target_store {
        std::vector<std::int32_t> classes;
        std::vector<T> values;
    };
    /// Copies the targets of the samples that `order` names.
    template <class Target>
    static const auto* gather_targets(const Target* targets, const std::size_t* order, std::size_t some,
                                      target_store& store) {
        constexpr std::size_t each = target_size<Target>;
        auto& wanted = [&]() -> auto& {
            if constexpr (std::is_integral_v<Target>)
                return store.classes;
            else
                return store.values;
        }
        ();
        using stored = typename std::remove_reference_t<decltype(wanted)>::value_type;
        wanted.resize(some * each + read_slack);  // kernels may read past the end
        for (std::size_t i = 0; i < some; ++i)
            for (std::size_t k = 0; k < each; ++k)
                wanted[i * each + k] = static_cast<stored>(targets[order[i] * each + k]);
        return static_cast<const stored*>(wanted.data());
    }

    /// What is counted from batch to batch.
    struct sums {
        std::size_t hits = 0, judged = 0;
        void add(const sums& other) {
            hits += other.hits;
            judged += other.judged;
        }
        void report(epoch_report& to) const {
            if (judged != 0) to.accuracy = static_cast<double>(hits) / static_cast<double>(judged);
        }
    };
    /// The loss of a pass after `forward`, its gradients, and what is counted. `weights` of pixels or null.
    template <class Target>
    static double judge_pass(const Loss& loss, training_pass<Net, T>& pass, const Target* wanted, T* losses,
                             std::size_t some, std::size_t count, const T* weights, sums& counted) {
        constexpr std::size_t skip = skipped_steps<Net, Loss>;
        const double found = loss_of_pass<Net, skip>(loss, pass, wanted, losses, some, count, weights);
        if constexpr (are_classes<Target>) {
            count_hits<channels>(loss, pass.template scores<skip>(), wanted, some * pixels, counted.hits,
                                 counted.judged);
        }
        return found;
    }
    static void report_validation(double loss, epoch_report& to) { to.validation_loss = loss; }
    static void report_validation(const evaluation& found, epoch_report& to) {
        to.validation_loss = found.loss;
        to.validation_accuracy = found.accuracy;
    }
    /// The class of pixel `i` of the targets for class weights; none where there are no classes.
    template <class Target>
    static std::size_t class_of(const Loss& loss, const Target* targets, std::size_t i) {
        if constexpr (are_classes<Target>)  // what counts for nothing may have any weight
            return counts(loss, targets[i]) ? static_cast<std::size_t>(targets[i]) : 0;
        else if constexpr (std::is_base_of_v<binary_cross_entropy, Loss> && output_size == 1)
            return targets[i] == 0 ? 0 : targets[i] == 1 ? 1 : none;
        else
            return none;
    }
    static constexpr std::size_t class_count = judges_pixels<Loss> ? channels : 2;

protected:
    /// The samples of all inputs as dense tensors: of an expression, a tuple of them, or a std::vector of arrays.
    template <class Samples, std::size_t... K>
    static auto checked_inputs(const Samples& samples, const char* role, std::index_sequence<K...>) {
        std::size_t found = 1;
        if constexpr (requires { std::tuple_size<Samples>::value; })
            found = std::tuple_size_v<Samples>;
        else if constexpr (requires { samples.front().shape(); })
            found = samples.size();
        if (found != input_count)
            throw shape_error(who() + ": expected " + label(role, "samples") + " of " +
                              std::to_string(input_count) + " inputs, found " + std::to_string(found));
        std::tuple inputs{checked_batch<model<Net, T>::template input_shape_of<K>>(input_among<K>(samples),
                                                                                   input_label(role, K))...};
        const std::size_t count = std::get<0>(inputs).shape()[0];
        const std::size_t counts[] = {std::get<K>(inputs).shape()[0]...};
        for (std::size_t k = 0; k < input_count; ++k)
            if (counts[k] != count)
                throw shape_error(who() + ": expected " + std::to_string(count) + " " +
                                  label(role, "samples") + " of input " + std::to_string(k + 1) + ", found " +
                                  std::to_string(counts[k]));
        return inputs;
    }
    template <std::size_t K, class Samples>
    static const auto& input_among(const Samples& samples) {
        if constexpr (requires { std::tuple_size<Samples>::value; })
            return std::get<(K < std::tuple_size_v<Samples> ? K : 0)>(samples);
        else if constexpr (requires { samples.front().shape(); })
            return samples[K];
        else
            return samples;
    }

    template <shape S, class E>
    static xt::xtensor<T, S.rank + 1> checked_batch(const E& tensor, const std::string& what) {
        if (!has_batch_shape(tensor, S))
            throw shape_error(who() + ": expected " + what + " of shape (n, " + to_text(S).substr(1) +
                              ", found " + shape_text(tensor));
        return tensor;
    }
    static std::string input_label(const char* role, std::size_t input) {
        return label(role, input == 0 ? "samples" : "samples of a further input");
    }
    /// Once all shapes are right: a tensor of another shape may hold numbers that mean nothing.
    template <class... Inputs>
    static void check_values(const std::tuple<Inputs...>& inputs, const char* role) {
        std::size_t input = 0;
        const auto check_one = [&](const auto& x) {
            check_finite(x.data(), x.size(), std::string(Who.view()), input_label(role, input++));
        };
        std::apply([&](const auto&... x) { (check_one(x), ...); }, inputs);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
