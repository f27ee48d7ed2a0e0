// SPDX-License-Identifier: BSL-1.0
/// @file l2_pool2d.hpp
/// The root of the sum of squares of each window.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/pooling/pool2d.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>
#include <archetype/kernels/vectors/select.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out[y, x, c] = epilogue(square root of the sum of in^2 over the window of (y, x)).
template <pool2d Geometry, class T, class Epilogue>
void l2_pool2d_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    constexpr image from = Geometry.in;
    for_windows<Geometry>(samples, [&](std::size_t n, std::size_t y, std::size_t x,
                                       const pool_cells& cells) ARCHETYPE_INLINE_LAMBDA {
        const T* const sample = in + pixel_offset<from>(n, 0, 0);
        T* const row = out + pixel_offset<Geometry.out>(n, y, 0);
        for_channel_vectors<T, from.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
            lanes<T> sum = broadcast(T{});
            for_cells<Geometry>(cells, [&](std::size_t v, std::size_t u) ARCHETYPE_INLINE_LAMBDA {
                const lanes<T> value = load(sample + v * from.row_stride + u * from.pixel_stride + c);
                sum = multiply_add<T>(value, value, sum);
            });
            const lanes<T> root = expression::elementary::sqrt(sum);
            store_channels<Geometry.out>(row, x, c, lanes<T>(epilogue(root, place{n, y, x, c})));
        });
    });
}

/// grad_in = epilogue(in * the sum of grad_out / out over the windows that read the cell), overwritten; a window whose result is
/// 0 gives nothing. `out` is what forward stored.
template <pool2d Geometry, image GradOut = Geometry.out, image GradIn = Geometry.in, class T, class Epilogue>
void l2_pool2d_backward(const T* in, const T* out, const T* grad_out, T* grad_in, const Epilogue& epilogue,
                        range samples) {
    static_assert(valid(Geometry), "every window must touch the image, and channels must agree");
    constexpr pool_axis rows = vertical(Geometry), columns = horizontal(Geometry);
    const lanes<T> zero = broadcast(T{});
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t v = 0; v < rows.in; ++v)
            for (std::size_t u = 0; u < columns.in; ++u) {
                const auto [first_y, last_y] = rows.covering(v);
                const auto [first_x, last_x] = columns.covering(u);
                for_channel_vectors<T, Geometry.in.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    lanes<T> sum = zero;
                    for (std::size_t y = first_y; y < last_y; ++y)
                        for (std::size_t x = first_x; x < last_x; ++x) {
                            const lanes<T> root = load(out + pixel_offset<Geometry.out>(n, y, x) + c);
                            const lanes<T> part = load(grad_out + pixel_offset<GradOut>(n, y, x) + c) / root;
                            sum = sum + select<T>(root == zero, zero, part);
                        }
                    const lanes<T> value = load(in + pixel_offset<Geometry.in>(n, v, u) + c);
                    store_channels<GradIn>(grad_in + pixel_offset<GradIn>(n, v, 0), u, c,
                                           lanes<T>(epilogue(value * sum, place{n, v, u, c})));
                });
            }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
