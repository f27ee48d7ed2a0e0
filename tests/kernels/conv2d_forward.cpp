// SPDX-License-Identifier: BSL-1.0
#include <archetype/kernels/convolution/conv2d_forward.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include "convolution_geometries.hpp"

namespace kernels = archetype::kernels;
using reference::batch_buffer;

namespace {

/// Adds to each result a number that tells its place, so a wrong place shows.
struct place_epilogue {
    template <class Lanes>
    Lanes operator()(const Lanes& value, const kernels::place& where) const {
        return value + Lanes(static_cast<float>(where.sample * 8 + where.y * 4 + where.x * 2));
    }
};

template <kernels::conv2d_geometry G, class T>
std::vector<T> weights_for_kernel(const std::vector<T>& logical) {
    using weights = kernels::conv2d_weights<G, T>;
    if constexpr (weights::prepared_size == 0) {
        return logical;
    } else {
        std::vector<T> prepared(weights::prepared_size + reference::slack, T(0));
        weights::prepare(logical.data(), prepared.data());
        return prepared;
    }
}

template <kernels::conv2d_geometry G, class T>
std::vector<T> run(batch_buffer<T>& in, const std::vector<T>& logical, const T* bias,
                   const std::vector<kernels::range>& ranges, std::size_t samples) {
    batch_buffer<T> out(G.out, samples, batch_buffer<T>::canary);
    const std::vector<T> weights = weights_for_kernel<G, T>(logical);
    std::vector<T> workspace(kernels::conv2d_forward_workspace<G, T> + reference::slack);
    for (const kernels::range& part : ranges)
        kernels::conv2d_forward<G, T>(in.data(), weights.data(), bias, out.data(),
                                      kernels::identity_epilogue{}, part, workspace.data());
    CHECK(out.untouched_outside());
    return out.values();
}

template <kernels::conv2d_geometry G, class T>
void check() {
    constexpr std::size_t samples = 5;
    CAPTURE(G.in.height, G.in.width, G.in.channels, G.out.channels, G.win.kernel_height, G.win.stride_height,
            G.groups);
    batch_buffer<T> in(G.in, samples, T(0));
    in.randomize(1);
    const std::vector<T> logical = reference::random_vector<T>(G.weights_size(), 2);
    const std::vector<T> bias = reference::random_vector<T>(G.out.channels, 3);
    batch_buffer<double> expected(G.out, samples, 0.0);
    expected.visit(
        [&](std::size_t, std::size_t, std::size_t, std::size_t c, double& v) { v = double(bias[c]); });
    for (std::size_t n = 0; n < samples; ++n)
        reference::each_product(G, [&](std::size_t y, std::size_t x, std::size_t f, std::ptrdiff_t sy,
                                       std::ptrdiff_t sx, std::size_t c, std::size_t w) {
            expected.at(n, y, x, f) += in.padded(n, sy, sx, c) * double(logical[w]);
        });
    const double tolerance = static_cast<double>(std::numeric_limits<T>::epsilon()) * (4 + double(G.taps()));

    batch_buffer<T> out(G.out, samples, batch_buffer<T>::canary);
    const std::vector<T> weights = weights_for_kernel<G, T>(logical);
    std::vector<T> workspace(kernels::conv2d_forward_workspace<G, T> + reference::slack);
    kernels::conv2d_forward<G, T>(in.data(), weights.data(), bias.data(), out.data(), place_epilogue{},
                                  {0, samples}, workspace.data());
    CHECK(out.untouched_outside());
    double worst = 0, worst_without_bias = 0;
    out.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t c, T& value) {
        const double with_place = expected.at(n, y, x, c) + double(n * 8 + y * 4 + x * 2);
        worst = std::max(worst, std::abs(double(value) - with_place) / (1 + std::abs(with_place)));
    });
    CHECK(worst <= tolerance);

    const std::vector<T> whole = run<G, T>(in, logical, nullptr, {{0, samples}}, samples);
    batch_buffer<T> plain(G.out, samples, T(0));
    plain.values() = whole;
    plain.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t c, T& value) {
        const double without = expected.at(n, y, x, c) - double(bias[c]);
        worst_without_bias = std::max(worst_without_bias, std::abs(double(value) - without));
    });
    CHECK(worst_without_bias <= tolerance);
    // However the samples are split, every bit is the same.
    CHECK(whole == run<G, T>(in, logical, nullptr, {{3, 5}, {0, 1}, {1, 3}}, samples));
    CHECK(whole == run<G, T>(in, logical, nullptr, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}}, samples));
}

