// SPDX-License-Identifier: BSL-1.0
/// @file integer_rules.hpp
/// Why a network has no form with 8-bit or 16-bit activations: the first layer without one, as a value, and its one report.
#pragma once
#include <archetype/execution/integers/quantized_layout.hpp>

#include <boost/mp11/list.hpp>

namespace archetype {

/// The rule in words.
constexpr text_view sentence(integer_rule broken) {
    switch (broken) {
        case integer_rule::ok:
            return "nothing is wrong";
        case integer_rule::one_input_and_one_result:
            return "a network of integers has one input and one result";
        case integer_rule::join_adds_one_value:
            return "of joins, concatenation and those of two values but divide have a form with "
                   "integers";
        case integer_rule::pooling_takes_maxima_or_averages:
            return "of poolings, maxima and averages have a form with integers";
        case integer_rule::pooling_fits_32_bits:
            return "the sum of an average's cells must fit 32 bits";
        case integer_rule::resizing_is_not_cubic:
            return "a bicubic interpolation goes beyond the numbers that it is made of";
        case integer_rule::padding_is_zeros:
            return "integers are padded with zeros or with cells of the input, not with another constant";
        case integer_rule::recurrence_starts_from_zeros:
            return "a recurrent layer of integers has no mask, no given or trained initial state, none by "
                   "with_states, and is not "
                   "stateful";
        case integer_rule::recurrence_is_an_lstm_or_gru:
            return "of recurrent layers, lstm without peepholes and gru with their usual functions, without "
                   "proj_size, layer_norm_inside, time_axis and in_blocks, have a form with integers";
        case integer_rule::products_fit_the_sum:
            return "so many products do not fit a sum of 32 bits (64 with 16-bit activations) even if "
                   "weights are "
                   "-1, 0 and 1";
        case integer_rule::classes_fit_the_sum:
            return "a softmax of integers has at most 65536 classes";
        case integer_rule::attention_is_plain:
            return "attention of integers is of a sequence of at most 4096 steps with itself, with heads of "
                   "at most 1024 channels, no mask, no softcap and no rotary positions";
        case integer_rule::normalization_is_over_channels:
            return "of normalizations of samples, those of each pixel's channels, 65536 at most, have a form "
                   "with integers";
        case integer_rule::volumes_have_no_integer_form:
            return "layers of volumes {depth, height, width, channels} have no form with integers";
        case integer_rule::no_such_layer_with_16_bits:
            return "the layer has a form with 8-bit activations only";
        case integer_rule::activations_have_8_or_16_bits:
            return "activations of integers are of type std::int8_t or std::int16_t";
        case integer_rule::no_such_layer:
            return "the layer has no form with integers";
    }
    return "";
}

/// What keeps a network from having a form with integers. `layer` counts from 1; 0: the network itself.
struct integer_fault {
    integer_rule broken = integer_rule::ok;
    std::size_t layer = 0;
    constexpr bool operator==(const integer_fault&) const = default;
};

/// `Layer`, at its position, has no form with activations of type `Activation`: `Broken` says why.
template <integer_rule Broken, class Where, class Layer, class Activation>
struct has_no_integer_form {
    using shown = void;
    static constexpr bool is_type = Broken == integer_rule::activations_have_8_or_16_bits;
    static_assert(!is_type, "archetype: activations of integers are of type std::int8_t or std::int16_t");
    static_assert(
        Broken == integer_rule::ok || is_type || sizeof(Activation) != 1,
        "archetype: a layer of the network has no 8-bit form; has_no_integer_form<...> names why, the "
        "layer's position and path, and its type");
    static_assert(
        Broken == integer_rule::ok || is_type || sizeof(Activation) != 2,
        "archetype: a layer of the network has no form with 16-bit activations; has_no_integer_form<...> "
        "names why, the layer's position and path, and its type");
};

namespace detail {

template <class Step, class Number>
constexpr integer_fault step_fault() {
    using made = integer_step<Step>;
    using form = typename made::form;
    constexpr step now = Step::now;
    const auto anchored = [](integer_rule broken) { return integer_fault{broken, now.anchor + 1}; };
    if constexpr (made::pools) {
        if (!made::pooling::pools_on_the_fly)
            return {integer_rule::pooling_takes_maxima_or_averages, now.pool + 1};
        if (!made::pools_maxima &&
            !cells_fit<Number>(unchecked_facts<typename Step::network>.nodes[now.pool]))
            return {integer_rule::pooling_fits_32_bits, now.pool + 1};
    }
    if (!made::joins_one) return {integer_rule::join_adds_one_value, now.join + 1};
    if (const integer_rule broken = form::template broken<Step, Number>(); broken != integer_rule::ok)
        return anchored(broken);
    if (sizeof(Number) == 2) {
        if (made::joins) return {integer_rule::no_such_layer_with_16_bits, now.join + 1};
        if (!form::has_16_bits) return anchored(integer_rule::no_such_layer_with_16_bits);
    }
    return {};
}

/// The first layer that reads a volume, or computes one, from 1; 0 if there is none. A reshape may make the result one.
constexpr std::size_t first_of_volumes(const auto& nodes) {
    std::size_t layer = 0;
    for (const node& at : nodes) {
        ++layer;
        if (at.input.rank > 3 || (at.output.rank > 3 && at.role != layer_role::alias)) return layer;
    }
    return 0;
}

template <class Net, class Number>
inline constexpr integer_fault first_integer_fault = [] {
    integer_fault found{};
    if constexpr (!std::is_same_v<Number, std::int8_t> && !std::is_same_v<Number, std::int16_t>)
        return integer_fault{integer_rule::activations_have_8_or_16_bits};
    if (inference_plan<Net>.input_count != 1 || std::size(inference_plan<Net>.outputs) != 1)
        found.broken = integer_rule::one_input_and_one_result;
    else if (const std::size_t layer = first_of_volumes(unchecked_facts<Net>.nodes); layer != 0)
        found = {integer_rule::volumes_have_no_integer_form, layer};
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        if (found.broken == integer_rule::ok) found = step_fault<Step, Number>();
    });
    return found;
}();

}  // namespace detail

