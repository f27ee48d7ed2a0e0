// SPDX-License-Identifier: BSL-1.0
/// @file convolutions.hpp
/// What programs that time convolutions share.
#pragma once
#include <cstdlib>

namespace peers {

/// Memory as the arena has it: aligned zeros, with the slack that kernels may read.
struct values {
    explicit values(std::size_t count)
        : data(static_cast<float*>(std::aligned_alloc(64, (count + 64 + 15) / 16 * 64))) {
        for (std::size_t i = 0; i < count + 64; ++i) data[i] = 0;
    }
    float* data;
};

/// A number that tells results apart.
inline double weighted_sum(const float* values, std::size_t count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += double(values[i]) * double(i % 13);
    return sum;
}

}  // namespace peers
