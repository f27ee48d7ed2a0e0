// SPDX-License-Identifier: BSL-1.0
/// @file divergence.hpp
/// What is said when training leaves the finite numbers: the first place where it did.
#pragma once
#include <archetype/error.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/training/apply_update.hpp>
#include <archetype/training/arguments.hpp>
#include <archetype/training/losses.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Training met a loss or a parameter that is not finite. `what()` names the first layer with such a value, or the layer
/// whose results are too large for the loss.
class training_diverged : public detail::thrown<std::runtime_error> {
public:
    using detail::thrown<std::runtime_error>::thrown;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// "the parameter kernel of layer hidden (dense)", of the first that is not finite; empty if all are.
template <class Net, class T>
std::string parameter_that_is_not_finite(const model<Net, T>& net) {
    constexpr const auto& facts = unchecked_facts<Net>;
    for (std::size_t i = 0; i < parameters_of<Net>.size(); ++i) {
        const parameter_slot& slot = parameters_of<Net>.slots[i];
        const parameter& tensor = facts.nodes[slot.node].parameters[slot.index];
        if (!all_finite(net.data() + slot.offset, tensor.extents.size()))
            return "the parameter " + std::string(tensor.name) + " of layer " + layer_label<Net>(slot.node);
    }
    return {};
}

/// The layer that made value `v` of training's plan.
template <class Net>
std::string maker_of_value(std::size_t v) {
    constexpr const auto& plan = training_plan<Net>;
    return plan.is_input(v) ? std::string("the input")
                            : "layer " + layer_label<Net>(plan.steps[plan.values[v].written].anchor);
}

/// Whether value `v` of training's plan is finite, without what lies around it.
template <class Net, class T>
bool is_finite_value(std::size_t v, const T* elements, std::size_t batch) {
    const value& of = training_plan<Net>.values[v];
    const kernels::image lies = image_of(of, of.extents);
    for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t y = 0; y < lies.height; ++y)
            for (std::size_t x = 0; x < lies.width; ++x)
                if (!all_finite(elements + n * lies.sample_stride + lies.offset + y * lies.row_stride +
                                    x * lies.pixel_stride,
                                lies.channels))
                    return false;
    return true;
}

/// Why the loss of the last `forward<Skip>`, which had this seed, is not finite, in words.
template <std::size_t Skip, class Net, class T>
std::string reason_of_divergence(model<Net, T>& net, training_pass<Net, T>& pass, std::uint64_t seed) {
    constexpr const auto& plan = training_plan<Net>;
    if (const std::string wrong = parameter_that_is_not_finite(net); !wrong.empty())
        return wrong + " is no longer finite (a smaller rate may help)";
    const std::size_t batch = pass.batch();
    std::string largest;
    double size = -1;
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        const auto look = [&]<std::size_t Output>(std::integral_constant<std::size_t, Output>) {
            const T* const scores = pass.template scores<Skip, Output>();
            constexpr std::size_t v = plan.outputs[Output];
            // A softmax that is left out has written nothing.
            const std::size_t from = scores != pass.value_at(v) ? plan.steps[plan.values[v].written].from : v;
            for (std::size_t i = 0; i < batch * plan.values[from].size; ++i)
                if (const double found = std::abs(static_cast<double>(scores[i])); found > size) {
                    size = found;
                    largest = maker_of_value<Net>(from);
                }
        };
        (look(std::integral_constant<std::size_t, K>{}), ...);
    }
    (std::make_index_sequence<std::size(plan.outputs)>{});
    for (std::size_t k = 0; k < plan.input_count; ++k)
        if (!is_finite_value<Net>(plan.inputs[k], pass.value_at(plan.inputs[k]), batch))
            return "the input is not finite";
    std::size_t first = none;
    // Moving averages move once.
    const std::size_t moved = net.size() - net.trainable_size();
    T* const averages = net.data() + net.trainable_size();
    const std::vector<T> before(averages, averages + moved);
    pass.template forward_again<Skip>(net.data(), seed, [&](std::size_t v) {
        if (first == none && !is_finite_value<Net>(v, pass.value_at(v), batch)) first = v;
    });
    std::copy(before.begin(), before.end(), averages);
    if (first != none) return "the first values that are not finite come from " + maker_of_value<Net>(first);
    std::ostringstream text;
    text << "all results are finite, but those of " << largest << ", up to " << size
         << " in size, are too large for the loss (a smaller rate may help)";
    return text.str();
}

/// "at step 3", "after step 3".
template <std::size_t Skip, class Net, class T>
[[noreturn]] void throw_diverged(model<Net, T>& net, training_pass<Net, T>& pass, double loss,
                                 const std::string& when, std::uint64_t step, std::uint64_t seed) {
    throw training_diverged("archetype::trainer: the loss is " + std::to_string(loss) + " " + when +
                            " step " + std::to_string(step) + ": " +
                            reason_of_divergence<Skip>(net, pass, seed));
}

/// Makes the update, and looks whether the parameters are finite afterwards.
template <class T, class Optimizer>
bool stays_finite(const Optimizer& optimizer, std::uint64_t step, T* parameters, const T* gradients,
                  T* states, std::size_t count, const executor& run) {
    std::atomic<bool> all = true;
    apply_update(optimizer, step, parameters, gradients, states, count, count, run,
                 [&](std::size_t first, std::size_t last) {
                     if (!all_finite(parameters + first, last - first)) all = false;
                 });
    return all;
}

/// @param  trained_are_finite  those of all processes, so that only averages, which no update moves, are left to be looked at
/// @throws training_diverged
template <class Net, class T>
void check_parameters(const model<Net, T>& net, std::uint64_t step, bool trained_are_finite = false) {
    const std::size_t trained = net.trainable_size();
    if (trained_are_finite && all_finite(net.data() + trained, net.size() - trained)) return;
    const std::string wrong = parameter_that_is_not_finite(net);
    if (!wrong.empty())
        throw training_diverged("archetype::trainer: after step " + std::to_string(step) + " " + wrong +
                                " is no longer finite (a smaller rate may help)");
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
