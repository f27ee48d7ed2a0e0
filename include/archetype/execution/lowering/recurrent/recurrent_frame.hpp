// SPDX-License-Identifier: BSL-1.0
/// @file recurrent_frame.hpp
/// One time step of a recurrent layer for some samples, forward and backward, by the products and expressions of its cell.
#pragma once
#include <archetype/architecture/layers/recurrent.hpp>
#include <archetype/execution/lowering/recurrent/recurrent_norm.hpp>
#include <archetype/execution/steps/cells.hpp>
#include <archetype/kernels/products/multiply_rows.hpp>
#include <archetype/kernels/time/cell.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The tensors of a recurrent layer: matrices in the kernels' order or as they are, null where the layer has none.
template <class T, class Matrix = const T*>
struct cell_weights {
    Matrix kernel{};
    std::array<Matrix, 3> products{};
    const T* bias = nullptr;  ///< one or two rows
    const T* unit_weights = nullptr;
    const T* initial_state = nullptr;
    Matrix projection{};
    const T *gate_norm = nullptr, *state_norm = nullptr;
};

/// Where the vectors of one time step lie; each is followed by those of the other samples.
template <class T, std::size_t States>
struct cell_frame {
    T* gates = nullptr;
    std::array<T*, States> before{}, after{};
    T* read = nullptr;
    T* raw = nullptr;         ///< h before its projection
    norm_frame<T> sums{};     ///< of a layer that normalizes them
    const T* mask = nullptr;  ///< one number for each sample, 0 where the step is skipped
};

template <class Layer, class T>
struct recurrent_frame {
    using cell = typename Layer::cell;
    using expressions = cell_expressions<cell>;
    static constexpr cell_facts facts = Layer::structure;
    static constexpr std::size_t units = Layer::units, row = facts.gates * units,
                                 columns = facts.input_gates * units, states = facts.states;
    using frame = cell_frame<T, states>;
    using vectors = kernels::unit_rows<const T>;
    using places = kernels::unit_rows<T>;

    /// Columns of the tensor that product `P` is a part of.
    template <std::size_t P>
    static constexpr std::size_t tensor_columns =
        (facts.products[P].peephole ? facts.peephole_blocks : facts.recurrent_blocks) * units;
    template <std::size_t P>
    static constexpr std::size_t product_columns = facts.products[P].count* units;
    /// Where its first column stands in a row of the tensor.
    template <std::size_t P>
    static constexpr std::size_t first_column = facts.products[P].block* units;
    template <std::size_t P>
    static constexpr std::size_t first_gate = facts.products[P].gate* units;
    /// It multiplies what is read, which needs the other gates first.
    template <std::size_t P>
    static constexpr bool late = facts.products[P].operand == states;
    /// Elements of what it multiplies.
    template <std::size_t P>
    static constexpr std::size_t operand_size = late<P> ? units
                                                        : Layer::state_units(facts.products[P].operand);
    using norm = recurrent_norm<Layer, T>;

    /// Calls visit.operator()<P>() for each product.
    template <class Visit>
    ARCHETYPE_INLINE static constexpr void each_product(const Visit& visit) {
        kernels::detail::each_index<facts.product_count>(visit);
    }

    static constexpr std::size_t arguments = cell_arguments<cell>;
    /// The arguments of `read`, and with `Read` what was read.
    template <bool Read>
    static std::array<vectors, arguments + (Read ? 1 : 0)> arguments_of(const frame& f,
                                                                        const T* unit_weights) {
        std::array<vectors, arguments + (Read ? 1 : 0)> made;
        std::size_t k = 0;
        for (std::size_t g = 0; g < facts.gates; ++g) made[k++] = {f.gates + g * units, row};
        // A cell whose h is projected does not read it.
        for (std::size_t s = 0; s < states; ++s)
            made[k++] = {f.before[Layer::is_projected && s == 0 ? states - 1 : s], units};
        for (std::size_t w = 0; w < facts.unit_weights; ++w) made[k++] = {unit_weights + w * units, 0};
        if constexpr (Read) made[k] = {f.read, units};
        return made;
    }

    /// gates += matrix of product P times its operand (gates without input get their first value).
    template <std::size_t P, bool Packed, class Matrix>
    static void multiply(const cell_weights<T, Matrix>& weights, const frame& f, kernels::range samples) {
        using kernels::multiply_rows;  // and what goes with other matrices
        constexpr cell_product product = facts.products[P];
        const T* operand = f.read;
        if constexpr (!late<P>) operand = f.before[product.operand];
        const T* bias = nullptr;
        if constexpr (Layer::has_two_biases && !product.peephole && !Layer::is_normalized)
            bias = weights.bias + columns + first_column<P>;
        T* const gates = Layer::is_normalized ? f.sums.state + first_column<P> : f.gates + first_gate<P>;
        const kernels::row_grid rows{1, operand_size<P>, 0, Layer::is_normalized ? tensor_columns<P> : row,
                                     0};
        const auto run = [&](const auto& epilogue) {
            multiply_rows<operand_size<P>, product_columns<P>, Packed>(
                rows, operand, weights.products[P], tensor_columns<P>, bias, gates, epilogue, samples);
        };
        if constexpr (product.gate < facts.input_gates && !Layer::is_normalized)
            run(kernels::add_to_rows<T>{gates, row});
        else
            run(kernels::identity_epilogue{});
    }

