// SPDX-License-Identifier: BSL-1.0
/// @file check.hpp
/// One mistake, one error: the first fault of a network as a value, and the one report of it.
#pragma once
#include <archetype/architecture/path.hpp>

namespace archetype {

/// The first fault of `Net`, or one with `rule::ok`. Never an error.
template <class Net>
inline constexpr fault fault_of = detail::unchecked_facts<Net>.first_fault;

/// `Net` is a network without a fault.
template <class Net>
concept well_formed = (fault_of<Net>.broken == rule::ok);

/// The position of a layer (from 1, the input not counted) and, where it is named, its path.
template <std::size_t Position, name Path = "">
struct at_layer {};

/// Several inputs, of a join that they do not fit.
template <class... Inputs>
struct joined {};

/// The points that stand where one is looked for that does not, in place of an input.
template <name... Names>
struct points {};

/// The option that a layer does not know, or has twice.
template <option Which>
struct given {};

// clang++ 20 and later say in every mode that they can, and warn of it in C++20.
#if defined(__cpp_static_assert) && __cpp_static_assert >= 202306L && __cplusplus > 202302L
#define ARCHETYPE_FORMATTED_REPORT 1
namespace detail {

/// "layer 4 "stage/conv" (conv2d) cannot take (2, 2, 64): the kernel is ...", for compilers that print constants.
template <rule Broken, class Where, class Layer, class Input, class... What>
struct report_sentence;
template <rule Broken, std::size_t Position, name Path, class Layer, class Input, class... What>
struct report_sentence<Broken, at_layer<Position, Path>, Layer, Input, What...> {
    template <class Text, std::size_t... Extents>
    static constexpr void append_input(Text& text, input<Extents...>*) {
        std::size_t axis = 0;
        text.append("(");
        ((text.append(axis++ == 0 ? text_view("") : text_view(", ")), text.append_number(Extents)), ...);
        text.append(")");
    }
    template <class Text, class First, class... Others>
    static constexpr void append_input(Text& text, joined<First, Others...>*) {
        append_input(text, static_cast<First*>(nullptr));
        ((text.append(" and "), append_input(text, static_cast<Others*>(nullptr))), ...);
    }
    template <class Text>
    static constexpr void append_input(Text&, ...) {}
    template <class Text, name... Names>
    static constexpr void append_rest(Text& text, points<Names...>*) {
        text.append(sizeof...(Names) == 0 ? text_view("; none stands") : text_view("; there stand"));
        ((text.append(" \""), text.append(Names.view()), text.append("\"")), ...);
    }
    template <class Text, option Which>
    static constexpr void append_rest(Text& text, given<Which>*) {
        text.append(": ");
        text.append(detail::option_text(Which));
    }
    template <class Text>
    static constexpr void append_rest(Text&, ...) {}

