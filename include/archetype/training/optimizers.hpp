// SPDX-License-Identifier: BSL-1.0
/// @file optimizers.hpp
/// How parameters move: each optimizer is one pointwise expression over parameter, gradient and state, applied to all
/// parameters in one pass.
#pragma once
#include <archetype/expression/evaluate.hpp>
#include <archetype/expression/updates.hpp>
#include <archetype/kernels/lanes_arithmetic.hpp>

#include <cstddef>
#include <cstdint>

namespace archetype {

/// Stochastic gradient descent, with momentum (PyTorch's form: v = momentum * v + g; w = w - rate * v) and weight decay
/// (g + decay * w in place of g).
struct sgd {
    double rate = 0.01;
    double momentum = 0;
    double weight_decay = 0;
    static constexpr std::size_t states = 1;  ///< numbers kept for each parameter
    constexpr auto update(std::uint64_t) const {
        return expression::updates::momentum(rate, momentum, weight_decay);
    }
};

/// Adam (Kingma, Ba 2015, algorithm 1): epsilon is added to the root of the bias-corrected second moment.
struct adam {
    double rate = 1e-3;
    double beta_1 = 0.9, beta_2 = 0.999;
    double epsilon = 1e-8;
    static constexpr std::size_t states = 2;
    constexpr auto update(std::uint64_t step) const {
        return expression::updates::adam(step, rate, beta_1, beta_2, epsilon);
    }
};

namespace detail {

/// One step for `count` parameters; `states` are arrays of `stride` elements one after the other.
template <class T, class Optimizer>
void apply_update(const Optimizer& optimizer, std::uint64_t step, T* parameters, const T* gradients,
                  T* states, std::size_t stride, std::size_t count) {
    constexpr std::size_t width = kernels::lane_count<T>;
    const auto update = optimizer.update(step);
    for (std::size_t i = 0; i < count; i += width) {
        const std::size_t some = count - i < width ? count - i : width;
        [&]<std::size_t... S>(std::index_sequence<S...>) {
            const auto moved =
                expression::evaluate(update, kernels::load(parameters + i), kernels::load(gradients + i),
                                     kernels::load(states + S * stride + i)...);
            kernels::store_partial(parameters + i, moved[0], some);
            (kernels::store_partial(states + S * stride + i, moved[S + 1], some), ...);
        }
        (std::make_index_sequence<Optimizer::states>{});
    }
}

}  // namespace detail
}  // namespace archetype
