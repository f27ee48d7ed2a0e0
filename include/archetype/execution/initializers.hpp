// SPDX-License-Identifier: BSL-1.0
/// @file initializers.hpp
/// How weights start. Biases start at 0, scales and variances of normalizations at 1.
#pragma once
#include <archetype/architecture/layer.hpp>
#include <archetype/execution/random.hpp>

namespace archetype {

/// Uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot, Bengio 2010). Keras' default, and this library's.
struct glorot_uniform {
    double operator()(const parameter& of, detail::random_source& random) const {
        return std::sqrt(6.0 / static_cast<double>(of.fan_in + of.fan_out)) * (2 * random.uniform() - 1);
    }
};
/// Normal with deviation sqrt(2 / (fan_in + fan_out)) (Glorot, Bengio 2010).
struct glorot_normal {
    double operator()(const parameter& of, detail::random_source& random) const {
        return std::sqrt(2.0 / static_cast<double>(of.fan_in + of.fan_out)) * random.normal();
    }
};
/// Uniform in +-sqrt(6 / fan_in) (He et al. 2015), for layers with ReLU.
struct he_uniform {
    double operator()(const parameter& of, detail::random_source& random) const {
        return std::sqrt(6.0 / static_cast<double>(of.fan_in)) * (2 * random.uniform() - 1);
    }
};
/// Normal with deviation sqrt(2 / fan_in) (He et al. 2015), for layers with ReLU.
struct he_normal {
    double operator()(const parameter& of, detail::random_source& random) const {
        return std::sqrt(2.0 / static_cast<double>(of.fan_in)) * random.normal();
    }
};

}  // namespace archetype
