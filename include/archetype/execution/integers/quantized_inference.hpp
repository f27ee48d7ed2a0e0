// SPDX-License-Identifier: BSL-1.0
/// @file quantized_inference.hpp
/// A quantized network with constant weights: no heap, no exceptions, no floating point but for its scales.
#pragma once
#include <archetype/execution/inference/inference.hpp>
#include <archetype/execution/integers/int16_form.hpp>

namespace archetype {

namespace detail {

/// Weights have the number of words that the network reads. If they are of another network, it does not matter.
template <class Net, class Weights>
inline constexpr bool same_words =
    !same_architecture<Net, Weights::architecture> ||
    Weights::size() == quantized_weight_count<Net, Weights::order, typename Weights::activation>;

}  // namespace detail

/// Runs the form of `Net` with 8-bit (or 16-bit) activations with `Weights`, a `quantized_weights` object with static storage that `quantize` and
/// `write_constant_weights` made. The activations are the object's only member, so a static one is zero-initialized memory,
/// `quantized_arena_bytes<Net, activation>` of it; more only where vectors read past an end (x86, AArch64).
template <well_formed Net, const auto& Weights>
class quantized_inference {
    using weights_type = std::remove_cvref_t<decltype(Weights)>;
    static constexpr weight_order order = weights_type::order;
    // Before the assertions: g++ 12 evaluates it no more after an error.
    static constexpr const auto& plan = detail::inference_plan<Net>;
    static constexpr bool has_form = detail::has_quantized_form<Net, typename weights_type::activation>();
    static_assert(detail::same_architecture<Net, weights_type::architecture>,
                  "archetype: these 8-bit weights were written for another architecture");
    static_assert(detail::same_words<Net, weights_type>,
                  "archetype: the number of 8-bit weights does not fit the architecture");
    static_assert(has_form || sizeof(typename weights_type::activation) != 1,
                  "archetype: a layer of the network has no 8-bit form");
    static_assert(has_form || sizeof(typename weights_type::activation) != 2,
                  "archetype: a layer of the network has no form with 16-bit activations");

public:
    using activation = typename weights_type::activation;
    static constexpr std::size_t input_size = detail::unchecked_facts<Net>.input.size();
    static constexpr std::size_t output_size = detail::unchecked_facts<Net>.output.size();

    /// One sample in, its result out: a view into this object, valid until the next call.
    /// @param sample  rows, columns, channels in this order, as `input_quantization()` says
    std::span<const activation, output_size> operator()(std::span<const activation, input_size> sample) {
        const activation* input = sample.data();
        if constexpr (!reads_in_place)
            input = detail::place_quantized<Net>(Weights.data, input, arena_, arena_ + plan.arena_elements);
        return std::span<const activation, output_size>(
            detail::run_quantized<Net, order>(Weights.data, input, arena_), output_size);
    }

    /// What the numbers of a sample, and of its result, stand for.
    static constexpr quantization_to<activation> input_quantization() {
        return detail::quantization_at<activation>(Weights.data, 0);
    }
    static constexpr quantization_to<activation> output_quantization() {
        return detail::quantization_at<activation>(Weights.data, 2);
    }

private:
    static constexpr bool reads_in_place = detail::read_slack == 0 && !plan.input_in_arena;

    alignas(4) activation
        arena_[plan.arena_elements + (reads_in_place ? 0 : detail::input_room<Net>)+detail::read_slack];
};

}  // namespace archetype
