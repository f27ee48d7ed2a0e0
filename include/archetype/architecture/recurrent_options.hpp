// SPDX-License-Identifier: BSL-1.0
/// @file recurrent_options.hpp
/// Options of recurrent layers: `lstm<20, return_sequences, reversed>`.
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// The result of every time step, {time, units}, instead of the last one's, {units}.
struct return_sequences {
    static constexpr option sets = option::return_sequences;
    static constexpr void apply(option_values&) {}
};

/// A bias for the recurrent product beside the one for the input's, as PyTorch and ONNX count: `bias` is {2, gates * units}.
struct two_biases {
    static constexpr option sets = option::two_biases;
    static constexpr void apply(option_values&) {}
};

/// Reads the sequence from its end (Keras: go_backwards). A sequence of results stays in the order of the input's time:
/// row t is the state after reading steps T - 1 to t. The last state is the one after reading step 0.
struct reversed {
    static constexpr option sets = option::reversed;
    static constexpr void apply(option_values&) {}
};

/// The reset gate of a GRU is applied after the recurrent product (cuDNN, PyTorch, Keras 2 and later; ONNX:
/// linear_before_reset = 1). The candidate has two biases of its own then.
struct reset_after {
    static constexpr option sets = option::reset_after;
    static constexpr void apply(option_values&) {}
};

/// The gates of an LSTM see its long-term state through matrices (Gers, Schmidhuber 2000): 3 n^2 parameters more.
struct peepholes {
    static constexpr option sets = option::peepholes;
    static constexpr void apply(option_values&) {}
};

/// The same with diagonal matrices: each unit sees its own state, 3 n parameters more.
struct diagonal_peepholes {
    static constexpr option sets = option::diagonal_peepholes;
    static constexpr void apply(option_values&) {}
};

/// The state h of an LSTM, which is its result and what its gates see of the step before, is `projection_kernel` {units, Size}
/// times o f(l) (PyTorch's proj_size; Sak et al. 2014, arXiv:1402.1128): `recurrent_kernel` is {Size, 4 units}. Not 0.
template <std::size_t Size>
struct proj_size {
    static constexpr option sets = option::proj_size;
    static constexpr void apply(option_values& to) {
        to.proj_size = Size;
        if (Size == 0 && to.broken == rule::ok) to.broken = rule::extent_is_zero;
    }
};

/// Layer normalization in every step (Ba et al. 2016, arXiv:1607.06450; TensorFlow Addons' LayerNormLSTMCell): of the input's
/// products for all gates together, of the state's, and of an LSTM's long-term state, which goes on normalized. Parameters
/// `gate_norm` {4, gates * units}, the rows gamma of the input's products, gamma of the state's, beta of the input's and of
/// the state's, and of an LSTM `state_norm` {2, units}, gamma and beta. A GRU needs `reset_after`. `epsilon<...>` is added to the variance, 1e-3 unless given.
struct layer_norm_inside {
    static constexpr option sets = option::layer_norm_inside;
    static constexpr void apply(option_values&) {}
};

/// Which axis of the input is time, numbered as in a batch (1 is the first of a sample) or from the end (-2 is the one before the
/// features): of {height, width, features} `time_axis<2>` goes along each row, `time_axis<1>` down each column, every one a
/// sequence for itself with the same weights. Results have the input's axes with `return_sequences`, else those without time.
/// Keras: TimeDistributed around the layer, and Permute; dual-path networks (Luo et al. 2020, arXiv:1910.06379).
template <std::ptrdiff_t Axis>
struct time_axis {
    static constexpr option sets = option::time_axis;
    static constexpr void apply(option_values& to) { to.time_axis = Axis; }
};

/// A `reversed` layer begins anew for each block of `Size` steps, `LookAhead` steps behind it (or at the end of the sequence, if that
/// comes first), and gives the results of the block: it sees no further, and so runs in streams, which wait for these steps
/// (latency-controlled networks, Zhang et al. 2016, arXiv:1510.08983). With return_sequences; not with time_axis, masks, stateful.
template <std::size_t Size, std::size_t LookAhead = 0>
struct in_blocks {
    static constexpr option sets = option::in_blocks;
    static constexpr void apply(option_values& to) {
        to.block = Size, to.block_look_ahead = LookAhead;
        if (Size == 0 && to.broken == rule::ok) to.broken = rule::extent_is_zero;
    }
};

/// How the recurrent kernel starts, in place of the model's initializer; Keras': `recurrent_initializer<orthogonal<>>`.
template <class Initializer>
struct recurrent_initializer {
    static constexpr option sets = option::recurrent_initializer;
    static constexpr void apply(option_values&) {}
};

namespace detail {
/// What an option makes of a layer that should be pointwise.
template <class Layer>
constexpr void take_activation(option_values& to) {
    if constexpr (requires { Layer::role; }) {
        if (Layer::role == layer_role::pointwise && Layer::describe(shape(1)).broken == rule::ok) return;
    }
    if (to.broken == rule::ok) to.broken = rule::not_an_activation;
}
}  // namespace detail

/// The function of the candidate and, in an LSTM, of the long-term state (Keras: activation). Default tanh.
/// @tparam Layer  a pointwise layer: `relu`, `activation<...>`
template <class Layer>
struct cell_activation {
    static constexpr option sets = option::cell_activation;
    static constexpr void apply(option_values& to) { detail::take_activation<Layer>(to); }
};

/// The function of the gates (Keras: recurrent_activation). Default sigmoid.
template <class Layer>
struct recurrent_activation {
    static constexpr option sets = option::recurrent_activation;
    static constexpr void apply(option_values& to) { detail::take_activation<Layer>(to); }
};

/// Skips time steps whose features all equal `Value` (Keras: a Masking layer before): the state stays as it is.
template <double Value = 0.0>
struct masking {
    static constexpr option sets = option::masking;
    static constexpr void apply(option_values& to) { to.mask_value = Value; }
};

/// The first state is a parameter, `initial_state` of shape {states, units}, that is trained; it starts at zero.
struct trainable_initial_state {
    static constexpr option sets = option::initial_state;
    static constexpr void apply(option_values& to) { to.trains_initial_state = true; }
};

/// The first state is `initial_state` of shape {states, units}, which the user sets and training leaves alone.
struct given_initial_state {
    static constexpr option sets = option::initial_state;
    static constexpr void apply(option_values&) {}
};

/// Training starts each batch with the states that the batch before it ended with, sample by sample, until
/// `reset_states` (Keras): truncated back-propagation through time. Calls of a model start from the first state.
struct stateful {
    static constexpr option sets = option::stateful;
    static constexpr void apply(option_values&) {}
};

/// In 8 bits the state h of an LSTM is the layer's 8-bit results, and the long-term state has 16 bits: the arithmetic of
/// TensorFlow Lite's fused LSTM. Without it both have more bits than that. Real numbers are computed as ever.
struct int8_states {
    static constexpr option sets = option::int8_states;
    static constexpr void apply(option_values&) {}
};

namespace detail {

/// The layer in `Option<Layer>` among options, or `Default`.
template <template <class> class Option, class Default, class... Options>
struct option_layer {
    using type = Default;
};
template <template <class> class Option, class Default, class Layer, class... Rest>
struct option_layer<Option, Default, Option<Layer>, Rest...> {
    using type = Layer;
};
template <template <class> class Option, class Default, class Other, class... Rest>
struct option_layer<Option, Default, Other, Rest...> : option_layer<Option, Default, Rest...> {};

template <class Option, class... Options>
inline constexpr bool is_among = (std::is_same_v<Option, Options> || ...);

}  // namespace detail
}  // namespace archetype
