// SPDX-License-Identifier: BSL-1.0
/// @file problem.hpp
/// Convolutions of 3 x 3 with one cell of zeros around square images, batch 1, for both contenders.
#pragma once
#include "../peers/contender.hpp"
#include "../peers/convolutions.hpp"

namespace winograd {

/// Those of VGG and ResNet: `size` x `size` pixels of as many channels in as out.
struct layer {
    std::size_t size, channels;
};
inline constexpr layer layers[] = {{56, 64},   {28, 128}, {14, 256}, {7, 512},
                                   {112, 128}, {56, 256}, {28, 512}, {14, 512}};

/// The same numbers for everyone: `place` counts in the order [row][column][channel], or [filter row][filter column][channel in][filter].
/// Without a period, or rounding would be the same everywhere and add up.
inline float number(std::size_t place) {
    const std::uint32_t mixed = std::uint32_t(place + 1) * 2654435761u;
    return float(int((mixed ^ mixed >> 15) % 101) - 50) / 64;
}

}  // namespace winograd
