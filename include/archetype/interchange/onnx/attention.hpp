// SPDX-License-Identifier: BSL-1.0
/// @file attention.hpp
/// Scaled dot-product attention in ONNX: products, a mask, softmax; positions and a token before a sequence.
#pragma once
#include <archetype/execution/lowering/attention.hpp>
#include <archetype/execution/lowering/positions.hpp>
#include <archetype/interchange/onnx/windows.hpp>

#include <cmath>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Heads [batch][head][step][channel], pairs of neighbouring channels turned by the angles of their step.
template <class T>
std::string write_onnx_turned(const onnx_call<T>& call, const std::string& heads, std::size_t count,
                              std::size_t size, double base) {
    onnx_writer& to = call.to;
    const std::size_t steps = call.at.input.width();
    const std::int64_t pairs = signed_of(size / 2);
    std::vector<double> cosines, sines;
    for (std::size_t t = 0; t < steps; ++t)
        for (std::size_t i = 0; i < size / 2; ++i) {
            const double angle = static_cast<double>(t) *
                                 std::pow(base, -2.0 * static_cast<double>(i) / static_cast<double>(size));
            cosines.push_back(std::cos(angle));
            sines.push_back(std::sin(angle));
        }
    const onnx_extents table{signed_of(steps), pairs, 1};
    const std::string cosine = to.constant("cosines", table, cosines),
                      sine = to.constant("sines", table, sines);
    const std::string split = to.reshape(heads, {signed_of(count), signed_of(steps), pairs, 2});
    const std::vector<std::string> both = to.add("Split", {split}, onnx_attributes().add("axis", -1), 2);
    const std::string first =
                          to.add("Sub", {to.add("Mul", {both[0], cosine}), to.add("Mul", {both[1], sine})}),
                      second =
                          to.add("Add", {to.add("Mul", {both[0], sine}), to.add("Mul", {both[1], cosine})});
    return to.reshape(to.add("Concat", {first, second}, onnx_attributes().add("axis", -1)),
                      {signed_of(count), signed_of(steps), signed_of(size)});
}

/// `steps` steps of `count` heads from element `first` of the axis that has all channels, or (`is_row`) all steps and channels.
template <class T>
std::string write_onnx_heads(const onnx_call<T>& call, const std::string& all, bool is_row, std::size_t steps,
                             std::size_t first, std::size_t size, std::size_t each, std::size_t at,
                             std::size_t count) {
    onnx_writer& to = call.to;
    const auto slice = [&](const std::string& from, std::size_t begin, std::size_t length,
                           std::int64_t axis) {
        return to.add("Slice", {from, to.numbers({signed_of(begin)}), to.numbers({signed_of(begin + length)}),
                                to.numbers({axis})});
    };
    std::string own = all;
    if (is_row) own = to.reshape(slice(all, first, steps * each, 1), {signed_of(steps), signed_of(each)});
    own = slice(own, is_row ? at : first + at, count * size, 2);
    return to.add("Transpose", {to.reshape(own, {signed_of(steps), signed_of(count), signed_of(size)})},
                  onnx_attributes().add("perm", onnx_extents{0, 2, 1, 3}));
}

/// Scores of masked keys, and what their shares are multiplied with: queries that see no key have none.
template <class Layer, class T>
std::string write_onnx_seen(const onnx_call<T>& call, const std::string& all, std::size_t first,
                            std::size_t keys) {
    onnx_writer& to = call.to;
    const std::int64_t axis = Layer::is_cross ? 1 : 2;
    const std::string mask =
        to.add("Slice", {all, to.numbers({signed_of(first)}),
                         to.numbers({signed_of(first + (Layer::is_cross ? keys : 1))}), to.numbers({axis})});
    const std::string hidden = to.add("Equal", {to.reshape(mask, {1, 1, signed_of(keys)}), to.number(0)});
    return to.add("Cast", {to.add("Not", {hidden})}, onnx_attributes().add("to", std::int64_t{to.scalar()}));
}

