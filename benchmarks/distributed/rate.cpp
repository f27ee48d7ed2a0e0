// SPDX-License-Identifier: BSL-1.0
/// @file rate.cpp
/// Multiply-accumulates of the forward pass in a second of a training step by one thread, for the model of scaling.py: `rate STEPS`.
/// NETWORK is lenet5 (256 digits), resnet50 (8 images of 224 x 224) or gpt2 (one text of 1,024 tokens), at compile time. Of the steps
/// the least processor time counts, in which what else the machine does is not.
#include <archetype/training/trainer.hpp>
#include <archetype/zoo/gpt.hpp>
#include <archetype/zoo/lenet5.hpp>
#include <archetype/zoo/resnet.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace at = archetype;

namespace {

double now() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct lenet5 {
    using net = at::zoo::lenet5<>;
    static constexpr std::size_t batch = 256, labels = 256, classes = 10;
    static float value(at::random_source& random) { return static_cast<float>(random.normal()); }
};
struct resnet50 {
    using net = at::zoo::resnet50<>;
    static constexpr std::size_t batch = 8, labels = 8, classes = 1000;
    static float value(at::random_source& random) { return static_cast<float>(random.normal()); }
};
struct gpt2 {
    using net = at::zoo::gpt_language_model<12, 768, 12, 1024>;
    static constexpr std::size_t batch = 1, labels = 1024, classes = 50257;
    static float value(at::random_source& random) { return static_cast<float>(random.below(classes)); }
};
using measured = NETWORK;

}  // namespace

int main(int count, char** arguments) {
    const int steps = count == 2 ? std::atoi(arguments[1]) : 0;
    if (steps < 1) {
        std::fputs("usage: rate STEPS\n", stderr);
        return 2;
    }
    at::random_source random(at::seed{3});
    std::vector<float> samples(measured::batch * at::input_shape<measured::net>.size());
    std::vector<std::int32_t> labels(measured::labels);
    for (float& x : samples) x = measured::value(random);
    for (std::int32_t& y : labels) y = static_cast<std::int32_t>(random.below(measured::classes));
    at::model<measured::net> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{.rate = 1e-4, .momentum = 0.9}};
    double least = 1e9;
    for (int i = 0; i <= steps; ++i) {
        const double begin = now();
        trainer.step(samples.data(), labels.data(), measured::batch);
        if (i > 0) least = std::min(least, now() - begin);  // the first one makes memory
    }
    constexpr double macs = static_cast<double>(measured::batch) *
                            static_cast<double>(at::multiply_accumulate_count<measured::net>);
    std::printf("%.6f %.4g\n", least, macs / least);
}
