// SPDX-License-Identifier: BSL-1.0
/// @file digits_witness.cpp
/// On the host: what the page of digits should show. `digits_witness WEIGHTS < FILE` reads records of a byte that says what
/// follows, 0: a drawing of 280 x 280 bytes, 1: 28 x 28 floats, and writes for each the pixels and the results as floats.
#include "digits.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

int main(int count, char** arguments) {
    if (count != 2) return 2;
    std::ifstream file(arguments[1], std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    const auto weights = at::try_weights<lenet5_shown>(std::as_bytes(std::span(bytes)));
    if (!weights) {
        std::fprintf(stderr, "%s: %s\n", arguments[1], at::sentence(weights.status).data());
        return 1;
    }
    static unsigned char drawing[page::drawn_side * page::drawn_side];
    static float pixels[page::side * page::side];
    static page::digit_result result;
    for (int kind; (kind = std::getchar()) != EOF;) {
        if (kind == 0) {
            if (std::fread(drawing, 1, sizeof drawing, stdin) != sizeof drawing) return 1;
            page::prepare(drawing, pixels);
        } else if (std::fread(pixels, 1, sizeof pixels, stdin) != sizeof pixels) {
            return 1;
        }
        page::classify(*weights, pixels, result);
        std::fwrite(pixels, 1, sizeof pixels, stdout);
        std::fwrite(&result, 1, sizeof result, stdout);
    }
}
