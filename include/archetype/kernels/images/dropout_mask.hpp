// SPDX-License-Identifier: BSL-1.0
/// @file dropout_mask.hpp
/// What a dropout drops: a function of seed, step and position.
#pragma once
#include <archetype/instruction_set.hpp>
#include <cstdint>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Which elements a dropout keeps. Two layers of one network need different seeds.
struct dropout_mask {
    std::uint64_t seed = 0, step = 0;
    double rate = 0.5;     // probability that an element becomes 0
    bool inverted = true;  // elements that are kept are scaled

    /// The key of sample `n`'s elements, mixed from seed, step and sample by SplitMix64's (public domain)
    /// finalizer.
    constexpr std::uint64_t key(std::uint64_t n) const {
        return mixed(mixed(mixed(seed + 0x9e3779b97f4a7c15u) ^ step) + n * 0x9e3779b97f4a7c15u);
    }
    /// 32 random bits of element `i` (`(y * width + x) * channels + c`) of a sample: MurmurHash3's 32-bit
    /// finalizer (public domain) with half of the key before each of two rounds.
    static constexpr std::uint32_t bits(std::uint64_t key, std::uint32_t i) {
        return mixed(mixed(i ^ static_cast<std::uint32_t>(key)) + static_cast<std::uint32_t>(key >> 32));
    }
    /// Elements whose bits are below this are dropped.
    constexpr std::uint32_t threshold() const {
        if (!(rate > 0)) return 0;
        return rate >= 1 ? 0xffffffffu : static_cast<std::uint32_t>(rate * 4294967296.0);
    }
    /// Factor of the elements kept: expectations stay as they are.
    constexpr double scale() const {
        return !inverted ? 1.0 : rate >= 1 ? 0.0 : rate > 0 ? 1 / (1 - rate) : 1.0;
    }

private:
    static constexpr std::uint64_t mixed(std::uint64_t v) {
        v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9u;
        v = (v ^ (v >> 27)) * 0x94d049bb133111ebu;
        return v ^ (v >> 31);
    }
    static constexpr std::uint32_t mixed(std::uint32_t v) {
        v = (v ^ (v >> 16)) * 0x85ebca6bu;
        v = (v ^ (v >> 13)) * 0xc2b2ae35u;
        return v ^ (v >> 16);
    }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
