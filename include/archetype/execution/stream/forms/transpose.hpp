// SPDX-License-Identifier: BSL-1.0
/// @file transpose.hpp
/// Transposed convolutions in streams: several rows for each of the input, whose overlap is made of the rows before it.
#pragma once
#include <archetype/execution/lowering/stream_form.hpp>
#include <archetype/kernels/time/stream_transpose.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

struct transposed_stream_form : row_stream_form {
    /// How the kernel for the whole sequence adds (`conv2d_backward_input`).
    template <class Step, class T>
    static constexpr kernels::spread_order order = [] {
        constexpr kernels::conv2d_geometry over = transposed_lowering::over<inference_step<Step>>;
        using weights = kernels::conv2d_transposed_weights<over, T>;
        if constexpr (over.depthwise())
            return over.group_filters() == 1 ? kernels::spread_order::backward
                                             : kernels::spread_order::channels;
        else
            return weights::flat       ? kernels::spread_order::backward
                   : weights::segments ? (Step::has_columns ? kernels::spread_order::columns
                                                            : kernels::spread_order::tap_sums)
                                       : kernels::spread_order::taps;
    }();
    template <class Step, class T>
    static constexpr kernels::stream_spread geometry = [] {
        constexpr bool has_columns = Step::has_columns;
        constexpr auto axis = [](const window_axis& of) {
            return kernels::spread_axis{of.kernel, of.stride, of.dilation, of.before};
        };
        return kernels::stream_spread{
            .rows = axis(time_window(Step::at)),
            .columns = has_columns ? axis(Step::at.spread_over.columns) : kernels::spread_axis{},
            .in_width = has_columns ? Step::in.width : 1,
            .out_width = has_columns ? Step::out.width : 1,
            .in_pixel = Step::in.pixel_stride,
            .out_pixel = Step::out.pixel_stride,
            .inputs = Step::in.channels,
            .filters = Step::out.channels,
            .groups = Step::at.groups,
            .order = order<Step, T>,
            .most_backward = Step::at.groups == Step::out.channels && Step::at.groups > 1
                                 ? kernels::detail::depthwise_taps_in_registers
                                 : static_cast<std::size_t>(-1),
            .packed = kernels::lane_count<T> > 1};
    }();
    template <class Step, class T>
    static constexpr std::size_t prepared_size =
        has_wide_vectors ? kernels::spread_weights_room<geometry<Step, T>> : 0;
    template <class Step, class T>
    static void prepare(const T* weights, T* prepared) {
        if constexpr (geometry<Step, T>.packed)
            kernels::pack_spread_weights<geometry<Step, T>>(weights, prepared);
    }
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        constexpr kernels::stream_spread spread = geometry<typename Call::step, T>;
        run_spread<spread>(call, rows, static_cast<const T*>(spread.packed ? call.prepared() : call.weights));
    }

protected:
    template <kernels::stream_spread spread, class Call, class Rows, class T>
    static void run_spread(const Call& call, const Rows& rows, const T* weights) {
        using step = typename Call::step;
        const auto epilogue = call.epilogue();
        for (std::size_t r = call.missing; r < rows; ++r) {
            const std::size_t place = step_of_row(call, r) + spread.rows.before;
            kernels::spread_row<spread>(
                [&](std::size_t n) { return call.in_row(static_cast<std::ptrdiff_t>(n)); }, weights,
                call.bias, place, call.out + r * step::out_row, r,
                place_epilogue<step::has_columns, decltype(epilogue)>{epilogue});
        }
    }

private:
    /// The rows of a sequence lie along the columns of its image.
    template <bool HasColumns, class Epilogue>
    struct place_epilogue {
        const Epilogue& next;
        template <class Lanes>
        ARCHETYPE_INLINE auto operator()(const Lanes& value, const kernels::place& at) const {
            return next(value, HasColumns ? at : kernels::place{0, 0, at.y, at.channel});
        }
    };
};

template <std::size_t Filters, auto Kernel, class... Options>
struct stream_form<conv2d_transpose<Filters, Kernel, Options...>> : transposed_stream_form {};
template <std::size_t Filters, std::size_t Kernel, class... Options>
struct stream_form<conv1d_transpose<Filters, Kernel, Options...>> : transposed_stream_form {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
