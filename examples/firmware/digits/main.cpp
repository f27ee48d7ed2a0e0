// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Classifies digits and says what a call took. With trained weights at least nine of ten answers must be right.
#include "network.hpp"
#include "network_report.hpp"

#if __has_include("digits_samples.hpp")
#include "digits_samples.hpp"
#else
struct digits_sample {
    unsigned char label;
    unsigned char pixels[28 * 28];
};
static const digits_sample digits_samples[1] = {};
#endif

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
        for (int i = 0; i < 28 * 28; ++i) pixels[i] = static_cast<float>(sample.pixels[i]) / 255;
        const std::span<const float, 10> found(classify(pixels), 10);
        wrong += at::argmax(found) != sample.label;
        ++count;
    }
    board::print("wrong", std::uint64_t{wrong});
    board::print("samples", std::uint64_t{count});
    return count > 1 && wrong * 10 > count ? 1 : 0;
}
