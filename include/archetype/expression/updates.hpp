// SPDX-License-Identifier: BSL-1.0
/// @file updates.hpp
/// One step of an optimizer as an expression: new parameter and new state from the old ones and the gradient.
///
/// Rates are run-time constants of the expression, so its type stays the same from step to step. Variables
/// are (parameter, gradient, state...), results (parameter, state...); state starts at zero.
#pragma once
#include <archetype/expression/composed.hpp>

namespace archetype::expression::updates::detail::inline ARCHETYPE_INSTRUCTION_SET {

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

}  // namespace archetype::expression::updates::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::updates::inline ARCHETYPE_INSTRUCTION_SET {

/// Plain gradient descent: p - rate (g + weight_decay p). Variables (parameter, gradient).
constexpr auto sgd(double rate, double weight_decay = 0) {
    using namespace detail;
    return parameter - rate * (gradient + weight_decay * parameter);
}

/// Momentum as in PyTorch, with the rate outside: v' = momentum v + g, p' = p - rate v'; `nesterov` is the form of the
/// frameworks, p' = p - rate (g + momentum v'), in which p is the point ahead. With a constant rate it visits the points at
/// which the look-ahead form below takes its gradients.
/// Variables (parameter, gradient, velocity), results (parameter, velocity).
constexpr auto momentum(double rate, double momentum, double weight_decay = 0, bool nesterov = false) {
    using namespace detail;
    const auto slope = gradient + weight_decay * parameter;
    const auto velocity = momentum * first + slope;
    const double direct = nesterov ? 1 : 0, smoothed = nesterov ? momentum : 1;
    return results(parameter - rate * (direct * slope + smoothed * velocity), velocity);
}

/// Momentum with the rate inside, as Polyak 1964 and Keras: v' = momentum v - rate g, p' = p + v', or with `nesterov`
/// p' = p + momentum v' - rate g. Differs from the form above where the rate changes. Variables (parameter, gradient,
/// velocity), results (parameter, velocity).
constexpr auto classical_momentum(double rate, double momentum, bool nesterov = false) {
    using namespace detail;
    const auto velocity = momentum * first - rate * gradient;
    const double smoothed = nesterov ? momentum : 1, direct = nesterov ? rate : 0;
    return results(parameter + smoothed * velocity - direct * gradient, velocity);
}

/// The point at which Nesterov's method takes the gradient: p + momentum v. Variables (parameter, velocity).
constexpr auto look_ahead(double momentum) { return variable<0>{} + momentum * variable<1>{}; }

/// Nesterov's method from there, with q the point ahead: v' = momentum v - rate g(q), p' = q - momentum v + v'.
/// Variables (q, gradient, velocity), results (parameter, velocity).
constexpr auto nesterov(double rate, double momentum) {
    using namespace detail;
    const auto kept = momentum * first;
    const auto velocity = kept - rate * gradient;
    return results(parameter - kept + velocity, velocity);
}

/// AdaGrad, Duchi et al. 2011: s' = s + g^2, p' = p - rate g / sqrt(s' + initial + epsilon). `initial` is what the sum of
/// squares starts from. Variables (parameter, gradient, sum), results (parameter, sum).
constexpr auto adagrad(double rate, double initial = 0.1, double epsilon = 1e-7) {
    using namespace detail;
    const auto sum = first + square(gradient);
    return results(parameter - rate * gradient / sqrt(sum + (initial + epsilon)), sum);
}

/// RMSprop, Tieleman and Hinton 2012: v' = rho v + (1 - rho) g^2, p' = p - rate g / (sqrt(v') + epsilon).
/// Variables (parameter, gradient, mean square), results (parameter, mean square).
constexpr auto rmsprop(double rate, double rho = 0.9, double epsilon = 1e-7) {
    using namespace detail;
    const auto mean = rho * first + (1 - rho) * square(gradient);
    return results(parameter - rate * gradient / (sqrt(mean) + epsilon), mean);
}

/// Adadelta, Zeiler 2012: v' = rho v + (1 - rho) g^2, d = g sqrt(u + epsilon) / sqrt(v' + epsilon),
/// u' = rho u + (1 - rho) d^2, p' = p - rate d. Variables (parameter, gradient, v, u), results (parameter, v, u).
constexpr auto adadelta(double rate = 1, double rho = 0.9, double epsilon = 1e-7) {
    using namespace detail;
    const auto mean = rho * first + (1 - rho) * square(gradient);
    const auto change = gradient * sqrt((second + epsilon) / (mean + epsilon));
    return results(parameter - rate * change, mean, rho * second + (1 - rho) * square(change));
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

/// AdaMax, section 7.1 of the same paper: u' = max(beta2 u, |g|), p' = p - rate / (1 - beta1^step) m' / (u' + epsilon).
/// The paper has no epsilon; without one a parameter whose gradients are all 0 would become NaN.
constexpr auto adamax(unsigned long long step, double rate = 2e-3, double beta1 = 0.9, double beta2 = 0.999,
                      double epsilon = 1e-7) {
    using namespace detail;
    const auto m = beta1 * first + (1 - beta1) * gradient;
    const auto u = max(beta2 * second, abs(gradient));
    const double corrected_rate = rate / (1 - power(beta1, step));
    return results(parameter - corrected_rate * m / (u + epsilon), m, u);
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

}  // namespace archetype::expression::updates::inline ARCHETYPE_INSTRUCTION_SET
