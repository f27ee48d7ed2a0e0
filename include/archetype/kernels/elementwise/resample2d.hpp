// SPDX-License-Identifier: BSL-1.0
/// @file resample2d.hpp
/// Images whose results read few cells along each axis, told by tables: paddings, resizing, adaptive pooling.
#pragma once
#include <archetype/architecture/axis_map.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/vectors/select.hpp>
#include <array>
#include <cstdint>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

using axis_map = archetype::detail::axis_map;

/// Cells and weights of the results of `Map`, or (`Back`) results and weights of its cells. Whole numbers are weights in
/// units of 1 / `unit`, which sum to `unit` for each result.
template <axis_map Map, bool Back, class T>
struct axis_table {
    static constexpr bool is_window = Map.rule == archetype::detail::axis_rule::window;
    static constexpr std::size_t rows = Back ? Map.input : Map.output;
    static constexpr std::int32_t unit = sizeof(T) == 4 ? 1 << 11 : 1 << 15;
    static constexpr std::size_t entries = [] {
        std::size_t sum = 0;
        for (std::size_t o = 0; o < Map.output; ++o) sum += Map.taps(o).count;
        return sum;
    }();
    using index = std::uint32_t;
    struct lists {
        std::array<index, rows + 1> first{};
        std::array<index, entries + 1> cell{};
        std::array<T, entries + 1> weight{};
        bool plain = true;  ///< each result is one cell, or none
    };
    static constexpr lists table = [] {
        lists made;
        for (std::size_t o = 0; o < Map.output; ++o) {
            const auto taps = Map.taps(o);
            if (Back)
                for (std::size_t i = 0; i < taps.count; ++i) ++made.first[taps.first + i + 1];
            else
                made.first[o + 1] = static_cast<index>(taps.count);
        }
        for (std::size_t row = 0; row < rows; ++row) {
            made.plain = made.plain && made.first[row + 1] < 2;
            made.first[row + 1] += made.first[row];
        }
        std::array<index, rows + 1> next = made.first;
        for (std::size_t o = 0; o < Map.output; ++o) {
            const auto taps = Map.taps(o);
            double sum = 0;
            std::int32_t given = 0;
            for (std::size_t i = 0; i < taps.count; ++i) {
                const double weight = taps.weight(i, is_window);
                made.plain = made.plain && weight == 1;
                const std::size_t at = next[Back ? taps.first + i : o]++;
                made.cell[at] = static_cast<index>(Back ? o : taps.first + i);
                if constexpr (std::is_floating_point_v<T>) {
                    made.weight[at] = static_cast<T>(weight);
                } else {
                    sum += weight;
                    const double scaled = sum * unit;
                    auto whole = static_cast<std::int32_t>(scaled);
                    if (scaled - whole >= 0.5) ++whole;
                    made.weight[at] = whole - given;
                    given = whole;
                }
            }
        }
        return made;
    }();
};

/// A pixel's results are stored `along` the columns, or down the rows where an axis has gone.
template <image Image>
inline constexpr image column_of = [] {
    image turned = Image;  // 1 x N: N x 1
    turned.height = Image.width, turned.width = 1, turned.row_stride = Image.pixel_stride;
    return turned;
}();
/// An epilogue of an image that is seen as `column_of` it.
template <class Epilogue>
struct column_epilogue {
    const Epilogue& next;
    template <class Lanes>
    ARCHETYPE_INLINE Lanes operator()(const Lanes& value, const place& at) const {
        return next(value, place{at.sample, 0, at.y, at.channel});
    }
};

/// out = epilogue(sum of weights times cells), `blank` where a result reads none. The maps are those of the forward pass,
/// in whose backward pass (`Back`) `in` is the gradient of the result.
template <axis_map Rows, axis_map Columns, bool Back, image In, image Out, class T, class Epilogue>
void resample2d(const T* in, T* out, T blank, const Epilogue& epilogue, range samples) {
    static constexpr const auto& rows = axis_table<Rows, Back, T>::table;
    static constexpr const auto& columns = axis_table<Columns, Back, T>::table;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x) {
                const std::size_t top = rows.first[y], bottom = rows.first[y + 1], left = columns.first[x],
                                  right = columns.first[x + 1];
                const bool is_blank = top == bottom || left == right;
                for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    lanes<T> value = broadcast(is_blank ? blank : T(0));
                    if (!is_blank) {
                        if constexpr (rows.plain && columns.plain) {
                            value = load(in + pixel_offset<In>(n, rows.cell[top], columns.cell[left]) + c);
                        } else {
                            for (std::size_t r = top; r < bottom; ++r)
                                for (std::size_t k = left; k < right; ++k)
                                    value = multiply_add<T>(
                                        load(in + pixel_offset<In>(n, rows.cell[r], columns.cell[k]) + c),
                                        broadcast(static_cast<T>(rows.weight[r] * columns.weight[k])), value);
                        }
                    }
                    store_channels<Out>(out + pixel_offset<Out>(n, y, 0), x, c,
                                        lanes<T>(epilogue(value, place{n, y, x, c})));
                });
            }
}

