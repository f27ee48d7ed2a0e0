// SPDX-License-Identifier: BSL-1.0
/// @file recurrent.hpp
/// One time step of a recurrent layer for one sequence: products with the input and with the states go into registers,
/// tile by tile of units, and on through the cell's expression.
#pragma once
#include <archetype/execution/lowering/stream_form.hpp>
#include <archetype/kernels/time/stream_product.hpp>

#include <array>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer, class T, std::size_t Features>
struct stream_recurrent {
    using frame = recurrent_frame<Layer, T>;
    using expressions = typename frame::expressions;
    using vector = kernels::lanes<T>;
    static constexpr cell_facts facts = Layer::structure;
    static constexpr std::size_t units = Layer::units, padded = stream_pad(units), states = facts.states,
                                 columns = frame::columns, width = kernels::lane_count<T>;
    static constexpr std::size_t all = (units + width - 1) / width;
    /// More weights than the nearest cache holds: tiles are small, and every other step takes them from the last to the
    /// first, so that it begins with what the step before left in the cache.
    static constexpr bool goes_and_returns = width > 1 &&
                                             facts.gates* padded*(Features + units) * sizeof(T) > 40000;
    static constexpr std::size_t vectors = goes_and_returns ? 1
                                                            : kernels::detail::divisor_up_to(
                                                                  facts.gates < 8 ? 8 / facts.gates : 1, all),
                                 tiles = all / vectors, span = vectors * width;

    /// Without SIMD the weights are read where they are.
    static constexpr bool packed = width > 1;
    // Packed, tile after tile: biases, kernel rows, rows of each product, unit weights.
    static constexpr std::size_t first_bias_blocks = Layer::has_bias ? facts.input_gates : 0,
                                 second_bias_blocks = Layer::has_two_biases ? facts.recurrent_blocks : 0,
                                 bias_blocks = first_bias_blocks + second_bias_blocks,
                                 kernel_blocks = Features * facts.input_gates;
    /// Where product `P` begins in a tile, in vectors of its units.
    template <std::size_t P>
    static constexpr std::size_t product_block = [] {
        std::size_t sum = bias_blocks + kernel_blocks;
        for (std::size_t p = 0; p < P; ++p) sum += units * facts.products[p].count;
        return sum;
    }();
    static constexpr std::size_t unit_block = product_block<facts.product_count>,
                                 blocks = unit_block + facts.unit_weights;
    static constexpr std::size_t room = packed || has_wide_vectors ? blocks * padded : 0;

    static void prepare(const cell_weights<T>& from, T* to) {
        if constexpr (packed) {
            const auto put = [&](const T* row, std::size_t tile) {
                for (std::size_t u = tile * span; u < (tile + 1) * span; ++u)
                    *to++ = u < units ? row[u] : T(0);
            };
            for (std::size_t tile = 0; tile < tiles; ++tile) {
                for (std::size_t b = 0; b < bias_blocks; ++b) put(from.bias + b * units, tile);
                for (std::size_t b = 0; b < kernel_blocks; ++b) put(from.kernel + b * units, tile);
                frame::each_product([&]<std::size_t P>() {
                    for (std::size_t i = 0; i < units; ++i)
                        for (std::size_t g = 0; g < facts.products[P].count; ++g)
                            put(from.products[P] + i * frame::template tensor_columns<P> + g * units, tile);
                });
                for (std::size_t w = 0; w < facts.unit_weights; ++w) put(from.unit_weights + w * units, tile);
            }
        }
    }

    /// The weights of one tile, in the block that `prepare` made or where they are.
    ARCHETYPE_INLINE static cell_weights<T> of_tile(const T* prepared, const cell_weights<T>& all_weights,
                                                    std::size_t tile) {
        cell_weights<T> own;
        if constexpr (packed) {
            const T* const first = prepared + tile * blocks * span;
            own.bias = first;
            own.kernel = first + bias_blocks * span;
            frame::each_product([&]<std::size_t P>() { own.products[P] = first + product_block<P> * span; });
            own.unit_weights = first + unit_block * span;
        } else {
            own = all_weights;
            own.bias += tile * span, own.kernel += tile * span, own.unit_weights += tile * span;
            frame::each_product([&]<std::size_t P>() { own.products[P] += tile * span; });
        }
        return own;
    }
    static constexpr std::size_t gate_step = packed ? span : units;

    static void start(const cell_weights<T>& weights, T* state) {
        for (std::size_t s = 0; s < states; ++s)
            for (std::size_t u = 0; u < padded; ++u)
                state[s * padded + u] = u < units && weights.initial_state != nullptr
                                            ? weights.initial_state[s * units + u]
                                            : T(0);
    }

