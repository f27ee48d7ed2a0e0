// SPDX-License-Identifier: BSL-1.0
/// @file quantized_layout.hpp
/// The 8-bit form of a network: which kernel each step of its inference plan becomes, and where its weights and parameters
/// lie in one block of 32-bit words.
#pragma once
#include <archetype/execution/integers/quantization.hpp>
#include <archetype/execution/lowering/all.hpp>
#include <archetype/kernels/integers/int8_depthwise.hpp>
#include <archetype/kernels/integers/int8_pointwise.hpp>
#include <archetype/kernels/integers/int8_recurrent.hpp>
#include <archetype/weights.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What a step is in 8 bits.
enum class int8_kind {
    copy,         ///< rearranges
    contraction,  ///< convolution or dense layer
    depthwise,    ///< each filter sees one channel; a batch_norm that nothing before it could take
    pooling,
    table,  ///< activations on their own
    softmax,
    recurrent,  ///< LSTM or GRU
    join,       ///< an addition that no step before it could take
    none,       ///< has no 8-bit form
};

/// How many values an addition brings to a result; other joins have no 8-bit form.
template <class Net>
constexpr bool adds_one(const step& now) {
    return unchecked_facts<Net>.nodes[now.join].joins == join_kind::sum && now.operand_count == 1;
}

template <class Net>
constexpr bool all_rectify(std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
        if (unchecked_facts<Net>.nodes[i].function != known_function::relu) return false;
    return true;
}

/// A pooling of maxima or averages.
template <class Layer>
constexpr bool pools_int8() {
    if constexpr (requires { Layer::result; })
        return std::is_base_of_v<pooling_lowering<Layer>, lowering<Layer>> &&
               Layer::result != pool_result::l2_norm;
    else
        return false;
}

/// A recurrent layer with an 8-bit form: an LSTM without peepholes or a GRU, with sigmoid and tanh, from a state of zeros.
template <class Layer>
inline constexpr bool is_int8_lstm = false;
template <class Layer>
inline constexpr bool is_int8_gru = false;
template <class Layer>
concept plain_recurrence = !Layer::is_masked && !Layer::has_initial_state && !Layer::is_stateful;
template <plain_recurrence Layer>
inline constexpr bool is_int8_lstm<Layer> =
    std::is_same_v<typename Layer::cell, lstm_cell<tanh, sigmoid, peephole::none>>;
template <plain_recurrence Layer>
inline constexpr bool is_int8_gru<Layer> =
    std::is_same_v<typename Layer::cell, gru_cell<tanh, sigmoid, false>> ||
    std::is_same_v<typename Layer::cell, gru_cell<tanh, sigmoid, true>>;

/// Step `Step` of the inference plan in 8 bits.
template <class Step>
struct int8_step {
    using network = typename Step::network;
    static constexpr step now = Step::now;
    static constexpr const node& at = Step::at;

    static constexpr kernels::conv2d_geometry convolution = [] {
        if constexpr (Step::at.role == layer_role::normalization)
            return kernels::conv2d_geometry{Step::in, Step::out, {}, Step::in.channels};
        else
            return geometry_of(Step::at, Step::in, Step::out);
    }();
    static constexpr const value& made = inference_plan<network>.values[now.to];
    static constexpr bool joins = now.join != none;
    static constexpr int8_kind kind = [] {
        if (joins && !adds_one<network>(now)) return int8_kind::none;
        if constexpr (now.pool != none)
            if (!pools_int8<boost::mp11::mp_at_c<layers_of<network>, now.pool>>()) return int8_kind::none;
        if (now.copies) return int8_kind::copy;
        if (at.role == layer_role::join) return int8_kind::join;
        if (at.role == layer_role::normalization) return int8_kind::depthwise;
        if (std::is_base_of_v<contraction_lowering, lowering_of<Step>>) {
            const bool one_channel = convolution.groups > 1 && convolution.groups == convolution.in.channels;
            return one_channel && now.pool == none ? int8_kind::depthwise : int8_kind::contraction;
        }
        if ((is_int8_lstm<typename Step::layer> || is_int8_gru<typename Step::layer>)&&!made.is_part())
            return int8_kind::recurrent;
        if (pools_int8<typename Step::layer>()) return int8_kind::pooling;
        if (at.role == layer_role::pointwise) return int8_kind::table;
        if (at.function == known_function::softmax && !made.is_part()) return int8_kind::softmax;
        return int8_kind::none;
    }();
    static constexpr bool has_weights = kind == int8_kind::contraction || kind == int8_kind::depthwise;

