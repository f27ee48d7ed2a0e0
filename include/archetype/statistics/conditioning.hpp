// SPDX-License-Identifier: BSL-1.0
/// @file conditioning.hpp
/// The Hessian of a quadratic function, its condition number, and what it does to gradient descent.
///
/// With eigenvalues of the Hessian between l and L, kappa = L / l: descent with the best rate 2 / (l + L) shrinks
/// the distance to the minimum by (kappa - 1) / (kappa + 1) in a step, with the best momentum by
/// (sqrt kappa - 1) / (sqrt kappa + 1) in the long run (Polyak 1964).
#pragma once
#include <archetype/expression/ieee.hpp>
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/positive_definite.hpp>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <tuple>
#include <xtensor-blas/xlinalg.hpp>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// Second derivatives of a quadratic function f of std::array<double, N>, which are the same everywhere. They
/// come from differences over whole steps, which are exact for quadratics: there is no step to choose.
/// @throws std::invalid_argument if f is not quadratic (two points away from those steps are tried); in a
/// constant expression that is a compile-time error
template <std::size_t N, class F>
constexpr std::array<std::array<double, N>, N> hessian(const F& f) {
    const auto at = [&](std::size_t i, double x, std::size_t j, double y) {
        std::array<double, N> w{};
        w[i] += x;
        w[j] += y;
        return static_cast<double>(f(w));
    };
    std::array<std::array<double, N>, N> h{};
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t j = 0; j < N; ++j)
            h[i][j] = (at(i, 1, j, 1) - at(i, 1, j, -1) - at(i, -1, j, 1) + at(i, -1, j, -1)) / 4;
    for (double side : {-1.0, 1.0}) {
        std::array<double, N> w{};
        for (std::size_t i = 0; i < N; ++i) w[i] = side * (1.5 + static_cast<double>(i));
        double expected = at(0, 0, 0, 0), size = expected < 0 ? -expected : expected;
        const auto add = [&](double term) {
            expected += term;
            size += term < 0 ? -term : term;
        };
        for (std::size_t i = 0; i < N; ++i) {
            add(w[i] * at(i, 1, i, 0) / 2);
            add(-w[i] * at(i, -1, i, 0) / 2);
            for (std::size_t j = 0; j < N; ++j) add(w[i] * h[i][j] * w[j] / 2);
        }
        const double found = static_cast<double>(f(w)), difference = found - expected;
        if (!(difference <= 1e-9 * size && difference >= -1e-9 * size))
            detail::fail("hessian", "f",
                         "to be quadratic, with " + detail::text(expected) + " at the point tried",
                         detail::text(found));
    }
    return h;
}

/// The same as a matrix [N][N].
template <std::size_t N, class F>
matrix hessian_matrix(const F& f) {
    const auto h = hessian<N>(f);
    matrix result = detail::zeros(N, N);
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t j = 0; j < N; ++j) result(i, j) = h[i][j];
    return result;
}

/// kappa: largest over smallest singular value, for a symmetric matrix largest over smallest |eigenvalue|;
/// infinite for a singular matrix. @throws std::invalid_argument for rank other than 2 or values not finite
template <class E>
double condition_number(const xt::xexpression<E>& a) {
    const matrix values = detail::matrix_of(a, "condition_number", "a");
    const auto decomposition = xt::linalg::svd(values, false, false);
    const vector s = std::get<1>(decomposition);
    const double largest = s(0), smallest = s(s.size() - 1);
    // below this a singular value is rounding
    return smallest > largest * std::numeric_limits<double>::epsilon() ? largest / smallest
                                                                       : expression::infinity<double>;
}

/// f(w) = (w - minimum)^t hessian (w - minimum) / 2.
class quadratic {
public:
    /// @throws std::invalid_argument if the Hessian [n][n] is not symmetric and positive definite, or the
    /// minimum does not have length n
    template <class H, class M>
    quadratic(const xt::xexpression<H>& hessian, const xt::xexpression<M>& minimum)
        : hessian_(detail::matrix_of(hessian, "quadratic", "hessian")),
          minimum_(detail::vector_of(minimum, "quadratic", "minimum")) {
        const detail::positive_definite checked(hessian_, "quadratic", "hessian");
        detail::check_same_length(minimum_.size(), hessian_.shape()[0], "quadratic", "minimum");
        const detail::symmetric_eigen eigen(hessian_);
        lowest_ = eigen.values(0);
        highest_ = eigen.values(minimum_.size() - 1);
    }

    const matrix& hessian() const { return hessian_; }
    const vector& minimum() const { return minimum_; }
    double smallest_eigenvalue() const { return lowest_; }
    double largest_eigenvalue() const { return highest_; }
    double condition_number() const { return highest_ / lowest_; }

    /// f(w). @throws std::invalid_argument if w does not have length n
    double operator()(const vector& w) const {
        const vector slope = gradient(w);
        double sum = 0;
        for (std::size_t i = 0; i < w.size(); ++i) sum += (w(i) - minimum_(i)) * slope(i);
        return sum / 2;
    }
    /// hessian (w - minimum).
    vector gradient(const vector& w) const {
        detail::check_same_length(w.size(), minimum_.size(), "quadratic", "w");
        vector slope = detail::zeros(w.size());
        for (std::size_t i = 0; i < w.size(); ++i)
            for (std::size_t j = 0; j < w.size(); ++j) slope(i) += hessian_(i, j) * (w(j) - minimum_(j));
        return slope;
    }

    /// The rate with which plain gradient descent is fastest: 2 / (l + L). It diverges from 2 / L on.
    double best_rate() const { return 2 / (lowest_ + highest_); }
    /// The pair with which descent with momentum is fastest: rate 4 / (sqrt l + sqrt L)^2, momentum
    /// ((sqrt kappa - 1) / (sqrt kappa + 1))^2.
    double best_momentum_rate() const {
        const double sum = std::sqrt(lowest_) + std::sqrt(highest_);
        return 4 / (sum * sum);
    }
    double best_momentum() const {
        const double root = std::sqrt(condition_number());
        return (root - 1) * (root - 1) / ((root + 1) * (root + 1));
    }

private:
    matrix hessian_;
    vector minimum_;
    double lowest_, highest_;
};

/// Positions [step + 1][n] of descent from `start`: v <- momentum v - rate gradient(w), w <- w + v, v = 0 at
/// first; momentum 0 is plain gradient descent.
/// @throws std::invalid_argument if the start has another length or values not finite, the rate is not
/// positive, or the momentum is not at least 0 and below 1
template <class E>
matrix gradient_descent(const quadratic& f, const xt::xexpression<E>& start, double rate, std::size_t steps,
                        double momentum = 0) {
    vector w = detail::vector_of(start, "gradient_descent", "start");
    detail::check_same_length(w.size(), f.minimum().size(), "gradient_descent", "start");
    detail::check_positive(rate, "gradient_descent", "rate");
    if (!(momentum >= 0 && momentum < 1))
        detail::fail("gradient_descent", "momentum", "to be 0 or more and below 1", momentum);
    matrix path = detail::zeros(steps + 1, w.size());
    vector v = detail::zeros(w.size());
    for (std::size_t step = 0;; ++step) {
        for (std::size_t i = 0; i < w.size(); ++i) path(step, i) = w(i);
        if (step == steps) return path;
        const vector slope = f.gradient(w);
        for (std::size_t i = 0; i < w.size(); ++i) {
            v(i) = momentum * v(i) - rate * slope(i);
            w(i) += v(i);
        }
    }
}

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
