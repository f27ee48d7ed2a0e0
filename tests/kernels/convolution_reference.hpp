// SPDX-License-Identifier: BSL-1.0
/// @file convolution_reference.hpp
/// Convolutions written from their definition in double precision, and buffers that notice stray writes.
#pragma once
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reference {

using archetype::kernels::conv2d_geometry;
using archetype::kernels::image;

inline constexpr std::size_t slack = 64;

/// Deterministic values in (-1, 1).
class random_values {
public:
    explicit random_values(std::uint32_t seed) : state_(seed * 2654435761u + 1) {}
    double operator()() {
        state_ = state_ * 1664525u + 1013904223u;
        return static_cast<double>(state_ >> 8) / static_cast<double>(1u << 23) - 1.0;
    }

private:
    std::uint32_t state_;
};

/// A batch of images: halo zero (or canaries), logical elements random.
template <class T>
class batch_buffer {
public:
    static constexpr T canary = T(-12345.5);

    batch_buffer(const image& layout, std::size_t samples, T fill)
        : layout_(layout), samples_(samples), values_(samples * layout.sample_stride + slack, fill) {}

    batch_buffer& randomize(std::uint32_t seed) {
        random_values next(seed);
        visit([&](std::size_t, std::size_t, std::size_t, std::size_t, T& value) {
            value = static_cast<T>(next());
        });
        return *this;
    }
    template <class Visitor>
    void visit(Visitor visitor) {
        for (std::size_t n = 0; n < samples_; ++n)
            for (std::size_t y = 0; y < layout_.height; ++y)
                for (std::size_t x = 0; x < layout_.width; ++x)
                    for (std::size_t c = 0; c < layout_.channels; ++c)
                        visitor(n, y, x, c, values_[index(n, y, x, c)]);
    }
    std::size_t index(std::size_t n, std::size_t y, std::size_t x, std::size_t c) const {
        return n * layout_.sample_stride + layout_.offset + y * layout_.row_stride +
               x * layout_.pixel_stride + c;
    }
    T& at(std::size_t n, std::size_t y, std::size_t x, std::size_t c) { return values_[index(n, y, x, c)]; }
    /// The value there, zero outside of the image.
    double padded(std::size_t n, std::ptrdiff_t y, std::ptrdiff_t x, std::size_t c) const {
        if (y < 0 || x < 0 || y >= static_cast<std::ptrdiff_t>(layout_.height) ||
            x >= static_cast<std::ptrdiff_t>(layout_.width))
            return 0;
        return static_cast<double>(
            values_[index(n, static_cast<std::size_t>(y), static_cast<std::size_t>(x), c)]);
    }
    T* data() { return values_.data(); }
    std::vector<T>& values() { return values_; }
    /// Every element that is not a logical one still holds the canary.
    bool untouched_outside() const {
        std::vector<bool> logical(values_.size(), false);
        for (std::size_t n = 0; n < samples_; ++n)
            for (std::size_t y = 0; y < layout_.height; ++y)
                for (std::size_t x = 0; x < layout_.width; ++x)
                    for (std::size_t c = 0; c < layout_.channels; ++c) logical[index(n, y, x, c)] = true;
        for (std::size_t i = 0; i < values_.size(); ++i)
            if (!logical[i] && values_[i] != canary) return false;
        return true;
    }

private:
    image layout_;
    std::size_t samples_;
    std::vector<T> values_;
};

template <class T>
std::vector<T> random_vector(std::size_t size, std::uint32_t seed) {
    std::vector<T> values(size + slack, T(0));
    random_values next(seed);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<T>(next());
    return values;
}

/// Row or column of the input that output position `position` reads with tap `tap`.
inline std::ptrdiff_t source(std::size_t position, std::size_t stride, std::size_t pad, std::size_t tap,
                             std::size_t dilation) {
    return static_cast<std::ptrdiff_t>(position * stride + tap * dilation) - static_cast<std::ptrdiff_t>(pad);
}

/// Calls visitor(y, x, f, source y, source x, channel in, index of the weight) for every product of one sample.
template <class Visitor>
void each_product(const conv2d_geometry& g, Visitor visitor) {
    const std::size_t inputs = g.in.channels / g.groups, filters = g.out.channels / g.groups;
    for (std::size_t y = 0; y < g.out.height; ++y)
        for (std::size_t x = 0; x < g.out.width; ++x)
            for (std::size_t f = 0; f < g.out.channels; ++f)
                for (std::size_t ky = 0; ky < g.win.kernel_height; ++ky)
                    for (std::size_t kx = 0; kx < g.win.kernel_width; ++kx)
                        for (std::size_t c = 0; c < inputs; ++c)
                            visitor(y, x, f,
                                    source(y, g.win.stride_height, g.win.pad_top, ky, g.win.dilation_height),
                                    source(x, g.win.stride_width, g.win.pad_left, kx, g.win.dilation_width),
                                    f / filters * inputs + c,
                                    ((ky * g.win.kernel_width + kx) * inputs + c) * g.out.channels + f);
}

/// A convolution whose output has size `out_height` x `out_width`, with as much halo around its input as it reads.
constexpr conv2d_geometry convolution(std::size_t height, std::size_t width, std::size_t channels,
                                      std::size_t filters, archetype::kernels::window win,
                                      std::size_t out_height, std::size_t out_width, std::size_t groups = 1) {
    const std::size_t reach_y =
        (out_height - 1) * win.stride_height + (win.kernel_height - 1) * win.dilation_height + 1;
    const std::size_t reach_x =
        (out_width - 1) * win.stride_width + (win.kernel_width - 1) * win.dilation_width + 1;
    const std::size_t bottom = reach_y > height + win.pad_top ? reach_y - height - win.pad_top : 0;
    const std::size_t right = reach_x > width + win.pad_left ? reach_x - width - win.pad_left : 0;
    return {archetype::kernels::halo_image(height, width, channels, win.pad_top, win.pad_left, bottom, right),
            archetype::kernels::dense_image(out_height, out_width, filters), win, groups};
}

/// The image with room for `extra` more channels and one more cell of halo on each side.
constexpr image roomy(const image& tight, std::size_t extra) {
    const std::size_t pixel = tight.channels + extra, row = (tight.width + 2) * pixel;
    return {tight.height,           tight.width, tight.channels, pixel, row, (tight.height + 2) * row,
            row + pixel + extra / 2};
}

}  // namespace reference
