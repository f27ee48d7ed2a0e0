// SPDX-License-Identifier: BSL-1.0
/// @file device_fault.hpp
/// What cannot be trained on a device, or not with these batches: one report.
#pragma once
#include <archetype/execution/inference/object_report.hpp>
#include <archetype/training/learnable.hpp>

#include <boost/mp11/algorithm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
using rounds_in_training = boost::mp11::mp_bool < requires {
    Layer::rounds_in_training;
}
> ;
/// The first layer of quantization-aware training, or as many as there are layers.
template <class Net>
inline constexpr std::size_t first_rounding_layer =
    boost::mp11::mp_find_if<layers_of<Net>, rounds_in_training>::value;

/// What a device leaves out, or cannot do with batches of this size.
template <class Net>
constexpr fault find_batch_fault(std::size_t batch) {
    constexpr const auto& facts = unchecked_facts<Net>;
    const auto report = [&](rule broken, std::size_t n) -> fault {
        return {broken, n + 1, facts.nodes[n].input, facts.nodes[n].scope};
    };
    if (const std::size_t n = norm_over_the_batch_alone<Net>(); batch == 1 && n != none)
        return report(rule::norm_over_one_value, n);
    if (const std::size_t n = first_rounding_layer<Net>; n != facts.size())
        return report(rule::rounding_on_a_device, n);
    for (std::size_t n = 0; n < facts.size(); ++n) {
        const node& at = facts.nodes[n];
        for (std::size_t i = 0; i < at.parameter_tensors && !at.frozen; ++i)
            if (at.parameters[i].l1 != 0 || at.parameters[i].l2 != 0)
                return report(rule::penalty_on_a_device, n);
    }
    return {};
}
template <class Net, class Loss, std::size_t Batch>
constexpr fault find_device_fault() {
    constexpr fault found = training_fault<Net, Loss>::value;
    if constexpr (found.broken != rule::ok)
        return found;
    else
        return find_batch_fault<Net>(Batch);
}

/// Parameters that training starts from are those of the network.
enum class start_fault { ok, faulty_network, no_parameters, other_architecture, other_count };

template <class>
struct parameters_of_start {
    static constexpr bool known = false;
};
template <std::uint64_t Architecture, std::size_t Count, class T, unsigned Format>
struct parameters_of_start<constant_parameters<Architecture, Count, T, Format>> {
    static constexpr bool known = true;
};

template <class Net, class Loss, std::size_t Batch, class Start>
constexpr start_fault start_fault_of() {
    if constexpr (find_device_fault<Net, Loss, Batch>().broken != rule::ok)
        return start_fault::faulty_network;
    else if constexpr (!parameters_of_start<Start>::known)
        return start_fault::no_parameters;
    else if constexpr (Start::architecture != parameters_hash<Net>)
        return start_fault::other_architecture;
    else if constexpr (Start::size() != parameters_of<Net>.elements)
        return start_fault::other_count;
    else
        return start_fault::ok;
}

/// The one error of a trainer whose parameters do not fit.
template <start_fault Fault>
struct start_does_not_fit {
    static_assert(
        differs<Fault, start_fault::no_parameters>,
        "archetype: embedded_trainer starts from parameters: what write_constant_parameters wrote of "
        "a model (what write_constant_weights wrote is for inference: batch norm is folded into it)");
    static_assert(
        differs<Fault, start_fault::other_architecture>,
        "archetype: these parameters were written for another architecture, or with other parts frozen");
    static_assert(differs<Fault, start_fault::other_count>,
                  "archetype: the number of these parameters does not fit the architecture");
};

template <class Net, class Loss, std::size_t Batch>
struct device_report : report_of<Net, find_device_fault<Net, Loss, Batch>()> {};

/// What stands for the trainer: its class reports the network, or the parameters.
template <class Net, class Loss, std::size_t Batch, start_fault Fault>
struct reported_trainer {
    using type = start_does_not_fit<Fault>;
};
template <class Net, class Loss, std::size_t Batch>
struct reported_trainer<Net, Loss, Batch, start_fault::faulty_network> {
    using type = typename device_report<Net, Loss, Batch>::type;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
