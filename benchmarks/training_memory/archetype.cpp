// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// The most memory that the operating system counts while a network is trained, beside `training_bytes`, and the time of a step:
/// NETWORK is one of lenet5, resnet18, resnet50, at compile time; BATCH samples in a batch; with KEEP so many percent of the values
/// are kept, else as many as the library keeps by itself.
#include <archetype/training/fit/training_bytes.hpp>
#include <archetype/training/trainer.hpp>
#include <archetype/zoo.hpp>

#include <malloc.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

namespace at = archetype;
#ifndef KEEP  // what the library does by itself
using net = at::zoo::NETWORK<>;
#define KEPT "kept as usual"
#else
using net = at::with_recompute<at::zoo::NETWORK<>, KEEP>;
#define TEXT(n) #n
#define KEPT_OF(n) TEXT(n) " % kept"
#define KEPT KEPT_OF(KEEP)
#endif

namespace {
/// "VmRSS" or "VmHWM" of this process, in bytes.
double memory(const std::string& what) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(what + ":")) return 1024 * std::stod(line.substr(what.size() + 1));
    return 0;
}
}  // namespace

int main() {
    constexpr at::training_memory parts = at::training_memory_of<net, BATCH>;
    constexpr at::shape input = at::input_shape<net>;
    const xt::xtensor<float, 4> samples =
        0.5f * xt::ones<float>({std::size_t{4 * BATCH}, input.height(), input.width(), input.channels()});
    const xt::xtensor<std::int32_t, 1> labels = xt::zeros<std::int32_t>({std::size_t{4 * BATCH}});
    const at::dataset data{samples, labels};
    std::vector<double> seconds;
    const auto train = [&] {
        at::model<net> model{at::seed{1}};
        at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 1e-5}};
        auto before = std::chrono::steady_clock::now();
        const at::callback watch{.after_step = [&](const at::step_report&, at::training_control&) {
            const auto now = std::chrono::steady_clock::now();
            seconds.push_back(std::chrono::duration<double>(now - before).count());
            before = now;
        }};
        trainer.fit(data, {.batch = BATCH, .progress = at::progress_style::silent, .callbacks = {watch}});
    };
    // What is freed goes back at once. The first time loads the program's code, which is not counted.
    mallopt(M_MMAP_THRESHOLD, 1 << 14);
    train();
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak starts anew
    const double before = memory("VmRSS");
    train();
    const double measured = memory("VmHWM") - before, promised = static_cast<double>(parts.total());
    const auto mega = [](auto bytes) { return static_cast<double>(bytes) / 1e6; };
    std::printf(
        "parameters %.2f, gradients %.2f, optimizer %.2f, values %.2f, saved %.2f, "
        "workspace %.2f, evaluation %.2f MB\n",
        mega(parts.parameters), mega(parts.gradients), mega(parts.optimizer), mega(parts.values),
        mega(parts.saved), mega(parts.workspace), mega(parts.evaluation));
    std::nth_element(seconds.begin(), seconds.begin() + 4, seconds.end());
    std::printf("batch %d, %s: training_bytes %.2f MB, measured %.2f MB, %+.1f %%, %.4g s a step\n", BATCH,
                KEPT, mega(promised), mega(measured), 100 * (measured / promised - 1), seconds[4]);
}
