// SPDX-License-Identifier: BSL-1.0
/// @file stream_report.hpp
/// What compilers say where a stream is given no time steps, or a layer cannot run in it, and what stands for its results if it cannot be.
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace archetype {

/// `Layer`, at its position, remembers past time steps and does not say how it runs through time.
template <bool Given, class Where, class Layer>
struct has_no_stream_form {
    using shown = void;
    static_assert(
        Given,
        "archetype: a layer of the network remembers past time steps (layer_facts::state_elements) but "
        "has no stream_form; has_no_stream_form<...> names its position, path and type");
};

/// `Layer`, at its position, remembers past time steps and its form with integers does not say how.
template <bool Given, class Where, class Layer, class Activation>
struct has_no_integer_stream_form {
    using shown = void;
    static_assert(Given || sizeof(Activation) != 1,
                  "archetype: a layer of the network has an 8-bit form, but none in streams; "
                  "has_no_integer_stream_form<...> names its position, path and type");
    static_assert(
        Given || sizeof(Activation) != 2,
        "archetype: a layer of the network has a form with 16-bit activations, but none in streams; "
        "has_no_integer_stream_form<...> names its position, path and type");
};

}  // namespace archetype

namespace archetype::detail {

enum class steps_fault { ok, pointer, other_numbers, run_time_size, other_size, no_steps };

/// Time steps of `Found` numbers (0: known at run time) where a call takes `Expected` of type `Number`.
template <steps_fault Fault, class Number, std::size_t Expected, std::size_t Found>
struct steps_do_not_fit {
    using shown = void;
    static_assert(Fault != steps_fault::pointer,
                  "archetype: a pointer does not say how many steps there are; pass "
                  "std::span<const number, input_size>(pointer, input_size), or run(std::span<const "
                  "number>(pointer, count))");
    static_assert(
        Fault != steps_fault::other_numbers,
        "archetype: the time steps have numbers of another type than the stream; steps_do_not_fit<...> "
        "names the stream's");
    static_assert(
        Fault != steps_fault::run_time_size,
        "archetype: the number of time steps is known at run time only: run(steps) takes any from one "
        "to the stream's block");
    static_assert(
        Fault != steps_fault::other_size,
        "archetype: another number of time steps than the stream's block; steps_do_not_fit<...> names "
        "the numbers that are expected and those given, run(steps) takes any from one to the block");
    static_assert(
        Fault != steps_fault::no_steps,
        "archetype: these are no time steps; pass an array, std::array or std::span of the stream's "
        "numbers");
};

/// Numbers of an array, std::array or std::span, or 0 if that is known at run time.
template <class Given>
inline constexpr std::size_t numbers_given = std::extent_v<Given>;
template <class T, std::size_t Size>
inline constexpr std::size_t numbers_given<std::array<T, Size>> = Size;
template <class T, std::size_t Size>
inline constexpr std::size_t numbers_given<std::span<T, Size>> = Size == std::dynamic_extent ? 0 : Size;

template <class T, class Given>
constexpr steps_fault steps_fault_of() {
    if constexpr (std::is_pointer_v<Given>)
        return steps_fault::pointer;
    else if constexpr (requires(Given & given) { std::data(given); }) {
        using number = std::remove_cvref_t<decltype(*std::data(std::declval<Given&>()))>;
        return !std::is_same_v<number, T>  ? steps_fault::other_numbers
               : numbers_given<Given> == 0 ? steps_fault::run_time_size
                                           : steps_fault::other_size;
    } else {
        return steps_fault::no_steps;
    }
}

template <class T, std::size_t Expected, class Given>
using steps_report =
    typename steps_do_not_fit<steps_fault_of<T, Given>(), T, Expected, numbers_given<Given>>::shown;

/// What gives no span of `Size` numbers of type `T`.
template <class Given, class T, std::size_t Size>
concept no_steps = !std::is_convertible_v<const Given&, std::span<const T, Size>> &&
                   !std::is_convertible_v<Given&, std::span<const T, Size>>;

/// What weights are for: numbers of their own type, or activations.
template <class Weights>
constexpr auto number_for() {
    if constexpr (requires { typename Weights::value_type; })
        return typename Weights::value_type{};
    else if constexpr (requires { typename Weights::activation; })
        return typename Weights::activation{};
    else
        return 0.f;
}
template <class Weights>
using number_of_weights = decltype(number_for<Weights>());

/// Any result of a stream that was reported already: nothing that is done with it is a second error.
template <class Number = float>
struct reported_steps {
    static constexpr std::size_t size() { return 0; }
    static constexpr bool empty() { return true; }
    static constexpr const Number* data() { return nullptr; }
    static constexpr const Number* begin() { return nullptr; }
    static constexpr const Number* end() { return nullptr; }
    constexpr const Number& operator[](std::size_t) const { return number; }
    template <class T>
    requires std::is_arithmetic_v<T>
    constexpr operator T() const { return T(0); }
    template <class T, std::size_t Size>
    constexpr operator std::span<const T, Size>() const {
        return std::span<const T, Size>(static_cast<const T*>(nullptr),
                                        Size == std::dynamic_extent ? 0 : Size);
    }
    static constexpr Number number{};
};

}  // namespace archetype::detail