    template <class Text>
    static constexpr void write(Text& text) {
        text.append("archetype: ");
        if (Position != 0) {
            text.append("layer ");
            text.append_number(Position);
        }
        if (!Path.view().empty()) {
            text.append(Position != 0 ? text_view(" \"") : text_view("\""));
            text.append(Path.view());
            text.append("\"");
        }
        if constexpr (requires { Layer::kind; }) {
            text.append(" (");
            text.append(Layer::kind);
            text.append(")");
        }
        if constexpr (detail::concerns_input(Broken) && Position != 0) {
            text.append(" cannot take ");
            append_input(text, static_cast<Input*>(nullptr));
        }
        if (Position != 0 || !Path.view().empty()) text.append(": ");
        text.append(sentence(Broken));
        append_rest(text, static_cast<Input*>(nullptr));
        (append_rest(text, static_cast<What*>(nullptr)), ...);
    }
    constexpr std::size_t size() const { return constant_text<report_sentence>::length; }
    constexpr const char* data() const { return constant_text<report_sentence>::text.data; }
};

}  // namespace detail
#endif

/// `Layer`, at its position, cannot take `Input`: `Broken` says why, and `What` which of its options it is.
template <rule Broken, class Where, class Layer, class Input, class... What>
struct does_not_fit {
    using shown = void;
    static constexpr bool fits = Broken == rule::ok, reported = true;
#ifdef ARCHETYPE_FORMATTED_REPORT
#if defined(__clang__)  // which may have such messages before C++26, with a warning for each
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc++26-extensions"
#endif
    static_assert(fits, detail::report_sentence<Broken, Where, Layer, Input, What...>{});
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
#else
    static_assert(
        fits,
        "archetype: a layer does not fit; does_not_fit<...> names the rule (docs/reference/rules.md), the "
        "layer's position and path, its type and the input it was given");
#endif
};

namespace detail {

/// Stands for every constant of a network that has a fault: it compares equal to, and less than, anything, so
/// that the fault is reported once and the assertions about the network stay silent.
struct unknown {
    template <class T>
    requires std::is_arithmetic_v<T>
    constexpr operator T() const { return T{1}; }
#define ARCHETYPE_UNKNOWN_OPERATOR(op, result)                                                          \
    template <class T>                                                                                  \
    friend constexpr auto operator op(const unknown&, const T&) {                                       \
        return result;                                                                                  \
    }                                                                                                   \
    template <class T>                                                                                  \
    requires(!std::is_same_v<T, unknown>) friend constexpr auto operator op(const T&, const unknown&) { \
        return result;                                                                                  \
    }
    ARCHETYPE_UNKNOWN_OPERATOR(==, true)
    ARCHETYPE_UNKNOWN_OPERATOR(!=, true)
    ARCHETYPE_UNKNOWN_OPERATOR(<, true)
    ARCHETYPE_UNKNOWN_OPERATOR(<=, true)
    ARCHETYPE_UNKNOWN_OPERATOR(>, true)
    ARCHETYPE_UNKNOWN_OPERATOR(>=, true)
    ARCHETYPE_UNKNOWN_OPERATOR(+, unknown{})
    ARCHETYPE_UNKNOWN_OPERATOR(-, unknown{})
    ARCHETYPE_UNKNOWN_OPERATOR(*, unknown{})
    ARCHETYPE_UNKNOWN_OPERATOR(/, unknown{})
#undef ARCHETYPE_UNKNOWN_OPERATOR
};

inline constexpr unknown unknown_facts{};

/// What edge `Edge` of the layer at `Position` carries (of no layer: the input of the network), as `input<...>`.
template <class Net, std::size_t Position, std::size_t Edge>
struct edge_shape {
    static constexpr const auto& facts = unchecked_facts<Net>;
    static constexpr shape value = Position == 0 || facts.nodes[Position - 1].edge_count <= Edge
                                       ? fault_of<Net>.input
                                       : facts.shape_of(facts.source(facts.nodes[Position - 1], Edge));
};
template <class Edge, class Axes>
struct as_input;
template <class Edge, std::size_t... Axis>
struct as_input<Edge, boost::mp11::index_sequence<Axis...>> {
    using type = input<Edge::value[Axis]...>;
};
template <class Edge>
struct as_input<Edge, boost::mp11::index_sequence<>> {
    using type = void;
};
template <class Edge>
using input_of_edge = typename as_input<Edge, boost::mp11::make_index_sequence<Edge::value.rank>>::type;

template <class Net, std::size_t Position, class Edges>
struct inputs_of;
template <class Net, std::size_t Position, std::size_t... Edge>
struct inputs_of<Net, Position, boost::mp11::index_sequence<Edge...>> {
    using type = joined<input_of_edge<edge_shape<Net, Position, Edge>>...>;
};
template <class Net, std::size_t Position>
struct inputs_of<Net, Position, boost::mp11::index_sequence<0>> {
    using type = input_of_edge<edge_shape<Net, Position, 0>>;
};
template <class Net, std::size_t Position>
inline constexpr std::size_t shown_edges =
    Position == 0 || unchecked_facts<Net>.nodes[Position - 1].edge_count == 0
        ? 1
        : unchecked_facts<Net>.nodes[Position - 1].edge_count;

template <std::size_t Index, class Layer>
struct numbered_layer {};
template <class Layers, class Indices>
struct numbered_layers;
template <class... Layers, std::size_t... I>
struct numbered_layers<boost::mp11::mp_list<Layers...>, boost::mp11::index_sequence<I...>>
    : numbered_layer<I, Layers>... {};
template <std::size_t Index, class Layer>
boost::mp11::mp_identity<Layer> layer_numbered(const numbered_layer<Index, Layer>&);

template <class Net, std::size_t Position>
struct layer_at {
    using layers = layers_of<Net>;
    using numbers = boost::mp11::make_index_sequence<boost::mp11::mp_size<layers>::value>;
    using type = typename decltype(layer_numbered<Position - 1>(numbered_layers<layers, numbers>{}))::type;
};
template <class Net>
struct layer_at<Net, 0> {
    using type = Net;
};

/// The report of `Found`.
template <class Net, fault Found>
struct report_of {
    using layer = typename layer_at<Net, Found.layer>::type;
    using where = at_layer<Found.layer, path_name<Net, Found.scope>()>;
    using inputs = typename inputs_of<Net, Found.layer,
                                      boost::mp11::make_index_sequence<shown_edges<Net, Found.layer>>>::type;
    using type = does_not_fit<Found.broken, where, layer, inputs>;
};
template <class Net, fault Found>
requires((Found.broken == rule::unknown_option || Found.broken == rule::repeated_option) &&
         requires { layer_at<Net, Found.layer>::type::options.culprit; }) struct report_of<Net, Found> {
    using layer = typename layer_at<Net, Found.layer>::type;
    using type = does_not_fit<Found.broken, at_layer<Found.layer, path_name<Net, Found.scope>()>, layer,
                              input_of_edge<edge_shape<Net, Found.layer, 0>>, given<layer::options.culprit>>;
};

template <class Net, std::size_t Index>
consteval auto point_name() {
    constexpr text_view text = standing_points<Net>().texts[Index];
    char characters[text.size() + 1]{};
    for (std::size_t i = 0; i < text.size(); ++i) characters[i] = text.data()[i];
    return name<text.size() + 1>(characters);
}
template <class Net, class Indices>
struct points_of;
template <class Net, std::size_t... Index>
struct points_of<Net, boost::mp11::index_sequence<Index...>> {
    using type = points<point_name<Net, Index>()...>;
};
/// Who reads a point that does not stand: a join, or `from`.
template <class Net, fault Found, bool IsLayer = Found.layer != 0>
struct reader_of : layer_at<Net, Found.layer> {};
template <class Net, fault Found>
struct reader_of<Net, Found, false> {
    using type = from<path_name<Net, Found.scope>()>;
};
template <class Net, fault Found>
requires(Found.broken == rule::point_does_not_exist) struct report_of<Net, Found> {
    using type = does_not_fit<
        Found.broken, at_layer<Found.layer, path_name<Net, Found.scope>()>,
        typename reader_of<Net, Found>::type,
        typename points_of<Net, boost::mp11::make_index_sequence<standing_points<Net>().count>>::type>;
};

/// Stands where a report would.
struct no_fault {
    using shown = void;
};

/// `type::shown` makes the compiler report the fault of `Net`, in the place where it is written: the fewer
/// templates in between, the shorter the report. `type` itself reports nothing.
template <class Net, name Part = "", bool Fits = well_formed<Net>>
struct report {
    using type = typename report_of<Net, fault_of<Net>>::type;
};

template <class Net, name Part>
struct report<Net, Part, true> {
    using type = boost::mp11::mp_if_c<has_part<Net, Part>, no_fault,
                                      does_not_fit<rule::part_does_not_exist, at_layer<0, Part>, Net, void>>;
};

/// Stands for an object of a network that has a fault: the report of the fault is its only error, whatever is done with it.
template <class Net>
struct faulty_object {
    using report_type = typename report<Net>::type::shown;
    template <class... Arguments>
    constexpr explicit faulty_object(Arguments&&...) {}
    template <class... Arguments>
    constexpr unknown operator()(Arguments&&...) const {
        return {};
    }
};

/// A constant of a part of a network: `read(facts, scope)`, or `unknown` if there is a fault. `Shown` is the
/// report.
template <class Net, name Part, class Shown, class Read>
consteval auto constant(Read read) {
    if constexpr (std::is_same_v<typename report<Net, Part>::type, no_fault>)
        return read(unchecked_facts<Net>, unchecked_facts<Net>.scopes[scope_of<Net, Part>]);
    else
        return unknown{};
}

/// The facts themselves, not a copy of them. `Shown` is the report.
template <class Net, class Shown>
consteval const auto& checked_facts() {
    if constexpr (std::is_same_v<typename report<Net>::type, no_fault>)
        return unchecked_facts<Net>;
    else
        return unknown_facts;
}

}  // namespace detail

/// The facts of `Net`, in order of its layers; a compile-time report if it has a fault.
template <class Net>
inline constexpr const auto& facts_of =
    detail::checked_facts<Net, typename detail::report<Net>::type::shown>();

}  // namespace archetype
