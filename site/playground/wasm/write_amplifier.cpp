// SPDX-License-Identifier: BSL-1.0
/// @file write_amplifier.cpp
/// On the host: the weights of a Neural Amp Modeler file as a header: `write_amplifier MODEL.nam FOLDER`.
#include <archetype/archetype.hpp>
#include <archetype/interchange/nam.hpp>
#include <archetype/zoo/wavenet.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

namespace at = archetype;

int main(int count, char** arguments) try {
    if (count != 3) {
        std::fputs("usage: write_amplifier MODEL.nam FOLDER\n", stderr);
        return 2;
    }
    using amplifier = at::zoo::standard_amp_wavenet<>;
    at::model<amplifier> model;
    (void)at::load_nam(model, arguments[1]);
    at::write_constant_weights(model, std::filesystem::path(arguments[2]) / "amplifier_weights.hpp",
                               "amplifier_weights");
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