/// x = 1, 2, ... row by row with one channel, a kernel of ones.
template <kernels::conv2d_geometry G>
std::vector<float> sums_of_counting() {
    batch_buffer<float> in(G.in, 1, 0.f);
    float next = 0;
    in.visit([&](std::size_t, std::size_t, std::size_t, std::size_t, float& value) { value = ++next; });
    const std::vector<float> ones(G.weights_size() + reference::slack, 1.f);
    std::vector<float> out(G.out.sample_stride + reference::slack),
        workspace(kernels::conv2d_forward_workspace<G, float> + 1);
    kernels::conv2d_forward<G, float>(in.data(), weights_for_kernel<G, float>(ones).data(), nullptr,
                                      out.data(), kernels::identity_epilogue{}, {0, 1}, workspace.data());
    out.resize(G.out.size());
    return out;
}

}  // namespace

TEST_CASE("conv2d forward agrees with its definition, float", "[kernels]") {
    reference::each_geometry([]<kernels::conv2d_geometry G>() { check<G, float>(); });
}

TEST_CASE("conv2d forward agrees with its definition, double", "[kernels]") {
    reference::each_geometry([]<kernels::conv2d_geometry G>() { check<G, double>(); });
}

TEST_CASE("FL-01: a stride that does not divide leaves the last column unread", "[kernels]") {
    constexpr auto g = reference::convolution(5, 5, 1, 1, reference::win(2, 2, 2, 2), 2, 2);
    CHECK(sums_of_counting<g>() == std::vector<float>{16, 24, 56, 64});
    batch_buffer<float> in(g.in, 1, 1.f);
    for (std::size_t i = 0; i < 5; ++i)
        in.at(0, i, 4, 0) = in.at(0, 4, i, 0) = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> ones(4 + reference::slack, 1.f);
    std::vector<float> out(4 + reference::slack), workspace(kernels::conv2d_forward_workspace<g, float> + 1);
    kernels::conv2d_forward<g, float>(in.data(), ones.data(), nullptr, out.data(),
                                      kernels::identity_epilogue{}, {0, 1}, workspace.data());
    for (std::size_t i = 0; i < 4; ++i) CHECK(out[i] == 4.f);
}

TEST_CASE("FL-02: same padding is lopsided, padding 1 is not", "[kernels]") {
    constexpr auto same = reference::convolution(4, 4, 1, 1, reference::win(3, 3, 2, 2), 2, 2);
    constexpr auto symmetric =
        reference::convolution(4, 4, 1, 1, reference::win(3, 3, 2, 2, 1, 1, 1, 1), 2, 2);
    CHECK(sums_of_counting<same>() == std::vector<float>{54, 45, 72, 54});
    CHECK(sums_of_counting<symmetric>() == std::vector<float>{14, 30, 57, 99});
}

TEST_CASE("FL-03: a dilated kernel of 3 over 6 leaves 2", "[kernels]") {
    constexpr auto g = reference::convolution(1, 6, 1, 1, reference::win(1, 3, 1, 1, 1, 2), 1, 2);
    CHECK(sums_of_counting<g>() == std::vector<float>{9, 12});
}

TEST_CASE("conv2d forward passes NaN and infinity through, even where weights are zero", "[kernels]") {
    constexpr auto g = reference::convolution(4, 4, 2, 3, reference::win(3, 3), 2, 2);
    batch_buffer<float> in(g.in, 1, 0.f);
    in.at(0, 0, 0, 1) = std::numeric_limits<float>::quiet_NaN();
    in.at(0, 3, 3, 0) = std::numeric_limits<float>::infinity();
    const std::vector<float> zeros(g.weights_size() + reference::slack, 0.f);
    std::vector<float> out(g.out.sample_stride + reference::slack),
        workspace(kernels::conv2d_forward_workspace<g, float> + 1);
    kernels::conv2d_forward<g, float>(in.data(), zeros.data(), nullptr, out.data(),
                                      kernels::identity_epilogue{}, {0, 1}, workspace.data());
    for (std::size_t f = 0; f < 3; ++f) {
        CHECK(std::isnan(out[f]));
        CHECK(out[3 + f] == 0.f);
        CHECK(out[6 + f] == 0.f);
        CHECK(std::isnan(out[9 + f]));  // infinity times zero
    }
}
