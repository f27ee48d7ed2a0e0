// SPDX-License-Identifier: BSL-1.0
// Buffers of kernel tests: images in any layout, with poison where nothing may be used and canaries where
// nothing may be written.
#pragma once
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/vectors/lanes.hpp>
#include <catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace samples {
namespace kernels = archetype::kernels;
using kernels::image;
using kernels::range;

constexpr image padded(std::size_t height, std::size_t width, std::size_t channels,
                       std::size_t pixel_stride) {
    // A halo of 2, 1, 1 and 3 cells, and foreign channels before and behind these.
    const std::size_t row = (width + 4) * pixel_stride, before = (pixel_stride - channels) / 2;
    return {height, width, channels, pixel_stride, row, (height + 3) * row, 2 * row + pixel_stride + before};
}

template <class T>
struct buffer {
    image shape;
    std::size_t batch;
    std::vector<T> data;
    buffer(image s, std::size_t n, T everywhere)
        : shape(s), batch(n), data(n * s.sample_stride + 64, everywhere) {}
    T* base() { return data.data(); }
    T& at(std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
        return data.at(n * shape.sample_stride + shape.offset + y * shape.row_stride +
                       x * shape.pixel_stride + c);
    }
};

template <class T, class Body>
void each(buffer<T>& b, const Body& body) {
    for (std::size_t n = 0; n < b.batch; ++n)
        for (std::size_t y = 0; y < b.shape.height; ++y)
            for (std::size_t x = 0; x < b.shape.width; ++x)
                for (std::size_t c = 0; c < b.shape.channels; ++c) body(n, y, x, c);
}

// Random values in the image, NaN everywhere else.
template <class T>
buffer<T> random(image shape, std::size_t batch, unsigned seed, bool steps = false) {
    buffer<T> result(shape, batch, std::numeric_limits<T>::quiet_NaN());
    std::mt19937 engine(seed);
    std::uniform_real_distribution<double> any(-2, 2);
    each(result, [&](auto... i) {
        const double value = any(engine);
        result.at(i...) = static_cast<T>(steps ? std::round(value * 2) : value);
    });
    return result;
}

template <class T>
inline constexpr T canary = T(-12345.25);

template <class T>
buffer<T> untouched(image shape, std::size_t batch) {
    return buffer<T>(shape, batch, canary<T>);
}

// Nothing outside the image of the samples given was written.
template <class T>
bool canaries_live(buffer<T> b, range written) {
    for (std::size_t n = written.first; n < written.last; ++n)
        for (std::size_t y = 0; y < b.shape.height; ++y)
            for (std::size_t x = 0; x < b.shape.width; ++x)
                for (std::size_t c = 0; c < b.shape.channels; ++c) b.at(n, y, x, c) = canary<T>;
    for (const T value : b.data)
        if (value != canary<T>) return false;
    return true;
}

template <class T>
bool identical(const buffer<T>& a, const buffer<T>& b) {
    return a.data.size() == b.data.size() &&
           std::memcmp(a.data.data(), b.data.data(), a.data.size() * sizeof(T)) == 0;
}

template <class T>
bool close(double a, T b, double tolerance = 1) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    return std::abs(a - b) <= tolerance * 64 * std::numeric_limits<T>::epsilon() * (1 + std::abs(a));
}

// Checks `expected(n, y, x, c)` (double) against every element; reports the first difference.
template <class T, class Expected>
void require_values(buffer<T>& b, const Expected& expected, double tolerance = 1) {
    each(b, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
        const double value = expected(n, y, x, c);
        if (close(value, b.at(n, y, x, c), tolerance)) return;
        CAPTURE(n, y, x, c);
        REQUIRE(b.at(n, y, x, c) == value);
    });
    SUCCEED();
}

// Multiplies with a table laid out as `Shape`, as a backward pass multiplies with a derivative.
template <class T, image Shape>
struct times_table {
    const T* table;
    static constexpr bool across_pixels = Shape.pixel_stride == Shape.channels;
    kernels::lanes<T> operator()(const kernels::lanes<T>& value, const kernels::place& p) const {
        return value * kernels::load(table + p.sample * Shape.sample_stride + Shape.offset +
                                     p.y * Shape.row_stride + p.x * Shape.pixel_stride + p.channel);
    }
};

// Runs a kernel for all samples at once and sample by sample, and requires the same bits and live canaries.
template <class T, class Kernel>
buffer<T> run(image shape, std::size_t batch, const Kernel& kernel) {
    buffer<T> whole = untouched<T>(shape, batch), parts = whole;
    kernel(whole.base(), range{0, batch});
    REQUIRE(canaries_live(whole, {0, batch}));
    for (std::size_t n = batch; n-- > 0;) {
        kernel(parts.base(), range{n, n + 1});
        REQUIRE(canaries_live(parts, {n, batch}));
    }
    REQUIRE(identical(whole, parts));
    return whole;
}

// Central differences: d(sum of weight * f(in)) / d in, for every element of `in`, compared with `gradient`.
template <class Loss>
void require_gradient(buffer<double>& in, buffer<double>& gradient, const Loss& loss,
                      double tolerance = 1e-7) {
    each(in, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
        double& element = in.at(n, y, x, c);
        const double kept = element, step = 1e-5;
        element = kept + step;
        const double above = loss();
        element = kept - step;
        const double below = loss();
        element = kept;
        const double expected = (above - below) / (2 * step);
        CAPTURE(n, y, x, c);
        REQUIRE(gradient.at(n, y, x, c) == Approx(expected).margin(tolerance));
    });
}

template <class T>
double weighted_sum(buffer<T>& values, buffer<T>& weights) {
    double total = 0;
    each(values, [&](auto... i) { total += double(values.at(i...)) * double(weights.at(i...)); });
    return total;
}

}  // namespace samples
