// SPDX-License-Identifier: BSL-1.0
/// @file constant_weights.hpp
/// Weights in read-only storage, bound by type to the architecture they were trained for. Freestanding.
#pragma once
#include <cstddef>
#include <cstdint>

namespace archetype {

/// Elements that can be read past the end of `constant_weights::data`, so that vectors need no masks at the
/// tail.
inline constexpr std::size_t constant_weights_slack = 64;

/// `Count` parameters of the network whose hash is `Architecture`: a pointer into constant storage that is
/// aligned to 64 bytes and followed by `constant_weights_slack` zeros. Generated headers define one. An
/// inference object checks both numbers at compile time, so weights of another network do not compile.
template <std::uint64_t Architecture, std::size_t Count, class T = float>
struct constant_weights {
    using value_type = T;
    static constexpr std::uint64_t architecture = Architecture;

    const T* data;

    static constexpr std::size_t size() { return Count; }
    constexpr const T* begin() const { return data; }
    constexpr const T* end() const { return data + Count; }
    constexpr const T& operator[](std::size_t index) const { return data[index]; }
};

}  // namespace archetype
