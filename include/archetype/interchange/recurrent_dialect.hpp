// SPDX-License-Identifier: BSL-1.0
/// @file recurrent_dialect.hpp
/// In which order and form a file holds the weights of recurrent layers. Nothing in the numbers tells it, and a wrong
/// guess gives wrong results without an error: so there is no default.
#pragma once
#include <archetype/instruction_set.hpp>
#include <array>
#include <cstddef>
#include <string_view>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The order of an LSTM's gates: in, forget, candidate (c, g or j), out.
enum class lstm_gates {
    ifco,  ///< Keras, TensorFlow 2
    ifgo,  ///< PyTorch
    iofc,  ///< ONNX
    ijfo,  ///< TensorFlow 1, whose cells add a number that no file holds to the forget gate: 1 unless it is said
};
/// The order of a GRU's gates: update z, reset r, candidate (h or n).
enum class gru_gates {
    zrh,  ///< Keras, ONNX
    rzn,  ///< PyTorch
};
/// Bias vectors of one layer.
enum class bias_count {
    one,  ///< Keras, but for a GRU with the reset after the product
    two,  ///< PyTorch, ONNX: of the input's product and of the state's
};
/// Whether a GRU's reset gate multiplies the state before its product with the matrix or the product after it.
enum class reset_form {
    before,  ///< Cho et al. 2014; ONNX with linear_before_reset 0
    after,   ///< PyTorch, cuDNN, Keras' reset_after
};

/// All of it, each to be named.
struct recurrent_dialect {
    lstm_gates lstm;
    gru_gates gru;
    bias_count biases;
    reset_form reset;
    /// Added to the bias of an LSTM's forget gate: 1 with `lstm_gates::ijfo` (TensorFlow 1: `forget_bias`), else 0, unless said.
    double forget_bias;

    recurrent_dialect() = delete;
    constexpr recurrent_dialect(lstm_gates l, gru_gates g, bias_count b, reset_form r)
        : recurrent_dialect(l, g, b, r, l == lstm_gates::ijfo ? 1 : 0) {}
    constexpr recurrent_dialect(lstm_gates l, gru_gates g, bias_count b, reset_form r, double forget)
        : lstm(l), gru(g), biases(b), reset(r), forget_bias(forget) {}
    /// Keras: with `reset_form::after` a GRU has two biases, anything else one.
    static constexpr recurrent_dialect keras(reset_form reset) {
        return {lstm_gates::ifco, gru_gates::zrh, bias_count::one, reset};
    }
    static constexpr recurrent_dialect pytorch() {
        return {lstm_gates::ifgo, gru_gates::rzn, bias_count::two, reset_form::after};
    }
    /// ONNX: `linear_before_reset` 1 is `reset_form::after`.
    static constexpr recurrent_dialect onnx(reset_form reset) {
        return {lstm_gates::iofc, gru_gates::zrh, bias_count::two, reset};
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Where gate k of this library (Keras' order) stands in a file.
constexpr std::size_t gate_in_file(std::string_view kind, const recurrent_dialect& dialect, std::size_t k) {
    if (kind == "lstm") {
        constexpr std::array<std::size_t, 4> same{0, 1, 2, 3}, iofc{0, 2, 3, 1}, ijfo{0, 2, 1, 3};
        return (dialect.lstm == lstm_gates::iofc ? iofc : dialect.lstm == lstm_gates::ijfo ? ijfo : same)[k];
    }
    if (kind == "gru" && dialect.gru == gru_gates::rzn) return k == 2 ? 2 : 1 - k;
    return k;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
