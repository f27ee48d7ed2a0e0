// SPDX-License-Identifier: BSL-1.0
/// @file integer_stream_rules.hpp
/// Why a network that can be streamed, and has a form in integers, has no stream of integers; and what such streams remember.
#pragma once
#include <archetype/execution/integers/integer_rules.hpp>
#include <archetype/execution/stream/integers/integer_rows.hpp>
#include <archetype/execution/stream/stream_report.hpp>

#include <boost/mp11/list.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether a step of a stream has a form with integers there.
template <class Step>
constexpr bool has_integer_stream_form() {
    if constexpr (Step::now.copies) {
        return true;
    } else if constexpr (integer_index<Step> == none) {
        // A pooling that inference does on the fly, and what follows it there in a step of its own.
        return Step::now.join == none;
    } else {
        using whole = step_of<typename Step::network, purpose::inference, integer_index<Step>>;
        const bool remembers =
            Step::at.state_elements != 0 || slides_over_time(Step::at) || Step::at.is_transposed;
        // Rows that are made one by one have no working memory.
        if (Step::at.scratch_elements != 0 && integer_form_of<whole>::template remembered<whole> == 0)
            return false;
        return (integer_form_of<whole>::in_streams || !(remembers || stream_form_of<Step>::is_given)) &&
               whole::now.join == Step::now.join;
    }
}

/// The first layer without a form in a stream of integers; `none` if all have one.
template <class Net, class Number>
inline constexpr std::size_t layer_without_integer_stream = [] {
    constexpr const auto &plan = stream_plan<Net>, &whole = inference_plan<Net>;
    std::size_t found = none;
    for_each_step<Net, stream_goal<Net>>([&]<class Step>(Step) {
        if (found == none && !has_integer_stream_form<Step>()) found = Step::now.anchor;
    });
    // A copy that changes the scale is one in the stream, too.
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        if constexpr (Step::now.copies && integer_step<Step>::has_table)
            if (found == none && same_copy(whole, Step::index, plan) == none) found = Step::now.anchor;
    });
    return found;
}();

template <class Net, class Number, bool Quantizable = quantizable<Net, Number>>
struct integer_stream_report {
    using type = typename integer_report<Net, Number>::type;
};
template <class Net, class Number>
struct integer_stream_report<Net, Number, true> {
    static constexpr std::size_t found = layer_without_integer_stream<Net, Number>,
                                 layer = found == none ? 0 : found + 1,
                                 scope = layer == 0 ? 0 : unchecked_facts<Net>.nodes[found].scope;
    using type =
        boost::mp11::mp_if_c<layer == 0, no_fault,
                             has_no_integer_stream_form<layer == 0, at_layer<layer, path_name<Net, scope>()>,
                                                        typename layer_at<Net, layer>::type, Number>>;
};

template <class Net, class Number>
inline constexpr std::uint64_t integer_state_bytes = [] {
    constexpr const auto& rows = stream_facts_of<Net, 1>;
    constexpr const auto& states = stream_states_of<Net, Number>;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < unchecked_facts<Net>.size(); ++i) {
        const node& at = unchecked_facts<Net>.nodes[i];
        sum += sizeof(Number) * (rows.kept[i] + (slides_over_time(at) ? at.state_elements : 0));
    }
    for (std::size_t s = 0; s < states.size(); ++s) sum += sizeof(Number) * states[s].kept;
    return sum;
}();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
