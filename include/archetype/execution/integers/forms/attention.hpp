// SPDX-License-Identifier: BSL-1.0
/// @file attention.hpp
/// Attention of a sequence with itself, and a class token, in 8 bits.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/rows/int8_attention.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Scores and shares are integers of their own width; nothing but the range of the results is calibrated.
template <std::size_t Heads, class... Options>
struct integer_form<scaled_dot_product_attention<Heads, Options...>> : plain_integer_form {
    using layer = scaled_dot_product_attention<Heads, Options...>;
    static constexpr integer_scale scale = integer_scale::as_seen;
    static constexpr bool has_16_bits = false, is_calibrated = true;

    template <class Step>
    static constexpr kernels::int8_attention_geometry geometry{Step::in, Step::out, Heads,
                                                               layer::key_value_heads};

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        constexpr std::size_t size = Step::out.channels / Heads;
        return layer::is_masked || layer::base != 0 || layer::cap != 0 || size > 1024 ||
                       Step::out.width > 4096
                   ? integer_rule::attention_is_plain
                   : integer_rule::ok;
    }
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = sizeof(kernels::int8_attention_numbers) / 4};
    }
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        using Step = typename Call::step;
        static_assert(4 * Step::in.width <= Step::at.scratch_elements);
        kernels::int8_attention<geometry<Step>, layer>(
            call.in, call.out, call.zero_point(),
            *reinterpret_cast<const kernels::int8_attention_numbers*>(call.numbers()),
            reinterpret_cast<std::int32_t*>(call.scratch));
    }
    template <class Make>
    static auto quantize(const Make& make) {
        const auto result = make.result();
        const double unit = static_cast<double>(make.input().scale);
        constexpr double parts_of_e = 369.3299304675746;  // 256 / ln 2
        const auto score =
            make.factor(unit * unit * parts_of_e / make.root(geometry<typename Make::step>.size()));
        const auto value = make.factor(unit / static_cast<double>(result.scale));
        // A shift from -8 to 20 is what the kernel's products have room for.
        const int small = value.second < -8 ? -8 - value.second : 0;
        make.made.numbers = {score.first, score.second, small < 31 ? value.first >> small : 0,
                             value.second > 20 ? 20 : value.second + small, result.zero_point};
        return result;
    }
};

/// Attention to another sequence.
template <std::size_t Heads, std::size_t KeyValueHeads, bool Masked, double Rate, double Cap>
struct integer_form<attention_to<Heads, KeyValueHeads, Masked, Rate, Cap>> : plain_integer_form {
    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return integer_rule::attention_is_plain;
    }
};

/// Reads the result's zero point, the factor between the scales, and the token.
template <class... Options>
struct integer_form<class_token<Options...>> : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::as_seen;
    static constexpr bool has_16_bits = false, is_calibrated = true;

    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = 3, .weights = Step::out.channels};
    }
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        constexpr kernels::image in = Step::in, out = Step::out;
        const std::int32_t* const numbers = call.numbers();
        for (std::size_t c = 0; c < out.channels; ++c)
            call.out[kernels::pixel_offset<out>(0, 0, 0) + c] = call.weights()[c];
        for (std::size_t x = 0; x < in.width; ++x)
            for (std::size_t c = 0; c < in.channels; ++c) {
                const std::int32_t q = call.in[kernels::pixel_offset<in>(0, 0, x) + c] - call.zero_point();
                call.out[kernels::pixel_offset<out>(0, 0, x + 1) + c] = kernels::clamp(
                    kernels::multiply_by_quantized_multiplier(q, numbers[1], numbers[2]) + numbers[0],
                    {0, -128});
            }
    }
    template <class Make>
    static auto quantize(const Make& make) {
        const auto result = make.result();
        const auto factor =
            make.factor(static_cast<double>(make.input().scale) / static_cast<double>(result.scale));
        make.made.numbers = {result.zero_point, factor.first, factor.second};
        for (std::size_t c = 0; c < Make::step::out.channels; ++c)
            make.made.weights.push_back(result.quantize(static_cast<float>(make.weight(c))));
        return result;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
