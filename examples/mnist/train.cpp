// SPDX-License-Identifier: BSL-1.0
/// @file train.cpp
/// Trains LeNet-5 on the digits of a folder and writes the weights: `train DATA OUTPUT`.
#include "lenet5.hpp"

#include <archetype/training.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>

namespace {

/// The test digits as a header of constants, for the program that has no files.
void write_digits(const at::dataset& digits, const std::filesystem::path& path) {
    std::ofstream out(path);
    out << "#pragma once\nstruct test_digit {\n    unsigned char label;\n    unsigned char pixels[784];\n};\n"
           "inline constexpr test_digit test_digits[] = {\n";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        out << "{" << digits.labels(i) << ",{";
        for (std::size_t p = 0; p < 784; ++p)
            out << static_cast<int>(digits.samples.data()[i * 784 + p] * 255.f + 0.5f) << ',';
        out << "}},\n";
    }
    out << "};\n";
    if (!out.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

}  // namespace

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
    // Digits mean the same one pixel further: five times as many samples.
    at::dataset samples = digits.train;
    for (const auto& [rows, columns] : {std::pair{1, 0}, {-1, 0}, {0, 1}, {0, -1}})
        samples = at::join(samples, at::shift(digits.train, rows, columns));
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 1e-3}};
    trainer.fit(samples, {.epochs = 4, .batch = 32});
    trainer.optimizer().rate = 2e-4;
    trainer.fit(samples, {.epochs = 2, .batch = 32});

    const at::evaluation result = trainer.evaluate(digits.test);
    std::printf("\n%s\naccuracy on %zu test digits: %.2f %%\n", result.confusion.text().c_str(),
                digits.test.size(), 100 * result.accuracy);
    // The same in 8 bits, calibrated with some of the training digits.
    at::quantized_model<lenet5> small = at::quantize(net, xt::view(digits.train.samples, xt::range(0, 500)));
    const double small_accuracy = at::accuracy(small(digits.test.samples), digits.test.labels);
    std::printf("in 8 bits: %.2f %%\n", 100 * small_accuracy);
    at::save(net, output / "lenet5.safetensors");
    at::write_constant_weights(net, output / "lenet5_weights.hpp", "lenet5_weights");
    at::write_constant_weights(small, output / "lenet5_int8.hpp", "lenet5_int8");
    write_digits(digits.test, output / "test_digits.hpp");
    for (const char* file :
         {"lenet5.safetensors", "lenet5_weights.hpp", "lenet5_int8.hpp", "test_digits.hpp"})
        std::printf("wrote %s\n", (output / file).c_str());
    return result.accuracy >= 0.975 && small_accuracy >= result.accuracy - 0.003 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
