// SPDX-License-Identifier: BSL-1.0
// Convolutions summed patch by patch, pooled or not, against the definition of both.
#include <archetype/kernels/convolution/conv2d_patches.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include "convolution_reference.hpp"

namespace kernels = archetype::kernels;
using reference::batch_buffer;

namespace {

using kernels::patch_pooling;

/// Doubles what it is given and adds one: seen if it is left out or applied twice.
struct affine {
    template <class V>
    V operator()(const V& value, const kernels::place&) const {
        return value + value + V(1);
    }
};

/// The same, and adds a number that tells the place, so that a wrong place shows.
struct placed {
    double scale;
    template <class V>
    V operator()(const V& value, const kernels::place& at) const {
        return value + value +
               V(1 + scale * static_cast<double>(at.sample * 1000 + at.y * 100 + at.x * 10 + at.channel));
    }
};

constexpr kernels::window square(std::size_t kernel, std::size_t stride = 1, std::size_t dilation = 1,
                                 std::size_t pad = 0) {
    return {kernel, kernel, stride, stride, dilation, dilation, pad, pad};
}

template <kernels::conv2d_geometry G, kernels::window Pool, kernels::image Out, patch_pooling Pooling,
          bool HasBias, class T, class Epilogue = affine>
void check(const Epilogue& epilogue = {}, float poison = 0) {
    constexpr std::size_t samples = 2;
    CAPTURE(G.in.height, G.in.width, G.in.channels, G.out.channels, G.win.kernel_height, G.win.stride_height,
            G.groups, Pool.kernel_height, static_cast<int>(Pooling), HasBias);
    batch_buffer<T> in(G.in, samples, T(0));
    in.randomize(1);
    if (poison != 0) in.at(0, 2, 1, 0) = T(poison);
    const std::vector<T> weights = reference::random_vector<T>(G.weights_size(), 2);
    const std::vector<T> bias = reference::random_vector<T>(G.out.channels, 3);

    batch_buffer<double> convolved(G.out, samples, 0.0);
    if (HasBias)
        convolved.visit(
            [&](std::size_t, std::size_t, std::size_t, std::size_t c, double& v) { v = double(bias[c]); });
    for (std::size_t n = 0; n < samples; ++n)
        reference::each_product(G, [&](std::size_t y, std::size_t x, std::size_t f, std::ptrdiff_t sy,
                                       std::ptrdiff_t sx, std::size_t c, std::size_t w) {
            convolved.at(n, y, x, f) += in.padded(n, sy, sx, c) * double(weights[w]);
        });

    batch_buffer<T> out(Out, samples, batch_buffer<T>::canary);
    for (std::size_t n = 0; n < samples; ++n)
        kernels::conv2d_patches_forward<G, Pool, Out, Pooling, HasBias, affine>(
            in.data(), weights.data(), bias.data(), out.data(), epilogue, kernels::range{n, n + 1});
    CHECK(out.untouched_outside());
    const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-12;
    out.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t f, T& found) {
        double pooled = 0;
        for (std::size_t ky = 0; ky < Pool.kernel_height; ++ky)
            for (std::size_t kx = 0; kx < Pool.kernel_width; ++kx) {
                const double cell =
                    2 * convolved.at(n, y * Pool.stride_height + ky, x * Pool.stride_width + kx, f) + 1;
                if (Pooling == patch_pooling::mean)
                    pooled += cell / double(Pool.kernel_height * Pool.kernel_width);
                else if (Pooling == patch_pooling::l2_norm)
                    pooled += cell * cell;
                else if ((ky == 0 && kx == 0) || !(cell <= pooled))
                    pooled = std::isnan(pooled) ? pooled : cell;
            }
        if (Pooling == patch_pooling::l2_norm) pooled = std::sqrt(pooled);
        const double wanted = epilogue(pooled, kernels::place{n, y, x, f});
        INFO(n << " " << y << " " << x << " " << f);
        if (std::isnan(wanted))
            CHECK(std::isnan(found));
        else if (!(std::abs(double(found) - wanted) <= tolerance * (1 + std::abs(wanted))))
            CHECK(double(found) == wanted);
    });
}

/// Without pooling, into an image with room around it.
template <kernels::conv2d_geometry G, class T = float>
void check_plain() {
    check<G, kernels::no_pooling, reference::roomy(G.out, 0), patch_pooling::no, true, T>();
    check<G, kernels::no_pooling, reference::roomy(G.out, 3), patch_pooling::no, false, T>();
    check<G, kernels::no_pooling, G.out, patch_pooling::no, true, T>(placed{0.125});
}

