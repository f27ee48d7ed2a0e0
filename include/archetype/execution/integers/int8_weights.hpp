// SPDX-License-Identifier: BSL-1.0
/// @file int8_weights.hpp
/// Weights of 8 bits for a network that computes with real numbers: where they, their scales and the other numbers lie.
#pragma once
#include <archetype/execution/integers/forms/all.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A matrix with a scale for each column (or row), or numbers as they are.
struct int8_tensor {
    std::uint64_t rows = 0, columns = 0;
    bool by_row = false;
    std::uint64_t weights = 0;  ///< the first among the 8-bit weights
    std::uint64_t numbers = 0;  ///< the first scale, or number
    std::uint64_t from = 0;     ///< the first among the folded weights
    constexpr bool is_matrix() const { return rows != 0; }
    constexpr std::uint64_t scales() const { return by_row ? rows : columns; }
};
struct int8_tensors {
    std::array<int8_tensor, max_parameter_tensors> tensors{};
    std::size_t count = 0;
};

template <std::size_t Steps>
struct int8_weights_layout {
    std::array<int8_tensors, Steps == 0 ? 1 : Steps> steps{};
    std::uint64_t weights = 0, numbers = 0;
};

template <class Net>
inline constexpr auto int8_weights_of = [] {
    constexpr const auto& plan = inference_plan<Net>;
    int8_weights_layout<plan.step_count> layout;
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
        int8_tensors& made = layout.steps[Step::index];
        if (own.weights_count == 0) return;
        if (const std::size_t same = step_with_same_weights<Net>(Step::index); same != none) {
            made = layout.steps[same];
            return;
        }
        const auto add = [&](std::uint64_t from, std::uint64_t rows, std::uint64_t columns, bool by_row) {
            const int8_tensor tensor{rows, columns, by_row, layout.weights, layout.numbers, from};
            made.tensors[made.count++] = tensor;
            layout.weights += rows * columns;
            layout.numbers += tensor.scales();
        };
        integer_form_of<Step>::template narrow_tensors<Step>(
            own.weights_count, [&](std::uint64_t first, std::uint64_t rows, std::uint64_t columns,
                                   bool by_row = false) { add(own.weights + first, rows, columns, by_row); });
        if (own.has_bias()) add(own.bias, 0, own.bias_count, false);
    });
    return layout;
}();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Weights of `Net` that take 8 bits, and numbers of 32 bits beside them: scales, biases, and what layers without 8-bit
/// weights read.
template <class Net>
inline constexpr std::uint64_t int8_weight_count = detail::int8_weights_of<Net>.weights;
template <class Net>
inline constexpr std::uint64_t int8_weight_numbers = detail::int8_weights_of<Net>.numbers;
/// Bytes of both in read-only storage, without the slack that follows each: 64 elements.
template <class Net>
inline constexpr std::uint64_t int8_weight_bytes = int8_weight_count<Net> + 4 * int8_weight_numbers<Net>;

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
