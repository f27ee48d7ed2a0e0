// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <archetype/kernels/convolution/conv2d_backward_input.hpp>
#include <archetype/kernels/convolution/conv2d_backward_weights.hpp>
#include <archetype/kernels/convolution/conv2d_forward.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include "convolution_geometries.hpp"

namespace kernels = archetype::kernels;
using reference::batch_buffer;

namespace {

constexpr std::size_t samples = 5;

/// The backward pass with exactly the halo that is asked for, gradients among other channels.
template <kernels::conv2d_geometry G>
constexpr kernels::conv2d_backward_geometry backward_of() {
    constexpr kernels::halo zeros = kernels::backward_halo(G);
    return {G,
            kernels::halo_image(G.out.height, G.out.width, G.out.channels, zeros.top, zeros.left,
                                zeros.bottom, zeros.right),
            reference::roomy(G.in, 2)};
}

struct place_factor {
    template <class Lanes>
    Lanes operator()(const Lanes& value, const kernels::place& where) const {
        return value * Lanes(static_cast<float>(1 + where.sample + 2 * where.y + where.x));
    }
};

template <kernels::conv2d_backward_geometry B, class T, class Epilogue>
std::vector<T> input_gradient(const T* grad_out, const T* transposed, const Epilogue& epilogue,
                              const std::vector<kernels::range>& ranges) {
    batch_buffer<T> grad_in(B.grad_in, samples, batch_buffer<T>::canary);
    std::vector<T> workspace(kernels::conv2d_backward_input_workspace<B, T> + reference::slack);
    for (const kernels::range& part : ranges)
        kernels::conv2d_backward_input<B, T>(grad_out, transposed, grad_in.data(), epilogue, part,
                                             workspace.data());
    CHECK(grad_in.untouched_outside());
    return grad_in.values();
}

template <kernels::conv2d_geometry G, class T>
void check_input() {
    static constexpr kernels::conv2d_backward_geometry backward = backward_of<G>();
    CAPTURE(G.in.height, G.in.width, G.in.channels, G.out.channels, G.win.kernel_height, G.win.stride_height,
            G.groups);
    batch_buffer<T> grad_out(backward.grad_out, samples, T(0));
    grad_out.randomize(4);
    const std::vector<T> logical = reference::random_vector<T>(G.weights_size(), 5);
    using weights = kernels::conv2d_transposed_weights<G, T>;
    std::vector<T> transposed(weights::prepared_size + reference::slack, T(0));
    weights::prepare(logical.data(), transposed.data());

    batch_buffer<double> expected(G.in, samples, 0.0);
    for (std::size_t n = 0; n < samples; ++n)
        reference::each_product(G, [&](std::size_t y, std::size_t x, std::size_t f, std::ptrdiff_t sy,
                                       std::ptrdiff_t sx, std::size_t c, std::size_t w) {
            if (sy >= 0 && sx >= 0 && sy < std::ptrdiff_t(G.in.height) && sx < std::ptrdiff_t(G.in.width))
                expected.at(n, std::size_t(sy), std::size_t(sx), c) +=
                    double(grad_out.at(n, y, x, f)) * double(logical[w]);
        });
    const double products = double(G.win.kernel_height * G.win.kernel_width * G.out.channels / G.groups);
    const double tolerance = static_cast<double>(std::numeric_limits<T>::epsilon()) * (4 + products);
    batch_buffer<T> result(backward.grad_in, samples, T(0));
    result.values() =
        input_gradient<backward, T>(grad_out.data(), transposed.data(), place_factor{}, {{0, samples}});
    double worst = 0;
    result.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t c, T& value) {
        const double factor = double(1 + n + 2 * y + x);
        worst = std::max(worst, std::abs(double(value) / factor - expected.at(n, y, x, c)));
    });
    CHECK(worst <= tolerance);

    const kernels::identity_epilogue none;
    const auto whole = input_gradient<backward, T>(grad_out.data(), transposed.data(), none, {{0, samples}});
    CHECK(whole ==
          input_gradient<backward, T>(grad_out.data(), transposed.data(), none, {{3, 5}, {0, 1}, {1, 3}}));
    CHECK(whole == input_gradient<backward, T>(grad_out.data(), transposed.data(), none,
                                               {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}}));
}

