// SPDX-License-Identifier: BSL-1.0
/// @file voice.hpp
/// Noise suppression of speech at 16 kHz: GTCRN (Rong et al. 2024) as `archetype import` makes it of its ONNX file, between a
/// short-time Fourier transform of 512 samples every 256 and its inverse. The same in the page and on the host.
#pragma once
#include <archetype/inference.hpp>

#include "gtcrn.hpp"  // archetype import --weights header
#include "gtcrn_weights.hpp"

namespace page {

/// A discrete Fourier transform of 512 complex numbers in place (Cooley, Tukey 1965).
class transform {
public:
    static constexpr std::size_t size = 512;

    transform() {
        for (std::size_t i = 0; i < size; ++i) {
            cosine_[i] = static_cast<float>(__builtin_cos(turn * static_cast<double>(i)));
            sine_[i] = static_cast<float>(__builtin_sin(turn * static_cast<double>(i)));
        }
    }

    void operator()(float* real, float* imaginary, bool inverse) const {
        for (std::size_t i = 0, j = 0; i < size; ++i) {
            if (i < j) swap(real[i], real[j]), swap(imaginary[i], imaginary[j]);
            std::size_t bit = size / 2;
            for (; (j & bit) != 0; bit /= 2) j ^= bit;
            j |= bit;
        }
        for (std::size_t half = 1; half < size; half *= 2)
            for (std::size_t k = 0; k < half; ++k) {
                const std::size_t angle = k * (size / 2 / half);
                const float c = cosine_[angle], s = inverse ? sine_[angle] : -sine_[angle];
                for (std::size_t a = k; a < size; a += 2 * half) {
                    const std::size_t b = a + half;
                    const float re = real[b] * c - imaginary[b] * s, im = real[b] * s + imaginary[b] * c;
                    real[b] = real[a] - re, imaginary[b] = imaginary[a] - im;
                    real[a] += re, imaginary[a] += im;
                }
            }
    }

    /// sin(pi i / size): the root of a Hann window.
    float window(std::size_t i) const {
        const std::size_t at = i / 2;  // sine_ has steps of 2 pi / size
        return i % 2 == 0 ? sine_[at] : static_cast<float>(__builtin_sin(turn / 2 * static_cast<double>(i)));
    }

private:
    static constexpr double turn = 6.283185307179586 / size;
    static void swap(float& a, float& b) {
        const float c = a;
        a = b, b = c;
    }
    float cosine_[size], sine_[size];
};

/// Any number of samples in, as many out, 512 later.
class voice {
public:
    static constexpr std::size_t hop = 256, size = transform::size, bins = size / 2 + 1;

    voice() {
        for (std::size_t i = 0; i < size; ++i) window_[i] = fourier_.window(i);
    }

    void reset() {
        network_.reset();
        for (float& one : in_) one = 0;
        for (float& one : sum_) one = 0;
        for (float& one : out_) one = 0;
        filled_ = 0;
    }

    float operator()(float sample) {
        in_[size - hop + filled_] = sample;
        const float result = out_[filled_];
        if (++filled_ == hop) {
            frame();
            filled_ = 0;
        }
        return result;
    }

private:
    void frame() {
        for (std::size_t i = 0; i < size; ++i) real_[i] = in_[i] * window_[i], imaginary_[i] = 0;
        fourier_(real_, imaginary_, false);
        for (std::size_t k = 0; k < bins; ++k)
            spectrum_[2 * k] = real_[k], spectrum_[2 * k + 1] = imaginary_[k];
        const auto cleaned = network_(spectrum_);
        for (std::size_t k = 0; k < bins; ++k) real_[k] = cleaned[2 * k], imaginary_[k] = cleaned[2 * k + 1];
        imaginary_[0] = imaginary_[bins - 1] = 0;
        for (std::size_t k = bins; k < size; ++k)
            real_[k] = real_[size - k], imaginary_[k] = -imaginary_[size - k];
        fourier_(real_, imaginary_, true);
        for (std::size_t i = 0; i < size; ++i) sum_[i] += real_[i] * window_[i] / size;
        for (std::size_t i = 0; i < hop; ++i) out_[i] = sum_[i];
        for (std::size_t i = 0; i < size - hop; ++i) sum_[i] = sum_[i + hop], in_[i] = in_[i + hop];
        for (std::size_t i = size - hop; i < size; ++i) sum_[i] = 0;
    }

    transform fourier_;
    gtcrn::stream<archetype::inference<gtcrn::net>> network_{gtcrn::weights};
    float window_[size], in_[size]{}, sum_[size]{}, out_[hop]{}, real_[size], imaginary_[size],
        spectrum_[2 * bins];
    std::size_t filled_ = 0;
};

}  // namespace page
