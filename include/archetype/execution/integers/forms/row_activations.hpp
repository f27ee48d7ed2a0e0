// SPDX-License-Identifier: BSL-1.0
/// @file row_activations.hpp
/// Trained slopes, gates, log-softmax and the factor of dropout's original form in integers.
#pragma once
#include <archetype/execution/integers/forms/operand.hpp>
#include <archetype/execution/integers/forms/pointwise.hpp>
#include <archetype/kernels/integers/int8_prelu.hpp>
#include <archetype/kernels/integers/rows/int8_gate.hpp>
#include <archetype/kernels/integers/rows/int8_log_softmax.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads the result's zero point, the factor above zero, and one for each slope.
template <class... Options>
struct integer_form<prelu<Options...>> : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::as_seen;
    static constexpr kernels::slope_count count = lowering<prelu<Options...>>::count;

    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = 1 + 3 * (1 + Step::at.parameters[0].extents.size())};
    }
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        const std::int32_t* const numbers = call.numbers();
        const auto* const slopes = reinterpret_cast<const kernels::integer_slope*>(numbers + 1);
        kernels::integer_prelu<Step::in, Step::out>(
            call.in, call.out, call.zero_point(), numbers[0], slopes[0], slopes + 1,
            [](std::size_t channel, std::size_t element) -> std::size_t {
                return count == kernels::slope_count::one           ? 0
                       : count == kernels::slope_count::of_channels ? channel
                                                                    : element;
            });
    }
    template <class Make>
    static auto quantize(const Make& make) {
        const auto result = make.result();
        const double scale = static_cast<double>(make.input().scale) / static_cast<double>(result.scale);
        const auto put = [&](double slope) {
            const auto factor = make.factor(slope < 0 ? -slope * scale : slope * scale);
            for (const std::int32_t number : {factor.first, factor.second, slope < 0 ? -1 : 1})
                make.made.numbers.push_back(number);
        };
        make.made.numbers.assign(1, result.zero_point);
        put(1);
        for (std::size_t i = 0; i < Make::step::at.parameters[0].extents.size(); ++i) put(make.weight(i));
        return result;
    }
};

/// The function is a table of 256 numbers with a scale of its own, the rest MUL: reads the product, and the table.
template <class Layer>
struct gate_integer_form : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::as_seen;
    static constexpr bool has_16_bits = false, is_calibrated = true;

    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = sizeof(kernels::int8_product) / 4, .weights = 256};
    }
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        kernels::int8_gate<Layer::first_is_gate, Step::in, Step::out>(
            call.in, call.out, call.weights(),
            *reinterpret_cast<const kernels::int8_product*>(call.numbers()));
    }
    template <class Make>
    static auto quantize(const Make& make) {
        const auto in = make.input();
        const auto result = make.result();
        const auto at = [&](int q) {
            return typename gate_lowering<Layer>::function{}(static_cast<double>(in.scale) *
                                                             (q - in.zero_point));
        };
        double low = 0, high = 0;
        for (int q = -128; q < 128; ++q) {
            const double x = at(q);
            low = x < low ? x : low;
            high = x > high ? x : high;
        }
        const auto own = make.of_range(low, high);
        for (int q = -128; q < 128; ++q) make.made.weights.push_back(own.quantize(static_cast<float>(at(q))));
        make.join(join_kind::product, own, result);
        return result;
    }
};
template <>
struct integer_form<glu> : gate_integer_form<glu> {};
template <>
struct integer_form<swiglu> : gate_integer_form<swiglu> {};
template <>
struct integer_form<geglu> : gate_integer_form<geglu> {};

/// Reads 256 powers of e, and the scale in sixteenths.
template <>
struct integer_form<log_softmax> : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::fixed;
    static constexpr bool has_16_bits = false, is_calibrated = true;

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return Step::at.input.channels() > 65536 ? integer_rule::classes_fit_the_sum : integer_rule::ok;
    }
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = 257};
    }
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        kernels::int8_log_softmax<Step::in, Step::out>(call.in, call.out, call.numbers(),
                                                       call.numbers()[256]);
    }
    template <class Make>
    static auto quantize(const Make& make) {
        put_powers(make);
        const double step = make.round(static_cast<double>(make.input().scale) * 16 *
                                       (std::int32_t{1} << kernels::log_softmax_bits));
        make.made.numbers.push_back(step < 2147483647. ? static_cast<std::int32_t>(step) : 2147483647);
        return make.fixed(16.f / 256, 127);
    }
};

/// A factor, as a slope that is one above and below zero: reads the result's zero point and the factor.
template <auto Rate>
struct integer_form<original_dropout<Rate>> : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::as_seen;
    static constexpr bool is_calibrated = true;

    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = 4};
    }
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        const auto& factor = *reinterpret_cast<const kernels::integer_slope*>(call.numbers() + 1);
        kernels::integer_prelu<Step::in, Step::out>(call.in, call.out, call.zero_point(), call.numbers()[0],
                                                    factor, &factor,
                                                    [](std::size_t, std::size_t) { return std::size_t{0}; });
    }
    template <class Make>
    static auto quantize(const Make& make) {
        const auto result = make.result();
        const auto factor =
            make.factor((1 - original_dropout<Rate>::rate) *
                        (static_cast<double>(make.input().scale) / static_cast<double>(result.scale)));
        make.made.numbers = {result.zero_point, factor.first, factor.second, 1};
        return result;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
