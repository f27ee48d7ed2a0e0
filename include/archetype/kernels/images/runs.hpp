// SPDX-License-Identifier: BSL-1.0
/// @file runs.hpp
/// Loops of elementwise kernels over the vectors of an image, and safe stores of a pixel's channels.
#pragma once
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/vectors/lanes.hpp>

/// After the parameters of a lambda in a kernel's inner loops.
#define ARCHETYPE_INLINE_LAMBDA __attribute__((always_inline))

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Number of elements of sample `n` before pixel (y, x).
template <image Image>
ARCHETYPE_INLINE constexpr std::size_t pixel_offset(std::size_t n, std::size_t y, std::size_t x) {
    return n * Image.sample_stride + Image.offset + y * Image.row_stride + x * Image.pixel_stride;
}

/// Calls `body(c)` for vectors that cover `Channels` channels. If the channels fill at least one vector, the
/// last begins at `Channels - lane_count<T>` and overlaps the one before, so that all are full.
template <class T, std::size_t Channels, class Body>
ARCHETYPE_INLINE void for_channel_vectors(const Body& body) {
    constexpr std::size_t width = lane_count<T>, full = Channels / width;
    for (std::size_t i = 0; i < full; ++i) body(i * width);
    if constexpr (full == 0)
        body(std::size_t{0});
    else if constexpr (Channels % width != 0)
        body(Channels - width);
}

/// Stores a vector of `for_channel_vectors` that begins at channel `c` of pixel `x`; `row` points to the
/// row's first pixel. With fewer channels than lanes the store may run into later pixels of the row: pixels
/// must be stored in ascending order within a row, and the result must not be the input.
template <image Image, class T>
ARCHETYPE_INLINE void store_channels(T* row, std::size_t x, std::size_t c, const lanes<T>& value) {
    constexpr std::size_t width = lane_count<T>, channels = Image.channels;
    T* const to = row + x * Image.pixel_stride + c;
    if (channels >= width || (Image.pixel_stride == channels && (Image.width - x) * channels >= width))
        store(to, value);
    else
        store_partial(to, value, channels);
}

/// A run of elements that elementwise kernels treat alike: a row where pixels follow one another, else a
/// pixel.
template <bool Rows, image Image>
struct run_shape {
    static constexpr std::size_t length = Rows ? Image.width * Image.channels : Image.channels;
    static constexpr std::size_t runs_per_row = Rows ? 1 : Image.width;
};

/// out = body(vector of in, place of its first lane) for all elements of the samples. `Rows` allows vectors
/// that run across pixels (both images must have `pixel_stride == channels`). The result may be the input
/// buffer itself if the images are equal: nothing is stored before all that is still needed has been read.
template <image In, image Out, bool Rows, class T, class Body>
ARCHETYPE_INLINE void transform(const T* in, T* out, range samples, const Body& body) {
    static_assert(In.height == Out.height && In.width == Out.width && In.channels == Out.channels,
                  "both images need the same height, width and channels");
    constexpr bool rows = Rows && In.pixel_stride == In.channels && Out.pixel_stride == Out.channels;
    using shape = run_shape<rows, In>;
    constexpr std::size_t width = lane_count<T>, length = shape::length, channels = In.channels;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < In.height; ++y)
            for (std::size_t run = 0; run < shape::runs_per_row; ++run) {
                const T* const from = in + pixel_offset<In>(n, y, run);
                T* const to = out + pixel_offset<Out>(n, y, run);
                const auto where = [&](std::size_t i) ARCHETYPE_INLINE_LAMBDA {
                    return rows ? place{n, y, i / channels, i % channels} : place{n, y, run, i};
                };
                if constexpr (length >= width) {
                    // The last vector overlaps the one before; it is read first so that in-place use is
                    // right.
                    const lanes<T> tail = load(from + (length - width));
                    for (std::size_t i = 0; i + width <= length; i += width)
                        store<T>(to + i, body(load(from + i), where(i)));
                    if constexpr (length % width != 0)
                        store<T>(to + (length - width), body(tail, where(length - width)));
                } else {
                    store_partial<T>(to, body(load(from), where(0)), length);
                }
            }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
