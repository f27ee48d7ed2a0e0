// SPDX-License-Identifier: BSL-1.0
/// @file max_pool2d.hpp
/// Maximum pooling. NaN counts as larger than every number, so it passes through and takes the gradient.
#pragma once
#include <archetype/kernels/images/map.hpp>
#include <archetype/kernels/pooling/pool2d.hpp>
#include <archetype/kernels/vectors/select.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The maximum of one window for the vector that begins at channel `c`; `sample` points to pixel (0, 0).
template <pool2d Geometry, class T>
ARCHETYPE_INLINE lanes<T> window_maximum(const T* sample, const pool_cells& cells, std::size_t c) {
    constexpr image in = Geometry.in;
    const std::size_t y = cells.in_y + cells.first_y * Geometry.win.dilation_height;
    const std::size_t x = cells.in_x + cells.first_x * Geometry.win.dilation_width;
    lanes<T> result = load(sample + y * in.row_stride + x * in.pixel_stride + c);
    for_cells<Geometry>(cells, [&](std::size_t v, std::size_t u) ARCHETYPE_INLINE_LAMBDA {
        result = maximum<T>(result, load(sample + v * in.row_stride + u * in.pixel_stride + c));
    });
    return result;
}

/// out[y, x, c] = epilogue(maximum of in over the window of (y, x), clipped to the image). `in` and `out` are
/// different buffers, laid out as `Geometry.in` and `Geometry.out`.
template <pool2d Geometry, class T, class Epilogue>
void max_pool2d_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    for_windows<Geometry>(samples, [&](std::size_t n, std::size_t y, std::size_t x,
                                       const pool_cells& cells) ARCHETYPE_INLINE_LAMBDA {
        const T* const sample = in + pixel_offset<Geometry.in>(n, 0, 0);
        T* const row = out + pixel_offset<Geometry.out>(n, y, 0);
        for_channel_vectors<T, Geometry.in.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> value = window_maximum<Geometry>(sample, cells, c);
            store_channels<Geometry.out>(row, x, c, lanes<T>(epilogue(value, place{n, y, x, c})));
        });
    });
}

/// grad_in = epilogue(gradient with respect to `in`), overwritten. The first maximum of each window in row
/// order takes the window's gradient (as in PyTorch); where windows overlap, gradients add up. The maxima are
/// found again in `in`, so the forward pass stores no indices. `grad_out` is laid out as `GradOut`, `grad_in`
/// (another buffer than both others) as `GradIn`.
template <pool2d Geometry, image GradOut = Geometry.out, image GradIn = Geometry.in, class T, class Epilogue>
void max_pool2d_backward(const T* in, const T* grad_out, T* grad_in, const Epilogue& epilogue,
                         range samples) {
    constexpr image from = Geometry.in;
    constexpr std::size_t width = lane_count<T>, channels = from.channels;
    const lanes<T> zero = broadcast(T(0));
    // Gives a window's gradient away to its first maximum.
    const auto taken = [&](const T* at, const lanes<T>& most, lanes<T>& gradient) ARCHETYPE_INLINE_LAMBDA {
        const lanes<T> value = load(at);
        const lane_mask<T> hit = (value == most) | is_nan<T>(value);
        const lanes<T> result = select<T>(hit, gradient, zero);
        gradient = select<T>(hit, zero, gradient);
        return result;
    };
    if constexpr (tiles(Geometry)) {
        for_windows<Geometry>(samples, [&](std::size_t n, std::size_t y, std::size_t x,
                                           const pool_cells& cells) ARCHETYPE_INLINE_LAMBDA {
            const T* const sample = in + pixel_offset<from>(n, 0, 0);
            for_channel_vectors<T, channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                lanes<T> gradient = load(grad_out + pixel_offset<GradOut>(n, y, x) + c);
                const lanes<T> most = window_maximum<Geometry>(sample, cells, c);
                for_cells<Geometry>(cells, [&](std::size_t v, std::size_t u) ARCHETYPE_INLINE_LAMBDA {
                    const T* const at = sample + v * from.row_stride + u * from.pixel_stride + c;
                    const lanes<T> value = epilogue(taken(at, most, gradient), place{n, v, u, c});
                    store_channels<GradIn>(grad_in + pixel_offset<GradIn>(n, v, 0), u, c, value);
                });
            });
        });
    } else {
        const auto nothing = [&](const lanes<T>&, place) ARCHETYPE_INLINE_LAMBDA { return zero; };
        // Lanes past the channels add 0 to what later pixels of the same row hold.
        const auto add = [&](T* row, std::size_t x, std::size_t c, std::size_t count,
                             const lanes<T>& value) ARCHETYPE_INLINE_LAMBDA {
            T* const to = row + x * GradIn.pixel_stride + c;
            const lanes<T> total = load(to) + value;
            if (count == width ||
                (GradIn.pixel_stride == channels && (GradIn.width - x) * channels - c >= width))
                store<T>(to, total);
            else
                store_partial<T>(to, total, count);
        };
        transform<from, GradIn, true>(in, grad_in, samples, nothing);
        for_windows<Geometry>(samples, [&](std::size_t n, std::size_t y, std::size_t x,
                                           const pool_cells& cells) ARCHETYPE_INLINE_LAMBDA {
            const T* const sample = in + pixel_offset<from>(n, 0, 0);
            for (std::size_t c = 0; c < channels; c += width) {
                const std::size_t count = channels - c < width ? channels - c : width;
                lanes<T> gradient = load_partial(grad_out + pixel_offset<GradOut>(n, y, x) + c, count);
                const lanes<T> most = window_maximum<Geometry>(sample, cells, c);
                for_cells<Geometry>(cells, [&](std::size_t v, std::size_t u) ARCHETYPE_INLINE_LAMBDA {
                    const T* const at = sample + v * from.row_stride + u * from.pixel_stride + c;
                    add(grad_in + pixel_offset<GradIn>(n, v, 0), u, c, count, taken(at, most, gradient));
                });
            }
        });
        map<GradIn, GradIn>(grad_in, grad_in, epilogue, samples);
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
