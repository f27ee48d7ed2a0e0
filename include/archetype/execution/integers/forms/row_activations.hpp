// SPDX-License-Identifier: BSL-1.0
/// @file row_activations.hpp
/// Trained slopes in integers.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/int8_prelu.hpp>

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

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
