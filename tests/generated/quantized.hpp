// SPDX-License-Identifier: BSL-1.0
// The forms with 8-bit weights: packed for this processor against the plain order, and near the real network.
#pragma once
#include <archetype/execution/integers/integer_rules.hpp>
#include <archetype/execution/integers/quantized_pass.hpp>
#include <archetype/execution/integers/quantized_sizes.hpp>
#include <archetype/execution/quantize/calibration.hpp>

#include "checks.hpp"

namespace generated {

template <class Net, weight_order Order, class Number>
std::vector<Number> run_in_order(const detail::quantized_network_of<Number>& numbers,
                                 const std::vector<Number>& sample) {
    constexpr const auto& plan = detail::inference_plan<Net>;
    const std::vector<std::int32_t> words = detail::pack_network<Net, Order>(numbers);
    std::vector<Number> arena(plan.arena_elements + detail::input_room<Net> + detail::read_slack, 55);
    const Number* const input = detail::place_quantized<Net>(words.data(), sample.data(), arena.data(),
                                                             arena.data() + plan.arena_elements);
    const Number* const found = detail::run_quantized<Net, Order>(words.data(), input, arena.data());
    return std::vector<Number>(found, found + output_shape_of<Net>(0).size());
}

/// @param most  error that is tolerated, of the results' range
template <class Net, class Number>
void check_quantized(report& to, const double* folded, const inputs_of<Net, double>& inputs,
                     const results<double>& wanted, double most) {
    detail::calibration<Net> seen;
    for (std::size_t n = 0; n < inputs.count; ++n) seen.take(folded, inputs.sample(0, n));
    const auto numbers = detail::quantize_network<Number>(seen, folded);
    const auto in = numbers.values.front(), out = numbers.values[detail::inference_plan<Net>.outputs[0]];
    double low = 0, high = 0, worst = 0;
    for (const double x : wanted[0]) low = std::min(low, x), high = std::max(high, x);
    results<Number> own(1), plain(1);
    for (std::size_t n = 0; n < inputs.count; ++n) {
        std::vector<Number> sample;
        for (std::size_t i = 0; i < input_shape_of<Net>(0).size(); ++i)
            sample.push_back(in.quantize(static_cast<float>(inputs.sample(0, n)[i])));
        sample.resize(sample.size() + detail::read_slack);
        for (const Number x : run_in_order<Net, detail::order_for<Number>>(numbers, sample)) {
            worst = std::max(worst, std::abs(double(out.dequantize(x)) - wanted[0][own[0].size()]));
            own[0].push_back(x);
        }
        for (const Number x : run_in_order<Net, weight_order::plain>(numbers, sample)) plain[0].push_back(x);
    }
    to.compare("8 bits, packed for this processor", own, plain, 0);
    if (high > low && worst > most * (high - low))
        to.fail(sizeof(Number) == 1 ? "8 bits" : "16-bit activations", "largest error, and the range", worst,
                high - low);
}

template <class Net>
void check_int8(report& to, const double* folded, const inputs_of<Net, double>& inputs,
                const results<double>& wanted) {
    if constexpr (quantizable<Net, std::int8_t>)
        check_quantized<Net, std::int8_t>(to, folded, inputs, wanted, 0.4);
    if constexpr (quantizable<Net, std::int16_t>)
        check_quantized<Net, std::int16_t>(to, folded, inputs, wanted, 0.2);
}

}  // namespace generated
