// SPDX-License-Identifier: BSL-1.0
/// @file train.cpp
/// Trains LeNet-5 on the digits of a folder by all ranks that a launcher starts: `mpirun -np 4 train DATA CHECKPOINT [EPOCHS]`.
/// Goes on from the checkpoint where there is one, with as many ranks as there are now.
#include "../mnist/lenet5.hpp"

#include <archetype/data/mnist.hpp>
#include <archetype/distributed.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace {

void train(at::process_group& group, const std::filesystem::path& data,
           const std::filesystem::path& checkpoint, std::size_t epochs) {
    const at::mnist digits = at::read_mnist(data);
    at::model<lenet5> net{at::seed{1}};
    // Eight shards: 1, 2, 4 and 8 ranks share them evenly, and all give the same weights.
    at::distributed_trainer trainer(group, at::shards<8>{}, net, at::cross_entropy{}, at::adam{},
                                    at::seed{2});
    // Only rank 0 needs to see the file.
    if (group.gather(std::filesystem::exists(checkpoint) ? "yes" : "no")[0] == "yes")
        at::load_checkpoint(trainer, checkpoint);
    const std::size_t done = trainer.counters().epochs;
    if (group.is_first())
        std::printf("%zu ranks, %zu of %zu epochs done\n", group.world_size(), done, epochs);
    if (done < epochs)
        trainer.fit(digits.train,
                    {.epochs = epochs - done, .batch = 64, .on_epoch = [&](const at::epoch_report&) {
                         at::save_checkpoint(trainer, checkpoint);
                     }});
    if (!group.is_first()) return;
    const at::evaluation result = trainer.evaluate(digits.test);
    std::printf("accuracy on %zu test digits: %.2f %%, loss %a\n", digits.test.size(), 100 * result.accuracy,
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
