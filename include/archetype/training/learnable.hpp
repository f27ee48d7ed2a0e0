// SPDX-License-Identifier: BSL-1.0
/// @file learnable.hpp
/// Set-ups that cannot learn, as far as types tell: the network and the loss are refused together.
#pragma once
#include <archetype/execution/steps/pointwise.hpp>
#include <archetype/training/anywhere/loss_functions.hpp>

#include <boost/mp11/algorithm.hpp>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The loss of output `K`, and how many outputs have one.
template <class Loss, std::size_t K>
struct loss_of_output {
    using type = Loss;
    static constexpr std::size_t count = 1;
};
template <class Loss, std::size_t Sides, std::size_t K>
struct loss_of_output<with_side_outputs<Loss, Sides>, K> {
    using type = Loss;
    static constexpr std::size_t count = Sides + 1;
};
/// The loss takes scores of any size and does their softmax or sigmoid itself.
template <class Loss>
inline constexpr bool takes_scores = Loss::from_logits || std::is_base_of_v<binary_cross_entropy, Loss>;

/// Where values without `alias` layers come from.
template <class Facts>
constexpr std::size_t without_aliases(const Facts& facts, std::size_t n) {
    while (n != none && facts.nodes[n].role == layer_role::alias) n = facts.source(facts.nodes[n], 0);
    return n;
}

/// The rule that node `n` breaks as the scores of a loss, by the functions that are known; of a join: if all parts do.
template <class Facts>
constexpr rule scores_rule(const Facts& facts, std::size_t n) {
    n = without_aliases(facts, n);
    if (n == none) return rule::ok;
    const node& at = facts.nodes[n];
    switch (at.function) {
        case known_function::softmax:
            return rule::softmax_before_the_loss;
        case known_function::sigmoid:
        case known_function::tanh:
            return rule::scores_have_bounds;
        case known_function::relu:
            return rule::scores_are_cut;
        default:
            break;
    }
    if (at.role != layer_role::join || at.joins == join_kind::none) return rule::ok;
    rule found = rule::ok;
    for (std::size_t e = 0; e < at.edge_count; ++e) {
        found = scores_rule(facts, facts.source(at, e));
        if (found == rule::ok) return found;
    }
    return found == rule::scores_are_cut ? rule::ok
                                         : found;  // a sum of several relus is not cut where one is
}

/// An activation at a place.
template <class Layer>
constexpr double activation_at(double x) {
    return expression::evaluate(expression_of<Layer>, x);
}
/// It can be computed in a constant expression far out, without overflow.
template <class Layer>
concept has_constant_values = requires {
    typename std::bool_constant<(activation_at<Layer>(1e6), activation_at<Layer>(1e9),
                                 activation_at<Layer>(-1e6), activation_at<Layer>(-1e9), true)>;
};
/// The same for a user's activation, by its values.
template <class Layer>
constexpr rule activation_rule() {
    if constexpr (has_constant_values<Layer>) {
        constexpr auto near = [](double a, double b) { return a < b + 1e-3 && b < a + 1e-3; };
        constexpr double below = activation_at<Layer>(-1e6);
        if (near(activation_at<Layer>(1e6), activation_at<Layer>(1e9)) &&
            near(below, activation_at<Layer>(-1e9)))
            return rule::scores_have_bounds;
        if (below == activation_at<Layer>(-1.0) && below == activation_at<Layer>(-2.0))
            return rule::scores_are_cut;
    }
    return rule::ok;
}

