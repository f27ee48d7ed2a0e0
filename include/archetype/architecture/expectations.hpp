// SPDX-License-Identifier: BSL-1.0
/// @file expectations.hpp
/// Assertions that say what was found. Compilers print the numbers of a comparison that fails, but no shapes:
/// `static_assert(has_shape<net, shape{10, 10, 16}, "pool">)` names both shapes in its one error. None of them is ever false,
/// as that would be a second error; for a choice compare the constants.
#pragma once
#include <archetype/architecture/counts.hpp>
#include <archetype/architecture/receptive_field.hpp>

namespace archetype {

/// What an assertion found and what it asked for: `input<...>` for shapes, `cells<...>`, `count<...>`.
template <class What>
struct found {};
template <class What>
struct asked {};
/// Rows and columns.
template <std::size_t Rows, std::size_t Columns>
struct cells {};
template <std::uint64_t Number>
struct count {};

/// A part of a network ("": all of it) is not as an assertion asks.
template <name Part, class Found, class Asked>
struct is_different;
template <name Part, class Found, class Asked>
struct is_different<Part, found<Found>, asked<Asked>> {
    static constexpr bool as_asked = std::is_same_v<Found, Asked>;
    static constexpr bool reported = true;
    static_assert(
        as_asked,
        "archetype: the network is not as asserted; is_different<part, found<...>, asked<...>> says what "
        "was found and what was asked");
};

namespace detail {

template <shape Value>
struct constant_shape {
    static constexpr shape value = Value;
};
template <shape Value>
using shape_type = input_of_edge<constant_shape<Value>>;

/// `type::reported` is where a difference is reported, or what is wrong with the network itself. `Found::type` is what
/// was found.
template <class Net, name Part, class Found, class Asked,
          bool Exists = std::is_same_v<typename report<Net, Part>::type, no_fault>>
struct expectation {
    using type = is_different<Part, found<typename Found::type>, asked<Asked>>;
};
template <class Net, name Part, class Found, class Asked>
struct expectation<Net, Part, Found, Asked, false> {
    using type = typename report<Net, Part>::type;
};

template <class Net, name Part>
struct output_value {
    static constexpr shape value = output_shape<Net, Part>;
};
template <class Net, name Part>
struct output_found {
    using type = input_of_edge<output_value<Net, Part>>;
};
template <class Net, name Part>
struct input_value {
    static constexpr shape value = input_shape<Net, Part>;
};
template <class Net, name Part>
struct input_found {
    using type = input_of_edge<input_value<Net, Part>>;
};
template <class Net, name Part>
struct field_found {
    static constexpr auto field = receptive_field_of<Net, Part>;
    using type = cells<field.height, field.width>;
};
template <class Net, name Part>
struct remainder_found {
    static constexpr extent left = remainder_of<Net, Part>;
    using type = cells<left.height, left.width>;
};
template <class Net, name Part>
struct parameters_found {
    using type = count<parameter_count<Net, Part>>;
};

}  // namespace detail

/// The result of the network (or part) has this shape.
template <class Net, shape Shape, name Part = "">
inline constexpr bool has_shape = detail::expectation<Net, Part, detail::output_found<Net, Part>,
                                                      detail::shape_type<Shape>>::type::reported;
/// What comes in has this shape.
template <class Net, shape Shape, name Part = "">
inline constexpr bool has_input_shape =
    detail::expectation<Net, Part, detail::input_found<Net, Part>, detail::shape_type<Shape>>::type::reported;
/// One element of the result depends on so many rows and columns of the network's input.
template <class Net, extent Cells, name Part = "">
inline constexpr bool has_receptive_field =
    detail::expectation<Net, Part, detail::field_found<Net, Part>,
                        cells<Cells.height, Cells.width>>::type::reported;
/// The part's (last) window leaves so many rows and columns unread.
template <class Net, extent Cells, name Part>
inline constexpr bool has_remainder = detail::expectation<Net, Part, detail::remainder_found<Net, Part>,
                                                          cells<Cells.height, Cells.width>>::type::reported;
/// The network (or part) has so many trainable parameters.
template <class Net, std::uint64_t Parameters, name Part = "">
inline constexpr bool has_parameters =
    detail::expectation<Net, Part, detail::parameters_found<Net, Part>, count<Parameters>>::type::reported;

}  // namespace archetype
