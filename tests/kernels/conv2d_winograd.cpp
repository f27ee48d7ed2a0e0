// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <archetype/kernels/convolution/conv2d_backward_input.hpp>
#include <archetype/kernels/convolution/conv2d_forward.hpp>
#include <archetype/kernels/convolution/conv2d_winograd.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include "convolution_geometries.hpp"

namespace kernels = archetype::kernels;
using kernels::detail::fraction;
using reference::batch_buffer;

namespace {

constexpr std::size_t samples = 3;

// Exactly: sum over points j of results[i][j] filter[j][k] input[j][l] is 1 where cell l is that of tap k at result i.
template <std::size_t Tile>
constexpr bool filters_exactly() {
    constexpr auto& m = kernels::detail::winograd_exact<Tile>;
    for (std::size_t i = 0; i < Tile; ++i)
        for (std::size_t k = 0; k < 3; ++k)
            for (std::size_t l = 0; l < Tile + 2; ++l) {
                fraction sum = 0;
                for (std::size_t j = 0; j < Tile + 2; ++j)
                    sum = sum + m.results[i][j] * m.filter[j][k] * m.input[j][l];
                if (!(sum == fraction(l == i + k ? 1 : 0))) return false;
            }
    return true;
}
static_assert(filters_exactly<2>());
static_assert(filters_exactly<4>());
static_assert(fraction(6, -4) == fraction(-3, 2) && fraction(0, 7) == fraction(0));

// Lavin and Gray's F(2, 3), up to the signs of the first and the last point.
static_assert(kernels::detail::winograd_exact<2>.filter[1][1] == fraction(1, 2));
static_assert(kernels::detail::winograd_exact<2>.input[2][1] == fraction(-1));
static_assert(kernels::detail::winograd_exact<2>.results[1][2] == fraction(-1));

// What stands in the transforms of F(4, 3) that see data is exact in single precision.
template <std::size_t Tile>
constexpr bool is_exact_in_float() {
    constexpr auto& m = kernels::detail::winograd_exact<Tile>;
    for (const auto& row : m.input)
        for (const fraction& entry : row)
            if (double(float(entry.value())) != entry.value()) return false;
    for (const auto& row : m.results)
        for (const fraction& entry : row)
            if (double(float(entry.value())) != entry.value()) return false;
    return true;
}
static_assert(is_exact_in_float<2>() && is_exact_in_float<4>());

struct place_factor {
    template <class Lanes>
    Lanes operator()(const Lanes& value, const kernels::place& where) const {
        using T = std::remove_reference_t<decltype(value.get(0))>;
        return value * Lanes(static_cast<T>(1 + where.sample + 2 * where.y + where.x));
    }
};

template <kernels::conv2d_geometry G>
constexpr kernels::conv2d_backward_geometry backward_of() {
    constexpr kernels::halo zeros = kernels::backward_halo(G);
    return {G,
            kernels::halo_image(G.out.height, G.out.width, G.out.channels, zeros.top, zeros.left,
                                zeros.bottom, zeros.right),
            reference::roomy(G.in, 2)};
}

template <class T>
std::vector<T> nothing(std::size_t size) {
    return std::vector<T>(size + reference::slack, std::numeric_limits<T>::quiet_NaN());
}

constexpr double factor(std::size_t n, std::size_t y, std::size_t x) { return double(1 + n + 2 * y + x); }

/// Forward with a bias and an epilogue that knows places, in groups of `most` tiles, for some ranges.
template <kernels::conv2d_geometry G, std::size_t Tile, class T>
std::vector<T> forward(batch_buffer<T>& in, const std::vector<T>& logical, const std::vector<T>& bias,
                       std::size_t most, const std::vector<kernels::range>& ranges) {
    using weights = kernels::conv2d_winograd_weights<G, Tile, T>;
    std::vector<T> prepared = nothing<T>(weights::prepared_size),
                   workspace = nothing<T>(weights::workspace(most));
    weights::prepare(logical.data(), prepared.data());
    batch_buffer<T> out(G.out, samples, batch_buffer<T>::canary);
    for (const kernels::range& part : ranges)
        kernels::conv2d_winograd_forward<G, Tile, T>(in.data(), prepared.data(), bias.data(), out.data(),
                                                     place_factor{}, part, most, workspace.data());
    CHECK(out.untouched_outside());
    return out.values();
}

template <kernels::conv2d_geometry G, std::size_t Tile, class T>
void check_forward() {
    batch_buffer<T> in(G.in, samples, T(0));
    in.randomize(1);
    const std::vector<T> logical = reference::random_vector<T>(G.weights_size(), 2),
                         bias = reference::random_vector<T>(G.out.channels, 3);
    batch_buffer<double> expected(G.out, samples, 0.0);
    for (std::size_t n = 0; n < samples; ++n)
        reference::each_product(G, [&](std::size_t y, std::size_t x, std::size_t f, std::ptrdiff_t sy,
                                       std::ptrdiff_t sx, std::size_t c, std::size_t w) {
            expected.at(n, y, x, f) += in.padded(n, sy, sx, c) * double(logical[w]);
        });
    batch_buffer<T> result(G.out, samples, T(0));
    result.values() = forward<G, Tile>(in, logical, bias, 7, {{0, samples}});
    double worst = 0;
    result.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t f, T& value) {
        worst = std::max(
            worst, std::abs(double(value) / factor(n, y, x) - expected.at(n, y, x, f) - double(bias[f])));
    });
    CHECK(worst <= double(std::numeric_limits<T>::epsilon()) * (8 + 9.0 * double(G.in.channels)));
    // No result depends on who else is in the range or the group.
    CHECK(result.values() == forward<G, Tile>(in, logical, bias, 100, {{2, 3}, {0, 2}}));
}

