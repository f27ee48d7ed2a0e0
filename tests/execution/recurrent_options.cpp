// SPDX-License-Identifier: BSL-1.0
// Recurrent layers whose h is projected or whose sums are normalized: against PyTorch, their gradients against central
// differences, streams against the whole sequence.
#include "checks.hpp"
#include "recurrent_references.hpp"
#include "stream_checks.hpp"

namespace {

namespace at = archetype;

template <class Layer, std::size_t Time = 5, std::size_t Features = 3>
using one = at::network<at::input<Time, Features>, Layer>;

template <class Net, std::size_t Count>
void check(const double (&wanted)[Count]) {
    checks::forward<Net>(wanted);
    checks::gradients<Net>();
}

/// Along each frame, then through time in each band.
template <class Body>
using added = at::residual<at::sequence<Body, at::dense<3, at::last_axis>>>;
template <std::size_t Time>
using dual_path =
    at::network<at::input<Time, 4, 2>, at::dense<3, at::last_axis>, at::tanh,
                added<at::bidirectional<at::gru<4, at::reset_after, at::time_axis<2>, at::return_sequences>>>,
                added<at::lstm<5, at::time_axis<1>, at::return_sequences>>,
                at::lstm<4, at::time_axis<2>, at::proj_size<3>>, at::dense<2, at::last_axis>>;

/// Steps without a positive feature are skipped by all layers.
template <class First, std::size_t Time>
using masked_stack =
    at::network<at::input<Time, 2>, at::relu, at::point<"x">, at::step_mask<>, at::point<"mask">,
                at::from<"x">, First, at::lstm<5, at::padding_mask<"mask">, at::return_sequences>,
                at::dense<2, at::last_axis>>;

}  // namespace

TEST_CASE("LSTM with a projection") {
    check<one<at::lstm<6, at::proj_size<2>, at::return_sequences>>>(references::projected);
    check<at::network<
        at::input<6, 3>,
        at::lstm<19, at::proj_size<7>, at::two_biases, at::trainable_initial_state, at::return_sequences>,
        at::lstm<4, at::proj_size<3>, at::reversed>, at::dense<2>>>(references::projected_stack);
    check<at::network<
        at::input<5, 3>,
        at::with_states<at::lstm<5, at::proj_size<3>, at::return_sequences>, at::final_states<"h", "l">>,
        at::with_states<at::lstm<5, at::proj_size<3>>, at::initial_states<"h", "l">,
                        at::final_states<"now", "last">>,
        at::merge<at::concatenate, "last">, at::dense<2>>>(references::projected_states);
}

TEST_CASE("layer normalization in cells") {
    check<one<at::lstm<6, at::layer_norm_inside, at::return_sequences>>>(references::normalized_lstm);
    check<one<at::gru<5, at::layer_norm_inside, at::reset_after, at::epsilon<1e-5>, at::return_sequences>>>(
        references::normalized_gru);
    check<one<at::simple_rnn<5, at::layer_norm_inside, at::no_bias, at::reversed>>>(
        references::normalized_rnn);
    check<at::network<at::input<5, 3>,
                      at::lstm<17, at::layer_norm_inside, at::proj_size<5>, at::trainable_initial_state,
                               at::return_sequences>,
                      at::relu, at::lstm<4, at::layer_norm_inside, at::two_biases>, at::dense<2>>>(
        references::normalized_stack);
}

TEST_CASE("sequences along an axis of images and volumes") {
    check<at::network<at::input<3, 4, 2>, at::gru<5, at::time_axis<2>, at::return_sequences, at::reversed>>>(
        references::along_rows);
    check<at::network<at::input<3, 4, 2>, at::lstm<5, at::time_axis<-3>, at::trainable_initial_state>>>(
        references::down_columns);
    check<dual_path<5>>(references::dual_path);
    check<at::network<at::input<2, 3, 4, 2>, at::simple_rnn<3, at::time_axis<1>, at::return_sequences>,
                      at::simple_rnn<2, at::time_axis<2>, at::return_sequences>,
                      at::gru<3, at::time_axis<3>, at::reset_after>>>(references::volume);
}

TEST_CASE("a mask goes through a stack") {
    check<masked_stack<
        at::bidirectional<at::gru<4, at::reset_after, at::padding_mask<"mask">, at::return_sequences>>, 9>>(
        references::masked_stack);
}

TEST_CASE("groups of features") {
    check<at::network<at::input<5, 4>, at::grouped<2, at::gru<3, at::return_sequences>>,
                      at::dense<2, at::last_axis>>>(references::grouped_recurrent);
}

TEST_CASE("streams of such layers are the whole sequence bit for bit") {
    stream_checks::check<
        at::network<at::input<24, 3>,
                    at::lstm<19, at::proj_size<5>, at::return_sequences, at::trainable_initial_state>,
                    at::tanh, at::lstm<6, at::layer_norm_inside, at::return_sequences>>,
        4>();
    stream_checks::check<dual_path<24>, 4>();
    stream_checks::check<masked_stack<at::gru<4, at::padding_mask<"mask">, at::layer_norm_inside,
                                              at::reset_after, at::return_sequences>,
                                      24>,
                         4>();
    static_assert(at::state_bytes<dual_path<24>> == 4 * 4 * 2 * 5);
}

TEST_CASE("masked steps leave projected and normalized states alone") {
    using net_type =
        one<at::lstm<6, at::proj_size<2>, at::layer_norm_inside, at::masking<>, at::return_sequences>, 4, 3>;
    at::model<net_type, double> net;
    numbers::set_parameters(net);
    auto inputs = numbers::samples<net_type, double>(2);
    xt::view(inputs, 0, 1) = 0;
    xt::view(inputs, 1, 2) = 0;
    const auto found = net(inputs);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(found(0, 1, i) == found(0, 0, i));
        CHECK(found(1, 2, i) == found(1, 1, i));
        CHECK(found(1, 1, i) != found(1, 0, i));
    }
    const xt::xtensor<double, 3> targets = 0.3 * xt::ones<double>({2, 4, 2});
    at::gradients gradient{net, at::mean_squared_error{}, at::seed{5}};
    gradient(inputs, targets);
    const std::vector<double> slopes(gradient.data(), gradient.data() + net.trainable_size());
    double apart = 0;
    for (std::size_t i = 0; i < slopes.size(); ++i) {
        double& weight = net.data()[i];
        const double before = weight, step = 1e-5;
        weight = before + step;
        const double above = gradient(inputs, targets);
        weight = before - step;
        const double below = gradient(inputs, targets);
        weight = before;
        apart = std::max(apart, std::abs((above - below) / (2 * step) - slopes[i]));
    }
    CHECK(apart < 1e-8);
}
