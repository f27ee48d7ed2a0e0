// SPDX-License-Identifier: BSL-1.0
/// @file dropout.hpp
/// Dropout (Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
/// 2014) whose mask is a function of seed, step and position: forward and backward make it anew, nothing is
/// stored, and vector width, layout, ranges and threads do not change it.
#pragma once
#include <archetype/kernels/images/runs.hpp>
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

/// out = epilogue(in * (0 or scale)). Forward with activations, backward with gradients and the same
/// mask. In place if the images are equal.
template <image In, image Out, class T, class Epilogue>
void dropout(const T* in, T* out, const dropout_mask& mask, const Epilogue& epilogue, range samples) {
    const std::uint32_t threshold = mask.threshold();
    const T scale = static_cast<T>(mask.scale());
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const std::uint64_t key = mask.key(n);
        transform<In, Out, runs_across_pixels<Epilogue>>(
            in, out, {n, n + 1}, [&](const lanes<T>& value, place where) ARCHETYPE_INLINE_LAMBDA {
                const auto first =
                    static_cast<std::uint32_t>((where.y * In.width + where.x) * In.channels + where.channel);
                T factors[lane_count<T>];
                for (std::uint32_t i = 0; i < lane_count<T>; ++i)
                    factors[i] = dropout_mask::bits(key, first + i) < threshold ? T(0) : scale;
                return epilogue(lanes<T>(value * load(factors)), where);
            });
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