    /// From the input's products in `gates` and the states before to the states after.
    template <bool Packed, class Matrix>
    static void forward(const cell_weights<T, Matrix>& weights, const frame& f, kernels::range samples) {
        each_product([&]<std::size_t P>() {
            if constexpr (!late<P>) multiply<P, Packed>(weights, f, samples);
        });
        if constexpr (Layer::is_normalized) {
            norm::input(weights.gate_norm, weights.bias, f.sums.input, f.gates, samples);
            norm::state(weights.gate_norm, Layer::has_two_biases ? weights.bias + columns : nullptr, f.sums,
                        f.gates, samples);
        }
        if constexpr (facts.reads) {
            const auto from = arguments_of<false>(f, weights.unit_weights);
            const std::array<places, 1> to{places{Layer::is_normalized ? f.sums.read : f.read, units}};
            for (std::size_t n = samples.first; n < samples.last; ++n)
                kernels::evaluate_cell<units>(expressions::read, from, to, n);
            if constexpr (Layer::is_normalized) norm::read(weights.state_norm, f.sums.read, f.read, samples);
            each_product([&]<std::size_t P>() {
                if constexpr (late<P>) multiply<P, Packed>(weights, f, samples);
            });
        }
        const auto from = arguments_of<facts.reads>(f, weights.unit_weights);
        std::array<places, states> to;
        for (std::size_t s = 0; s < states; ++s) to[s] = {f.after[s], units};
        if constexpr (Layer::is_projected) to[0] = {f.raw, units};
        for (std::size_t n = samples.first; n < samples.last; ++n) {
            if constexpr (Layer::is_masked) {
                if (f.mask[n] == T(0)) {
                    for (std::size_t s = 0; s < states; ++s)
                        __builtin_memmove(f.after[s] + n * Layer::state_units(s),
                                          f.before[s] + n * Layer::state_units(s),
                                          Layer::state_units(s) * sizeof(T));
                    if constexpr (Layer::is_projected)
                        for (std::size_t u = 0; u < units; ++u) f.raw[n * units + u] = T(0);
                    continue;
                }
            }
            kernels::evaluate_cell<units>(expressions::step, from, to, n);
            if constexpr (Layer::is_projected && Layer::is_masked) project<Packed>(weights, f, {n, n + 1});
        }
        if constexpr (Layer::is_projected && !Layer::is_masked) project<Packed>(weights, f, samples);
    }

    /// h of what the cell gives.
    template <bool Packed, class Matrix>
    static void project(const cell_weights<T, Matrix>& weights, const frame& f, kernels::range samples) {
        using kernels::multiply_rows;
        multiply_rows<units, Layer::results, Packed>(kernels::row_grid{1, units, 0, Layer::results, 0},
                                                     static_cast<const T*>(f.raw), weights.projection,
                                                     Layer::results, static_cast<const T*>(nullptr),
                                                     f.after[0], kernels::identity_epilogue{}, samples);
    }

    /// What a backward step works on beside the frame of the forward step.
    struct gradient_frame {
        T* gates = nullptr;              ///< gradients, where the gates lie unless the cell reads
        std::array<T*, states> states_;  ///< gradient of the states after, then of the states before
        T* read = nullptr;
        T* raw = nullptr;        ///< of h before its projection
        T* projected = nullptr;  ///< of h, kept for the gradient of the projection
        norm_gradient_frame<T> sums{};
        T* unit_weights = nullptr;  ///< sums of each sample
        vectors result{};           ///< gradient of the step's result, if it is one
    };

    /// gradient of the operand += gradient of the gates times the transposed matrix of product P.
    template <std::size_t P>
    static void multiply_back(const cell_weights<T>& transposed, const gradient_frame& g,
                              kernels::range samples) {
        T* to = g.read;
        if constexpr (!late<P>) to = g.states_[facts.products[P].operand];
        constexpr std::size_t distance = Layer::is_normalized ? norm::state_columns : row;
        kernels::multiply_rows<product_columns<P>, operand_size<P>, true>(
            {1, distance, 0, operand_size<P>, 0},
            Layer::is_normalized ? g.sums.state + first_column<P> : g.gates + first_gate<P>,
            transposed.products[P], 0, static_cast<const T*>(nullptr), to,
            kernels::add_to_rows<T>{to, operand_size<P>}, samples);
    }

