// SPDX-License-Identifier: BSL-1.0
/// @file cells.hpp
/// What a recurrent layer does in one time step: cells, of which LSTM and GRU are two.
///
/// A cell has gates (vectors of the layer's size that are sums of products: W x + U h + b) and states, of which the first
/// is the result. One pointwise expression, `step`, makes the new states of gates and states:
///
///     struct minimal_cell {                                       // Zhou et al. 2016, without its read gate
///         static constexpr text_view kind = "minimal";
///         static constexpr std::size_t gates = 2, states = 1;
///         static constexpr auto step = [](auto forget, auto candidate, auto state) {
///             return state + sigmoid(forget) * (tanh(candidate) - state);
///         };
///     };
///
/// A read gate: with `read`, the last gate (or the last `late_gates`) multiplies what `read` gives instead of the state,
/// and `step` gets that as one more argument. With `unit_weights` = k, both get k trainable vectors after the states.
#pragma once
#include <archetype/architecture/layers/activation.hpp>

namespace archetype {

/// One product of a recurrent matrix with a vector, added to gates.
struct cell_product {
    bool peephole = false;    ///< column blocks of `peephole_kernel` instead of `recurrent_kernel`
    std::size_t block = 0;    ///< the first block of `units` columns
    std::size_t count = 0;    ///< blocks
    std::size_t operand = 0;  ///< a state, or (`states`) what is read
    std::size_t gate = 0;     ///< the first gate it is added to
};

/// The structure of a cell.
struct cell_facts {
    std::size_t gates = 1;        ///< arguments of `step` before the states
    std::size_t input_gates = 1;  ///< the first gates, to which the input contributes: blocks of `kernel`
    std::size_t states = 1;
    std::size_t unit_weights = 0;  ///< trainable vectors that the expressions see
    text_view unit_weights_name = "unit_weights";
    bool reads = false;           ///< has a late product with what `read` gives
    bool recurrent_bias = false;  ///< has two biases without being asked
    std::size_t product_count = 0;
    cell_product products[3]{};
    std::size_t recurrent_blocks = 1;                        ///< of `recurrent_kernel`
    std::size_t peephole_blocks = 0;                         ///< of `peephole_kernel`
    std::size_t forget_gate = static_cast<std::size_t>(-1);  ///< the block whose bias starts at 1
    std::size_t operations = 1;  ///< pointwise ones for each unit and step, for counting

    constexpr void add(const cell_product& product) { products[product_count++] = product; }
};

/// h' = f(W x + U h + b).
template <class Activation = tanh>
struct simple_rnn_cell {
    static constexpr text_view kind = "simple_rnn";
    static constexpr cell_facts facts = [] {
        cell_facts made;
        made.add({false, 0, 1, 0, 0});
        made.operations = 2;
        return made;
    }();
};

/// Whether the gates of an LSTM see its long-term state; `normalized`: they do not, and it is normalized.
enum class peephole { none, full, diagonal, normalized };

/// Gates i, f, c, o; states h, l (Hochreiter, Schmidhuber 1997; Gers et al. 2000): l' = f l + i g, h' = o tanh(l').
/// Peepholes add P_i l and P_f l to i and f, and P_o l' to o.
template <class Activation = tanh, class RecurrentActivation = sigmoid, peephole Peephole = peephole::none>
struct lstm_cell {
    static constexpr text_view kind = "lstm";
    static constexpr cell_facts facts = [] {
        cell_facts made;
        made.gates = made.input_gates = made.recurrent_blocks = 4;
        made.states = 2;
        made.forget_gate = 1;
        made.operations = 13;
        made.add({false, 0, 4, 0, 0});
        if (Peephole == peephole::full) {
            made.reads = true;
            made.peephole_blocks = 3;  // i, f, o
            made.add({true, 0, 2, 1, 0});
            made.add({true, 2, 1, 2, 3});
        }
        if (Peephole == peephole::normalized) made.reads = true;
        if (Peephole == peephole::diagonal)
            made.unit_weights = 3, made.unit_weights_name = "peephole", made.operations += 6;
        return made;
    }();
};

/// Gates z, r, h (Cho et al. 2014): h' = z h + (1 - z) f(W x + U [r h] + b), or with `ResetAfter`
/// f(W x + b + r [U h + b']).
template <class Activation = tanh, class RecurrentActivation = sigmoid, bool ResetAfter = false>
struct gru_cell {
    static constexpr text_view kind = "gru";
    static constexpr cell_facts facts = [] {
        cell_facts made;
        made.gates = ResetAfter ? 4 : 3;  // then the recurrent part of the candidate stands apart
        made.input_gates = made.recurrent_blocks = 3;
        made.reads = !ResetAfter;
        made.recurrent_bias = ResetAfter;
        made.operations = 10;
        made.add({false, 0, 2, 0, 0});
        made.add({false, 2, 1, ResetAfter ? std::size_t{0} : std::size_t{1},
                  ResetAfter ? std::size_t{3} : std::size_t{2}});
        return made;
    }();
};

namespace detail {

/// The structure of a cell that says it itself, or of a user's.
template <class Cell>
constexpr cell_facts facts_of_cell() {
    if constexpr (requires { Cell::facts; }) {
        return Cell::facts;
    } else {
        cell_facts made;
        made.gates = made.input_gates = made.recurrent_blocks = Cell::gates;
        made.states = Cell::states;
        made.operations = 3 * made.gates;
        std::size_t late = 0;
        if constexpr (requires { Cell::read; }) {
            made.reads = true;
            late = 1;
            if constexpr (requires { Cell::late_gates; }) late = Cell::late_gates;
        }
        if constexpr (requires { Cell::unit_weights; }) made.unit_weights = Cell::unit_weights;
        if (made.gates > late) made.add({false, 0, made.gates - late, 0, 0});
        if (late != 0) made.add({false, made.gates - late, late, made.states, made.gates - late});
        return made;
    }
}

template <class Cell>
inline constexpr cell_facts cell_facts_of = facts_of_cell<Cell>();

}  // namespace detail
}  // namespace archetype
