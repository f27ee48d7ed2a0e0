// SPDX-License-Identifier: BSL-1.0
/// @file several_losses.hpp
/// A loss, targets and a weight for each output of a network.
#pragma once
#include <archetype/error.hpp>
#include <archetype/training/evaluation.hpp>
#include <archetype/training/fit/read_outputs.hpp>
#include <archetype/training/fit_options.hpp>
#include <archetype/training/learnable.hpp>
#include <archetype/training/settings.hpp>

#include <array>
#include <boost/mp11/algorithm.hpp>
#include <tuple>
#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Of an output that is not trained: it has no targets.
struct no_loss {
    static constexpr bool from_logits = false;
};

/// A loss for each output of a network, in their order (the end first, then side outputs): what is made small is the sum of
/// weight * loss. `losses{cross_entropy{}, mean_squared_error{}}` has weights of 1,
/// `losses{std::tuple{cross_entropy{}, mean_squared_error{}}, {1, 0.3}}` others. Targets are a std::tuple, one for each loss
/// but `no_loss`.
template <class... Loss>
struct losses {
    static constexpr bool from_logits = false;
    std::tuple<Loss...> of_outputs{};
    std::array<double, sizeof...(Loss)> weights{};

    losses() { weights.fill(1); }
    losses(Loss... each) : of_outputs(each...) { weights.fill(1); }
    template <std::size_t N>
    losses(std::tuple<Loss...> each, const double (&factors)[N]) : of_outputs(each) {
        static_assert(N == sizeof...(Loss), "archetype: losses takes as many weights as losses");
        for (std::size_t i = 0; i < N; ++i) weights[i] = factors[i];
    }
    /// @throws std::invalid_argument if a number makes no sense
    void check() const {
        std::apply([](const auto&... each) { (check_one(each), ...); }, of_outputs);
        for (const double weight : weights) detail::check_not_negative("losses", "weight", weight);
    }
    /// For checkpoints: "losses{1 cross_entropy{label_smoothing = 0}, 0.3 pointwise_loss{fingerprint = ...}}".
    std::string settings() const {
        std::string text = "losses{";
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            ((text += (K == 0 ? "" : ", ") + detail::number_text(weights[K]) + " " +
                      detail::settings_text(std::get<K>(of_outputs))),
             ...);
        }
        (std::index_sequence_for<Loss...>{});
        return text + "}";
    }
    /// Bit k is set where output k ends with a softmax that its loss takes over.
    template <class Net>
    static constexpr std::size_t skips() {
        std::size_t bits = 0, k = 0;
        const auto look = [&](bool from_scores) {
            constexpr const auto& facts = detail::unchecked_facts<Net>;
            if (k < facts.outputs_size() && facts.outputs[k].node != none && from_scores &&
                facts.nodes[facts.outputs[k].node].function == known_function::softmax)
                bits |= std::size_t{1} << k;
            ++k;
        };
        (look(Loss::from_logits), ...);
        return bits;
    }

private:
    template <class One>
    static void check_one(const One& one) {
        if constexpr (requires { one.check(); }) one.check();
    }
};
template <class... Loss, std::size_t N>
losses(std::tuple<Loss...>, const double (&)[N]) -> losses<Loss...>;