    /// From the states to the next ones, and result = epilogue(first state).
    template <class Epilogue>
    static void step(const T* prepared, const cell_weights<T>& weights, const T* in, T* state, T* out,
                     std::size_t row, [[maybe_unused]] bool odd, const Epilogue& epilogue) {
        if constexpr (Layer::is_masked) {
            if (skips_step<Layer, Features>(in)) {
                for (std::size_t u = 0; u < units; u += width)
                    give(kernels::load(state + u), out, row, u, epilogue);
                return;
            }
        }
        // Other tiles still read the states before.
        alignas(64) T next[tiles == 1 ? 1 : states * padded];
        T* const after = tiles == 1 ? state : next;
        if constexpr (facts.reads) {
            vector gates[tiles][facts.gates][vectors];
            alignas(64) T read[padded];
            for (std::size_t t = 0; t < tiles; ++t) {
                const cell_weights<T> own = of_tile(prepared, weights, t);
                sum_early(own, in, state, gates[t]);
                for (std::size_t v = 0; v < vectors; ++v)
                    kernels::store(read + t * span + v * width,
                                   vector(evaluate(expressions::read, own, gates[t], state, t, v,
                                                   std::make_index_sequence<facts.gates>{},
                                                   std::make_index_sequence<states>{},
                                                   std::make_index_sequence<facts.unit_weights>{})));
            }
            for (std::size_t t = 0; t < tiles; ++t) {
                const cell_weights<T> own = of_tile(prepared, weights, t);
                frame::each_product([&]<std::size_t P>() {
                    if constexpr (frame::template late<P>) multiply<P>(own, read, gates[t]);
                });
                finish(own, gates[t], state, after, t, out, row, epilogue, read);
            }
        } else {
            for (std::size_t i = 0; i < tiles; ++i) {
                const std::size_t t = goes_and_returns && odd ? tiles - 1 - i : i;
                const cell_weights<T> own = of_tile(prepared, weights, t);
                vector gates[facts.gates][vectors];
                sum_early(own, in, state, gates);
                finish(own, gates, state, after, t, out, row, epilogue);
            }
        }
        if constexpr (tiles != 1) __builtin_memcpy(state, next, sizeof(next));
    }

private:
    template <std::size_t Count>
    ARCHETYPE_INLINE static void add_row(const T* row, const T& factor, vector (&sums)[Count][vectors]) {
        const vector value = kernels::broadcast(factor);
#pragma GCC unroll 8
        for (std::size_t g = 0; g < Count; ++g)
#pragma GCC unroll 8
            for (std::size_t v = 0; v < vectors; ++v)
                sums[g][v] =
                    kernels::multiply_add(value, kernels::load(row + g * gate_step + v * width), sums[g][v]);
    }
    template <std::size_t Count>
    ARCHETYPE_INLINE static void begin(const T* bias, vector (&sums)[Count][vectors]) {
#pragma GCC unroll 8
        for (std::size_t g = 0; g < Count; ++g)
#pragma GCC unroll 8
            for (std::size_t v = 0; v < vectors; ++v)
                sums[g][v] = bias != nullptr ? kernels::load(bias + g * gate_step + v * width)
                                             : kernels::broadcast(T(0));
    }

    /// Products with the input and with what is known before the step.
    ARCHETYPE_INLINE static void sum_early(const cell_weights<T>& own, const T* in, const T* state,
                                           vector (&gates)[facts.gates][vectors]) {
        vector sums[facts.input_gates][vectors];
        begin(Layer::has_bias ? own.bias : nullptr, sums);
        for (std::size_t i = 0; i < Features; ++i)
            add_row(own.kernel + i * facts.input_gates * gate_step, in[i], sums);
#pragma GCC unroll 8
        for (std::size_t g = 0; g < facts.input_gates; ++g)
#pragma GCC unroll 8
            for (std::size_t v = 0; v < vectors; ++v) gates[g][v] = sums[g][v];
        frame::each_product([&]<std::size_t P>() __attribute__((always_inline)) {
            if constexpr (!frame::template late<P>)
                multiply<P>(own, state + facts.products[P].operand * padded, gates);
        });
    }

    template <std::size_t P>
    ARCHETYPE_INLINE static void multiply(const cell_weights<T>& own, const T* operand,
                                          vector (&gates)[facts.gates][vectors]) {
        constexpr cell_product product = facts.products[P];
        vector sums[product.count][vectors];
        const T* bias = nullptr;
        if constexpr (Layer::has_two_biases && !product.peephole)
            bias = own.bias + (first_bias_blocks + product.block) * gate_step;
        begin(bias, sums);
        constexpr std::size_t row = packed ? product.count * span : frame::template tensor_columns<P>;
#pragma GCC unroll 4
        for (std::size_t i = 0; i < units; ++i) add_row(own.products[P] + i * row, operand[i], sums);
#pragma GCC unroll 8
        for (std::size_t g = 0; g < product.count; ++g)
#pragma GCC unroll 8
            for (std::size_t v = 0; v < vectors; ++v) {
                vector& gate = gates[product.gate + g][v];
                if constexpr (product.gate < facts.input_gates)
                    gate = sums[g][v] + gate;
                else
                    gate = sums[g][v];
            }
    }

