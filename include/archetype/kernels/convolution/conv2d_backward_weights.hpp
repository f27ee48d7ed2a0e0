// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_backward_weights.hpp
/// Gradient of a two-dimensional convolution with respect to its weights and bias.
#pragma once
#include <archetype/kernels/convolution/ways/depthwise_gradient.hpp>
#include <archetype/kernels/convolution/ways/planar_gradient.hpp>
#include <archetype/kernels/convolution/ways/sliding_gradient.hpp>
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/products/tile_product.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// How the gradient of the weights is cut: a task owns up to `chunk` taps (rows) of one panel of filters of
/// one group, and keeps their sums in its workspace while the positions of all samples pass by in blocks that
/// fit the nearest caches.
template <conv2d_backward_geometry G, class T>
struct weight_gradient_plan {
    static constexpr conv2d_geometry forward = G.forward;
    static constexpr std::size_t groups = forward.groups;
    static constexpr std::size_t taps = forward.taps(), filters = forward.out.channels / groups;
    static constexpr tile_shape tile = choose_tile<T>(taps, filters);
    static constexpr std::size_t width = lane_count<T>, panel_width = tile.vectors * width;
    static constexpr std::size_t panels = (filters + panel_width - 1) / panel_width;
    static constexpr std::size_t tiles = (taps + tile.rows - 1) / tile.rows;
    /// Large chunks read the activations less often, small ones give threads something to share.
    static constexpr std::size_t tiles_per_chunk = groups * panels * ((tiles + 47) / 48) < 4 ? 24 : 48;
    static constexpr std::size_t chunk = tiles_per_chunk * tile.rows;
    static constexpr std::size_t chunks = (taps + chunk - 1) / chunk;
    static constexpr double tiles_cost =
        double(forward.out.height * forward.out.width * tiles * tile.rows * panels * tile.vectors * groups) *
        (tile.vectors == 1 ? 1.33 : 1.0);
    static constexpr planar_gradient_plan<T> planar_plan{forward};
    static constexpr sliding_gradient_plan<T> sliding_plan{forward};
    static constexpr bool sliding =
        sliding_plan.cost < 0.95 * tiles_cost && sliding_plan.cost < planar_plan.cost;
    /// Lanes run along pixels; one task.
    static constexpr bool planar =
        !sliding && planar_plan.cost < tiles_cost && G.grad_out.pixel_stride == filters;
    static constexpr std::size_t tasks = planar ? 1 : sliding ? sliding_plan.tasks : groups * panels * chunks;
    static constexpr std::size_t sums_size =
        (chunks == 1 ? tiles : tiles_per_chunk) * tile.rows * panel_width;
    /// Positions per block.
    static constexpr std::size_t block = 112;
    static constexpr std::size_t positions = forward.out.height * forward.out.width;
    static constexpr std::size_t samples_per_block = positions >= block ? 1 : block / positions;
    static constexpr std::size_t rows_wanted = (block + forward.out.width - 1) / forward.out.width;
    static constexpr std::size_t rows_per_block =
        rows_wanted < forward.out.height ? rows_wanted : forward.out.height;

    /// The panel of a block is copied where it is used often: its rows may lie a power of two apart, which
    /// would leave most of the nearest cache unused.
    static constexpr bool packs = tiles >= 4 && width > 1 && G.grad_out.pixel_stride >= 2 * panel_width;
    static constexpr std::size_t packed_size =
        packs ? samples_per_block * rows_per_block * forward.out.width * panel_width : 0;
    static constexpr std::size_t workspace =
        planar    ? planar_plan.workspace
        : sliding ? sliding_plan.tasks * sliding_plan.channels * forward.win.kernel_width * width
                  : sums_size + packed_size;

    /// Distance in the input from the first tap of group 0 to tap `index`.
    static constexpr std::ptrdiff_t tap_offset(std::size_t index) {
        const std::size_t c = index % forward.group_inputs(), k = index / forward.group_inputs();
        const std::size_t kx = k % forward.win.kernel_width, ky = k / forward.win.kernel_width;
        return static_cast<std::ptrdiff_t>(ky * forward.win.dilation_height * forward.in.row_stride +
                                           kx * forward.win.dilation_width * forward.in.pixel_stride + c);
    }
};

