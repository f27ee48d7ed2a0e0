// SPDX-License-Identifier: BSL-1.0
/// @file avg_pool2d.hpp
/// Average pooling with either divisor convention (`pool2d::count_padding`).
#pragma once
#include <archetype/kernels/pooling/pool2d.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One over the number of cells that window (y, x) divides by.
template <pool2d Geometry, class T>
ARCHETYPE_INLINE constexpr T inverse_count(std::size_t y, std::size_t x) {
    constexpr pool_axis rows = vertical(Geometry), columns = horizontal(Geometry);
    if constexpr (rows.whole() && columns.whole()) {
        constexpr T inverse = T(1) / T(rows.kernel * columns.kernel);
        return inverse;
    } else {
        return T(1) / T(rows.count(y, Geometry.count_padding) * columns.count(x, Geometry.count_padding));
    }
}

/// out[y, x, c] = epilogue(mean of in over the window of (y, x)). `in` and `out` are different buffers, laid
/// out as `Geometry.in` and `Geometry.out`.
template <pool2d Geometry, class T, class Epilogue>
void avg_pool2d_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    constexpr image from = Geometry.in;
    for_windows<Geometry>(samples, [&](std::size_t n, std::size_t y, std::size_t x,
                                       const pool_cells& cells) ARCHETYPE_INLINE_LAMBDA {
        const T* const sample = in + pixel_offset<from>(n, 0, 0);
        T* const row = out + pixel_offset<Geometry.out>(n, y, 0);
        const lanes<T> inverse = broadcast(inverse_count<Geometry, T>(y, x));
        for_channel_vectors<T, from.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
            lanes<T> total = broadcast(T(0));
            for_cell_rows<Geometry>(cells, [&](std::size_t v) ARCHETYPE_INLINE_LAMBDA {
                // A sum per row: short chains of additions, and less rounding over large windows.
                lanes<T> part = broadcast(T(0));
                for_cell_columns<Geometry>(cells, [&](std::size_t u) ARCHETYPE_INLINE_LAMBDA {
                    part = part + load(sample + v * from.row_stride + u * from.pixel_stride + c);
                });
                total = total + part;
            });
            store_channels<Geometry.out>(row, x, c, lanes<T>(epilogue(total * inverse, place{n, y, x, c})));
        });
    });
}

/// grad_in = epilogue(gradient with respect to the input), overwritten: every window spreads its gradient
/// evenly over its cells, and where windows overlap the parts add up. Cells that no window touches get
/// epilogue(0). `grad_out` is laid out as `GradOut`, `grad_in` (another buffer) as `GradIn`.
template <pool2d Geometry, image GradOut = Geometry.out, image GradIn = Geometry.in, class T, class Epilogue>
void avg_pool2d_backward(const T* grad_out, T* grad_in, const Epilogue& epilogue, range samples) {
    static_assert(valid(Geometry), "every window must touch the image, and channels must agree");
    constexpr pool_axis rows = vertical(Geometry), columns = horizontal(Geometry);
    constexpr std::size_t channels = Geometry.in.channels;
    if constexpr (tiles(Geometry)) {
        for_windows<Geometry>(samples, [&](std::size_t n, std::size_t y, std::size_t x,
                                           const pool_cells& cells) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> inverse = broadcast(inverse_count<Geometry, T>(y, x));
            for_channel_vectors<T, channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                const lanes<T> gradient = load(grad_out + pixel_offset<GradOut>(n, y, x) + c) * inverse;
                for_cells<Geometry>(cells, [&](std::size_t v, std::size_t u) ARCHETYPE_INLINE_LAMBDA {
                    store_channels<GradIn>(grad_in + pixel_offset<GradIn>(n, v, 0), u, c,
                                           lanes<T>(epilogue(gradient, place{n, v, u, c})));
                });
            });
        });
    } else {
        for (std::size_t n = samples.first; n < samples.last; ++n)
            for (std::size_t v = 0; v < rows.in; ++v)
                for (std::size_t u = 0; u < columns.in; ++u) {
                    const auto [first_y, last_y] = rows.covering(v);
                    const auto [first_x, last_x] = columns.covering(u);
                    for_channel_vectors<T, channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                        lanes<T> gradient = broadcast(T(0));
                        for (std::size_t y = first_y; y < last_y; ++y) {
                            if (!rows.touches(y, v)) continue;
                            for (std::size_t x = first_x; x < last_x; ++x)
                                if (columns.touches(x, u))
                                    gradient = multiply_add<T>(
                                        load(grad_out + pixel_offset<GradOut>(n, y, x) + c),
                                        broadcast(inverse_count<Geometry, T>(y, x)), gradient);
                        }
                        store_channels<GradIn>(grad_in + pixel_offset<GradIn>(n, v, 0), u, c,
                                               lanes<T>(epilogue(gradient, place{n, v, u, c})));
                    });
                }
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