    template <class E, std::size_t... G, std::size_t... S, std::size_t... W, class... Read>
    ARCHETYPE_INLINE static auto evaluate(const E& e, const cell_weights<T>& own,
                                          const vector (&gates)[facts.gates][vectors], const T* state,
                                          std::size_t t, std::size_t v, std::index_sequence<G...>,
                                          std::index_sequence<S...>, std::index_sequence<W...>,
                                          const Read&... read) {
        return expression::evaluate(e, gates[G][v]...,
                                    kernels::load(state + S * padded + t * span + v * width)...,
                                    kernels::load(own.unit_weights + W * gate_step + v * width)..., read...);
    }

    template <class Epilogue>
    ARCHETYPE_INLINE static void give(const vector& value, T* out, std::size_t row, std::size_t u,
                                      const Epilogue& epilogue) {
        kernels::store_partial(out + u, vector(epilogue(value, kernels::place{0, 0, row, u})),
                               units - u < width ? units - u : width);
    }

    template <class Epilogue, class... Read>
    ARCHETYPE_INLINE static void finish(const cell_weights<T>& own,
                                        const vector (&gates)[facts.gates][vectors], const T* state, T* after,
                                        std::size_t t, T* out, std::size_t row, const Epilogue& epilogue,
                                        const Read*... read) {
#pragma GCC unroll 8
        for (std::size_t v = 0; v < vectors; ++v) {
            const std::size_t u = t * span + v * width;
            const auto made =
                evaluate(expressions::step, own, gates, state, t, v, std::make_index_sequence<facts.gates>{},
                         std::make_index_sequence<states>{}, std::make_index_sequence<facts.unit_weights>{},
                         kernels::load(read + u)...);
            const auto& values = kernels::detail::as_array(made);
#pragma GCC unroll 4
            for (std::size_t s = 0; s < states; ++s)
                kernels::store(after + s * padded + u, vector(values[s]));
            give(vector(values[0]), out, row, u, epilogue);
        }
    }
};

template <class Layer>
requires(Layer::role == layer_role::recurrent && !Layer::is_along && !Layer::is_in_blocks &&
         !Layer::is_projected && !Layer::is_normalized) struct stream_form<Layer> : row_stream_form {
    template <class Step, class T>
    using rows_of = stream_recurrent<Layer, T, features_among<Layer>(Step::in.channels)>;
    // Constants, so that no facts are in the program.
    template <class Step>
    static constexpr auto offsets = [] {
        std::array<std::uint64_t, max_parameter_tensors> all{};
        for (std::size_t i = 0; i < Step::at.parameter_tensors; ++i)
            all[i] = inference_tensor_offset(Step::at, i);
        return all;
    }();
    template <class Step, class T>
    ARCHETYPE_INLINE static cell_weights<T> cell_of(const T* weights) {
        return recurrent_weights<Layer, T>::as_they_are(
            [&](std::size_t i) ARCHETYPE_INLINE_LAMBDA { return weights + offsets<Step>[i]; });
    }

    static constexpr std::size_t states = Layer::structure.states, padded = stream_pad(Layer::units);
    template <class Step>
    static constexpr stream_state_size state_size{states * Layer::units, states* padded};
    static constexpr bool starts_at_zeros = !Layer::has_initial_state;
    template <class Step, class T>
    static void start(const T* weights, T* state) {
        rows_of<Step, T>::start(cell_of<Step>(weights), state);
    }
    template <class Step, class T, class Visit>
    static void for_state(T* state, const Visit& visit) {
        for (std::size_t s = 0; s < states; ++s) visit(state + s * padded, Layer::units);
    }
    template <class Step, class T>
    static constexpr std::size_t prepared_size = rows_of<Step, T>::room;
    template <class Step, class T>
    static void prepare(const T* weights, T* prepared) {
        rows_of<Step, T>::prepare(cell_of<Step>(weights), prepared);
    }
    template <class Call, class Rows>
    ARCHETYPE_INLINE static void run(const Call& call, const Rows& rows) {
        using Step = typename Call::step;
        using T = typename Call::number;
        const auto epilogue = call.epilogue();
        const T* const in = call.in();
        const cell_weights<T> cell = cell_of<Step>(call.weights);
        for (std::size_t r = call.missing; r < rows; ++r)
            rows_of<Step, T>::step(call.prepared(), cell, in + r * Step::in.pixel_stride, call.state(),
                                   call.out + r * Step::out.pixel_stride, r, (call.first_row() + r) % 2 != 0,
                                   epilogue);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
