// SPDX-License-Identifier: BSL-1.0
/// @file image.hpp
/// Where the elements of one sample's activation lie in memory, and the geometry of sliding windows over it.
#pragma once
#include <archetype/instruction_set.hpp>
#include <cstddef>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One sample's channels-last image inside a buffer. All distances are in elements; element (y, x, c) of
/// sample n is at `base[n * sample_stride + offset + y * row_stride + x * pixel_stride + c]`. A halo shows as
/// `offset` and a larger `row_stride`; a slice of a concatenation as a `pixel_stride` above `channels`. A
/// vector of n features is an image of 1 x 1 x n.
struct image {
    std::size_t height = 1, width = 1, channels = 1;
    std::size_t pixel_stride = 1, row_stride = 1, sample_stride = 1, offset = 0;
    constexpr bool operator==(const image&) const = default;
    constexpr std::size_t size() const { return height * width * channels; }
    /// Rows follow one another without a gap, so the sample is one contiguous run of `size()` elements.
    constexpr bool contiguous() const { return pixel_stride == channels && row_stride == width * channels; }
};

/// An image without halo.
constexpr image dense_image(std::size_t height, std::size_t width, std::size_t channels) {
    return {height, width, channels, channels, width * channels, height * width * channels, 0};
}

/// An image with `before`/`after` cells of halo on each axis (top, left, bottom, right).
constexpr image halo_image(std::size_t height, std::size_t width, std::size_t channels, std::size_t top,
                           std::size_t left, std::size_t bottom, std::size_t right) {
    const std::size_t row = (width + left + right) * channels;
    return {
        height, width, channels, channels, row, (height + top + bottom) * row, top * row + left * channels};
}

/// The sliding window of a convolution or a pooling. Padding is what lies before the first cell; cells past
/// the end follow from the output size. Output y reads rows y * stride - pad_top + k * dilation.
struct window {
    std::size_t kernel_height = 1, kernel_width = 1;
    std::size_t stride_height = 1, stride_width = 1;
    std::size_t dilation_height = 1, dilation_width = 1;
    std::size_t pad_top = 0, pad_left = 0;
    constexpr bool operator==(const window&) const = default;
};

/// Samples, filters or tasks `first` to `last - 1`.
struct range {
    std::size_t first = 0, last = 0;
    constexpr std::size_t size() const { return last - first; }
};

/// What one of several threads does of the same samples: the `index`-th of `of` parts.
struct share {
    std::size_t index = 0, of = 1;
    /// Of `count` things, in pieces of `piece`.
    constexpr range among(std::size_t count, std::size_t piece = 1) const {
        const std::size_t pieces = (count + piece - 1) / piece, first = pieces * index / of * piece,
                          last = pieces * (index + 1) / of * piece;
        return {first < count ? first : count, last < count ? last : count};
    }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
