// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Classifies digits and says what a call took. With trained weights at least nine of ten answers must be right.
#include "digits.hpp"
#include "network.hpp"
#include "network_report.hpp"

namespace {

float pixels[28 * 28];
const float* scores;

}  // namespace

int main() {
    board::report_constants<digits>();
    board::fill_sample(pixels);
    board::report("digits", [] { scores = classify(pixels); });
    for (int i = 0; i < 10; ++i) board::print("score", scores[i]);
    unsigned wrong = 0, count = 0;
    for (const digits_sample& sample : digits_samples) {
        board::place(sample, pixels, 255);
        const std::span<const float, 10> found(classify(pixels), 10);
        wrong += at::argmax(found) != sample.label;
        ++count;
    }
    board::print("wrong", std::uint64_t{wrong});
    board::print("samples", std::uint64_t{count});
    return count > 1 && wrong * 10 > count ? 1 : 0;
}