template <kernels::conv2d_geometry G, std::size_t Tile, class T>
void check_input() {
    static constexpr kernels::conv2d_backward_geometry backward = backward_of<G>();
    batch_buffer<T> grad_out(backward.grad_out, samples, T(0));
    grad_out.randomize(4);
    const std::vector<T> logical = reference::random_vector<T>(G.weights_size(), 5);
    using weights = kernels::conv2d_winograd_weights<G, Tile, T, true>;
    std::vector<T> prepared = nothing<T>(weights::prepared_size),
                   workspace = nothing<T>(weights::workspace(7));
    weights::prepare(logical.data(), prepared.data());
    batch_buffer<double> expected(G.in, samples, 0.0);
    for (std::size_t n = 0; n < samples; ++n)
        reference::each_product(G, [&](std::size_t y, std::size_t x, std::size_t f, std::ptrdiff_t sy,
                                       std::ptrdiff_t sx, std::size_t c, std::size_t w) {
            if (sy >= 0 && sx >= 0 && sy < std::ptrdiff_t(G.in.height) && sx < std::ptrdiff_t(G.in.width))
                expected.at(n, std::size_t(sy), std::size_t(sx), c) +=
                    double(grad_out.at(n, y, x, f)) * double(logical[w]);
        });
    batch_buffer<T> result(backward.grad_in, samples, batch_buffer<T>::canary);
    kernels::conv2d_winograd_backward_input<backward, Tile, T>(
        grad_out.data(), prepared.data(), result.data(), place_factor{}, {0, samples}, 7, workspace.data());
    CHECK(result.untouched_outside());
    double worst = 0;
    result.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t c, T& value) {
        worst = std::max(worst, std::abs(double(value) / factor(n, y, x) - expected.at(n, y, x, c)));
    });
    CHECK(worst <= double(std::numeric_limits<T>::epsilon()) * (8 + 9.0 * double(G.out.channels)));
}

template <kernels::conv2d_geometry G, std::size_t Tile, class T>
void check_weights() {
    static constexpr kernels::conv2d_backward_geometry backward = backward_of<G>();
    using gradient = kernels::conv2d_winograd_gradient<backward, Tile, T>;
    constexpr T canary = batch_buffer<T>::canary;
    batch_buffer<T> in(G.in, samples, T(0)), grad_out(backward.grad_out, samples, T(0));
    in.randomize(6), grad_out.randomize(7);
    std::vector<double> expected(G.weights_size(), 0.0), expected_bias(G.out.channels, 0.0);
    for (std::size_t n = 0; n < samples; ++n)
        reference::each_product(G, [&](std::size_t y, std::size_t x, std::size_t f, std::ptrdiff_t sy,
                                       std::ptrdiff_t sx, std::size_t c, std::size_t w) {
            expected[w] += in.padded(n, sy, sx, c) * double(grad_out.at(n, y, x, f));
        });
    grad_out.visit(
        [&](std::size_t, std::size_t, std::size_t, std::size_t c, T& v) { expected_bias[c] += double(v); });
    const auto run = [&](std::vector<T>& weights, std::vector<T>& bias, bool accumulate, bool one_by_one) {
        std::vector<T> workspace = nothing<T>(gradient::workspace);
        for (std::size_t task = one_by_one ? gradient::tasks : 1; task-- > 0;)
            kernels::conv2d_winograd_backward_weights<backward, Tile, T>(
                in.data(), grad_out.data(), weights.data(), bias.data(), accumulate, samples,
                one_by_one ? kernels::range{task, task + 1} : kernels::range{0, gradient::tasks},
                workspace.data());
    };
    std::vector<T> weights(G.weights_size() + reference::slack, canary),
        bias(G.out.channels + reference::slack, canary), split = weights, split_bias = bias;
    run(weights, bias, false, false);
    run(split, split_bias, false, true);
    CHECK(weights == split);
    CHECK(bias == split_bias);
    run(weights, bias, true, false);
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i)
        worst = std::max(worst, std::abs(double(weights[i]) / 2 - expected[i]));
    for (std::size_t i = 0; i < expected_bias.size(); ++i)
        worst = std::max(worst, std::abs(double(bias[i]) / 2 - expected_bias[i]));
    const double products = double(samples * G.out.height * G.out.width);
    CHECK(worst <= double(std::numeric_limits<T>::epsilon()) * (16 + products));
    CHECK(std::all_of(weights.begin() + std::ptrdiff_t(G.weights_size()), weights.end(),
                      [](T v) { return v == canary; }));
    CHECK(std::all_of(bias.begin() + std::ptrdiff_t(G.out.channels), bias.end(),
                      [](T v) { return v == canary; }));
}

