// SPDX-License-Identifier: BSL-1.0
/// @file embedded.hpp
/// A network whose weights are known where the program is linked.
#pragma once
#include <archetype/execution/inference/inference.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Runs `Net` with the weights `Weights` at namespace scope. As `inference`, but nothing of the weights is in the object: made
/// static it is `arena_bytes<Net>` of zeros (.bss) that no code prepares, and the weights stay where the linker put them.
///
/// What `write_constant_weights` wrote says which form runs: `constant_weights` real numbers, `quantized_weights` 8 or 16 bits
/// (a `quantized_inference`), `int8_weights` 8-bit weights with real activations (a `weight_quantized_inference`).
template <class Net, const auto& Weights>
class embedded : public detail::reported_weights<
                     Net, detail::real_weights_fault<Net, std::remove_cvref_t<decltype(Weights)>>()> {};

template <class Net, const auto& Weights>
requires(detail::real_weights_fault<Net, std::remove_cvref_t<decltype(Weights)>>() ==
         detail::weights_fault::ok) class embedded<Net, Weights> {
    static_assert(detail::activations_are_expressions<Net>);
    using T = typename std::remove_cvref_t<decltype(Weights)>::value_type;
    using arena = detail::inference_arena<Net, T>;

public:
    using sample_type = T;
    using network_type = Net;
    static constexpr std::size_t input_size = arena::input_size;
    static constexpr std::size_t output_size = arena::output_size;

    /// One sample in, its result out: a view into this object, valid until the next call.
    /// @param sample  rows, columns, channels in this order, without padding
    /// @param others  the samples of further inputs, in their order
    template <class... Others>
    requires(sizeof...(Others) + 1 == arena::input_count) constexpr std::span<const T, output_size>
    operator()(std::span<const T, input_size> sample, const Others&... others) {
        return arena_.run(Weights.data, sample, others...);
    }
    template <detail::no_sample<T, input_size> Given, class... Others>
    constexpr std::span<const T, output_size> operator()(const Given&, const Others&...) {
        return detail::reported_result<T, output_size, detail::sample_report<T, input_size, Given>>();
    }

    /// Output `K` of the last call: 0 is what it returned, side outputs follow in their order.
    template <std::size_t K>
    constexpr auto output() const {
        return arena_.template output<K>();
    }

private:
    template <class>
    friend class with_input;
    static constexpr const T* weights() { return Weights.data; }
    arena arena_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
