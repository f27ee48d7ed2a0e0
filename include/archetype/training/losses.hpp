// SPDX-License-Identifier: BSL-1.0
/// @file losses.hpp
/// What training makes small. A loss is a mean over the samples of a batch.
#pragma once
#include <archetype/execution/host/training_pass.hpp>
#include <archetype/expression/losses.hpp>
#include <archetype/kernels/rows/softmax_cross_entropy.hpp>
#include <archetype/training/arguments.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// -log of the probability of the right class, taken from the scores before softmax (stable for any size of score): a
/// softmax that ends the network is left out in training. Targets are class numbers, or a probability for each class.
/// For an image or a sequence of scores, the mean is over pixels too.
struct cross_entropy {
    /// Targets become (1 - label_smoothing) * target + label_smoothing / classes (Szegedy et al. 2016).
    double label_smoothing = 0;
    /// Pixels and steps with this class number, any number, count for nothing: the loss of a sample is the mean over its
    /// others, 0 if there are none. Of a sample with one label: not at all. Targets must be class numbers.
    std::optional<std::int32_t> ignore_class = {};
    static constexpr bool from_logits = true;
    void check() const { detail::check_fraction("cross_entropy", "label_smoothing", label_smoothing); }
};

/// Kullback-Leibler divergence of the softmax of the scores from target probabilities, sum of t log(t / softmax), in nats:
/// cross-entropy less the entropy of the targets, so with the same gradient. Targets and softmax are as for cross_entropy.
struct kl_divergence {
    static constexpr bool from_logits = true;
};

/// A loss of one expression of (prediction, target), averaged over the elements of the result:
/// `at::pointwise_loss<[](auto prediction, auto target) { return abs(prediction - target); }>`, or a named one. Targets
/// have the shape of the result.
template <auto Expression>
struct pointwise_loss {
    static constexpr bool from_logits = false;
    static constexpr auto expression = expression::detail::traced<2>(Expression);
};

/// (prediction - target)^2, averaged over the elements of the result.
using mean_squared_error = pointwise_loss<expression::losses::mean_squared_error>;
/// |prediction - target|, averaged over the elements of the result; the gradient is 0 where they are equal.
using mean_absolute_error = pointwise_loss<expression::losses::mean_absolute_error>;
/// d^2 / 2 for a difference |d| <= Delta and Delta (|d| - Delta / 2) beyond (Huber 1964), averaged over the elements.
template <auto Delta = 1.0>
using huber = pointwise_loss<expression::losses::huber<Delta>>;
/// -t log s(x) - (1 - t) log(1 - s(x)) with the sigmoid s of the scores x, averaged over the elements of the result: the
/// network must end with the scores, not with a sigmoid. Targets in [0, 1]. Scores of any size neither overflow nor cancel.
struct binary_cross_entropy : pointwise_loss<expression::losses::binary_cross_entropy> {};

/// The same loss, with the same targets, for the end of a network and for its side outputs, each with a weight, as side
/// classifiers are trained (Szegedy et al. 2015): `with_side_outputs{cross_entropy{}, {0.3, 0.3}}`. With any other loss
/// side outputs are not trained.
template <class Loss, std::size_t Sides>
struct with_side_outputs {
    static constexpr bool from_logits = Loss::from_logits;
    Loss loss{};
    std::array<double, Sides> weights{};