/// What keeps the well-formed network `Net` from having a form with activations of type `Activation` (std::int8_t or
/// std::int16_t); `integer_rule::ok` if nothing does. Never an error.
template <class Net, class Activation = std::int8_t>
requires(fault_of<Net>.broken == rule::ok) inline constexpr integer_fault integer_fault_of =
    detail::first_integer_fault<Net, Activation>;

/// `Net` is well-formed and has a form with activations of type `Activation`.
template <class Net, class Activation = std::int8_t>
concept quantizable = (fault_of<Net>.broken == rule::ok) &&
                      (detail::first_integer_fault<Net, Activation>.broken == integer_rule::ok);

namespace detail {

/// `type::shown` makes the compiler report the fault of `Net`, or why it has no form with integers.
template <class Net, class Activation, bool Fits = well_formed<Net>>
struct integer_report {
    using type = typename report<Net>::type;
};
template <class Net, class Activation>
struct integer_report<Net, Activation, true> {
    static constexpr integer_fault found = first_integer_fault<Net, Activation>;
    static constexpr std::size_t scope =
        found.layer == 0 ? 0 : unchecked_facts<Net>.nodes[found.layer - 1].scope;
    using type =
        boost::mp11::mp_if_c<found.broken == integer_rule::ok, no_fault,
                             has_no_integer_form<found.broken, at_layer<found.layer, path_name<Net, scope>()>,
                                                 typename layer_at<Net, found.layer>::type, Activation>>;
};

/// A constant of the form with integers, or `unknown` if there is none. `Shown` is the report.
template <class Net, class Activation, class Shown, class Read>
consteval auto integer_constant(Read read) {
    if constexpr (quantizable<Net, Activation>)
        return std::size_t{read()};
    else
        return unknown{};
}

}  // namespace detail
}  // namespace archetype
