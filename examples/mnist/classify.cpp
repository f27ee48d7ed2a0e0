// SPDX-License-Identifier: BSL-1.0
/// @file classify.cpp
/// Classifies digits with weights that are constants of the program: no heap, no exceptions, no files but the digits
/// that are compiled in. `lenet5_weights.hpp` is what `train` wrote, `test_digits.hpp` holds some of the test digits.
#include "lenet5.hpp"
#include "lenet5_weights.hpp"
#include "test_digits.hpp"

#include <archetype/inference.hpp>
#include <cstdio>

namespace {

at::inference<lenet5> network{lenet5_weights};
static_assert(sizeof(network) <= 16 * 1024);

void show(const unsigned char (&digit)[784]) {
    const char shades[] = " .:-=+*#%@";
    for (int y = 0; y < 28; ++y) {
        char line[29];
        for (int x = 0; x < 28; ++x) line[x] = shades[digit[y * 28 + x] * 9 / 255];
        line[28] = 0;
        std::puts(line);
    }
}

}  // namespace

int main() {
    unsigned right = 0, shown = 0;
    for (const test_digit& digit : test_digits) {
        float pixels[784];
        for (int i = 0; i < 784; ++i) pixels[i] = static_cast<float>(digit.pixels[i]) / 255.f;
        const auto scores = network(pixels);
        const std::size_t answer = at::argmax(scores);
        right += answer == digit.label ? 1 : 0;
        if (shown < 3) {
            ++shown;
            show(digit.pixels);
            std::printf("this is a %u; the network says %zu (%.1f %%)\n\n",
                        static_cast<unsigned>(digit.label), answer,
                        100 * static_cast<double>(scores[answer]));
        }
    }
    std::printf("%u of %zu test digits are right, with %zu bytes of memory and no heap\n", right,
                sizeof(test_digits) / sizeof(test_digits[0]), sizeof(network));
    return right * 100 >= 97 * (sizeof(test_digits) / sizeof(test_digits[0])) ? 0 : 1;
}
