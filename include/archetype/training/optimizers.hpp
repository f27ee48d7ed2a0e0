// SPDX-License-Identifier: BSL-1.0
/// @file optimizers.hpp
/// How parameters move: each optimizer is one pointwise expression over parameter, gradient and state. Defaults are Keras'
/// unless said otherwise.
///
/// An optimizer has `states`, the numbers kept for each parameter (they start at 0), and `update(step)`, an expression of
/// (parameter, gradient, states...) with the results (parameter, states...); `step` is 1 for the first update. It may have
/// `look_ahead()`, an expression of (parameter, states...): the point at which the gradient is taken, which `update` then
/// gets in place of the parameter. `check()` throws std::invalid_argument for settings that make no sense. A schedule sets
/// its member `rate` before each update. Those of the library check by what they are given (setting_checks.hpp), on devices too.
#pragma once
#include <archetype/expression/updates.hpp>
#include <archetype/training/anywhere/setting_checks.hpp>

#include <cstddef>
#include <cstdint>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Stochastic gradient descent, with momentum (PyTorch's form: v = momentum * v + g; w = w - rate * v) and weight decay
/// (g + weight_decay * w in place of g). `nesterov` is what the frameworks call by that name:
/// w = w - rate * (g + momentum * v).
struct sgd {
    double rate = 0.01;
    double momentum = 0;
    double weight_decay = 0;
    bool nesterov = false;
    static constexpr std::size_t states = 1;  ///< numbers kept for each parameter
    constexpr auto update(std::uint64_t) const {
        return expression::updates::momentum(rate, momentum, weight_decay, nesterov);
    }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        checks.not_negative("sgd", "rate", rate);
        checks.fraction("sgd", "momentum", momentum);
        checks.not_negative("sgd", "weight_decay", weight_decay);
    }
};

/// Stochastic gradient descent without momentum, which keeps nothing for a parameter: w = w - rate * (g + weight_decay * w),
/// the parameters of `sgd` with a momentum of 0.
struct plain_sgd {
    double rate = 0.01;
    double weight_decay = 0;
    static constexpr std::size_t states = 0;
    constexpr auto update(std::uint64_t) const { return expression::updates::sgd(rate, weight_decay); }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        checks.not_negative("plain_sgd", "rate", rate);
        checks.not_negative("plain_sgd", "weight_decay", weight_decay);
    }
};

/// Momentum with the rate inside (Polyak 1964; Keras' SGD): v = momentum * v - rate * g; w = w + v, or with `nesterov`, as
/// Keras, w = w + momentum * v - rate * g.
struct classical_momentum {
    double rate = 0.01;
    double momentum = 0.9;
    bool nesterov = false;
    static constexpr std::size_t states = 1;
    constexpr auto update(std::uint64_t) const {
        return expression::updates::classical_momentum(rate, momentum, nesterov);
    }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        checks.not_negative("classical_momentum", "rate", rate);
        checks.fraction("classical_momentum", "momentum", momentum);
    }
};

/// Nesterov's method (1983) as it is written: the gradient g is taken at w + momentum * v; then
/// v = momentum * v - rate * g; w = w + v.
struct nesterov {
    double rate = 0.01;
    double momentum = 0.9;
    static constexpr std::size_t states = 1;
    constexpr auto look_ahead() const { return expression::updates::look_ahead(momentum); }
    constexpr auto update(std::uint64_t) const { return expression::updates::nesterov(rate, momentum); }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        checks.not_negative("nesterov", "rate", rate);
        checks.fraction("nesterov", "momentum", momentum);
    }
};

/// AdaGrad (Duchi, Hazan, Singer 2011): s = s + g^2; w = w - rate * g / sqrt(s + epsilon), s from
/// `initial_accumulator` on.
struct adagrad {
    double rate = 1e-3;
    double initial_accumulator = 0.1;
    double epsilon = 1e-7;
    static constexpr std::size_t states = 1;
    constexpr auto update(std::uint64_t) const {
        return expression::updates::adagrad(rate, initial_accumulator, epsilon);
    }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        checks.not_negative("adagrad", "rate", rate);
        checks.not_negative("adagrad", "initial_accumulator", initial_accumulator);
        checks.positive("adagrad", "epsilon", epsilon);
    }
};