/// How well a network with several outputs does.
struct evaluations {
    double loss = 0;  ///< the sum of weight * loss
    /// Of each output; without class numbers the accuracy is NaN and the matrix has no classes.
    std::vector<evaluation> outputs = {};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class... Loss, std::size_t K>
struct loss_of_output<losses<Loss...>, K> {
    using type = boost::mp11::mp_at_c<losses<Loss...>, K>;
    static constexpr std::size_t count = sizeof...(Loss);
};

/// Targets of one output: one of them is null, both for `no_loss`.
template <class T>
struct targets_view {
    const std::int32_t* classes = nullptr;
    const T* values = nullptr;
};

/// The data of a network with a loss for each output.
template <class Net, class T, class... Loss, name Who>
struct training_data<Net, T, losses<Loss...>, Who>
    : training_data<Net, T, no_loss, Who>, reads_outputs<training_data<Net, T, losses<Loss...>, Who>> {
    using reader = reads_outputs<training_data>;
    using reader::check_reader, reader::check_read, reader::judge_read;
    using base = training_data<Net, T, no_loss, Who>;
    using base::input_count, base::input_sizes, base::who;
    template <class X>
    using inputs_of = std::array<const X*, input_count>;
    static constexpr std::size_t outputs = sizeof...(Loss), class_count = 0;
    static constexpr std::size_t pixels = 1;  ///< weights are those of samples
    static constexpr bool has_several = true, takes_datasets = false;
    using targets_type = std::array<targets_view<T>, outputs>;
    template <class Targets>
    static constexpr bool are_kept = std::is_same_v<Targets, std::vector<kept_targets>>;
    template <std::size_t K>
    using loss_at = std::tuple_element_t<K, std::tuple<Loss...>>;
    template <std::size_t K>
    static constexpr shape shape_at = output_shape_of<Net, K>;
    template <std::size_t K>
    static constexpr std::size_t channels_at = shape_at<K>.channels();
    template <std::size_t K>
    static constexpr std::size_t pixels_at = shape_at<K>.size() / channels_at<K>;
    static constexpr std::array<bool, outputs> has_loss{!std::is_same_v<Loss, no_loss>...};
    static constexpr std::size_t trained = (std::size_t{!std::is_same_v<Loss, no_loss>} + ...);
    /// Where the targets of output `k` are among those given.
    static constexpr std::size_t position(std::size_t k) {
        std::size_t before = 0;
        for (std::size_t i = 0; i < k; ++i) before += has_loss[i] ? 1 : 0;
        return before;
    }
    template <class Body>
    static void for_outputs(const Body& body) {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (
                [&] {
                    if constexpr (has_loss[K]) body(std::integral_constant<std::size_t, K>{});
                }(),
                ...);
        }
        (std::make_index_sequence<outputs>{});
    }

