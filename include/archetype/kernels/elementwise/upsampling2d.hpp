// SPDX-License-Identifier: BSL-1.0
/// @file upsampling2d.hpp
/// Enlarging by a whole factor, with the nearest pixel or bilinear between pixel centres.
#pragma once
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One axis: result i lies at (i + 1/2) / factor - 1/2 of the input, between `low(i)` and the cell after it.
struct upsampling_axis {
    std::size_t in, factor;
    bool linear;

    constexpr std::size_t low(std::size_t i) const {
        if (!linear) return i / factor;
        return 2 * i + 1 < factor ? 0 : (2 * i + 1 - factor) / (2 * factor);
    }
    constexpr std::size_t high(std::size_t i) const { return low(i) + 1 < in ? low(i) + 1 : low(i); }
    /// The weight of `high(i)`; `low(i)` has the rest.
    template <class T>
    constexpr T share(std::size_t i) const {
        if (!linear || 2 * i + 1 < factor) return T{};
        return static_cast<T>((2 * i + 1 - factor) % (2 * factor)) / static_cast<T>(2 * factor);
    }
    /// Results `first(cell)` to `last(cell) - 1` may read a cell, with this weight.
    constexpr std::size_t first(std::size_t cell) const {
        return !linear ? cell * factor : cell == 0 ? 0 : (cell - 1) * factor;
    }
    constexpr std::size_t last(std::size_t cell) const {
        const std::size_t end = (cell + (linear ? 2 : 1)) * factor;
        return end < in * factor ? end : in * factor;
    }
    template <class T>
    constexpr T weight(std::size_t i, std::size_t cell) const {
        return (low(i) == cell ? 1 - share<T>(i) : T{}) + (high(i) == cell ? share<T>(i) : T{});
    }
};

/// `factor` between the extents of two images.
template <image Small, image Large, bool Linear>
struct upsampling_axes {
    static constexpr upsampling_axis rows{Small.height, Large.height / Small.height, Linear};
    static constexpr upsampling_axis columns{Small.width, Large.width / Small.width, Linear};
};

/// out = epilogue(in enlarged); the extents of `Out` are multiples of those of `In`.
template <bool Linear, image In, image Out, class T, class Epilogue>
void upsampling2d_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    constexpr upsampling_axis rows = upsampling_axes<In, Out, Linear>::rows;
    constexpr upsampling_axis columns = upsampling_axes<In, Out, Linear>::columns;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x) {
                const auto cell = [&](std::size_t row, std::size_t column) ARCHETYPE_INLINE_LAMBDA {
                    return in + pixel_offset<In>(n, row, column);
                };
                const T* const corner = cell(rows.low(y), columns.low(x));
                for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    lanes<T> value = load(corner + c);
                    if constexpr (Linear) {
                        const std::size_t low = rows.low(y), high = rows.high(y), right = columns.high(x);
                        const lanes<T> along = broadcast(columns.template share<T>(x));
                        const lanes<T> below = load(cell(high, columns.low(x)) + c);
                        value = multiply_add<T>(load(cell(low, right) + c) - value, along, value);
                        const lanes<T> under =
                            multiply_add<T>(load(cell(high, right) + c) - below, along, below);
                        value = multiply_add<T>(under - value, broadcast(rows.template share<T>(y)), value);
                    }
                    store_channels<Out>(out + pixel_offset<Out>(n, y, 0), x, c,
                                        lanes<T>(epilogue(value, place{n, y, x, c})));
                });
            }
}

/// grad_in = epilogue(the sum of what the results that read a pixel give back to it).
template <bool Linear, image GradOut, image GradIn, class T, class Epilogue>
void upsampling2d_backward(const T* grad_out, T* grad_in, const Epilogue& epilogue, range samples) {
    constexpr upsampling_axis rows = upsampling_axes<GradIn, GradOut, Linear>::rows;
    constexpr upsampling_axis columns = upsampling_axes<GradIn, GradOut, Linear>::columns;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < GradIn.height; ++y)
            for (std::size_t x = 0; x < GradIn.width; ++x)
                for_channel_vectors<T, GradIn.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    lanes<T> sum = broadcast(T{});
                    for (std::size_t v = rows.first(y); v < rows.last(y); ++v)
                        for (std::size_t u = columns.first(x); u < columns.last(x); ++u)
                            sum = multiply_add<T>(
                                load(grad_out + pixel_offset<GradOut>(n, v, u) + c),
                                broadcast(rows.template weight<T>(v, y) * columns.template weight<T>(u, x)),
                                sum);
                    store_channels<GradIn>(grad_in + pixel_offset<GradIn>(n, y, 0), x, c,
                                           lanes<T>(epilogue(sum, place{n, y, x, c})));
                });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
