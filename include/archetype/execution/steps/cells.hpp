// SPDX-License-Identifier: BSL-1.0
/// @file cells.hpp
/// The expressions of cells. Variables: the gates, the states, the vectors of unit weights, and in `step` of a cell that
/// reads what was read.
#pragma once
#include <archetype/architecture/cells.hpp>
#include <archetype/execution/steps/pointwise.hpp>
#include <archetype/expression/cells.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Arguments of `read`; `step` has one more if the cell reads.
template <class Cell>
inline constexpr std::size_t cell_arguments =
    cell_facts_of<Cell>.gates + cell_facts_of<Cell>.states + cell_facts_of<Cell>.unit_weights;

/// `step(...)`: the new states; `read(...)` where the cell has one. Both are expressions. This is a user's cell.
template <class Cell>
struct cell_expressions {
    static constexpr auto step =
        expression::trace<cell_arguments<Cell> + (cell_facts_of<Cell>.reads ? 1 : 0)>(Cell::step);
    static constexpr auto read = [] {
        if constexpr (cell_facts_of<Cell>.reads)
            return expression::trace<cell_arguments<Cell>>(Cell::read);
        else
            return expression::variable<0>{};
    }();
};

template <std::size_t I>
inline constexpr expression::variable<I> argument{};

template <class Activation>
struct cell_expressions<simple_rnn_cell<Activation>> {
    static constexpr auto step = expression::cells::simple_rnn(expression_of<Activation>, argument<0>);
    static constexpr auto read = argument<0>;
};

/// The function of gates: a sigmoid needs absolute accuracy only, and its latency counts in every time step.
template <class Recurrent>
inline constexpr auto gate_expression = expression_of<Recurrent>;
template <>
inline constexpr auto gate_expression<sigmoid> = expression::activations::rational_sigmoid;

template <class Activation, class Recurrent>
struct cell_expressions<lstm_cell<Activation, Recurrent, peephole::none>> {
    static constexpr auto step = expression::cells::lstm_results(
        expression_of<Activation>, gate_expression<Recurrent>, argument<3>,
        expression::cells::lstm_state(expression_of<Activation>, gate_expression<Recurrent>, argument<0>,
                                      argument<1>, argument<2>, argument<5>));
    static constexpr auto read = argument<0>;
};
template <class Activation, class Recurrent>
struct cell_expressions<lstm_cell<Activation, Recurrent, peephole::full>> {
    static constexpr auto step = expression::cells::lstm_results(
        expression_of<Activation>, gate_expression<Recurrent>, argument<3>, argument<6>);
    static constexpr auto read =
        expression::cells::lstm_state(expression_of<Activation>, gate_expression<Recurrent>, argument<0>,
                                      argument<1>, argument<2>, argument<5>);
};
template <class Activation, class Recurrent>
struct cell_expressions<lstm_cell<Activation, Recurrent, peephole::normalized>>
    : cell_expressions<lstm_cell<Activation, Recurrent, peephole::full>> {};
template <class Activation, class Recurrent>
struct cell_expressions<lstm_cell<Activation, Recurrent, peephole::diagonal>> {
    static constexpr auto next = expression::cells::lstm_state(
        expression_of<Activation>, gate_expression<Recurrent>, argument<0> + argument<6> * argument<5>,
        argument<1> + argument<7> * argument<5>, argument<2>, argument<5>);
    static constexpr auto step = expression::cells::lstm_results(
        expression_of<Activation>, gate_expression<Recurrent>, argument<3> + argument<8> * next, next);
    static constexpr auto read = argument<0>;
};

template <class Activation, class Recurrent>
struct cell_expressions<gru_cell<Activation, Recurrent, false>> {
    static constexpr auto step = expression::cells::gru_state(
        expression_of<Activation>, gate_expression<Recurrent>, argument<0>, argument<2>, argument<3>);
    static constexpr auto read =
        expression::cells::gru_read(gate_expression<Recurrent>, argument<1>, argument<3>);
};
template <class Activation, class Recurrent>
struct cell_expressions<gru_cell<Activation, Recurrent, true>> {
    static constexpr auto step = expression::cells::gru_state(
        expression_of<Activation>, gate_expression<Recurrent>, argument<0>,
        argument<2> + expression::cells::gru_read(gate_expression<Recurrent>, argument<1>, argument<3>),
        argument<4>);
    static constexpr auto read = argument<0>;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