    static void check_dataset(const dataset&, const char* role) {
        throw detail::thrown<std::invalid_argument>(
            who() + ": expected " + role + "targets of " + std::to_string(trained) +
            " outputs, found a dataset, which has one class number for each sample");
    }
    /// The targets of each output as a std::tuple of expressions, or as they are kept.
    /// @throws shape_error, std::invalid_argument
    template <class X, class Targets, class Use>
    static auto with_checked(const losses<Loss...>& all, const X& samples, const Targets& targets,
                             const char* role, const Use& use) {
        const auto inputs = base::checked_inputs(samples, role, std::make_index_sequence<input_count>{});
        const auto& x = std::get<0>(inputs);
        const std::size_t count = x.shape()[0];
        const auto pointers = std::apply(
            [](const auto&... input) { return std::array<const T*, input_count>{input.data()...}; }, inputs);
        if (count == 0)
            throw detail::thrown<std::invalid_argument>(who() + ": expected at least one sample, found no " +
                                                        role + "samples");
        std::size_t found = 0;
        if constexpr (are_kept<Targets>)
            found = targets.size();
        else
            found = std::tuple_size_v<Targets>;
        if (found != trained)
            throw shape_error(who() + ": expected " + role + "targets of " + std::to_string(trained) +
                              " outputs, found " + std::to_string(found));
        std::array<store_of_one, outputs> kept;
        targets_type views;
        for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            const std::string of = " of output " + std::to_string(K + 1);
            const targets_place at{Who.view().data(), role, of.c_str()};
            const auto keep = [&](const auto& given) {
                const auto checked = checked_targets<shape_at<K>, T>(
                    std::get<K>(all.of_outputs), given, count, at, [] {}, [&] { return shape_text(x); });
                auto& to = kept[K].template of<typename std::remove_cvref_t<decltype(checked)>::value_type>();
                to.assign(checked.begin(), checked.end());
                views[K] = kept[K].view();
            };
            if constexpr (are_kept<Targets>) {
                const kept_targets& one = targets[position(K)];
                if (one.are_classes)
                    keep(one.classes);
                else
                    keep(one.values);
            } else if constexpr (position(K) < std::tuple_size_v<Targets>) {
                keep(std::get<position(K)>(targets));
            }
        });
        base::check_values(inputs, role);
        return use(pointers, views, count);
    }

    /// The targets of a batch.
    struct store_of_one {
        std::vector<std::int32_t> classes;
        std::vector<T> values;
        template <class Value>
        auto& of() {
            if constexpr (std::is_same_v<Value, std::int32_t>)
                return classes;
            else
                return values;
        }
        targets_view<T> view() const {
            return {classes.empty() ? nullptr : classes.data(), values.empty() ? nullptr : values.data()};
        }
    };
    using target_store = std::array<store_of_one, outputs>;
    static targets_type gather_targets(const targets_type& targets, const std::size_t* order,
                                       std::size_t some, target_store& store) {
        targets_type views;
        for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            const auto copy = [&](const auto* from) {
                using value = std::remove_cvref_t<decltype(*from)>;
                constexpr std::size_t each =
                    targets_each<loss_at<K>, value>(pixels_at<K>, shape_at<K>.size());
                auto& to = store[K].template of<value>();
                to.resize(some * each + read_slack);  // kernels may read past the end
                for (std::size_t i = 0; i < some; ++i)
                    std::copy_n(from + order[i] * each, each,
                                to.begin() + static_cast<std::ptrdiff_t>(i * each));
            };
            if (targets[K].classes != nullptr)
                copy(targets[K].classes);
            else
                copy(targets[K].values);
            views[K] = store[K].view();
        });
        return views;
    }

    /// For who shows or writes a report.
    static void add_metrics(epoch_report& to, std::size_t k, const std::string& of, double loss,
                            std::optional<double> accuracy) {
        const std::string name = "output " + std::to_string(k + 1) + " " + of;
        to.metrics.emplace_back(name + "loss", loss);
        if (accuracy) to.metrics.emplace_back(name + "accuracy", *accuracy);
    }
    /// What is counted from batch to batch.
    struct sums {
        std::array<double, outputs> losses{};
        std::array<std::size_t, outputs> hits{}, judged{};
        std::size_t samples = 0;
        void add(const sums& other) {
            samples += other.samples;
            for (std::size_t k = 0; k < outputs; ++k) {
                losses[k] += other.losses[k];
                hits[k] += other.hits[k];
                judged[k] += other.judged[k];
            }
        }
        void report(epoch_report& to) const {
            to.outputs.resize(outputs);
            to.metrics.clear();
            for (std::size_t k = 0; k < outputs; ++k) {
                to.outputs[k].loss = losses[k] / static_cast<double>(samples);
                if (judged[k] != 0)
                    to.outputs[k].accuracy = static_cast<double>(hits[k]) / static_cast<double>(judged[k]);
                if (has_loss[k]) add_metrics(to, k, "", to.outputs[k].loss, to.outputs[k].accuracy);
            }
        }
    };
    /// Calls `judge(classes or values)` with what there is.
    template <std::size_t K, class Judge>
    static double with_targets(const targets_view<T>& wanted, const Judge& judge) {
        if constexpr (judges_pixels<loss_at<K>> || has_own_targets<loss_at<K>>)
            if (wanted.classes != nullptr) return judge(wanted.classes);
        if constexpr (!has_own_targets<loss_at<K>>)
            return judge(wanted.values);
        else
            return 0;
    }
    /// The loss of a pass after `forward`, its gradients, and what is counted. `weights` of samples or null.
    static double judge_pass(const losses<Loss...>& all, training_pass<Net, T>& pass,
                             const targets_type& wanted, T*, std::size_t some, std::size_t count,
                             const T* weights, sums& counted) {
        constexpr std::size_t skip = skipped_steps<Net, losses<Loss...>>;
        double sum = 0;
        counted.samples += some;
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            ((sum += judge_output<skip, K>(all, pass, wanted[K], some, count, weights, counted)), ...);
        }
        (std::make_index_sequence<outputs>{});
        return sum;
    }

    /// The weighted loss of the model's results; `judge(output, label, best)` is called for each class number.
    template <class X, class Judge, class By = judged_here>
    static double mean_losses(model<Net, T>& net, const losses<Loss...>& all, const inputs_of<X>& samples,
                              const targets_type& targets, std::size_t count, const Judge& judge,
                              double* each, By&& by = {}) {
        constexpr std::size_t chunk = judged_at_once;
        std::array<std::vector<T>, input_count> some_samples;
        std::array<std::vector<T>, outputs> results;
        target_store store;
        std::vector<std::size_t> order(chunk);
        for (std::size_t first = 0; first < count; first += chunk) {
            if (!by.has(first / chunk, (count + chunk - 1) / chunk)) continue;
            const std::size_t some = std::min(count - first, chunk);
            std::array<const T*, input_count> inputs{};
            for (std::size_t k = 0; k < input_count; ++k) {
                some_samples[k].assign(samples[k] + first * input_sizes[k],
                                       samples[k] + (first + some) * input_sizes[k]);
                inputs[k] = some_samples[k].data();
            }
            for (std::size_t i = 0; i < some; ++i) order[i] = first + i;
            judge_chunk(net, all, inputs, some, gather_targets(targets, order.data(), some, store), judge, by,
                        results);
        }
        return sum_up(all, by, count, each);
    }
    /// The losses of some samples, one for each trained output, are added to what `by` has.
    template <class Judge, class By>
    static void judge_chunk(model<Net, T>& net, const losses<Loss...>& all,
                            const std::array<const T*, input_count>& inputs, std::size_t some,
                            const targets_type& wanted, const Judge& judge, By& by,
                            std::array<std::vector<T>, outputs>& results) {
        std::vector<T> losses_of_pixels;
        std::array<T*, outputs> to{};
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (results[K].resize(judged_at_once * shape_at<K>.size() + read_slack), ...);
            ((to[K] = results[K].data()), ...);
        }
        (std::make_index_sequence<outputs>{});
        net.run(inputs, some, to);
        for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            losses_of_pixels.resize(some * pixels_at<K>);
            by.add(with_targets<K>(wanted[K], [&](const auto* of) {
                if constexpr (is_class<K, decltype(of)>)
                    for (std::size_t i = 0; i < some * pixels_at<K>; ++i)
                        if (counts(std::get<K>(all.of_outputs), of[i]))
                            judge(K, static_cast<std::size_t>(of[i]),
                                  kernels::argmax(to[K] + i * channels_at<K>, channels_at<K>));
                return loss_of_results<Net, skipped_steps<Net, losses<Loss...>>, K>(
                    std::get<K>(all.of_outputs), to[K], of, losses_of_pixels.data(), some);
            }));
        });
    }
    /// The weighted sum of mean losses, and the mean of each output.
    template <class By>
    static double sum_up(const losses<Loss...>& all, const By& by, std::size_t count, double* each) {
        double sum = 0;
        const std::vector<double>& found = by.all();
        for (std::size_t i = 0; i < found.size();)
            for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
                if (each != nullptr) each[K] += found[i] / static_cast<double>(count);
                sum += all.weights[K] * found[i++];
            });
        return sum / static_cast<double>(count);
    }
    template <class X, class Judge>
    static double mean_loss(model<Net, T>& net, const losses<Loss...>& all, const inputs_of<X>& samples,
                            const targets_type& targets, std::size_t count, const Judge&) {
        return mean_losses(
            net, all, samples, targets, count, [](std::size_t, std::size_t, std::size_t) {}, nullptr);
    }
    template <class X, class By = judged_here>
    static evaluations judge(model<Net, T>& net, const losses<Loss...>& all, const inputs_of<X>& samples,
                             const targets_type& targets, std::size_t count, By by = {}) {
        evaluations found = nothing_judged([&](std::size_t k) { return targets[k].classes != nullptr; });
        double each[outputs]{};
        found.loss = mean_losses(net, all, samples, targets, count, counting(found), each, by);
        finish(found, each, by);
        return found;
    }
    /// What is to be filled; `has_classes(k)` tells whether output `k` is judged by class numbers.
    template <class HasClasses>
    static evaluations nothing_judged(const HasClasses& has_classes) {
        evaluations found;
        constexpr std::size_t classes[] = {judges_pixels<Loss>...};
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (found.outputs.push_back(
                 {0, expression::not_a_number<double>,
                  confusion_matrix(has_classes(K) && classes[K] != 0 ? channels_at<K> : 0)}),
             ...);
        }
        (std::make_index_sequence<outputs>{});
        return found;
    }
    static auto counting(evaluations& found) {
        return [&](std::size_t k, std::size_t label, std::size_t best) {
            found.outputs[k].confusion.add(label, best);
        };
    }
    template <class By>
    static void finish(evaluations& found, const double* each, const By& by) {
        for (std::size_t k = 0; k < outputs; ++k) {
            found.outputs[k].loss = each[k];
            if (found.outputs[k].confusion.classes() != 0)
                found.outputs[k].accuracy = by.accuracy(found.outputs[k].confusion);
        }
    }

    static void report_validation(const evaluations& found, epoch_report& to) {
        to.validation_loss = found.loss;
        to.outputs.resize(outputs);
        for (std::size_t k = 0; k < outputs; ++k) {
            to.outputs[k].validation_loss = found.outputs[k].loss;
            if (found.outputs[k].confusion.classes() != 0)
                to.outputs[k].validation_accuracy = found.outputs[k].accuracy;
            if (has_loss[k])
                add_metrics(to, k, "validation ", found.outputs[k].loss, to.outputs[k].validation_accuracy);
        }
    }
    static std::size_t class_of(const losses<Loss...>&, const targets_type&, std::size_t) { return none; }

