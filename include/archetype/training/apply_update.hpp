// SPDX-License-Identifier: BSL-1.0
/// @file apply_update.hpp
/// One pass over parameters, gradients and states for a step of an optimizer.
#pragma once
#include <archetype/execution/steps/parallel.hpp>
#include <archetype/expression/evaluate.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Calls `body(i, some)` for vectors that cover [first, last); all but the last are full.
template <class T, class Body>
ARCHETYPE_INLINE void for_vectors(std::size_t first, std::size_t last, const Body& body) {
    constexpr std::size_t width = kernels::lane_count<T>;
    std::size_t i = first;
    for (; i + width <= last; i += width) body(i, width);
    if (i < last) body(i, last - i);
}

/// Splits `count` elements into blocks, which are the tasks.
template <class Work>
void for_blocks(const executor& run, std::size_t count, const Work& work) {
    constexpr std::size_t block = 16384;
    run((count + block - 1) / block, [&](kernels::range blocks, std::size_t) {
        work(blocks.first * block, std::min(blocks.last * block, count));
    });
}

/// One step for `count` parameters; `states` are arrays of `stride` elements one after the other.
template <class T, class Optimizer>
void apply_update(const Optimizer& optimizer, std::uint64_t step, T* parameters, const T* gradients,
                  T* states, std::size_t stride, std::size_t count, const executor& run = executor{}) {
    for_blocks(run, count, [&](std::size_t first, std::size_t last) {
        const auto update = expression::prepare<kernels::lanes<T>>(optimizer.update(step));
        [&]<std::size_t... S>(std::index_sequence<S...>) {
            for_vectors<T>(first, last, [&](std::size_t i, std::size_t some) ARCHETYPE_INLINE_LAMBDA {
                const auto moved = update(kernels::load(parameters + i), kernels::load(gradients + i),
                                          kernels::load(states + S * stride + i)...);
                kernels::store_partial(parameters + i, moved[0], some);
                (kernels::store_partial(states + S * stride + i, moved[S + 1], some), ...);
            });
        }
        (std::make_index_sequence<Optimizer::states>{});
    });
}

/// Moves the parameters to where the optimizer takes its gradients.
template <class T, class Optimizer>
void apply_look_ahead(const Optimizer& optimizer, T* parameters, const T* states, std::size_t stride,
                      std::size_t count, const executor& run) {
    for_blocks(run, count, [&](std::size_t first, std::size_t last) {
        const auto ahead = expression::prepare<kernels::lanes<T>>(optimizer.look_ahead());
        [&]<std::size_t... S>(std::index_sequence<S...>) {
            for_vectors<T>(first, last, [&](std::size_t i, std::size_t some) ARCHETYPE_INLINE_LAMBDA {
                kernels::store_partial(
                    parameters + i,
                    ahead(kernels::load(parameters + i), kernels::load(states + S * stride + i)...), some);
            });
        }
        (std::make_index_sequence<Optimizer::states>{});
    });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
