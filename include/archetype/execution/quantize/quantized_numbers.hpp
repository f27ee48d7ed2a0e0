// SPDX-License-Identifier: BSL-1.0
/// @file quantized_numbers.hpp
/// The numbers of a quantized network on a host, before they are packed for a processor, and how real numbers become them.
#pragma once
#include <archetype/execution/integers/quantized_pass.hpp>
#include <archetype/execution/integers/quantized_sizes.hpp>
#include <archetype/expression/ieee.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// One step with activations of type `Number`. Weights are [filter][row][column][channel of the group]; for depthwise
/// convolutions with 8-bit activations [row][column][filter], as TensorFlow Lite stores them.
template <class Number>
struct quantized_step_of {
    using channel = typename integer_numbers<Number>::channel;
    quantization_to<Number> result{};               ///< of the layer, before tables
    quantization_to<Number> activated{}, joined{};  ///< behind the first table; of the join, before a table
    std::int32_t minimum = std::numeric_limits<Number>::min();
    std::vector<channel> channels;
    std::vector<std::int8_t> weights;
    std::vector<Number> table, second_table;
    kernels::int8_addition addition{};
    kernels::int8_product product{};
    std::vector<std::int32_t> numbers;  ///< what else the layer reads
};
using quantized_step = quantized_step_of<std::int8_t>;

/// All steps of the inference plan, and what its values stand for.
template <class Number>
struct quantized_network_of {
    std::vector<quantization_to<Number>> values;
    std::vector<quantized_step_of<Number>> steps;
};
using quantized_network = quantized_network_of<std::int8_t>;

/// A real factor as multiplier * 2^(shift - 31), the multiplier at least 2^30 (QuantizeMultiplier).
inline std::pair<std::int32_t, std::int32_t> quantized_multiplier(double factor) {
    if (!(factor > 0)) return {0, 0};
    int shift = 0;
    auto multiplier = std::llround(std::ldexp(std::frexp(factor, &shift), 31));
    if (multiplier == std::int64_t{1} << 31) {
        multiplier /= 2;
        ++shift;
    }
    if (shift < -31) return {0, 0};
    if (shift > 30) return {2147483647, 30};
    return {static_cast<std::int32_t>(multiplier), shift};
}

/// The scale and zero point for numbers between `low` and `high`: zero is among them and exact, and 256 steps cover them.
inline quantization quantization_of(double low, double high) {
    low = std::min(low, 0.0), high = std::max(high, 0.0);
    const float scale = static_cast<float>((high - low) / 255);
    if (!(scale > 0)) return {1, 0};
    const double zero = std::round(-128 - low / static_cast<double>(scale));
    return {scale, static_cast<std::int32_t>(std::clamp(zero, -128.0, 127.0))};
}

/// The scale for 16-bit numbers between `low` and `high`: symmetric, up to 32767.
inline quantization_to<std::int16_t> symmetric_quantization_of(double low, double high) {
    const float scale = static_cast<float>(std::max({-low, high, 0.0}) / 32767);
    return {scale > 0 ? scale : 1, 0};
}
template <class Number>
quantization_to<Number> quantization_of_range(double low, double high) {
    if constexpr (std::is_same_v<Number, std::int16_t>)
        return symmetric_quantization_of(low, high);
    else
        return quantization_of(low, high);
}

/// How the sums of a filter become results: the bias in units of a sum, and the real factor.
template <class Channel>
Channel make_channel(double bias, double factor) {
    auto [multiplier, shift] = quantized_multiplier(factor);
    if constexpr (std::is_same_v<Channel, kernels::int16_channel>) {
        if (shift > 14) multiplier = 2147483647, shift = 14;
        return Channel::of(static_cast<std::int64_t>(bias), multiplier, shift);
    } else {
        return {static_cast<std::int32_t>(bias), multiplier, shift};
    }
}

/// What has to stay below the limit of a sum: the bias with all products, or alone where products are summed in parts.
enum class sum_contents { bias_and_products, bias };

