// SPDX-License-Identifier: BSL-1.0
/// @file recurrent_weights.hpp
/// The tensors of recurrent layers in the order of kernels, their gradients, and the layer by its definition.
#pragma once
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/execution/lowering/recurrent/recurrent_frame.hpp>
#include <archetype/kernels/convolution/dense.hpp>

#include <array>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer, class T>
struct recurrent_weights {
    using frame = recurrent_frame<Layer, T>;
    static constexpr cell_facts facts = Layer::structure;
    static constexpr recurrent_tensors tensors = Layer::tensors;
    static constexpr std::size_t units = Layer::units, columns = frame::columns;
    static constexpr std::size_t bias_size = Layer::has_bias ? (Layer::has_two_biases ? 2 : 1) * columns : 0;
    static constexpr std::size_t unit_weights_size = facts.unit_weights * units;
    static constexpr std::size_t state_size = Layer::has_initial_state ? Layer::all_states : 0;
    static constexpr std::size_t gate_norm_size = Layer::is_normalized ? 4 * columns : 0,
                                 state_norm_size = Layer::is_normalized && facts.reads ? 2 * units : 0;
    static constexpr std::size_t copied_size =
        bias_size + unit_weights_size + gate_norm_size + state_norm_size + state_size;

    template <std::size_t P>
    using product_matrix =
        kernels::row_matrix<frame::template operand_size<P>, frame::template product_columns<P>, T>;
    template <std::size_t P>
    using transposed_matrix =
        kernels::row_matrix<frame::template product_columns<P>, frame::template operand_size<P>, T>;
    using projection_matrix = kernels::row_matrix<units, Layer::results, T>;
    using transposed_projection = kernels::row_matrix<Layer::results, units, T>;
    template <std::size_t Features>
    using kernel_matrix = kernels::row_matrix<Features, columns, T>;
    template <std::size_t Features>
    using transposed_kernel = kernels::row_matrix<columns, Features, T>;

    template <std::size_t Features>
    static constexpr std::size_t forward_size = [] {
        std::size_t size = kernel_matrix<Features>::packed_size;
        frame::each_product([&size]<std::size_t P>() { size += product_matrix<P>::packed_size; });
        if constexpr (Layer::is_projected) size += projection_matrix::packed_size;
        return size;
    }();
    template <std::size_t Features>
    static constexpr std::size_t backward_size = [] {
        std::size_t size = transposed_kernel<Features>::packed_size;
        frame::each_product([&size]<std::size_t P>() { size += transposed_matrix<P>::packed_size; });
        if constexpr (Layer::is_projected) size += transposed_projection::packed_size;
        return size;
    }();

    /// The tensors as they are; `tensor(i)` is where the i-th begins, `matrix(i)` that of a matrix.
    template <class Tensor>
    ARCHETYPE_INLINE static constexpr cell_weights<T> as_they_are(const Tensor& tensor) {
        return as_they_are<const T*>(tensor, tensor);
    }
    template <class Pointer, class Matrix, class Tensor>
    ARCHETYPE_INLINE static constexpr cell_weights<T, Pointer> as_they_are(const Matrix& matrix,
                                                                           const Tensor& tensor) {
        cell_weights<T, Pointer> made;
        made.kernel = matrix(tensors.kernel);
        frame::each_product([&]<std::size_t P>() {
            made.products[P] =
                matrix(facts.products[P].peephole ? tensors.peephole : tensors.recurrent_kernel) +
                frame::template first_column<P>;
        });
        if (Layer::has_bias) made.bias = tensor(tensors.bias);
        if (facts.unit_weights != 0) made.unit_weights = tensor(tensors.peephole);
        if constexpr (Layer::is_normalized) {
            made.gate_norm = tensor(tensors.gate_norm);
            if (facts.reads) made.state_norm = tensor(tensors.state_norm);
        }
        if constexpr (Layer::is_projected) made.projection = matrix(tensors.projection);
        if (Layer::has_initial_state) made.initial_state = tensor(tensors.initial_state);
        return made;
    }
    /// Among the parameters of a network.
    static constexpr cell_weights<T> of_network(const T* parameters, const tensor_offsets& offsets) {
        return as_they_are([&](std::size_t i) { return parameters + offsets[i]; });
    }
    /// One after the other, as inference keeps them.
    static constexpr cell_weights<T> folded(const T* weights, const node& at) {
        return as_they_are([&](std::size_t i) { return weights + inference_tensor_offset(at, i); });
    }

