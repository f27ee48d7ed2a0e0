// SPDX-License-Identifier: BSL-1.0
/// @file layer_norm.hpp
/// Normalization of each pixel's channels in 8 bits.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/rows/int8_norm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
struct sample_norm_integer_form : plain_integer_form {
    using floating = lowering<Layer>;
    static constexpr integer_scale scale = integer_scale::as_seen;
    static constexpr bool has_16_bits = false, is_calibrated = true;

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return !floating::template by_pixel<Step> || Step::in.channels > 65536
                   ? integer_rule::normalization_is_over_channels
                   : integer_rule::ok;
    }
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = (sizeof(kernels::int8_norm_numbers) +
                            Step::in.channels * sizeof(kernels::int8_norm_channel)) /
                           4};
    }
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        using Step = typename Call::step;
        const std::int32_t* const numbers = call.numbers();
        kernels::int8_norm<Step::in, Step::out, floating::centered>(
            call.in, call.out, call.zero_point(),
            *reinterpret_cast<const kernels::int8_norm_numbers*>(numbers),
            reinterpret_cast<const kernels::int8_norm_channel*>(numbers +
                                                                sizeof(kernels::int8_norm_numbers) / 4));
    }
    template <class Make>
    static auto quantize(const Make& make) {
        using Step = typename Make::step;
        constexpr std::size_t channels = Step::in.channels;
        const auto result = make.result();
        const double unit = static_cast<double>(make.input().scale), step = static_cast<double>(result.scale);
        const double epsilon =
            make.round(Layer::options.epsilon * (channels / unit) * (static_cast<double>(channels) / unit));
        const auto added =
            epsilon < 4e18 ? static_cast<std::uint64_t>(epsilon) : std::uint64_t{4000000000000000000};
        const auto factor = [&](std::size_t c) {
            return floating::scaled ? make.weight(c) / step : 1 / step;
        };
        const auto offset = [&](std::size_t c) {
            const std::size_t first = floating::scaled ? inference_tensor_offset(Step::at, 1) : 0;
            return (floating::shifted ? make.weight(first + c) / step : 0.0) + result.zero_point;
        };
        const auto fraction = [](int shift, int bits) { return power_of_two(shift + 32 - bits); };
        constexpr int bits = kernels::int8_norm_bits(channels);
        // As many bits as fit.
        int shift = 16;
        for (std::size_t c = 0; c < channels; ++c)
            while (shift > 0 && (magnitude(factor(c)) * fraction(shift, bits) >= 2147483647. ||
                                 magnitude(offset(c)) * power_of_two(shift) >= 536870912.))
                --shift;
        make.made.numbers = {static_cast<std::int32_t>(added & 0xffffffffu),
                             static_cast<std::int32_t>(added >> 32), shift};
        for (std::size_t c = 0; c < channels; ++c) {
            make.made.numbers.push_back(limited(make.round(factor(c) * fraction(shift, bits)), 2147483647.));
            make.made.numbers.push_back(limited(
                make.round(offset(c) * power_of_two(shift)) + (shift > 0 ? power_of_two(shift - 1) : 0.0),
                536870912.));
        }
        return result;
    }

private:
    static constexpr double magnitude(double x) { return x < 0 ? -x : x; }
    static constexpr double power_of_two(int exponent) {
        return static_cast<double>(std::uint64_t{1} << exponent);
    }
    static constexpr std::int32_t limited(double x, double most) {
        return static_cast<std::int32_t>(x > most ? most : x < -most ? -most : x);
    }
};

/// Over all pixels of a sample.
template <std::size_t Groups, class... Options>
struct integer_form<group_norm<Groups, Options...>> : plain_integer_form {
    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return integer_rule::normalization_is_over_channels;
    }
};
template <class... Options>
struct integer_form<instance_norm<Options...>> : integer_form<group_norm<1, Options...>> {};

template <class... Options>
struct integer_form<layer_norm<Options...>> : sample_norm_integer_form<layer_norm<Options...>> {};
template <class... Options>
struct integer_form<rms_norm<Options...>> : sample_norm_integer_form<rms_norm<Options...>> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
