// SPDX-License-Identifier: BSL-1.0
/// @file seen_range.hpp
/// The numbers that a value takes on calibration samples, and which of them its integers are to cover.
#pragma once
#include <archetype/execution/quantize/quantized_numbers.hpp>
#include <archetype/expression/ieee.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <memory>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Which numbers that the calibration samples lead to get integers of their own; others saturate.
enum class calibration_method {
    min_max,     ///< all (ONNX Runtime's MinMax, PyTorch's MinMaxObserver)
    percentile,  ///< all but a share at both ends (ONNX Runtime's Percentile)
    mse,         ///< the range of least mean squared error (PyTorch's HistogramObserver)
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// How often numbers fell into equal parts of a range; zeros, which integers hold exactly, apart.
struct histogram {
    static constexpr std::size_t parts = 2048;
    std::array<double, parts> counts{};
    double zeros = 0;
};

/// The smallest and the largest number seen.
struct seen_range {
    double low = expression::infinity<double>, high = expression::minus_infinity<double>;
    bool is_given = false;  ///< stays as it is
    std::shared_ptr<histogram> seen{};

    void take(double x) {
        low = std::min(low, x);
        high = std::max(high, x);
    }
    double width() const { return (high - low) / histogram::parts; }
    /// In a second pass over the samples.
    void count(double x) {
        if (!seen) seen = std::make_shared<histogram>();
        if (x == 0 || !(width() > 0)) {
            ++seen->zeros;
            return;
        }
        const double part = std::floor((x - low) / width());
        ++seen->counts[static_cast<std::size_t>(std::clamp(part, 0.0, double{histogram::parts - 1}))];
    }
    template <class Number = std::int8_t>
    quantization_to<Number> quantized() const {
        return low <= high ? quantization_of_range<Number>(low, high) : quantization_to<Number>{};
    }

    /// Leaves out (100 - `percentile`) / 2 percent of the numbers at each end.
    void narrow_to_percentile(double percentile) {
        if (is_given || !seen || !(width() > 0)) return;
        double total = seen->zeros;
        for (const double count : seen->counts) total += count;
        const double cut = total * (100 - percentile) / 200, step = width(), first = low;
        double below = 0, above = 0;
        std::size_t from = 0, to = histogram::parts;
        // Zeros are where they are in the order of numbers.
        const auto with_zeros = [&](std::size_t part) {
            const double begin = first + step * static_cast<double>(part);
            return seen->counts[part] + (begin <= 0 && 0 < begin + step ? seen->zeros : 0.0);
        };
        while (from + 1 < to && below + with_zeros(from) <= cut) below += with_zeros(from++);
        while (to > from + 1 && above + with_zeros(to - 1) <= cut) above += with_zeros(--to);
        low = first + step * static_cast<double>(from);
        high = std::min(high, first + step * static_cast<double>(to));
    }

    /// Keeps the range whose rounding and saturation have the least squared error, of 128 ends at each side.
    template <class Number>
    void narrow_to_least_error() {
        if (is_given || !seen || !(width() > 0)) return;
        // Sums of x^k over parts before each.
        std::array<std::array<double, histogram::parts + 1>, 3> sums{};
        const double step = width(), first = low;
        for (std::size_t i = 0; i < histogram::parts; ++i) {
            const double x = first + step * (static_cast<double>(i) + 0.5), n = seen->counts[i];
            sums[0][i + 1] = sums[0][i] + n;
            sums[1][i + 1] = sums[1][i] + n * x;
            sums[2][i + 1] = sums[2][i] + n * x * x;
        }
        const auto saturated = [&](std::size_t from, std::size_t to, double end) {
            const auto sum = [&](std::size_t k) { return sums[k][to] - sums[k][from]; };
            return std::max(0.0, sum(2) - 2 * end * sum(1) + end * end * sum(0));
        };
        const auto part_of = [&](double x) {
            return static_cast<std::size_t>(
                std::clamp(std::round((x - first) / step), 0.0, double{histogram::parts}));
        };
        constexpr int ends = 128;
        const double lowest = std::min(low, 0.0), highest = std::max(high, 0.0);
        double least = expression::infinity<double>, best_low = lowest, best_high = highest;
        for (int l = 1; l <= (lowest < 0 ? ends : 1); ++l)
            for (int h = 1; h <= (highest > 0 ? ends : 1); ++h) {
                const double from = lowest * l / ends, to = highest * h / ends;
                const double scale = static_cast<double>(quantization_of_range<Number>(from, to).scale);
                const std::size_t begin = part_of(from), end = part_of(to);
                const double error = saturated(0, begin, from) + saturated(end, histogram::parts, to) +
                                     (sums[0][end] - sums[0][begin]) * scale * scale / 12;
                if (error <= least) least = error, best_low = from, best_high = to;
            }
        low = best_low, high = best_high;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
