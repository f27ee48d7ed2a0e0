// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_forward.hpp
/// Two-dimensional convolution, forward.
#pragma once
#include <archetype/kernels/convolution/conv2d_weights.hpp>
#include <archetype/kernels/convolution/ways/depthwise_sweep.hpp>
#include <archetype/kernels/products/sweep.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {
template <conv2d_geometry G, class T, bool Prepared>
constexpr sweep forward_sweep() {
    using weights = conv2d_weights<G, T, Prepared>;
    const auto step = [](std::size_t distance) { return static_cast<std::ptrdiff_t>(distance); };
    const std::size_t width = weights::panel_width, filters = G.out.channels;
    const std::size_t tap = weights::logical ? filters : width;
    sweep s;
    s.height = G.out.height, s.width = G.out.width;
    s.groups = G.groups, s.group_channels = G.group_filters();
    s.source_offset =
        step(G.in.offset) - step(G.win.pad_top * G.in.row_stride + G.win.pad_left * G.in.pixel_stride);
    s.source_sample = step(G.in.sample_stride);
    s.source_y = step(G.win.stride_height * G.in.row_stride);
    s.source_x = step(G.win.stride_width * G.in.pixel_stride);
    s.source_group = step(G.group_inputs());
    s.panel_group = weights::logical ? G.group_filters() : weights::panels * G.taps() * width;
    s.panel_next = weights::logical ? width : G.taps() * width;
    s.result = G.out;
    nest& n = s.reduction;
    n.outer = G.win.kernel_height, n.middle = G.win.kernel_width, n.inner = G.group_inputs();
    n.row_outer = step(G.win.dilation_height * G.in.row_stride);
    n.row_middle = step(G.win.dilation_width * G.in.pixel_stride);
    n.row_inner = 1;
    n.panel_inner = step(tap);
    n.panel_middle = step(tap * G.group_inputs());
    n.panel_outer = step(tap * G.group_inputs() * G.win.kernel_width);
    n = n.merged();
    return s;
}
}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Elements of workspace that `conv2d_forward` needs per thread.
template <conv2d_geometry G, class T>
inline constexpr std::size_t conv2d_forward_workspace =
    conv2d_weights<G, T>::flat     ? detail::flat_plan<T>(detail::flat_forward(G)).workspace
    : conv2d_weights<G, T>::planar ? detail::planar_plan<T>(G).workspace
                                   : 0;

/// Whether several calls can make the results of the same samples.
template <conv2d_geometry G, class T>
inline constexpr bool conv2d_can_share = !G.depthwise() && !conv2d_weights<G, T>::flat &&
                                         !conv2d_weights<G, T>::planar && !conv2d_weights<G, T>::sliding;

/// Whether it tells companions what results are stored, and before that what input it reads (of windows of one pixel).
template <conv2d_geometry G, class T>
inline constexpr bool conv2d_tells_of_results = G.depthwise() || conv2d_can_share<G, T>;
template <conv2d_geometry G, class T>
inline constexpr bool conv2d_tells_of_input =
    conv2d_can_share<G, T>&& G.win == window{} && G.in.height == G.out.height&& G.in.width == G.out.width;

/// out = epilogue(convolution of `in` with `weights` + bias) for the samples of a range.
/// @param in       laid out as `G.in`, zeros of the padding included
/// @param weights  the logical weights where `conv2d_weights<G, T, Prepared>::prepared_size` is 0, else the prepared
/// ones
/// @param bias     one value per filter, or null
/// @param out      laid out as `G.out`; its halo is not touched
/// @param part     only if `conv2d_can_share`: what this call does of it; null for all
/// @param by       only what `conv2d_tells_of_results` and `conv2d_tells_of_input` allow, and without a part
template <conv2d_geometry G, class T, bool Prepared = true, class Epilogue = identity_epilogue>
void conv2d_forward(const T* in, const T* weights, const T* bias, T* out, const Epilogue& epilogue,
                    range samples, [[maybe_unused]] T* workspace = nullptr,
                    [[maybe_unused]] const share* part = nullptr, [[maybe_unused]] companions by = {}) {
    if constexpr (G.depthwise()) {
        detail::run_depthwise<T, detail::forward_depthwise(G)>(in, weights, bias, out, epilogue, samples, by);
    } else if constexpr (conv2d_weights<G, T>::flat) {
        detail::run_flat<T, detail::flat_forward(G)>(in, weights, bias, out, epilogue, samples, workspace);
    } else if constexpr (conv2d_weights<G, T>::planar) {
        detail::run_planar<T, G>(in, weights, bias, out, epilogue, samples, workspace);
    } else if constexpr (conv2d_weights<G, T>::sliding) {
        detail::run_sliding<T, G>(in, weights, bias, out, epilogue, samples);
    } else {
        static constexpr detail::sweep all = detail::forward_sweep<G, T, Prepared>();
        detail::run_sweep<T, conv2d_weights<G, T, Prepared>::tile,
                          conv2d_weights<G, T, Prepared>::row_panels>(all, in, weights, bias, out, epilogue,
                                                                      samples, part, by);
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