template <class T, class Check>
void each_winograd(const Check& check) {
    using reference::convolution;
    using reference::win;
    const auto both = [&]<kernels::conv2d_geometry G>() {
        CAPTURE(G.in.height, G.in.width, G.in.channels, G.out.channels, G.win.pad_top);
        check.template operator()<G, 2, T>();
        check.template operator()<G, 4, T>();
    };
    // Whole tiles and rests on both axes; no padding, on one side, on both, more than the gradient needs; one pixel; channels
    // of less than a vector, of several and a rest, filters of several panels and tasks.
    both.template operator()<convolution(9, 7, 3, 5, win(3, 3, 1, 1, 1, 1, 1, 1), 9, 7)>();
    both.template operator()<reference::with_roomy_output(convolution(8, 12, 17, 33, win(3, 3), 6, 10), 3)>();
    both.template operator()<convolution(3, 3, 1, 1, win(3, 3), 1, 1)>();
    if constexpr (sizeof(T) == 4)
        both.template operator()<convolution(5, 6, 40, 150, win(3, 3, 1, 1, 1, 1, 2, 0), 6, 6)>();
}

/// Root mean squares of the errors against sums in double of a convolution of 64 channels like those behind a relu: forward, of the gradient
/// of the input and of the weights.
struct mean_errors {
    double forward = 0, input = 0, weights = 0;
};
constexpr kernels::conv2d_geometry wide =
    reference::convolution(14, 14, 64, 32, reference::win(3, 3, 1, 1, 1, 1, 1, 1), 14, 14);
constexpr kernels::conv2d_backward_geometry wide_backward{wide, kernels::halo_image(14, 14, 32, 1, 1, 1, 1),
                                                          kernels::dense_image(14, 14, 64)};

