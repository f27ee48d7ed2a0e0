// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Adapts to a machine that turns faster than the one of the host, and tells wear by the error.
#include "board.hpp"
#include "network.hpp"

namespace {

float lines[64];
float loss;

float mean_error(float wear) {
    float sum = 0;
    for (unsigned i = 0; i < 16; ++i) {
        fill_spectrum(lines, 11.0f, wear, 5000 + i);
        sum += error_of(lines);
    }
    return sum / 16;
}

}  // namespace

int main() {
    board::print("trainer_bytes", std::uint64_t{trainer_bytes()});
    const float before = mean_error(1.0f / 3);
    for (unsigned step = 0; step < 200; ++step) {
        fill_spectrum(lines, 11.0f, 1.0f / 3, step);
        loss = adapt(lines);
    }
    board::print("parameters", std::uint64_t{parameter_bits()});
    const float healthy = mean_error(1.0f / 3), worn = mean_error(1.0f);
    board::print("before", before);
    board::print("healthy", healthy);
    board::print("worn", worn);
    board::report("learn", [] { loss = adapt(lines); });
    board::report("infer", [] { loss = error_of(lines); });
    return healthy < 0.5f * before && worn > 3 * healthy ? 0 : 1;
}
