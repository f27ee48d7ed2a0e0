// SPDX-License-Identifier: BSL-1.0
// The 8-bit form: packed for this processor against the plain order, and near the real network.
#pragma once
#include <archetype/execution/integers/int16_form.hpp>
#include <archetype/execution/integers/quantized_pass.hpp>
#include <archetype/execution/quantize/calibration.hpp>

#include "checks.hpp"

namespace generated {

template <class Net, weight_order Order, class Numbers>
std::vector<std::int8_t> run_in_order(const Numbers& numbers, const std::vector<std::int8_t>& sample) {
    constexpr const auto& plan = detail::inference_plan<Net>;
    const std::vector<std::int32_t> words = detail::pack_network<Net, Order>(numbers);
    std::vector<std::int8_t> arena(plan.arena_elements + detail::input_room<Net> + detail::read_slack, 55);
    const std::int8_t* const input = detail::place_quantized<Net>(words.data(), sample.data(), arena.data(),
                                                                  arena.data() + plan.arena_elements);
    const std::int8_t* const found = detail::run_quantized<Net, Order>(words.data(), input, arena.data());
    return std::vector<std::int8_t>(found, found + output_shape_of<Net>(0).size());
}

template <class Net>
void check_int8(report& to, const double* folded, const inputs_of<Net, double>& inputs,
                const results<double>& wanted) {
    if constexpr (detail::has_int8_form<Net>()) {
        detail::calibration<Net> seen;
        for (std::size_t n = 0; n < inputs.count; ++n) seen.take(folded, inputs.sample(0, n));
        const auto numbers = detail::quantize_network<std::int8_t>(seen, folded);
        const auto in = numbers.values.front(), out = numbers.values[detail::inference_plan<Net>.outputs[0]];
        double low = 0, high = 0, most = 0;
        for (const double x : wanted[0]) low = std::min(low, x), high = std::max(high, x);
        results<std::int8_t> own(1), plain(1);
        for (std::size_t n = 0; n < inputs.count; ++n) {
            std::vector<std::int8_t> sample;
            for (std::size_t i = 0; i < input_shape_of<Net>(0).size(); ++i)
                sample.push_back(in.quantize(static_cast<float>(inputs.sample(0, n)[i])));
            for (const std::int8_t x : run_in_order<Net, detail::order_for<std::int8_t>>(numbers, sample)) {
                most = std::max(most, std::abs(double(out.dequantize(x)) - wanted[0][own[0].size()]));
                own[0].push_back(x);
            }
            for (const std::int8_t x : run_in_order<Net, weight_order::plain>(numbers, sample))
                plain[0].push_back(x);
        }
        to.compare("8 bits, packed for this processor", own, plain, 0);
        if (high > low && most > 0.4 * (high - low))
            to.fail("8 bits", "largest error, of the range", most, high - low);
    }
}

}  // namespace generated