/// What is wrong with output `K` of `Net` as what `Loss` judges.
template <class Net, class Loss, std::size_t K, std::size_t Skip>
constexpr fault output_fault() {
    constexpr const auto& facts = unchecked_facts<Net>;
    constexpr std::size_t end = facts.outputs[K].node;
    if constexpr (end == none || !takes_scores<Loss>) {
        return {};
    } else {
        // A softmax that ends an output is left out in training.
        constexpr bool skipped = facts.nodes[end].function == known_function::softmax && (Skip >> K & 1) != 0;
        constexpr std::size_t last =
            without_aliases(facts, skipped ? facts.source(facts.nodes[end], 0) : end);
        constexpr auto fail = [](rule broken, std::size_t n) {
            return fault{broken, n + 1, facts.nodes[n].input, facts.nodes[n].scope};
        };
        if (Loss::from_logits && facts.nodes[end].output.channels() == 1) return fail(rule::one_class, end);
        if constexpr (last != none) {
            rule broken = scores_rule(facts, last);
            if constexpr (facts.nodes[last].role == layer_role::pointwise &&
                          facts.nodes[last].function == known_function::none)
                broken = activation_rule<boost::mp11::mp_at_c<layers_of<Net>, last>>();
            // Probabilities of classes are no scores of the binary loss.
            if (broken == rule::softmax_before_the_loss && !Loss::from_logits)
                broken = rule::scores_have_bounds;
            if (broken != rule::ok) return fail(broken, last);
        }
        return {};
    }
}

/// What is wrong with a layer of a network that is to learn, whatever the loss.
constexpr rule layer_rule_of_training(const node& at) {
    if (at.output.channels() == 1 &&
        (at.function == known_function::softmax || at.function == known_function::log_softmax))
        return rule::softmax_over_one_value;
    if (at.normalizes == 1) return rule::norm_over_one_value;
    return rule::ok;
}

template <class Net, class Loss>
constexpr fault find_training_fault() {
    constexpr const auto& facts = unchecked_facts<Net>;
    using of_output = loss_of_output<Loss, 0>;
    std::uint64_t trainable = 0;
    for (std::size_t n = 0; n < facts.size(); ++n) {
        trainable += facts.nodes[n].count(true);
        if (const rule broken = layer_rule_of_training(facts.nodes[n]); broken != rule::ok)
            return {broken, n + 1, facts.nodes[n].input, facts.nodes[n].scope};
    }
    if (trainable == 0) return {rule::nothing_to_train, 0, facts.input, 0};
    fault found{};
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        ((found =
              found.broken == rule::ok
                  ? output_fault<Net, typename loss_of_output<Loss, K>::type, K, softmax_bits<Net, Loss>>()
                  : found),
         ...);
    }
    (std::make_index_sequence < of_output::count < facts.outputs_size() ? of_output::count
                                                                        : facts.outputs_size() > {});
    if (found.broken == rule::ok && of_output::count > facts.outputs_size())
        return {rule::loss_without_an_output, 0, facts.input, 0};
    if (found.broken == rule::ok && of_output::count < facts.outputs_size()) {
        const std::size_t n = facts.outputs[of_output::count].node;
        return {rule::output_without_a_loss, n + 1, facts.nodes[n].input, facts.nodes[n].scope};
    }
    return found;
}

template <class Net, class Loss, bool WellFormed = well_formed<Net>>
struct training_fault {
    static constexpr fault value = find_training_fault<Net, Loss>();
};
template <class Net, class Loss>
struct training_fault<Net, Loss, false> {
    static constexpr fault value = fault_of<Net>;
};

/// The report of a network that is wrong, or that cannot learn with the loss.
template <class Net, class Loss>
struct training_report : report_of<Net, training_fault<Net, Loss>::value> {};

/// The first layer that is trained and normalizes over the batch, of one value for each sample and channel; `none` if there is
/// none.
template <class Net>
constexpr std::size_t norm_over_the_batch_alone() {
    constexpr const auto& facts = unchecked_facts<Net>;
    for (std::size_t n = 0; n < facts.size(); ++n)
        if (facts.nodes[n].role == layer_role::normalization && !facts.nodes[n].frozen &&
            facts.nodes[n].output.size() == facts.nodes[n].output.channels())
            return n;
    return none;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What keeps `Net` from being trained with `Loss`: the first fault of the network, or one of the rules of training, such as
/// a sigmoid before a loss that takes scores. Never an error.
template <class Net, class Loss>
inline constexpr fault training_fault_of = detail::training_fault<Net, Loss>::value;

/// `Net` can learn with `Loss`, as far as their types tell.
template <class Net, class Loss>
concept learnable = (training_fault_of<Net, Loss>.broken == rule::ok);

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
