// SPDX-License-Identifier: BSL-1.0
/// @file threads.cpp
/// Networks with one thread and with several, in turns: `benchmark_threads [THREADS] [ROUNDS]`. Times are the least ones. Beside
/// the ratio of times stands that of processor times, of one thread and of the busiest of several: other programs on the machine
/// change it little, and waiting is not in it.
#include <archetype/archetype.hpp>
#include <archetype/zoo/resnet.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace at = archetype;

namespace {

double seconds_of(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct times {
    double wall = 1e9, busiest = 1e9;
};

template <class Run>
void add_round(times& to, std::size_t threads, const Run& run) {
    const double wall = seconds_of(CLOCK_MONOTONIC), all = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
                 caller = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    run();
    const double own = seconds_of(CLOCK_THREAD_CPUTIME_ID) - caller,
                 others = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - all - own;
    to.wall = std::min(to.wall, seconds_of(CLOCK_MONOTONIC) - wall);
    const auto count = static_cast<double>(threads > 1 ? threads - 1 : 1);
    to.busiest = std::min(to.busiest, std::max(own, others / count));
}

/// `make(threads)` gives what is run, `result(run)` the bits that may not differ.
template <class Make>
void compare(const char* name, std::size_t threads, int rounds, const Make& make) {
    auto alone = make(1), together = make(threads);
    times one, several;
    alone(), together();
    for (int round = 0; round < rounds; ++round) {
        add_round(one, 1, alone);
        add_round(several, threads, together);
    }
    const auto [a, b] = std::pair(alone(), together());
    std::printf(
        "%-44s %9.2f ms %9.2f ms %6.2f times; by processor time %5.2f; %s\n", name, 1e3 * one.wall,
        1e3 * several.wall, one.wall / several.wall, one.busiest / several.busiest,
        std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0 ? "the same bits" : "OTHER BITS");
}

template <class Net>
void infer(const char* name, std::size_t batch, std::size_t threads, int rounds) {
    constexpr at::shape in = at::model<Net>::template input_shape_of<0>;
    constexpr std::size_t size = at::model<Net>::template output_shape_of<0>.size();
    std::vector<float> samples(batch * in.size());
    at::random_source random(at::seed{3});
    for (float& x : samples) x = static_cast<float>(random.normal());
    compare(name, threads, rounds, [&](std::size_t count) {
        auto net = std::make_shared<at::model<Net>>(at::seed{1});
        net->threads(count);
        return [net, &samples, batch] {
            std::vector<float> results(batch * size);
            net->run({samples.data()}, batch, {results.data()});
            return results;
        };
    });
}

template <class Net>
void train(const char* name, std::size_t batch, std::size_t threads, int rounds) {
    constexpr at::shape in = at::model<Net>::template input_shape_of<0>;
    std::vector<float> samples(batch * in.size());
    std::vector<std::int32_t> labels(batch);
    at::random_source random(at::seed{3});
    for (float& x : samples) x = static_cast<float>(random.normal());
    for (std::int32_t& y : labels) y = static_cast<std::int32_t>(random.below(10));
    compare(name, threads, rounds, [&](std::size_t count) {
        auto net = std::make_shared<at::model<Net>>(at::seed{1});
        net->threads(count);
        auto trainer = std::make_shared<at::trainer<Net, float, at::cross_entropy, at::sgd>>(
            *net, at::cross_entropy{}, at::sgd{.rate = 1e-4, .momentum = 0.9});
        return [net, trainer, &samples, &labels, batch] {
            trainer->step(samples.data(), labels.data(), batch);
            return std::span<const float>(net->data(), net->size());
        };
    });
}

}  // namespace

int main(int count, char** arguments) {
    const std::size_t threads = count > 1 ? static_cast<std::size_t>(std::atoi(arguments[1])) : 2;
    const int rounds = count > 2 ? std::atoi(arguments[2]) : 10;
    if (threads < 2 || rounds < 1) {
        std::fputs("usage: benchmark_threads [THREADS, at least 2] [ROUNDS, at least 1]\n", stderr);
        return 2;
    }
    std::printf("%-44s %12s %12s\n", "", "1 thread", "several");
    using large = at::zoo::resnet18<10, 224>;
    infer<large>("ResNet-18 at 224 x 224, one sample", 1, threads, rounds);
    infer<large>("ResNet-18 at 224 x 224, 8 samples", 8, threads, rounds);
    train<at::zoo::resnet18<10, 64>>("ResNet-18 at 64 x 64, a step on 32 samples", 32, threads, rounds);
}
