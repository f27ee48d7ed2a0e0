// SPDX-License-Identifier: BSL-1.0
// Kernels without weights that move, enlarge or normalize pixels: against their definitions, in images with halos and foreign
// channels, with poison around what may be read and canaries around what may be written.
#include <archetype/kernels/elementwise/shift2d.hpp>
#include <archetype/kernels/elementwise/upsampling2d.hpp>
#include <archetype/kernels/pooling/l2_pool2d.hpp>
#include <archetype/kernels/rows/local_response_norm.hpp>

#include "samples.hpp"

namespace kernels = archetype::kernels;
using namespace samples;
using kernels::dense_image;

namespace {
constexpr std::size_t batch = 3;

/// Calls body.operator()<channels, extra channels in each pixel>() for few and many channels.
template <class Body>
void each_width(const Body& body) {
    body.template operator()<1, 0>();
    body.template operator()<3, 4>();
    body.template operator()<7, 0>();
    body.template operator()<16, 2>();
    body.template operator()<37, 3>();
}

/// Central differences of the sum of weights times what `forward(in, out)` computes, against `gradient`.
template <class Forward>
void check_gradient(buffer<double>& in, buffer<double>& weights, buffer<double>& gradient,
                    const Forward& forward) {
    buffer<double> out = untouched<double>(weights.shape, batch);
    require_gradient(in, gradient, [&] {
        forward(in.base(), out.base());
        return weighted_sum(out, weights);
    });
}

double upsampled(buffer<double>& in, std::size_t n, double y, double x, std::size_t c) {
    const auto edge = [](double at, std::size_t size) {
        return std::min(std::max(at, 0.0), static_cast<double>(size - 1));
    };
    double value = 0;
    for (std::size_t v = 0; v < in.shape.height; ++v)
        for (std::size_t u = 0; u < in.shape.width; ++u) {
            const double down = 1 - std::abs(edge(y, in.shape.height) - double(v));
            const double along = 1 - std::abs(edge(x, in.shape.width) - double(u));
            if (down > 0 && along > 0) value += down * along * in.at(n, v, u, c);
        }
    return value;
}

}  // namespace

TEST_CASE("shift2d moves an image into another frame", "[kernels]") {
    each_width([]<std::size_t Channels, std::size_t Extra>() {
        constexpr image small = padded(4, 5, Channels, Channels + Extra),
                        large = padded(7, 8, Channels, Channels);
        auto in = random<double>(small, batch, 1), gradients = random<double>(large, batch, 2);
        const kernels::identity_epilogue identity;
        auto grown = run<double>(large, batch, [&](double* out, range samples) {
            kernels::shift2d<2, 1, small, large>(in.base(), out, identity, samples);
        });
        require_values(grown, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
            return y >= 2 && y < 6 && x >= 1 && x < 6 ? in.at(n, y - 2, x - 1, c) : 0.0;
        });
        auto back = run<double>(small, batch, [&](double* out, range samples) {
            kernels::shift2d<-2, -1, large, small>(gradients.base(), out, identity, samples);
        });
        require_values(back, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
            return gradients.at(n, y + 2, x + 1, c);
        });
    });
}

TEST_CASE("upsampling2d repeats and interpolates pixels", "[kernels]") {
    each_width([]<std::size_t Channels, std::size_t Extra>() {
        constexpr image small = padded(3, 4, Channels, Channels + Extra),
                        large = padded(6, 12, Channels, Channels);
        auto in = random<double>(small, batch, 1), gradients = random<double>(large, batch, 2);
        auto derivatives = random<double>(small, batch, 3);
        const kernels::identity_epilogue identity;
        const times_table<double, small> derived{derivatives.base()};
        auto repeated = run<double>(large, batch, [&](double* out, range samples) {
            kernels::upsampling2d_forward<false, small, large>(in.base(), out, identity, samples);
        });
        require_values(repeated, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
            return in.at(n, y / 2, x / 3, c);
        });
        auto interpolated = run<double>(large, batch, [&](double* out, range samples) {
            kernels::upsampling2d_forward<true, small, large>(in.base(), out, identity, samples);
        });
        require_values(interpolated, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
            return upsampled(in, n, (double(y) + 0.5) / 2 - 0.5, (double(x) + 0.5) / 3 - 0.5, c);
        });
        for (const bool linear : {false, true}) {
            auto found = run<double>(small, batch, [&](double* out, range samples) {
                if (linear)
                    kernels::upsampling2d_backward<true, large, small>(gradients.base(), out, derived,
                                                                       samples);
                else
                    kernels::upsampling2d_backward<false, large, small>(gradients.base(), out, derived,
                                                                        samples);
            });
            each(found, [&](auto... i) { found.at(i...) /= derivatives.at(i...); });
            check_gradient(in, gradients, found, [&](const double* from, double* to) {
                if (linear)
                    kernels::upsampling2d_forward<true, small, large>(from, to, identity, {0, batch});
                else
                    kernels::upsampling2d_forward<false, small, large>(from, to, identity, {0, batch});
            });
        }
    });
}