    static constexpr bool pools_maxima = [] {
        if constexpr (now.pool != none)
            return boost::mp11::mp_at_c<layers_of<network>, now.pool>::result == pool_result::largest;
        else
            return true;
    }();
    /// Rectifiers raise the least result, other activations are tables of 256 results; so is what brings a part of a
    /// concatenation to the scale of the whole.
    static constexpr bool has_table =
        kind == int8_kind::table ||
        ((kind == int8_kind::pooling || kind == int8_kind::copy) && made.is_part() && !joins) ||
        (now.activation_first != now.activation_last &&
         (!has_weights || !all_rectify<network>(now.activation_first, now.activation_last)));
    /// After a pooling on the fly, or an addition.
    static constexpr bool has_second_table =
        joins ? !all_rectify<network>(now.join_activation_first, now.join_activation_last)
              : now.pool_activation_first != now.pool_activation_last &&
                    (has_table || !pools_maxima ||
                     !all_rectify<network>(now.pool_activation_first, now.pool_activation_last));
    static constexpr bool rectifies =
        has_weights &&
        ((!has_table && now.activation_first != now.activation_last) ||
         (!joins && !has_second_table && now.pool_activation_first != now.pool_activation_last));
    static constexpr bool sum_rectifies =
        joins && !has_second_table && now.join_activation_first != now.join_activation_last;

    static constexpr kernels::int8_conv2d_geometry geometry = [] {
        kernels::int8_conv2d_geometry g{
            convolution, convolution.out, {}, has_table, !joins && has_second_table};
        if constexpr (now.pool != none) {
            const node& pool = unchecked_facts<network>.nodes[now.pool];
            g.stored = image_of(inference_plan<network>.values[now.to], pool.output);
            g.pool = {pool.window.rows.kernel, pool.window.columns.kernel, pool.window.rows.stride,
                      pool.window.columns.stride, pools_maxima};
        }
        return g;
    }();

    static constexpr kernels::int8_recurrent_geometry recurrence = [] {
        if constexpr (kind == int8_kind::recurrent) {
            using layer = typename Step::layer;
            return kernels::int8_recurrent_geometry{
                Step::in,
                Step::out,
                layer::units,
                is_int8_lstm<layer>,
                std::is_same_v<typename layer::cell, gru_cell<tanh, sigmoid, true>>,
                layer::returns_sequences,
                layer::is_reversed};
        } else {
            return kernels::int8_recurrent_geometry{};
        }
    }();

    /// Channels, and bytes of weights, of the step in an order.
    static constexpr std::size_t channels(weight_order order) {
        if (kind == int8_kind::recurrent) return 2 * recurrence.columns();
        return !has_weights                     ? 0
               : kind == int8_kind::contraction ? geometry.padded(order)
                                                : convolution.out.channels;
    }
    static constexpr std::size_t weight_bytes(weight_order order) {
        if (kind == int8_kind::recurrent)
            return recurrence.columns() * (recurrence.features() + recurrence.units);
        return !has_weights                     ? 0
               : kind == int8_kind::contraction ? convolution.groups * geometry.group_bytes(order)
                                                : convolution.taps() * convolution.out.channels;
    }
};

/// Where a step finds what it reads: offsets in words.
struct int8_offsets {
    std::size_t range =
        0;  ///< zero point and minimum of its results before tables; the power of an LSTM's state
    std::size_t channels = 0, weights = 0;
    std::size_t table = 0, second_table = 0;  ///< 256 bytes each
    std::size_t addition = 0;
    std::size_t powers = 0;  ///< softmax: 256 halfwords
};

template <std::size_t Steps>
struct int8_layout {
    std::array<int8_offsets, Steps == 0 ? 1 : Steps> steps{};
    std::size_t words = 0;
};

/// The block begins with scale and zero point of input and output, and a zero point for each value.
template <class Net, weight_order Order>
inline constexpr auto int8_layout_of = [] {
    constexpr const auto& plan = inference_plan<Net>;
    int8_layout<plan.step_count> layout;
    layout.words = 4 + plan.value_count;
    const auto reserve = [&](std::size_t bytes) {
        const std::size_t offset = layout.words;
        layout.words += (bytes + 3) / 4;
        return offset;
    };
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        using form = int8_step<Step>;
        int8_offsets& own = layout.steps[Step::index];
        if (form::has_weights || form::kind == int8_kind::recurrent) {
            own.range = reserve(form::has_weights ? 8 : form::recurrence.is_lstm ? 4 : 0);
            own.channels = reserve(12 * form::channels(Order));
            own.weights = reserve(form::weight_bytes(Order));
        }
        if (form::has_table) own.table = reserve(256);
        if (form::has_second_table) own.second_table = reserve(256);
        if (form::joins) own.addition = reserve(sizeof(kernels::int8_addition));
        if (form::kind == int8_kind::softmax) own.powers = reserve(512);
    });
    return layout;
}();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