/// out = epilogue(the largest of the cells that a result reads). NaN stays.
template <axis_map Rows, axis_map Columns, image In, image Out, class T, class Epilogue>
void resample_maxima(const T* in, T* out, const Epilogue& epilogue, range samples) {
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x) {
                const auto down = Rows.taps(y), along = Columns.taps(x);
                for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    lanes<T> most = load(in + pixel_offset<In>(n, down.first, along.first) + c);
                    for (std::size_t r = 0; r < down.count; ++r)
                        for (std::size_t k = 0; k < along.count; ++k)
                            most = maximum<T>(
                                most, load(in + pixel_offset<In>(n, down.first + r, along.first + k) + c));
                    store_channels<Out>(out + pixel_offset<Out>(n, y, 0), x, c,
                                        lanes<T>(epilogue(most, place{n, y, x, c})));
                });
            }
}

/// grad_in = epilogue(the gradients of the results whose first largest cell it is).
template <axis_map Rows, axis_map Columns, image In, image GradOut, image GradIn, class T, class Epilogue>
void resample_maxima_backward(const T* in, const T* grad_out, T* grad_in, const Epilogue& epilogue,
                              range samples) {
    const lanes<T> zero = broadcast(T(0));
    constexpr std::size_t channels = In.channels, width = lane_count<T>;
    const auto parts = [](const auto& body) ARCHETYPE_INLINE_LAMBDA {
        for (std::size_t c = 0; c < channels; c += width)
            body(c, channels - c < width ? channels - c : width);
    };
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const auto to = [&](std::size_t y, std::size_t x)
                            ARCHETYPE_INLINE_LAMBDA { return grad_in + pixel_offset<GradIn>(n, y, x); };
        for (std::size_t y = 0; y < In.height; ++y)
            for (std::size_t x = 0; x < In.width; ++x)
                parts([&](std::size_t c, std::size_t count) { store_partial<T>(to(y, x) + c, zero, count); });
        for (std::size_t y = 0; y < GradOut.height; ++y)
            for (std::size_t x = 0; x < GradOut.width; ++x) {
                const auto down = Rows.taps(y), along = Columns.taps(x);
                parts([&](std::size_t c, std::size_t count) {
                    const auto cell = [&](std::size_t r, std::size_t k) ARCHETYPE_INLINE_LAMBDA {
                        return load(in + pixel_offset<In>(n, down.first + r, along.first + k) + c);
                    };
                    lanes<T> most = cell(0, 0), left = load(grad_out + pixel_offset<GradOut>(n, y, x) + c);
                    for (std::size_t r = 0; r < down.count; ++r)
                        for (std::size_t k = 0; k < along.count; ++k) most = maximum<T>(most, cell(r, k));
                    for (std::size_t r = 0; r < down.count; ++r)
                        for (std::size_t k = 0; k < along.count; ++k) {
                            T* const at = to(down.first + r, along.first + k) + c;
                            const lane_mask<T> here = cell(r, k) == most;
                            store_partial<T>(
                                at, lanes<T>(load_partial(at, count) + select<T>(here, left, zero)), count);
                            left = select<T>(here, zero, left);
                        }
                });
            }
        for (std::size_t y = 0; y < In.height; ++y)
            for (std::size_t x = 0; x < In.width; ++x)
                parts([&](std::size_t c, std::size_t count) {
                    T* const at = to(y, x) + c;
                    store_partial<T>(at, epilogue(load_partial(at, count), place{n, y, x, c}), count);
                });
    }
}

/// Channels to a result for each pixel: out[y][x] = epilogue(mean or maximum of the channels of pixel (y, x)), the image
/// `Out` of 1 x height x width.
template <bool Largest, image In, image Out, class T, class Epilogue>
void reduce_channels(const T* in, T* out, const Epilogue& epilogue, range samples) {
    constexpr std::size_t width = lane_count<T>;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < In.height; ++y)
            for (std::size_t x = 0; x < In.width; x += width) {
                T made[width] = {};
                const std::size_t count = In.width - x < width ? In.width - x : width;
                for (std::size_t i = 0; i < count; ++i) {
                    const T* const from = in + pixel_offset<In>(n, y, x + i);
                    T result = Largest ? from[0] : T(0);
                    for (std::size_t c = 0; c < In.channels; ++c)
                        result = Largest ? larger(result, from[c]) : result + from[c];
                    made[i] = Largest ? result : result * (T(1) / T(In.channels));
                }
                store_partial<T>(out + pixel_offset<Out>(n, 0, y) + x,
                                 epilogue(load(made), place{n, 0, y, x}), count);
            }
}
/// grad_in = epilogue(the gradient of its pixel, at the first largest channel or shared out).
template <bool Largest, image In, image GradOut, image GradIn, class T, class Epilogue>
void reduce_channels_backward(const T* in, const T* grad_out, T* grad_in, const Epilogue& epilogue,
                              range samples) {
    constexpr std::size_t channels = In.channels, width = lane_count<T>;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < In.height; ++y)
            for (std::size_t x = 0; x < In.width; ++x) {
                const T* const from = in + pixel_offset<In>(n, y, x);
                const T gradient = grad_out[pixel_offset<GradOut>(n, 0, y) + x];
                std::size_t first = 0;
                for (std::size_t c = 1; Largest && c < channels; ++c)
                    if (!(from[c] <= from[first])) first = c;
                for (std::size_t c = 0; c < channels; c += width) {
                    T given[width];
                    for (std::size_t i = 0; i < width; ++i)
                        given[i] = !Largest         ? gradient * (T(1) / T(channels))
                                   : c + i == first ? gradient
                                                    : T(0);
                    store_partial<T>(grad_in + pixel_offset<GradIn>(n, y, x) + c,
                                     epilogue(load(given), place{n, y, x, c}),
                                     channels - c < width ? channels - c : width);
                }
            }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
