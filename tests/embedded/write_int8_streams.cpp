// SPDX-License-Identifier: BSL-1.0
// Writes the networks of int8_streams_networks.hpp in 8 bits as headers of constants: `write_int8_streams FOLDER`.
#include "embedded/int8_streams_networks.hpp"

#include <archetype/interchange/quantized_file.hpp>
#include <archetype/training.hpp>
#include <cmath>

template <class Net>
void write(const std::filesystem::path& folder, const std::string& name) {
    const at::model<Net> model{at::seed{1}};
    std::vector<std::size_t> extents{4};
    for (std::size_t axis = 0; axis < at::input_shape<Net>.rank; ++axis)
        extents.push_back(at::input_shape<Net>[axis]);
    auto samples = xt::xarray<float>::from_shape(extents);
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples.data()[i] = std::sin(0.37f * static_cast<float>(i * i % 101));
    const at::quantized_model<Net> small = at::quantize(model, samples);
    at::write_constant_weights(small, folder / "plain" / (name + ".hpp"), name + "_weights");
    at::write_constant_weights(small, folder / "paired" / (name + ".hpp"), name + "_weights",
                               at::weight_order::paired);
}

int main(int, char** arguments) {
    write<words>(arguments[1], "words");
    write<motion>(arguments[1], "motion");
    write<spectrum>(arguments[1], "spectrum");
    write<pooled>(arguments[1], "pooled");
}