TEST_CASE("l2_pool2d is the root of the sum of squares", "[kernels]") {
    each_width([]<std::size_t Channels, std::size_t Extra>() {
        constexpr kernels::pool2d g{
            padded(5, 6, Channels, Channels + Extra), padded(2, 4, Channels, Channels), {3, 3, 2, 1}};
        auto in = random<double>(g.in, batch, 1), gradients = random<double>(g.out, batch, 2);
        const kernels::identity_epilogue identity;
        auto out = run<double>(g.out, batch, [&](double* to, range samples) {
            kernels::l2_pool2d_forward<g>(in.base(), to, identity, samples);
        });
        require_values(out, [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
            double sum = 0;
            for (std::size_t v = 0; v < 3; ++v)
                for (std::size_t u = 0; u < 3; ++u) sum += std::pow(in.at(n, 2 * y + v, x + u, c), 2);
            return std::sqrt(sum);
        });
        auto found = run<double>(g.in, batch, [&](double* to, range samples) {
            kernels::l2_pool2d_backward<g>(in.base(), out.base(), gradients.base(), to, identity, samples);
        });
        check_gradient(in, gradients, found, [&](const double* from, double* to) {
            kernels::l2_pool2d_forward<g>(from, to, identity, {0, batch});
        });
    });
}

TEST_CASE("l2_pool2d of zeros gives no gradient", "[kernels]") {
    constexpr kernels::pool2d g{dense_image(2, 2, 3), dense_image(1, 1, 3), {2, 2, 2, 2}};
    buffer<float> in(g.in, 1, 0.f), out(g.out, 1, 0.f), gradients(g.out, 1, 1.f);
    auto found = run<float>(g.in, 1, [&](float* to, range samples) {
        kernels::l2_pool2d_backward<g>(in.base(), out.base(), gradients.base(), to,
                                       kernels::identity_epilogue{}, samples);
    });
    require_values(found, [](auto...) { return 0.0; });
}

TEST_CASE("local_response_norm divides by the neighbouring channels", "[kernels]") {
    const auto check = []<std::size_t Size, class T>(T, double tolerance) {
        each_width([&]<std::size_t Channels, std::size_t Extra>() {
            constexpr image from = padded(2, 3, Channels, Channels + Extra),
                            to = padded(2, 3, Channels, Channels);
            auto in = random<T>(from, batch, 1);
            const kernels::response_norm<T> norm{Size, T(0.7), T(0.75), T(1.5)};
            const kernels::identity_epilogue identity;
            auto out = run<T>(to, batch, [&](T* result, range samples) {
                kernels::local_response_norm_forward<Size, from, to>(in.base(), result, norm, identity,
                                                                     samples);
            });
            require_values(
                out,
                [&](std::size_t n, std::size_t y, std::size_t x, std::size_t c) {
                    double sum = 0;
                    for (std::size_t k = 0; k < Channels; ++k)
                        if (k + Size / 2 >= c && k <= c + (Size - 1) / 2)
                            sum += std::pow(double(in.at(n, y, x, k)), 2);
                    return double(in.at(n, y, x, c)) / std::pow(1.5 + 0.7 / Size * sum, 0.75);
                },
                tolerance);
            if constexpr (std::is_same_v<T, double>) {
                auto gradients = random<double>(to, batch, 2);
                auto found = run<double>(from, batch, [&](double* result, range samples) {
                    kernels::local_response_norm_backward<Size, from, to, from>(
                        in.base(), gradients.base(), result, norm, identity, samples);
                });
                check_gradient(in, gradients, found, [&](const double* source, double* result) {
                    kernels::local_response_norm_forward<Size, from, to>(source, result, norm, identity,
                                                                         {0, batch});
                });
            }
        });
    };
    check.operator()<1>(0.0, 4);
    check.operator()<4>(0.0, 4);
    check.operator()<5>(0.0, 4);
    check.operator()<5>(0.f, 4);
}
