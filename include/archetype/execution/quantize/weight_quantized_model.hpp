// SPDX-License-Identifier: BSL-1.0
/// @file weight_quantized_model.hpp
/// A model's weights in 8 bits, and the network that runs with them on a host.
#pragma once
#include <archetype/error.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/execution/integers/weight_quantized_inference.hpp>
#include <archetype/expression/ieee.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// `Net` with real activations and 8-bit weights: computes on a host what `weight_quantized_inference` does on a device. One
/// call at a time: the object holds the activations.
template <well_formed Net>
class weight_quantized_model {
    using arena = detail::inference_arena<Net, float>;
    static_assert(arena::input_count == 1, "archetype: a weight_quantized_model has one input");

public:
    using network = Net;
    static constexpr shape input_shape = detail::unchecked_facts<Net>.input;
    static constexpr shape output_shape = detail::unchecked_facts<Net>.output;
    using result = detail::result_tensor<output_shape, float>;
    using batch_result = xt::xtensor<float, output_shape.rank + 1>;

    /// @param weights, numbers  as `weights()` and `numbers()` return them
    weight_quantized_model(std::vector<std::int8_t> weights, std::vector<float> numbers)
        : weights_(std::move(weights)), numbers_(std::move(numbers)), arena_(std::make_unique<arena>()) {
        if (weights_.size() != int8_weight_count<Net> || numbers_.size() != int8_weight_numbers<Net>)
            throw detail::thrown<std::invalid_argument>(
                "archetype::weight_quantized_model: expected " + std::to_string(int8_weight_count<Net>) +
                " weights and " + std::to_string(int8_weight_numbers<Net>) + " numbers; found " +
                std::to_string(weights_.size()) + " and " + std::to_string(numbers_.size()));
        weights_.resize(weights_.size() + constant_weights_slack);
        numbers_.resize(numbers_.size() + constant_weights_slack);
    }

    /// The result for one sample, or for a batch with one more axis in front.
    /// @throws shape_error if the shape is another
    template <class E>
    auto operator()(const xt::xexpression<E>& expression) {
        const E& samples = expression.derived_cast();
        constexpr std::size_t in = input_shape.size(), out = output_shape.size();
        constexpr bool is_one = detail::rank_of<E> == input_shape.rank;
        const bool fits =
            is_one ? detail::has_shape(samples, input_shape) : detail::has_batch_shape(samples, input_shape);
        if (!fits)
            throw shape_error("archetype::weight_quantized_model: " +
                              detail::expected_samples("an input", input_shape, samples));
        std::vector<float> flat(samples.size());
        std::transform(samples.template begin<xt::layout_type::row_major>(),
                       samples.template end<xt::layout_type::row_major>(), flat.begin(),
                       [](auto x) { return static_cast<float>(x); });
        auto results = [&] {
            if constexpr (is_one)
                return detail::make_result<result>(output_shape);
            else
                return batch_result::from_shape(detail::batch_extents<output_shape>(samples.shape()[0]));
        }();
        for (std::size_t n = 0; n < flat.size() / in; ++n) {
            const auto scores = arena_->run(detail::int8_weights_view{weights_.data(), numbers_.data()},
                                            std::span<const float, in>(flat.data() + n * in, in));
            std::copy_n(scores.data(), out, results.data() + n * out);
        }
        return results;
    }

    /// What a device reads: `int8_weight_count<Net>` weights and `int8_weight_numbers<Net>` numbers.
    std::span<const std::int8_t> weights() const { return {weights_.data(), int8_weight_count<Net>}; }
    std::span<const float> numbers() const { return {numbers_.data(), int8_weight_numbers<Net>}; }

    /// Both as what a `weight_quantized_stream` refers to; valid as long as this object.
    auto constant_weights() const {
        return int8_weights<architecture_hash<Net>, int8_weight_count<Net>,
                            int8_weight_numbers<Net>>::from_pointer(weights_.data(), numbers_.data());
    }

private:
    std::vector<std::int8_t> weights_;
    std::vector<float> numbers_;
    std::unique_ptr<arena> arena_;
};

/// Weights of convolutions, dense and recurrent layers as 8-bit numbers, symmetric (-127 to 127) with a scale for each filter
/// or column of gates, and tables of tokens with one for each row; biases and all other parameters stay as they are. Batch norm is folded beforehand. Needs no samples.
/// @throws std::invalid_argument if a parameter is not finite
template <class Net, class T>
weight_quantized_model<Net> quantize_weights(const model<Net, T>& net) {
    std::vector<T> folded(inference_weight_count<Net>);
    detail::fold_parameters<Net>(net.data(), folded.data());
    if (!std::all_of(folded.begin(), folded.end(), [](T x) { return expression::is_finite(x); }))
        throw detail::thrown<std::invalid_argument>(
            "archetype::quantize_weights: expected finite parameters");
    std::vector<std::int8_t> weights(int8_weight_count<Net>);
    std::vector<float> numbers(int8_weight_numbers<Net>);
    for (const detail::int8_tensors& step : detail::int8_weights_of<Net>.steps)
        for (std::size_t i = 0; i < step.count; ++i) {
            const detail::int8_tensor& tensor = step.tensors[i];
            const T* const from = folded.data() + tensor.from;
            for (std::uint64_t k = 0; k < tensor.scales(); ++k) {
                float& number = numbers[tensor.numbers + k];
                if (!tensor.is_matrix()) {
                    number = static_cast<float>(from[k]);
                    continue;
                }
                // The elements that share a scale.
                const std::uint64_t first = tensor.by_row ? k * tensor.columns : k,
                                    apart = tensor.by_row ? 1 : tensor.columns,
                                    count = tensor.by_row ? tensor.columns : tensor.rows;
                T largest(0);
                for (std::uint64_t i = 0; i < count; ++i)
                    largest = std::max(largest, std::abs(from[first + i * apart]));
                number = largest == T(0) ? 1 : static_cast<float>(largest / 127);
                for (std::uint64_t i = 0; i < count; ++i)
                    weights[tensor.weights + first + i * apart] = static_cast<std::int8_t>(
                        std::clamp(std::round(static_cast<double>(from[first + i * apart]) /
                                              static_cast<double>(number)),
                                   -127.0, 127.0));
            }
        }
    return {std::move(weights), std::move(numbers)};
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