template <kernels::conv2d_backward_geometry B, class T>
void weight_gradient(const T* in, const T* grad_out, std::vector<T>& weights, std::vector<T>& bias,
                     bool accumulate, bool backwards, bool one_by_one) {
    constexpr std::size_t tasks = kernels::conv2d_weight_tasks<B, T>;
    std::vector<T> workspace(kernels::conv2d_backward_weights_workspace<B, T> + reference::slack,
                             std::numeric_limits<T>::quiet_NaN());
    if (!one_by_one)
        return kernels::conv2d_backward_weights<B, T>(in, grad_out, weights.data(), bias.data(), accumulate,
                                                      samples, {0, tasks}, workspace.data());
    for (std::size_t i = 0; i < tasks; ++i) {
        const std::size_t task = backwards ? tasks - 1 - i : i;
        kernels::conv2d_backward_weights<B, T>(in, grad_out, weights.data(), bias.data(), accumulate, samples,
                                               {task, task + 1}, workspace.data());
    }
}

template <kernels::conv2d_geometry G, class T>
void check_weights() {
    static constexpr kernels::conv2d_backward_geometry backward = backward_of<G>();
    CAPTURE(G.in.height, G.in.width, G.in.channels, G.out.channels, G.win.kernel_height, G.win.stride_height,
            G.groups);
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
    const double products = double(samples * G.out.height * G.out.width);
    const double tolerance = static_cast<double>(std::numeric_limits<T>::epsilon()) * (4 + products);

    std::vector<T> weights(G.weights_size() + reference::slack, canary),
        bias(G.out.channels + reference::slack, canary);
    weight_gradient<backward, T>(in.data(), grad_out.data(), weights, bias, false, false, false);
    const auto worst = [&](double scale) {
        double error = 0;
        for (std::size_t i = 0; i < expected.size(); ++i)
            error = std::max(error, std::abs(double(weights[i]) - scale * expected[i]));
        for (std::size_t i = 0; i < expected_bias.size(); ++i)
            error = std::max(error, std::abs(double(bias[i]) - scale * expected_bias[i]));
        return error;
    };
    CHECK(worst(1) <= tolerance);
    CHECK(std::all_of(weights.begin() + std::ptrdiff_t(G.weights_size()), weights.end(),
                      [](T v) { return v == canary; }));
    CHECK(std::all_of(bias.begin() + std::ptrdiff_t(G.out.channels), bias.end(),
                      [](T v) { return v == canary; }));

    std::vector<T> split(weights.size(), canary), split_bias(bias.size(), canary);
    weight_gradient<backward, T>(in.data(), grad_out.data(), split, split_bias, false, true, true);
    CHECK(split == weights);
    CHECK(split_bias == bias);

    weight_gradient<backward, T>(in.data(), grad_out.data(), weights, bias, true, false, true);
    CHECK(worst(2) <= 2 * tolerance);
    CHECK(std::all_of(weights.begin() + std::ptrdiff_t(G.weights_size()), weights.end(),
                      [](T v) { return v == canary; }));
}

}  // namespace

TEST_CASE("conv2d gradient of the input agrees with its definition, float", "[kernels]") {
    reference::each_geometry([]<kernels::conv2d_geometry G>() { check_input<G, float>(); });
}
TEST_CASE("conv2d gradient of the input agrees with its definition, double", "[kernels]") {
    reference::each_geometry([]<kernels::conv2d_geometry G>() { check_input<G, double>(); });
}
TEST_CASE("conv2d gradient of the weights agrees with its definition, float", "[kernels]") {
    reference::each_geometry([]<kernels::conv2d_geometry G>() { check_weights<G, float>(); });
}
TEST_CASE("conv2d gradient of the weights agrees with its definition, double", "[kernels]") {
    reference::each_geometry([]<kernels::conv2d_geometry G>() { check_weights<G, double>(); });
}

