// SPDX-License-Identifier: BSL-1.0
/// @file problem.hpp
/// A depthwise convolution of 3 x 3 over 56 x 56 pixels of 128 channels with one cell of zeros around them, for both contenders.
#pragma once
#include "../peers/contender.hpp"
#include "../peers/convolutions.hpp"

namespace depthwise {

inline constexpr std::size_t size = 56, channels = 128;
/// 56 with stride 1, 28 with stride 2.
constexpr std::size_t results(std::size_t stride) { return (size - 1) / stride + 1; }

/// The same numbers for everyone: `place` counts in the order [row][column][channel], or [filter row][filter column][channel].
inline float number(std::size_t place) { return float(int(place * 37 % 101) - 50) / 64; }

}  // namespace depthwise
