// SPDX-License-Identifier: BSL-1.0
/// @file problem.hpp
/// 8-bit layers, batch 1, for both contenders: images of signed bytes with the zero point 0 around them, a bias, a factor and
/// a rectifier.
#pragma once
#include "../peers/contender.hpp"
#include "../peers/convolutions.hpp"

#include <cmath>

namespace int8 {

/// `size` x `size` pixels, a square window that keeps the size but for its stride.
struct layer {
    std::size_t size, in, out, window, stride = 1, groups = 1;
    constexpr std::size_t pad() const { return (window - 1) / 2; }
    constexpr std::size_t out_size() const { return (size + 2 * pad() - window) / stride + 1; }
    constexpr std::size_t taps() const { return window * window * (in / groups); }
    constexpr bool is_depthwise() const { return groups == in; }
};
/// Layers of ResNet, VGG and MobileNet, and dense ones of growing size.
inline constexpr layer layers[] = {
    {56, 64, 64, 3},           {28, 128, 128, 3}, {14, 256, 256, 3},       {7, 512, 512, 3},
    {112, 128, 128, 3},        {56, 256, 256, 3}, {56, 64, 256, 1},        {56, 256, 64, 1},
    {14, 1024, 256, 1},        {7, 512, 2048, 1}, {28, 256, 256, 3, 2},    {56, 256, 512, 1, 2},
    {224, 3, 64, 7, 2},        {224, 3, 64, 3},   {112, 64, 64, 3, 1, 64}, {56, 128, 128, 3, 2, 128},
    {14, 512, 512, 3, 1, 512}, {1, 784, 512, 1},  {1, 1024, 1024, 1},      {1, 4096, 4096, 1}};

/// The same numbers for everyone, from -127 to 127: `place` counts in the order [row][column][channel], or
/// [filter row][filter column][channel in][filter].
inline std::int8_t number(std::size_t place) {
    const std::uint32_t mixed = std::uint32_t(place + 1) * 2654435761u;
    return std::int8_t(int((mixed ^ mixed >> 15) % 255) - 127);
}
inline std::int32_t bias(std::size_t filter) { return std::int32_t(number(filter)) * 64; }
/// The factor of sums is 2 to the power of minus this: results fill most of a byte.
inline int shift(const layer& of) { return int(std::lround(std::log2(std::sqrt(double(of.taps())) * 64))); }

}  // namespace int8
