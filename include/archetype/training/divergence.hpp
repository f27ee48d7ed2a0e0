// SPDX-License-Identifier: BSL-1.0
/// @file divergence.hpp
/// What is said when training leaves the finite numbers: the first place where it did.
#pragma once
#include <archetype/execution/host/model.hpp>
#include <archetype/training/arguments.hpp>
#include <archetype/training/losses.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Training met a loss or a parameter that is not finite. `what()` names the first layer with such a value, or the layer
/// whose results are too large for the loss.
class training_diverged : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
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

/// Why the loss of the last `forward<Skip>` is not finite, in words.
template <std::size_t Skip, class Net, class T>
std::string reason_of_divergence(const model<Net, T>& net, training_pass<Net, T>& pass) {
    constexpr const auto& plan = training_plan<Net>;
    if (const std::string wrong = parameter_that_is_not_finite(net); !wrong.empty())
        return wrong + " is no longer finite (a smaller rate may help)";
    const std::size_t batch = pass.batch();
    bool skipped[std::size(plan.values) + 1]{};
    std::string largest;
    double size = -1;
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        const auto look = [&]<std::size_t Output>(std::integral_constant<std::size_t, Output>) {
            const T* const scores = pass.template scores<Skip, Output>();
            constexpr std::size_t v = plan.outputs[Output];
            skipped[v] = scores != pass.value_at(v);  // a softmax that is left out has written nothing
            const std::size_t from = skipped[v] ? plan.steps[plan.values[v].written].from : v;
            for (std::size_t i = 0; i < batch * plan.values[from].size; ++i)
                if (const double found = std::abs(static_cast<double>(scores[i])); found > size) {
                    size = found;
                    largest = maker_of_value<Net>(from);
                }
        };
        (look(std::integral_constant<std::size_t, K>{}), ...);
    }
    (std::make_index_sequence<std::size(plan.outputs)>{});
    for (std::size_t v = 0; v < plan.value_count; ++v) {
        if (skipped[v] || all_finite(pass.value_at(v), batch * plan.values[v].size)) continue;
        return plan.is_input(v) ? std::string("the input is not finite")
                                : "the first values that are not finite come from " + maker_of_value<Net>(v);
    }
    std::ostringstream text;
    text << "all results are finite, but those of " << largest << ", up to " << size
         << " in size, are too large for the loss (a smaller rate may help)";
    return text.str();
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
