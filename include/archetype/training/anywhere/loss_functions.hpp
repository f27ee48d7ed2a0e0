// SPDX-License-Identifier: BSL-1.0
/// @file loss_functions.hpp
/// What training makes small, on hosts and on devices. A loss is a mean over the samples of a batch.
#pragma once
#include <archetype/execution/training/training_steps.hpp>
#include <archetype/expression/losses.hpp>
#include <archetype/kernels/rows/softmax_cross_entropy.hpp>
#include <archetype/training/anywhere/setting_checks.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

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
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        checks.fraction("cross_entropy", "label_smoothing", label_smoothing);
    }
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
/// classifiers are trained (Szegedy et al. 2015): `with_side_outputs{cross_entropy{}, {0.3, 0.3}}`. Other losses,
/// and targets of their own, by `losses`.
template <class Loss, std::size_t Sides>
struct with_side_outputs {
    static constexpr bool from_logits = Loss::from_logits;
    Loss loss{};
    std::array<double, Sides> weights{};

    with_side_outputs() = default;
    with_side_outputs(Loss of_all, const double (&of_sides)[Sides]) : loss(of_all) {
        for (std::size_t i = 0; i < Sides; ++i) weights[i] = of_sides[i];
    }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        if constexpr (requires { loss.check(checks); })
            loss.check(checks);
        else if constexpr (requires { loss.check(); })
            loss.check();
        for (const double weight : weights) checks.not_negative("with_side_outputs", "weight", weight);
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The shape of output `K`, of one sample.
template <class Net, std::size_t K>
inline constexpr shape output_shape_of =
    K == 0 ? unchecked_facts<Net>.output
           : unchecked_facts<Net>.shape_of(unchecked_facts<Net>.outputs[K].node);

/// Bit k is set if the loss takes the softmax over that output k ends with; side outputs go with the network's end.
template <class Net, class Loss>
inline constexpr std::size_t softmax_bits = [] {
    if constexpr (requires { Loss::template skips<Net>(); }) {
        return Loss::template skips<Net>();
    } else {
        constexpr const auto& facts = unchecked_facts<Net>;
        constexpr std::size_t end = facts.outputs[0].node;
        constexpr std::size_t all = (std::size_t{2} << (facts.outputs_size() - 1)) - 1;
        if constexpr (end != none && Loss::from_logits)
            if (facts.nodes[end].function == known_function::softmax) return all;
        return std::size_t{0};
    }
}();
template <class Net, class Loss>
inline constexpr std::size_t skipped_steps = [] {
    constexpr std::size_t end = unchecked_facts<Net>.outputs[0].node;
    static_assert(
        !std::is_base_of_v<binary_cross_entropy, Loss> || end == none ||
            unchecked_facts<Net>.nodes[end == none ? 0 : end].function != known_function::sigmoid,
        "archetype: binary_cross_entropy takes scores: leave out the sigmoid that ends the network");
    return softmax_bits<Net, Loss>;
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

/// Takes out what a loss passes over: the mean of a sample is then that of its other pixels.
template <std::size_t Pixels, std::size_t Classes, class Loss, class T, class Label>
void pass_over_ignored(const Loss& loss, const Label* labels, T* losses, T* gradient, std::size_t batch) {
    for (std::size_t n = 0; n < batch; ++n) {
        std::size_t counted = 0;
        for (std::size_t i = n * Pixels; i < (n + 1) * Pixels; ++i)
            counted += counts(loss, labels[i]) ? 1 : 0;
        const T factor = counted == 0 ? T(0) : T(Pixels) / static_cast<T>(counted);
        for (std::size_t i = n * Pixels; i < (n + 1) * Pixels; ++i) {
            const bool is_counted = counts(loss, labels[i]);  // others are NaN before, and 0 times NaN is NaN
            losses[i] = is_counted ? factor * losses[i] : T(0);
            for (std::size_t c = 0; gradient != nullptr && c < Classes; ++c) {
                T& slope = gradient[i * Classes + c];
                slope = is_counted ? factor * slope : T(0);
            }
        }
    }
}

/// Sum of the samples' losses for output `K`; writes the gradient of their sum divided by `divisor` to `gradient` unless it
/// is null. `losses` has room for one number per pixel; losses from scores leave there what each pixel has.
template <class Net, class T, std::size_t K = 0, class Target>
double loss_of(const cross_entropy& loss, const T* scores, const Target* targets, T* gradient, T* losses,
               std::size_t batch, std::size_t divisor) {
    constexpr kernels::image rows = image_of(value{}, output_shape_of<Net, K>);
    constexpr std::size_t pixels = rows.height * rows.width, classes = rows.channels;
    const T scale = T(1) / static_cast<T>(divisor * pixels);
    if constexpr (std::is_integral_v<Target>)
        kernels::softmax_cross_entropy<rows, rows>(scores, targets, losses, gradient, scale, {0, batch});
    else
        kernels::softmax_cross_entropy_rows<rows, rows, rows>(scores, targets, losses, gradient, scale,
                                                              {0, batch});
    const auto mean = [&] {
        double sum = 0;
        for (std::size_t i = 0; i < batch * pixels; ++i) sum += static_cast<double>(losses[i]);
        return sum / pixels;
    };
    const auto finish = [&] {
        if constexpr (std::is_integral_v<Target>)
            if (loss.ignore_class) pass_over_ignored<pixels, classes>(loss, targets, losses, gradient, batch);
        return mean();
    };
    if (loss.label_smoothing == 0) return finish();
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
            losses[i] += weight * scores[i * classes + c];
            if (gradient != nullptr) gradient[i * classes + c] += scale * weight;
        }
    return finish();
}
template <class Net, class T, std::size_t K = 0, class Target>
double loss_of(kl_divergence, const T* scores, const Target* targets, T* gradient, T* losses,
               std::size_t batch, std::size_t divisor) {
    constexpr std::size_t classes = output_shape_of<Net, K>.channels(),
                          pixels = output_shape_of<Net, K>.size() / classes;
    double sum = loss_of<Net, T, K>(cross_entropy{}, scores, targets, gradient, losses, batch, divisor);
    if constexpr (!std::is_integral_v<Target>)
        for (std::size_t i = 0; i < batch * pixels; ++i) {
            double entropy = 0;
            for (std::size_t c = 0; c < classes; ++c)
                if (const double p = static_cast<double>(targets[i * classes + c]); p > 0)
                    entropy -= p * expression::elementary::log(p);
            losses[i] -= static_cast<T>(entropy);
            sum -= entropy / pixels;
        }
    return sum;
}
template <class Net, class T, std::size_t K = 0, auto Expression>
double loss_of(const pointwise_loss<Expression>&, const T* predictions, const T* targets, T* gradient, T*,
               std::size_t batch, std::size_t divisor) {
    constexpr std::size_t size = output_shape_of<Net, K>.size(), width = kernels::lane_count<T>;
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

template <class Net, class T, std::size_t K = 0, class Loss, std::size_t Sides, class Target>
double loss_of(const with_side_outputs<Loss, Sides>& of_all, const T* scores, const Target* targets,
               T* gradient, T* losses, std::size_t batch, std::size_t divisor) {
    return loss_of<Net, T, K>(of_all.loss, scores, targets, gradient, losses, batch, divisor);
}

/// Of a loss in a header of its own: `sum_over<shape>(scores, targets, gradient, losses, batch, divisor)` does all of it.
template <class Net, class T, std::size_t K = 0, class Loss, class Target>
requires requires { Loss::has_sum_over; }
double loss_of(const Loss& loss, const T* scores, const Target* targets, T* gradient, T* losses,
               std::size_t batch, std::size_t divisor) {
    return loss.template sum_over<output_shape_of<Net, K>>(scores, targets, gradient, losses, batch, divisor);
}

/// The loss has its own number of targets for a sample, `targets_per_sample`, of a type of its own.
template <class Loss>
concept has_own_targets = requires {
    Loss::targets_per_sample;
};
/// The loss is a mean over pixels of scores, and leaves that of each pixel in `losses`.
template <class Loss>
inline constexpr bool judges_pixels = Loss::from_logits && !has_own_targets<Loss>;
/// Numbers that a sample's targets have, of a result of `pixels` and `size` elements.
template <class Loss, class Target>
constexpr std::size_t targets_each(std::size_t pixels, std::size_t size) {
    if constexpr (has_own_targets<Loss>)
        return Loss::targets_per_sample;
    else
        return std::is_integral_v<Target> ? pixels : size;
}

/// The same with each pixel's loss (each sample's, of losses of values) times its weight; null for none.
template <class Net, class T, std::size_t K = 0, class Loss, class Target>
double weighted_loss_of(const Loss& loss, const T* scores, const Target* targets, T* gradient, T* losses,
                        std::size_t batch, std::size_t divisor, const T* weights) {
    constexpr std::size_t size = output_shape_of<Net, K>.size();
    constexpr std::size_t pixels = size / output_shape_of<Net, K>.channels();
    // Losses of values are computed sample by sample where these have weights.
    const std::size_t some = weights == nullptr || judges_pixels<Loss> ? batch : 1;
    double sum = 0;
    for (std::size_t i = 0; i < batch; i += some) {
        const double found = loss_of<Net, T, K>(
            loss, scores + i * size, targets + i * targets_each<Loss, Target>(pixels, size),
            gradient == nullptr ? nullptr : gradient + i * size, losses, some, divisor);
        sum += weights == nullptr || judges_pixels<Loss> ? found
                                                         : static_cast<double>(weights[i * pixels]) * found;
    }
    if (weights == nullptr) return sum;
    if constexpr (judges_pixels<Loss>) {
        sum = 0;
        for (std::size_t i = 0; i < batch * pixels; ++i)
            sum += static_cast<double>(weights[i]) * static_cast<double>(losses[i]) / pixels;
    }
    constexpr std::size_t part = judges_pixels<Loss> ? size / pixels : size,
                          step = judges_pixels<Loss> ? 1 : pixels;
    if (gradient != nullptr)
        for (std::size_t i = 0; i < batch * size; ++i) gradient[i] *= weights[i / part * step];
    return sum;
}

/// The loss of a pass for all outputs, after `forward<Skip>`; writes all its gradients. `weights` as above.
template <class Net, std::size_t Skip, class T, class Pass, class Loss, class Target>
double loss_of_pass(const Loss& loss, Pass& pass, const Target* targets, T* losses, std::size_t batch,
                    std::size_t divisor, const T* weights = nullptr) {
    constexpr const auto& outputs = training_plan<Net>.outputs;
    double sum =
        weighted_loss_of<Net, T>(loss, pass.template scores<Skip>(), targets,
                                 pass.template loss_gradient<Skip>(), losses, batch, divisor, weights);
    [&]<std::size_t... Side>(std::index_sequence<Side...>) {
        [[maybe_unused]] const auto add = [&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            constexpr shape extents = output_shape_of<Net, K>;
            T* const gradient = pass.template loss_gradient<Skip, K>();
            const std::size_t size = batch * extents.size();
            if constexpr (requires { loss.weights; }) {
                static_assert(std::tuple_size_v<decltype(loss.weights)> + 1 == std::size(outputs),
                              "archetype: with_side_outputs takes a weight for each side output");
                static_assert(
                    extents == unchecked_facts<Net>.output,
                    "archetype: with_side_outputs takes side outputs of the shape of the network's end");
                const double weight = loss.weights[K - 1];
                sum += weight * weighted_loss_of<Net, T>(loss, pass.template scores<Skip, K>(), targets,
                                                         gradient, losses, batch, divisor, weights);
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

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
