// SPDX-License-Identifier: BSL-1.0
/// @file initializers.hpp
/// How weights start. Biases start at 0, scales and variances of normalizations at 1.
///
/// An initializer is `operator()(parameter, random)`, which gives one number after the other, or `fill(parameter, random,
/// to)`, which gives a whole tensor (row-major) where its numbers depend on each other.
#pragma once
#include <archetype/architecture/layer.hpp>
#include <archetype/execution/host/random.hpp>

#include <array>
#include <type_traits>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Uniform with variance scale / fan: in +-sqrt(3 scale / fan).
inline double scaled_uniform(double scale, double fan, random_source& random) {
    return std::sqrt(3 * scale / fan) * (2 * random.uniform() - 1);
}
inline double scaled_normal(double scale, double fan, random_source& random) {
    return std::sqrt(scale / fan) * random.normal();
}
constexpr double fan_in(const parameter& of) { return static_cast<double>(of.fan_in); }
constexpr double mean_fan(const parameter& of) { return static_cast<double>(of.fan_in + of.fan_out) / 2; }

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot, Bengio 2010). Keras' default, and this library's.
struct glorot_uniform {
    double operator()(const parameter& of, random_source& random) const {
        return detail::scaled_uniform(1, detail::mean_fan(of), random);
    }
};
/// Normal with deviation sqrt(2 / (fan_in + fan_out)) (Glorot, Bengio 2010).
struct glorot_normal {
    double operator()(const parameter& of, random_source& random) const {
        return detail::scaled_normal(1, detail::mean_fan(of), random);
    }
};
/// Uniform in +-sqrt(6 / fan_in) (He et al. 2015), for layers with ReLU.
struct he_uniform {
    double operator()(const parameter& of, random_source& random) const {
        return detail::scaled_uniform(2, detail::fan_in(of), random);
    }
};
/// Normal with deviation sqrt(2 / fan_in) (He et al. 2015), for layers with ReLU.
struct he_normal {
    double operator()(const parameter& of, random_source& random) const {
        return detail::scaled_normal(2, detail::fan_in(of), random);
    }
};
/// Uniform in +-sqrt(3 / fan_in) (LeCun et al. 1998): variance 1 / fan_in.
struct lecun_uniform {
    double operator()(const parameter& of, random_source& random) const {
        return detail::scaled_uniform(1, detail::fan_in(of), random);
    }
};
/// Normal with deviation sqrt(1 / fan_in) (LeCun et al. 1998).
struct lecun_normal {
    double operator()(const parameter& of, random_source& random) const {
        return detail::scaled_normal(1, detail::fan_in(of), random);
    }
};
/// Normal with deviation `Deviation`, whatever the layer's size (Keras' RandomNormal); GPT-2, BERT and ViT start with 0.02.
template <double Deviation = 0.05>
struct random_normal {
    double operator()(const parameter&, random_source& random) const { return Deviation * random.normal(); }
};
/// Every weight is `Value`.
template <double Value>
struct constant {
    double operator()(const parameter&, random_source&) const { return Value; }
};
/// Every weight is 0.
using zeros = constant<0.0>;

/// A random orthogonal matrix times `Gain` (Saxe et al. 2014), of the kernel seen as a matrix with the last axis as columns:
/// its columns, or its rows if there are fewer, are orthonormal. Uniform among all such matrices: normal numbers, made
/// orthogonal by Gram and Schmidt (twice, which is enough for double precision).
template <double Gain = 1.0>
struct orthogonal {
    void fill(const parameter& of, random_source& random, std::vector<double>& to) const {
        const std::size_t columns = of.extents.channels(), rows = to.size() / columns;
        const std::size_t count = rows < columns ? rows : columns, length = rows < columns ? columns : rows;
        std::vector<double> vectors(count * length);  // one after the other
        for (double& number : vectors) number = random.normal();
        for (std::size_t i = 0; i < count; ++i) {
            double* const own = vectors.data() + i * length;
            for (std::size_t other = 0; other < 2 * i; ++other) {
                const double* const before = vectors.data() + other % i * length;
                const double along = product(own, before, length);
                for (std::size_t k = 0; k < length; ++k) own[k] -= along * before[k];
            }
            const double norm = std::sqrt(product(own, own, length));
            for (std::size_t k = 0; k < length; ++k) own[k] /= norm;
        }
        for (std::size_t row = 0; row < rows; ++row)
            for (std::size_t column = 0; column < columns; ++column)
                to[row * columns + column] =
                    Gain * (rows < columns ? vectors[row * length + column] : vectors[column * length + row]);
    }

private:
    static double product(const double* a, const double* b, std::size_t length) {
        double sum = 0;
        for (std::size_t k = 0; k < length; ++k) sum += a[k] * b[k];
        return sum;
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Fills one parameter tensor; `initializer` is for its weights.
template <class Initializer, class T>
void initialize(const Initializer& initializer, const parameter& tensor, random_source& random, T* to) {
    const std::size_t count = static_cast<std::size_t>(tensor.extents.size());
    if (tensor.start == initial::number) {
        for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<T>(tensor.number);
    } else if (tensor.start != initial::weights) {
        for (std::size_t i = 0; i < count; ++i)
            to[i] = tensor.start == initial::ones || (i >= tensor.ones_first && i < tensor.ones_last) ? T(1)
                                                                                                      : T(0);
    } else if constexpr (requires(std::vector<double> & values) {
                             initializer.fill(tensor, random, values);
                         }) {
        std::vector<double> values(count);
        initializer.fill(tensor, random, values);
        for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<T>(values[i]);
    } else {
        for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<T>(initializer(tensor, random));
    }
}

/// Fills a tensor of a layer: the layer's own initializer goes before that of the model.
template <class Layer, class Initializer, class T>
void initialize_layer(const Initializer& of_model, const parameter& tensor, random_source& random, T* to) {
    if constexpr (requires { typename Layer::initializer; }) {
        if constexpr (!std::is_void_v<typename Layer::initializer>)
            if (tensor.name == "kernel" || tensor.name == "embeddings" || tensor.name == "class_token")
                return initialize(typename Layer::initializer{}, tensor, random, to);
    }
    if constexpr (requires { typename Layer::initializer_of_states; }) {
        if constexpr (!std::is_void_v<typename Layer::initializer_of_states>)
            if (tensor.name == "recurrent_kernel")
                return initialize(typename Layer::initializer_of_states{}, tensor, random, to);
    }
    initialize(of_model, tensor, random, to);
}
/// `initialize_layer` for each of the layers (of a list, given as a null pointer).
template <class Initializer, class T, template <class...> class List, class... Layers>
constexpr auto initializers_of(List<Layers...>*) {
    using call = void (*)(const Initializer&, const parameter&, random_source&, T*);
    return std::array<call, sizeof...(Layers)>{&initialize_layer<Layers, Initializer, T>...};
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
