// SPDX-License-Identifier: BSL-1.0
/// @file object_report.hpp
/// One sentence for weights that are not those of an object's network, and for samples that it does not take.
#pragma once
#include <archetype/execution/steps/inference_weights.hpp>

#include <array>
#include <boost/mp11/list.hpp>
#include <span>
#include <type_traits>

namespace archetype {

namespace detail {

/// What a weights object holds.
enum class weights_kind { other, real, integers, narrow };
template <class>
inline constexpr weights_kind kind_of_weights = weights_kind::other;
template <std::uint64_t Architecture, std::size_t Count, class T, unsigned Format>
inline constexpr weights_kind kind_of_weights<constant_weights<Architecture, Count, T, Format>> =
    weights_kind::real;
template <std::uint64_t Architecture, std::size_t Words, weight_order Order, class Activation,
          unsigned Format>
inline constexpr weights_kind
    kind_of_weights<quantized_weights<Architecture, Words, Order, Activation, Format>> =
        weights_kind::integers;
template <std::uint64_t Architecture, std::size_t Count, std::size_t Numbers, unsigned Format>
inline constexpr weights_kind kind_of_weights<int8_weights<Architecture, Count, Numbers, Format>> =
    weights_kind::narrow;

enum class weights_fault {
    ok,
    faulty_network,
    no_form,
    not_real,
    not_integers,
    not_narrow,
    other_architecture,
    other_count,
    other_8_bit_architecture,
    other_8_bit_count,
    other_order,
    other_activation,
};

/// Two constants differ; as a name of its own, so that compilers do not explain the comparison.
template <auto A, auto B>
inline constexpr bool differs = A != B;

/// Stands for a result that was reported, or for one number of it.
struct reported_scores : unknown {
    constexpr unknown operator[](std::size_t) const { return {}; }
};

/// Stands for an object that was reported: whatever is done with it is no further error.
struct reported_object {
    static constexpr std::size_t input_size = 1, output_size = 1;
    constexpr reported_object() = default;
    template <class Argument, class... Arguments>
    constexpr explicit reported_object(const Argument&, const Arguments&...) {}
    template <class... Arguments>
    constexpr reported_scores operator()(const Arguments&...) const {
        return {};
    }
};

/// The one error of an object whose weights do not fit; `shown` makes the compiler print it.
template <weights_fault Fault>
struct weights_do_not_fit : reported_object {
    using reported_object::reported_object;
    using shown = void;
    static_assert(
        differs<Fault, weights_fault::not_real>,
        "archetype: these are no weights of real numbers; `inference` takes what "
        "write_constant_weights wrote of a model, `embedded` also what it wrote of a quantized_model "
        "or weight_quantized_model (chosen at run time: quantized_inference)");
    static_assert(
        differs<Fault, weights_fault::not_integers>,
        "archetype: these are no weights of a quantized network; quantized_inference takes what "
        "write_constant_weights wrote of a quantized_model (weights of real numbers: embedded; 8-bit "
        "weights alone: weight_quantized_inference)");
    static_assert(
        differs<Fault, weights_fault::not_narrow>,
        "archetype: these are no 8-bit weights for real activations; weight_quantized_inference and "
        "streams take what write_constant_weights wrote of a weight_quantized_model, "
        "weight_quantized_stream its constant_weights(), too");
    static_assert(differs<Fault, weights_fault::other_architecture>,
                  "archetype: these constant weights were written for another architecture");
    static_assert(differs<Fault, weights_fault::other_count>,
                  "archetype: the number of constant weights does not fit the architecture");
    static_assert(differs<Fault, weights_fault::other_8_bit_architecture>,
                  "archetype: these 8-bit weights were written for another architecture");
    static_assert(
        differs<Fault, weights_fault::other_8_bit_count>,
        "archetype: the number of 8-bit weights does not fit the architecture; write them again with "
        "this version");
    static_assert(differs<Fault, weights_fault::other_activation>,
                  "archetype: the weights are for activations of another type than the object's");
    static_assert(differs<Fault, weights_fault::other_order>,
                  "archetype: the 8-bit weights are packed for another processor than the compiler's options "
                  "name (-mcpu, -march); write them with the order of this one (native_weight_order) or with "
                  "weight_order::plain");
};

/// What is wrong with weights of real numbers, of type `T` if it is not void.
template <class Net, class Weights, class T = void>
constexpr weights_fault real_weights_fault() {
    if constexpr (!well_formed<Net>)
        return weights_fault::faulty_network;
    else if constexpr (kind_of_weights<Weights> != weights_kind::real)
        return weights_fault::not_real;
    else if constexpr (!std::is_void_v<T> && !std::is_same_v<typename Weights::value_type, T>)
        return weights_fault::other_activation;
    else if constexpr (!same_architecture<Net, Weights::architecture>)
        return weights_fault::other_architecture;
    else if constexpr (!same_count<Net, Weights::architecture, Weights::size()>)
        return weights_fault::other_count;
    else
        return weights_fault::ok;
}

/// What stands for the object: its class reports the network, or the weights.
template <class Net, weights_fault Fault>
using reported_weights = boost::mp11::mp_if_c<Fault == weights_fault::faulty_network, faulty_object<Net>,
                                              weights_do_not_fit<Fault>>;

enum class sample_fault { ok, pointer, other_numbers, integers_wanted, run_time_size, other_size, no_sample };

/// A sample of `Found` numbers (0: known at run time) where `Expected` of type `Number` are taken.
template <sample_fault Fault, class Number, std::size_t Expected, std::size_t Found>
struct sample_does_not_fit {
    using shown = void;
    static_assert(differs<Fault, sample_fault::pointer>,
                  "archetype: a pointer does not say how many numbers there are; pass "
                  "std::span<const number, input_size>(pointer, input_size)");
    static_assert(differs<Fault, sample_fault::integers_wanted>,
                  "archetype: this network takes integers and was given real numbers; quantize them "
                  "(input_quantization().quantize)");
    static_assert(differs<Fault, sample_fault::other_numbers>,
                  "archetype: the sample's numbers have another type than the network's");
    static_assert(differs<Fault, sample_fault::run_time_size>,
                  "archetype: the sample's size is known at run time only; check it, then pass "
                  "std::span<const number, input_size>(sample)");
    static_assert(differs<Fault, sample_fault::other_size>,
                  "archetype: the sample has another length; sample_does_not_fit<...> names the type, the "
                  "numbers that are expected and those given");
    static_assert(differs<Fault, sample_fault::no_sample>,
                  "archetype: this is no sample; pass an array, std::array or std::span<const number, "
                  "input_size>");
};

/// Numbers of an array, std::array or std::span, or 0 if that is known at run time.
template <class Given>
inline constexpr std::size_t numbers_of = [] {
    if constexpr (requires { Given::extent; })
        return Given::extent == std::dynamic_extent ? 0 : Given::extent;
    else if constexpr (requires { std::tuple_size<Given>::value; })
        return std::tuple_size<Given>::value;
    else
        return std::extent_v<Given>;
}();
template <class Given, class = void>
struct element_type_of {
    using type = void;
};
template <class Given>
struct element_type_of<Given, std::void_t<decltype(std::declval<Given&>().data())>> {
    using type = std::remove_cvref_t<decltype(*std::declval<Given&>().data())>;
};
template <class Given>
requires std::is_array_v<Given>
struct element_type_of<Given, void> {
    using type = std::remove_cv_t<std::remove_extent_t<Given>>;
};

template <class T, std::size_t Size, class Given>
constexpr sample_fault sample_fault_of() {
    using number = typename element_type_of<Given>::type;
    if (std::is_pointer_v<Given>) return sample_fault::pointer;
    if (std::is_void_v<number>) return sample_fault::no_sample;
    if (!std::is_same_v<number, T>)
        return std::is_integral_v<T> && std::is_floating_point_v<number> ? sample_fault::integers_wanted
                                                                         : sample_fault::other_numbers;
    return numbers_of<Given> == 0 ? sample_fault::run_time_size : sample_fault::other_size;
}

/// What is no sample of `Size` numbers of type `T`.
template <class Given, class T, std::size_t Size>
concept no_sample = !std::is_convertible_v<const Given&, std::span<const T, Size>> &&
                    !std::is_convertible_v<Given&, std::span<const T, Size>>;

template <class T, std::size_t Size, class Given>
using sample_report =
    typename sample_does_not_fit<sample_fault_of<T, Size, Given>(), T, Size, numbers_of<Given>>::shown;

/// Weights that are no span of `Size` numbers of type `T`.
template <sample_fault Fault, class Number, std::size_t Expected, std::size_t Found>
struct weights_span_does_not_fit {
    using shown = void;
    static_assert(
        !differs<Fault, sample_fault::ok>,
        "archetype: weights chosen at run time are a std::span of as many numbers as the network reads, "
        "known to the compiler, or what try_weights made of bytes; weights_span_does_not_fit<...> names "
        "the type, the numbers that are expected and those given (0: known at run time)");
};
template <class T, std::size_t Size, class Given>
using weights_span_report =
    typename weights_span_does_not_fit<sample_fault_of<T, Size, Given>(), T, Size, numbers_of<Given>>::shown;

/// Stands for a result.
template <class T, std::size_t Size, class Shown>
constexpr std::span<const T, Size> reported_result() {
    return std::span<const T, Size>(static_cast<const T*>(nullptr), Size);
}

}  // namespace detail
}  // namespace archetype
