// SPDX-License-Identifier: BSL-1.0
/// @file tile_product.hpp
/// The register tile under every contraction: a few rows of broadcast operands times one or more vectors,
/// reduced over a nest of three loops. Extents and strides are run-time values, so that all layers share a
/// handful of instantiations.
#pragma once
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Rows and vectors of one register tile.
struct tile_shape {
    std::size_t rows = 1, vectors = 1;
    constexpr bool operator==(const tile_shape&) const = default;
};

/// Loops of a reduction, and how far one step of each moves in the rows' operand and in the panel of vectors.
struct nest {
    std::size_t outer = 1, middle = 1, inner = 1;
    std::ptrdiff_t row_outer = 0, row_middle = 0, row_inner = 0;
    std::ptrdiff_t panel_outer = 0, panel_middle = 0, panel_inner = 0;

    /// The same reduction in the same order with the longest innermost loop.
    constexpr nest merged() const {
        nest n = *this;
        for (int pass = 0; pass < 2; ++pass) {
            const auto steps = static_cast<std::ptrdiff_t>(n.inner);
            if (n.inner == 1 ||
                (n.row_middle == steps * n.row_inner && n.panel_middle == steps * n.panel_inner)) {
                if (n.inner == 1) n.row_inner = n.row_middle, n.panel_inner = n.panel_middle;
                n.inner *= n.middle;
                n.middle = n.outer, n.row_middle = n.row_outer, n.panel_middle = n.panel_outer;
                n.outer = 1;
            } else {
                const auto middle_steps = static_cast<std::ptrdiff_t>(n.middle);
                if (n.middle == 1 || (n.row_outer == middle_steps * n.row_middle &&
                                      n.panel_outer == middle_steps * n.panel_middle)) {
                    if (n.middle == 1) n.row_middle = n.row_outer, n.panel_middle = n.panel_outer;
                    n.middle *= n.outer;
                    n.outer = 1;
                }
                break;
            }
        }
        return n;
    }
};

// Vectors that accumulators, one panel row and a broadcast may fill; x86 before AVX-512 has 16 registers.
#if ARCHETYPE_HAS_XSIMD && (defined(__AVX512F__) || defined(__aarch64__))
inline constexpr tile_shape tile_shapes[] = {{10, 2}, {6, 4}, {8, 3}, {10, 1}};
#elif ARCHETYPE_HAS_XSIMD
inline constexpr tile_shape tile_shapes[] = {{6, 2}, {4, 3}, {10, 1}};
#else
inline constexpr tile_shape tile_shapes[] = {{4, 6}, {4, 4}, {4, 2}, {4, 1}};
#endif

/// The tile that computes `rows` x `channels` results with the fewest wasted lanes. One vector per broadcast
/// is a third slower per operation than two; among equals the smaller panel, which stays in the nearer cache,
/// comes first.
template <class T>
constexpr tile_shape choose_tile(std::size_t rows, std::size_t channels) {
    tile_shape best = tile_shapes[0];
    std::size_t best_cost = static_cast<std::size_t>(-1);
    for (const tile_shape& shape : tile_shapes) {
        const std::size_t lanes_in_panel = shape.vectors * lane_count<T>;
        const std::size_t row_tiles = (rows + shape.rows - 1) / shape.rows * shape.rows;
        const std::size_t vectors = (channels + lanes_in_panel - 1) / lanes_in_panel * shape.vectors;
        const std::size_t cost = row_tiles * vectors * (shape.vectors == 1 ? 133 : 100);
        if (cost < best_cost) best_cost = cost, best = shape;
    }
    return best;
}