    /// Packs the matrices to `to`; the other tensors stay where they are.
    template <std::size_t Features>
    static cell_weights<T> packed(cell_weights<T> weights, T* to) {
        kernel_matrix<Features>::pack(weights.kernel, columns, 1, to);
        weights.kernel = to;
        to += kernel_matrix<Features>::packed_size;
        frame::each_product([&]<std::size_t P>() {
            product_matrix<P>::pack(weights.products[P], frame::template tensor_columns<P>, 1, to);
            weights.products[P] = to;
            to += product_matrix<P>::packed_size;
        });
        if constexpr (Layer::is_projected) {
            projection_matrix::pack(weights.projection, Layer::results, 1, to);
            weights.projection = to;
        }
        return weights;
    }
    template <std::size_t Features>
    static cell_weights<T> transposed(cell_weights<T> weights, T* to) {
        transposed_kernel<Features>::pack(weights.kernel, 1, columns, to);
        weights.kernel = to;
        to += transposed_kernel<Features>::packed_size;
        frame::each_product([&]<std::size_t P>() {
            transposed_matrix<P>::pack(weights.products[P], 1, frame::template tensor_columns<P>, to);
            weights.products[P] = to;
            to += transposed_matrix<P>::packed_size;
        });
        if constexpr (Layer::is_projected) {
            transposed_projection::pack(weights.projection, 1, Layer::results, to);
            weights.projection = to;
        }
        return weights;
    }

    /// Everything in one block: the packed matrices, then copies of the other tensors.
    template <std::size_t Features>
    static void prepare(const cell_weights<T>& weights, T* to) {
        packed<Features>(weights, to);
        to += forward_size<Features>;
        const auto copy = [&to](const T* from, std::size_t size) {
            for (std::size_t i = 0; i < size; ++i) *to++ = from[i];
        };
        copy(weights.bias, bias_size);
        copy(weights.unit_weights, unit_weights_size);
        copy(weights.gate_norm, gate_norm_size);
        copy(weights.state_norm, state_norm_size);
        copy(weights.initial_state, state_size);
    }
    /// The weights in such a block.
    template <std::size_t Features>
    static cell_weights<T> prepared(const T* block) {
        cell_weights<T> made;
        made.kernel = block;
        block += kernel_matrix<Features>::packed_size;
        frame::each_product([&]<std::size_t P>() {
            made.products[P] = block;
            block += product_matrix<P>::packed_size;
        });
        if constexpr (Layer::is_projected) {
            made.projection = block;
            block += projection_matrix::packed_size;
        }
        const auto next = [&block](std::size_t size) {
            const T* const at = size == 0 ? nullptr : block;
            block += size;
            return at;
        };
        made.bias = next(bias_size);
        made.unit_weights = next(unit_weights_size);
        made.gate_norm = next(gate_norm_size);
        made.state_norm = next(state_norm_size);
        made.initial_state = next(state_size);
        return made;
    }
};

