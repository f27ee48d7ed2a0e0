// SPDX-License-Identifier: BSL-1.0
#include <archetype/kernels/convolution/dense.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include "convolution_reference.hpp"

namespace kernels = archetype::kernels;
using reference::slack;

namespace {

constexpr double canary = -12345.5;

struct doubled {
    template <class Lanes>
    Lanes operator()(const Lanes& value, const kernels::place& where) const {
        return value * Lanes(where.y + where.x == 0 ? 2.f : 0.f);
    }
};

template <kernels::dense_geometry G, class T>
void check(std::size_t batch) {
    CAPTURE(G.inputs, G.outputs, batch, sizeof(T));
    const auto in = reference::random_vector<T>(batch * G.in_sample_stride, 1);
    const auto grad_out = reference::random_vector<T>(batch * G.out_sample_stride, 2);
    const auto weights = reference::random_vector<T>(G.inputs * G.outputs, 3);
    const auto bias = reference::random_vector<T>(G.outputs, 4);
    using prepared_weights = kernels::dense_weights<G, T>;
    using transposed_weights = kernels::dense_transposed_weights<G, T>;
    std::vector<T> prepared = weights, transposed(transposed_weights::prepared_size + slack);
    if constexpr (prepared_weights::prepared_size != 0) {
        prepared.assign(prepared_weights::prepared_size + slack, T(0));
        prepared_weights::prepare(weights.data(), prepared.data());
    }
    transposed_weights::prepare(weights.data(), transposed.data());
    std::vector<T> workspace(kernels::dense_backward_weights_workspace<G, T> + slack);

    const auto forward = [&](std::initializer_list<kernels::range> ranges) {
        std::vector<T> out(batch * G.out_sample_stride + slack, T(canary));
        for (const auto& part : ranges)
            kernels::dense_forward<G, T>(in.data(), prepared.data(), bias.data(), out.data(), doubled{},
                                         part);
        return out;
    };
    const auto backward = [&](std::initializer_list<kernels::range> ranges) {
        std::vector<T> grad_in(batch * G.in_sample_stride + slack, T(canary));
        for (const auto& part : ranges)
            kernels::dense_backward_input<G, T>(grad_out.data(), transposed.data(), grad_in.data(), doubled{},
                                                part);
        return grad_in;
    };
    const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
    double worst = 0;
    bool untouched = true;
    const std::vector<T> out = forward({{0, batch}});
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t n = i / G.out_sample_stride, f = i % G.out_sample_stride;
        if (n >= batch || f >= G.outputs) {
            untouched = untouched && out[i] == T(canary);
            continue;
        }
        double expected = double(bias[f]);
        for (std::size_t c = 0; c < G.inputs; ++c)
            expected += double(in[n * G.in_sample_stride + c]) * double(weights[c * G.outputs + f]);
        worst = std::max(worst, std::abs(double(out[i]) - 2 * expected));
    }
    CHECK(worst <= epsilon * (8 + 2 * double(G.inputs)));
    const std::vector<T> grad_in = backward({{0, batch}});
    worst = 0;
    for (std::size_t i = 0; i < grad_in.size(); ++i) {
        const std::size_t n = i / G.in_sample_stride, c = i % G.in_sample_stride;
        if (n >= batch || c >= G.inputs) {
            untouched = untouched && grad_in[i] == T(canary);
            continue;
        }
        double expected = 0;
        for (std::size_t f = 0; f < G.outputs; ++f)
            expected += double(grad_out[n * G.out_sample_stride + f]) * double(weights[c * G.outputs + f]);
        worst = std::max(worst, std::abs(double(grad_in[i]) - 2 * expected));
    }
    CHECK(worst <= epsilon * (8 + 2 * double(G.outputs)));
    CHECK(untouched);
    const std::size_t third = batch / 3;
    CHECK(out == forward({{third, batch}, {0, third}}));
    CHECK(grad_in == backward({{third, batch}, {0, third}}));

    std::vector<T> grad_weights(G.inputs * G.outputs + slack), grad_bias(G.outputs + slack);
    constexpr std::size_t tasks = kernels::dense_weight_tasks<G, T>;
    kernels::dense_backward_weights<G, T>(in.data(), grad_out.data(), grad_weights.data(), grad_bias.data(),
                                          false, batch, {0, tasks}, workspace.data());
    worst = 0;
    for (std::size_t f = 0; f < G.outputs; ++f) {
        double expected_bias = 0;
        for (std::size_t n = 0; n < batch; ++n)
            expected_bias += double(grad_out[n * G.out_sample_stride + f]);
        worst = std::max(worst, std::abs(double(grad_bias[f]) - expected_bias));
        for (std::size_t c = 0; c < G.inputs; ++c) {
            double expected = 0;
            for (std::size_t n = 0; n < batch; ++n)
                expected +=
                    double(in[n * G.in_sample_stride + c]) * double(grad_out[n * G.out_sample_stride + f]);
            worst = std::max(worst, std::abs(double(grad_weights[c * G.outputs + f]) - expected));
        }
    }
    CHECK(worst <= epsilon * (4 + double(batch)));
    std::vector<T> split = grad_weights, no_bias;
    for (std::size_t task = tasks; task-- > 0;)
        kernels::dense_backward_weights<G, T>(in.data(), grad_out.data(), split.data(), nullptr, true, batch,
                                              {task, task + 1}, workspace.data());
    for (std::size_t i = 0; i < G.inputs * G.outputs; ++i)
        grad_weights[i] = grad_weights[i] + grad_weights[i];
    CHECK(split == grad_weights);
}

template <class T>
void check_all() {
    for (const std::size_t batch : {1, 2, 3, 6, 7, 23}) {
        check<kernels::dense_geometry{1, 1, 1, 1}, T>(batch);
        check<kernels::dense_geometry{5, 3, 5, 3}, T>(batch);
        check<kernels::dense_geometry{84, 10, 84, 10}, T>(batch);
        check<kernels::dense_geometry{120, 84, 125, 90}, T>(batch);
        check<kernels::dense_geometry{400, 120, 400, 120}, T>(batch);
        check<kernels::dense_geometry{33, 17, 40, 17}, T>(batch);
        check<kernels::dense_geometry{190, 257, 190, 260}, T>(batch);
    }
}

}  // namespace

TEST_CASE("dense kernels agree with their definition, float", "[kernels]") { check_all<float>(); }
TEST_CASE("dense kernels agree with their definition, double", "[kernels]") { check_all<double>(); }

TEST_CASE("dense weights of a large layer are packed by panels", "[kernels]") {
    constexpr kernels::dense_geometry large{400, 120, 400, 120}, small{84, 10, 84, 10};
    CHECK(kernels::dense_weights<small, float>::prepared_size == 0);
    if constexpr (kernels::lane_count<float> == 1)
        CHECK(kernels::dense_weights<large, float>::prepared_size == 0);
    else
        CHECK(kernels::dense_weights<large, float>::prepared_size >= 400 * 120);
}
