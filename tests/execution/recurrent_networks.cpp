// SPDX-License-Identifier: BSL-1.0
// Recurrent layers against PyTorch, their gradients against central differences.
#include "checks.hpp"
#include "recurrent_references.hpp"

namespace {

namespace at = archetype;

/// Zhou et al. 2016, forgetting only.
struct minimal_cell {
    static constexpr at::text_view kind = "minimal";
    static constexpr std::size_t gates = 2, states = 1;
    static constexpr auto step = [](auto forget, auto candidate, auto state) {
        return state + sigmoid(forget) * (tanh(candidate) - state);
    };
};
/// The same with its read gate and a trainable scale for each unit.
struct reading_cell {
    static constexpr at::text_view kind = "reading";
    static constexpr std::size_t gates = 2, states = 1, unit_weights = 1;
    static constexpr auto read = [](auto forget, auto, auto state, auto) { return sigmoid(forget) * state; };
    static constexpr auto step = [](auto forget, auto candidate, auto state, auto scale, auto) {
        return state + sigmoid(forget) * (tanh(scale * candidate) - state);
    };
};

template <class Layer, std::size_t Time = 5, std::size_t Features = 3>
using one = at::network<at::input<Time, Features>, Layer>;
namespace activations = at::expression::activations;

template <class Net, std::size_t Count>
void check(const double (&wanted)[Count]) {
    checks::forward<Net>(wanted);
    checks::gradients<Net>();
}

}  // namespace

TEST_CASE("simple RNN") {
    check<one<at::simple_rnn<4>>>(references::simple_rnn);
    check<one<at::simple_rnn<4, at::return_sequences, at::two_biases, at::cell_activation<at::relu>>>>(
        references::relu_rnn);
}

TEST_CASE("LSTM") {
    check<one<at::lstm<6>>>(references::lstm);
    check<one<at::lstm<3, at::return_sequences, at::two_biases>, 4, 2>>(references::lstm_two_biases);
    check<one<at::lstm<3, at::no_bias, at::cell_activation<at::relu>,
                       at::recurrent_activation<at::activation<activations::hard_sigmoid_onnx>>>,
              4, 2>>(references::lstm_hard);
}

TEST_CASE("LSTM with peepholes") {
    check<one<at::lstm<4, at::peepholes, at::return_sequences>>>(references::lstm_peepholes);
    check<one<at::lstm<4, at::diagonal_peepholes, at::trainable_initial_state>>>(references::lstm_diagonal);
}

TEST_CASE("GRU") {
    check<one<at::gru<5, at::return_sequences>>>(references::gru);
    check<
        one<at::gru<5, at::two_biases, at::recurrent_activation<at::activation<activations::hard_sigmoid>>>>>(
        references::gru_two_biases);
    check<one<at::gru<5, at::reset_after>>>(references::gru_reset_after);
    check<one<at::gru<5, at::reset_after, at::return_sequences, at::reversed>>>(references::gru_reversed);
}

TEST_CASE("cells of one's own") {
    check<one<at::recurrent<4, minimal_cell>>>(references::minimal);
    check<one<at::recurrent<4, reading_cell, at::return_sequences, at::no_bias>>>(references::reading);
}

TEST_CASE("stacked recurrent layers") {
    check<at::network<at::input<20, 3>, at::gru<17, at::return_sequences>, at::relu,
                      at::lstm<20, at::return_sequences, at::reversed>, at::simple_rnn<5>, at::dense<2>>>(
        references::stacked);
    check<at::network<at::input<6, 3>, at::lstm<4, at::return_sequences>, at::time_distributed<at::dense<3>>,
                      at::softmax>>(references::each_step);
}

TEST_CASE("two directions") {
    check<at::network<at::input<6, 3>, at::bidirectional<at::gru<5, at::reset_after, at::return_sequences>>,
                      at::bidirectional<at::lstm<4>>, at::dense<2>>>(references::both_directions);
}