/// The limit of a sum, which is not reached: 2^30 with 8-bit activations (SMMULR takes it twice), 2^47 with 16-bit ones.
template <class Number>
inline constexpr double sum_limit = sizeof(Number) == 1 ? 1073741824.0 : 140737488355328.0;

/// One filter in 8 bits. Its scale is that of the largest weight, or larger: as large as it takes for the bias and the sums
/// to fit (TensorFlow Lite's AdjustWeightsForBiasScale, and the same for sums), and in 16 bits for the factor not to vanish.
/// @param weights  numbers of its taps
/// @param put      put(tap, weight)
/// @param is_single  scales are multiplied in single precision, as the reference kernels do where a dense layer has one
template <class Number, class Put>
auto quantize_filter(const std::vector<double>& weights, double bias, const quantization_to<Number>& in,
                     const quantization_to<Number>& result, sum_contents contents, const Put& put,
                     bool is_single = false) {
    using channel = typename quantized_step_of<Number>::channel;
    const auto as_float = [](double x) { return static_cast<double>(static_cast<float>(x)); };
    const double unit = static_cast<double>(in.scale), step = static_cast<double>(result.scale);
    double largest = 0;
    for (const double w : weights) largest = std::max(largest, std::abs(w));
    double scale = as_float(largest / 127);
    if (scale == 0) scale = as_float(std::ldexp(step / unit, -16));  // the bias alone, finer than the results
    if (sizeof(Number) == 2) scale = std::max(scale, std::ldexp(step / unit, -31));
    // What a weight of 1 adds to the bias and the sum of both, at most and at least.
    const double most = static_cast<double>(std::numeric_limits<Number>::max()) - in.zero_point,
                 least = static_cast<double>(std::numeric_limits<Number>::min()) - in.zero_point;
    for (;;) {
        double sum = 0, high = 0, low = 0;
        for (std::size_t tap = 0; tap < weights.size(); ++tap) {
            const double q = std::clamp(std::round(weights[tap] / scale), -127.0, 127.0);
            put(tap, static_cast<std::int8_t>(q));
            sum += q;
            high += q * (q > 0 ? most : least);
            low += q * (q > 0 ? least : most);
        }
        const double accumulator = is_single ? as_float(unit * scale) : unit * scale,
                     own = bias / accumulator,
                     folded = std::round(own) - static_cast<double>(in.zero_point) * sum;
        const double reach =
            contents == sum_contents::bias
                ? std::max(std::abs(own), std::abs(folded))
                : std::max(std::abs(own), std::max(std::abs(own + high), std::abs(own + low)));
        if (reach + 1 < sum_limit<Number>) return make_channel<channel>(folded, accumulator / step);
        scale = as_float(scale * std::max((reach + 2) / sum_limit<Number>, 1 + 1e-3));
    }
}

/// Quantizes a contraction: filters of `taps` weights with a scale each.
/// @param weight  weight(filter, tap)
/// @param bias    bias(filter)
/// @param place   place(filter, tap): where it is stored
template <class Number, class Weight, class Bias, class Place>
void quantize_filters(std::size_t filters, std::size_t taps, const quantization_to<Number>& in,
                      quantized_step_of<Number>& step, const Weight& weight, const Bias& bias,
                      const Place& place, sum_contents contents = sum_contents::bias_and_products,
                      bool is_single = false) {
    step.weights.resize(filters * taps);
    std::vector<double> weights(taps);
    for (std::size_t f = 0; f < filters; ++f) {
        for (std::size_t tap = 0; tap < taps; ++tap) weights[tap] = weight(f, tap);
        step.channels.push_back(quantize_filter(
            weights, bias(f), in, step.result, contents,
            [&](std::size_t tap, std::int8_t q) { step.weights[place(f, tap)] = q; }, is_single));
    }
}

