// SPDX-License-Identifier: BSL-1.0
/// @file quantized_inference.hpp
/// A quantized network with constant weights, or with weights that are chosen at run time: no heap, no exceptions, no
/// floating point but for its scales.
#pragma once
#include <archetype/execution/inference/embedded.hpp>
#include <archetype/execution/inference/object_report.hpp>
#include <archetype/execution/integers/quantized_pass.hpp>
#include <archetype/execution/integers/quantized_sizes.hpp>

#include <boost/mp11/list.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net, class Weights>
constexpr weights_fault integer_weights_fault() {
    if constexpr (!well_formed<Net>) {
        return weights_fault::faulty_network;
    } else if constexpr (kind_of_weights<Weights> != weights_kind::integers) {
        return weights_fault::not_integers;
    } else {
        using activation = typename Weights::activation;
        if constexpr (!same_architecture<Net, Weights::architecture>)
            return weights_fault::other_8_bit_architecture;
        else if constexpr (!quantizable<Net, activation>)
            return weights_fault::no_form;
        else if constexpr (Weights::size() != quantized_words<Net, Weights::order, activation>)
            return weights_fault::other_8_bit_count;
        else if constexpr (Weights::order != weight_order::plain && Weights::order != native_weight_order)
            return weights_fault::other_order;
        else
            return weights_fault::ok;
    }
}

/// The activations of one quantized network, and a call with given weights.
template <class Net, class Activation, weight_order Order>
class quantized_arena {
    static constexpr const auto& plan = inference_plan<Net>;

public:
    static constexpr bool reads_in_place = read_slack == 0 && !plan.input_in_arena;

private:
    alignas(4)
        Activation values_[length_with_slack(plan.arena_elements + (reads_in_place ? 0 : input_room<Net>))];

public:
    static constexpr std::size_t input_size = unchecked_facts<Net>.input.size();
    static constexpr std::size_t output_size = unchecked_facts<Net>.output.size();
    template <std::size_t>
    static constexpr std::size_t input_size_of = input_size;

    std::span<const Activation, output_size> run(const std::int32_t* words,
                                                 std::span<const Activation, input_size> sample) {
        const Activation* input = sample.data();
        if constexpr (!reads_in_place)
            input = place_quantized<Net>(words, input, values_, values_ + plan.arena_elements);
        return std::span<const Activation, output_size>(run_quantized<Net, Order>(words, input, values_),
                                                        output_size);
    }

    /// As those of `inference_arena`.
    template <std::size_t>
    Activation* sample_place() {
        return values_ + (plan.input_in_arena ? plan.values[0].offset : plan.arena_elements);
    }
    std::span<const Activation, output_size> run_placed(const std::int32_t* words, const Activation* room) {
        if constexpr (!reads_in_place) {
            Activation* const place = sample_place<0>();
            spread_rows<input_image<Net>>(place);
            if constexpr (plan.values[0].has_halo()) fill_input_halo<Net>(words, place);
            room = place;
        }
        return std::span<const Activation, output_size>(run_quantized<Net, Order>(words, room, values_),
                                                        output_size);
    }
};

/// What stands for an object of a network without a form with integers, or of other weights.
template <class Net, class Activation>
struct reported_form : reported_object {
    using reported_object::reported_object;
    using shown = typename integer_report<Net, Activation>::type::shown;
};
template <class Weights>
struct activation_of {
    using type = std::int8_t;
};
template <class Weights>
requires requires { typename Weights::activation; }
struct activation_of<Weights> {
    using type = typename Weights::activation;
};
template <class Net, class Weights, weights_fault Fault>
using reported_integers = boost::mp11::mp_if_c<Fault == weights_fault::no_form,
                                               reported_form<Net, typename activation_of<Weights>::type>,
                                               reported_weights<Net, Fault>>;

