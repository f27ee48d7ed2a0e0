// SPDX-License-Identifier: BSL-1.0
/// @file augment.hpp
/// More samples from those there are.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/error.hpp>

#include <array>
#include <cstddef>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A copy of the samples moved down by `rows` and to the right by `columns` (negative: up, left); what moves in is zero.
inline dataset shift(const dataset& data, std::ptrdiff_t rows, std::ptrdiff_t columns) {
    dataset moved{xt::xtensor<float, 4>::from_shape(data.samples.shape()), data.labels};
    moved.samples.fill(0.f);
    const auto height = static_cast<std::ptrdiff_t>(data.samples.shape()[1]);
    const auto width = static_cast<std::ptrdiff_t>(data.samples.shape()[2]);
    const std::size_t channels = data.samples.shape()[3];
    for (std::size_t n = 0; n < data.size(); ++n)
        for (std::ptrdiff_t y = 0; y < height; ++y)
            for (std::ptrdiff_t x = 0; x < width; ++x) {
                if (y - rows < 0 || y - rows >= height || x - columns < 0 || x - columns >= width) continue;
                for (std::size_t c = 0; c < channels; ++c)
                    moved.samples(n, static_cast<std::size_t>(y), static_cast<std::size_t>(x), c) =
                        data.samples(n, static_cast<std::size_t>(y - rows),
                                     static_cast<std::size_t>(x - columns), c);
            }
    return moved;
}

/// Which way `flip` mirrors: `horizontal` exchanges left and right, `vertical` top and bottom.
enum class flip_direction { horizontal, vertical };

/// A copy with mirrored samples.
inline dataset flip(const dataset& data, flip_direction direction) {
    dataset mirrored{xt::xtensor<float, 4>::from_shape(data.samples.shape()), data.labels};
    const auto [count, height, width, channels] = data.samples.shape();
    const bool horizontal = direction == flip_direction::horizontal;
    for (std::size_t n = 0; n < count; ++n)
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x)
                for (std::size_t c = 0; c < channels; ++c)
                    mirrored.samples(n, y, x, c) =
                        data.samples(n, horizontal ? y : height - 1 - y, horizontal ? width - 1 - x : x, c);
    return mirrored;
}

/// The samples of the first set, then those of the second. @throws std::invalid_argument if their shapes differ
inline dataset join(const dataset& first, const dataset& second) {
    auto extents = first.samples.shape();
    for (std::size_t axis = 1; axis < 4; ++axis)
        if (extents[axis] != second.samples.shape()[axis])
            throw detail::thrown<std::invalid_argument>(
                "join: expected samples of equal shape, found " + std::to_string(extents[axis]) + " and " +
                std::to_string(second.samples.shape()[axis]) + " on axis " + std::to_string(axis));
    extents[0] += second.size();
    dataset both{xt::xtensor<float, 4>::from_shape(extents),
                 xt::xtensor<std::int32_t, 1>::from_shape({extents[0]})};
    std::copy(second.samples.begin(), second.samples.end(),
              std::copy(first.samples.begin(), first.samples.end(), both.samples.begin()));
    std::copy(second.labels.begin(), second.labels.end(),
              std::copy(first.labels.begin(), first.labels.end(), both.labels.begin()));
    return both;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
