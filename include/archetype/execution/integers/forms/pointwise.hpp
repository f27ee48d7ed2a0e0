// SPDX-License-Identifier: BSL-1.0
/// @file pointwise.hpp
/// Activations and joins that are steps of their own, and softmax, in integers.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
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

/// Reads 256 halfwords: powers of e.
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
        return {.numbers = 128};
    }
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        using Step = typename Call::step;
        kernels::int8_softmax<Step::in, Step::out>(call.in, call.out,
                                                   reinterpret_cast<const std::uint16_t*>(call.numbers()));
    }
    /// round(2^16 exp(-d scale)) for the distances d = 0 to 255, 2^16 - 1 at most.
    template <class Make>
    static auto quantize(const Make& make) {
        const double scale_of_input = static_cast<double>(make.input().scale);
        const auto power = [&](int d) {
            const double exact = Make::round(65536 * Make::exp(-scale_of_input * d));
            return static_cast<std::uint32_t>(exact < 65535 ? exact : 65535);
        };
        for (int d = 0; d < 256; d += 2)
            make.made.numbers.push_back(static_cast<std::int32_t>(power(d) | power(d + 1) << 16));
        return make.fixed(1.f / 256, -128);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
