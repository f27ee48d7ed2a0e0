// SPDX-License-Identifier: BSL-1.0
/// @file with_states.hpp
/// Recurrent layers whose first states come from the network and whose last ones go on in it.
#pragma once
#include <archetype/architecture/graph.hpp>
#include <archetype/architecture/layers/recurrent.hpp>

namespace archetype {

/// Points (or named inputs) with the states of a recurrent layer before its first step, one {units} for each: h (with `proj_size`
/// of that size), then an LSTM's l. Keras' `initial_state`, PyTorch's second argument, ONNX' initial_h and initial_c.
template <name... Points>
struct initial_states {};

/// Points for the states after the last step, one {units} for each: h, then an LSTM's l; "" where nobody reads one. Keras'
/// `return_state`, PyTorch's second result, ONNX' Y_h and Y_c. The last step of a reversed layer is the first of the sequence.
template <name... Points>
struct final_states {};

/// `Layer` (simple_rnn, lstm, gru, recurrent) with `initial_states`, `final_states` or both:
///
///     with_states<lstm<8, return_sequences>, initial_states<"h", "l">, final_states<"last h", "last l">>
///
/// What goes on is the result of `Layer`; without return_sequences and with `final_states` it is the first of these that has a
/// name. Parameters have the same paths. Gradients go through the states, too.
template <class Layer, class... States>
struct with_states {};

namespace detail {

template <class T>
inline constexpr bool is_recurrent = false;
template <class T>
requires requires { T::structure; }
inline constexpr bool is_recurrent<T> = T::role == layer_role::recurrent;

/// What is wrong with a layer that has given states, before it sees a shape.
template <class Layer, std::size_t First, std::size_t Last>
constexpr rule broken_states(bool understood) {
    if (!is_recurrent<Layer> || !understood) return rule::states_of_a_recurrent_layer;
    if constexpr (is_recurrent<Layer>) {
        if (Layer::is_along || Layer::is_in_blocks || Layer::takes_mask ||
            Layer::options.has(option::padding_mask))
            return rule::states_of_one_sequence;
        constexpr std::size_t states = Layer::structure.states;
        if ((First != 0 && First != states) || (Last != 0 && Last != states)) return rule::states_do_not_fit;
        if (First != 0 && (Layer::has_initial_state || Layer::is_stateful))
            return rule::first_state_is_given_twice;
    }
    return rule::ok;
}

/// The recurrent layer itself. With first states its input is one vector: the sequence, then the states. With last states its
/// result is one: the result of `Layer`, then the states; without return_sequences the result is the first of them.
template <class Layer, bool First, bool Last>
struct carrying : Layer {
    static constexpr bool takes_states = First, gives_states = Last;
    /// Only `facts_for` knows the sequence.
    static constexpr layer_facts describe(const shape&) { return broken_layer(rule::time_axis_is_missing); }
    static constexpr layer_facts facts_for(const shape& sequence) {
        layer_facts facts = Layer::describe(sequence);
        if (facts.broken != rule::ok) return facts;
        const std::size_t states = Layer::all_states;
        if (Last)
            facts.output =
                shape{static_cast<std::size_t>(Layer::returns_sequences ? facts.output.size() : 0) + states};
        if (First) facts.state_elements = 0;  // whoever gives them keeps them
        facts.variant = fingerprint({facts.variant, First ? 1. : 0., Last ? 1. : 0.});
        return facts;
    }
};

/// A sequence as a part of the vector that `carrying` reads.
template <class Layer, rule Broken>
struct steps_before_states {
    static constexpr text_view kind = "steps";
    static constexpr layer_role role = layer_role::alias;
    static constexpr layer_facts describe(const shape& in) {
        if (Broken != rule::ok) return broken_layer(Broken);
        const layer_facts of = Layer::describe(in);
        if (of.broken != rule::ok) return broken_layer(of.broken);
        layer_facts facts = blank_facts;
        facts.output = shape{static_cast<std::size_t>(in.size())};
        return facts;
    }
};
template <class Layer>
struct states_behind_steps {
    static constexpr text_view kind = "first_states";
    static constexpr layer_role role = layer_role::join;
    static constexpr join_kind joins = join_kind::concatenation;
    static constexpr layer_facts join(const shape* in, std::size_t count) {
        for (std::size_t i = 1; i < count; ++i)
            if (in[i] != shape{Layer::state_units(i - 1)}) return broken_layer(rule::states_do_not_fit);
        layer_facts facts = blank_facts;
        facts.output = shape{static_cast<std::size_t>(in[0].size()) + Layer::state_begin(count - 1)};
        facts.joins = joins;
        return facts;
    }
};
/// What `carrying` gives, cut up.
struct part_of_states {
    static constexpr text_view kind = "last_states";
    static constexpr layer_role role = layer_role::rearrangement;
};
struct steps_of_result {
    static constexpr text_view kind = "steps";
    static constexpr layer_role role = layer_role::alias;
};

template <class Layer, class First, class Last, bool Understood = true>
struct states_part;
template <class Layer, name... First, name... Last, bool Understood>
struct states_part<Layer, initial_states<First...>, final_states<Last...>, Understood> {
    static constexpr std::size_t first = sizeof...(First), last = sizeof...(Last);
    static constexpr rule broken = broken_states<Layer, first, last>(Understood);
    static constexpr tally size{
        .layers = 4 + last, .scopes = 6 + first + last, .edges = 4 + first + last, .points = last};
    struct content {
        using layers = boost::mp11::mp_list<steps_before_states<Layer, broken>>;
    };
    template <class Visitor>
    static constexpr void visit(Visitor& visitor, text_view given) {
        visitor.template visit_layer<steps_before_states<Layer, broken>>(given);
    }
};
template <class Layer, name... First, name... Last>
requires(broken_states<Layer, sizeof...(First), sizeof...(Last)>(true) ==
         rule::ok) struct states_part<Layer, initial_states<First...>, final_states<Last...>, true> {
    static constexpr std::size_t first = sizeof...(First), last = sizeof...(Last);
    static constexpr bool sequences = Layer::returns_sequences;
    static constexpr std::size_t cuts = [] {  // states that become values
        std::size_t count = 0;
        for (const text_view point : std::initializer_list<text_view>{Last.view()..., text_view{}})
            count += point.empty() ? 0 : 1;
        return count;
    }();
    using core = carrying<Layer, first != 0, last != 0>;
    using before = boost::mp11::mp_if_c<
        first != 0, boost::mp11::mp_list<steps_before_states<Layer, rule::ok>, states_behind_steps<Layer>>,
        boost::mp11::mp_list<>>;
    using behind = boost::mp11::mp_append<
        boost::mp11::mp_if_c<last != 0 && sequences, boost::mp11::mp_list<part_of_states, steps_of_result>,
                             boost::mp11::mp_list<>>,
        typename repeated_list<boost::mp11::mp_list<part_of_states>,
                               boost::mp11::make_index_sequence<cuts>>::type>;
    struct content {
        using layers = boost::mp11::mp_append<before, boost::mp11::mp_list<core>, behind>;
    };
    static constexpr std::size_t layers = (first != 0 ? 2 : 0) + 1 + (last != 0 && sequences ? 2 : 0) + cuts;
    // A point that does not stand and a layer that is wrong with a name of its own are scopes as well.
    static constexpr tally size{
        .layers = layers, .scopes = layers + first + 1, .edges = layers + first, .points = last};

    template <class Visitor>
    static constexpr void visit(Visitor& visitor, text_view given) {
        if (visitor.failed()) return;
        const shape sequence = visitor.shape_of(visitor.current);
        if constexpr (first != 0) {
            visitor.template visit_layer<steps_before_states<Layer, rule::ok>>(text_view{});
            const std::size_t reader = visitor.next_position();
            visitor.template visit_join<states_behind_steps<Layer>>(
                {visitor.current, visitor.find(First.view(), reader)...});
            if (visitor.failed()) return;
        }
        const layer_facts facts = core::facts_for(sequence);
        visitor.add_layer(facts, core::kind, core::role, given);
        if constexpr (last != 0) {
            if (visitor.failed()) return;
            const std::size_t whole = visitor.current,
                              behind = sequences ? facts.output[0] - Layer::all_states : 0;
            std::size_t result = none_;
            if (sequences) {
                cut(visitor, 0, behind);
                layer_facts steps = blank_facts;
                steps.output = shape{behind / Layer::results, Layer::results};
                visitor.add_layer(steps, steps_of_result::kind, steps_of_result::role, text_view{});
                result = visitor.current;
            }
            std::size_t state = 0;
            for (const text_view point : std::initializer_list<text_view>{Last.view()...}) {
                if (point.empty()) {
                    ++state;
                    continue;
                }
                visitor.current = whole;
                cut(visitor, behind + Layer::state_begin(state), Layer::state_units(state));
                ++state;
                if (result == none_) result = visitor.current;
                visitor.mark(point);
            }
            visitor.current = result;
        }
    }

private:
    static constexpr std::size_t none_ = static_cast<std::size_t>(-2);
    template <class Visitor>
    static constexpr void cut(Visitor& visitor, std::size_t first, std::size_t count) {
        visitor.add_layer(
            sliced(visitor.shape_of(visitor.current), 0, static_cast<std::ptrdiff_t>(first), 1, count),
            part_of_states::kind, part_of_states::role, text_view{});
    }
};

template <class... States>
struct states_given {
    using first = initial_states<>;
    using last = final_states<>;
    static constexpr bool understood = sizeof...(States) == 0;
};
template <name... First>
struct states_given<initial_states<First...>> {
    using first = initial_states<First...>;
    using last = final_states<>;
    static constexpr bool understood = sizeof...(First) != 0;
};
template <name... Last>
struct states_given<final_states<Last...>> {
    using first = initial_states<>;
    using last = final_states<Last...>;
    static constexpr bool understood = sizeof...(Last) != 0;
};
template <name... First, name... Last>
struct states_given<initial_states<First...>, final_states<Last...>> {
    using first = initial_states<First...>;
    using last = final_states<Last...>;
    static constexpr bool understood = sizeof...(First) != 0 && sizeof...(Last) != 0;
};
template <name... Last, name... First>
struct states_given<final_states<Last...>, initial_states<First...>>
    : states_given<initial_states<First...>, final_states<Last...>> {};

template <class Layer, class... States>
using states_part_of =
    states_part<Layer, typename states_given<States...>::first, typename states_given<States...>::last,
                states_given<States...>::understood && sizeof...(States) != 0>;

template <class Layer, class... States>
struct part<with_states<Layer, States...>> : states_part_of<Layer, States...> {
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        states_part_of<Layer, States...>::visit(visitor, text_view{});
    }
};
template <name Name, class Layer, class... States>
struct part<named<Name, with_states<Layer, States...>>> : states_part_of<Layer, States...> {
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        states_part_of<Layer, States...>::visit(visitor, Name.view());
    }
};

}  // namespace detail
}  // namespace archetype
