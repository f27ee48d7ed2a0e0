// SPDX-License-Identifier: BSL-1.0
/// @file convolution.cpp
/// Convolution and dense kernels: median time and share of the multiply-add peak, measured in turns with the
/// peak. Usage: convolution [rounds = 25] [name filter]
#include <algorithm>
#include <archetype/kernels/convolution/dense.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>
#include "peak.hpp"

namespace kernels = archetype::kernels;
using kernels::conv2d_backward_geometry, kernels::conv2d_geometry;

namespace {

struct measurement {
    std::string name;
    double operations;
    std::function<void()> run;
    std::vector<double> times;
};
std::vector<measurement> measurements;

std::vector<float> values(std::size_t size) {
    std::vector<float> result(size + 64);
    for (float& value : result) value = float(std::rand() % 17 - 8) / 8.f;
    return result;
}

constexpr conv2d_geometry same(std::size_t size, std::size_t channels, std::size_t filters,
                               std::size_t kernel) {
    const std::size_t pad = kernel / 2;
    return {kernels::halo_image(size, size, channels, pad, pad, pad, pad),
            kernels::dense_image(size, size, filters),
            {kernel, kernel, 1, 1, 1, 1, pad, pad},
            1};
}
constexpr conv2d_geometry valid(std::size_t size, std::size_t channels, std::size_t filters,
                                std::size_t kernel) {
    return {kernels::dense_image(size, size, channels),
            kernels::dense_image(size - kernel + 1, size - kernel + 1, filters),
            {kernel, kernel, 1, 1, 1, 1, 0, 0},
            1};
}

template <conv2d_geometry G>
struct problem {
    static constexpr kernels::halo zeros = kernels::backward_halo(G);
    static constexpr conv2d_backward_geometry backward{
        G,
        kernels::halo_image(G.out.height, G.out.width, G.out.channels, zeros.top, zeros.left, zeros.bottom,
                            zeros.right),
        G.in};
    using forward_weights = kernels::conv2d_weights<G, float>;
    using transposed_weights = kernels::conv2d_transposed_weights<G, float>;
    std::size_t batch;
    std::vector<float> in = values(batch * G.in.sample_stride), out = values(batch * G.out.sample_stride),
                       weights = values(G.weights_size()), bias = values(G.out.channels),
                       prepared = values(std::max(forward_weights::prepared_size, G.weights_size())),
                       transposed = values(transposed_weights::prepared_size),
                       grad_out = values(batch * backward.grad_out.sample_stride), grad_in = in,
                       grad_weights = weights, grad_bias = bias,
                       workspace =
                           values(std::max({kernels::conv2d_forward_workspace<G, float>,
                                            kernels::conv2d_backward_input_workspace<backward, float>,
                                            kernels::conv2d_backward_weights_workspace<backward, float>}));
};

template <conv2d_geometry G>
void add(const std::string& name, std::size_t forward_batch, std::size_t backward_batch) {
    using data = problem<G>;
    static data forward{forward_batch}, training{backward_batch};
    const double operations = 2.0 * double(G.out.height * G.out.width * G.weights_size());
    data::forward_weights::prepare(forward.weights.data(), forward.prepared.data());
    measurements.push_back({name + " forward, batch " + std::to_string(forward_batch),
                            operations * double(forward_batch),
                            [] {
                                kernels::conv2d_forward<G, float>(
                                    forward.in.data(), forward.prepared.data(), forward.bias.data(),
                                    forward.out.data(), kernels::identity_epilogue{}, {0, forward.batch},
                                    forward.workspace.data());
                            },
                            {}});
    if (backward_batch == 0) return;
    const std::string suffix = ", batch " + std::to_string(backward_batch);
    measurements.push_back(
        {name + " forward + preparation" + suffix,
         operations * double(backward_batch),
         [] {
             data::forward_weights::prepare(training.weights.data(), training.prepared.data());
             kernels::conv2d_forward<G, float>(
                 training.in.data(), training.prepared.data(), training.bias.data(), training.out.data(),
                 kernels::identity_epilogue{}, {0, training.batch}, training.workspace.data());
         },
         {}});
    measurements.push_back(
        {name + " backward input + preparation" + suffix,
         operations * double(backward_batch),
         [] {
             data::transposed_weights::prepare(training.weights.data(), training.transposed.data());
             kernels::conv2d_backward_input<data::backward, float>(
                 training.grad_out.data(), training.transposed.data(), training.grad_in.data(),
                 kernels::identity_epilogue{}, {0, training.batch}, training.workspace.data());
         },
         {}});
    measurements.push_back({name + " backward weights" + suffix,
                            operations * double(backward_batch),
                            [] {
                                kernels::conv2d_backward_weights<data::backward, float>(
                                    training.in.data(), training.grad_out.data(),
                                    training.grad_weights.data(), training.grad_bias.data(), false,
                                    training.batch, {0, kernels::conv2d_weight_tasks<data::backward, float>},
                                    training.workspace.data());
                            },
                            {}});
}

double median(std::vector<double> sample) {
    std::sort(sample.begin(), sample.end());
    return sample[sample.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t rounds = argc > 1 ? std::size_t(std::atoi(argv[1])) : 25;
    const char* const filter = argc > 2 ? argv[2] : "";
    add<same(56, 64, 64, 3)>("3x3 64->64 @56x56", 1, 4);
    add<same(28, 128, 128, 3)>("3x3 128->128 @28x28", 1, 4);
    add<same(14, 256, 256, 3)>("3x3 256->256 @14x14", 1, 4);
    add<same(7, 512, 512, 3)>("3x3 512->512 @7x7", 1, 8);
    add<same(56, 64, 256, 1)>("1x1 64->256 @56x56", 1, 4);
    add<valid(32, 1, 6, 5)>("5x5 1->6 @32x32", 1, 32);
    add<valid(14, 6, 16, 5)>("5x5 6->16 @14x14", 1, 32);
    add<kernels::as_convolution({400, 120, 400, 120})>("dense 400->120", 1, 64);
    add<kernels::as_convolution({120, 84, 120, 84})>("dense 120->84", 1, 64);
    add<kernels::as_convolution({84, 10, 84, 10})>("dense 84->10", 1, 64);
    add<kernels::as_convolution({784, 512, 784, 512})>("dense 784->512", 1, 64);
    constexpr conv2d_geometry depthwise{kernels::halo_image(28, 28, 256, 1, 1, 1, 1),
                                        kernels::dense_image(28, 28, 256),
                                        {3, 3, 1, 1, 1, 1, 1, 1},
                                        256};
    add<depthwise>("3x3 depthwise 256 @28x28", 1, 8);
    constexpr conv2d_geometry wide{kernels::halo_image(56, 56, 128, 1, 1, 1, 1),
                                   kernels::dense_image(56, 56, 128),
                                   {3, 3, 1, 1, 1, 1, 1, 1},
                                   128};
    constexpr conv2d_geometry strided{kernels::halo_image(56, 56, 128, 1, 1, 0, 0),
                                      kernels::dense_image(28, 28, 128),
                                      {3, 3, 2, 2, 1, 1, 1, 1},
                                      128};
    constexpr conv2d_geometry doubled{kernels::halo_image(28, 28, 64, 1, 1, 1, 1),
                                      kernels::dense_image(28, 28, 128),
                                      {3, 3, 1, 1, 1, 1, 1, 1},
                                      64};
    add<wide>("3x3 depthwise 128 @56x56", 1, 4);
    add<strided>("3x3 depthwise 128 @56x56, stride 2", 1, 4);
    add<doubled>("3x3 depthwise 64->128 @28x28", 1, 4);
    std::vector<double> peaks;
    std::vector<std::vector<double>> shares(measurements.size());
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < measurements.size(); ++i) {
            measurement& m = measurements[i];
            if (m.name.find(filter) == std::string::npos) continue;
            const double peak = benchmarks::multiply_add_peak<float>();
            m.run();
            // Enough repetitions for about 200 microseconds.
            const std::size_t repetitions = std::max<std::size_t>(1, std::size_t(4e7 / m.operations));
            const double time = benchmarks::seconds([&] {
                                    for (std::size_t r = 0; r < repetitions; ++r) m.run();
                                }) /
                                double(repetitions);
            m.times.push_back(time), peaks.push_back(peak);
            shares[i].push_back(m.operations / time / peak);
        }
    std::printf("peak %.1f GFLOP/s (median), %zu rounds\n%-52s %12s %10s %8s\n", median(peaks) / 1e9, rounds,
                "kernel", "us", "GFLOP/s", "of peak");
    for (std::size_t i = 0; i < measurements.size(); ++i) {
        const measurement& m = measurements[i];
        if (m.times.empty()) continue;
        const double time = median(m.times);
        std::printf("%-52s %12.2f %10.1f %7.1f%%\n", m.name.c_str(), time * 1e6, m.operations / time / 1e9,
                    100 * median(shares[i]));
    }
}
