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

#if defined(__cpp_static_assert) && __cpp_static_assert >= 202306L
#define ARCHETYPE_FORMATTED_REPORT 1
namespace detail {

/// "layer 4 "stage/conv" (conv2d) cannot take (2, 2, 64): the kernel is ...", for compilers that print constants.
template <rule Broken, class Where, class Layer, class Input>
struct report_sentence;
template <rule Broken, std::size_t Position, name Path, class Layer, class Input>
struct report_sentence<Broken, at_layer<Position, Path>, Layer, Input> {
    template <class Text>
    static constexpr void write(Text& text) {
        text.append("archetype: ");
        if (Position != 0) {
            text.append("layer ");
            text.append_number(Position);
        }
        if (!Path.view().empty()) {
            text.append(Position != 0 ? text_view(" \"") : text_view("part \""));
            text.append(Path.view());
            text.append("\"");
        }
        if constexpr (requires { Layer::kind; }) {
            text.append(" (");
            text.append(Layer::kind);
            text.append(")");
        }
        if constexpr (requires { Input::value; }) {
            text.append(" cannot take (");
            for (std::size_t axis = 0; axis < Input::value.rank; ++axis) {
                if (axis != 0) text.append(", ");
                text.append_number(Input::value[axis]);
            }
            text.append(")");
        }
        text.append(": ");
        text.append(sentence(Broken));
    }
    static constexpr std::size_t length = [] {
        text_length measured;
        write(measured);
        return measured.size;
    }();
    constexpr std::size_t size() const { return length; }
    constexpr const char* data() const { return text.data(); }
    static constexpr auto text = [] {
        std::array<char, length + 1> characters{};
        text_writer writer{characters.data()};
        write(writer);
        return characters;
    }();
};

}  // namespace detail
#endif

/// `Layer`, at its position, cannot take `Input`: `Broken` says why.
template <rule Broken, class Where, class Layer, class Input>
struct does_not_fit {
    using shown = void;
    static constexpr bool fits = Broken == rule::ok;
#ifdef ARCHETYPE_FORMATTED_REPORT
    static_assert(fits, detail::report_sentence<Broken, Where, Layer, Input>{});
#else
    static_assert(
        fits,
        "archetype: a layer does not fit; does_not_fit<...> names the rule, the layer's position and path, "
        "its type and the input it was given");
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

template <shape S, std::size_t Rank = S.rank>
struct as_input {
    using type = input<S[0], S[1], S[2]>;
};
template <shape S>
struct as_input<S, 0> {
    using type = void;
};
template <shape S>
struct as_input<S, 1> {
    using type = input<S[0]>;
};
template <shape S>
struct as_input<S, 2> {
    using type = input<S[0], S[1]>;
};

template <class Net, std::size_t Position>
struct layer_at {
    using type = boost::mp11::mp_at_c<layers_of<Net>, Position - 1>;
};
template <class Net>
struct layer_at<Net, 0> {
    using type = Net;
};

/// Stands where a report would.
struct no_fault {
    using shown = void;
};

/// `type::shown` makes the compiler report the fault of `Net`, in the place where it is written: the fewer
/// templates in between, the shorter the report. `type` itself reports nothing.
template <class Net, name Part = "", bool Fits = well_formed<Net>>
struct report {
    static constexpr fault found = fault_of<Net>;
    using type =
        does_not_fit<found.broken, at_layer<found.layer, path_name<Net, found.scope>()>,
                     typename layer_at<Net, found.layer>::type, typename as_input<found.input>::type>;
};

template <class Net, name Part>
struct report<Net, Part, true> {
    using type = boost::mp11::mp_if_c<has_part(unchecked_facts<Net>, Part.view()), no_fault,
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
        return read(unchecked_facts<Net>,
                    unchecked_facts<Net>.scopes[find_scope(unchecked_facts<Net>, Part.view())]);
    else
        return unknown{};
}

}  // namespace detail

/// The facts of `Net`, in order of its layers; a compile-time report if it has a fault.
template <class Net>
inline constexpr auto facts_of = detail::constant<Net, "", typename detail::report<Net>::type::shown>(
    [](const auto& facts, const scope&) { return facts; });

}  // namespace archetype
