// SPDX-License-Identifier: BSL-1.0
/// @file convolution_geometries.hpp
/// The convolutions every test of a convolution kernel runs through.
#pragma once
#include "convolution_reference.hpp"

namespace reference {

/// {kernel}, {stride}, {dilation}, {padding before}.
constexpr archetype::kernels::window win(std::size_t kh, std::size_t kw, std::size_t sh = 1,
                                         std::size_t sw = 1, std::size_t dh = 1, std::size_t dw = 1,
                                         std::size_t pt = 0, std::size_t pl = 0) {
    return {kh, kw, sh, sw, dh, dw, pt, pl};
}

constexpr conv2d_geometry with_roomy_output(conv2d_geometry g, std::size_t extra) {
    g.out = roomy(g.out, extra);
    return g;
}

/// Calls visitor.operator()<geometry>() for each.
template <class Visitor>
void each_geometry(Visitor visitor) {
    visitor.template operator()<convolution(5, 5, 1, 1, win(3, 3), 3, 3)>();
    visitor.template operator()<convolution(9, 7, 3, 5, win(3, 3, 1, 1, 1, 1, 1, 1), 9, 7)>();
    visitor.template operator()<convolution(8, 11, 2, 7, win(2, 4, 1, 1, 1, 1, 0, 2), 7, 10)>();
    visitor.template operator()<convolution(6, 6, 17, 33, win(3, 3, 1, 1, 1, 1, 1, 1), 6, 6)>();
    visitor.template operator()<convolution(5, 4, 40, 40, win(3, 3, 1, 1, 1, 1, 1, 1), 5, 4)>();
    visitor.template operator()<convolution(7, 5, 33, 19, win(1, 1), 7, 5)>();
    visitor.template operator()<convolution(7, 6, 16, 24, win(1, 1, 2, 2), 4, 3)>();
    // The stride does not divide, lopsided "same" padding, stride above the kernel.
    visitor.template operator()<convolution(10, 9, 4, 6, win(3, 3, 2, 2, 1, 1, 0, 1), 5, 5)>();
    visitor.template operator()<convolution(11, 12, 3, 20, win(7, 7, 2, 2, 1, 1, 3, 3), 6, 6)>();
    visitor.template operator()<convolution(13, 11, 2, 3, win(2, 3, 4, 5), 3, 2)>();
    // Dilation, with strides that share a divisor with it and that do not.
    visitor.template operator()<convolution(9, 9, 3, 4, win(3, 2, 1, 1, 2, 3, 2, 1), 9, 8)>();
    visitor.template operator()<convolution(12, 13, 5, 9, win(3, 3, 2, 3, 2, 2, 2, 2), 6, 5)>();
    visitor.template operator()<convolution(15, 14, 2, 2, win(3, 3, 4, 2, 2, 3, 1, 4), 4, 8)>();
    // Groups, up to depthwise with and without a multiplier.
    visitor.template operator()<convolution(6, 7, 8, 12, win(3, 3, 1, 1, 1, 1, 1, 1), 6, 7, 4)>();
    visitor.template operator()<convolution(7, 6, 36, 36, win(3, 3, 2, 2, 1, 1, 1, 1), 4, 3, 2)>();
    visitor.template operator()<convolution(6, 5, 19, 19, win(3, 3, 1, 1, 1, 1, 1, 1), 6, 5, 19)>();
    visitor.template operator()<convolution(7, 9, 35, 35, win(3, 3, 2, 2, 1, 1, 0, 0), 3, 4, 35)>();
    visitor.template operator()<convolution(6, 5, 6, 18, win(3, 3, 1, 1, 2, 1, 2, 1), 6, 5, 6)>();
    // One axis, tall kernels, more filters than one panel, weights large enough to be packed.
    visitor.template operator()<convolution(1, 23, 3, 10, win(1, 5, 1, 1, 1, 1, 0, 4), 1, 23)>();
    visitor.template operator()<convolution(12, 12, 1, 6, win(5, 5), 8, 8)>();
    visitor.template operator()<convolution(11, 20, 1, 3, win(3, 3, 1, 1, 1, 1, 1, 1), 11, 20)>();
    visitor.template operator()<convolution(4, 4, 40, 100, win(3, 3, 1, 1, 1, 1, 1, 1), 4, 4)>();
    visitor.template operator()<convolution(3, 3, 70, 150, win(2, 2, 1, 1, 1, 1, 1, 1), 3, 3, 2)>();
    visitor.template operator()<convolution(20, 20, 6, 16, win(5, 5), 16, 16)>();
    // Few channels in under wide kernels: with padding, strides, several panels, more channels than lanes.
    visitor.template operator()<convolution(14, 14, 6, 16, win(5, 5), 10, 10)>();
    visitor.template operator()<convolution(9, 13, 3, 24, win(3, 5, 1, 1, 1, 1, 1, 3), 9, 13)>();
    visitor.template operator()<convolution(17, 15, 3, 20, win(7, 7, 2, 2, 1, 1, 3, 2), 9, 8)>();
    visitor.template operator()<convolution(7, 12, 18, 33, win(3, 3, 1, 1, 1, 1, 1, 1), 7, 12)>();
    visitor.template operator()<convolution(8, 25, 11, 18, win(4, 7, 3, 2, 1, 1, 5, 0), 4, 9)>();
    // One channel, few filters: one and several tiles to a block of rows, dilation, blocks that overlap.
    visitor.template operator()<convolution(14, 28, 1, 6, win(5, 5, 1, 1, 1, 1, 2, 2), 14, 28)>();
    visitor.template operator()<convolution(9, 33, 1, 8, win(3, 3), 7, 31)>();
    visitor.template operator()<convolution(23, 21, 1, 5, win(2, 3, 1, 1, 3, 2, 2, 1), 22, 19)>();
    visitor.template operator()<convolution(5, 130, 1, 7, win(3, 7, 1, 1, 1, 1, 1, 3), 5, 130)>();
    visitor.template operator()<with_roomy_output(convolution(3, 40, 1, 6, win(2, 2), 2, 39), 4)>();
    // Few filters: channels that no block divides, tiles that overlap, vertical stride and dilation.
    visitor.template operator()<convolution(12, 15, 7, 16, win(5, 5, 1, 1, 1, 1, 1, 0), 10, 11)>();
    visitor.template operator()<convolution(13, 11, 4, 13, win(3, 3, 2, 1, 3, 1, 2, 1), 5, 11)>();
    visitor.template
    operator()<with_roomy_output(convolution(7, 23, 5, 8, win(2, 6, 1, 1, 1, 1, 0, 3), 6, 22), 3)>();
    // Depthwise: few and many channels, several filters to a channel, strides, dilation, kernels of all sizes.
    visitor.template operator()<convolution(9, 11, 3, 3, win(3, 3, 1, 1, 1, 1, 1, 1), 9, 11, 3)>();
    visitor.template operator()<convolution(5, 3, 5, 5, win(2, 2), 4, 2, 5)>();
    visitor.template operator()<convolution(8, 7, 6, 6, win(1, 1), 8, 7, 6)>();
    visitor.template operator()<convolution(9, 7, 32, 32, win(3, 3, 2, 2, 1, 1, 1, 1), 5, 4, 32)>();
    visitor.template operator()<convolution(9, 9, 21, 21, win(5, 5, 1, 2, 1, 1, 2, 2), 9, 5, 21)>();
    visitor.template operator()<convolution(13, 12, 7, 7, win(7, 5, 3, 1, 1, 1, 3, 2), 5, 12, 7)>();
    visitor.template operator()<convolution(10, 9, 18, 18, win(3, 2, 1, 1, 2, 3, 2, 1), 10, 8, 18)>();
    visitor.template operator()<convolution(12, 11, 4, 4, win(2, 2, 3, 4), 4, 3, 4)>();
    visitor.template operator()<convolution(7, 6, 5, 10, win(3, 3, 1, 1, 1, 1, 1, 1), 7, 6, 5)>();
    visitor.template operator()<convolution(7, 6, 17, 51, win(3, 3, 2, 1, 1, 1, 1, 1), 4, 6, 17)>();
    visitor.template operator()<convolution(4, 5, 35, 70, win(2, 3, 1, 2, 1, 1, 0, 1), 3, 3, 35)>();
    // The result lies in a halo and among other channels.
    visitor.template
    operator()<with_roomy_output(convolution(6, 7, 9, 18, win(3, 3, 1, 1, 1, 1, 1, 1), 6, 7, 9), 4)>();
    visitor.template
    operator()<with_roomy_output(convolution(6, 7, 3, 5, win(3, 3, 1, 1, 1, 1, 1, 1), 6, 7), 4)>();
    visitor.template
    operator()<with_roomy_output(convolution(9, 10, 1, 6, win(3, 3, 1, 1, 1, 1, 0, 0), 7, 8), 0)>();
    visitor.template
    operator()<with_roomy_output(convolution(7, 7, 21, 37, win(3, 3, 2, 2, 1, 1, 1, 1), 4, 4), 3)>();
    visitor.template
    operator()<with_roomy_output(convolution(6, 6, 20, 20, win(3, 3, 1, 1, 1, 1, 1, 1), 6, 6, 20), 5)>();
}

}  // namespace reference
