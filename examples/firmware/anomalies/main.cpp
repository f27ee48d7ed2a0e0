// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Runs the network once, prints what it made and says what the call took.
#include "network.hpp"
#include "network_report.hpp"

namespace {

float sample[640];
const float* made;

}  // namespace

int main() {
    board::report_constants<anomalies>();
    board::fill_sample(sample);
    board::report("anomalies", [] { made = reconstruct(sample); });
    for (int i = 0; i < 640; ++i) board::print("score", made[i]);
    return 0;
}
