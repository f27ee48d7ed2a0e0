// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Runs the network once, prints its scores and says what the call took.
#include "network.hpp"
#include "network_report.hpp"

namespace {

float sample[49 * 10];
const float* scores;

}  // namespace

int main() {
    board::report_constants<keywords>();
    board::fill_sample(sample);
    board::report("keywords", [] { scores = classify(sample); });
    for (int i = 0; i < 12; ++i) board::print("score", scores[i]);
    return 0;
}
