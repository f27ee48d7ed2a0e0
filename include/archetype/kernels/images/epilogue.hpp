// SPDX-License-Identifier: BSL-1.0
/// @file epilogue.hpp
/// What a kernel does to each vector of results just before it stores it.
#pragma once
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Where the first lane of a vector of results goes: logical indices, without halos. The other lanes are the
/// next channels of the same position.
struct place {
    std::size_t sample = 0, y = 0, x = 0, channel = 0;
};

/// An epilogue is any callable `lanes<T> operator()(lanes<T> value, place where) const`. It is pure, is
/// applied once to every result just before it is stored, and may meet garbage in lanes past the last
/// channel, which are dropped. It may declare `static constexpr bool across_pixels = true`: then lanes past
/// the last channel may also be the first channels of the next columns, if the result's pixels lie without
/// gaps. Functions of the value alone should do so, as it lets kernels with few channels fill whole vectors.
struct identity_epilogue {
    static constexpr bool across_pixels = true;
    template <class Lanes>
    ARCHETYPE_INLINE Lanes operator()(const Lanes& value, const place&) const {
        return value;
    }
};

/// Whether an epilogue takes vectors that run over several pixels.
template <class Epilogue>
inline constexpr bool runs_across_pixels = requires {
    requires Epilogue::across_pixels;
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
