// SPDX-License-Identifier: BSL-1.0
/// @file steps.cpp
/// Seconds of a training step by the ranks that a launcher starts: `steps lenet5|resnet18 alone|half|ranks|late STEPS`. LeNet-5
/// has batches of 256, ResNet-18 batches of 32 images of 64 x 64. `alone` is the trainer without processes, `half` the same with
/// half a batch, `ranks` the distributed one with two shards, `late` the same when gradients are sent after the backward pass. `steps message STEPS` prints the seconds of an
/// empty message between two ranks. `steps model` prints the model of the time for more machines, from three rates in MAC/s and
/// those seconds, which it reads from standard input.
#include <archetype/distributed.hpp>
#include <archetype/zoo/gpt.hpp>
#include <archetype/zoo/lenet5.hpp>
#include <archetype/zoo/resnet.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string_view>

namespace at = archetype;

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class Net>
void measure(at::process_group& group, std::string_view how, std::size_t batch, std::size_t steps) {
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
        double least = 1e9, waited = 0;
        for (std::size_t i = 0; i < steps; ++i) {
            const double begin = now(), waited_before = group.seconds_waited();
            trainer.step(samples.data(), labels.data(), batch);
            const double took = now() - begin;
            if (took < least) waited = group.seconds_waited() - waited_before;
            least = std::min(least, took);
        }
        const auto bytes = static_cast<double>(group.bytes_sent() - before) / static_cast<double>(steps);
        const auto ranks = static_cast<double>(group.world_size());
        if (group.is_first())
            std::printf("%.6f %.0f %.0f %zu %.4g %.6f\n", least, bytes,
                        8 * (ranks - 1) / ranks * static_cast<double>(net.size()),
                        trainer.optimizer_state().size_bytes(),
                        static_cast<double>(batch) * static_cast<double>(at::multiply_accumulate_count<Net>),
                        waited);
    };
    if (how == "alone" || how == "half") {
        at::trainer trainer{net, at::cross_entropy{}, at::sgd{.rate = 1e-4, .momentum = 0.9}};
        run(trainer);
    } else {
        at::distributed_trainer trainer(group, at::shards<2>{}, net, at::cross_entropy{},
                                        at::sgd{.rate = 1e-4, .momentum = 0.9});
        trainer.overlap(how != "late");
        run(trainer);
    }
}

/// Of an empty message from one rank to another one, half of the way there and back.
void measure_message(at::process_group& group, std::size_t steps) {
    if (group.world_size() < 2) throw std::runtime_error("steps message: expected two ranks");
    double least = 1e9;
    char byte = 0;
    for (std::size_t i = 0; i < steps && group.rank() < 2; ++i) {
        const double begin = now();
        for (const bool sends : {group.is_first(), !group.is_first()}) {
            at::process_group::transfers transfers(group);
            const std::size_t other = 1 - group.rank();
            sends ? transfers.send(&byte, 1, other) : transfers.receive(&byte, 1, other);
            transfers.wait();
        }
        least = std::min(least, (now() - begin) / 2);
    }
    if (group.is_first()) std::printf("%.3g\n", least);
}

/// A step's time on R machines: computing, a third of it forward, which each does for its share of the batch, and two passes of
/// (R - 1) / R of the parameters through each machine's cable. The first pass, of gradients, runs while the backward pass computes;
/// the second one, of parameters, waits for it. A machine handles its messages one after the other: gradients are one for each
/// portion, cut where another machine's slice begins, then two of results and one of parameters go to each of the others.
struct step_time {
    double parameters, alone, bits_a_second, portions, message;

    double computing(double machines) const { return alone / machines; }
    double pass(double machines) const { return (machines - 1) / machines * 32 * parameters / bits_a_second; }
    double gradients(double machines) const { return pass(machines) + message * (portions + machines - 1); }
    double rest(double machines) const { return pass(machines) + message * 3 * (machines - 1); }
    double all(double machines) const {
        const double backward = computing(machines) * 2 / 3;
        return computing(machines) + std::max(0.0, gradients(machines) - backward) + rest(machines);
    }
    bool is_exchange(double machines) const {
        return gradients(machines) + rest(machines) > computing(machines);
    }
    /// From so many machines on the exchange takes longer than computing, which only becomes less.
    double turning_point() const {
        double machines = 2;
        while (!is_exchange(machines)) ++machines;
        return machines;
    }
};

template <class Net>
void print_model(const char* name, double batch, double macs_a_second, double message) {
    const auto parameters = static_cast<double>(at::parameter_count<Net>),
               macs_of_a_sample = static_cast<double>(at::multiply_accumulate_count<Net>),
               portions = static_cast<double>(at::detail::portions_of<Net>.count);
    std::printf("%s, batch %.0f in all, %.3g MAC/s in a machine, %.3g us a message\n%9s", name, batch,
                macs_a_second, 1e6 * message, "machines");
    for (const int gigabits : {1, 10, 100}) std::printf("  %6d Gbit/s", gigabits);
    std::printf("   (times one machine; * where the exchange takes longer than computing)\n");
    const auto at_rate = [&](int gigabits) {
        return step_time{parameters, batch * macs_of_a_sample / macs_a_second, gigabits * 1e9, portions,
                         message};
    };
    for (int machines = 2; machines <= 64; machines *= 2) {
        std::printf("%9d", machines);
        for (const int gigabits : {1, 10, 100}) {
            const step_time step = at_rate(gigabits);
            std::printf("  %11.2f%s", step.alone / step.all(machines),
                        step.is_exchange(machines) ? "*" : " ");
        }
        std::printf("\n");
    }
    std::printf("%9s", "* from");
    for (const int gigabits : {1, 10, 100}) std::printf("  %11.0f ", at_rate(gigabits).turning_point());
    std::printf("\n");
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view what = count > 1 ? arguments[1] : "";
    if (what == "model") {
        double lenet5 = 0, resnet = 0, gpt = 0, message = -1;
        if (!(std::cin >> lenet5 >> resnet >> gpt >> message) ||
            !(lenet5 > 0 && resnet > 0 && gpt > 0 && message >= 0)) {
            std::fputs(
                "steps model: expected three rates in MAC/s above 0 and seconds of a message on standard "
                "input\n",
                stderr);
            return 2;
        }
        print_model<at::zoo::lenet5<>>("LeNet-5", 4096, lenet5, message);
        print_model<at::zoo::resnet50<>>("ResNet-50", 4096, resnet, message);
        print_model<at::zoo::gpt_language_model<12, 768, 12, 1024>>("GPT-2 small, 1024 tokens", 512, gpt,
                                                                    message);
        return 0;
    }
    const int steps = count > 2 ? std::atoi(arguments[count - 1]) : 0;
    const std::string_view how = count == 4 ? arguments[2] : "";
    const bool is_network = what == "lenet5" || what == "resnet18";
    if (steps < 1 || !(what == "message" ? count == 3
                                         : is_network && (how == "alone" || how == "half" || how == "ranks" ||
                                                          how == "late"))) {
        std::fputs(
            "usage: steps lenet5|resnet18 alone|half|ranks|late STEPS, steps message STEPS, or steps model\n",
            stderr);
        return 2;
    }
    at::process_group group;
    return group.run([&] {
        const auto number = static_cast<std::size_t>(steps);
        if (what == "message")
            measure_message(group, number);
        else if (what == "lenet5")
            measure<at::zoo::lenet5<>>(group, how, how == "half" ? 128 : 256, number);
        else
            measure<at::zoo::resnet18<10, 64>>(group, how, how == "half" ? 16 : 32, number);
    });
}
