// SPDX-License-Identifier: BSL-1.0
/// @file convolution_geometry.hpp
/// The compile-time description of a convolution or dense layer that kernels are instantiated with.
#pragma once
#include <archetype/kernels/images/image.hpp>
#include <cstddef>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A two-dimensional convolution from `in` to `out`: out[y, x, f] = bias[f] + sum over ky, kx, c of
/// in[y * stride - pad_top + ky * dilation, x * stride - pad_left + kx * dilation, c] *
/// weights[ky][kx][c][f]. With groups, filter f sees only the in.channels / groups channels of its own group.
/// The buffer behind `in` holds the zeros of the padding in its halo: reading row -pad_top is legal.
struct conv2d_geometry {
    image in, out;
    window win;
    std::size_t groups = 1;
    constexpr bool operator==(const conv2d_geometry&) const = default;
    constexpr std::size_t group_inputs() const { return in.channels / groups; }
    constexpr std::size_t group_filters() const { return out.channels / groups; }
    /// Every channel is convolved with filters of its own.
    constexpr bool depthwise() const { return groups > 1 && groups == in.channels; }
    /// Weights that meet one filter.
    constexpr std::size_t taps() const { return win.kernel_height * win.kernel_width * group_inputs(); }
    /// Elements of the logical weights [kernel row][kernel column][channel in of the group][filter].
    constexpr std::size_t weights_size() const { return taps() * out.channels; }
};

/// Cells of zeros around an image.
struct halo {
    std::size_t top = 0, left = 0, bottom = 0, right = 0;
    constexpr bool operator==(const halo&) const = default;
};

/// The backward pass of `forward`: the gradient of its output lies as `grad_out` says, with at least
/// `backward_halo` zeros around it, the gradient of its input is written as `grad_in` says.
struct conv2d_backward_geometry {
    conv2d_geometry forward;
    image grad_out, grad_in;
    constexpr bool operator==(const conv2d_backward_geometry&) const = default;
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {
/// Distance from the first pixel of the input to what the first tap of the first result reads.
constexpr std::ptrdiff_t first_tap(const conv2d_geometry& g) {
    return static_cast<std::ptrdiff_t>(g.in.offset) -
           static_cast<std::ptrdiff_t>(g.win.pad_top * g.in.row_stride + g.win.pad_left * g.in.pixel_stride);
}

// Positions of the output's gradient before 0 and past the last one that some position of the input's
// gradient needs.
constexpr std::size_t cells_before(std::size_t kernel, std::size_t dilation, std::size_t stride,
                                   std::size_t pad) {
    const std::size_t reach = (kernel - 1) * dilation;
    return reach > pad ? (reach - pad) / stride : 0;
}
constexpr std::size_t cells_after(std::size_t in, std::size_t out, std::size_t stride, std::size_t pad) {
    const std::size_t last = (in - 1 + pad) / stride;
    return last > out - 1 ? last - (out - 1) : 0;
}
}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The zeros that the gradient of the output of `g` needs around it for `conv2d_backward_input`.
constexpr halo backward_halo(const conv2d_geometry& g) {
    const window& w = g.win;
    return {detail::cells_before(w.kernel_height, w.dilation_height, w.stride_height, w.pad_top),
            detail::cells_before(w.kernel_width, w.dilation_width, w.stride_width, w.pad_left),
            detail::cells_after(g.in.height, g.out.height, w.stride_height, w.pad_top),
            detail::cells_after(g.in.width, g.out.width, w.stride_width, w.pad_left)};
}

/// A dense layer: out[f] = bias[f] + sum over i of in[i] * weights[i][f]; strides are between samples.
struct dense_geometry {
    std::size_t inputs = 1, outputs = 1, in_sample_stride = 1, out_sample_stride = 1;
    constexpr bool operator==(const dense_geometry&) const = default;
};

/// A dense layer is a convolution of a 1 x 1 image with a 1 x 1 window.
constexpr conv2d_geometry as_convolution(const dense_geometry& g) {
    return {{1, 1, g.inputs, g.inputs, g.inputs, g.in_sample_stride, 0},
            {1, 1, g.outputs, g.outputs, g.outputs, g.out_sample_stride, 0},
            {},
            1};
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
