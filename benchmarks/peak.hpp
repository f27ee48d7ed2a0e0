// SPDX-License-Identifier: BSL-1.0
/// @file peak.hpp
/// The multiply-add peak of one core as it is right now, to measure kernels against on machines whose speed
/// changes.
#pragma once
#include <time.h>
#include <archetype/kernels/vectors/lanes.hpp>

#include <cstddef>

namespace benchmarks {

/// Processor seconds of the calling thread: what other processes take meanwhile does not count.
inline double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

/// Processor seconds that a call takes.
template <class Function>
double seconds(Function&& function) {
    const double start = thread_seconds();
    function();
    return thread_seconds() - start;
}

/// Floating-point operations per second of independent multiply-adds on vectors of `T`: the best of three
/// runs of about 50 microseconds. A multiply-add counts as two operations.
template <class T>
[[gnu::noinline]] double multiply_add_peak(std::size_t repetitions = 16384) {
    namespace kernels = archetype::kernels;
#if defined(__AVX512F__) || defined(__aarch64__)
    constexpr std::size_t sums = 24;  // with two operands they fill the registers, and hide any latency
#else
    constexpr std::size_t sums = 12;
#endif
    T one = T(1);
    asm volatile("" : "+m"(one));  // unknown to the compiler from here on
    double best = 1e30;
    for (int run = 0; run < 3; ++run) {
        const double time = seconds([&one, repetitions] {
            const kernels::lanes<T> factor = kernels::broadcast(one * T(0.9999)),
                                    term = kernels::broadcast(one * T(1e-4));
            kernels::lanes<T> sum[sums];
            for (auto& value : sum) value = kernels::broadcast(one);
#pragma GCC unroll 1
            for (std::size_t i = 0; i < repetitions; ++i)
#pragma GCC unroll 24
                for (std::size_t s = 0; s < sums; ++s) sum[s] = kernels::multiply_add(sum[s], factor, term);
            kernels::lanes<T> total = sum[0];
            for (std::size_t s = 1; s < sums; ++s) total = total + sum[s];
            one = T(1) + T(0) * kernels::sum(total);
            asm volatile("" : "+m"(one));
        });
        if (time < best) best = time;
    }
    return 2.0 * double(sums * repetitions * kernels::lane_count<T>) / best;
}

}  // namespace benchmarks
