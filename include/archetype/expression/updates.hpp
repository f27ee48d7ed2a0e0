// SPDX-License-Identifier: BSL-1.0
/// @file updates.hpp
/// One step of an optimizer as an expression: new parameter and new state from the old ones and the gradient.
///
/// Rates are run-time constants of the expression, so its type stays the same from step to step. Variables
/// are (parameter, gradient, state...), results (parameter, state...); state starts at zero.
#pragma once
#include <archetype/expression/composed.hpp>

namespace archetype::expression::updates {

namespace detail {

inline constexpr variable<0> parameter{};
inline constexpr variable<1> gradient{};
inline constexpr variable<2> first{};
inline constexpr variable<3> second{};

/// rate^steps.
constexpr double power(double rate, unsigned long long steps) {
    double result = 1;
    for (; steps != 0; steps >>= 1, rate *= rate)
        if ((steps & 1) != 0) result *= rate;
    return result;
}

}  // namespace detail

/// Plain gradient descent: p - rate (g + weight_decay p). Variables (parameter, gradient).
constexpr auto sgd(double rate, double weight_decay = 0) {
    using namespace detail;
    return parameter - rate * (gradient + weight_decay * parameter);
}

/// Momentum as in PyTorch and Keras with the rate outside: v' = momentum v + g, p' = p - rate v'.
/// Variables (parameter, gradient, velocity), results (parameter, velocity).
constexpr auto momentum(double rate, double momentum, double weight_decay = 0) {
    using namespace detail;
    const auto velocity = momentum * first + (gradient + weight_decay * parameter);
    return results(parameter - rate * velocity, velocity);
}

/// Nesterov's momentum in the form of the frameworks: v' = momentum v + g, p' = p - rate (g + momentum v').
/// Variables (parameter, gradient, velocity), results (parameter, velocity).
constexpr auto nesterov(double rate, double momentum, double weight_decay = 0) {
    using namespace detail;
    const auto slope = gradient + weight_decay * parameter;
    const auto velocity = momentum * first + slope;
    return results(parameter - rate * (slope + momentum * velocity), velocity);
}

/// Adam, algorithm 1 of Kingma and Ba 2015, as PyTorch: epsilon is added to the root of the bias-corrected
/// variance. `step` counts from 1. Weight decay is added to the gradient. Variables (parameter, gradient,
/// first moment, second moment), results (parameter, first, second).
constexpr auto adam(unsigned long long step, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
                    double epsilon = 1e-8, double weight_decay = 0) {
    using namespace detail;
    const auto slope = gradient + weight_decay * parameter;
    const auto m = beta1 * first + (1 - beta1) * slope;
    const auto v = beta2 * second + (1 - beta2) * square(slope);
    const double corrected_rate = rate / (1 - power(beta1, step));
    const double correction = 1 / (1 - power(beta2, step));
    return results(parameter - corrected_rate * m / (sqrt(correction * v) + epsilon), m, v);
}

/// Adam in the faster form of the same paper's section 2, as TensorFlow and Keras: epsilon (its "epsilon
/// hat") is added to the root of the uncorrected variance, so that it weighs more in early steps.
constexpr auto adam_epsilon_hat(unsigned long long step, double rate = 1e-3, double beta1 = 0.9,
                                double beta2 = 0.999, double epsilon = 1e-7, double weight_decay = 0) {
    using namespace detail;
    const auto slope = gradient + weight_decay * parameter;
    const auto m = beta1 * first + (1 - beta1) * slope;
    const auto v = beta2 * second + (1 - beta2) * square(slope);
    const double corrected_rate = rate * elementary::sqrt(1 - power(beta2, step)) / (1 - power(beta1, step));
    return results(parameter - corrected_rate * m / (sqrt(v) + epsilon), m, v);
}

/// Adam with decoupled weight decay (AdamW), Loshchilov and Hutter 2019, as PyTorch.
constexpr auto adamw(unsigned long long step, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
                     double epsilon = 1e-8, double weight_decay = 1e-2) {
    using namespace detail;
    const auto m = beta1 * first + (1 - beta1) * gradient;
    const auto v = beta2 * second + (1 - beta2) * square(gradient);
    const double corrected_rate = rate / (1 - power(beta1, step));
    const double correction = 1 / (1 - power(beta2, step));
    return results(
        (1 - rate * weight_decay) * parameter - corrected_rate * m / (sqrt(correction * v) + epsilon), m, v);
}

}  // namespace archetype::expression::updates
