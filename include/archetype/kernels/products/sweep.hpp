// SPDX-License-Identifier: BSL-1.0
/// @file sweep.hpp
/// Runs register tiles over all results of a convolution-like operation: rows are the positions of all
/// samples one after another, columns the channels of the result.
#pragma once
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/images/progress.hpp>
#include <archetype/kernels/products/tile_product.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Results at y_first + i * y_step, x_first + j * x_step of every sample (i < height, j < width), in `groups`
/// of `group_channels` channels. `source` members locate the operand of the first tap, `panel` members the
/// vectors of weights. All distances are in elements.
struct sweep {
    std::size_t height = 1, width = 1;
    std::size_t y_first = 0, y_step = 1, x_first = 0, x_step = 1;
    std::size_t groups = 1, group_channels = 1;
    std::ptrdiff_t source_offset = 0, source_sample = 0, source_y = 0, source_x = 0, source_group = 0;
    std::ptrdiff_t panel_offset = 0;
    std::size_t panel_group = 0, panel_next = 0;
    image result;
    nest reduction;
};

/// Row addresses are prepared for this many tiles at a time and used for all panels.
inline constexpr std::size_t tiles_per_block = ARCHETYPE_HAS_XSIMD ? 16 : 4;

/// The rows of one block, and the cursor that produces them.
template <class T, std::size_t Capacity>
struct row_block {
    const T* source[Capacity];
    T* result[Capacity];
    struct position {
        std::size_t sample, y, x;
    } where[Capacity];  // left uninitialized, unlike `place`

    ARCHETYPE_INLINE void fill(const sweep& s, const T* from, T* to, place& cursor, std::size_t count) {
        for (std::size_t r = 0; r < count; ++r) {
            const std::size_t y = s.y_first + cursor.y * s.y_step, x = s.x_first + cursor.x * s.x_step;
            source[r] =
                from + (s.source_offset + static_cast<std::ptrdiff_t>(cursor.sample) * s.source_sample +
                        static_cast<std::ptrdiff_t>(cursor.y) * s.source_y +
                        static_cast<std::ptrdiff_t>(cursor.x) * s.source_x);
            result[r] = to + (s.result.offset + cursor.sample * s.result.sample_stride +
                              y * s.result.row_stride + x * s.result.pixel_stride);
            where[r] = {cursor.sample, y, x};
            if (++cursor.x == s.width) {
                cursor.x = 0;
                if (++cursor.y == s.height) cursor.y = 0, ++cursor.sample;
            }
        }
    }
};

/// Applies the epilogue to `vectors` vectors of one row from `channel` on, and stores those below `limit`.
template <class T, class Position, class Epilogue>
ARCHETYPE_INLINE void finish(const T* sums, std::size_t vectors, T* to, const Position& at,
                             std::size_t channel, std::size_t limit, const Epilogue& epilogue) {
    constexpr std::size_t width = lane_count<T>;
    place where{at.sample, at.y, at.x, channel};
    if (channel + vectors * width <= limit) {
        for (std::size_t v = 0; v < vectors; ++v, channel += width) {
            where.channel = channel;
            store(to + channel, epilogue(load(sums + v * width), where));
        }
        return;
    }
    for (std::size_t v = 0; v < vectors && channel < limit; ++v, channel += width) {
        where.channel = channel;
        const lanes<T> value = epilogue(load(sums + v * width), where);
        store_partial(to + channel, value, limit - channel < width ? limit - channel : width);
    }
}

/// Where one of several calls begins, how many rows it has, and its panels.
struct sweep_start {
    std::size_t rows;
    place first;
    range panels;
};
/// Of `part`, if it is not null: rows in tiles of `tile` or, where that is 0, panels in groups of `group`. Not inlined: it is for all
/// networks the same.
[[gnu::noinline]] inline sweep_start start_of(const sweep& s, range samples, const share* part,
                                              std::size_t tile, std::size_t panels, std::size_t group) {
    const std::size_t all = samples.size() * s.height * s.width;
    if (part == nullptr) return {all, {samples.first, 0, 0, 0}, {0, panels}};
    if (tile == 0) return {all, {samples.first, 0, 0, 0}, part->among(panels, group)};
    const range rows = part->among(all, tile);
    return {rows.size(),
            {samples.first + rows.first / (s.height * s.width), rows.first / s.width % s.height,
             rows.first % s.width, 0},
            {0, panels}};
}

