// SPDX-License-Identifier: BSL-1.0
/// @file penalties.hpp
/// Regularizers: l1 |w| + l2 w^2 summed over weights, as layers ask for it in their type (`dense<10, l2<1e-4>>`) and the
/// trainer for all of them.
#pragma once
#include <archetype/expression/differentiate.hpp>
#include <archetype/training/clipping.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The factors of one parameter tensor: its own, and for weights (not for biases and normalizations) those of the trainer.
struct penalty_factors {
    double l1 = 0, l2 = 0;
};
constexpr penalty_factors penalty_of(const parameter& tensor, penalty_factors everywhere) {
    if (tensor.start != initial::weights) everywhere = {};
    return {tensor.l1 + everywhere.l1, tensor.l2 + everywhere.l2};
}

/// Adds the gradient of the penalty, l1 sign(w) + 2 l2 w, to `gradients` and returns the penalty.
template <class Net, class T>
double add_penalties(const T* parameters, T* gradients, penalty_factors everywhere = {}) {
    double sum = 0;
    for_each_trainable<Net>([&](const parameter& tensor, std::size_t first, std::size_t last) {
        const penalty_factors factors = penalty_of(tensor, everywhere);
        if (factors.l1 == 0 && factors.l2 == 0) return;
        constexpr expression::variable<0> weight{};
        const auto penalty = factors.l1 * abs(weight) + factors.l2 * square(weight);
        const auto one = kernels::broadcast(T(1));
        for_vectors<T>(first, last, [&](std::size_t i, std::size_t some) {
            const auto made =
                expression::differentiate(penalty, one, kernels::load_partial(parameters + i, some));
            kernels::store_partial<T>(gradients + i, kernels::load(gradients + i) + made.gradient[0], some);
            sum += static_cast<double>(kernels::sum<T>(made.value));
        });
    });
    return sum;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
