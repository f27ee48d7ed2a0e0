// SPDX-License-Identifier: BSL-1.0
/// @file digits.hpp
/// LeNet-5 on a drawn digit, in real numbers and in 8 bits: the same functions in the page and in the host program that is
/// its witness.
#pragma once
#include <archetype/inference.hpp>
#include <cstdint>

#include "begin1_weights.hpp"  // write_digits.cpp wrote these
#include "begin2_weights.hpp"
#include "digit_networks.hpp"
#include "int8_weights.hpp"

namespace page {

constexpr std::size_t side = 28, drawn_side = 280, classes = 10;
constexpr std::size_t maps1 = 28 * 28 * 6, maps2 = 10 * 10 * 16;

struct digit_result {
    float scores[classes], scores8[classes];
    float maps1_real[maps1], maps2_real[maps2], maps1_8[maps1], maps2_8[maps2];
};

/// A drawing of 280 x 280 grey values (0 to 255, ink is 255) as the digits of MNIST are: the ink's box made 20 pixels
/// long, each pixel the mean of what it covers, its centre of mass in the middle of 28 x 28. A blank one gives zeros.
inline void prepare(const unsigned char* drawn, float* pixels) {
    for (std::size_t i = 0; i < side * side; ++i) pixels[i] = 0;
    std::size_t top = drawn_side, bottom = 0, left = drawn_side, right = 0;
    double mass = 0, row = 0, column = 0;
    for (std::size_t y = 0; y < drawn_side; ++y)
        for (std::size_t x = 0; x < drawn_side; ++x) {
            const double ink = drawn[y * drawn_side + x];
            if (ink == 0) continue;
            top = y < top ? y : top, bottom = y, left = x < left ? x : left, right = x > right ? x : right;
            mass += ink, row += ink * (static_cast<double>(y) + 0.5),
                column += ink * (static_cast<double>(x) + 0.5);
        }
    if (mass == 0) return;
    const std::size_t tall = bottom - top + 1, wide = right - left + 1;
    const double cell = static_cast<double>(tall > wide ? tall : wide) / 20;
    // Where pixel (0, 0) begins in the drawing.
    const double first_row = row / mass - cell * side / 2, first_column = column / mass - cell * side / 2;
    constexpr int samples = 6;  // along each side of a pixel
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t x = 0; x < side; ++x) {
            double sum = 0;
            for (int i = 0; i < samples * samples; ++i) {
                const double at_row =
                                 first_row + cell * (static_cast<double>(y) + (i / samples + 0.5) / samples),
                             at_column = first_column +
                                         cell * (static_cast<double>(x) + (i % samples + 0.5) / samples);
                if (at_row < 0 || at_column < 0 || at_row >= drawn_side || at_column >= drawn_side) continue;
                sum += drawn[static_cast<std::size_t>(at_row) * drawn_side +
                             static_cast<std::size_t>(at_column)];
            }
            pixels[y * side + x] = static_cast<float>(sum / (255.0 * samples * samples));
        }
}

template <class Run>
void run_in_8_bits(Run& run, const float* pixels, float* results) {
    std::int8_t sample[side * side];
    for (std::size_t i = 0; i < side * side; ++i) sample[i] = run.input_quantization().quantize(pixels[i]);
    std::size_t at = 0;
    for (const std::int8_t result : run(sample)) results[at++] = run.output_quantization().dequantize(result);
}

/// Of 28 x 28 pixels from 0 to 1.
template <class Weights>
void classify(const Weights& weights, const float* pixels, digit_result& result) {
    static at::inference<lenet5_shown> real{weights};
    static at::quantized_inference<lenet5, int8_weights> small;
    static at::quantized_inference<lenet5_begin1, begin1_weights> small1;
    static at::quantized_inference<lenet5_begin2, begin2_weights> small2;
    const auto copy = [](auto from, float* to) {
        for (const float one : from) *to++ = one;
    };
    copy(real(std::span<const float, side * side>(pixels, side * side)), result.scores);
    copy(real.template output<1>(), result.maps1_real);
    copy(real.template output<2>(), result.maps2_real);
    run_in_8_bits(small, pixels, result.scores8);
    run_in_8_bits(small1, pixels, result.maps1_8);
    run_in_8_bits(small2, pixels, result.maps2_8);
}

}  // namespace page