/// tile[r][v] = initial[r][v] + sum over the nest of rows[r][shift + ...] * panel[... + v]. `initial_stride`
/// is the distance between the rows of `initial` (0: all start from the same vectors); `tile` is contiguous
/// and may be `initial`.
template <class T, std::size_t Rows, std::size_t Vectors>
[[gnu::noinline]] void tile_product(const T* const* rows, std::ptrdiff_t shift, const T* panel, const nest& n,
                                    const T* initial, std::size_t initial_stride, T* tile) {
    constexpr std::size_t width = lane_count<T>;
    lanes<T> sums[Rows][Vectors];
    const T* row[Rows];
#pragma GCC unroll 16
    for (std::size_t r = 0; r < Rows; ++r) {
        row[r] = rows[r];
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Vectors; ++v) sums[r][v] = load(initial + r * initial_stride + v * width);
    }
    const std::ptrdiff_t row_step = n.row_inner, panel_step = n.panel_inner;
    for (std::size_t outer = 0; outer < n.outer; ++outer)
        for (std::size_t middle = 0; middle < n.middle; ++middle) {
            std::ptrdiff_t at = shift + static_cast<std::ptrdiff_t>(outer) * n.row_outer +
                                static_cast<std::ptrdiff_t>(middle) * n.row_middle;
            const T* factors = panel + static_cast<std::ptrdiff_t>(outer) * n.panel_outer +
                               static_cast<std::ptrdiff_t>(middle) * n.panel_middle;
            for (std::size_t step = n.inner; step != 0; --step) {
                lanes<T> factor[Vectors];
#pragma GCC unroll 8
                for (std::size_t v = 0; v < Vectors; ++v) factor[v] = load(factors + v * width);
#pragma GCC unroll 16
                for (std::size_t r = 0; r < Rows; ++r) {
                    const lanes<T> value = broadcast(row[r][at]);
#pragma GCC unroll 8
                    for (std::size_t v = 0; v < Vectors; ++v)
                        sums[r][v] = multiply_add(value, factor[v], sums[r][v]);
                }
                at += row_step;
                factors += panel_step;
            }
        }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Vectors; ++v) store(tile + (r * Vectors + v) * width, sums[r][v]);
}

/// Panels that one row is multiplied with at a time, enough independent sums to hide the latency of an
/// addition.
/// or all there are.
constexpr std::size_t panels_per_row(std::size_t vectors, std::size_t panels) {
    const std::size_t wanted = ARCHETYPE_HAS_XSIMD ? 8 / vectors : 1;
    return panels < wanted ? panels : wanted;
}

/// One row times up to `Panels` panels that lie `panel_next` apart: result[p][v], each element summed
/// in the same order as by `tile_product`. Panels from `count` on repeat the last.
template <class T, std::size_t Vectors, std::size_t Panels>
[[gnu::noinline]] void row_product(const T* row, const T* panel, std::size_t panel_next, std::size_t count,
                                   const nest& n, const T* initial, std::size_t initial_next, T* result) {
    constexpr std::size_t width = lane_count<T>, panels = Panels;
    lanes<T> sums[panels][Vectors];
    const T* first[panels];
#pragma GCC unroll 8
    for (std::size_t p = 0; p < panels; ++p) {
        const std::size_t index = p < count ? p : count - 1;
        first[p] = panel + index * panel_next;
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Vectors; ++v)
            sums[p][v] = load(initial + index * initial_next + v * width);
    }
    for (std::size_t outer = 0; outer < n.outer; ++outer)
        for (std::size_t middle = 0; middle < n.middle; ++middle) {
            std::ptrdiff_t at = static_cast<std::ptrdiff_t>(outer) * n.row_outer +
                                static_cast<std::ptrdiff_t>(middle) * n.row_middle;
            std::ptrdiff_t factors = static_cast<std::ptrdiff_t>(outer) * n.panel_outer +
                                     static_cast<std::ptrdiff_t>(middle) * n.panel_middle;
            for (std::size_t step = n.inner; step != 0; --step) {
                const lanes<T> value = broadcast(row[at]);
#pragma GCC unroll 8
                for (std::size_t p = 0; p < panels; ++p)
#pragma GCC unroll 8
                    for (std::size_t v = 0; v < Vectors; ++v)
                        sums[p][v] = multiply_add(value, load(first[p] + factors + v * width), sums[p][v]);
                at += n.row_inner;
                factors += n.panel_inner;
            }
        }
#pragma GCC unroll 8
    for (std::size_t p = 0; p < panels; ++p)
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Vectors; ++v) store(result + (p * Vectors + v) * width, sums[p][v]);
}

/// Calls function.operator()<0>() to <Count - 1>().
template <std::size_t Count, std::size_t Index = 0, class Function>
ARCHETYPE_INLINE constexpr void each_index(const Function& function) {
    if constexpr (Index < Count) {
        function.template operator()<Index>();
        each_index<Count, Index + 1>(function);
    }
}

/// Zeros to start sums from.
template <class T>
inline constexpr T zeros[8 * lane_count<T>] = {};

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
