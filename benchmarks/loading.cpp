// SPDX-License-Identifier: BSL-1.0
/// @file loading.cpp
/// How much of the time that reading takes is hidden behind training: digits that lie in files of their own, turned and moved
/// anew in each epoch, for LeNet-5. A latency stands for a slow disk or a network.
///   benchmark_loading <folder of MNIST> [samples] [microseconds that a file takes to come]
#include "../examples/mnist/lenet5.hpp"

#include <archetype/data/augmentation/random_changes.hpp>
#include <archetype/data/file_bytes.hpp>
#include <archetype/data/mnist.hpp>
#include <archetype/training/fit/reading.hpp>
#include <archetype/training/trainer.hpp>

#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

namespace {

/// A folder that goes at the end.
struct folder_of_digits {
    std::filesystem::path path;
    explicit folder_of_digits(const at::dataset& data)
        : path(std::filesystem::temp_directory_path() /
               ("archetype_loading_" + std::to_string(std::random_device{}()))) {
        std::filesystem::create_directories(path);
        for (std::size_t n = 0; n < data.size(); ++n) {
            std::ofstream file(file_of(n), std::ios::binary);
            for (std::size_t i = 0; i < 784; ++i)
                file.put(static_cast<char>(std::lround(data.samples.data()[784 * n + i] * 255)));
        }
    }
    folder_of_digits(const folder_of_digits&) = delete;
    folder_of_digits& operator=(const folder_of_digits&) = delete;
    ~folder_of_digits() { std::filesystem::remove_all(path); }
    std::filesystem::path file_of(std::size_t n) const { return path / (std::to_string(n) + ".gray"); }
};

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::fputs(
            "usage: benchmark_loading <folder of MNIST> [samples] [microseconds that a file takes to come]\n",
            stderr);
        return 2;
    }
    const at::dataset all = at::read_mnist(arguments[1]).train;
    const std::size_t samples =
        std::min<std::size_t>(count > 2 ? std::stoul(arguments[2]) : 4000, all.size());
    const at::dataset data = all.slice(0, samples);
    const folder_of_digits folder(data);
    const std::chrono::microseconds latency(count > 3 ? std::stol(arguments[3]) : 0);
    const at::sample_reader files{samples, {28, 28, 1}, 0, [&](std::size_t n, std::size_t, at::sample& made) {
                                      if (latency.count() != 0) std::this_thread::sleep_for(latency);
                                      const auto bytes = at::try_read_file(folder.file_of(n)).value();
                                      made.height = made.width = 28;
                                      made.channels = 1;
                                      made.values.resize(bytes.size());
                                      std::transform(
                                          bytes.begin(), bytes.end(), made.values.begin(),
                                          [](std::byte b) { return static_cast<float>(b) / 255.f; });
                                      made.label = data.labels(n);
                                  }};
    const at::sample_reader reader = at::augmented(files, {at::random_rotation{10}}, 1);
    std::printf("%-9s %9s %9s %18s %10s\n", "workers", "seconds", "waiting", "share of waiting", "hidden");
    double unhidden = 0;
    std::vector<float> first;
    for (const std::size_t workers : {0, 1, 2, 4}) {
        at::model<lenet5> model{at::seed{1}};
        at::trainer trainer{model, at::cross_entropy{}, at::adam{}, at::seed{1}};
        const at::history epochs = trainer.fit(reader, {.epochs = 3, .progress = at::progress_style::silent},
                                               {.workers = workers, .prefetch = 4});
        double seconds = 0, waiting = 0;
        for (const at::epoch_report& epoch : epochs) {
            seconds += epoch.seconds;
            waiting += epoch.waiting;
        }
        if (workers == 0) unhidden = waiting;
        std::printf("%-9zu %9.3f %9.3f %16.1f %% %8.1f %%\n", workers, seconds, waiting,
                    100 * waiting / seconds, 100 * (1 - waiting / unhidden));
        if (first.empty()) first.assign(model.data(), model.data() + model.size());
        if (!std::equal(first.begin(), first.end(), model.data())) {
            std::puts("the weights differ");
            return 1;
        }
    }
}
