// SPDX-License-Identifier: BSL-1.0
/// @file peak.cpp
/// A contender that does nothing but multiply-adds: "peak" answers with floating-point operations per second.
#include "../peak.hpp"
#include "contender.hpp"

#include <algorithm>

int main() {
    peers::serve({{"peak", [](std::ostream& out) {
                       // The median of short runs: most of them are not interrupted.
                       std::vector<double> peaks(21);
                       for (double& peak : peaks) peak = benchmarks::multiply_add_peak<float>();
                       std::nth_element(peaks.begin(), peaks.begin() + 10, peaks.end());
                       out << peaks[10];
                   }}});
}
