// SPDX-License-Identifier: BSL-1.0
/// @file volume_rows.hpp
/// The rows that windows over a volume read, copied one below the other, and given back.
#pragma once
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Windows over a volume, whose slices lie one below the other in `in`: result row r is row r % rows_out of slice r / rows_out.
/// It reads kernel_depth * win.kernel_height rows.
struct volume_rows {
    image in;
    std::size_t slices = 1;    ///< of `in`
    std::size_t rows_out = 1;  ///< of one slice of results
    window win;
    std::size_t kernel_depth = 1, stride_depth = 1, dilation_depth = 1, pad_front = 0;
    std::size_t pad_right = 0;  ///< what windows read behind the last column
    constexpr bool operator==(const volume_rows&) const = default;

    constexpr std::size_t rows_in() const { return in.height / slices; }
    /// Rows that one row of results reads.
    constexpr std::size_t taps() const { return kernel_depth * win.kernel_height; }
    /// `count` rows of results' rows, with zeros at both ends.
    constexpr image copied(std::size_t count) const {
        return halo_image(count * taps(), in.width, in.channels, 0, win.pad_left, 0, pad_right);
    }
};

/// Calls `body(place, row)` for the rows that results `first` to `first + count - 1` read, in order: number `place` of the copies is
/// row `row` of the volume, or beyond its last if it is padding.
template <volume_rows G, class Body>
ARCHETYPE_INLINE void for_volume_rows(std::size_t first, std::size_t count, const Body& body) {
    std::size_t to = 0;
    for (std::size_t r = first; r < first + count; ++r)
        for (std::size_t i = 0; i < G.kernel_depth; ++i) {
            const std::size_t slice = r / G.rows_out * G.stride_depth + i * G.dilation_depth - G.pad_front;
            for (std::size_t j = 0; j < G.win.kernel_height; ++j) {
                const std::size_t row =
                    r % G.rows_out * G.win.stride_height + j * G.win.dilation_height - G.win.pad_top;
                const bool is_there = slice < G.slices && row < G.rows_in();
                body(to++, is_there ? slice * G.rows_in() + row : G.in.height);
            }
        }
}

/// A row of `In`, with `before` zeros before it and `after` behind it.
template <image In, std::size_t Before, std::size_t After, class T>
ARCHETYPE_INLINE void copy_row(const T* from, T* to) {
    constexpr std::size_t inside = In.width * In.channels;
    for (std::size_t i = 0; i < Before; ++i) to[i] = T{};
    if constexpr (In.pixel_stride == In.channels)
        __builtin_memcpy(to + Before, from, inside * sizeof(T));
    else
        for (std::size_t x = 0; x < In.width; ++x)
            __builtin_memcpy(to + Before + x * In.channels, from + x * In.pixel_stride,
                             In.channels * sizeof(T));
    for (std::size_t i = 0; i < After; ++i) to[Before + inside + i] = T{};
}

/// The rows that `count` rows of results of sample `n` read, laid out as `G.copied(count)`.
template <volume_rows G, class T>
void copy_volume_rows(const T* in, std::size_t n, std::size_t first, std::size_t count, T* to) {
    constexpr std::size_t before = G.win.pad_left * G.in.channels, after = G.pad_right * G.in.channels,
                          all = before + G.in.width * G.in.channels + after;
    for_volume_rows<G>(first, count, [&](std::size_t place, std::size_t row) ARCHETYPE_INLINE_LAMBDA {
        T* const at = to + place * all;
        if (row == G.in.height)
            for (std::size_t i = 0; i < all; ++i) at[i] = T{};
        else
            copy_row<G.in, before, after>(in + pixel_offset<G.in>(n, row, 0), at);
    });
}

/// An image with zeros at both ends of its rows, laid out as `Out`, whose halo has columns alone.
template <image In, image Out, class T>
void copy_with_ends(const T* in, T* out) {
    static_assert(Out.sample_stride == Out.height * Out.row_stride, "a halo of columns");
    constexpr std::size_t after = Out.row_stride - Out.offset - Out.width * Out.channels;
    for (std::size_t y = 0; y < In.height; ++y)
        copy_row<In, Out.offset, after>(in + pixel_offset<In>(0, y, 0), out + y * Out.row_stride);
}

/// Adds what `from` has for the rows that `count` rows of results read, without zeros at the ends, to the rows themselves.
template <volume_rows G, image To, class T>
void add_volume_rows(const T* from, std::size_t n, std::size_t first, std::size_t count, T* to) {
    constexpr std::size_t channels = To.channels;
    for_volume_rows<G>(first, count, [&](std::size_t place, std::size_t row) ARCHETYPE_INLINE_LAMBDA {
        if (row == G.in.height) return;
        const T* const given = from + place * To.width * channels;
        T* const at = to + pixel_offset<To>(n, row, 0);
        if constexpr (To.pixel_stride == channels)
            for (std::size_t i = 0; i < To.width * channels; ++i) at[i] += given[i];
        else
            for (std::size_t x = 0; x < To.width; ++x)
                for (std::size_t c = 0; c < channels; ++c)
                    at[x * To.pixel_stride + c] += given[x * channels + c];
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
