// SPDX-License-Identifier: BSL-1.0
/// @file train_digits.cpp
/// On a host: trains the digits firmware's network and writes its weights and some test digits.
/// `train_digits DATA_FOLDER OUTPUT_FOLDER`, then `tools/firmware.py --flags=-IOUTPUT_FOLDER ... digits OUTPUT_FOLDER/digits_weights.S`
#include "digits/network.hpp"
#include "write_digits.hpp"

#include <archetype/training.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

int main(int count, char** arguments) try {
    if (count != 3) {
        std::fputs("usage: train_digits DATA_FOLDER OUTPUT_FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path output = arguments[2];
    std::filesystem::create_directories(output);
    const at::mnist data = at::read_mnist(arguments[1]);
    at::model<digits> net{at::seed{1}, at::he_uniform{}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 1e-3}};
    trainer.fit(data.train, {.epochs = 3, .batch = 32, .progress = at::progress_style::silent});
    at::write_constant_weights_object(net, output, "digits_weights");

    board::write_digits(data.test, 20, output);
    const double accuracy = trainer.evaluate(data.test).accuracy;
    std::printf("accuracy on %zu test digits: %.2f %%\n", data.test.size(), 100 * accuracy);
    return accuracy >= 0.95 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
