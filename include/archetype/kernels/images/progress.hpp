// SPDX-License-Identifier: BSL-1.0
/// @file progress.hpp
/// How far a loop over pixels is, told to who works beside it while the pixels are in the nearest cache.
#pragma once
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Called between pieces of a loop, with the number of pixels from the first one on, over all samples one after the other.
struct progress {
    void (*call)(void* who, std::size_t pixels);
    void* who;
    ARCHETYPE_INLINE void reach(std::size_t pixels) const { call(who, pixels); }
};

/// Who is told by a kernel: both may be null. Where nobody is ever told, it takes no place.
template <bool AreThere>
struct companions_of {
    const progress* before = nullptr;  ///< pixels of the input up to here will be read next
    const progress* after = nullptr;   ///< pixels of the result up to here are stored
    ARCHETYPE_INLINE void reads(std::size_t pixels) const {
        if (before != nullptr) before->reach(pixels);
    }
    ARCHETYPE_INLINE void stored(std::size_t pixels) const {
        if (after != nullptr) after->reach(pixels);
    }
    /// The same, and `who` is told of the input.
    constexpr companions_of with_reader(const progress& who) const { return {&who, after}; }
    static constexpr companions_of of_results(const progress& who) { return {nullptr, &who}; }
};
template <>
struct companions_of<false> {
    ARCHETYPE_INLINE void reads(std::size_t) const {}
    ARCHETYPE_INLINE void stored(std::size_t) const {}
    constexpr companions_of with_reader(const progress&) const { return {}; }
    static constexpr companions_of of_results(const progress&) { return {}; }
};
using companions = companions_of<has_many_lanes>;

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