template <kernels::conv2d_geometry G, std::size_t Height, std::size_t Width, std::size_t Stride,
          class T = float>
void check_pooled(float poison = 0) {
    constexpr kernels::window pool{Height, Width, Stride, Stride};
    constexpr kernels::image out = kernels::dense_image((G.out.height - Height) / Stride + 1,
                                                        (G.out.width - Width) / Stride + 1, G.out.channels);
    check<G, pool, reference::roomy(out, 2), patch_pooling::largest, true, T>(affine{}, poison);
    check<G, pool, reference::roomy(out, 0), patch_pooling::mean, true, T>(affine{}, poison);
    check<G, pool, out, patch_pooling::l2_norm, true, T>(affine{}, poison);
}

constexpr kernels::conv2d_geometry dense(std::size_t inputs, std::size_t outputs) {
    return reference::convolution(1, 1, inputs, outputs, {}, 1, 1);
}

}  // namespace

TEST_CASE("patches: numbers of filters on both sides of every block") {
    check_plain<reference::convolution(5, 7, 3, 1, square(3), 3, 5)>();
    check_plain<reference::convolution(5, 7, 3, 2, square(3), 3, 5)>();
    check_plain<reference::convolution(5, 7, 3, 3, square(3), 3, 5)>();
    check_plain<reference::convolution(5, 8, 3, 5, square(3), 3, 6)>();
    check_plain<reference::convolution(5, 9, 3, 6, square(3), 3, 7)>();
    check_plain<reference::convolution(5, 10, 2, 7, square(3), 3, 8), double>();
    check_plain<reference::convolution(5, 6, 2, 13, square(3), 3, 4)>();
    check_plain<reference::convolution(4, 3, 2, 17, square(3), 2, 1)>();
}

TEST_CASE("patches: strides, dilation, padding, groups") {
    check_plain<reference::convolution(9, 9, 2, 4, square(3, 2, 1, 1), 5, 5)>();
    check_plain<reference::convolution(9, 9, 2, 4, square(3, 1, 2, 2), 9, 9)>();
    check_plain<reference::convolution(9, 9, 4, 6, square(3, 1, 1, 1), 9, 9, 2)>();
    check_plain<reference::convolution(9, 9, 6, 6, square(3, 1, 1, 1), 9, 9, 6)>();
    check_plain<reference::convolution(9, 9, 8, 8, square(3, 2, 2, 2), 5, 5, 8), double>();
    check_plain<reference::convolution(9, 9, 3, 6, square(3, 1, 1, 1), 9, 9, 3)>();
    check_plain<reference::convolution(6, 6, 10, 12, square(1), 6, 6)>();
}

TEST_CASE("patches: dense layers") {
    check_plain<dense(1, 1)>();
    check_plain<dense(17, 10)>();
    check_plain<dense(40, 8)>();
    check_plain<dense(33, 84), double>();
}

TEST_CASE("patches: pooling windows of one patch and of several") {
    constexpr kernels::conv2d_geometry small = reference::convolution(10, 10, 2, 6, square(3), 8, 8);
    constexpr kernels::conv2d_geometry wide =
        reference::convolution(11, 13, 3, 9, square(3, 1, 1, 1), 11, 13);
    check_pooled<small, 2, 2, 2>();
    check_pooled<small, 2, 2, 3>();
    check_pooled<small, 1, 1, 2>();
    check_pooled<wide, 2, 2, 2>();
    check_pooled<wide, 3, 3, 3>();
    check_pooled<wide, 3, 2, 3, double>();
    check_pooled<wide, 4, 4, 4>();
    check_pooled<wide, 1, 4, 4>();
    check_pooled<wide, 5, 1, 5>();
    check_pooled<reference::convolution(8, 8, 6, 6, square(3, 1, 1, 1), 8, 8, 6), 2, 2, 2>();
    check_pooled<reference::convolution(8, 8, 6, 4, square(3, 1, 1, 1), 8, 8, 2), 2, 2, 2>();
}

TEST_CASE("patches: a NaN stays") {
    constexpr kernels::conv2d_geometry small = reference::convolution(10, 10, 2, 6, square(3), 8, 8);
    check_pooled<small, 2, 2, 2>(std::numeric_limits<float>::quiet_NaN());
    check_pooled<small, 4, 4, 4>(std::numeric_limits<float>::quiet_NaN());
}