TEST_CASE("conv2d backward halo", "[kernels]") {
    using reference::win;
    // "Same" 3x3 needs one zero on each side, "valid" 5x5 four, a pointwise convolution none.
    CHECK(kernels::backward_halo(reference::convolution(8, 8, 1, 1, win(3, 3, 1, 1, 1, 1, 1, 1), 8, 8)) ==
          kernels::halo{1, 1, 1, 1});
    CHECK(kernels::backward_halo(reference::convolution(8, 8, 1, 1, win(5, 5), 4, 4)) ==
          kernels::halo{4, 4, 4, 4});
    CHECK(kernels::backward_halo(reference::convolution(8, 8, 1, 1, win(1, 1, 2, 2), 4, 4)) ==
          kernels::halo{});
    // Causal: all padding in front, so the zeros of the gradient are all behind.
    CHECK(kernels::backward_halo(reference::convolution(1, 8, 1, 1, win(1, 3, 1, 1, 1, 2, 0, 4), 1, 8)) ==
          kernels::halo{0, 0, 0, 4});
}

namespace {

/// d/dp of sum(direction * forward(...)) by central differences, against the kernels' gradients.
template <kernels::conv2d_geometry G>
void check_central_differences() {
    static constexpr kernels::conv2d_backward_geometry backward = backward_of<G>();
    using forward_weights = kernels::conv2d_weights<G, double>;
    using weights_of = kernels::conv2d_transposed_weights<G, double>;
    batch_buffer<double> in(G.in, samples, 0.0), direction(backward.grad_out, samples, 0.0);
    in.randomize(8), direction.randomize(9);
    std::vector<double> weights = reference::random_vector<double>(G.weights_size(), 10);
    std::vector<double> bias = reference::random_vector<double>(G.out.channels, 11);
    std::vector<double> forward_workspace(kernels::conv2d_forward_workspace<G, double> + 1);
    const auto loss = [&] {
        std::vector<double> prepared(forward_weights::prepared_size + reference::slack, 0.0);
        if constexpr (forward_weights::prepared_size != 0)
            forward_weights::prepare(weights.data(), prepared.data());
        batch_buffer<double> out(G.out, samples, 0.0);
        kernels::conv2d_forward<G, double>(
            in.data(), forward_weights::prepared_size == 0 ? weights.data() : prepared.data(), bias.data(),
            out.data(), kernels::identity_epilogue{}, {0, samples}, forward_workspace.data());
        double total = 0;
        out.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t c, double& value) {
            total += value * direction.at(n, y, x, c);
        });
        return total;
    };
    const auto difference = [&](double& parameter) {
        const double kept = parameter, step = 1e-3;
        parameter = kept + step;
        const double above = loss();
        parameter = kept - step;
        const double below = loss();
        parameter = kept;
        return (above - below) / (2 * step);
    };
    std::vector<double> grad_weights(G.weights_size() + reference::slack),
        grad_bias(G.out.channels + reference::slack);
    weight_gradient<backward, double>(in.data(), direction.data(), grad_weights, grad_bias, false, false,
                                      false);
    std::vector<double> transposed(weights_of::prepared_size + reference::slack, 0.0);
    weights_of::prepare(weights.data(), transposed.data());
    batch_buffer<double> grad_in(backward.grad_in, samples, 0.0);
    grad_in.values() = input_gradient<backward, double>(direction.data(), transposed.data(),
                                                        kernels::identity_epilogue{}, {{0, samples}});
    double worst = 0;
    for (std::size_t i = 0; i < G.weights_size(); i += 7)
        worst = std::max(worst, std::abs(difference(weights[i]) - grad_weights[i]));
    for (std::size_t i = 0; i < G.out.channels; ++i)
        worst = std::max(worst, std::abs(difference(bias[i]) - grad_bias[i]));
    std::size_t visited = 0;
    in.visit([&](std::size_t n, std::size_t y, std::size_t x, std::size_t c, double& value) {
        if (visited++ % 11 == 0)
            worst = std::max(worst, std::abs(difference(value) - grad_in.at(n, y, x, c)));
    });
    CHECK(worst < 1e-8);
}

}  // namespace

TEST_CASE("conv2d gradients agree with central differences", "[kernels]") {
    using reference::convolution, reference::win;
    check_central_differences<convolution(7, 6, 3, 5, win(3, 3, 1, 1, 1, 1, 1, 1), 7, 6)>();
    check_central_differences<convolution(9, 8, 4, 6, win(3, 2, 2, 3, 2, 1, 1, 0), 3, 3, 2)>();
    check_central_differences<convolution(8, 8, 1, 6, win(5, 5), 4, 4)>();
    check_central_differences<convolution(6, 6, 9, 9, win(3, 3, 2, 2, 1, 1, 0, 0), 3, 3, 9)>();
}
