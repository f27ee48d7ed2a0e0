// SPDX-License-Identifier: BSL-1.0
/// @file with_feedback.hpp
/// A network whose outputs become inputs of the next call: states of recurrent layers, past rows of convolutions.
#pragma once
#include <archetype/execution/inference/feedback_report.hpp>

#include <cstddef>
#include <span>
#include <tuple>
#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// `Object` (an `inference`, `embedded` or `weight_quantized_inference`) and the states of its network: what comes out at an
/// output of `Feedback` goes in at its input in the next call. They are zeros at first and lie in the object; nothing is on the heap.
/// ```
/// static at::with_feedback<at::embedded<net, weights>, at::feedback<"h", "next h">, at::feedback<"l", "next l">> network;
/// const auto result = network(samples);   // the other inputs, in their order
/// ```
/// Any network will do: states of recurrent layers (`with_states`), past rows of convolutions, results that are given back.
template <class Object, class... Feedback>
class with_feedback : public detail::reported_feedback {
    using report_type =
        typename detail::feedback_report<Object, detail::feedback_fault_of<Object, Feedback...>(),
                                         Feedback...>::type::shown;

public:
    using detail::reported_feedback::reported_feedback;
};

template <detail::reported_before Object, class... Feedback>
class with_feedback<Object, Feedback...> : public detail::reported_feedback {
    static_assert(sizeof(Object) != 0);  // the object's own report

public:
    using detail::reported_feedback::reported_feedback;
};

template <class Object, class... Feedback>
requires(!detail::reported_before<Object> &&
         detail::feedback_fault_of<Object, Feedback...>() ==
             detail::feedback_fault::ok) class with_feedback<Object, Feedback...> : private Object {
    using net = typename Object::network_type;
    using T = typename Object::sample_type;
    static constexpr const auto& ends = detail::ends_of<net>;
    static constexpr std::size_t input_count = std::size(ends.inputs);
    static constexpr std::size_t sizes[sizeof...(Feedback)]{
        static_cast<std::size_t>(detail::feedback_in<net, Feedback>::in_shape.size())...};
    static constexpr std::size_t ins[sizeof...(Feedback)]{detail::feedback_in<net, Feedback>::in...};
    static constexpr std::size_t outs[sizeof...(Feedback)]{detail::feedback_in<net, Feedback>::out...};
    static constexpr std::size_t state_count = sizeof...(Feedback);
    static constexpr std::size_t first_of(std::size_t state) {
        std::size_t first = 0;
        for (std::size_t k = 0; k < state; ++k) first += sizes[k];
        return first;
    }
    /// Which state an input is, `state_count` if it is given by calls; which of those that are given.
    static constexpr std::size_t state_of(std::size_t input) {
        std::size_t k = 0;
        while (k < state_count && ins[k] != input) ++k;
        return k;
    }
    static constexpr std::size_t given_before(std::size_t input) {
        std::size_t count = 0;
        for (std::size_t k = 0; k < input; ++k) count += state_of(k) == state_count ? 1 : 0;
        return count;
    }

public:
    using sample_type = T;
    using network_type = net;
    /// Of what is kept from call to call.
    static constexpr std::size_t state_bytes = first_of(state_count) * sizeof(T);
    static constexpr std::size_t output_size = Object::output_size;
    /// Inputs that a call gives.
    static constexpr std::size_t given_count = given_before(input_count);

    /// All states, in the order of `Feedback`: to be kept, and given back to `reset`.
    struct state_type {
        T elements[first_of(state_count)]{};
        constexpr bool operator==(const state_type&) const = default;
    };

    using Object::Object;

    /// One step: the inputs that are not fed back, in their order, each as `Object` takes it. The result of the network's end is a
    /// view into this object, valid until the next call.
    template <class... Given>
    requires(sizeof...(Given) == given_count) constexpr std::span<const T, output_size> operator()(
        const Given&... given) {
        return run(std::make_index_sequence<input_count>{}, std::make_index_sequence<state_count>{},
                   std::forward_as_tuple(given...));
    }
    /// Output `K` of the last call: 0 is what it returned, side outputs follow in their order.
    using Object::output;

    /// Zeros again, as before the first step.
    constexpr void reset() { reset(state_type{}); }
    /// Goes on from these states.
    constexpr void reset(const state_type& from) { kept_ = from; }
    /// A copy of the states.
    constexpr const state_type& kept() const { return kept_; }
    /// What the input `Input` will be in the next call; may be written.
    template <name Input>
    constexpr auto state() {
        constexpr std::size_t which = state_of(detail::end_named(ends.inputs, Input.view()));
        static_assert(which < state_count, "archetype: no output is fed back to an input of this name");
        return std::span<T, sizes[which]>(kept_.elements + first_of(which), sizes[which]);
    }
    /// None of the states is infinite or NaN, which would stay in most networks until `reset`.
    constexpr bool is_finite() const {
        bool all = true;
        for (const T& element : kept_.elements) all = all && element - element == T(0);
        return all;
    }

private:
    template <std::size_t Input, class Given>
    constexpr decltype(auto) input_of(const Given& given) {
        constexpr std::size_t which = state_of(Input);
        if constexpr (which == state_count)
            return std::get<given_before(Input)>(given);
        else
            return std::span<const T, sizes[which]>(kept_.elements + first_of(which), sizes[which]);
    }
    template <std::size_t... Input, std::size_t... State, class Given>
    constexpr std::span<const T, output_size> run(std::index_sequence<Input...>,
                                                  std::index_sequence<State...>, const Given& given) {
        const std::span<const T, output_size> result = Object::operator()(input_of<Input>(given)...);
        (keep<State>(), ...);
        return result;
    }
    template <std::size_t State>
    constexpr void keep() {
        const auto from = Object::template output<outs[State]>();
        for (std::size_t i = 0; i < sizes[State]; ++i) kept_.elements[first_of(State) + i] = from[i];
    }

    state_type kept_{};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
