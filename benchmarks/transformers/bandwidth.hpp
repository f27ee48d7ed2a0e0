// SPDX-License-Identifier: BSL-1.0
/// @file bandwidth.hpp
/// How fast one core reads memory that is in no cache, as it is right now.
#pragma once
#include "../peers/contender.hpp"

#include <archetype/kernels/vectors/lanes.hpp>
#include <vector>

namespace peers {

/// Bytes a second of sums over `numbers`, which should be far more than the caches hold: the best of loops that read one, two
/// and four parts of it side by side.
[[gnu::noinline]] inline double read_bandwidth(const std::vector<float>& numbers) {
    namespace kernels = archetype::kernels;
    constexpr std::size_t width = kernels::lane_count<float>, at_once = 8;
    double best = 0;
    for (const std::size_t parts : {1, 2, 4}) {
        const std::size_t each = numbers.size() / parts / (width * at_once) * (width * at_once);
        kernels::lanes<float> sums[at_once];
        for (auto& sum : sums) sum = kernels::broadcast(0.f);
        const double time = seconds([&] {
            for (std::size_t i = 0; i < each; i += width * at_once)
                for (std::size_t part = 0; part < parts; ++part)
                    for (std::size_t k = 0; k < at_once; ++k)
                        sums[k] = sums[k] + kernels::load(numbers.data() + part * each + i + k * width);
        });
        float total = 0;
        for (const auto& sum : sums) total += kernels::sum<float>(sum);
        asm volatile("" : : "m"(total));
        best = std::max(best, double(parts * each * sizeof(float)) / time);
    }
    return best;
}

}  // namespace peers
