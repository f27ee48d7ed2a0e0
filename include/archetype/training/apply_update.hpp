// SPDX-License-Identifier: BSL-1.0
/// @file apply_update.hpp
/// One pass over parameters, gradients and states for a step of an optimizer.
#pragma once
#include <archetype/execution/steps/parallel.hpp>
#include <archetype/execution/training/training_steps.hpp>
#include <archetype/expression/evaluate.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
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

/// Moves parameters [first, last) by an expression that is prepared (`expression::prepare`), of (parameter, gradient if
/// `Gradients`, states...).
template <std::size_t Gradients, std::size_t States, class Move, class T, class State>
ARCHETYPE_INLINE void apply_expression(const Move& move, T* parameters, const T* gradients, State* states,
                                       std::size_t stride, std::size_t first, std::size_t last) {
    [&]<std::size_t... S, std::size_t... G>(std::index_sequence<S...>, std::index_sequence<G...>) {
        for_vectors<T>(first, last, [&](std::size_t i, std::size_t some) ARCHETYPE_INLINE_LAMBDA {
            const auto moved = move(kernels::load(parameters + i), kernels::load(gradients + i + G)...,
                                    kernels::load(states + S * stride + i)...);
            // A list of one for each of them; what has no states may also be that one alone.
            if constexpr (requires { std::tuple_size<std::remove_cv_t<decltype(moved)>>::value; }) {
                kernels::store_partial(parameters + i, moved[0], some);
                (kernels::store_partial(states + S * stride + i, moved[S + 1], some), ...);
            } else {
                kernels::store_partial(parameters + i, moved, some);
            }
        });
    }
    (std::make_index_sequence<States>{}, std::make_index_sequence<Gradients>{});
}

/// Elements that stay in the nearest caches from one look at them to the next.
inline constexpr std::size_t update_block = 16384;

/// Splits `count` elements into blocks, which are the tasks.
template <class Work>
void for_blocks(const executor& run, std::size_t count, const Work& work) {
    run((count + update_block - 1) / update_block, [&](kernels::range blocks, std::size_t) {
        work(blocks.first * update_block, std::min(blocks.last * update_block, count));
    });
}

/// One step for `count` parameters; `states` are arrays of `stride` elements one after the other. `look(first, last)` is called
/// for each block while its parameters are near, by several threads.
template <class T, class Optimizer, class Look = nobody>
void apply_update(const Optimizer& optimizer, std::uint64_t step, T* parameters, const T* gradients,
                  T* states, std::size_t stride, std::size_t count, const executor& run = executor{},
                  const Look& look = {}) {
    for_blocks(run, count, [&](std::size_t first, std::size_t last) {
        const auto update = expression::prepare<kernels::lanes<T>>(optimizer.update(step));
        for (std::size_t next; first < last; first = next) {
            next = std::is_same_v<Look, nobody> ? last : std::min(first + update_block, last);
            apply_expression<1, Optimizer::states>(update, parameters, gradients, states, stride, first,
                                                   next);
            look(first, next);
        }
    });
}

/// Moves the parameters to where the optimizer takes its gradients.
template <class T, class Optimizer>
void apply_look_ahead(const Optimizer& optimizer, T* parameters, const T* states, std::size_t stride,
                      std::size_t count, const executor& run) {
    for_blocks(run, count, [&](std::size_t first, std::size_t last) {
        const auto ahead = expression::prepare<kernels::lanes<T>>(optimizer.look_ahead());
        apply_expression<0, Optimizer::states>(ahead, parameters, static_cast<const T*>(nullptr), states,
                                               stride, first, last);
    });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
