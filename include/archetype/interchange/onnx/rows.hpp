// SPDX-License-Identifier: BSL-1.0
/// @file rows.hpp
/// Dense layers, normalizations and what else sees whole rows of channels, in ONNX.
#pragma once
#include <archetype/architecture/layers/normalization/layer_norm.hpp>
#include <archetype/interchange/onnx/expression.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class T>
onnx_value write_onnx_dense(const onnx_call<T>& call) {
    onnx_writer& to = call.to;
    const std::string in = to.last(call.in()), kernel = call.parameter("kernel");
    if (call.at.input.rank == 1) {
        std::vector<std::string> inputs{in, kernel};
        if (call.has("bias")) inputs.push_back(call.parameter("bias"));
        return call.last(to.add("Gemm", inputs));
    }
    std::string made = to.add("MatMul", {in, kernel});
    if (call.has("bias")) made = to.add("Add", {made, call.parameter("bias")});
    return call.last(made);
}

template <class T>
onnx_value write_onnx_batch_norm(const onnx_call<T>& call) {
    const std::size_t channels = call.at.input.channels();
    const onnx_extents extents{static_cast<std::int64_t>(channels)};
    const auto or_constant = [&](text_view tensor, double value) {
        return call.has(tensor) ? call.parameter(tensor)
                                : call.to.constant(std::string(tensor.data(), tensor.size()), extents,
                                                   std::vector<double>(channels, value));
    };
    return call.first(call.to.add("BatchNormalization",
                                  {call.to.first(call.in()), or_constant("gamma", 1), or_constant("beta", 0),
                                   call.parameter("moving_mean"), call.parameter("moving_variance")},
                                  onnx_attributes().add("epsilon", call.at.epsilon)));
}

/// gamma * x + beta, where there are such, of extents that repeat.
template <class T>
std::string write_onnx_affine(const onnx_call<T>& call, std::string x, text_view factor,
                              const onnx_extents& extents) {
    if (call.has(factor)) x = call.to.add("Mul", {x, call.parameter(factor, extents)});
    if (call.has("beta")) x = call.to.add("Add", {x, call.parameter("beta", extents)});
    return x;
}

/// The axes that a normalization takes together, from 1, and the extents of its factors.
struct onnx_norm_axes {
    onnx_extents taken, extents;
    bool is_suffix = true;  ///< they are the last ones

    onnx_norm_axes(const option_values& options, const shape& in) {
        const norm_axes axes = axes_of_norm(options, in);
        const bool reduced[3] = {axes.rows, axes.columns, axes.channels};
        for (std::size_t i = 0; i < in.rank; ++i) {
            const bool is_taken = reduced[i + 3 > in.rank ? i + 3 - in.rank : 0];  // slices are rows, too
            if (is_taken) taken.push_back(static_cast<std::int64_t>(i) + 1);
            is_suffix = is_suffix && (is_taken || taken.empty());
            extents.push_back(is_taken ? static_cast<std::int64_t>(in.extents[i]) : 1);
        }
    }
};

template <class Layer, class T>
onnx_value write_onnx_layer_norm(const onnx_call<T>& call) {
    onnx_writer& to = call.to;
    const onnx_norm_axes axes(Layer::options, call.at.input);
    const std::string x = to.last(call.in());
    if (axes.is_suffix && call.has("gamma")) {
        const onnx_extents own(axes.extents.begin() + static_cast<std::ptrdiff_t>(axes.taken.front()) - 1,
                               axes.extents.end());
        std::vector<std::string> inputs{x, call.parameter("gamma", own)};
        if (call.has("beta")) inputs.push_back(call.parameter("beta", own));
        return call.last(
            to.add("LayerNormalization", inputs,
                   onnx_attributes().add("axis", axes.taken.front()).add("epsilon", call.at.epsilon)));
    }
    const onnx_attributes mean = onnx_attributes().add("axes", axes.taken).add("keepdims", 1);
    const std::string centered = to.add("Sub", {x, to.add("ReduceMean", {x}, mean)}),
                      variance = to.add("ReduceMean", {to.add("Mul", {centered, centered})}, mean),
                      deviation = to.add("Sqrt", {to.add("Add", {variance, to.number(call.at.epsilon)})});
    return call.last(write_onnx_affine(call, to.add("Div", {centered, deviation}), "gamma", axes.extents));
}

template <class Layer, class T>
onnx_value write_onnx_rms_norm(const onnx_call<T>& call) {
    onnx_writer& to = call.to;
    const onnx_norm_axes axes(Layer::options, call.at.input);
    const std::string x = to.last(call.in());
    const std::string mean = to.add("ReduceMean", {to.add("Mul", {x, x})},
                                    onnx_attributes().add("axes", axes.taken).add("keepdims", 1));
    const std::string root = to.add("Sqrt", {to.add("Add", {mean, to.number(call.at.epsilon)})});
    return call.last(write_onnx_affine(call, to.add("Div", {x, root}), "scale", axes.extents));
}

