// SPDX-License-Identifier: BSL-1.0
/// @file copy.hpp
/// Moving an image from one layout to another, and clearing the halo of a layout.
#pragma once
#include <archetype/kernels/images/map.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out = in, element by element, from the layout `In` to the layout `Out` of the same extents. The halo stays
/// as it is.
template <image In, image Out, class T>
void copy(const T* in, T* out, range samples) {
    map<In, Out>(in, out, identity_epilogue{}, samples);
}

/// Sets every halo cell of the samples to `value`: all of a sample's `sample_stride` elements that lie outside
/// its image, over all `pixel_stride` channels (the neighbours' in a concatenation too). The block of
/// `sample_stride` elements must belong to this image alone and its rows must be whole pixels.
template <image Image, class T>
void fill_halo(T* base, range samples, T value) {
    static_assert(Image.row_stride % Image.pixel_stride == 0, "a row of a halo layout holds whole pixels");
    constexpr std::size_t first = Image.offset - Image.offset % Image.pixel_stride;
    constexpr std::size_t row = Image.width * Image.pixel_stride;
    constexpr std::size_t end = first + (Image.height - 1) * Image.row_stride + row;
    static_assert(end <= Image.sample_stride, "the image lies within its sample");
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        T* at = base + n * Image.sample_stride;
        for (std::size_t y = 0; y <= Image.height; ++y, at += row) {
            const std::size_t gap = y == 0              ? first
                                    : y != Image.height ? Image.row_stride - row
                                                        : Image.sample_stride - end;
            for (T* const last = at + gap; at != last; ++at) {
                keep_loop(at);
                *at = value;
            }
        }
    }
}

/// Sets every halo cell of the samples to zero.
template <image Image, class T>
void zero_halo(T* base, range samples) {
    fill_halo<Image>(base, samples, T(0));
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
