// SPDX-License-Identifier: BSL-1.0
// A convolution pooled in registers against the definition of both.
#include <archetype/kernels/convolution/conv2d_forward.hpp>
#include <archetype/kernels/convolution/conv2d_pool_forward.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace kernels = archetype::kernels;

namespace {

/// Doubles what it is given and adds one: monotone, exact, and seen if it is left out or applied twice.
struct affine {
    static constexpr bool across_pixels = true;
    template <class V>
    V operator()(const V& value, const kernels::place&) const {
        return value + value + V(1.f);
    }
};

template <std::size_t Width, std::size_t Filters, std::size_t Kernel, bool Max>
void check_row(float poison = 0) {
    constexpr std::size_t out_width = Width - Kernel + 1, pooled_width = out_width / 2, height = Kernel + 1;
    constexpr kernels::conv2d_geometry g{kernels::dense_image(height, Width, 1),
                                         kernels::dense_image(2, out_width, Filters),
                                         {Kernel, Kernel},
                                         1};
    constexpr kernels::pool2d p{g.out, kernels::dense_image(1, pooled_width, Filters), {2, 2, 2, 2}};
    if constexpr (kernels::conv2d_pools<g, p, float>) {
        std::mt19937 random(Width * 100 + Filters);
        std::uniform_real_distribution<float> number(-1, 1);
        const auto filled = [&](std::size_t size) {
            std::vector<float> made(size + 64);
            for (float& value : made) value = number(random);
            return made;
        };
        std::vector<float> in = filled(height * Width);
        if (poison != 0) in[2 * Width + 5] = poison;
        const std::vector<float> weights = filled(Kernel * Kernel * Filters), bias = filled(Filters);
        constexpr std::size_t size = pooled_width * Filters;
        std::vector<float> out(size + 64, 77), workspace(kernels::conv2d_forward_workspace<g, float> + 64);
        kernels::conv2d_pool_forward<g, p, Max>(in.data(), weights.data(), bias.data(), out.data(), affine{},
                                                affine{}, workspace.data());
        const auto convolved = [&](std::size_t y, std::size_t x, std::size_t f) {
            double sum = bias[f];
            for (std::size_t ky = 0; ky < Kernel; ++ky)
                for (std::size_t kx = 0; kx < Kernel; ++kx)
                    sum += double(in[(y + ky) * Width + x + kx]) *
                           double(weights[(ky * Kernel + kx) * Filters + f]);
            return 2 * sum + 1;
        };
        for (std::size_t x = 0; x < pooled_width; ++x)
            for (std::size_t f = 0; f < Filters; ++f) {
                const double cells[] = {convolved(0, 2 * x, f), convolved(0, 2 * x + 1, f),
                                        convolved(1, 2 * x, f), convolved(1, 2 * x + 1, f)};
                double pooled = Max ? cells[0] : 0;
                for (double cell : cells)
                    pooled = !Max ? pooled + cell / 4 : pooled != pooled || cell <= pooled ? pooled : cell;
                const double wanted = 2 * pooled + 1;
                INFO(Width << " " << Filters << " " << Kernel << " at " << x << ", " << f);
                if (std::isnan(wanted))
                    CHECK(std::isnan(out[x * Filters + f]));
                else
                    CHECK(out[x * Filters + f] == Approx(wanted).epsilon(1e-5).margin(1e-5));
            }
        for (std::size_t i = size; i < out.size(); ++i) CHECK(out[i] == 77);  // nothing past the row
    } else {
        SUCCEED("this target pools after the convolution");
    }
}

}  // namespace

TEST_CASE("a convolution of one channel is pooled in registers") {
    check_row<32, 6, 5, false>();
    check_row<32, 6, 5, true>();
    check_row<28, 8, 3, true>();
    check_row<21, 3, 4, false>();  // 18 columns
    check_row<25, 5, 5, true>();   // 21: the last column has no window
    check_row<70, 4, 3, false>();  // several vectors
}

TEST_CASE("pooling in registers lets NaN through") {
    check_row<32, 6, 5, false>(std::numeric_limits<float>::quiet_NaN());
    check_row<32, 6, 5, true>(std::numeric_limits<float>::quiet_NaN());
}