/// Groups as channels of an instance normalization, then factors and terms of the channels.
template <class T>
onnx_value write_onnx_group_norm(const onnx_call<T>& call, std::size_t groups) {
    onnx_writer& to = call.to;
    const shape& in = call.at.input;
    const onnx_extents each{static_cast<std::int64_t>(groups)};
    const std::string grouped = to.reshape(to.first(call.in()), {each[0], -1});
    const std::string normed = to.add("InstanceNormalization",
                                      {grouped, to.constant("ones", each, std::vector<double>(groups, 1)),
                                       to.constant("zeros", each, std::vector<double>(groups, 0))},
                                      onnx_attributes().add("epsilon", call.at.epsilon));
    onnx_extents channels(in.rank, 1);
    channels[0] = static_cast<std::int64_t>(in.channels());
    return call.first(write_onnx_affine(
        call, to.reshape(normed, onnx_extents_of(in, onnx_order::channels_first)), "gamma", channels));
}

template <class T>
onnx_value write_onnx_local_response_norm(const onnx_call<T>& call, std::size_t size, double alpha,
                                          double beta, double k) {
    onnx_writer& to = call.to;
    const std::string x = to.first(call.in());
    const auto count = static_cast<std::int64_t>(size);
    if (size % 2 == 1 && call.at.input.rank > 1)
        return call.first(to.add(
            "LRN", {x},
            onnx_attributes().add("size", count).add("alpha", alpha).add("beta", beta).add("bias", k)));
    // LRN has the odd channel of an even window behind the middle, this layer before it: a mean over channels as rows.
    const std::string rows =
        to.reshape(to.add("Mul", {x, x}), {1, static_cast<std::int64_t>(call.at.input.channels()), -1});
    const std::string mean = to.add("AveragePool", {rows},
                                    onnx_attributes()
                                        .add("kernel_shape", onnx_extents{count, 1})
                                        .add("pads", onnx_extents{count / 2, 0, (count - 1) / 2, 0})
                                        .add("count_include_pad", 1));
    const std::string sum = to.add("Add", {to.add("Mul", {mean, to.number(alpha)}), to.number(k)});
    const std::string power = to.reshape(to.add("Pow", {sum, to.number(beta)}),
                                         onnx_extents_of(call.at.input, onnx_order::channels_first));
    return call.first(to.add("Div", {x, power}));
}

template <class T>
onnx_value write_onnx_softmax(const onnx_call<T>& call, std::string_view operation) {
    onnx_value& in = call.in();
    const std::int64_t axis = onnx_axis(in.extents, 2, in.order());
    return call.result(call.to.add(operation, {in.any()}, onnx_attributes().add("axis", axis)), in.order());
}

template <class T>
onnx_value write_onnx_prelu(const onnx_call<T>& call) {
    return call.last(call.to.add("PRelu", {call.to.last(call.in()), call.parameter("alpha")}));
}

/// Half of the channels times a function of the other half.
template <class Layer, class T>
onnx_value write_onnx_gate(const onnx_call<T>& call) {
    onnx_value& in = call.in();
    const std::vector<std::string> halves = call.to.add(
        "Split", {in.any()}, onnx_attributes().add("axis", onnx_axis(in.extents, 2, in.order())), 2);
    const std::size_t gate = Layer::first_is_gate ? 0 : 1;
    const std::string open = write_onnx_activation<typename Layer::function>(call.to, halves[gate]);
    return call.result(call.to.add("Mul", {open, halves[1 - gate]}), in.order());
}

template <class T>
onnx_value write_onnx_piece_max(const onnx_call<T>& call, std::size_t pieces) {
    onnx_extents extents = onnx_extents_of(call.at.output, onnx_order::channels_last);
    extents.insert(extents.end() - 1, static_cast<std::int64_t>(pieces));
    return call.last(call.to.add("ReduceMax", {call.to.reshape(call.to.last(call.in()), extents)},
                                 onnx_attributes().add("axes", onnx_extents{-2}).add("keepdims", 0)));
}

/// Products with all rows of a table, which another layer may look up.
template <class T>
onnx_value write_onnx_table_products(const onnx_call<T>& call) {
    const std::string table = call.to.add("Transpose", {call.parameter("embeddings")},
                                          onnx_attributes().add("perm", onnx_extents{1, 0}));
    return call.last(call.to.add("MatMul", {call.to.last(call.in()), table}));
}

/// Class numbers are whole numbers in ONNX.
template <class T>
onnx_value write_onnx_embedding(const onnx_call<T>& call, bool input_is_whole) {
    onnx_writer& to = call.to;
    std::string classes = to.last(call.in());
    if (!input_is_whole)
        classes = to.add("Cast", {classes}, onnx_attributes().add("to", std::int64_t{onnx_int64}));
    if (call.at.output.rank == call.at.input.rank)  // one class for each step: its axis goes
        classes = to.add("Squeeze", {classes, to.numbers({-1})});
    return call.last(to.add("Gather", {call.parameter("embeddings"), classes}));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
