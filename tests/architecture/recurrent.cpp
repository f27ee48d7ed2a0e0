// SPDX-License-Identifier: BSL-1.0
// Counts, shapes and bytes of recurrent layers. The test passes by compiling.
#include <archetype/architecture.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {

template <class Layer, std::size_t Features, std::size_t Time = 7>
using one = at::network<at::input<Time, Features>, Layer>;
template <class Layer, std::size_t Features>
inline constexpr std::uint64_t count = at::parameter_count<one<Layer, Features>>;

// Simple RNN: n (m + n + 1).
static_assert(count<at::simple_rnn<5>, 3> == 5 * (3 + 5 + 1));
static_assert(count<at::simple_rnn<5, at::two_biases>, 3> == 5 * (3 + 5 + 2));
static_assert(count<at::simple_rnn<5, at::no_bias>, 3> == 5 * (3 + 5));

// FL-10: LSTM of 9 units and 1 input: 396 in Keras, 432 in PyTorch, 360 without bias.
static_assert(count<at::lstm<9>, 1> == 396);
static_assert(count<at::lstm<9, at::two_biases>, 1> == 432);
static_assert(count<at::lstm<9, at::no_bias>, 1> == 360);
static_assert(count<at::lstm<9, at::peepholes>, 1> == 396 + 3 * 9 * 9);
static_assert(count<at::lstm<9, at::diagonal_peepholes>, 1> == 396 + 3 * 9);
static_assert(count<at::lstm<9, at::trainable_initial_state>, 1> == 396 + 2 * 9);
static_assert(count<at::lstm<9, at::given_initial_state>, 1> == 396);
static_assert(at::non_trainable_count<one<at::lstm<9, at::given_initial_state>, 1>> == 18);

// FL-12 (a): GRU of 5 units and 4 inputs: 3 N (N + M + 1) = 150, 3 N (N + M + 2) = 165 with reset_after.
static_assert(count<at::gru<5>, 4> == 150);
static_assert(count<at::gru<5, at::reset_after>, 4> == 165);
static_assert(count<at::gru<5, at::two_biases>, 4> == 165);
static_assert(count<at::gru<5, at::reset_after, at::no_bias>, 4> == 135);

struct leaky_cell {  // h' = h + w (tanh(a) - h) with a trainable w for each unit
    static constexpr at::text_view kind = "leaky";
    static constexpr std::size_t gates = 1, states = 1, unit_weights = 1;
    [[maybe_unused]] static constexpr auto step = [](auto gate, auto state, auto weight) {
        return state + weight * (tanh(gate) - state);
    };
};
static_assert(count<at::recurrent<5, leaky_cell>, 3> == 5 * (3 + 5 + 1) + 5);

// Embedding: V d.
using text = at::network<at::input<7>, at::embedding<100, 8>, at::lstm<6, at::return_sequences>,
                         at::named<"top", at::gru<5>>, at::dense<2>>;
static_assert(at::parameter_count<text, "embedding"> == 800);
static_assert(at::output_shape<text, "embedding"> == at::shape{7, 8});
static_assert(at::output_shape<text, "lstm"> == at::shape{7, 6});
static_assert(at::output_shape<text, "top"> == at::shape{5});
static_assert(at::multiply_accumulate_count<text, "lstm"> == 7 * 4 * 6 * (8 + 6));
static_assert(at::multiply_accumulate_count<text, "top"> == 7 * 3 * 5 * (6 + 5));
static_assert(at::state_bytes<text> == 4 * (2 * 6 + 5));
static_assert(at::state_bytes<text, "lstm"> == 48);
static_assert(at::state_bytes<text, "embedding"> == 0);

// Projection to p: 4 n (m + p + 1) + n p (PyTorch: one bias more).
using projected = one<at::lstm<6, at::proj_size<2>, at::return_sequences>, 3>;
static_assert(at::output_shape<projected> == at::shape{7, 2});
static_assert(at::parameter_count<projected> == 4 * 6 * (3 + 2 + 1) + 6 * 2);
static_assert(at::multiply_accumulate_count<projected> == 7 * (4 * 6 * (3 + 2) + 6 * 2));
static_assert(at::state_bytes<projected> == 4 * (2 + 6));
// Gamma and beta of the input's sums, of the state's, of an LSTM's long-term state.
static_assert(count<at::lstm<6, at::layer_norm_inside>, 3> == 4 * 6 * (3 + 6 + 1) + 16 * 6 + 2 * 6);
static_assert(count<at::gru<6, at::layer_norm_inside, at::reset_after>, 3> == 3 * 6 * (3 + 6 + 2) + 12 * 6);
// Lines of an image along an axis share their parameters.
template <class Layer>
using of_image = at::network<at::input<6, 5, 4>, Layer>;
using rows = of_image<at::lstm<3, at::time_axis<2>, at::return_sequences>>;
static_assert(at::output_shape<rows> == at::shape{6, 5, 3} &&
              at::parameter_count<rows> == 4 * 3 * (4 + 3 + 1));
