// SPDX-License-Identifier: BSL-1.0
/// @file train.cpp
/// Trains LeNet-5 on the digits of a folder by all ranks that a launcher starts: `mpirun -np 4 train DATA CHECKPOINT [EPOCHS]`.
/// Goes on from the checkpoint where there is one, with as many ranks as there are now. Images that are not compressed stay in
/// their file, of which each rank reads its part.
#include "../mnist/lenet5.hpp"

#include <archetype/data/mapped_array.hpp>
#include <archetype/data/mnist.hpp>
#include <archetype/distributed.hpp>
#include <archetype/training/fit/reading.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

/// Images that stay in their file, with their labels; pixels from 0 to 1, as `read_idx_dataset` makes them.
at::sample_reader digits_of_files(const std::filesystem::path& images, const std::filesystem::path& labels) {
    struct part {
        at::mapped_array<std::uint8_t> pixels;
        xt::xtensor<std::uint8_t, 1> classes;
    };
    const auto all = std::make_shared<const part>(
        part{at::mapped_array<std::uint8_t>(images), at::read_idx_labels(labels)});
    const auto& shape = all->pixels.shape();
    if (shape.size() != 3 || shape[0] != all->classes.size())
        throw std::runtime_error(images.string() + ": expected " + std::to_string(all->classes.size()) +
                                 " images, as many as labels");
    return {.count = shape[0],
            .shape = {shape[1], shape[2], 1},
            .read = [all](std::size_t number, std::size_t, at::sample& made) {
                made.height = all->pixels.shape()[1];
                made.width = all->pixels.shape()[2];
                made.channels = 1;
                const std::size_t size = made.height * made.width;
                made.values.resize(size);
                for (std::size_t p = 0; p < size; ++p)
                    made.values[p] =
                        static_cast<float>(all->pixels.data()[number * size + p]) * (1.0f / 255.0f);
                made.label = all->classes(number);
            }};
}

void train(at::process_group& group, const std::filesystem::path& data,
           const std::filesystem::path& checkpoint, std::size_t epochs) {
    const auto file = [&](const std::string& name) {
        return data / (std::filesystem::exists(data / name) ? name : name + ".gz");
    };
    const auto images = file("train-images-idx3-ubyte"), labels = file("train-labels-idx1-ubyte");
    at::dataset in_memory;
    const bool stays = images.extension() != ".gz";
    if (!stays) in_memory = at::read_idx_dataset(images, labels);
    const at::sample_reader digits = stays ? digits_of_files(images, labels) : at::reader_of(in_memory);
    at::model<lenet5> net{at::seed{1}};
    // Eight shards: 1, 2, 4 and 8 ranks share them evenly, and all give the same weights.
    at::distributed_trainer trainer(group, at::shards<8>{}, net, at::cross_entropy{}, at::adam{},
                                    at::seed{2});
    // Only rank 0 needs to see the file.
    if (group.gather(std::filesystem::exists(checkpoint) ? "yes" : "no")[0] == "yes")
        at::load_checkpoint(trainer, checkpoint);
    const std::size_t done = trainer.counters().epochs;
    if (group.is_first())
        std::printf("%zu ranks, %zu of %zu epochs done, images %s\n", group.world_size(), done, epochs,
                    stays ? "stay in their file" : "are read into memory");
    if (done < epochs)
        trainer.fit(digits, {.epochs = epochs - done, .batch = 64, .on_epoch = [&](const at::epoch_report&) {
                                 at::save_checkpoint(trainer, checkpoint);
                             }});
    if (!group.is_first()) return;
    const at::dataset test =
        at::read_idx_dataset(file("t10k-images-idx3-ubyte"), file("t10k-labels-idx1-ubyte"));
    const at::evaluation result = trainer.evaluate(test);
    std::printf("accuracy on %zu test digits: %.2f %%, loss %a\n", test.size(), 100 * result.accuracy,
                result.loss);
}

}  // namespace

int main(int count, char** arguments) {
    std::size_t epochs = 4;
    if (count == 4) {
        const char* const end = arguments[3] + std::strlen(arguments[3]);
        const auto [last, error] = std::from_chars(arguments[3], end, epochs);
        if (error != std::errc{} || last != end || epochs == 0) count = 0;
    }
    if (count != 3 && count != 4) {
        std::fputs("usage: train DATA_FOLDER CHECKPOINT [EPOCHS, at least 1]\n", stderr);
        return 2;
    }
    at::process_group group;
    return group.run([&] { train(group, arguments[1], arguments[2], epochs); });
}
