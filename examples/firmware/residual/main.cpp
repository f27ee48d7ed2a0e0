// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Runs the network once, prints its scores and says what the call took.
#include "network.hpp"
#include "network_report.hpp"

namespace {

float sample[32 * 32 * 3];
const float* scores;

}  // namespace

int main() {
    board::report_constants<residual>();
    board::fill_sample(sample);
    board::report("residual", [] { scores = classify(sample); });
    for (int i = 0; i < 10; ++i) board::print("score", scores[i]);
    return 0;
}