/// The rows of a recurrent layer: products with inputs that stand for `in`, or with states (15 bits after the point), to
/// sums with 12 bits after the point. They follow those that are there.
template <class Number, class Weight, class Bias>
void quantize_gates(std::size_t columns, std::size_t count, const quantization_to<Number>& in,
                    quantized_step_of<Number>& step, const Weight& weight, const Bias& bias) {
    quantized_step_of<Number> rows;
    rows.result = {1.f / 4096, 0};
    quantize_filters(
        columns, count, in, rows, weight, bias,
        [&](std::size_t column, std::size_t i) { return column * count + i; }, sum_contents::bias);
    step.channels.insert(step.channels.end(), rows.channels.begin(), rows.channels.end());
    step.weights.insert(step.weights.end(), rows.weights.begin(), rows.weights.end());
}

/// The integer arithmetic of an addition (TensorFlow Lite's ADD), times `share`.
inline kernels::int8_addition make_addition(const quantization& a, const quantization& b,
                                            const quantization& out, bool rectifies, double share = 1) {
    const double twice = 2 * std::max(static_cast<double>(a.scale), static_cast<double>(b.scale));
    const double factors[] = {
        static_cast<double>(a.scale) / twice, static_cast<double>(b.scale) / twice,
        share * twice / (1 << kernels::int8_addition::left_shift) / static_cast<double>(out.scale)};
    kernels::int8_addition made{
        {a.zero_point, b.zero_point}, {}, {}, {out.zero_point, rectifies ? out.zero_point : -128}};
    for (std::size_t i = 0; i < 3; ++i)
        std::tie(made.multiplier[i], made.shift[i]) = quantized_multiplier(factors[i]);
    return made;
}

/// That of a product (MUL).
inline kernels::int8_product make_product(const quantization& a, const quantization& b,
                                          const quantization& out, bool rectifies) {
    kernels::int8_product made{
        {a.zero_point, b.zero_point}, 0, 0, {out.zero_point, rectifies ? out.zero_point : -128}};
    std::tie(made.multiplier, made.shift) = quantized_multiplier(
        static_cast<double>(a.scale) * static_cast<double>(b.scale) / static_cast<double>(out.scale));
    return made;
}

/// What a form is made with, whatever its numbers come from.
struct maker_arithmetic {
    /// A factor of at least 0 as multiplier and shift (`quantized_multiplier`).
    static std::pair<std::int32_t, std::int32_t> factor(double x) { return quantized_multiplier(x); }
    static double round(double x) { return std::round(x); }
    static double root(std::size_t x) { return std::sqrt(static_cast<double>(x)); }
    static double exp(double x) { return std::exp(x); }
    static quantization of_range(double low, double high) { return quantization_of(low, high); }
};
/// The words of a join of two values (`make_addition`, `make_product`).
inline std::vector<std::int32_t> words_of_join(join_kind joins, const quantization& a, const quantization& b,
                                               const quantization& out) {
    const auto words = [](const auto& made) {
        std::vector<std::int32_t> copy(sizeof(made) / 4);
        std::memcpy(copy.data(), &made, sizeof(made));
        return copy;
    };
    if (joins == join_kind::product) return words(make_product(a, b, out, false));
    return words(make_addition(a, b, out, false, joins == join_kind::mean ? 0.5 : 1.0));
}
/// What a step's layer makes of zeros, by its definition.
template <class Step>
std::vector<double> results_of_zeros() {
    const std::vector<double> zeros(Step::in.size());
    std::vector<double> made(Step::out.size());
    lowering_of<Step>::template reference<Step, double>(zeros.data(), made.data(), nullptr, nullptr);
    return made;
}

/// What two values that stand for `a` (input `position` of a join) and `b` can be together.
inline quantization quantization_of_join(join_kind joins, std::size_t position, const quantization& a,
                                         const quantization& b) {
    const auto reach = [](const quantization& q, int end) {
        return static_cast<double>(q.scale) * (end - q.zero_point);
    };
    const double ends[] = {reach(a, -128), reach(a, 127)}, others[] = {reach(b, -128), reach(b, 127)};
    double low = 0, high = 0;
    for (const double x : ends)
        for (const double y : others) {
            const double joined = joins == join_kind::product      ? x * y
                                  : joins == join_kind::mean       ? (x + y) / 2
                                  : joins == join_kind::maximum    ? std::max(x, y)
                                  : joins == join_kind::minimum    ? std::min(x, y)
                                  : joins == join_kind::difference ? (position == 0 ? x - y : y - x)
                                                                   : x + y;
            low = std::min(low, joined), high = std::max(high, joined);
        }
    return quantization_of(low, high);
}

