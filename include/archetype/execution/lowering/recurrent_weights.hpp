// SPDX-License-Identifier: BSL-1.0
/// @file recurrent_weights.hpp
/// The tensors of recurrent layers in the order of kernels, their gradients, and the layer by its definition.
#pragma once
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/execution/lowering/recurrent_frame.hpp>
#include <archetype/kernels/convolution/dense.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer, class T>
struct recurrent_weights {
    using frame = recurrent_frame<Layer, T>;
    static constexpr cell_facts facts = Layer::structure;
    static constexpr recurrent_tensors tensors = Layer::tensors;
    static constexpr std::size_t units = Layer::units, columns = frame::columns;
    static constexpr std::size_t bias_size = Layer::has_bias ? (Layer::has_two_biases ? 2 : 1) * columns : 0;
    static constexpr std::size_t unit_weights_size = facts.unit_weights * units;
    static constexpr std::size_t state_size = Layer::has_initial_state ? facts.states * units : 0;
    static constexpr std::size_t copied_size = bias_size + unit_weights_size + state_size;

    template <std::size_t P>
    using product_matrix = kernels::row_matrix<units, frame::template product_columns<P>, T>;
    template <std::size_t P>
    using transposed_matrix = kernels::row_matrix<frame::template product_columns<P>, units, T>;
    template <std::size_t Features>
    using kernel_matrix = kernels::row_matrix<Features, columns, T>;
    template <std::size_t Features>
    using transposed_kernel = kernels::row_matrix<columns, Features, T>;