/// `Panels` is `panels_per_row`, which single rows are multiplied with at a time. `part`: of one group, results are cut into rows of
/// the product or, where there are few, into panels. `by`: told between blocks of rows; not with a part.
template <class T, tile_shape Shape, std::size_t Panels, class Epilogue>
void run_sweep(const sweep& s, const T* source, const T* weights, const T* bias, T* result,
               const Epilogue& epilogue, range samples, const share* part = nullptr, companions by = {}) {
    constexpr std::size_t panel_width = Shape.vectors * lane_count<T>,
                          rows_per_block = Shape.rows * tiles_per_block;
    constexpr std::size_t row_panels = Panels;
    constexpr std::size_t buffer_size = (Shape.rows > row_panels ? Shape.rows : row_panels) * panel_width;
    T sums[buffer_size];
    row_block<T, rows_per_block> block;
    const std::size_t panels = (s.group_channels + panel_width - 1) / panel_width;
    const bool by_rows = samples.size() * s.height * s.width * 2 <= Shape.rows;
    auto [left, cursor, own] = start_of(s, samples, part, by_rows ? 0 : Shape.rows, panels, row_panels);
    std::size_t reached = 0;
    while (left != 0) {
        const std::size_t count = left < rows_per_block ? left : rows_per_block;
        reached += count;
        by.reads(reached);
        block.fill(s, source, result, cursor, count);
        // The last tile of all repeats its last row and drops what comes out of the copies.
        for (std::size_t r = count; r % Shape.rows != 0; ++r) block.source[r] = block.source[count - 1];
        for (std::size_t group = 0; group < s.groups; ++group) {
            const std::size_t first = group * s.group_channels, limit = first + s.group_channels;
            const std::ptrdiff_t shift = static_cast<std::ptrdiff_t>(group) * s.source_group;
            const T* const group_weights = weights + s.panel_offset + group * s.panel_group;
            if (by_rows) {
                for (std::size_t panel = own.first; panel < own.last; panel += row_panels) {
                    const std::size_t channel = first + panel * panel_width;
                    const std::size_t used = panels - panel < row_panels ? panels - panel : row_panels;
                    for (std::size_t r = 0; r < count; ++r) {
                        row_product<T, Shape.vectors, row_panels>(
                            block.source[r] + shift, group_weights + panel * s.panel_next, s.panel_next, used,
                            s.reduction, bias != nullptr ? bias + channel : zeros<T>,
                            bias != nullptr ? panel_width : 0, sums);
                        finish(sums, used * Shape.vectors, block.result[r], block.where[r], channel, limit,
                               epilogue);
                    }
                }
                continue;
            }
            for (std::size_t panel = 0; panel < panels; ++panel) {
                const std::size_t channel = first + panel * panel_width;
                for (std::size_t tile = 0; tile < count; tile += Shape.rows) {
                    // The results' cache lines are fetched while the sums are computed.
                    for (std::size_t r = 0; r < Shape.rows && tile + r < count; ++r)
                        for (std::size_t v = 0; v < Shape.vectors; ++v)
                            __builtin_prefetch(block.result[tile + r] + channel + v * lane_count<T>, 1);
                    tile_product<T, Shape.rows, Shape.vectors>(
                        block.source + tile, shift, group_weights + panel * s.panel_next, s.reduction,
                        bias != nullptr ? bias + channel : zeros<T>, 0, sums);
                    for (std::size_t r = 0; r < Shape.rows && tile + r < count; ++r)
                        finish(sums + r * panel_width, Shape.vectors, block.result[tile + r],
                               block.where[tile + r], channel, limit, epilogue);
                }
            }
        }
        by.stored(reached);
        left -= count;
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
