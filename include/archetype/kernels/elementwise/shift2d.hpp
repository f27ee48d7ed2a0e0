// SPDX-License-Identifier: BSL-1.0
/// @file shift2d.hpp
/// Moves an image within its frame: zero padding, cropping, and the gradients of both.
#pragma once
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out[y, x] = epilogue(in[y - Down, x - Right], or 0 outside of `in`). The extents of both images are free.
template <std::ptrdiff_t Down, std::ptrdiff_t Right, image In, image Out, class T, class Epilogue>
void shift2d(const T* in, T* out, const Epilogue& epilogue, range samples) {
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x) {
                // Before the first row or column the difference wraps around to a large number.
                const std::size_t row = y - static_cast<std::size_t>(Down),
                                  column = x - static_cast<std::size_t>(Right);
                const bool inside = row < In.height && column < In.width;
                const T* const from = inside ? in + pixel_offset<In>(n, row, column) : in;
                for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    const lanes<T> value = inside ? load(from + c) : broadcast(T{});
                    store_channels<Out>(out + pixel_offset<Out>(n, y, 0), x, c,
                                        lanes<T>(epilogue(value, place{n, y, x, c})));
                });
            }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
