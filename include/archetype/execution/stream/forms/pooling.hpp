// SPDX-License-Identifier: BSL-1.0
/// @file pooling.hpp
/// Windows of pooling over time in streams: the largest, the mean or the root of squares of rows of the past.
#pragma once
#include <archetype/execution/lowering/stream_form.hpp>
#include <archetype/kernels/time/stream_pool.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
struct pooling_stream_form : row_stream_form {
    static constexpr bool excludes_padding =
        Layer::options.has(option::exclude_padding) || Layer::options.has(option::same);
    /// The windows of an image along its columns.
    template <class Step>
    static constexpr kernels::stream_pool_axis columns_of = [] {
        constexpr const window_axis& columns = Step::at.window.columns;
        return kernels::stream_pool_axis{{Step::in.width, Step::out.width, columns.kernel, columns.stride,
                                          columns.dilation, columns.before, columns.after},
                                         Step::in.pixel_stride,
                                         Step::out.pixel_stride,
                                         !excludes_padding};
    }();

    template <class Call, class Rows>
    ARCHETYPE_INLINE static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        using step = typename Call::step;
        constexpr const window_axis& time = time_window(step::at);
        constexpr kernels::stream_pool pool{step::out.channels,
                                            time.kernel,
                                            step::in_row * time.stride,
                                            step::out_row,
                                            Layer::result == pool_result::largest,
                                            Layer::result == pool_result::l2_norm};
        constexpr T inverse_of_all = T(1) / T(time.kernel);
        const T* taps[pool.taps];
        call.taps(taps, time.dilation);
        const auto epilogue = call.epilogue();
        for (std::size_t r = call.missing; r < rows; ++r) {
            std::size_t first = 0;  // of the rows that are there: padding is never the largest
            if constexpr (time.before != 0) {
                const std::size_t begin = step_of_row(call, r) * time.stride;
                if (begin < time.before) first = (time.before - begin + time.dilation - 1) / time.dilation;
            }
            if constexpr (step::has_columns) {
                kernels::stream_pool_columns<pool, columns_of<step>>(taps, first, call.out, r, epilogue);
            } else {
                const T inverse =
                    excludes_padding && first != 0 ? T(1) / T(time.kernel - first) : inverse_of_all;
                kernels::stream_pool_row<pool>(taps, first, inverse, call.out, r, epilogue);
            }
        }
    }
};

template <std::size_t Size, class... Options>
struct stream_form<max_pool1d<Size, Options...>> : pooling_stream_form<max_pool1d<Size, Options...>> {};
template <auto Size, class... Options>
struct stream_form<max_pool2d<Size, Options...>> : pooling_stream_form<max_pool2d<Size, Options...>> {};
template <auto Size, class... Options>
struct stream_form<avg_pool2d<Size, Options...>> : pooling_stream_form<avg_pool2d<Size, Options...>> {};
template <auto Size, class... Options>
struct stream_form<l2_pool2d<Size, Options...>> : pooling_stream_form<l2_pool2d<Size, Options...>> {};
template <std::size_t Size, class... Options>
struct stream_form<avg_pool1d<Size, Options...>> : pooling_stream_form<avg_pool1d<Size, Options...>> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
