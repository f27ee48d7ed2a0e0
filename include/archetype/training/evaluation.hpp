// SPDX-License-Identifier: BSL-1.0
/// @file evaluation.hpp
/// What the trainer is given is checked; the loss of a model as it is.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/kernels/vectors/argmax.hpp>
#include <archetype/training/losses.hpp>
#include <archetype/training/metrics.hpp>

#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// How well a model classifies.
struct evaluation {
    double loss = 0;
    double accuracy =
        0;  ///< share of samples (pixels of an image of scores) that count whose highest score is the right class
    confusion_matrix confusion;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

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
    static constexpr bool are_classes = std::is_integral_v<Target>&& Loss::from_logits;
    /// Numbers that each sample's target has.
    template <class Target>
    static constexpr std::size_t target_size = std::is_integral_v<Target> ? pixels : output_size;

    static std::string who() { return "archetype::" + std::string(Who.view()); }
    static std::string label(const char* role, const char* what) { return std::string(role) + what; }

    /// @throws shape_error, std::invalid_argument
    static void check_dataset(const dataset& data, const char* role) {
        if constexpr (input_count != 1) {
            throw std::invalid_argument(who() + ": expected " + label(role, "samples") + " of " +
                                        std::to_string(input_count) +
                                        " inputs, found a dataset, which has one");
        } else if constexpr (!Loss::from_logits || pixels != 1) {
            throw std::invalid_argument(who() + ": expected " + label(role, "targets") + " of shape (n, " +
                                        to_text(output_shape).substr(1) +
                                        ", found a dataset, which has one class number for each sample");
        } else {
            const std::string samples = label(role, "samples");
            if (!has_batch_shape(data.samples, image_shape))
                throw shape_error(who() + ": expected " + samples + " of shape (n, " +
                                  to_text(image_shape).substr(1) + ", found " + shape_text(data.samples));
            if (data.empty()) throw std::invalid_argument(who() + ": expected " + samples + ", found none");
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
            throw std::invalid_argument(who() + ": expected at least one sample, found no " +
                                        label(role, "samples"));
        if constexpr (are_classes<typename Y::value_type>) {
            const xt::xarray<std::int64_t> labels = targets;
            if (labels.size() != count * pixels)
                throw shape_error(who() + ": expected " + std::to_string(count * pixels) + " " +
                                  label(role, "labels") + " for samples of shape " + shape_text(x) +
                                  ", found labels of shape " + shape_text(labels));
            check_values(inputs, role);
            check_class_numbers(labels, channels, who().c_str(), ignored_class(loss));
            const xt::xarray<std::int32_t> classes = labels;
            return use(pointers, classes.data(), count);
        } else {
            const auto y = checked_batch<output_shape>(targets, label(role, "targets"));
            if (y.shape()[0] != count)
                throw shape_error(who() + ": expected as many " + label(role, "targets") + " as samples (" +
                                  std::to_string(count) + "), found " + std::to_string(y.shape()[0]));
            check_values(inputs, role);
            check_finite(y.data(), y.size(), std::string(Who.view()), label(role, "targets"));
            if (ignored_class(loss))
                throw std::invalid_argument(
                    who() + ": expected class numbers, as ignore_class is one of them, found " +
                    label(role, "targets") + " of shape " + shape_text(y));
            check_target_values(loss, y.data(), y.size(), channels, std::string(Who.view()));
            return use(pointers, y.data(), count);
        }
    }

    /// The mean loss of the model's results; `judge(label, best)` is called for each class number.
    template <class X, class Target, class Judge>
    static double mean_loss(model<Net, T>& net, const Loss& loss, const inputs_of<X>& samples,
                            const Target* targets, std::size_t count, const Judge& judge) {
        constexpr std::size_t chunk = 64, targets_each = target_size<Target>;
        using stored = std::conditional_t<std::is_integral_v<Target>, std::int32_t, T>;
        std::array<std::vector<T>, input_count> some_samples;
        std::vector<T> scores(chunk * output_size + read_slack), losses(chunk * pixels);
        std::vector<stored> some_targets(chunk * targets_each + read_slack);
        double sum = 0;
        for (std::size_t first = 0; first < count; first += chunk) {
            const std::size_t some = std::min(count - first, chunk);
            const auto convert = [](const auto* from, std::size_t size, auto* to) {
                using number = std::remove_pointer_t<decltype(to)>;
                std::transform(from, from + size, to, [](auto v) { return static_cast<number>(v); });
            };
            std::array<const T*, input_count> inputs{};
            for (std::size_t k = 0; k < input_count; ++k) {
                some_samples[k].resize(some * input_sizes[k]);
                convert(samples[k] + first * input_sizes[k], some * input_sizes[k], some_samples[k].data());
                inputs[k] = some_samples[k].data();
            }
            convert(targets + first * targets_each, some * targets_each, some_targets.data());
            std::array<T*, model<Net, T>::output_count> results{scores.data()};
            net.run(inputs, some, results);
            if constexpr (std::is_integral_v<Target>)
                for (std::size_t i = 0; i < some * pixels; ++i)
                    if (counts(loss, some_targets[i]))
                        judge(static_cast<std::size_t>(some_targets[i]),
                              kernels::argmax(scores.data() + i * channels, channels));
            sum += loss_of_results<Net, T>(loss, scores.data(), some_targets.data(), losses.data(), some);
        }
        return sum / static_cast<double>(count);
    }

    /// The loss, and for class numbers the accuracy too.
    template <class X, class Target>
    static auto judge(model<Net, T>& net, const Loss& loss, const inputs_of<X>& samples,
                      const Target* targets, std::size_t count) {
        if constexpr (std::is_integral_v<Target>) {
            evaluation found{0, 0, confusion_matrix(channels)};
            found.loss =
                mean_loss(net, loss, samples, targets, count,
                          [&](std::size_t label, std::size_t best) { found.confusion.add(label, best); });
            found.accuracy = found.confusion.accuracy();
            return found;
        } else {
            return mean_loss(net, loss, samples, targets, count, [](std::size_t, std::size_t) {});
        }
    }

private:
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
