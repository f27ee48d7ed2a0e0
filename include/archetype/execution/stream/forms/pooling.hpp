// SPDX-License-Identifier: BSL-1.0
/// @file pooling.hpp
/// Windows of pooling over time in streams: the largest or the mean of rows of the past.
#pragma once
#include <archetype/execution/lowering/stream_form.hpp>
#include <archetype/kernels/time/stream_pool.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
struct pooling_stream_form : row_stream_form {
    template <class Call, class Rows>
    ARCHETYPE_INLINE static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        using step = typename Call::step;
        constexpr const window_axis& time = step::at.window.columns;
        constexpr kernels::stream_pool pool{step::out.channels, time.kernel,
                                            step::in.pixel_stride * time.stride, step::out.pixel_stride,
                                            Layer::result == pool_result::largest};
        constexpr T inverse_of_all = T(1) / T(time.kernel);
        const T* taps[pool.taps];
        call.taps(taps, time.dilation);
        const auto epilogue = call.epilogue();
        for (std::size_t r = call.missing; r < rows; ++r) {
            std::size_t first = 0;  // of the rows that are there: padding is never the largest
            T inverse = inverse_of_all;
            if constexpr (time.before != 0) {
                const std::size_t begin = step_of_row(call, r) * time.stride;
                if (begin < time.before) {
                    first = (time.before - begin + time.dilation - 1) / time.dilation;
                    if (Layer::options.has(option::exclude_padding)) inverse = T(1) / T(time.kernel - first);
                }
            }
            kernels::stream_pool_row<pool>(taps, first, inverse, call.out, r, epilogue);
        }
    }
};

template <std::size_t Size, class... Options>
struct stream_form<max_pool1d<Size, Options...>> : pooling_stream_form<max_pool1d<Size, Options...>> {};
template <std::size_t Size, class... Options>
struct stream_form<avg_pool1d<Size, Options...>> : pooling_stream_form<avg_pool1d<Size, Options...>> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
