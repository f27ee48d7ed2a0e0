// SPDX-License-Identifier: BSL-1.0
/// @file winograd_gradient.hpp
/// Gradient of the weights of a 3 x 3 convolution by the transposed transforms of F(Tile x Tile, 3 x 3).
#pragma once
#include <archetype/kernels/convolution/ways/winograd_forward.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// How it is cut: a task owns the filters of a few panels and keeps the sums of their points while the tiles of all samples
/// pass by, `group` at a time.
template <class T, std::size_t Tile, tile_shape Shape>
struct winograd_gradient_plan {
    static constexpr std::size_t points = (Tile + 2) * (Tile + 2), width = lane_count<T>,
                                 panel_width = Shape.vectors * width, tile_size = Shape.rows * panel_width,
                                 panels_in_task = panel_width < 128 ? 128 / panel_width : 1;
    std::size_t inputs, filters, tiles_x, tiles, channels, panels, tasks, task_filters, row_tiles, group;

    constexpr winograd_gradient_plan(const winograd_convolution& c)
        : inputs(c.inputs),
          filters(c.result.channels),
          tiles_x((c.result.width + Tile - 1) / Tile),
          tiles(tiles_x * ((c.result.height + Tile - 1) / Tile)),
          channels(rounded_up(inputs, width)),
          panels((filters + panel_width - 1) / panel_width),
          tasks((panels + panels_in_task - 1) / panels_in_task),
          task_filters((panels < panels_in_task ? panels : panels_in_task) * panel_width),
          row_tiles((inputs + Shape.rows - 1) / Shape.rows),
          group(64) {}
    constexpr std::size_t cells() const { return group * channels + winograd_gap; }
    constexpr std::size_t gradients() const { return group * task_filters + winograd_gap; }
    constexpr std::size_t sums() const { return row_tiles * Shape.rows * task_filters; }
    constexpr std::size_t workspace() const { return points * (cells() + gradients() + sums()); }
};

/// Gradient of `count` filters from `first` on from the sums of their points: 3 x 3 values for each input channel.
template <class T, std::size_t Tile, tile_shape Shape>
[[gnu::noinline]] void winograd_gradient_of(const T* sums, std::size_t distance, std::size_t inputs,
                                            std::size_t count, std::size_t task_panels, T* to,
                                            std::size_t filters, bool accumulate) {
    using plan = winograd_gradient_plan<T, Tile, Shape>;
    constexpr std::size_t width = plan::width;
    for (std::size_t c = 0; c < inputs; ++c)
        for (std::size_t f = 0; f < count; f += width) {
            const T* const from = sums +
                                  (c / Shape.rows * task_panels + f / plan::panel_width) * plan::tile_size +
                                  c % Shape.rows * plan::panel_width + f % plan::panel_width;
            lanes<T> in[plan::points], out[9];
#pragma GCC unroll 36
            for (std::size_t p = 0; p < plan::points; ++p) in[p] = load(from + p * distance);
            winograd_square<transposed<winograd_filter<Tile>>, T>(in, out);
            const std::size_t used = cells_left(f, count, width);
            for (std::size_t tap = 0; tap < 9; ++tap) {
                T* const at = to + (tap * inputs + c) * filters + f;
                store_partial(at, accumulate ? out[tap] + load_partial(at, used) : out[tap], used);
            }
        }
}

/// @param c            of the forward pass; `c.result` says where the gradient of the output lies
/// @param weight_gradients  in the logical order [3][3][channel in][filter]
/// @param workspace    `workspace()` elements of the calling thread's own
template <class T, std::size_t Tile, tile_shape Shape>
void run_winograd_gradient(const winograd_convolution& c, const T* in, const T* grad_out, T* weight_gradients,
                           bool accumulate, std::size_t batch, range tasks, T* workspace) {
    using plan_type = winograd_gradient_plan<T, Tile, Shape>;
    const plan_type plan(c);
    constexpr std::size_t side = Tile + 2, points = plan_type::points, panel_width = plan_type::panel_width;
    const std::size_t cells = plan.cells(), gradients = plan.gradients(), sums = plan.sums(),
                      task_panels = plan.task_filters / panel_width, all = batch * plan.tiles;
    T *const cell_points = workspace, *const gradient_points = cell_points + points * cells,
             *const sum_points = gradient_points + points * gradients;
    for (std::size_t task = tasks.first; task < tasks.last; ++task) {
        const std::size_t first_filter = task * plan.task_filters,
                          count = cells_left(first_filter, plan.filters, plan.task_filters),
                          used_panels = (count + panel_width - 1) / panel_width;
        for (std::size_t first = 0; first < all; first += plan.group) {
            const std::size_t some = cells_left(first, all, plan.group);
            for (std::size_t t = 0; t < some; ++t) {
                const std::size_t sample = (first + t) / plan.tiles, of_sample = (first + t) % plan.tiles;
                const std::size_t y = of_sample / plan.tiles_x * Tile, x = of_sample % plan.tiles_x * Tile;
                winograd_points_of<winograd_input<Tile>>(
                    in + (c.first + static_cast<std::ptrdiff_t>(sample * c.source_sample + y * c.source_row +
                                                                x * c.source_pixel)),
                    c.source_row, c.source_pixel, cells_left(y, c.result.height + 2, side),
                    cells_left(x, c.result.width + 2, side), c.inputs, cell_points + t * plan.channels,
                    cells);
                winograd_points_of<transposed<winograd_results<Tile>>>(
                    grad_out + c.result.offset + sample * c.result.sample_stride + y * c.result.row_stride +
                        x * c.result.pixel_stride + first_filter,
                    c.result.row_stride, c.result.pixel_stride, cells_left(y, c.result.height, Tile),
                    cells_left(x, c.result.width, Tile), count, gradient_points + t * plan.task_filters,
                    gradients);
            }
            nest n;
            n.inner = some, n.row_inner = static_cast<std::ptrdiff_t>(plan.channels);
            n.panel_inner = static_cast<std::ptrdiff_t>(plan.task_filters);
            for (std::size_t p = 0; p < points; ++p)
                for (std::size_t row_tile = 0; row_tile < plan.row_tiles; ++row_tile) {
                    const T* rows[Shape.rows];  // the last register tile repeats its last row
                    for (std::size_t r = 0; r < Shape.rows; ++r) {
                        const std::size_t channel = row_tile * Shape.rows + r;
                        rows[r] =
                            cell_points + p * cells + (channel < plan.inputs ? channel : plan.inputs - 1);
                    }
                    for (std::size_t panel = 0; panel < used_panels; ++panel) {
                        T* const tile =
                            sum_points + p * sums + (row_tile * task_panels + panel) * plan_type::tile_size;
                        tile_product<T, Shape.rows, Shape.vectors>(
                            rows, 0, gradient_points + p * gradients + panel * panel_width, n,
                            first == 0 ? zeros<T> : tile, first == 0 ? 0 : panel_width, tile);
                    }
                }
        }
        winograd_gradient_of<T, Tile, Shape>(sum_points, sums, plan.inputs, count, task_panels,
                                             weight_gradients + first_filter, plan.filters, accumulate);
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