static_assert(at::multiply_accumulate_count<rows> == 6 * 5 * 4 * 3 * (4 + 3) && at::state_bytes<rows> == 0);
static_assert(at::output_shape<of_image<at::lstm<3, at::time_axis<-2>>>> == at::shape{6, 3});
static_assert(at::output_shape<of_image<at::lstm<3, at::time_axis<1>>>> == at::shape{5, 3});
static_assert(at::state_bytes<of_image<at::gru<3, at::time_axis<1>>>> == 4 * 5 * 3);
static_assert(at::has_receptive_field<rows, at::extent{1, 5}>);
// Each line reads all channels, one of which sees five rows.
static_assert(at::has_receptive_field<at::network<at::input<9, 4, 1>,
                                                  at::branches<at::concatenate, at::conv2d<1, 1>,
                                                               at::conv2d<1, at::extent{5, 1}, at::same>>,
                                                  at::gru<1, at::time_axis<2>>>,
                                      at::extent{5, 4}>);
// A mask is no feature; it goes to both directions.
using masked_stack = at::network<
    at::named<"x", at::input<6, 3>>, at::step_mask<>, at::point<"mask">, at::from<"x">,
    at::bidirectional<at::gru<4, at::reset_after, at::padding_mask<"mask">, at::return_sequences>>,
    at::named<"top", at::lstm<5, at::padding_mask<"mask">>>>;
static_assert(at::parameter_count<masked_stack, "forward"> == 3 * 4 * (3 + 4 + 2));
static_assert(at::parameter_count<masked_stack, "top"> == 4 * 5 * (8 + 5 + 1));
using grouped =
    at::network<at::input<6, 4>, at::grouped<2, at::gru<3, at::return_sequences>>, at::channel_shuffle<2>>;
static_assert(at::output_shape<grouped> == at::shape{6, 6} &&
              at::parameter_count<grouped> == 2 * 3 * 3 * (2 + 3 + 1));

// One operation for each bias of each gate in each step, besides what the cell does: 9 for an LSTM, 7 for a GRU.
using at::no_bias, at::two_biases;
static_assert(at::flop_count<one<at::lstm<6>, 3>> == 7 * (2 * 4 * 6 * 9 + 6 * (9 + 4)));
static_assert(at::flop_count<one<at::lstm<6, two_biases>, 3>> == 7 * (2 * 4 * 6 * 9 + 6 * (9 + 8)));
static_assert(at::flop_count<one<at::lstm<6, no_bias>, 3>> == 7 * (2 * 4 * 6 * 9 + 6 * 9));
static_assert(at::flop_count<one<at::gru<6>, 3>> == 7 * (2 * 3 * 6 * 9 + 6 * (7 + 3)));
static_assert(at::flop_count<one<at::gru<6, at::reset_after>, 3>> == 7 * (2 * 3 * 6 * 9 + 6 * (7 + 6)));
static_assert(at::flop_count<one<at::gru<6, at::reset_after, no_bias>, 3>> == 7 * (2 * 3 * 6 * 9 + 6 * 7));
static_assert(at::flop_count<one<at::simple_rnn<6, two_biases>, 3>> == 7 * (2 * 6 * 9 + 6 * (1 + 2)));

// FL-13: two directions: concatenated 2 n wide, else n; twice the parameters.
using both = one<at::bidirectional<at::lstm<6, at::return_sequences>>, 3>;
static_assert(at::output_shape<both> == at::shape{7, 12} &&
              at::parameter_count<both> == 2 * 4 * 6 * (3 + 6 + 1));
static_assert(at::parameter_count<both, "forward"> == at::parameter_count<both, "backward">);
static_assert(at::state_bytes<both> == 4 * 4 * 6);
static_assert(at::output_shape<one<at::bidirectional<at::gru<6>, at::add>, 3>> == at::shape{6});
static_assert(at::output_shape<one<at::bidirectional<at::recurrent<6, leaky_cell>, at::average>, 3>> ==
              at::shape{6});

// A dense layer on each step, by either name.
using each_step = one<at::time_distributed<at::dense<5, at::no_bias>>, 3>;
static_assert(at::output_shape<each_step> == at::shape{7, 5} && at::parameter_count<each_step> == 15);

// FL-21: too large for a stack of 8 MiB, and known to be before it runs: weights, state.
using large =
    at::network<at::input<1, 27>, at::time_distributed<at::dense<512>>,
                at::gru<512, at::return_sequences, at::reset_after>,
                at::gru<512, at::return_sequences, at::reset_after>, at::time_distributed<at::dense<27>>>;
static_assert(at::parameter_count<large, "dense"> == 14'336 &&
              at::parameter_count<large, "gru"> == 1'575'936 &&
              at::parameter_count<large, "dense_1"> == 13'851);
static_assert(at::parameter_count<large> == 3'180'059);
static_assert(at::weight_bytes<large> == 12'720'236 && at::weight_bytes<large> > 8u << 20);
static_assert(at::state_bytes<large> == 4'096);

}  // namespace

TEST_CASE("recurrent layers have the published counts") { SUCCEED(); }
