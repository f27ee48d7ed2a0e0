// SPDX-License-Identifier: BSL-1.0
/// @file digits.hpp
/// Digits that a host wrote (examples/firmware/write_digits.hpp), or one without ink where there are none.
#pragma once

#if __has_include("digits_samples.hpp")
#include "digits_samples.hpp"
#else
struct digits_sample {
    unsigned char label;
    unsigned char pixels[28 * 28];
};
static const digits_sample digits_samples[1] = {};
#endif

namespace board {

/// The pixels of a digit as fractions of `whole`.
inline void place(const digits_sample& sample, float* pixels, float whole) {
    for (int i = 0; i < 28 * 28; ++i) pixels[i] = static_cast<float>(sample.pixels[i]) / whole;
}

}  // namespace board
