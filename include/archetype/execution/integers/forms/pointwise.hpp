// SPDX-License-Identifier: BSL-1.0
/// @file pointwise.hpp
/// Activations and joins that are steps of their own, and softmax, in integers.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/int8_join.hpp>
#include <archetype/kernels/integers/int8_pointwise.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// By the step's table.
template <class Layer>
requires(Layer::role == layer_role::pointwise) struct integer_form<Layer> : identity_integer_form {
};
/// By the step's join.
template <class Join>
requires(Join::role == layer_role::join) struct integer_form<Join> : identity_integer_form {
};

/// Puts e^(-d scale) for the distances d = 0 to 255, as TensorFlow Lite computes it from integers; nothing beyond e^-31.
template <class Make>
void put_powers(const Make& make) {
    const double scale = static_cast<double>(make.input().scale) * (1 << 26);
    const auto [multiplier, shift] = make.factor(scale < 2147483647. ? scale : 2147483647.);
    const std::int64_t farthest = (std::int64_t{31} << 26) >> (shift > 0 ? shift : 0);
    for (std::int32_t d = 0; d < 256; ++d)
        make.made.numbers.push_back(
            d > farthest ? 0
                         : kernels::exponential_of_negative(
                               kernels::multiply_by_quantized_multiplier(-d, multiplier, shift)));
}

/// Reads 256 words: powers of e.
template <>
struct integer_form<softmax> : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::fixed;
    static constexpr bool has_16_bits = false;

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return Step::at.input.channels() > 65536 ? integer_rule::classes_fit_the_sum : integer_rule::ok;
    }
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = 256};
    }
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        using Step = typename Call::step;
        kernels::int8_softmax<Step::in, Step::out>(call.in, call.out, call.numbers());
    }
    template <class Make>
    static auto quantize(const Make& make) {
        put_powers(make);
        return make.fixed(1.f / 256, -128);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