/// What is wrong with weights for an object of one activation and one order.
template <class Net, class Weights, class Activation, weight_order Order>
constexpr weights_fault run_time_weights_fault() {
    constexpr weights_fault found = integer_weights_fault<Net, Weights>();
    if constexpr (found == weights_fault::ok) {
        if (!std::is_same_v<typename Weights::activation, Activation>) return weights_fault::other_activation;
        if (Weights::order != Order) return weights_fault::other_order;
    }
    return found;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Runs the form of `Net` with activations of type `Activation` with weights that are chosen at run time (an update over the
/// air, external flash), packed in `Order`. Holds a pointer to them, and the activations.
template <class Net, class Activation = std::int8_t, weight_order Order = detail::order_for<Activation>>
class quantized_inference_with : public detail::reported_form<Net, Activation> {
public:
    using detail::reported_form<Net, Activation>::reported_form;
};

template <class Net, class Activation, weight_order Order>
requires quantizable<Net, Activation>
class quantized_inference_with<Net, Activation, Order> {
    static_assert(Order == weight_order::plain || Order == native_weight_order,
                  "archetype: the 8-bit weights are packed for another processor than the compiler's options "
                  "name (-mcpu, -march); write them with the order of this one (native_weight_order) or with "
                  "weight_order::plain");

public:
    using activation = Activation;
    using sample_type = Activation;
    static constexpr std::size_t input_size = detail::unchecked_facts<Net>.input.size();
    static constexpr std::size_t output_size = detail::unchecked_facts<Net>.output.size();
    /// 32-bit words that it reads.
    static constexpr std::size_t word_count = detail::quantized_words<Net, Order, Activation>;

    /// Refers to `weights`, which must stay. Weights of another architecture, count or order do not compile.
    template <class Weights>
    requires(detail::kind_of_weights<Weights> !=
             detail::weights_kind::other) constexpr explicit quantized_inference_with(const Weights& weights)
        : words_(words_of(weights)) {}
    /// The words alone, aligned to four bytes. Whose they are is not checked: `try_weights` does that.
    constexpr explicit quantized_inference_with(std::span<const std::int32_t, word_count> weights)
        : words_(weights.data()) {}
    template <detail::no_sample<std::int32_t, word_count> Given>
    requires(detail::kind_of_weights<Given> ==
             detail::weights_kind::other) constexpr explicit quantized_inference_with(const Given&)
        : words_(nullptr) {
        using shown [[maybe_unused]] = detail::weights_span_report<std::int32_t, word_count, Given>;
    }

    /// One sample in, its result out: a view into this object, valid until the next call.
    std::span<const Activation, output_size> operator()(std::span<const Activation, input_size> sample) {
        return arena_.run(words_, sample);
    }
    template <detail::no_sample<Activation, input_size> Given>
    constexpr std::span<const Activation, output_size> operator()(const Given&) {
        return detail::reported_result<Activation, output_size,
                                       detail::sample_report<Activation, input_size, Given>>();
    }

    /// What the numbers of a sample, and of its result, stand for.
    constexpr quantization_to<Activation> input_quantization() const {
        return detail::block_of<Activation>(words_).input();
    }
    constexpr quantization_to<Activation> output_quantization() const {
        return detail::block_of<Activation>(words_).output();
    }

private:
    template <class>
    friend class with_input;
    using arena = detail::quantized_arena<Net, Activation, Order>;
    constexpr const std::int32_t* weights() const { return words_; }
    template <class Weights>
    static constexpr const std::int32_t* words_of([[maybe_unused]] const Weights& weights) {
        constexpr detail::weights_fault fault =
            detail::run_time_weights_fault<Net, Weights, Activation, Order>();
        if constexpr (fault == detail::weights_fault::ok) {
            return weights.data;
        } else {
            using shown [[maybe_unused]] = typename detail::reported_integers<Net, Weights, fault>::shown;
            return nullptr;
        }
    }

    const std::int32_t* words_;
    arena arena_;
};

/// Runs the form of `Net` with 8-bit (or 16-bit) activations.
///
/// `quantized_inference<net, weights>`, and `embedded<net, weights>`: with a `quantized_weights` object with static storage that `quantize` and
/// `write_constant_weights` made. The activations are the object's only member, so a static one is zero-initialized memory,
/// `quantized_arena_bytes<Net, activation>` of it; more only where vectors read past an end (x86, AArch64).
///
/// `quantized_inference<net> run{weights}`: with 8-bit weights chosen at run time, in the order of this target;
/// `quantized_inference_with` for 16-bit activations and other orders.
template <class Net, const auto&... Weights>
class quantized_inference;

template <class Net, const auto& Weights>
class quantized_inference<Net, Weights>
    : public detail::reported_integers<
          Net, std::remove_cvref_t<decltype(Weights)>,
          detail::integer_weights_fault<Net, std::remove_cvref_t<decltype(Weights)>>()> {};

template <class Net, const auto& Weights>
requires(detail::integer_weights_fault<Net, std::remove_cvref_t<decltype(Weights)>>() ==
         detail::weights_fault::ok) class quantized_inference<Net, Weights> {
    using weights_type = std::remove_cvref_t<decltype(Weights)>;

public:
    using activation = typename weights_type::activation;
    using sample_type = activation;
    static constexpr std::size_t input_size = detail::unchecked_facts<Net>.input.size();
    static constexpr std::size_t output_size = detail::unchecked_facts<Net>.output.size();

    /// One sample in, its result out: a view into this object, valid until the next call.
    /// @param sample  rows, columns, channels in this order, as `input_quantization()` says
    std::span<const activation, output_size> operator()(std::span<const activation, input_size> sample) {
        return arena_.run(Weights.data, sample);
    }
    template <detail::no_sample<activation, input_size> Given>
    constexpr std::span<const activation, output_size> operator()(const Given&) {
        return detail::reported_result<activation, output_size,
                                       detail::sample_report<activation, input_size, Given>>();
    }

    /// What the numbers of a sample, and of its result, stand for.
    static constexpr quantization_to<activation> input_quantization() {
        return detail::block_of<activation>(Weights.data).input();
    }
    static constexpr quantization_to<activation> output_quantization() {
        return detail::block_of<activation>(Weights.data).output();
    }

private:
    template <class>
    friend class with_input;
    using arena = detail::quantized_arena<Net, activation, weights_type::order>;
    static constexpr const std::int32_t* weights() { return Weights.data; }
    arena arena_;
};

template <class Net, const auto& Weights>
requires(detail::kind_of_weights<std::remove_cvref_t<decltype(Weights)>> ==
         detail::weights_kind::integers) class embedded<Net, Weights>
    : public quantized_inference<Net, Weights> {
};

template <class Net>
class quantized_inference<Net> : public quantized_inference_with<Net> {
public:
    using quantized_inference_with<Net>::quantized_inference_with;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
