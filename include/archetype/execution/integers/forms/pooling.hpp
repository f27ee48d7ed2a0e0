// SPDX-License-Identifier: BSL-1.0
/// @file pooling.hpp
/// Pooling in integers: maxima and averages, on their own or on the fly.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/int8_pool2d.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The sum of an average's cells fits.
template <class Number>
constexpr bool cells_fit(const node& at) {
    const std::uint64_t cells = at.has_window
                                    ? std::uint64_t{at.window.rows.kernel} * at.window.columns.kernel
                                    : std::uint64_t{at.input.height()} * at.input.width();
    return cells <= (sizeof(Number) == 1 ? 1u << 23 : (1u << 16) - 2);
}

template <class Layer>
struct pooling_integer_form : plain_integer_form {
    static constexpr bool applies_table = true, in_streams = true;
    static constexpr bool pools_on_the_fly = Layer::result != pool_result::l2_norm,
                          takes_largest = Layer::result == pool_result::largest;

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return !pools_on_the_fly ? integer_rule::pooling_takes_maxima_or_averages
               : !takes_largest && !cells_fit<Number>(Step::at) ? integer_rule::pooling_fits_32_bits
                                                                : integer_rule::ok;
    }
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        using Step = typename Call::step;
        constexpr kernels::pool2d geometry = [] {
            if constexpr (requires { Step::pooling; })
                return Step::pooling;  // of rows of a stream
            else
                return lowering<Layer>::template geometry<Step::in, Step::out>;
        }();
        kernels::int8_pool2d<geometry, takes_largest>(call.in, call.out, call.zero_point(), call.table());
    }
};

/// Means of everything. With 8 bits the sum is multiplied with one factor, which holds the number of cells, as TensorFlow
/// Lite's MEAN: reads the result's zero point, multiplier, shift.
template <class Layer>
struct mean_integer_form : pooling_integer_form<Layer> {
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        return {.numbers = sizeof(Number) == 1 ? std::size_t{3} : 0};
    }
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        using Step = typename Call::step;
        if constexpr (Call::is_16_bit) {
            pooling_integer_form<Layer>::run(call);
        } else {
            const std::int32_t* const numbers = call.numbers();
            kernels::int8_mean<Step::in, Step::out>(call.in, call.out, call.zero_point(), numbers[0],
                                                    {numbers[1], numbers[2]}, call.table());
        }
    }
    template <class Make>
    static auto quantize(const Make& make) {
        const auto result = make.pooled();
        if constexpr (!Make::is_16_bit) {
            auto [multiplier, shift] =
                make.factor(static_cast<double>(make.input().scale) / static_cast<double>(result.scale));
            constexpr auto cells = static_cast<std::int64_t>(Make::step::in.height * Make::step::in.width);
            std::int32_t bits = 0;
            while (cells >> (bits + 1) != 0 && bits < 31 + shift) ++bits;
            make.made.numbers = {
                result.zero_point,
                static_cast<std::int32_t>((static_cast<std::int64_t>(multiplier) << bits) / cells),
                shift - bits};
        }
        return result;
    }
};

template <auto Size, class... Options>
struct integer_form<max_pool2d<Size, Options...>> : pooling_integer_form<max_pool2d<Size, Options...>> {};
template <auto Size, class... Options>
struct integer_form<avg_pool2d<Size, Options...>> : pooling_integer_form<avg_pool2d<Size, Options...>> {};
template <std::size_t Size, class... Options>
struct integer_form<max_pool1d<Size, Options...>> : pooling_integer_form<max_pool1d<Size, Options...>> {};
template <std::size_t Size, class... Options>
struct integer_form<avg_pool1d<Size, Options...>> : pooling_integer_form<avg_pool1d<Size, Options...>> {};
template <>
struct integer_form<global_max_pool1d> : pooling_integer_form<global_max_pool1d> {};
template <>
struct integer_form<global_avg_pool1d> : mean_integer_form<global_avg_pool1d> {};
template <>
struct integer_form<global_max_pool2d> : pooling_integer_form<global_max_pool2d> {};
template <>
struct integer_form<global_avg_pool2d> : mean_integer_form<global_avg_pool2d> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