/// RMSprop (Tieleman, Hinton 2012): v = rho * v + (1 - rho) * g^2; w = w - rate * g / (sqrt(v) + epsilon).
struct rmsprop {
    double rate = 1e-3;
    double rho = 0.9;
    double epsilon = 1e-7;
    static constexpr std::size_t states = 1;
    constexpr auto update(std::uint64_t) const { return expression::updates::rmsprop(rate, rho, epsilon); }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        checks.not_negative("rmsprop", "rate", rate);
        checks.fraction("rmsprop", "rho", rho);
        checks.positive("rmsprop", "epsilon", epsilon);
    }
};

/// Adadelta (Zeiler 2012): v = rho * v + (1 - rho) * g^2; d = g * sqrt(u + epsilon) / sqrt(v + epsilon);
/// u = rho * u + (1 - rho) * d^2; w = w - rate * d. It needs no rate: 1 is the method.
struct adadelta {
    double rate = 1;
    double rho = 0.9;
    double epsilon = 1e-7;
    static constexpr std::size_t states = 2;
    constexpr auto update(std::uint64_t) const { return expression::updates::adadelta(rate, rho, epsilon); }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        checks.not_negative("adadelta", "rate", rate);
        checks.fraction("adadelta", "rho", rho);
        checks.positive("adadelta", "epsilon", epsilon);
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What Adam and its kin check.
template <class Checks, class Optimizer>
constexpr void check_adam(const Checks& checks, const char* name, const Optimizer& optimizer) {
    checks.not_negative(name, "rate", optimizer.rate);
    checks.fraction(name, "beta_1", optimizer.beta_1);
    checks.fraction(name, "beta_2", optimizer.beta_2);
    checks.positive(name, "epsilon", optimizer.epsilon);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Adam (Kingma, Ba 2015, algorithm 1; PyTorch): epsilon is added to the root of the bias-corrected second moment.
struct adam {
    double rate = 1e-3;
    double beta_1 = 0.9, beta_2 = 0.999;
    double epsilon = 1e-8;
    static constexpr std::size_t states = 2;
    constexpr auto update(std::uint64_t step) const {
        return expression::updates::adam(step, rate, beta_1, beta_2, epsilon);
    }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        detail::check_adam(checks, "adam", *this);
    }
};

/// Adam as TensorFlow and Keras compute it (the paper's "epsilon hat"): epsilon is added to the root of the second moment
/// before its bias is corrected, so that it weighs more in early steps and for small gradients.
struct adam_epsilon_hat {
    double rate = 1e-3;
    double beta_1 = 0.9, beta_2 = 0.999;
    double epsilon = 1e-7;
    static constexpr std::size_t states = 2;
    constexpr auto update(std::uint64_t step) const {
        return expression::updates::adam_epsilon_hat(step, rate, beta_1, beta_2, epsilon);
    }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        detail::check_adam(checks, "adam_epsilon_hat", *this);
    }
};

/// AdaMax (Kingma, Ba 2015, section 7.1): the second moment's root becomes u = max(beta_2 * u, |g|).
struct adamax {
    double rate = 2e-3;
    double beta_1 = 0.9, beta_2 = 0.999;
    double epsilon = 1e-7;
    static constexpr std::size_t states = 2;
    constexpr auto update(std::uint64_t step) const {
        return expression::updates::adamax(step, rate, beta_1, beta_2, epsilon);
    }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        detail::check_adam(checks, "adamax", *this);
    }
};

/// Adam with decoupled weight decay (Loshchilov, Hutter 2019; PyTorch's defaults): weights shrink by
/// rate * weight_decay * w apart from the gradient.
struct adamw {
    double rate = 1e-3;
    double beta_1 = 0.9, beta_2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 1e-2;
    static constexpr std::size_t states = 2;
    constexpr auto update(std::uint64_t step) const {
        return expression::updates::adamw(step, rate, beta_1, beta_2, epsilon, weight_decay);
    }
    template <class Checks = detail::setting_checks>
    constexpr void check(const Checks& checks = Checks()) const {
        detail::check_adam(checks, "adamw", *this);
        checks.not_negative("adamw", "weight_decay", weight_decay);
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
