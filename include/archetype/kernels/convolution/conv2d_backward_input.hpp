// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_backward_input.hpp
/// Gradient of a two-dimensional convolution with respect to its input.
#pragma once
#include <archetype/kernels/convolution/conv2d_weights.hpp>
#include <archetype/kernels/convolution/ways/depthwise_sweep.hpp>
#include <archetype/kernels/products/sweep.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// One axis of one phase: positions first, first + stride, ... of the input share the taps first_tap,
/// first_tap + tap_step,
/// ... and the first of them meets output `source` with the first tap; `source_step` is the way to the next
/// tap's output.
struct axis_phase {
    std::size_t first = 0, count = 0, taps = 0, first_tap = 0, tap_step = 1;
    std::ptrdiff_t source = 0, source_step = 0;
};

constexpr axis_phase phase_of(std::size_t phase, std::size_t size, std::size_t kernel, std::size_t stride,
                              std::size_t dilation, std::size_t pad) {
    axis_phase a;
    a.first = phase;
    a.count = phase < size ? (size - phase + stride - 1) / stride : 0;
    std::size_t last_tap = 0;
    for (std::size_t k = 0; k < kernel; ++k) {
        const auto distance =
            static_cast<std::ptrdiff_t>(phase + pad) - static_cast<std::ptrdiff_t>(k * dilation);
        if (distance % static_cast<std::ptrdiff_t>(stride) != 0) continue;
        if (a.taps == 0)
            a.first_tap = k, a.source = distance / static_cast<std::ptrdiff_t>(stride);
        else if (a.taps == 1)
            a.tap_step = k - last_tap;
        last_tap = k;
        ++a.taps;
    }
    a.source_step = -static_cast<std::ptrdiff_t>(a.tap_step * dilation / stride);
    return a;
}

/// The positions of the input with phase (py, px) of the stride.
template <conv2d_backward_geometry G, class T>
constexpr sweep backward_sweep(std::size_t py, std::size_t px) {
    constexpr conv2d_geometry f = G.forward;
    using weights = conv2d_transposed_weights<f, T>;
    const auto step = [](std::size_t distance) { return static_cast<std::ptrdiff_t>(distance); };
    const window& w = f.win;
    const axis_phase y =
        phase_of(py, f.in.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top);
    const axis_phase x =
        phase_of(px, f.in.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left);
    const std::ptrdiff_t row = step(G.grad_out.row_stride), pixel = step(G.grad_out.pixel_stride);
    const std::size_t tap = f.group_filters() * weights::panel_width;
    sweep s;
    s.height = y.count, s.width = x.count;
    s.y_first = y.first, s.y_step = w.stride_height, s.x_first = x.first, s.x_step = w.stride_width;
    s.groups = f.groups, s.group_channels = f.group_inputs();
    s.source_offset = step(G.grad_out.offset) + y.source * row + x.source * pixel;
    s.source_sample = step(G.grad_out.sample_stride), s.source_y = row, s.source_x = pixel;
    s.source_group = step(f.group_filters());
    s.panel_offset = step((y.first_tap * w.kernel_width + x.first_tap) * tap);
    s.panel_group = weights::panels * weights::panel_size, s.panel_next = weights::panel_size;
    s.result = G.grad_in;
    nest& n = s.reduction;
    n.outer = y.taps, n.middle = x.taps, n.inner = f.group_filters();
    n.row_outer = y.source_step * row, n.row_middle = x.source_step * pixel, n.row_inner = 1;
    n.panel_outer = step(y.tap_step * w.kernel_width * tap), n.panel_middle = step(x.tap_step * tap);
    n.panel_inner = step(weights::panel_width);
    n = n.merged();
    return s;
}

template <conv2d_backward_geometry G, class T>
struct backward_sweeps {
    static constexpr std::size_t rows = G.forward.win.stride_height, columns = G.forward.win.stride_width;
    sweep phases[rows * columns];
    constexpr backward_sweeps() {
        for (std::size_t p = 0; p < rows * columns; ++p)
            phases[p] = backward_sweep<G, T>(p / columns, p % columns);
    }
};

