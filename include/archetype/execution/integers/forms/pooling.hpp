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
    static constexpr bool applies_table = true;
    static constexpr bool pools_on_the_fly = Layer::result != pool_result::l2_norm,
                          takes_largest = Layer::result == pool_result::largest;

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        return !pools_on_the_fly              ? integer_rule::pooling_takes_maxima_or_averages
               : !cells_fit<Number>(Step::at) ? integer_rule::pooling_fits_32_bits
                                              : integer_rule::ok;
    }
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        using Step = typename Call::step;
        kernels::int8_pool2d<lowering<Layer>::template geometry<Step::in, Step::out>, takes_largest>(
            call.in, call.out, call.zero_point(), call.table());
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
struct integer_form<global_avg_pool1d> : pooling_integer_form<global_avg_pool1d> {};
template <>
struct integer_form<global_max_pool2d> : pooling_integer_form<global_max_pool2d> {};
template <>
struct integer_form<global_avg_pool2d> : pooling_integer_form<global_avg_pool2d> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