template <class Layer, class T>
onnx_value write_onnx_attention(const onnx_call<T>& call) {
    onnx_writer& to = call.to;
    constexpr double unseen = -1e30;  // its exponential is 0, and no runtime computes with infinities
    const std::size_t size = call.at.output.channels() / Layer::heads, steps = call.at.output.width(),
                      shared = Layer::key_value_heads, asking = Layer::heads * size,
                      each = 2 * shared * size + (Layer::is_masked ? 1 : 0),
                      keys_count =
                          Layer::is_cross ? (call.at.input.channels() - steps * asking) / each : steps;
    const std::string all = to.last(call.in());
    const std::size_t first_key = Layer::is_cross ? steps * asking : asking;
    const auto shared_heads = [&](std::size_t at) {
        return write_onnx_heads(call, all, Layer::is_cross, keys_count, first_key, size, 2 * shared * size,
                                at, shared);
    };
    std::string queries =
                    write_onnx_heads(call, all, Layer::is_cross, steps, 0, size, asking, 0, Layer::heads),
                keys = shared_heads(0), values = shared_heads(shared * size);
    if (Layer::base != 0) {
        queries = write_onnx_turned(call, queries, Layer::heads, size, Layer::base);
        keys = write_onnx_turned(call, keys, shared, size, Layer::base);
    }
    if (shared != Layer::heads) {
        onnx_extents which;
        for (std::size_t h = 0; h < Layer::heads; ++h)
            which.push_back(signed_of(h / kernels::attention_heads<Layer>::per_group));
        for (std::string* one : {&keys, &values})
            *one = to.add("Gather", {*one, to.numbers(which)}, onnx_attributes().add("axis", 1));
    }
    const std::string products = to.add(
        "MatMul",
        {queries, to.add("Transpose", {keys}, onnx_attributes().add("perm", onnx_extents{0, 1, 3, 2}))});
    std::string scores = to.add("Mul", {products, to.number(1 / std::sqrt(static_cast<double>(size)))});
    if (Layer::cap != 0)
        scores = to.add("Mul", {to.add("Tanh", {to.add("Mul", {scores, to.number(1 / Layer::cap)})}),
                                to.number(Layer::cap)});
    if (Layer::is_causal || Layer::options.has(option::window)) {
        std::vector<double> mask;
        for (std::size_t t = 0; t < steps; ++t)
            for (std::size_t j = 0; j < steps; ++j)
                mask.push_back(j < Layer::first_key(t) || j > Layer::last_key(t, steps) ? unseen : 0);
        scores = to.add("Add", {scores, to.constant("mask", {signed_of(steps), signed_of(steps)}, mask)});
    }
    std::string seen;
    if (Layer::is_masked) {
        seen = write_onnx_seen<Layer>(
            call, all, first_key + (Layer::is_cross ? keys_count : 1) * 2 * shared * size, keys_count);
        // Half of what hides the future: who sees nothing shares among padding, and that is cut off below.
        const std::string padding = to.add("Sub", {to.number(1), seen});
        scores = to.add("Add", {scores, to.add("Mul", {padding, to.number(unseen / 2)})});
    }
    std::string shares = to.add("Softmax", {scores}, onnx_attributes().add("axis", -1));
    if (Layer::is_masked) shares = to.add("Mul", {shares, seen});
    const std::string mixed = to.add("Transpose", {to.add("MatMul", {shares, values})},
                                     onnx_attributes().add("perm", onnx_extents{0, 2, 1, 3}));
    return call.last(to.reshape(mixed, onnx_extents_of(call.at.output, onnx_order::channels_last)));
}

/// Waves as a table of the sequence's steps.
template <double Base, class T>
onnx_value write_onnx_position_waves(const onnx_call<T>& call) {
    const shape& in = call.at.input;
    std::vector<double> waves(in.size());
    for (std::size_t t = 0; t < in.width(); ++t)
        for (std::size_t c = 0; c < in.channels(); ++c) {
            const double power = -2.0 * static_cast<double>(c / 2) / static_cast<double>(in.channels()),
                         angle = static_cast<double>(t) * std::pow(Base, power);
            waves[t * in.channels() + c] = c % 2 == 0 ? std::sin(angle) : std::cos(angle);
        }
    const onnx_extents table{signed_of(in.width()), signed_of(in.channels())};
    return call.last(call.to.add("Add", {call.to.last(call.in()), call.to.constant("waves", table, waves)}));
}

/// The token as a first step of every sample.
template <class T>
onnx_value write_onnx_class_token(const onnx_call<T>& call) {
    onnx_writer& to = call.to;
    const std::string x = to.last(call.in());
    const std::string batch = to.add("Slice", {to.add("Shape", {x}), to.numbers({0}), to.numbers({1})});
    const std::string extents =
        to.add("Concat", {batch, to.numbers({1, signed_of(call.at.input.channels())})},
               onnx_attributes().add("axis", 0));
    const std::string first = to.add("Expand", {call.parameter("class_token"), extents});
    return call.last(to.add("Concat", {first, x}, onnx_attributes().add("axis", 1)));
}

/// 1 where a length is above the number of the step.
template <class T>
onnx_value write_onnx_sequence_mask(const onnx_call<T>& call, std::size_t steps) {
    onnx_writer& to = call.to;
    std::vector<double> numbers(steps);
    for (std::size_t t = 0; t < steps; ++t) numbers[t] = static_cast<double>(t);
    const std::string below =
        to.add("Less", {to.constant("steps", {1, signed_of(steps)}, numbers), to.last(call.in())});
    return call.last(to.add("Cast", {below}, onnx_attributes().add("to", std::int64_t{to.scalar()})));
}
/// 1 where a feature of a step is another number.
template <class T>
onnx_value write_onnx_step_mask(const onnx_call<T>& call, double value) {
    onnx_writer& to = call.to;
    std::string x = to.last(call.in());
    if (call.in().is_whole) x = to.add("Cast", {x}, onnx_attributes().add("to", std::int64_t{to.scalar()}));
    const std::string other = to.add("Not", {to.add("Equal", {x, to.number(value)})});
    std::string made = to.add("Cast", {other}, onnx_attributes().add("to", std::int64_t{to.scalar()}));
    if (call.at.output != call.at.input)
        made = to.add("ReduceMax", {made}, onnx_attributes().add("axes", onnx_extents{2}).add("keepdims", 1));
    return call.last(made);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
