// SPDX-License-Identifier: BSL-1.0
/// @file multiply_rows.hpp
/// Rows of a few samples and time steps times one matrix, wherever the rows lie.
#pragma once
#include <archetype/kernels/products/sweep.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A matrix of `Inner` x `Columns` as `multiply_rows` reads it: packed in panels of columns, or (`Packed` false) as it is.
template <std::size_t Inner, std::size_t Columns, class T, bool Packed = true>
struct row_matrix {
    static constexpr detail::tile_shape tile = detail::choose_tile<T>(64, Columns);
    static constexpr std::size_t panel_width = tile.vectors * lane_count<T>;
    static constexpr std::size_t panels = (Columns + panel_width - 1) / panel_width;
    static constexpr std::size_t row_panels = detail::panels_per_row(tile.vectors, panels);
    static constexpr std::size_t packed_size = Packed ? panels * Inner * panel_width : 0;

    /// Packs the matrix whose element (i, k) is `from[i * row_stride + k * column_stride]`; lanes without a column are zero.
    static void pack(const T* from, std::size_t row_stride, std::size_t column_stride, T* to) {
        for (std::size_t panel = 0; panel < panels; ++panel)
            for (std::size_t i = 0; i < Inner; ++i)
                for (std::size_t k = panel * panel_width; k < (panel + 1) * panel_width; ++k)
                    *to++ = k < Columns ? from[i * row_stride + k * column_stride] : T{};
    }
};

/// Where rows lie: `steps` of each sample, at these distances.
struct row_grid {
    std::size_t steps = 1;
    std::size_t in_sample = 0, in_step = 0, out_sample = 0, out_step = 0;
};

/// out row = epilogue(in row times matrix + bias) for the rows of some samples; `place` has the sample, x is the step.
/// @param row_stride  between the rows of a matrix that is not packed
/// @param bias        `Columns` values, or null
template <std::size_t Inner, std::size_t Columns, bool Packed, class T, class Epilogue>
void multiply_rows(const row_grid& rows, const T* in, const T* matrix, std::size_t row_stride, const T* bias,
                   T* out, const Epilogue& epilogue, range samples) {
    using layout = row_matrix<Inner, Columns, T, Packed>;
    const auto distance = [](std::size_t d) { return static_cast<std::ptrdiff_t>(d); };
    detail::sweep s;
    s.width = rows.steps;
    s.group_channels = Columns;
    s.source_sample = distance(rows.in_sample);
    s.source_x = distance(rows.in_step);
    s.panel_next = Packed ? Inner * layout::panel_width : layout::panel_width;
    s.result = {1, rows.steps, Columns, rows.out_step, 0, rows.out_sample, 0};
    s.reduction.inner = Inner;
    s.reduction.row_inner = 1;
    s.reduction.panel_inner = distance(Packed ? layout::panel_width : row_stride);
    detail::run_sweep<T, layout::tile, layout::row_panels>(s, in, matrix, bias, out, epilogue, samples);
}

/// Adds to what is there: out += row times matrix.
template <class T>
struct add_to_rows {
    const T* rows;
    std::size_t sample_stride;
    ARCHETYPE_INLINE lanes<T> operator()(const lanes<T>& value, const place& at) const {
        return value + load(rows + at.sample * sample_stride + at.channel);
    }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
