// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <numeric>
#include <vector>
#include "net.hpp"

int main() {
    float image[256], scores[10];
    for (int i = 0; i < 256; ++i) image[i] = static_cast<float>(i % 17) / 17;
    classify(image, scores);
    std::vector<std::size_t> all(8);  // the same template as in net.cpp, for this program's processor
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::printf("%s, %s, %zu %zu:", net_instruction_set(), compiled_with(), sum_of_squares(5), all.back());
    for (float score : scores) std::printf(" %.5f", static_cast<double>(score));
    std::printf("\n");
}