/// Adds the gradients of all positions of all samples to `vectors` vectors of the bias.
template <class T, std::size_t Vectors>
[[gnu::noinline]] void sum_positions(const T* grad_out, const image& layout, std::size_t batch,
                                     std::size_t count, bool accumulate, T* grad_bias) {
    constexpr std::size_t width = lane_count<T>;
    lanes<T> sums[Vectors];
    for (std::size_t v = 0; v < Vectors; ++v) sums[v] = broadcast(T{});
    for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t y = 0; y < layout.height; ++y) {
            const T* at = grad_out + n * layout.sample_stride + y * layout.row_stride;
            for (std::size_t x = 0; x < layout.width; ++x, at += layout.pixel_stride)
                for (std::size_t v = 0; v < Vectors; ++v) sums[v] = sums[v] + load(at + v * width);
        }
    for (std::size_t v = 0; v < Vectors && v * width < count; ++v) {
        const std::size_t used = count - v * width < width ? count - v * width : width;
        if (accumulate) sums[v] = sums[v] + load_partial(grad_bias + v * width, used);
        store_partial(grad_bias + v * width, sums[v], used);
    }
}

/// Copies the vectors of a block one after another.
template <class T, std::size_t Vectors>
[[gnu::noinline]] void pack_panel(const T* from, const nest& n, T* to) {
    constexpr std::size_t width = lane_count<T>;
    for (std::size_t outer = 0; outer < n.outer; ++outer)
        for (std::size_t middle = 0; middle < n.middle; ++middle) {
            const T* at = from + static_cast<std::ptrdiff_t>(outer) * n.panel_outer +
                          static_cast<std::ptrdiff_t>(middle) * n.panel_middle;
            for (std::size_t inner = 0; inner < n.inner; ++inner, at += n.panel_inner, to += Vectors * width)
                for (std::size_t v = 0; v < Vectors; ++v) store(to + v * width, load(at + v * width));
        }
}

