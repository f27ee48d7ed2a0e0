// SPDX-License-Identifier: BSL-1.0
/// @file narrow_writer.cpp
/// On a host: weights of NETWORK as a header and as raw bytes, a sample, and what comes out: `narrow_writer FOLDER`.
#include "narrow_networks.hpp"

#include <archetype/training.hpp>
#include <fstream>

namespace {

template <class Numbers>
void write_numbers(std::ofstream& out, const char* type, const char* name, const Numbers& numbers) {
    out << "inline constexpr " << type << ' ' << name << "[] = {" << std::hexfloat;
    for (const auto number : numbers) out << number << ',';
    out << "};\n";
}

}  // namespace

int main(int, char** arguments) {
    const std::filesystem::path folder = arguments[1];
    at::model<NETWORK> model{at::seed{1}};
    constexpr std::size_t in = at::input_shape<NETWORK>.size();
    xt::xarray<float> samples = xt::sin(0.37f * xt::arange<float>(0, 8 * in));
    std::vector<std::size_t> extents{8};
    for (std::size_t axis = 0; axis < at::input_shape<NETWORK>.rank; ++axis)
        extents.push_back(at::input_shape<NETWORK>[axis]);
    samples.reshape(extents);
    std::ofstream header(folder / "sample.hpp");
    header << "#pragma once\n#include <cstdint>\n";
#ifdef ACTIVATIONS_16
    auto small = at::quantize<std::int16_t>(model, samples);
    std::vector<std::int16_t> sample(in), wanted(at::output_shape<NETWORK>.size());
    for (std::size_t i = 0; i < in; ++i) sample[i] = static_cast<std::int16_t>(7919 * i);
    small.run(sample.data(), 1, wanted.data());
    const char* const type = "std::int16_t";
#else
    auto small = at::quantize_weights(model);
    const std::vector<float> sample(samples.data(), samples.data() + in);
    const xt::xarray<float> results = small(samples);
    const std::vector<float> wanted(results.data(), results.data() + at::output_shape<NETWORK>.size());
    const char* const type = "float";
#endif
    write_numbers(header, type, "sample", sample);
    write_numbers(header, type, "wanted", wanted);
    at::write_constant_weights(small, folder / "weights.hpp", "weights");
    at::write_constant_weights_object(small, folder / "object", "weights");
}
