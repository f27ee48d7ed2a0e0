// SPDX-License-Identifier: BSL-1.0
/// @file recurrent_norm.hpp
/// Layer normalization of the sums in a step of a recurrent layer, and its gradients.
#pragma once
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/layer_norm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Where the sums of one time step lie before they are normalized; rows of a sample, one after the other.
template <class T>
struct norm_frame {
    T* input = nullptr;   ///< of the input, at the distance of gates
    T* state = nullptr;   ///< of the state
    T* passed = nullptr;  ///< of the state, normalized: for this step only
    T* read = nullptr;    ///< what was read
};
/// Gradients: of sums that are normalized, and of what they were before.
template <class T>
struct norm_gradient_frame {
    T *input = nullptr, *passed = nullptr, *state = nullptr, *read = nullptr;
};

template <class Layer, class T>
struct recurrent_norm {
    static constexpr cell_facts facts = Layer::structure;
    static constexpr std::size_t units = Layer::units, row = facts.gates * units,
                                 columns = facts.input_gates * units,
                                 state_columns = facts.recurrent_blocks * units;
    /// From the factors in `gate_norm` to the shifts; those of the state are behind those of the input.
    static constexpr std::size_t shifts = 2 * columns;
    static constexpr T epsilon = static_cast<T>(Layer::options.epsilon);
    /// Rows of `Size` elements, one for each sample.
    template <std::size_t Size, std::size_t Distance = Size>
    static constexpr kernels::image rows{1, 1, Size, Size, Size, Distance, 0};
    static constexpr kernels::image input_rows = rows<columns, row>, state_rows = rows<state_columns>,
                                    read_rows = rows<units>;

    struct add_bias {
        const T* bias;
        ARCHETYPE_INLINE kernels::lanes<T> operator()(const kernels::lanes<T>& value,
                                                      const kernels::place& at) const {
            return bias == nullptr ? value : kernels::lanes<T>(value + kernels::load(bias + at.channel));
        }
    };

    /// gates = normalized sums of the input + bias.
    static void input(const T* norm, const T* bias, const T* from, T* gates, kernels::range samples) {
        kernels::layer_norm_forward<input_rows, input_rows>(from, norm, norm + shifts, epsilon, gates,
                                                            add_bias{bias}, samples);
    }
    /// gates += normalized sums of the state + their bias; gates without input get these.
    static void state(const T* norm, const T* bias, const norm_frame<T>& f, T* gates,
                      kernels::range samples) {
        const T* const own = norm + columns;
        kernels::layer_norm_forward<state_rows, state_rows>(f.state, own, own + shifts, epsilon, f.passed,
                                                            add_bias{bias}, samples);
        each_gate(samples, [&](std::size_t from, std::size_t to, bool adds) {
            for (std::size_t u = 0; u < units; ++u)
                gates[to + u] = adds ? gates[to + u] + f.passed[from + u] : f.passed[from + u];
        });
    }
    static void read(const T* norm, const T* from, T* to, kernels::range samples) {
        kernels::layer_norm_forward<read_rows, read_rows>(from, norm, norm + units, epsilon, to,
                                                          kernels::identity_epilogue{}, samples);
    }

    /// In place: the gradient of what was read of that of what is normalized.
    static void read_back(const T* norm, const T* read, T* gradient, kernels::range samples) {
        kernels::layer_norm_backward<read_rows, read_rows, read_rows>(read, gradient, norm, epsilon, gradient,
                                                                      kernels::identity_epilogue{}, samples);
    }
    /// Gradients of the sums, from those of the gates.
    static void sums_back(const T* norm, const norm_frame<T>& f, const T* gates,
                          const norm_gradient_frame<T>& g, kernels::range samples) {
        kernels::layer_norm_backward<input_rows, input_rows, input_rows>(
            f.input, gates, norm, epsilon, g.input, kernels::identity_epilogue{}, samples);
        each_gate(samples, [&](std::size_t to, std::size_t from, bool) {
            for (std::size_t u = 0; u < units; ++u) g.passed[to + u] = gates[from + u];
        });
        kernels::layer_norm_backward<state_rows, state_rows, state_rows>(
            f.state, g.passed, norm + columns, epsilon, g.state, kernels::identity_epilogue{}, samples);
    }

    /// Gradients of `gate_norm` and `state_norm`, summed over `count` rows, the first of which lie there.
    static void parameters(const norm_frame<T>& f, const T* gates, const norm_gradient_frame<T>& g,
                           T* gate_norm, T* state_norm, std::size_t count) {
        kernels::layer_norm_parameter_gradients<input_rows, input_rows>(f.input, gates, epsilon, gate_norm,
                                                                        gate_norm + shifts, count);
        T* const own = gate_norm + columns;
        kernels::layer_norm_parameter_gradients<state_rows, state_rows>(f.state, g.passed, epsilon, own,
                                                                        own + shifts, count);
        if constexpr (facts.reads)
            kernels::layer_norm_parameter_gradients<read_rows, read_rows>(f.read, g.read, epsilon, state_norm,
                                                                          state_norm + units, count);
    }

    /// A row by the definition.
    template <std::size_t Size>
    static constexpr void by_definition(T* values, const T* gamma, const T* beta) {
        T mean(0), variance(0);
        for (std::size_t i = 0; i < Size; ++i) mean += values[i] / T(Size);
        for (std::size_t i = 0; i < Size; ++i) variance += (values[i] - mean) * (values[i] - mean) / T(Size);
        const T scale = T(1) / expression::elementary::sqrt(variance + epsilon);
        for (std::size_t i = 0; i < Size; ++i) values[i] = (values[i] - mean) * scale * gamma[i] + beta[i];
    }

private:
    /// visit(place among the sums of the state, place among the gates, whether the gate has an input) for each sample.
    template <class Visit>
    static void each_gate(kernels::range samples, const Visit& visit) {
        for (std::size_t n = samples.first; n < samples.last; ++n)
            for (std::size_t p = 0; p < facts.product_count; ++p)
                for (std::size_t k = 0; k < facts.products[p].count; ++k)
                    visit(n * state_columns + (facts.products[p].block + k) * units,
                          n * row + (facts.products[p].gate + k) * units,
                          facts.products[p].gate < facts.input_gates);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
