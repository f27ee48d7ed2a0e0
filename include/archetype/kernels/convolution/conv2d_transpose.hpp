// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_transpose.hpp
/// Transposed convolution: the gradient of a convolution with respect to its input, used as a forward pass.
#pragma once
#include <archetype/kernels/convolution/conv2d_backward_input.hpp>
#include <archetype/kernels/convolution/conv2d_backward_weights.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Adds a bias before another epilogue. Biases may be read past their end.
template <class T, class Epilogue>
struct bias_epilogue {
    const T* bias;  ///< null for none
    const Epilogue& next;
    ARCHETYPE_INLINE lanes<T> operator()(const lanes<T>& value, const place& where) const {
        return next(bias != nullptr ? value + load(bias + where.channel) : value, where);
    }
};

/// out = epilogue(transposed convolution + bias), read from weights in their logical order [kernel row][kernel column][filter
/// of the group][channel in]: for weights that cannot be copied. `G` is the convolution from `out` (its input) to `in` (its output).
template <conv2d_geometry G, class T, class Epilogue>
void conv2d_transpose_logical(const T* in, const T* weights, const T* bias, T* out, const Epilogue& epilogue,
                              range samples) {
    constexpr std::size_t width = lane_count<T>, channels = G.out.channels, filters = G.in.channels,
                          group_filters = filters / G.groups, depth = channels / G.groups;
    constexpr window w = G.win;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < G.in.height; ++y)
            for (std::size_t x = 0; x < G.in.width; ++x)
                for (std::size_t first = 0; first < filters; first += width) {
                    T sums[width] = {};
                    const std::size_t used = filters - first < width ? filters - first : width;
                    for (std::size_t k = 0; k < w.kernel_height * w.kernel_width; ++k) {
                        // A tap before the first cell wraps around to a large number.
                        const std::size_t down = y + w.pad_top - k / w.kernel_width * w.dilation_height;
                        const std::size_t along = x + w.pad_left - k % w.kernel_width * w.dilation_width;
                        if (down % w.stride_height != 0 || down / w.stride_height >= G.out.height ||
                            along % w.stride_width != 0 || along / w.stride_width >= G.out.width)
                            continue;
                        const T* const pixel = in + G.out.offset + n * G.out.sample_stride +
                                               down / w.stride_height * G.out.row_stride +
                                               along / w.stride_width * G.out.pixel_stride;
                        for (std::size_t f = 0; f < used; ++f) {
                            // What the group of the filter reads.
                            const std::size_t own = (first + f) / group_filters * depth;
                            const T* const tap =
                                weights + (k * group_filters + (first + f) % group_filters) * channels + own;
                            const T* const from = pixel + own;
                            sums[f] += sum_of_products<depth>(from, tap);
                        }
                    }
                    const place where{n, y, x, first};
                    store_partial<T>(out + G.in.offset + n * G.in.sample_stride + y * G.in.row_stride +
                                         x * G.in.pixel_stride + first,
                                     bias_epilogue<T, Epilogue>{bias, epilogue}(load(sums), where), used);
                }
}

/// The gradient of a bias: the sums of `grad_out` over all positions of the batch, for each channel.
template <image GradOut, class T>
void bias_gradient(const T* grad_out, T* grad_bias, bool accumulate, std::size_t batch) {
    constexpr std::size_t width = lane_count<T>;
    for (std::size_t c = 0; c < GradOut.channels; c += width) {
        const std::size_t left = GradOut.channels - c;
        detail::sum_positions<T, 1>(grad_out + GradOut.offset + c, GradOut, batch,
                                    left < width ? left : width, accumulate, grad_bias + c);
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