    /// The gradient of what the cell gives for h, from that of its projection.
    template <bool Result>
    static void project_back(const cell_weights<T>& transposed, const frame& f, const gradient_frame& g,
                             kernels::range samples) {
        constexpr std::size_t size = Layer::results;
        for (std::size_t n = samples.first; n < samples.last; ++n)
            for (std::size_t i = 0; i < size; ++i) {
                T& given = g.states_[0][n * size + i];
                if constexpr (Result) given += g.result.row(n)[i];
                bool skipped = false;
                if constexpr (Layer::is_masked) skipped = f.mask[n] == T(0);
                g.projected[n * size + i] = skipped ? T(0) : given;
                if (!skipped) given = T(0);
            }
        kernels::multiply_rows<size, units, true>({1, size, 0, units, 0}, static_cast<const T*>(g.projected),
                                                  transposed.projection, 0, static_cast<const T*>(nullptr),
                                                  g.raw, kernels::identity_epilogue{}, samples);
    }

    /// `Result` says that the step's result is one of the layer's, whose gradient is added.
    template <bool Result>
    static void backward(const cell_weights<T>& weights, const cell_weights<T>& transposed, const frame& f,
                         const gradient_frame& g, kernels::range samples) {
        std::array<vectors, states> adjoints;
        for (std::size_t s = 0; s < states; ++s) adjoints[s] = {g.states_[s], units};
        if constexpr (Layer::is_projected) {
            project_back<Result>(transposed, f, g, samples);
            adjoints[0] = {g.raw, units};
        }
        constexpr bool adds_result = Result && !Layer::is_projected;
        constexpr std::size_t all = arguments + (facts.reads ? 1 : 0);
        std::array<places, all> to;
        std::size_t k = 0;
        for (std::size_t i = 0; i < facts.gates; ++i) to[k++] = {g.gates + i * units, row};
        for (std::size_t s = 0; s < states; ++s)
            to[k++] = {Layer::is_projected && s == 0 ? g.raw : g.states_[s], units};
        for (std::size_t w = 0; w < facts.unit_weights; ++w)
            to[k++] = {g.unit_weights + w * units, facts.unit_weights * units};
        if constexpr (facts.reads) to[k] = {g.read, units};
        constexpr auto adds = [] {
            std::array<bool, all> made{};
            for (std::size_t w = 0; w < facts.unit_weights; ++w) made[facts.gates + states + w] = true;
            return made;
        }();
        const auto from = arguments_of<facts.reads>(f, weights.unit_weights);
        for (std::size_t n = samples.first; n < samples.last; ++n) {
            if constexpr (Layer::is_masked) {
                if (f.mask[n] == T(0)) {
                    pass_by<adds_result>(g, n);
                    continue;
                }
            }
            kernels::differentiate_cell<units, adds, adds_result>(expressions::step, from, adjoints, g.result,
                                                                  to, n);
        }
        if constexpr (facts.reads) {
            each_product([&]<std::size_t P>() {
                if constexpr (late<P>) multiply_back<P>(transposed, g, samples);
            });
            if constexpr (Layer::is_normalized) {
                for (std::size_t i = samples.first * units; i < samples.last * units; ++i)
                    g.sums.read[i] = g.read[i];
                norm::read_back(weights.state_norm, f.sums.read, g.read, samples);
            }
            constexpr auto adds_all = [] {
                std::array<bool, arguments> made{};
                for (bool& add : made) add = true;
                return made;
            }();
            const auto read_from = arguments_of<false>(f, weights.unit_weights);
            std::array<places, arguments> read_to;
            for (std::size_t i = 0; i < arguments; ++i) read_to[i] = to[i];
            const std::array<vectors, 1> adjoint{vectors{g.read, units}};
            for (std::size_t n = samples.first; n < samples.last; ++n)
                kernels::differentiate_cell<units, adds_all, false>(expressions::read, read_from, adjoint,
                                                                    vectors{}, read_to, n);
        }
        if constexpr (Layer::is_normalized)
            norm::sums_back(weights.gate_norm, f.sums, g.gates, g.sums, samples);
        each_product([&]<std::size_t P>() {
            if constexpr (!late<P>) multiply_back<P>(transposed, g, samples);
        });
    }

private:
    /// A skipped step: the states' gradients stay, and nothing else has one.
    template <bool Result>
    static void pass_by(const gradient_frame& g, std::size_t n) {
        for (std::size_t i = 0; i < row; ++i) g.gates[n * row + i] = T(0);
        if constexpr (facts.reads)
            for (std::size_t i = 0; i < units; ++i) g.read[n * units + i] = T(0);
        if constexpr (Result)
            for (std::size_t i = 0; i < units; ++i) g.states_[0][n * units + i] += g.result.row(n)[i];
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
