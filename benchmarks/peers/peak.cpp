// SPDX-License-Identifier: BSL-1.0
/// @file peak.cpp
/// A contender that does nothing but multiply-adds: "peak" answers with floating-point operations per second.
#include "../peak.hpp"
#include "contender.hpp"

int main() {
    peers::serve({{"peak", [](std::ostream& out) { out << benchmarks::multiply_add_peak<float>(1 << 19); }}});
}
