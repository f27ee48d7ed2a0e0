// SPDX-License-Identifier: BSL-1.0
/// @file random.hpp
/// Random numbers that are the same with every standard library: a seed always gives the same network.
#pragma once
#include <archetype/instruction_set.hpp>
#include <cmath>
#include <cstdint>
#include <random>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Where random numbers start.
struct seed {
    std::uint64_t value = 0;
};

/// Uniform and normal numbers from std::mt19937_64, whose sequence the standard fixes (its distributions it does not).
class random_source {
public:
    explicit random_source(std::uint64_t start) : engine_(start) {}
    explicit random_source(seed start) : engine_(start.value) {}

    std::uint64_t bits() { return engine_(); }
    /// In [0, 1), 53 random bits.
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
    /// In [0, count), without bias.
    std::uint64_t below(std::uint64_t count) {
        const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % count;
        std::uint64_t drawn;
        do drawn = engine_();
        while (drawn >= limit);
        return drawn % count;
    }
    /// Mean 0, deviation 1 (Marsaglia's polar method).
    double normal() {
        if (has_spare_) {
            has_spare_ = false;
            return spare_;
        }
        double a, b, square;
        do {
            a = 2 * uniform() - 1;
            b = 2 * uniform() - 1;
            square = a * a + b * b;
        } while (square >= 1 || square == 0);
        const double scale = std::sqrt(-2 * std::log(square) / square);
        spare_ = b * scale;
        has_spare_ = true;
        return a * scale;
    }

private:
    std::mt19937_64 engine_;
    double spare_ = 0;
    bool has_spare_ = false;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
