// SPDX-License-Identifier: BSL-1.0
/// @file write_pedal.cpp
/// On a host: writes the weights of the audio firmware and a signal with what PyTorch computes of it.
/// `write_pedal DATA_FOLDER OUTPUT_FOLDER`, as examples/firmware/audio has them from examples/data/peers.
#include "audio/network.hpp"

#include <archetype/archetype.hpp>
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/interchange/constant_header.hpp>
#include <archetype/interchange/state_dict.hpp>
#include <cstdio>
#include <exception>
#include <fstream>

int main(int count, char** arguments) try {
    if (count != 3) {
        std::fputs("usage: write_pedal DATA_FOLDER OUTPUT_FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path peers = arguments[1], output = arguments[2];
    at::model<pedal> model;
    at::load_state_dict(model, peers / "neural-seed" / "gru8_ts9_pytorch.json", {"rec", "lin"},
                        at::recurrent_dialect::pytorch(), "state_dict");
    const at::folded_weights weights(model);
    at::write_constant_header(
        std::span<const float>(weights.weights().data, at::inference_weight_count<pedal>),
        output / "pedal_weights.hpp",
        {.name = "pedal_weights",
         .architecture = at::architecture_hash<pedal>,
         .description = "SPDX-License-Identifier: BSL-1.0\n"
                        "gru8_ts9_pytorch.json of NeuralSeed (MIT: "
                        "examples/data/peers/neural-seed/LICENSE)."});

    std::ifstream in(peers / "references" / "gru8_ts9_pytorch.csv");
    std::ofstream out(output / "pedal_samples.hpp");
    out << "// SPDX-License-Identifier: BSL-1.0\n// Generated: a signal, and what PyTorch computes of "
           "it.\n// clang-format off\n"
           "#pragma once\n\nstruct pedal_sample {\n    float in, out;\n};\n"
           "inline constexpr pedal_sample pedal_samples[] = {\n";
    std::string line;
    std::getline(in, line);  // "input,output"
    for (int i = 0; i < 64; ++i) {
        if (!std::getline(in, line))
            throw std::runtime_error("gru8_ts9_pytorch.csv has fewer than 64 samples");
        const std::size_t comma = line.find(',');
        const auto number = [](const std::string& text) {
            return text.find_first_of(".e") == text.npos ? text + ".f" : text + "f";
        };
        out << '{' << number(line.substr(0, comma)) << ", " << number(line.substr(comma + 1)) << "},\n";
    }
    out << "};\n";
    if (!out.flush()) throw std::runtime_error("pedal_samples.hpp cannot be written");
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
