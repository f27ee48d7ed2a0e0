// SPDX-License-Identifier: BSL-1.0
/// @file pool2d.hpp
/// The geometry of pooling: windows are clipped to the image, so pooling never reads a halo.
#pragma once
#include <archetype/kernels/images/pool_axis.hpp>
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A pooling from `in` to `out`. The caller has decided the output extents (rounding down or up); a window
/// that begins before or reaches past the image is clipped to it. `count_padding` divides averages by the
/// number of cells within the image and its explicit padding (`win.pad_top`, `win.pad_left`, `pad_bottom`,
/// `pad_right`): PyTorch's default; without it only cells of the image count: TensorFlow's and ONNX's. Cells
/// beyond the explicit padding never count.
struct pool2d {
    image in, out;
    window win;
    bool count_padding = false;
    std::size_t pad_bottom = 0, pad_right = 0;
    constexpr bool operator==(const pool2d&) const = default;
};

constexpr pool_axis vertical(const pool2d& g) {
    return {g.in.height,           g.out.height,  g.win.kernel_height, g.win.stride_height,
            g.win.dilation_height, g.win.pad_top, g.pad_bottom};
}
constexpr pool_axis horizontal(const pool2d& g) {
    return {g.in.width,           g.out.width,    g.win.kernel_width, g.win.stride_width,
            g.win.dilation_width, g.win.pad_left, g.pad_right};
}

/// Channels agree and no window lies in padding only (its maximum would be minus infinity).
constexpr bool valid(const pool2d& g) {
    return g.in.channels == g.out.channels && vertical(g).valid() && horizontal(g).valid();
}

/// Every cell of the image belongs to exactly one window (2 x 2 with stride 2, and pooling over the whole
/// image).
constexpr bool tiles(const pool2d& g) { return vertical(g).tiles() && horizontal(g).tiles(); }

/// The window of a pooling over the whole image.
constexpr pool2d global_pool2d(const image& in, const image& out) {
    return {in, out, {in.height, in.width, in.height, in.width}};
}

/// The cells of one clipped window.
struct pool_cells {
    std::size_t first_y, last_y, first_x, last_x, in_y,
        in_x;  // in_y, in_x: cell 0, modulo 2^n if in the padding
};

/// Calls `body(n, y, x, cells)` for every window of the samples, in ascending order.
template <pool2d Geometry, class Body>
ARCHETYPE_INLINE void for_windows(range samples, const Body& body) {
    static_assert(valid(Geometry), "every window must touch the image, and channels must agree");
    constexpr pool_axis rows = vertical(Geometry), columns = horizontal(Geometry);
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < rows.out; ++y)
            for (std::size_t x = 0; x < columns.out; ++x) {
                const std::size_t in_y = y * rows.stride - rows.pad_before;
                const std::size_t in_x = x * columns.stride - columns.pad_before;
                pool_cells cells{0, rows.kernel, 0, columns.kernel, in_y, in_x};
                if constexpr (!rows.whole()) cells.first_y = rows.first(y), cells.last_y = rows.last(y);
                if constexpr (!columns.whole())
                    cells.first_x = columns.first(x), cells.last_x = columns.last(x);
                body(n, y, x, cells);
            }
}

/// Windows small enough to unroll that are never clipped.
template <pool2d Geometry>
inline constexpr bool unrolled =
    vertical(Geometry).whole() &&
    horizontal(Geometry).whole() && Geometry.win.kernel_height* Geometry.win.kernel_width <= 9;

/// Calls `body(y)` with every image row of a window.
template <pool2d Geometry, class Body>
ARCHETYPE_INLINE void for_cell_rows(const pool_cells& cells, const Body& body) {
    constexpr pool_axis rows = vertical(Geometry);
    if constexpr (unrolled<Geometry>) {
#pragma GCC unroll 9
        for (std::size_t k = 0; k < rows.kernel; ++k) body(cells.in_y + k * rows.dilation);
    } else {
        for (std::size_t k = cells.first_y; k < cells.last_y; ++k) body(cells.in_y + k * rows.dilation);
    }
}

/// Calls `body(x)` with every image column of a window.
template <pool2d Geometry, class Body>
ARCHETYPE_INLINE void for_cell_columns(const pool_cells& cells, const Body& body) {
    constexpr pool_axis columns = horizontal(Geometry);
    if constexpr (unrolled<Geometry>) {
#pragma GCC unroll 9
        for (std::size_t l = 0; l < columns.kernel; ++l) body(cells.in_x + l * columns.dilation);
    } else {
        for (std::size_t l = cells.first_x; l < cells.last_x; ++l) body(cells.in_x + l * columns.dilation);
    }
}

/// Calls `body(y, x)` with every image cell of a window, row by row.
template <pool2d Geometry, class Body>
ARCHETYPE_INLINE void for_cells(const pool_cells& cells, const Body& body) {
    for_cell_rows<Geometry>(cells, [&](std::size_t y) ARCHETYPE_INLINE_LAMBDA {
        for_cell_columns<Geometry>(cells, [&](std::size_t x) ARCHETYPE_INLINE_LAMBDA { body(y, x); });
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
