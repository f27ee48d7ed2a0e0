// SPDX-License-Identifier: BSL-1.0
/// @file embedded.hpp
/// A network whose weights are known where the program is linked.
#pragma once
#include <archetype/execution/inference/inference.hpp>

namespace archetype {

/// Runs `Net` with the weights `Weights`, a `constant_weights` at namespace scope. As `inference`, but nothing of the
/// weights is in the object: made static it is `arena_bytes<Net>` of zeros (.bss) that no code prepares, and the weights
/// stay where the linker put them.
template <class Net, const auto& Weights>
class embedded : detail::faulty_object<Net> {
public:
    using detail::faulty_object<Net>::faulty_object;
    using detail::faulty_object<Net>::operator();
};

template <well_formed Net, const auto& Weights>
class embedded<Net, Weights> {
    using weights_type = std::remove_cvref_t<decltype(Weights)>;
    using T = typename weights_type::value_type;
    static_assert(detail::same_architecture<Net, weights_type::architecture>,
                  "archetype: these constant weights were written for another architecture");
    static_assert(detail::same_count<Net, weights_type::architecture, weights_type::size()>,
                  "archetype: the number of constant weights does not fit the architecture");
    using arena = detail::inference_arena<Net, T>;

public:
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

    /// Output `K` of the last call: 0 is what it returned, side outputs follow in their order.
    template <std::size_t K>
    constexpr auto output() const {
        return arena_.template output<K>();
    }

private:
    arena arena_;
};

}  // namespace archetype