template <std::size_t Tile>
mean_errors errors() {
    static const batch_buffer<float> in = [] {
        batch_buffer<float> some(wide.in, 1, 0.f);
        some.randomize(8).visit(
            [](std::size_t, std::size_t, std::size_t, std::size_t, float& v) { v = std::max(v, 0.f); });
        return some;
    }();
    static const batch_buffer<float> grad_out =
        batch_buffer<float>(wide_backward.grad_out, 1, 0.f).randomize(9);
    static const std::vector<float> logical = reference::random_vector<float>(wide.weights_size(), 10);
    batch_buffer<float> source = in, gradient = grad_out, out(wide.out, 1, 0.f),
                        grad_in(wide_backward.grad_in, 1, 0.f);
    std::vector<float> weights(wide.weights_size() + reference::slack), prepared, workspace;
    const kernels::identity_epilogue none;
    if constexpr (Tile == 0) {
        using order = kernels::conv2d_weights<wide, float>;
        using turned = kernels::conv2d_transposed_weights<wide, float>;
        prepared.resize(order::prepared_size + turned::prepared_size + reference::slack);
        order::prepare(logical.data(), prepared.data());
        workspace.resize(kernels::conv2d_backward_weights_workspace<wide_backward, float> + reference::slack);
        kernels::conv2d_forward<wide, float>(source.data(),
                                             order::prepared_size != 0 ? prepared.data() : logical.data(),
                                             nullptr, out.data(), none, {0, 1}, workspace.data());
        turned::prepare(logical.data(), prepared.data());
        kernels::conv2d_backward_input<wide_backward, float>(gradient.data(), prepared.data(), grad_in.data(),
                                                             none, {0, 1}, workspace.data());
        kernels::conv2d_backward_weights<wide_backward, float>(
            source.data(), gradient.data(), weights.data(), nullptr, false, 1,
            {0, kernels::conv2d_weight_tasks<wide_backward, float>}, workspace.data());
    } else {
        using order = kernels::conv2d_winograd_weights<wide, Tile, float>;
        using turned = kernels::conv2d_winograd_weights<wide, Tile, float, true>;
        using plan = kernels::conv2d_winograd_gradient<wide_backward, Tile, float>;
        prepared.resize(std::max(order::prepared_size, turned::prepared_size) + reference::slack);
        workspace.resize(std::max({order::workspace(20), turned::workspace(20), plan::workspace}) +
                         reference::slack);
        order::prepare(logical.data(), prepared.data());
        kernels::conv2d_winograd_forward<wide, Tile, float>(source.data(), prepared.data(), nullptr,
                                                            out.data(), none, {0, 1}, 20, workspace.data());
        turned::prepare(logical.data(), prepared.data());
        kernels::conv2d_winograd_backward_input<wide_backward, Tile, float>(
            gradient.data(), prepared.data(), grad_in.data(), none, {0, 1}, 20, workspace.data());
        kernels::conv2d_winograd_backward_weights<wide_backward, Tile, float>(
            source.data(), gradient.data(), weights.data(), nullptr, false, 1, {0, plan::tasks},
            workspace.data());
    }
    batch_buffer<double> expected(wide.out, 1, 0.0), expected_input(wide_backward.grad_in, 1, 0.0);
    std::vector<double> expected_weights(wide.weights_size());
    reference::each_product(wide, [&](std::size_t y, std::size_t x, std::size_t f, std::ptrdiff_t sy,
                                      std::ptrdiff_t sx, std::size_t c, std::size_t w) {
        const double value = source.padded(0, sy, sx, c), above = double(gradient.at(0, y, x, f));
        expected.at(0, y, x, f) += value * double(logical[w]);
        expected_weights[w] += value * above;
        if (sy >= 0 && sx >= 0 && sy < 14 && sx < 14)
            expected_input.at(0, std::size_t(sy), std::size_t(sx), c) += above * double(logical[w]);
    });
    mean_errors found;
    const auto add = [](double& sum, double a, double b) { sum += (a - b) * (a - b); };
    out.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t f, float& v) {
        add(found.forward, double(v), expected.at(n, y, x, f));
    });
    grad_in.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t c, float& v) {
        add(found.input, double(v), expected_input.at(n, y, x, c));
    });
    for (std::size_t i = 0; i < expected_weights.size(); ++i)
        add(found.weights, double(weights[i]), expected_weights[i]);
    found.forward = std::sqrt(found.forward / double(wide.out.size()));
    found.input = std::sqrt(found.input / double(wide.in.size()));
    found.weights = std::sqrt(found.weights / double(wide.weights_size()));
    return found;
}

}  // namespace

TEST_CASE("Winograd's mean errors are within the documented factors of the direct kernels'", "[kernels]") {
    const mean_errors direct = errors<0>(), two = errors<2>(), four = errors<4>();
    CAPTURE(direct.forward, direct.input, direct.weights, two.forward, two.input, two.weights, four.forward,
            four.input, four.weights);
    CHECK(two.forward <= 0.85 * direct.forward);
    CHECK(two.input <= 0.85 * direct.input);
    CHECK(two.weights <= 1.2 * direct.weights);
    CHECK(four.forward <= 2.5 * direct.forward);
    CHECK(four.input <= 2.5 * direct.input);
    CHECK(four.weights <= 2.75 * direct.weights);
}

TEST_CASE("Winograd forward agrees with the definition", "[kernels]") {
    const auto check = []<kernels::conv2d_geometry G, std::size_t Tile, class T>() {
        check_forward<G, Tile, T>();
    };
    each_winograd<float>(check);
    each_winograd<double>(check);
}
TEST_CASE("Winograd gradient of the input agrees with the definition", "[kernels]") {
    const auto check = []<kernels::conv2d_geometry G, std::size_t Tile, class T>() {
        check_input<G, Tile, T>();
    };
    each_winograd<float>(check);
    each_winograd<double>(check);
}
TEST_CASE("Winograd gradient of the weights agrees with the definition", "[kernels]") {
    const auto check = []<kernels::conv2d_geometry G, std::size_t Tile, class T>() {
        check_weights<G, Tile, T>();
    };
    each_winograd<float>(check);
    each_winograd<double>(check);
}
