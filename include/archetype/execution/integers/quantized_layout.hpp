// SPDX-License-Identifier: BSL-1.0
/// @file quantized_layout.hpp
/// Where the weights and parameters of a network in integers lie: one block of 32-bit words.
#pragma once
#include <archetype/execution/integers/forms/all.hpp>
#include <archetype/execution/integers/quantization.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What activations of a type bring with them.
template <class Number>
struct integer_numbers {
    using channel = kernels::int8_channel;
    static constexpr std::size_t table_size = 256;
    static constexpr bool has_zero_point = true;
};
template <>
struct integer_numbers<std::int16_t> {
    using channel = kernels::int16_channel;
    static constexpr std::size_t table_size = 513;
    static constexpr bool has_zero_point = false;
};

/// Where a step finds what it reads: offsets in words.
struct integer_offsets {
    std::size_t numbers = 0, channels = 0, weights = 0;  ///< of the layer (`integer_form::sizes`)
    std::size_t table = 0, second_table = 0;
    std::size_t join = 0;
};

template <std::size_t Steps>
struct integer_layout {
    std::array<integer_offsets, Steps == 0 ? 1 : Steps> steps{};
    std::size_t words = 0;
};

/// What a block of words begins with: scale and zero point of input and output, and a zero point for each value if there are
/// any. `Word` is std::int32_t, constant or not.
template <class Number, class Word>
struct quantized_block {
    static constexpr std::size_t size(std::size_t values) {
        return 4 + (integer_numbers<Number>::has_zero_point ? values : 0);
    }
    Word* words;

    ARCHETYPE_INLINE constexpr quantization_to<Number> input() const { return at(0); }
    ARCHETYPE_INLINE constexpr quantization_to<Number> output() const { return at(2); }
    ARCHETYPE_INLINE constexpr std::int32_t zero_point(std::size_t value) const {
        if constexpr (integer_numbers<Number>::has_zero_point) return words[4 + value];
        return 0;
    }
    void put(const quantization_to<Number>& input, const quantization_to<Number>& output) const {
        put_at(0, input);
        put_at(2, output);
    }
    void put_zero_point(std::size_t value, std::int32_t zero_point) const {
        if constexpr (integer_numbers<Number>::has_zero_point) words[4 + value] = zero_point;
    }

private:
    ARCHETYPE_INLINE constexpr quantization_to<Number> at(std::size_t offset) const {
        return {__builtin_bit_cast(float, words[offset]), words[offset + 1]};
    }
    void put_at(std::size_t offset, const quantization_to<Number>& q) const {
        words[offset] = __builtin_bit_cast(std::int32_t, q.scale);
        words[offset + 1] = q.zero_point;
    }
};
template <class Number>
ARCHETYPE_INLINE constexpr quantized_block<Number, const std::int32_t> block_of(const std::int32_t* words) {
    return {words};
}

template <class Net, class Number, weight_order Order>
inline constexpr auto integer_layout_of = [] {
    constexpr const auto& plan = inference_plan<Net>;
    using numbers = integer_numbers<Number>;
    integer_layout<plan.step_count> layout;
    layout.words = quantized_block<Number, const std::int32_t>::size(plan.value_count);
    const auto reserve = [&](std::size_t bytes) {
        const std::size_t offset = layout.words;
        layout.words += (bytes + 3) / 4;
        return offset;
    };
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        using made = integer_step<Step>;
        integer_offsets& own = layout.steps[Step::index];
        const integer_sizes sizes = made::form::template sizes<Step, Number>(Order);
        own.numbers = reserve(4 * sizes.numbers);
        own.channels = reserve(sizeof(typename numbers::channel) * sizes.channels);
        own.weights = reserve(sizes.weights);
        if (made::has_table) own.table = reserve(sizeof(Number) * numbers::table_size);
        if (made::has_second_table) own.second_table = reserve(sizeof(Number) * numbers::table_size);
        if (made::joins)
            own.join = reserve(made::joins_by == join_kind::product ? sizeof(kernels::int8_product)
                                                                    : sizeof(kernels::int8_addition));
    });
    return layout;
}();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
