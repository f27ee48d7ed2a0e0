// SPDX-License-Identifier: BSL-1.0
/// @file shape.hpp
/// Sizes as values: `shape` of an activation or a parameter, `extent` and `volume` of a window, `name` of a part.
#pragma once
#include <archetype/architecture/text_view.hpp>
#include <cstddef>
#include <cstdint>

namespace archetype {

/// The sizes of one sample's activation, channels last and without the batch: `shape{height, width,
/// channels}`, `shape{depth, height, width, channels}`, `shape{time, features}` or `shape{features}`. Parameters use the same
/// type, up to rank 5.
struct shape {
    std::size_t extents[5]{};
    std::size_t rank{};

    constexpr shape() = default;
    constexpr explicit shape(std::size_t features) : extents{features}, rank(1) {}
    constexpr shape(std::size_t time, std::size_t features) : extents{time, features}, rank(2) {}
    constexpr shape(std::size_t height, std::size_t width, std::size_t channels)
        : extents{height, width, channels}, rank(3) {}
    constexpr shape(std::size_t a, std::size_t b, std::size_t c, std::size_t d)
        : extents{a, b, c, d}, rank(4) {}
    constexpr shape(std::size_t a, std::size_t b, std::size_t c, std::size_t d, std::size_t e)
        : extents{a, b, c, d, e}, rank(5) {}

    constexpr bool operator==(const shape&) const = default;
    ARCHETYPE_INLINE constexpr std::size_t operator[](std::size_t axis) const { return extents[axis]; }
    /// Number of elements.
    ARCHETYPE_INLINE constexpr std::uint64_t size() const {
        std::uint64_t product = rank == 0 ? 0 : 1;
        for (std::size_t axis = 0; axis < rank; ++axis) product *= extents[axis];
        return product;
    }
    /// The last extent: channels of an image, features of a vector.
    ARCHETYPE_INLINE constexpr std::size_t channels() const { return rank == 0 ? 0 : extents[rank - 1]; }
    /// The extents of an image; a vector counts as one pixel, a sequence as one row, a volume as its slices one below the other.
    ARCHETYPE_INLINE constexpr std::size_t height() const {
        return rank == 3 ? extents[0] : rank == 4 ? extents[0] * extents[1] : 1;
    }
    ARCHETYPE_INLINE constexpr std::size_t width() const { return rank >= 2 ? extents[rank - 2] : 1; }
    ARCHETYPE_INLINE constexpr bool has_zero() const { return size() == 0; }
};

/// Height and width of a window; one number means a square.
struct extent {
    std::size_t height{}, width{};
    constexpr extent(std::size_t side)
        : height(side), width(side) {}  // NOLINT: implicit, so that `conv2d<6, 5>` reads well
    constexpr extent(std::size_t rows, std::size_t columns) : height(rows), width(columns) {}
    constexpr bool operator==(const extent&) const = default;
    ARCHETYPE_INLINE constexpr std::size_t area() const { return height * width; }
};

/// Depth, height and width of a window over volumes; one number means a cube.
struct volume {
    std::size_t depth{}, height{}, width{};
    constexpr volume(std::size_t side)
        : depth(side), height(side), width(side) {}  // NOLINT: implicit, so that `conv3d<6, 5>` reads well
    constexpr volume(std::size_t slices, std::size_t rows, std::size_t columns)
        : depth(slices), height(rows), width(columns) {}
    constexpr bool operator==(const volume&) const = default;
    ARCHETYPE_INLINE constexpr std::size_t size() const { return depth * height * width; }
};

/// A string as a template argument: the name of a part, `named<"conv1", layer>`.
template <std::size_t Size>
struct name {
    char text[Size]{};
    constexpr name(const char (&literal)[Size]) {  // NOLINT: implicit by design
        for (std::size_t i = 0; i < Size; ++i) text[i] = literal[i];
    }
    constexpr bool operator==(const name&) const = default;
    ARCHETYPE_INLINE constexpr text_view view() const { return {text, Size - 1}; }
};

}  // namespace archetype