    template <std::size_t Features>
    static constexpr std::size_t forward_size = [] {
        std::size_t size = kernel_matrix<Features>::packed_size;
        frame::each_product([&size]<std::size_t P>() { size += product_matrix<P>::packed_size; });
        return size;
    }();
    template <std::size_t Features>
    static constexpr std::size_t backward_size = [] {
        std::size_t size = transposed_kernel<Features>::packed_size;
        frame::each_product([&size]<std::size_t P>() { size += transposed_matrix<P>::packed_size; });
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
        const auto next = [&block](std::size_t size) {
            const T* const at = size == 0 ? nullptr : block;
            block += size;
            return at;
        };
        made.bias = next(bias_size);
        made.unit_weights = next(unit_weights_size);
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
    static constexpr kernels::dense_geometry product{units, frame::template product_columns<P>, units, row};

    static constexpr std::size_t workspace = [] {
        std::size_t size = kernels::dense_backward_weights_workspace<kernel, T>;
        frame::each_product([&size]<std::size_t P>() {
            constexpr std::size_t own = kernels::dense_backward_weights_workspace<product<P>, T>;
            size = own > size ? own : size;
        });
        return size;
    }();

    /// Rows of all steps and samples.
    struct rows {
        const T *input, *gates;
        std::array<T*, facts.states> before;
        const T *read, *unit_weights, *initial_state;
    };

    static void sum(const training_call<T>& call, const tensor_offsets& offsets, std::size_t time,
                    const rows& from) {
        const std::size_t count = time * call.batch;
        const auto gradient = [&](std::size_t tensor) { return call.gradients + offsets[tensor]; };
        T* const bias = Layer::has_bias ? gradient(Layer::tensors.bias) : nullptr;
        multiply<kernel>(call, from.input, from.gates, gradient(Layer::tensors.kernel), bias, count);
        frame::each_product([&]<std::size_t P>() {
            constexpr cell_product own = facts.products[P];
            const T* operand = from.read;
            if constexpr (!frame::template late<P>) operand = from.before[own.operand];
            T* const own_bias = Layer::has_two_biases && !own.peephole
                                    ? bias + frame::columns + frame::template first_column<P>
                                    : nullptr;
            T* const to = gradient(own.peephole ? Layer::tensors.peephole : Layer::tensors.recurrent_kernel) +
                          frame::template first_column<P>;
            const T* const gates = from.gates + frame::template first_gate<P>;
            constexpr std::size_t columns = frame::template product_columns<P>,
                                  all = frame::template tensor_columns<P>;
            if constexpr (columns == all) {
                multiply<product<P>>(call, operand, gates, to, own_bias, count);
            } else {  // the matrices in `prepared` have been used
                multiply<product<P>>(call, operand, gates, call.prepared, own_bias, count);
                for (std::size_t i = 0; i < units; ++i)
                    __builtin_memcpy(to + i * all, call.prepared + i * columns, columns * sizeof(T));
            }
        });
        if constexpr (facts.unit_weights != 0)
            sum_samples(call, from.unit_weights, facts.unit_weights * units, facts.unit_weights * units,
                        gradient(Layer::tensors.peephole));
        if constexpr (Layer::has_initial_state && Layer::options.trains_initial_state)
            for (std::size_t s = 0; s < facts.states; ++s)
                sum_samples(call, from.initial_state + s * call.batch * units, units, units,
                            gradient(Layer::tensors.initial_state) + s * units,
                            Layer::is_stateful && call.carry);
    }

private:
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
    std::array<T, frame::facts.states * units> state{}, next{};
    const T* const first = Layer::takes_states ? in + Time * Features : weights.initial_state;
    for (std::size_t i = 0; (Layer::has_initial_state || Layer::takes_states) && i < state.size(); ++i)
        state[i] = first[i];
    for (std::size_t p = 0; p < Time; ++p) {
        const std::size_t t = Layer::is_reversed ? Time - 1 - p : p;
        bool skipped = Layer::is_masked;
        for (std::size_t i = 0; i < Features; ++i)
            skipped = skipped && in[t * Features + i] == static_cast<T>(Layer::options.mask_value);
        if (!skipped) {
            std::array<T, frame::row> gates{};
            for (std::size_t k = 0; k < columns; ++k) {
                gates[k] = Layer::has_bias ? weights.bias[k] : T(0);
                for (std::size_t i = 0; i < Features; ++i)
                    gates[k] += in[t * Features + i] * weights.kernel[i * columns + k];
            }
            std::array<T, units> read{};
            const auto multiply = [&]<std::size_t P>(const T* operand) {
                for (std::size_t k = 0; k < frame::template product_columns<P>; ++k) {
                    T sum = Layer::has_two_biases && !frame::facts.products[P].peephole
                                ? weights.bias[columns + frame::template first_column<P> + k]
                                : T(0);
                    for (std::size_t i = 0; i < units; ++i)
                        sum += operand[i] * weights.products[P][i * frame::template tensor_columns<P> + k];
                    gates[frame::template first_gate<P> + k] += sum;
                }
            };
            const auto evaluate = [&]<std::size_t... A>(const auto& e, std::size_t u,
                                                        std::index_sequence<A...>) {
                const auto argument = [&](std::size_t a) -> T {
                    if (a < frame::facts.gates) return gates[a * units + u];
                    if (a < frame::facts.gates + frame::facts.states)
                        return state[(a - frame::facts.gates) * units + u];
                    if (a < frame::arguments)
                        return weights
                            .unit_weights[(a - frame::facts.gates - frame::facts.states) * units + u];
                    return read[u];
                };
                return expression::evaluate(e, argument(A)...);
            };
            frame::each_product([&]<std::size_t P>() {
                if constexpr (!frame::template late<P>)
                    multiply.template operator()<P>(state.data() + frame::facts.products[P].operand * units);
            });
            if constexpr (frame::facts.reads) {
                for (std::size_t u = 0; u < units; ++u)
                    read[u] =
                        evaluate(frame::expressions::read, u, std::make_index_sequence<frame::arguments>{});
                frame::each_product([&]<std::size_t P>() {
                    if constexpr (frame::template late<P>) multiply.template operator()<P>(read.data());
                });
            }
            for (std::size_t u = 0; u < units; ++u) {
                const auto made =
                    evaluate(frame::expressions::step, u,
                             std::make_index_sequence<frame::arguments + (frame::facts.reads ? 1 : 0)>{});
                for (std::size_t s = 0; s < frame::facts.states; ++s)
                    next[s * units + u] = kernels::detail::as_array(made)[s];
            }
            state = next;
        }
        observe(state.data());
        for (std::size_t u = 0; u < units && (Layer::returns_sequences || p + 1 == Time); ++u)
            out[(Layer::returns_sequences ? t * units : 0) + u] = state[u];
    }
    for (std::size_t i = 0; Layer::gives_states && i < state.size(); ++i)
        out[(Layer::returns_sequences ? Time * units : 0) + i] = state[i];
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
