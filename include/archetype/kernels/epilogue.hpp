// SPDX-License-Identifier: BSL-1.0
/// @file epilogue.hpp
/// What a kernel does to each vector of results just before it stores it.
#pragma once
#include <archetype/kernels/lanes.hpp>
#include <cstddef>

namespace archetype::kernels {

/// Where the first lane of a vector of results goes: logical indices, without halos. The lanes that follow are the next
/// channels; where a kernel's lanes run over several pixels, they continue with channel 0 of the next column.
struct place {
    std::size_t sample = 0, y = 0, x = 0, channel = 0;
};

/// An epilogue is any callable `lanes<T> operator()(lanes<T> value, place where) const`. It is pure, is applied once to
/// every vector of results, and may meet garbage in lanes past the last channel, which are dropped.
struct identity_epilogue {
    template <class Lanes>
    ARCHETYPE_INLINE Lanes operator()(const Lanes& value, const place&) const {
        return value;
    }
};

}  // namespace archetype::kernels