/// The positions of the input of a depthwise convolution with phase `Phase` of the stride.
template <conv2d_backward_geometry G, std::size_t Phase>
constexpr depthwise_sweep backward_depthwise() {
    constexpr conv2d_geometry f = G.forward;
    const auto step = [](std::size_t distance) { return static_cast<std::ptrdiff_t>(distance); };
    const window& w = f.win;
    const axis_phase y = phase_of(Phase / w.stride_width, f.in.height, w.kernel_height, w.stride_height,
                                  w.dilation_height, w.pad_top);
    const axis_phase x = phase_of(Phase % w.stride_width, f.in.width, w.kernel_width, w.stride_width,
                                  w.dilation_width, w.pad_left);
    depthwise_sweep s;
    s.height = y.count, s.width = x.count;
    s.y_first = y.first, s.y_step = w.stride_height, s.x_first = x.first, s.x_step = w.stride_width;
    s.rows = y.taps, s.columns = x.taps, s.multiplier = f.group_filters();
    s.tap_step_y = y.taps > 1 ? y.source_step : 1, s.tap_step_x = x.taps > 1 ? x.source_step : 1;
    s.source_row = step(G.grad_out.row_stride), s.source_pixel = step(G.grad_out.pixel_stride);
    s.source_offset = step(G.grad_out.offset) + y.source * s.source_row + x.source * s.source_pixel;
    s.source_sample = step(G.grad_out.sample_stride);
    s.weight_offset = step((y.first_tap * w.kernel_width + x.first_tap) * f.out.channels);
    s.weight_y = step(y.tap_step * w.kernel_width * f.out.channels);
    s.weight_x = step(x.tap_step * f.out.channels);
    s.result = G.grad_in;
    return s;
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Elements of workspace that `conv2d_backward_input` needs per thread.
template <conv2d_backward_geometry G, class T>
inline constexpr std::size_t conv2d_backward_input_workspace =
    conv2d_transposed_weights<G.forward, T>::flat
        ? detail::flat_plan<T>(detail::flat_backward(G.forward, G.grad_out, G.grad_in)).workspace
    : conv2d_transposed_weights<G.forward, T>::segments ? detail::segment_plan<T>(G.forward).workspace
                                                        : 0;

/// grad_in = epilogue(gradient with respect to the convolution's input) for the samples of a range;
/// overwritten. A strided convolution is taken apart into the phases of its stride, so no zeros are
/// multiplied.
/// @param grad_out    laid out as `G.grad_out`, with `backward_halo(G.forward)` zeros around it
/// @param transposed  what `conv2d_transposed_weights<G.forward, T>::prepare` made
/// @param grad_in     laid out as `G.grad_in`; its halo is not touched
template <conv2d_backward_geometry G, class T, class Epilogue = identity_epilogue>
void conv2d_backward_input(const T* grad_out, const T* transposed, T* grad_in, const Epilogue& epilogue,
                           range samples, [[maybe_unused]] T* workspace = nullptr) {
    if constexpr (G.forward.depthwise()) {
        constexpr std::size_t phases = G.forward.win.stride_height * G.forward.win.stride_width;
        detail::each_index<phases>([&]<std::size_t Phase>() {
            constexpr detail::depthwise_sweep sweep = detail::backward_depthwise<G, Phase>();
            if constexpr (sweep.height * sweep.width != 0) {
                if constexpr (sweep.multiplier == 1)
                    detail::run_depthwise<T, sweep>(grad_out, transposed, static_cast<const T*>(nullptr),
                                                    grad_in, epilogue, samples);
                else
                    detail::run_depthwise_sums<T, sweep>(grad_out, transposed, grad_in, epilogue, samples);
            }
        });
    } else if constexpr (conv2d_transposed_weights<G.forward, T>::flat) {
        detail::run_flat<T, detail::flat_backward(G.forward, G.grad_out, G.grad_in)>(
            grad_out, transposed, static_cast<const T*>(nullptr), grad_in, epilogue, samples, workspace);
    } else if constexpr (conv2d_transposed_weights<G.forward, T>::segments) {
        detail::run_segments<T, G>(grad_out, transposed, grad_in, epilogue, samples, workspace);
    } else {
        static constexpr detail::backward_sweeps<G, T> all;
        for (const detail::sweep& phase : all.phases)
            if (phase.height * phase.width != 0)
                detail::run_sweep<T, conv2d_transposed_weights<G.forward, T>::tile,
                                  conv2d_transposed_weights<G.forward, T>::row_panels>(
                    phase, grad_out, transposed, static_cast<const T*>(nullptr), grad_in, epilogue, samples);
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
