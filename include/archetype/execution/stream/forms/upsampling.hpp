// SPDX-License-Identifier: BSL-1.0
/// @file upsampling.hpp
/// Repeated rows in streams: several for each of the input.
#pragma once
#include <archetype/execution/lowering/stream_form.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

struct upsampling_stream_form : row_stream_form {
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        using step = typename Call::step;
        constexpr bool is_image = step::has_columns;
        constexpr std::size_t down = row_way_of(step::at).spread,
                              along = is_image ? step::out.width / step::in.width : 1,
                              width = is_image ? step::out.width : 1;
        const auto epilogue = call.epilogue();
        for (std::size_t r = call.missing; r < rows; ++r) {
            const T* const from = call.in_row(static_cast<std::ptrdiff_t>(step_of_row(call, r) / down));
            T* const to = call.out + r * step::out_row;
            for (std::size_t x = 0; x < width; ++x)
                for (std::size_t c = 0; c < step::out.channels; c += kernels::lane_count<T>) {
                    const kernels::place at =
                        is_image ? kernels::place{0, r, x, c} : kernels::place{0, 0, r, c};
                    const std::size_t left = step::out.channels - c;
                    kernels::store_partial(
                        to + x * step::out.pixel_stride + c,
                        kernels::lanes<T>(
                            epilogue(kernels::load(from + x / along * step::in.pixel_stride + c), at)),
                        left < kernels::lane_count<T> ? left : kernels::lane_count<T>);
                }
        }
    }
};

template <auto Factor, class... Options>
struct stream_form<upsampling2d<Factor, Options...>> : upsampling_stream_form {};
template <std::size_t Factor>
struct stream_form<upsampling1d<Factor>> : upsampling_stream_form {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
