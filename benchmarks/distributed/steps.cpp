// SPDX-License-Identifier: BSL-1.0
/// @file steps.cpp
/// Seconds of a training step by the ranks that a launcher starts: `steps lenet5|resnet18 alone|ranks STEPS`. LeNet-5 has batches of
/// 256, ResNet-18 batches of 32 images of 64 x 64. `alone` is the trainer without processes, `ranks` the distributed one with
/// two shards. `steps model` prints the model of the time for more machines, from rates in MAC/s that it reads from standard input.
#include <archetype/distributed.hpp>
#include <archetype/zoo/gpt.hpp>
#include <archetype/zoo/lenet5.hpp>
#include <archetype/zoo/resnet.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace at = archetype;

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class Net>
void measure(at::process_group& group, bool is_alone, std::size_t batch, std::size_t steps) {
    at::random_source random(at::seed{3});
    std::vector<float> samples(batch * at::detail::unchecked_facts<Net>.input.size());
    std::vector<std::int32_t> labels(batch);
    for (float& x : samples) x = static_cast<float>(random.normal());
    for (std::int32_t& y : labels) y = static_cast<std::int32_t>(random.below(10));
    at::model<Net> net{at::seed{1}};
    const auto run = [&](auto& trainer) {
        trainer.step(samples.data(), labels.data(), batch);
        group.barrier();
        const std::uint64_t before = group.bytes_sent();
        double least = 1e9;
        for (std::size_t i = 0; i < steps; ++i) {
            const double begin = now();
            trainer.step(samples.data(), labels.data(), batch);
            least = std::min(least, now() - begin);
        }
        const auto bytes = static_cast<double>(group.bytes_sent() - before) / static_cast<double>(steps);
        const auto ranks = static_cast<double>(group.world_size());
        if (group.is_first())
            std::printf("%.6f %.0f %.0f %zu %.4g\n", least, bytes,
                        8 * (ranks - 1) / ranks * static_cast<double>(net.size()),
                        trainer.optimizer_state().size_bytes(),
                        static_cast<double>(batch) * static_cast<double>(at::multiply_accumulate_count<Net>));
    };
    if (is_alone) {
        at::trainer trainer{net, at::cross_entropy{}, at::sgd{.rate = 1e-4, .momentum = 0.9}};
        run(trainer);
    } else {
        at::distributed_trainer trainer(group, at::shards<2>{}, net, at::cross_entropy{},
                                        at::sgd{.rate = 1e-4, .momentum = 0.9});
        run(trainer);
    }
}

/// A step's time on R machines: computing, which each does for its share of the batch, and two passes of (R - 1) / R of the
/// parameters through each machine's cable, nothing overlapped.
void print_model(const char* name, double parameters, double macs_of_a_sample, double batch,
                 double macs_a_second) {
    std::printf("%s, batch %.0f in all, %.3g MAC/s in a machine\n%9s", name, batch, macs_a_second,
                "machines");
    for (const int gigabits : {1, 10, 100}) std::printf("  %6d Gbit/s", gigabits);
    std::printf("   (times one machine; * where the exchange takes longer than computing)\n");
    for (int machines = 2; machines <= 64; machines *= 2) {
        std::printf("%9d", machines);
        for (const int gigabits : {1, 10, 100}) {
            const double alone = batch * macs_of_a_sample / macs_a_second, computing = alone / machines;
            const double exchange = 2.0 * (machines - 1) / machines * 4 * parameters / (gigabits * 1e9 / 8);
            std::printf("  %11.2f%s", alone / (computing + exchange), exchange > computing ? "*" : " ");
        }
        std::printf("\n");
    }
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view what = count > 1 ? arguments[1] : "";
    if (what == "model") {
        double lenet5 = 0, resnet = 0;
        if (!(std::cin >> lenet5 >> resnet) || !(lenet5 > 0 && resnet > 0)) {
            std::fputs("steps model: expected two rates in MAC/s above 0 on standard input\n", stderr);
            return 2;
        }
        const auto count_of = []<class Net>(std::type_identity<Net>) {
            return std::pair(static_cast<double>(at::parameter_count<Net>),
                             static_cast<double>(at::multiply_accumulate_count<Net>));
        };
        const auto [a, b] = count_of(std::type_identity<at::zoo::lenet5<>>{});
        print_model("LeNet-5", a, b, 4096, lenet5);
        const auto [c, d] = count_of(std::type_identity<at::zoo::resnet50<>>{});
        print_model("ResNet-50", c, d, 4096, resnet);
        const auto [e, f] = count_of(std::type_identity<at::zoo::gpt2_small<1024>>{});
        print_model("GPT-2 small, 1024 tokens", e, f, 512, resnet);
        return 0;
    }
    const std::string_view how = count == 4 ? arguments[2] : "";
    const int steps = count == 4 ? std::atoi(arguments[3]) : 0;
    if (steps < 1 || (what != "lenet5" && what != "resnet18") || (how != "alone" && how != "ranks")) {
        std::fputs("usage: steps lenet5|resnet18 alone|ranks STEPS, or steps model\n", stderr);
        return 2;
    }
    at::process_group group;
    return group.run([&] {
        const auto number = static_cast<std::size_t>(steps);
        if (what == "lenet5")
            measure<at::zoo::lenet5<>>(group, how == "alone", 256, number);
        else
            measure<at::zoo::resnet18<10, 64>>(group, how == "alone", 32, number);
    });
}
