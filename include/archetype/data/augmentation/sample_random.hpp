// SPDX-License-Identifier: BSL-1.0
/// @file sample_random.hpp
/// Random numbers that depend on a seed, an epoch and a sample alone, and are the same on every platform.
#pragma once
#include <archetype/instruction_set.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// SplitMix64 (Steele, Lea, Flood 2014): one begins for each sample of each epoch, which the 2,504 bytes that
/// `random_source` fills first would be too dear for.
class sample_random {
public:
    sample_random(std::uint64_t seed, std::uint64_t epoch, std::uint64_t number)
        : state_(mixed(mixed(mixed(seed) + epoch) + number)) {}

    std::uint64_t next() { return mixed(state_ += step); }
    /// At least 0 and below 1.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    /// From `low` to `high`.
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// 0 to `count - 1`; the bias is below count / 2^64.
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
    /// True with this probability.
    bool chance(double probability) { return uniform() < probability; }
    /// Mean 0, deviation 1 (Box and Muller).
    double normal() {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return radius * std::cos(2 * std::numbers::pi * uniform());
    }
    /// The logarithm of a number of the gamma distribution with this shape (above 0) and scale 1 (Marsaglia and Tsang 2000).
    double log_gamma(double shape) {
        // Below 1: a gamma of shape + 1 times u^(1 / shape), which may be too small for a number.
        const double factor = shape < 1 ? std::log(1 - uniform()) / shape : 0;
        const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
        while (true) {
            const double x = normal(), v = (1 + c * x) * (1 + c * x) * (1 + c * x);
            if (v <= 0) continue;
            if (std::log(1 - uniform()) < x * x / 2 + d - d * v + d * std::log(v))
                return factor + std::log(d * v);
        }
    }
    /// Of the beta distribution with both shapes `alpha`.
    double beta(double alpha) {
        const double one = log_gamma(alpha), other = log_gamma(alpha);
        return 1 / (1 + std::exp(other - one));
    }

private:
    static constexpr std::uint64_t step = 0x9e3779b97f4a7c15u;
    static std::uint64_t mixed(std::uint64_t z) {
        z += step;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::uint64_t state_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
