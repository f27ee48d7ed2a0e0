// SPDX-License-Identifier: BSL-1.0
/// Largest difference of two arrays, and samples of normal variables.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <xtensor/xtensor.hpp>

template <class A, class B>
double largest_difference(const A& a, const B& b) {
    if (a.dimension() != b.dimension() || !std::equal(a.shape().begin(), a.shape().end(), b.shape().begin()))
        return std::numeric_limits<double>::infinity();
    double largest = 0;
    auto j = b.begin();
    for (auto i = a.begin(); i != a.end(); ++i, ++j) {
        const double difference = std::abs(static_cast<double>(*i) - static_cast<double>(*j));
        if (!(difference <= largest)) largest = difference;
    }
    return largest;
}

inline xt::xtensor<double, 2> normal_samples(std::size_t count, std::size_t features, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    auto samples = xt::xtensor<double, 2>::from_shape({count, features});
    for (double& value : samples) value = normal(random);
    return samples;
}
