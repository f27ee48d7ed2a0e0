// SPDX-License-Identifier: BSL-1.0
/// @file feedback_report.hpp
/// What is fed back in a network, and one sentence for what cannot be.
#pragma once
#include <archetype/execution/inference/object_report.hpp>

#include <boost/mp11/algorithm.hpp>
#include <cstddef>
#include <iterator>
#include <span>
#include <utility>

namespace archetype {

/// `Output`, a side output of the network ("": its end), is what the input `Input` is in the next call.
template <name Input, name Output = "">
struct feedback {};

namespace detail {

enum class feedback_fault { ok, no_feedback, no_real_numbers, no_input, no_output, other_shape, fed_twice };

/// An input of a network, or an output, by its name.
struct named_end {
    text_view text{};
    shape extents{};
};
template <std::size_t Inputs, std::size_t Outputs>
struct named_ends {
    named_end inputs[Inputs];
    named_end outputs[Outputs];
};

template <class Net>
inline constexpr auto ends_of = [] {
    constexpr const auto& facts = unchecked_facts<Net>;
    constexpr std::size_t inputs = [] {
        std::size_t count = 1;
        for (const node& at : facts.nodes) count += at.role == layer_role::source ? 1 : 0;
        return count;
    }();
    named_ends<inputs, facts.outputs_size()> made{};
    const auto text_of = [](text_view given) { return given.empty() ? text_view("input") : given; };
    made.inputs[0] = {text_of(split_network<Net>::text), facts.input};
    std::size_t next = 1;
    for (const node& at : facts.nodes)
        if (at.role == layer_role::source) made.inputs[next++] = {facts.scopes[at.scope].text, at.output};
    for (std::size_t k = 0; k < facts.output_count; ++k)
        made.outputs[k] = {facts.outputs[k].text, facts.shape_of(facts.outputs[k].node)};
    return made;
}();

/// Which of some ends has the name, or how many there are.
template <std::size_t Count>
constexpr std::size_t end_named(const named_end (&ends)[Count], text_view text) {
    std::size_t k = 0;
    while (k < Count && ends[k].text != text) ++k;
    return k;
}

template <class Net, class Feedback>
struct feedback_in;
template <class Net, name Input, name Output>
struct feedback_in<Net, feedback<Input, Output>> {
    static constexpr const auto& ends = ends_of<Net>;
    static constexpr std::size_t in = end_named(ends.inputs, Input.view()),
                                 out = end_named(ends.outputs, Output.view());
    static constexpr bool has_in = in < std::size(ends.inputs), has_out = out < std::size(ends.outputs);
    static constexpr shape in_shape = has_in ? ends.inputs[in].extents : shape{};
    static constexpr shape out_shape = has_out ? ends.outputs[out].extents : shape{};
    static constexpr feedback_fault fault = !has_in                 ? feedback_fault::no_input
                                            : !has_out              ? feedback_fault::no_output
                                            : in_shape != out_shape ? feedback_fault::other_shape
                                                                    : feedback_fault::ok;
};

/// Which of several it is, 0 if all are well.
template <class Net, class... Feedback>
constexpr std::size_t first_feedback_fault() {
    const std::size_t inputs[]{feedback_in<Net, Feedback>::in...};
    const feedback_fault faults[]{feedback_in<Net, Feedback>::fault...};
    for (std::size_t k = 0; k < sizeof...(Feedback); ++k) {
        if (faults[k] != feedback_fault::ok) return k;
        for (std::size_t before = 0; before < k; ++before)
            if (inputs[before] == inputs[k]) return k;
    }
    return sizeof...(Feedback);
}

template <std::size_t... Extents>
struct fed_shape {};
template <const shape& Of, class Axes = std::make_index_sequence<Of.rank>>
struct shown_shape;
template <const shape& Of, std::size_t... Axis>
struct shown_shape<Of, std::index_sequence<Axis...>> {
    using type = fed_shape<Of[Axis]...>;
};

/// The one error of an object whose feedback does not fit; nothing that is done with it is another.
template <feedback_fault Fault, class Which, class Input, class Output>
struct feedback_does_not_fit {
    using shown = void;
    static_assert(
        differs<Fault, feedback_fault::no_feedback>,
        "archetype: with_feedback<object, feedback<\"input\", \"output\">...> names what is fed back");
    static_assert(differs<Fault, feedback_fault::no_real_numbers>,
                  "archetype: with_feedback takes an object of real numbers (inference, embedded, "
                  "weight_quantized_inference): outputs "
                  "in 8 bits have another scale than inputs");
    static_assert(differs<Fault, feedback_fault::no_input>,
                  "archetype: the network has no input of this name; named<\"name\", input<...>> gives one");
    static_assert(differs<Fault, feedback_fault::no_output>,
                  "archetype: the network has no side_output of this name (\"\" is its end)");
    static_assert(differs<Fault, feedback_fault::other_shape>,
                  "archetype: the input and the output that is fed back to it have different shapes; "
                  "feedback_does_not_fit<...> names "
                  "both, in this order");
    static_assert(differs<Fault, feedback_fault::fed_twice>,
                  "archetype: two outputs are fed back to one input");
};

template <class Object, class... Feedback>
constexpr feedback_fault feedback_fault_of() {
    if constexpr (sizeof...(Feedback) == 0) {
        return feedback_fault::no_feedback;
    } else if constexpr (!requires { typename Object::network_type; }) {
        return feedback_fault::no_real_numbers;
    } else {
        using net = typename Object::network_type;
        constexpr std::size_t first = first_feedback_fault<net, Feedback...>();
        if constexpr (first == sizeof...(Feedback)) {
            return feedback_fault::ok;
        } else {
            const feedback_fault fault =
                boost::mp11::mp_at_c<boost::mp11::mp_list<feedback_in<net, Feedback>...>, first>::fault;
            return fault == feedback_fault::ok ? feedback_fault::fed_twice : fault;
        }
    }
}

template <class Object, feedback_fault Fault, class... Feedback>
struct feedback_report {
    using net = typename Object::network_type;
    using which =
        boost::mp11::mp_at_c<boost::mp11::mp_list<Feedback...>, first_feedback_fault<net, Feedback...>()>;
    using in = feedback_in<net, which>;
    using type = feedback_does_not_fit<Fault, which, typename shown_shape<in::in_shape>::type,
                                       typename shown_shape<in::out_shape>::type>;
};
template <class Object, feedback_fault Fault, class... Feedback>
requires(Fault <= feedback_fault::no_real_numbers) struct feedback_report<Object, Fault, Feedback...> {
    using type = feedback_does_not_fit<Fault, Object, void, void>;
};

/// Stands for an object that was reported.
struct reported_feedback : reported_object {
    using reported_object::reported_object;
    struct state_type {};
    static constexpr unknown state_bytes{};
    constexpr void reset() {}
    constexpr void reset(const state_type&) {}
    constexpr state_type kept() const { return {}; }
    template <name>
    constexpr std::span<float> state() const {
        return {};
    }
    template <std::size_t>
    constexpr reported_scores output() const {
        return {};
    }
    constexpr bool is_finite() const { return true; }
};

/// An object whose weights or network were reported already.
template <class Object>
concept reported_before = !requires {
    typename Object::sample_type;
};

}  // namespace detail
}  // namespace archetype