    with_side_outputs() = default;
    with_side_outputs(Loss of_all, const double (&of_sides)[Sides]) : loss(of_all) {
        for (std::size_t i = 0; i < Sides; ++i) weights[i] = of_sides[i];
    }
    void check() const {
        if constexpr (requires { loss.check(); }) loss.check();
        for (const double weight : weights) detail::check_not_negative("with_side_outputs", "weight", weight);
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// 1 if a loss takes the softmax over that the network ends with, 0 otherwise.
template <class Net, class Loss>
inline constexpr std::size_t skipped_steps = [] {
    constexpr std::size_t end = unchecked_facts<Net>.outputs[0].node;
    constexpr known_function function =
        end == none ? known_function::none : unchecked_facts<Net>.nodes[end == none ? 0 : end].function;
    static_assert(
        !std::is_same_v<Loss, binary_cross_entropy> || function != known_function::sigmoid,
        "archetype: binary_cross_entropy takes scores: leave out the sigmoid that ends the network");
    return Loss::from_logits && function == known_function::softmax ? std::size_t{1} : std::size_t{0};
}();

/// The class number that a loss passes over, if any.
template <class Loss>
constexpr std::optional<std::int32_t> ignored_class(const Loss& loss) {
    if constexpr (requires { loss.ignore_class; })
        return loss.ignore_class;
    else if constexpr (requires { loss.loss; })
        return ignored_class(loss.loss);
    else
        return {};
}
/// Whether a class number counts.
template <class Loss, class Label>
constexpr bool counts(const Loss& loss, Label label) {
    const std::optional<std::int32_t> ignored = ignored_class(loss);
    return !ignored || static_cast<std::int64_t>(label) != *ignored;
}

/// @throws std::invalid_argument if a label is none of `classes`, nor the one that is ignored
template <class Labels>
void check_class_numbers(const Labels& labels, std::size_t classes, const char* who,
                         std::optional<std::int32_t> ignored = {}) {
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (const std::int64_t label = labels.data()[i];
            (label < 0 || static_cast<std::uint64_t>(label) >= classes) && !(ignored && label == *ignored))
            throw std::invalid_argument(
                std::string(who) + ": expected labels from 0 to " + std::to_string(classes - 1) +
                (ignored ? " or " + std::to_string(*ignored) + ", which is ignored" : "") + ", found " +
                std::to_string(label) + " at position " + std::to_string(i));
}

/// The ranges of targets that a loss wants. `rows` is the number of classes.
/// @throws std::invalid_argument with the first target that is out of range, and its position
template <class Loss, class T>
void check_target_values(const Loss&, const T* targets, std::size_t count, std::size_t rows,
                         const std::string& who) {
    check_finite(targets, count, who, "targets");
    constexpr bool probabilities = Loss::from_logits || std::is_same_v<Loss, binary_cross_entropy>;
    if constexpr (probabilities) {
        for (std::size_t i = 0; i < count; ++i)
            if (const double target = static_cast<double>(targets[i]); target < 0 || target > 1 + 1e-3)
                refuse_number(who, "target at position " + std::to_string(i), "a probability", target);
    }
    if constexpr (Loss::from_logits) {
        for (std::size_t row = 0; row < count; row += rows) {
            double sum = 0;
            for (std::size_t c = 0; c < rows; ++c) sum += static_cast<double>(targets[row + c]);
            if (std::abs(sum - 1) > 1e-3)
                refuse_number(who, "targets of row " + std::to_string(row / rows),
                              "probabilities that sum to 1", sum);
        }
    }
}

/// `loss_of` with class numbers some of which count for nothing: each sample by the mean over those that do.
template <class Net, class T, class Target>
double loss_of_counted(const cross_entropy& loss, const T* scores, const Target* targets, T* gradient,
                       T* losses, std::size_t batch, std::size_t divisor) {
    constexpr kernels::image rows = image_of(value{}, unchecked_facts<Net>.output);
    constexpr std::size_t pixels = rows.height * rows.width, classes = rows.channels;
    const T smoothing = static_cast<T>(loss.label_smoothing), share = T(1) / static_cast<T>(classes);
    double sum = 0;
    for (std::size_t n = 0; n < batch; ++n) {
        std::size_t counted = 0;
        for (std::size_t i = n * pixels; i < (n + 1) * pixels; ++i)
            counted += counts(loss, targets[i]) ? 1 : 0;
        const T scale = T(1) / static_cast<T>(divisor * std::max<std::size_t>(counted, 1));
        kernels::softmax_cross_entropy<rows, rows>(scores, targets, losses, gradient, scale, {n, n + 1});
        double of_sample = 0;
        for (std::size_t i = n * pixels; i < (n + 1) * pixels; ++i) {
            T* const to = gradient == nullptr ? nullptr : gradient + i * classes;
            if (!counts(loss, targets[i])) {
                if (to != nullptr) std::fill_n(to, classes, T(0));
                continue;
            }
            of_sample += static_cast<double>(losses[i]);
            for (std::size_t c = 0; smoothing != 0 && c < classes; ++c) {
                const T weight =
                    smoothing * ((static_cast<std::size_t>(targets[i]) == c ? T(1) : T(0)) - share);
                of_sample += static_cast<double>(weight) * static_cast<double>(scores[i * classes + c]);
                if (to != nullptr) to[c] += scale * weight;
            }
        }
        sum += counted == 0 ? 0 : of_sample / static_cast<double>(counted);
    }
    return sum;
}

/// Sum of the samples' losses; writes the gradient of their sum divided by `divisor` to `gradient` unless it is null.
/// `losses` has room for one number per pixel.
template <class Net, class T, class Target>
double loss_of(const cross_entropy& loss, const T* scores, const Target* targets, T* gradient, T* losses,
               std::size_t batch, std::size_t divisor) {
    constexpr kernels::image rows = image_of(value{}, unchecked_facts<Net>.output);
    constexpr std::size_t pixels = rows.height * rows.width, classes = rows.channels;
    if constexpr (std::is_integral_v<Target>)
        if (loss.ignore_class)
            return loss_of_counted<Net, T>(loss, scores, targets, gradient, losses, batch, divisor);
    const T scale = T(1) / static_cast<T>(divisor * pixels);
    if constexpr (std::is_integral_v<Target>)
        kernels::softmax_cross_entropy<rows, rows>(scores, targets, losses, gradient, scale, {0, batch});
    else
        kernels::softmax_cross_entropy_rows<rows, rows, rows>(scores, targets, losses, gradient, scale,
                                                              {0, batch});
    double sum = 0;
    for (std::size_t i = 0; i < batch * pixels; ++i) sum += static_cast<double>(losses[i]);
    if (loss.label_smoothing == 0) return sum / pixels;
    // Smoothing adds smoothing * (the target's score - the mean score) to the loss of a row.
    const T smoothing = static_cast<T>(loss.label_smoothing), share = T(1) / static_cast<T>(classes);
    for (std::size_t i = 0; i < batch * pixels; ++i)
        for (std::size_t c = 0; c < classes; ++c) {
            T target;
            if constexpr (std::is_integral_v<Target>)
                target = static_cast<std::size_t>(targets[i]) == c ? T(1) : T(0);
            else
                target = targets[i * classes + c];
            const T weight = smoothing * (target - share);
            sum += static_cast<double>(weight) * static_cast<double>(scores[i * classes + c]);
            if (gradient != nullptr) gradient[i * classes + c] += scale * weight;
        }
    return sum / pixels;
}
template <class Net, class T, class Target>
double loss_of(kl_divergence, const T* scores, const Target* targets, T* gradient, T* losses,
               std::size_t batch, std::size_t divisor) {
    constexpr std::size_t size = unchecked_facts<Net>.output.size(),
                          pixels = size / unchecked_facts<Net>.output.channels();
    const double sum = loss_of<Net, T>(cross_entropy{}, scores, targets, gradient, losses, batch, divisor);
    double entropy = 0;
    if constexpr (!std::is_integral_v<Target>)
        for (std::size_t i = 0; i < batch * size; ++i)
            if (const double p = static_cast<double>(targets[i]); p > 0) entropy -= p * std::log(p);
    return sum - entropy / pixels;
}
template <class Net, class T, auto Expression>
double loss_of(const pointwise_loss<Expression>&, const T* predictions, const T* targets, T* gradient, T*,
               std::size_t batch, std::size_t divisor) {
    constexpr std::size_t size = unchecked_facts<Net>.output.size(), width = kernels::lane_count<T>;
    const auto scale = kernels::broadcast(T(1) / static_cast<T>(divisor * size));
    double sum = 0;
    for (std::size_t i = 0; i < batch * size; i += width) {
        const std::size_t some = batch * size - i < width ? batch * size - i : width;
        const auto made = expression::differentiate(pointwise_loss<Expression>::expression, scale,
                                                    kernels::load(predictions + i),
                                                    kernels::load_partial(targets + i, some));
        T values[width];
        kernels::store(values, made.value);
        for (std::size_t k = 0; k < some; ++k) sum += static_cast<double>(values[k]);
        if (gradient != nullptr) kernels::store_partial(gradient + i, made.gradient[0], some);
    }
    return sum / size;
}

template <class Net, class T, class Loss, std::size_t Sides, class Target>
double loss_of(const with_side_outputs<Loss, Sides>& of_all, const T* scores, const Target* targets,
               T* gradient, T* losses, std::size_t batch, std::size_t divisor) {
    return loss_of<Net, T>(of_all.loss, scores, targets, gradient, losses, batch, divisor);
}

/// The loss of a pass for all outputs, after `forward<Skip>`; writes all its gradients.
template <class Net, std::size_t Skip, class T, class Loss, class Target>
double loss_of_pass(const Loss& loss, training_pass<Net, T>& pass, const Target* targets, T* losses,
                    std::size_t batch, std::size_t divisor) {
    constexpr const auto& outputs = training_plan<Net>.outputs;
    double sum = loss_of<Net, T>(loss, pass.template scores<Skip>(), targets,
                                 pass.template loss_gradient<Skip>(), losses, batch, divisor);
    [&]<std::size_t... Side>(std::index_sequence<Side...>) {
        [[maybe_unused]] const auto add = [&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            constexpr shape extents = unchecked_facts<Net>.shape_of(unchecked_facts<Net>.outputs[K].node);
            T* const gradient = pass.template loss_gradient<Skip, K>();
            const std::size_t size = batch * extents.size();
            if constexpr (requires { loss.weights; }) {
                static_assert(std::tuple_size_v<decltype(loss.weights)> + 1 == std::size(outputs),
                              "archetype: with_side_outputs takes a weight for each side output");
                static_assert(
                    extents == unchecked_facts<Net>.output,
                    "archetype: with_side_outputs takes side outputs of the shape of the network's end");
                const double weight = loss.weights[K - 1];
                sum += weight * loss_of<Net, T>(loss, pass.template scores<Skip, K>(), targets, gradient,
                                                losses, batch, divisor);
                for (std::size_t i = 0; i < size; ++i) gradient[i] *= static_cast<T>(weight);
            } else {
                std::fill_n(gradient, size, T(0));
            }
        };
        (add(std::integral_constant<std::size_t, Side + 1>{}), ...);
    }
    (std::make_index_sequence<std::size(outputs) - 1>{});
    return sum;
}

/// `loss_of` from what inference gives, which is overwritten: probabilities where the network ends with a softmax.
template <class Net, class T, class Loss, class Target>
double loss_of_results(const Loss& loss, T* results, const Target* targets, T* losses, std::size_t batch) {
    if constexpr (skipped_steps<Net, Loss> != 0)
        for (std::size_t i = 0; i < batch * unchecked_facts<Net>.output.size(); ++i)
            results[i] = std::log(std::max(results[i], std::numeric_limits<T>::min()));
    return loss_of<Net, T>(loss, results, targets, static_cast<T*>(nullptr), losses, batch, batch);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