private:
    template <std::size_t K, class Pointer>
    static constexpr bool is_class =
        judges_pixels<loss_at<K>>&& std::is_same_v<std::remove_cvref_t<Pointer>, const std::int32_t*>;

    template <std::size_t Skip, std::size_t K>
    static double judge_output(const losses<Loss...>& all, training_pass<Net, T>& pass,
                               const targets_view<T>& wanted, std::size_t some, std::size_t count,
                               const T* weights, sums& counted) {
        constexpr std::size_t size = shape_at<K>.size();
        T* const gradient = pass.template loss_gradient<Skip, K>();
        if constexpr (!has_loss[K]) {
            std::fill_n(gradient, some * size, T(0));
            return 0;
        } else {
            const T* const scores = pass.template scores<Skip, K>();
            std::vector<T> of_pixels(some * pixels_at<K>), spread;
            if (weights != nullptr)
                for (std::size_t i = 0; i < some * pixels_at<K>; ++i)
                    spread.push_back(weights[i / pixels_at<K>]);
            const double found = with_targets<K>(wanted, [&](const auto* of) {
                if constexpr (is_class<K, decltype(of)>)
                    count_hits<channels_at<K>>(std::get<K>(all.of_outputs), scores, of, some * pixels_at<K>,
                                               counted.hits[K], counted.judged[K]);
                return weighted_loss_of<Net, T, K>(std::get<K>(all.of_outputs), scores, of, gradient,
                                                   of_pixels.data(), some, count,
                                                   weights == nullptr ? nullptr : spread.data());
            });
            counted.losses[K] += found;
            const T weight = static_cast<T>(all.weights[K]);
            for (std::size_t i = 0; i < some * size; ++i) gradient[i] *= weight;
            return all.weights[K] * found;
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