/// 256 results of a function of real numbers (LUTPopulate).
template <class Function>
std::vector<std::int8_t> make_table(const quantization& in, const quantization& out,
                                    const Function& function) {
    std::vector<std::int8_t> table(256);
    for (std::size_t i = 0; i < table.size(); ++i) {
        const int q = static_cast<int>(i) - 128;
        const double x = static_cast<double>(in.scale) * (q - in.zero_point);
        const double steps = std::round(function(x) / static_cast<double>(out.scale)) + out.zero_point;
        table[i] = static_cast<std::int8_t>(
            expression::is_nan(steps) ? out.zero_point : static_cast<int>(std::clamp(steps, -128.0, 127.0)));
    }
    return table;
}

/// A function of real numbers at 513 points, moved by half of what lines between them miss in the middle (LUTPopulate).
template <class Function>
std::vector<std::int16_t> make_table(const quantization_to<std::int16_t>& in,
                                     const quantization_to<std::int16_t>& out, const Function& function) {
    std::vector<std::int16_t> table(513);
    const double first = -32768 * static_cast<double>(in.scale), last = 32767 * static_cast<double>(in.scale),
                 step = (last - first) / 512;
    const auto steps = [&](double x) {
        const double y = function(x) / static_cast<double>(out.scale);
        return expression::is_nan(y) ? 0 : std::clamp(y, -1e9, 1e9);
    };
    for (int i = 0; i < 513; ++i) {
        const double x = first + i * step, here = std::round(steps(x));
        double miss = 0;
        if (i < 512)
            miss =
                std::round((std::round((steps(x + step) + here) / 2) - std::round(steps(x + step / 2))) / 2);
        table[static_cast<std::size_t>(i)] =
            static_cast<std::int16_t>(std::clamp(here - miss, -32768.0, 32767.0));
    }
    return table;
}

/// Where the numbers of a layer go (`integer_form::pack`).
template <class Number>
struct integer_place {
    static constexpr bool is_16_bit = sizeof(Number) == 2;
    std::int32_t* numbers;
    typename integer_numbers<Number>::channel* channels;
    std::int8_t* weights;
};

/// Packs a network for the kernels of an order.
template <class Net, weight_order Order, class Number>
std::vector<std::int32_t> pack_network(const quantized_network_of<Number>& network) {
    static_assert(sizeof(Number) == 1 || Order == weight_order::plain,
                  "archetype: weights for 16-bit activations have the plain order");
    constexpr const auto& layout = integer_layout_of<Net, Number, Order>;
    std::vector<std::int32_t> words(layout.words);
    const quantized_block<Number, std::int32_t> block{words.data()};
    block.put(network.values.front(), network.values[inference_plan<Net>.outputs[0]]);
    for (std::size_t v = 0; v < network.values.size(); ++v)
        block.put_zero_point(v, network.values[v].zero_point);
    const auto put = [&](std::size_t offset, const std::vector<Number>& numbers) {
        if (!numbers.empty())
            std::memcpy(words.data() + offset, numbers.data(), numbers.size() * sizeof(Number));
    };
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        constexpr integer_offsets own = layout.steps[Step::index];
        const quantized_step_of<Number>& step = network.steps[Step::index];
        using place = integer_place<Number>;
        integer_form_of<Step>::template pack<Step, Order>(
            step, place{words.data() + own.numbers,
                        reinterpret_cast<decltype(place::channels)>(words.data() + own.channels),
                        reinterpret_cast<std::int8_t*>(words.data() + own.weights)});
        put(own.table, step.table);
        put(own.second_table, step.second_table);
        if constexpr (integer_step<Step>::joins_by == join_kind::product)
            std::memcpy(words.data() + own.join, &step.product, sizeof(step.product));
        else if constexpr (integer_step<Step>::joins)
            std::memcpy(words.data() + own.join, &step.addition, sizeof(step.addition));
    });
    return words;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