/// Gradients of the tensors from those of the gates, summed over time steps and samples.
template <class Layer, class T, std::size_t Features>
struct recurrent_gradients {
    using frame = recurrent_frame<Layer, T>;
    static constexpr cell_facts facts = Layer::structure;
    static constexpr std::size_t units = Layer::units, row = frame::row;
    static constexpr kernels::dense_geometry kernel{Features, frame::columns, Features, row};
    template <std::size_t P>
    static constexpr kernels::dense_geometry product{
        frame::template operand_size<P>, frame::template product_columns<P>, frame::template operand_size<P>,
        Layer::is_normalized ? frame::norm::state_columns : row};
    static constexpr kernels::dense_geometry projection{units, Layer::results, units, Layer::results};

    static constexpr std::size_t workspace = [] {
        std::size_t size = kernels::dense_backward_weights_workspace<kernel, T>;
        frame::each_product([&size]<std::size_t P>() {
            constexpr std::size_t own = kernels::dense_backward_weights_workspace<product<P>, T>;
            size = own > size ? own : size;
        });
        if constexpr (Layer::is_projected) {
            constexpr std::size_t own = kernels::dense_backward_weights_workspace<projection, T>;
            size = own > size ? own : size;
        }
        return size;
    }();

    /// Rows of all steps and samples.
    struct rows {
        const T *input, *gates;
        std::array<T*, facts.states> before;
        const T *read, *unit_weights, *initial_state;
        const T *raw = nullptr, *projected = nullptr;  ///< of a projection
        norm_frame<T> sums{};
        norm_gradient_frame<T> sum_gradients{};
    };

    static void sum(const training_call<T>& call, const tensor_offsets& offsets, std::size_t time,
                    const rows& from) {
        const std::size_t count = time * call.batch;
        const auto gradient = [&](std::size_t tensor) { return call.gradients + offsets[tensor]; };
        T* bias = Layer::has_bias ? gradient(Layer::tensors.bias) : nullptr;
        const T* gates = from.gates;
        if constexpr (Layer::is_normalized) {
            sum_norms(from, gradient, bias, count);
            bias = nullptr;
            gates = from.sum_gradients.input;
        }
        multiply<kernel>(call, from.input, gates, gradient(Layer::tensors.kernel), bias, count);
        if constexpr (Layer::is_projected)
            multiply<projection>(call, from.raw, from.projected, gradient(Layer::tensors.projection), nullptr,
                                 count);
        frame::each_product([&]<std::size_t P>() {
            constexpr cell_product own = facts.products[P];
            const T* operand = from.read;
            if constexpr (!frame::template late<P>) operand = from.before[own.operand];
            T* const own_bias = Layer::has_two_biases && !own.peephole && !Layer::is_normalized
                                    ? bias + frame::columns + frame::template first_column<P>
                                    : nullptr;
            T* const to = gradient(own.peephole ? Layer::tensors.peephole : Layer::tensors.recurrent_kernel) +
                          frame::template first_column<P>;
            const T* const gates = Layer::is_normalized
                                       ? from.sum_gradients.state + frame::template first_column<P>
                                       : from.gates + frame::template first_gate<P>;
            constexpr std::size_t columns = frame::template product_columns<P>,
                                  all = frame::template tensor_columns<P>;
            if constexpr (columns == all) {
                multiply<product<P>>(call, operand, gates, to, own_bias, count);
            } else {  // the matrices in `prepared` have been used
                multiply<product<P>>(call, operand, gates, call.prepared, own_bias, count);
                for (std::size_t i = 0; i < frame::template operand_size<P>; ++i)
                    __builtin_memcpy(to + i * all, call.prepared + i * columns, columns * sizeof(T));
            }
        });
        if constexpr (facts.unit_weights != 0)
            sum_samples(call, from.unit_weights, facts.unit_weights * units, facts.unit_weights * units,
                        gradient(Layer::tensors.peephole));
        if constexpr (Layer::has_initial_state && Layer::options.trains_initial_state)
            for (std::size_t s = 0; s < facts.states; ++s)
                sum_samples(call, from.initial_state + Layer::state_begin(s) * call.batch,
                            Layer::state_units(s), Layer::state_units(s),
                            gradient(Layer::tensors.initial_state) + Layer::state_begin(s),
                            Layer::is_stateful && call.carry);
    }

private:
    /// Gradients of the normalizations; those of the biases, which are added behind, are those of beta.
    template <class Gradient>
    static void sum_norms(const rows& from, const Gradient& gradient, T* bias, std::size_t count) {
        T* const norm = gradient(Layer::tensors.gate_norm);
        T* state_norm = nullptr;
        if constexpr (facts.reads) state_norm = gradient(Layer::tensors.state_norm);
        frame::norm::parameters(from.sums, from.gates, from.sum_gradients, norm, state_norm, count);
        constexpr std::size_t columns = frame::columns;
        if constexpr (Layer::has_bias)
            __builtin_memcpy(bias, norm + frame::norm::shifts, columns * sizeof(T));
        if constexpr (Layer::has_two_biases)
            __builtin_memcpy(bias + columns, norm + frame::norm::shifts + columns, columns * sizeof(T));
    }

