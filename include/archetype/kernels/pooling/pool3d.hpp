// SPDX-License-Identifier: BSL-1.0
/// @file pool3d.hpp
/// Maxima and means of windows over volumes, whose slices lie one below the other; windows are clipped to the volume.
#pragma once
#include <archetype/kernels/images/map.hpp>
#include <archetype/kernels/images/pool_axis.hpp>
#include <archetype/kernels/vectors/select.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A pooling from `in` to `out`, whose heights are those of all slices. `count_padding` as in `pool2d`.
struct pool3d {
    image in, out;
    pool_axis depth, rows, columns;
    bool count_padding = false;

    constexpr std::size_t count(std::size_t z, std::size_t y, std::size_t x) const {
        return depth.count(z, count_padding) * rows.count(y, count_padding) * columns.count(x, count_padding);
    }
};

/// Calls `body(z, y, x)` for all windows.
template <class Body>
ARCHETYPE_INLINE constexpr void for_windows3d(const pool3d& g, const Body& body) {
    for (std::size_t z = 0; z < g.depth.out; ++z)
        for (std::size_t y = 0; y < g.rows.out; ++y)
            for (std::size_t x = 0; x < g.columns.out; ++x) body(z, y, x);
}

/// Calls `body(row, column)` for the cells of window (z, y, x), slice by slice.
template <class Body>
ARCHETYPE_INLINE constexpr void for_cells3d(const pool3d& g, std::size_t z, std::size_t y, std::size_t x,
                                            const Body& body) {
    const auto cell = [](const pool_axis& axis, std::size_t o, std::size_t k) ARCHETYPE_INLINE_LAMBDA {
        return o * axis.stride + k * axis.dilation - axis.pad_before;
    };
    for (std::size_t i = g.depth.first(z); i < g.depth.last(z); ++i)
        for (std::size_t j = g.rows.first(y); j < g.rows.last(y); ++j)
            for (std::size_t k = g.columns.first(x); k < g.columns.last(x); ++k)
                body(cell(g.depth, z, i) * g.rows.in + cell(g.rows, y, j), cell(g.columns, x, k));
}

/// Of the vector of channels that begins at `sample`, where pixel (0, 0) is.
template <pool3d G, bool Largest, class T>
ARCHETYPE_INLINE lanes<T> window_result3d(const T* sample, std::size_t z, std::size_t y, std::size_t x) {
    bool is_first = true;
    lanes<T> result = broadcast(T(0));
    for_cells3d(G, z, y, x, [&](std::size_t row, std::size_t column) ARCHETYPE_INLINE_LAMBDA {
        const lanes<T> cell = load(sample + row * G.in.row_stride + column * G.in.pixel_stride);
        result = is_first ? cell : Largest ? lanes<T>(maximum<T>(result, cell)) : lanes<T>(result + cell);
        is_first = false;
    });
    if constexpr (Largest)
        return result;
    else
        return result * broadcast(T(1) / T(G.count(z, y, x)));
}

/// out = epilogue(maximum or mean over each window). `in` and `out` are different buffers.
template <pool3d G, bool Largest, class T, class Epilogue>
void pool3d_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for_windows3d(G, [&](std::size_t z, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
            const std::size_t row = z * G.rows.out + y;
            for_channel_vectors<T, G.in.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                const lanes<T> value =
                    window_result3d<G, Largest>(in + pixel_offset<G.in>(n, 0, 0) + c, z, y, x);
                store_channels<G.out>(out + pixel_offset<G.out>(n, row, 0), x, c,
                                      lanes<T>(epilogue(value, place{n, row, x, c})));
            });
        });
}

/// grad_in = epilogue(gradient with respect to `in`), overwritten: a window's gradient goes to its first maximum, or is shared out.
/// `in` is read for maxima only.
template <pool3d G, bool Largest, image GradOut, image GradIn, class T, class Epilogue>
void pool3d_backward(const T* in, const T* grad_out, T* grad_in, const Epilogue& epilogue, range samples) {
    constexpr std::size_t width = lane_count<T>, channels = G.in.channels;
    const lanes<T> zero = broadcast(T(0));
    const auto nothing = [&](const lanes<T>&, const place&) ARCHETYPE_INLINE_LAMBDA { return zero; };
    map<GradIn, GradIn>(grad_in, grad_in, nothing, samples);
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for_windows3d(G, [&](std::size_t z, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
            for (std::size_t c = 0; c < channels; c += width) {
                const std::size_t count = channels - c < width ? channels - c : width;
                lanes<T> gradient =
                    load_partial(grad_out + pixel_offset<GradOut>(n, z * G.rows.out + y, x) + c, count);
                [[maybe_unused]] const T* sample = nullptr;
                [[maybe_unused]] lanes<T> most = zero;
                if constexpr (Largest) {
                    sample = in + pixel_offset<G.in>(n, 0, 0) + c;
                    most = window_result3d<G, true>(sample, z, y, x);
                } else {
                    gradient = gradient * broadcast(T(1) / T(G.count(z, y, x)));
                }
                for_cells3d(G, z, y, x, [&](std::size_t row, std::size_t column) ARCHETYPE_INLINE_LAMBDA {
                    T* const to = grad_in + pixel_offset<GradIn>(n, row, column) + c;
                    lanes<T> given = gradient;
                    if constexpr (Largest) {
                        const lanes<T> cell =
                            load(sample + row * G.in.row_stride + column * G.in.pixel_stride);
                        const lane_mask<T> hit = (cell == most) | is_nan<T>(cell);
                        given = select<T>(hit, gradient, zero);
                        gradient = select<T>(hit, zero, gradient);
                    }
                    store_partial<T>(to, lanes<T>(load_partial(to, count) + given), count);
                });
            }
        });
    map<GradIn, GradIn>(grad_in, grad_in, epilogue, samples);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
