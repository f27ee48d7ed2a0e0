// SPDX-License-Identifier: BSL-1.0
/// @file winograd_cost.hpp
/// Where Winograd's filtering can be, where it is faster than the direct kernels, and the memory that it takes.
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype::detail {

/// 3 x 3 with stride 1, dilation 1 and one group, of an image.
constexpr bool fits_winograd(const layer_facts& at) {
    const auto fits = [](const window_axis& axis) {
        return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1;
    };
    return at.has_window && fits(at.window.rows) && fits(at.window.columns) && at.groups == 1;
}

constexpr std::size_t winograd_tiles(const shape& results, std::size_t tile) {
    return (results.height() + tile - 1) / tile * ((results.width() + tile - 1) / tile);
}

/// Multiply-adds that a convolution of one image takes, for each pair of channels. Transforms take ten for each point of a
/// channel; each weight that has to come from beyond the nearest megabyte as long as twelve; fewer rows than a register tile
/// has as long as all of them. Measured: docs/benchmarks.md.
/// @param tile  0 for the direct kernels
constexpr double winograd_cost(const shape& results, std::size_t inputs, std::size_t tile) {
    constexpr double transform = 10, far_weight = 12;
    constexpr std::size_t rows = 8;
    const double pairs = static_cast<double>(inputs) * static_cast<double>(results.channels());
    const double weights = static_cast<double>(tile == 0 ? 9 : (tile + 2) * (tile + 2));
    const double reading = 4 * weights * pairs > 1048576 ? far_weight * weights : 0;
    const std::size_t all = tile == 0 ? results.height() * results.width() : winograd_tiles(results, tile);
    const double points = static_cast<double>(all < rows ? rows : all) * weights;
    if (tile == 0) return points + reading;
    return points + points * transform * static_cast<double>(inputs + results.channels()) / pairs + reading;
}

/// The side of the tile, 2 to `most`, that takes a tenth less than the direct kernels or better; 0 where none does.
constexpr std::size_t fastest_winograd(const shape& in, const layer_facts& at, std::size_t most) {
    if (!at.may_filter) return 0;
    std::size_t best = 0;
    double least = 0.9 * winograd_cost(at.output, in.channels(), 0);
    for (std::size_t tile = 2; tile <= most; tile += 2)
        if (const double cost = winograd_cost(at.output, in.channels(), tile); cost < least)
            least = cost, best = tile;
    return best;
}

/// Tiles in a group: the points of their channels fill half a megabyte; far weights are read for more tiles at once.
constexpr std::size_t winograd_group(std::size_t tile, std::size_t inputs, std::size_t filters) {
    const std::size_t points = (tile + 2) * (tile + 2), fitting = 131072 / (points * (inputs + filters));
    if (points * inputs * filters * 4 > 8388608) return 100;
    return fitting < 20 ? 20 : fitting;
}

/// Elements that inference of one sample needs; n samples of n times as many tiles need at most n times as much.
constexpr std::uint64_t winograd_scratch(std::size_t inputs, const shape& results, std::size_t tile) {
    const std::size_t most = winograd_group(tile, inputs, results.channels()),
                      all = winograd_tiles(results, tile), group = all < most ? all : most;
    // Rests of vectors (16 numbers), register tiles (10 rows) and panels (64 filters), and gaps between points.
    const std::uint64_t cells = std::uint64_t{group} * (inputs + 15) + 16,
                        sums = std::uint64_t{group + 9} * (results.channels() + 63) + 16;
    return (tile + 2) * (tile + 2) * (cells + sums);
}
template <class Node>
constexpr std::uint64_t winograd_scratch(const Node& at) {
    return winograd_scratch(at.input.channels(), at.output, at.winograd);
}

}  // namespace archetype::detail
