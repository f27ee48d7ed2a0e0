// SPDX-License-Identifier: BSL-1.0
/// @file train.cpp
/// Trains LeNet-5 on the digits of a folder and writes the weights: `train DATA OUTPUT`.
#include "lenet5.hpp"

#include <archetype/training.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

int main(int count, char** arguments) try {
    if (count != 3) {
        std::fputs("usage: train DATA_FOLDER OUTPUT_FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path output = arguments[2];
    std::filesystem::create_directories(output);
    std::fputs(at::summary<lenet5>().data(), stdout);

    const at::mnist digits = at::read_mnist(arguments[1]);
    at::model<lenet5> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 2e-3}};
    trainer.fit(digits.train, {.epochs = 12, .batch = 32, .validation = &digits.test});

    const at::evaluation result = trainer.evaluate(digits.test);
    std::printf("\n%s\naccuracy on %zu test digits: %.2f %%\n", result.confusion.text().c_str(), digits.test.size(), 100 * result.accuracy);
    at::save(net, output / "lenet5.safetensors");
    at::write_constant_weights(net, output / "lenet5_weights.hpp", "lenet5_weights");
    std::printf("wrote %s and %s\n", (output / "lenet5.safetensors").c_str(), (output / "lenet5_weights.hpp").c_str());
    return result.accuracy >= 0.975 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
