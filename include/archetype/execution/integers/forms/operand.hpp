// SPDX-License-Identifier: BSL-1.0
/// @file operand.hpp
/// Joins with a tensor of the layer's own in 8 bits, and waves that tell positions.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/int8_join.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// As a join of two values, the second of which is a constant with a scale of its own: reads the join, and that constant.
template <join_kind Joins>
struct operand_integer_form : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::as_seen;
    static constexpr bool has_16_bits = false, is_calibrated = true;
    static constexpr bool multiplies = Joins == join_kind::product;

    static constexpr std::size_t join_words =
        (multiplies ? sizeof(kernels::int8_product) : sizeof(kernels::int8_addition)) / 4;

    /// With `Own`, the constant's image.
    template <kernels::image Own, class Call>
    static void run_with(const Call& call) {
        using Step = typename Call::step;
        constexpr kernels::stretched_image own = kernels::stretch(Own, Step::out);
        const auto join = [&](const auto& function) {
            kernels::int8_join<Step::in, own, Step::out>(call.in, call.weights(), call.out, function);
        };
        if constexpr (multiplies) {
            join(*reinterpret_cast<const kernels::int8_product*>(call.numbers()));
        } else {
            const auto& sum = *reinterpret_cast<const kernels::int8_addition*>(call.numbers());
            if constexpr (Joins == join_kind::sum || Joins == join_kind::mean)
                join(sum);
            else
                join([&](std::int8_t a, std::int8_t b) {
                    return sum.joined(a, b, [](std::int32_t x, std::int32_t y) {
                        return Joins == join_kind::difference             ? x - y
                               : (Joins == join_kind::maximum) == (x < y) ? y
                                                                          : x;
                    });
                });
        }
    }
    /// @param value  value(i): element `i` of the constant, of `count`
    template <class Make, class Value>
    static auto quantize_with(const Make& make, std::size_t count, const Value& value) {
        const auto result = make.result();
        double low = 0, high = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const double x = value(i);
            low = x < low ? x : low;
            high = x > high ? x : high;
        }
        const auto own = make.of_range(low, high);
        for (std::size_t i = 0; i < count; ++i)
            make.made.weights.push_back(own.quantize(static_cast<float>(value(i))));
        make.join(Joins, own, result);
        return result;
    }
};

template <class Layer>
requires(Layer::role == layer_role::operand && requires { typename Layer::join; }) struct integer_form<Layer>
    : operand_integer_form<Layer::join::joins> {
    using base = operand_integer_form<Layer::join::joins>;

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return Layer::join::joins == join_kind::quotient || Step::taken != Step::result
                   ? integer_rule::join_adds_one_value
                   : integer_rule::ok;
    }
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = base::join_words, .weights = Layer::extents_for(Step::taken).size()};
    }
    template <class Call>
    static void run(const Call& call) {
        base::template run_with<image_of(value{}, Layer::extents_for(Call::step::taken))>(call);
    }
    template <class Make>
    static auto quantize(const Make& make) {
        return base::quantize_with(make, Layer::extents_for(Make::step::taken).size(),
                                   [&](std::size_t i) { return make.weight(i); });
    }
};

template <double Base>
struct integer_form<sinusoidal_positions<Base>> : operand_integer_form<join_kind::sum> {
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = join_words, .weights = Step::in.size()};
    }
    template <class Call>
    static void run(const Call& call) {
        run_with<image_of(value{}, Call::step::taken)>(call);
    }
    template <class Make>
    static auto quantize(const Make& make) {
        using Step = typename Make::step;
        const auto waves = make.results_of_zeros();
        return quantize_with(make, Step::in.size(), [&](std::size_t i) { return waves[i]; });
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
