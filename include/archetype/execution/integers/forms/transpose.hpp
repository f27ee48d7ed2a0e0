// SPDX-License-Identifier: BSL-1.0
/// @file transpose.hpp
/// Transposed convolutions in integers.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/int16_conv2d.hpp>
#include <archetype/kernels/integers/integer_conv2d_transpose.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads the zero point of the result and its minimum (with 16 bits the minimum alone), channels and weights.
struct transposed_integer_form : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::as_seen;
    static constexpr bool clamps = true, is_calibrated = true, in_streams = true, rounds_kernel = true;

    template <class Step>
    static constexpr kernels::integer_spread geometry{
        Step::in, Step::out, transposed_lowering::over_window<Step>, Step::at.groups};

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        const double products = static_cast<double>(geometry<Step>.taps());
        const bool fits =
            sizeof(Number) == 1 ? products * 256. < 1073741824. : products * 32768. < 140737488355328.;
        return fits ? integer_rule::ok : integer_rule::products_fit_the_sum;
    }
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        constexpr kernels::integer_spread g = geometry<Step>;
        return {sizeof(Number) == 1 ? 2 : 1, g.out.channels, g.out.channels * g.taps()};
    }
    template <class Call>
    static void run(const Call& call) {
        kernels::integer_conv2d_transpose<geometry<typename Call::step>>(call.in, call.out, call.weights(),
                                                                         call.zero_point(), result_of(call));
    }
    /// One row of a stream: row `n` of the whole sequence. A sequence is seen as an image of one column.
    template <class Call, class RowOf>
    static void run_spread(const Call& call, const RowOf& row_of, std::size_t n) {
        using Step = typename Call::step;
        constexpr kernels::integer_spread rows = [] {
            kernels::integer_spread g = geometry<Step>;
            if (Step::at.input.rank == 3) return g;
            const kernels::window& w = g.over;
            g.over = {w.kernel_width, 1, w.stride_width, 1, w.dilation_width, 1, w.pad_left, 0};
            g.in.width = g.out.width = 1;
            return g;
        }();
        kernels::integer_spread_row<rows>(row_of, n, call.out, call.weights(), call.zero_point(),
                                          result_of(call));
    }
    template <class Make>
    static auto quantize(const Make& make) {
        constexpr kernels::integer_spread g = geometry<typename Make::step>;
        constexpr std::size_t count = g.out.channels, taps = g.taps(), depth = g.depth(),
                              filters = g.group_filters();
        const auto result = make.result();
        make.filters(
            count, taps,
            [&](std::size_t f, std::size_t tap) {
                return make.weight((tap / depth * filters + f % filters) * g.in.channels +
                                   f / filters * depth + tap % depth);
            },
            [&](std::size_t f) { return make.bias(f); },
            [](std::size_t f, std::size_t tap) { return f * taps + tap; });
        // Results see different taps: zero points are taken off the numbers, not off the bias.
        if constexpr (!Make::is_16_bit)
            for (std::size_t f = 0; f < count; ++f)
                for (std::size_t tap = 0; tap < taps; ++tap)
                    make.made.channels[f].bias += make.input().zero_point * make.made.weights[f * taps + tap];
        return result;
    }
    template <class Step, weight_order Order, class Numbers, class Place>
    static void pack(const Numbers& from, const Place& to) {
        plain_integer_form::pack<Step, Order>(from, to);
        if constexpr (!Place::is_16_bit) to.numbers[0] = from.result.zero_point;
        to.numbers[Place::is_16_bit ? 0 : 1] = from.minimum;
    }

private:
    /// What is stored of a sum of a filter.
    template <class Call>
    static auto result_of(const Call& call) {
        return [channels = call.channels(), numbers = call.numbers()](const auto& sum, std::size_t f) {
            if constexpr (Call::is_16_bit)
                return kernels::requantize(sum, channels[f], numbers[0]);
            else
                return kernels::requantize(sum, channels[f], {numbers[0], numbers[1]});
        };
    }
};

template <std::size_t Filters, auto Kernel, class... Options>
struct integer_form<conv2d_transpose<Filters, Kernel, Options...>> : transposed_integer_form {};
template <std::size_t Filters, std::size_t Kernel, class... Options>
struct integer_form<conv1d_transpose<Filters, Kernel, Options...>> : transposed_integer_form {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
