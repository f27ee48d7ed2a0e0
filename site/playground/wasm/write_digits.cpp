// SPDX-License-Identifier: BSL-1.0
/// @file write_digits.cpp
/// On the host: what examples/mnist/train.cpp trained, in the forms that the page of digits runs, and some test digits:
/// `write_digits DATA_FOLDER FOLDER`, where FOLDER has lenet5.safetensors.
#include <algorithm>
#include <archetype/training.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <xtensor/xview.hpp>

#include "digit_networks.hpp"

namespace {

/// A network that begins as the trained one does, with its weights.
template <class Net>
at::model<Net> beginning_of(const at::model<lenet5>& trained) {
    at::model<Net> made;
    static_assert(at::parameter_count<Net> <= at::parameter_count<lenet5>);
    std::copy_n(trained.data(), made.trainable_size(), made.data());
    return made;
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 3) {
        std::fputs("usage: write_digits DATA_FOLDER FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path folder = arguments[2];
    at::model<lenet5> net;
    at::load(net, folder / "lenet5.safetensors");
    const at::mnist digits = at::read_mnist(arguments[1]);
    const auto calibration = xt::view(digits.train.samples, xt::range(0, 500));
    at::write_weights_image(at::weights_image(beginning_of<lenet5_shown>(net)), folder / "shown.weights");
    at::write_constant_weights(at::quantize(net, calibration), folder / "int8_weights.hpp", "int8_weights");
    at::write_constant_weights(at::quantize(beginning_of<lenet5_begin1>(net), calibration),
                               folder / "begin1_weights.hpp", "begin1_weights");
    at::write_constant_weights(at::quantize(beginning_of<lenet5_begin2>(net), calibration),
                               folder / "begin2_weights.hpp", "begin2_weights");
    // The first two test digits of each class.
    std::ofstream out(folder / "page_digits.hpp");
    out << "#pragma once\ninline constexpr unsigned char page_digits[][784] = {\n";
    int seen[10] = {};
    for (std::size_t i = 0; i < digits.test.size(); ++i) {
        const auto label = static_cast<std::size_t>(digits.test.labels(i));
        if (seen[label]++ >= 2) continue;
        out << '{';
        for (std::size_t p = 0; p < 784; ++p)
            out << static_cast<int>(digits.test.samples.data()[i * 784 + p] * 255.f + 0.5f) << ',';
        out << "},\n";
    }
    out << "};\n";
    if (!out.flush()) throw std::runtime_error("page_digits.hpp cannot be written");
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