/// The gradients of all but depthwise convolutions; `conv2d_backward_weights` says what the arguments are.
template <conv2d_backward_geometry G, class T>
void run_weight_gradient(const T* in, const T* grad_out, T* grad_weights, T* grad_bias, bool accumulate,
                         std::size_t batch, range tasks, T* workspace) {
    using plan = weight_gradient_plan<G, T>;
    if constexpr (plan::planar) {
        if (tasks.size() != 0)
            run_planar_gradient<T, G>(in, grad_out, grad_weights, grad_bias, accumulate, batch, workspace);
        return;
    }
    if constexpr (plan::sliding) {
        if (grad_bias != nullptr && tasks.first == 0 && tasks.last != 0)
            sum_positions<T, 1>(grad_out + G.grad_out.offset, G.grad_out, batch, plan::filters, accumulate,
                                grad_bias);
        return run_sliding_gradient<T, G>(in, grad_out, grad_weights, accumulate, batch, tasks, workspace);
    }
    constexpr conv2d_geometry f = G.forward;
    constexpr std::size_t rows = plan::tile.rows, vectors = plan::tile.vectors,
                          tile_size = rows * plan::panel_width;
    constexpr auto step = [](std::size_t distance) { return static_cast<std::ptrdiff_t>(distance); };
    constexpr std::ptrdiff_t first_tap =
        step(f.in.offset) - step(f.win.pad_top * f.in.row_stride + f.win.pad_left * f.in.pixel_stride);
    for (std::size_t task = tasks.first; task < tasks.last; ++task) {
        const std::size_t chunk = task % plan::chunks, panel = task / plan::chunks % plan::panels;
        const std::size_t group = task / plan::chunks / plan::panels;
        const std::size_t first_filter = group * plan::filters + panel * plan::panel_width;
        const std::size_t rest = plan::filters - panel * plan::panel_width;
        const std::size_t used_filters = rest < plan::panel_width ? rest : plan::panel_width;
        const std::size_t first_row = chunk * plan::chunk;
        const std::size_t used_rows =
            plan::taps - first_row < plan::chunk ? plan::taps - first_row : plan::chunk;
        const T* const panel_base = grad_out + G.grad_out.offset + first_filter;
        if (grad_bias != nullptr && chunk == 0)
            sum_positions<T, vectors>(panel_base, G.grad_out, batch, used_filters, accumulate,
                                      grad_bias + first_filter);
        const T* source[plan::tiles_per_chunk * rows];
        const T* const group_base = in + first_tap + step(group * f.group_inputs());
        std::size_t row_count = used_rows;
        for (std::size_t r = 0; r < used_rows; ++r) source[r] = group_base + plan::tap_offset(first_row + r);
        for (; row_count % rows != 0; ++row_count) source[row_count] = source[used_rows - 1];

        bool started = false;
        for (std::size_t sample = 0; sample < batch; sample += plan::samples_per_block)
            for (std::size_t y = 0; y < f.out.height; y += plan::rows_per_block) {
                nest n;
                n.outer = batch - sample < plan::samples_per_block ? batch - sample : plan::samples_per_block;
                n.middle = f.out.height - y < plan::rows_per_block ? f.out.height - y : plan::rows_per_block;
                n.inner = f.out.width;
                n.row_outer = step(f.in.sample_stride), n.panel_outer = step(G.grad_out.sample_stride);
                n.row_middle = step(f.win.stride_height * f.in.row_stride);
                n.row_inner = step(f.win.stride_width * f.in.pixel_stride);
                n.panel_middle = step(G.grad_out.row_stride), n.panel_inner = step(G.grad_out.pixel_stride);
                const std::ptrdiff_t shift =
                    step(sample * f.in.sample_stride + y * f.win.stride_height * f.in.row_stride);
                const T* factors = panel_base + sample * G.grad_out.sample_stride + y * G.grad_out.row_stride;
                if constexpr (plan::packs) {
                    T* const packed = workspace + plan::sums_size;
                    pack_panel<T, vectors>(factors, n, packed);
                    factors = packed;
                    n.panel_inner = step(plan::panel_width),
                    n.panel_middle = step(n.inner * plan::panel_width);
                    n.panel_outer = step(n.middle * n.inner * plan::panel_width);
                }
                n = n.merged();
                for (std::size_t r = 0; r < row_count; r += rows) {
                    T* const sums = workspace + r / rows * tile_size;
                    tile_product<T, rows, vectors>(source + r, shift, factors, n, started ? sums : zeros<T>,
                                                   started ? plan::panel_width : 0, sums);
                }
                started = true;
            }
        for (std::size_t r = 0; r < used_rows; ++r)
            for (std::size_t v = 0; v * plan::width < used_filters; ++v) {
                const std::size_t filter = v * plan::width, left = used_filters - filter;
                T* const to = grad_weights + (first_row + r) * f.out.channels + first_filter + filter;
                lanes<T> value = started ? load(workspace + r * plan::panel_width + filter) : broadcast(T{});
                if (accumulate) value = value + load_partial(to, left < plan::width ? left : plan::width);
                store_partial(to, value, left < plan::width ? left : plan::width);
            }
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Tasks that `conv2d_backward_weights` can be split into; each writes its own part of both gradients.
template <conv2d_backward_geometry G, class T>
inline constexpr std::size_t conv2d_weight_tasks = [] {
    if constexpr (G.forward.depthwise())
        return detail::depthwise_gradient_plan<G.forward, T>::tasks;
    else
        return detail::weight_gradient_plan<G, T>::tasks;
}();

/// Elements of workspace that `conv2d_backward_weights` needs per thread.
template <conv2d_backward_geometry G, class T>
inline constexpr std::size_t conv2d_backward_weights_workspace = [] {
    if constexpr (G.forward.depthwise())
        return detail::depthwise_gradient_plan<G.forward, T>::workspace;
    else
        return detail::weight_gradient_plan<G, T>::workspace;
}();

/// Gradients with respect to the weights and bias, summed over the batch in an order that does not depend on
/// the tasks.
/// @param in            the forward pass's input, laid out as `G.forward.in`, zeros of the padding included
/// @param grad_out      laid out as `G.grad_out`
/// @param grad_weights  in the logical order [kernel row][kernel column][channel in of the group][filter]
/// @param grad_bias     one value per filter, or null
/// @param accumulate    adds to both gradients instead of overwriting them
/// @param workspace     `conv2d_backward_weights_workspace<G, T>` elements of the calling thread's own
template <conv2d_backward_geometry G, class T>
void conv2d_backward_weights(const T* in, const T* grad_out, T* grad_weights, T* grad_bias, bool accumulate,
                             std::size_t batch, range tasks, T* workspace) {
    if constexpr (G.forward.depthwise())
        detail::run_depthwise_gradient<T, G.forward, G.grad_out>(in, grad_out, grad_weights, grad_bias,
                                                                 accumulate, batch, tasks, workspace);
    else
        detail::run_weight_gradient<G, T>(in, grad_out, grad_weights, grad_bias, accumulate, batch, tasks,
                                          workspace);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
