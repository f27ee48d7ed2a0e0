// SPDX-License-Identifier: BSL-1.0
// A second source: it shares templates of the standard library with main.cpp, and a function with net.cpp.
#include <numeric>
#include <vector>
#include "net.hpp"

std::size_t sum_of_squares(std::size_t n) {
    std::vector<std::size_t> all(n);
    std::iota(all.begin(), all.end(), std::size_t{0});
    for (std::size_t& each : all) each *= each;
    return std::accumulate(all.begin(), all.end(), std::size_t{0});
}
