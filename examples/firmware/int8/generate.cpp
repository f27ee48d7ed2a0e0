// SPDX-License-Identifier: BSL-1.0
/// @file generate.cpp
/// On the host: makes 8-bit weights, in two orders, a sample and what comes out of it: `generate FOLDER`. The networks
/// have random weights: what they cost and whether host and device agree does not depend on them.
#include "networks.hpp"

#include <archetype/training.hpp>
#include <cstdio>
#include <fstream>

namespace {

void write_numbers(std::ofstream& out, const char* name, const std::vector<std::int8_t>& numbers) {
    out << "inline constexpr std::int8_t " << name << "[] = {";
    for (const std::int8_t number : numbers) out << int{number} << ',';
    out << "};\n";
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 2) {
        std::fputs("usage: generate FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path folder = arguments[1];
    at::model<NETWORK> model{at::seed{1}};
    constexpr std::size_t in = at::input_shape<NETWORK>.size(), out = at::output_shape<NETWORK>.size();
    // Calibration samples, of different loudness each.
    xt::xarray<float> samples =
        xt::sin(0.37f * xt::arange<float>(0, 20 * in)) * (1 + xt::sin(0.01f * xt::arange<float>(0, 20 * in)));
    std::vector<std::size_t> extents{20};
    for (std::size_t axis = 0; axis < at::input_shape<NETWORK>.rank; ++axis)
        extents.push_back(at::input_shape<NETWORK>[axis]);
    samples.reshape(extents);
    at::quantized_model<NETWORK> small = at::quantize(model, samples);
    at::write_constant_weights(small, folder / "plain" / "weights.hpp", "weights");
    at::write_constant_weights(small, folder / "paired" / "weights.hpp", "weights", at::weight_order::paired);

    std::vector<std::int8_t> sample(in), result(out);
    for (std::size_t i = 0; i < in; ++i) sample[i] = static_cast<std::int8_t>(37 * i % 256 - 128);
    small.run(sample.data(), 1, result.data());
    std::ofstream header(folder / "sample.hpp");
    header << "#pragma once\n#include <cstdint>\n";
    write_numbers(header, "sample", sample);
    write_numbers(header, "wanted", result);
    if (!header.flush()) throw std::runtime_error("sample.hpp cannot be written");
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
