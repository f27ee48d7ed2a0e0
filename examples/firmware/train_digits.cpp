// SPDX-License-Identifier: BSL-1.0
/// @file train_digits.cpp
/// On a host: trains the digits firmware's network and writes its weights and some test digits.
/// `train_digits DATA_FOLDER OUTPUT_FOLDER`, then `tools/firmware.py --flags=-IOUTPUT_FOLDER ... digits OUTPUT_FOLDER/digits_weights.S`
#include "digits/network.hpp"

#include <archetype/training.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>

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

    std::ofstream out(output / "digits_samples.hpp");
    out << "#pragma once\nstruct digits_sample {\n    unsigned char label;\n    unsigned char "
           "pixels[784];\n};\n"
           "inline constexpr digits_sample digits_samples[] = {\n";
    for (std::size_t i = 0; i < 20; ++i) {
        out << "{" << data.test.labels(i) << ",{";
        for (std::size_t p = 0; p < 784; ++p)
            out << static_cast<int>(data.test.samples.data()[i * 784 + p] * 255.f + 0.5f) << ',';
        out << "}},\n";
    }
    out << "};\n";
    if (!out.flush()) throw std::runtime_error("digits_samples.hpp cannot be written");
    const double accuracy = trainer.evaluate(data.test).accuracy;
    std::printf("accuracy on %zu test digits: %.2f %%\n", data.test.size(), 100 * accuracy);
    return accuracy >= 0.95 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
