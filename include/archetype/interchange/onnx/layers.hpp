// SPDX-License-Identifier: BSL-1.0
/// @file layers.hpp
/// What each layer is in ONNX.
#pragma once
#include <archetype/architecture/layers.hpp>
#include <archetype/interchange/onnx/attention.hpp>
#include <archetype/interchange/onnx/moves.hpp>
#include <archetype/interchange/onnx/recurrent.hpp>
#include <archetype/interchange/onnx/rows.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A layer that is not written; `onnx_form` of one's own layer has `write(call)`, which gives the result.
template <class Layer>
struct onnx_form {};

#define ARCHETYPE_ONNX_FORM(parameters, layer, made)        \
    template <parameters>                                   \
    struct onnx_form<layer> {                               \
        template <class T>                                  \
        static onnx_value write(const onnx_call<T>& call) { \
            return made;                                    \
        }                                                   \
    }
ARCHETYPE_ONNX_FORM(, archetype::softmax, write_onnx_softmax(call, "Softmax"));
ARCHETYPE_ONNX_FORM(, archetype::log_softmax, write_onnx_softmax(call, "LogSoftmax"));
ARCHETYPE_ONNX_FORM(class... O, prelu<O...>, write_onnx_prelu(call));
ARCHETYPE_ONNX_FORM(class... O, batch_norm<O...>, write_onnx_batch_norm(call));
ARCHETYPE_ONNX_FORM(class... O, layer_norm<O...>, write_onnx_layer_norm<layer_norm<O...>>(call));
ARCHETYPE_ONNX_FORM(class... O, rms_norm<O...>, write_onnx_rms_norm<rms_norm<O...>>(call));
ARCHETYPE_ONNX_FORM(class... O, instance_norm<O...>, write_onnx_group_norm(call, call.at.input.channels()));
ARCHETYPE_ONNX_FORM(std::size_t Pieces, piece_max<Pieces>, write_onnx_piece_max(call, Pieces));
#undef ARCHETYPE_ONNX_FORM

template <std::size_t Vocabulary>
struct onnx_form<tied_output<Vocabulary>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_table_products(call);
    }
};
template <std::size_t Heads, class... Options>
struct onnx_form<scaled_dot_product_attention<Heads, Options...>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_attention<scaled_dot_product_attention<Heads, Options...>>(call);
    }
};
template <std::size_t Heads, std::size_t KeyValueHeads, bool Masked, double Rate, double Cap>
struct onnx_form<attention_to<Heads, KeyValueHeads, Masked, Rate, Cap>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_attention<attention_to<Heads, KeyValueHeads, Masked, Rate, Cap>>(call);
    }
};
template <std::size_t Steps>
struct onnx_form<sequence_mask<Steps>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_sequence_mask(call, Steps);
    }
};
template <double Value>
struct onnx_form<step_mask<Value>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_step_mask(call, Value);
    }
};
template <double Base>
struct onnx_form<sinusoidal_positions<Base>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_position_waves<Base>(call);
    }
};
template <class... Options>
struct onnx_form<class_token<Options...>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_class_token(call);
    }
};
template <std::size_t Groups, class... Options>
struct onnx_form<group_norm<Groups, Options...>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_group_norm(call, Groups);
    }
};
template <std::size_t Size, double Alpha, double Beta, double K>
struct onnx_form<local_response_norm<Size, Alpha, Beta, K>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_local_response_norm(call, Size, Alpha, Beta, K);
    }
};
template <auto Rate>
struct onnx_form<original_dropout<Rate>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        onnx_value& in = call.in();
        return call.result(call.to.add("Mul", {in.any(), call.to.number(1 - original_dropout<Rate>::rate)}),
                           in.order());
    }
};
template <std::size_t Before, std::size_t After, double Value>
struct onnx_form<channel_padding<Before, After, Value>> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_edges(call, {0, 0, static_cast<std::ptrdiff_t>(Before)}, Value);
    }
};
/// Whatever begins with the same members computes the same.
template <class Layer>
requires(Layer::role == layer_role::contraction) struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        if (!call.at.has_window && !onnx_window_of_volumes<Layer>) return write_onnx_dense(call);
        if (call.at.is_transposed) return write_onnx_transposed_convolution(call);
        return write_onnx_convolution<Layer>(call);
    }
};
template <class Layer>
requires(Layer::role == layer_role::pointwise) struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        onnx_value& in = call.in();
        return call.result(write_onnx_activation<Layer>(call.to, in.any()), in.order());
    }
};
template <class Layer>
requires(Layer::role == layer_role::recurrent && has_onnx_cell<Layer>) struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_recurrent<Layer>(call);
    }
};
template <class Layer>
requires(Layer::role == layer_role::lookup) struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_embedding(call, call.in().is_whole);
    }
};
template <class Layer>
requires(Layer::role == layer_role::operand) struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_own_operand<Layer>(call);
    }
};
template <class Layer>
requires(Layer::role == layer_role::rearrangement) struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_rearrangement(call);
    }
};
template <class Layer>
requires(Layer::role == layer_role::join) struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_join(call);
    }
};
/// Dropout, flatten, reshape.
template <class Layer>
requires(Layer::role == layer_role::alias) struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        if (call.at.output == call.at.input) return call.in();
        return call.last(call.to.reshape(call.to.last(call.in()),
                                         onnx_extents_of(call.at.output, onnx_order::channels_last)));
    }
};

template <class Layer>
concept onnx_shuffle = requires {
    Layer::factor, Layer::order, Layer::enlarges;
};
template <class Layer>
concept onnx_axis_maps = !onnx_shuffle<Layer> && requires(const shape& in) {
    Layer::rows_of(in);
};
template <class Layer>
concept onnx_window_pooling = requires {
    Layer::size, Layer::result, Layer::options;
};
template <class Layer>
concept onnx_edges = requires {
    Layer::edges, Layer::down, Layer::right;
};

template <onnx_shuffle Layer>
struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_shuffle<Layer>(call);
    }
};
template <onnx_axis_maps Layer>
struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_axis_maps<Layer>(call);
    }
};
template <onnx_window_pooling Layer>
struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        const bool counts = !Layer::options.has(option::exclude_padding) && !Layer::options.has(option::same);
        return write_onnx_window_pooling(call, onnx_window_of<Layer>(call.at), Layer::result, counts);
    }
};
template <onnx_edges Layer>
struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_edges(call, {Layer::down, Layer::right, 0}, 0);
    }
};
template <class Layer>
requires std::derived_from<Layer, basic_global_pool2d> || std::derived_from<Layer, basic_global_pool1d> ||
    std::derived_from<Layer, basic_global_pool3d>
struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_global_pooling(call, Layer::result);
    }
};
template <std::derived_from<gate_layer> Layer>
struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_gate<Layer>(call);
    }
};
template <class Layer>
concept onnx_upsampling = requires {
    Layer::factor, Layer::options;
};
template <onnx_upsampling Layer>
struct onnx_form<Layer> {
    template <class T>
    static onnx_value write(const onnx_call<T>& call) {
        return write_onnx_upsampling(call, Layer::options.has(option::bilinear));
    }
};

template <class Layer>
concept has_onnx_form = Layer::role == layer_role::source || requires(const onnx_call<float>& call) {
    onnx_form<Layer>::write(call);
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