    template <kernels::dense_geometry G>
    static void multiply(const training_call<T>& call, const T* in, const T* gates, T* to, T* bias,
                         std::size_t count) {
        call.run(kernels::dense_weight_tasks<G, T>, [&](kernels::range tasks, std::size_t thread) {
            kernels::dense_backward_weights<G, T>(in, gates, to, bias, false, count, tasks,
                                                  call.workspace + thread * call.workspace_stride);
        });
    }

    /// to = the sum of one row for each sample; nothing is added if the rows do not count.
    static void sum_samples(const training_call<T>& call, const T* rows, std::size_t stride, std::size_t size,
                            T* to, bool ignored = false) {
        for (std::size_t u = 0; u < size; ++u) {
            T total(0);
            for (std::size_t n = 0; n < call.batch && !ignored; ++n) total += rows[n * stride + u];
            to[u] = total;
        }
    }
};

/// One sample by the definition, in a constant expression.
/// @param observe  observe(states) is called with the states after each step, `units` numbers for each
template <class Layer, class T, std::size_t Time, std::size_t Features, class Observer>
constexpr void recurrent_reference(const T* in, T* out, const cell_weights<T>& weights,
                                   const Observer& observe) {
    using frame = recurrent_frame<Layer, T>;
    constexpr std::size_t units = Layer::units, columns = frame::columns;
    std::array<T, Layer::all_states> state{}, next{};
    const T* const first = Layer::takes_states ? in + Time * Features : weights.initial_state;
    for (std::size_t i = 0; (Layer::has_initial_state || Layer::takes_states) && i < state.size(); ++i)
        state[i] = first[i];
    for (std::size_t p = 0; p < Time; ++p) {
        const std::size_t t = Layer::is_reversed ? Time - 1 - p : p;
        constexpr std::size_t channels = Features + (Layer::takes_mask ? 1 : 0);
        bool skipped = false;
        if constexpr (Layer::is_masked) skipped = skips_step<Layer, Features>(in + t * channels);
        if (!skipped) {
            std::array<T, frame::row> gates{};
            for (std::size_t k = 0; k < columns; ++k) {
                gates[k] = Layer::has_bias && !Layer::is_normalized ? weights.bias[k] : T(0);
                for (std::size_t i = 0; i < Features; ++i)
                    gates[k] += in[t * channels + i] * weights.kernel[i * columns + k];
            }
            using norm = recurrent_norm<Layer, T>;
            if constexpr (Layer::is_normalized) {
                norm::template by_definition<columns>(gates.data(), weights.gate_norm,
                                                      weights.gate_norm + norm::shifts);
                for (std::size_t k = 0; Layer::has_bias && k < columns; ++k) gates[k] += weights.bias[k];
            }
            std::array<T, units> read{};
            std::array<T, frame::facts.recurrent_blocks * units> sums{};
            const auto multiply = [&]<std::size_t P>(const T* operand) {
                for (std::size_t k = 0; k < frame::template product_columns<P>; ++k) {
                    T sum = Layer::has_two_biases && !frame::facts.products[P].peephole
                                ? weights.bias[columns + frame::template first_column<P> + k]
                                : T(0);
                    if constexpr (Layer::is_normalized) sum = T(0);
                    for (std::size_t i = 0; i < frame::template operand_size<P>; ++i)
                        sum += operand[i] * weights.products[P][i * frame::template tensor_columns<P> + k];
                    if constexpr (Layer::is_normalized)
                        sums[frame::template first_column<P> + k] = sum;
                    else
                        gates[frame::template first_gate<P> + k] += sum;
                }
            };
            const auto evaluate = [&]<std::size_t... A>(const auto& e, std::size_t u,
                                                        std::index_sequence<A...>) {
                const auto argument = [&](std::size_t a) -> T {
                    if (a < frame::facts.gates) return gates[a * units + u];
                    if (a < frame::facts.gates + frame::facts.states) {
                        const std::size_t s = a - frame::facts.gates;
                        return Layer::is_projected && s == 0 ? T(0) : state[Layer::state_begin(s) + u];
                    }
                    if (a < frame::arguments)
                        return weights
                            .unit_weights[(a - frame::facts.gates - frame::facts.states) * units + u];
                    return read[u];
                };
                return expression::evaluate(e, argument(A)...);
            };
            frame::each_product([&]<std::size_t P>() {
                if constexpr (!frame::template late<P>)
                    multiply.template operator()<P>(state.data() +
                                                    Layer::state_begin(frame::facts.products[P].operand));
            });
            if constexpr (Layer::is_normalized) {
                const T* const own = weights.gate_norm + columns;
                norm::template by_definition<norm::state_columns>(sums.data(), own, own + norm::shifts);
                frame::each_product([&]<std::size_t P>() {
                    for (std::size_t k = 0; k < frame::template product_columns<P>; ++k) {
                        const std::size_t from = frame::template first_column<P> + k;
                        gates[frame::template first_gate<P> + k] +=
                            sums[from] + (Layer::has_two_biases ? weights.bias[columns + from] : T(0));
                    }
                });
            }
            if constexpr (frame::facts.reads) {
                for (std::size_t u = 0; u < units; ++u)
                    read[u] =
                        evaluate(frame::expressions::read, u, std::make_index_sequence<frame::arguments>{});
                if constexpr (Layer::is_normalized)
                    norm::template by_definition<units>(read.data(), weights.state_norm,
                                                        weights.state_norm + units);
                frame::each_product([&]<std::size_t P>() {
                    if constexpr (frame::template late<P>) multiply.template operator()<P>(read.data());
                });
            }
            std::array<T, units> raw{};
            for (std::size_t u = 0; u < units; ++u) {
                const auto made =
                    evaluate(frame::expressions::step, u,
                             std::make_index_sequence<frame::arguments + (frame::facts.reads ? 1 : 0)>{});
                for (std::size_t s = 0; s < frame::facts.states; ++s)
                    (Layer::is_projected && s == 0 ? raw[u] : next[Layer::state_begin(s) + u]) =
                        kernels::detail::as_array(made)[s];
            }
            for (std::size_t i = 0; Layer::is_projected && i < Layer::results; ++i) {
                next[i] = T(0);
                for (std::size_t u = 0; u < units; ++u)
                    next[i] += raw[u] * weights.projection[u * Layer::results + i];
            }
            state = next;
        }
        observe(state.data());
        for (std::size_t u = 0; u < Layer::results && (Layer::returns_sequences || p + 1 == Time); ++u)
            out[(Layer::returns_sequences ? t * Layer::results : 0) + u] = state[u];
    }
    for (std::size_t i = 0; Layer::gives_states && i < state.size(); ++i)
        out[(Layer::returns_sequences ? Time * Layer::results : 0) + i] = state[i];
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
