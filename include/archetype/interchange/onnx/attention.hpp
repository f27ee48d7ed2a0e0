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

template <class Layer, class T>
onnx_value write_onnx_attention(const onnx_call<T>& call) {
    onnx_writer& to = call.to;
    const std::size_t size = kernels::attention_heads<Layer>::size(call.at.input.channels()),
                      steps = call.at.input.width(), shared = Layer::key_value_heads;
    const std::string all = to.last(call.in());
    const auto heads = [&](std::size_t first, std::size_t count) {
        const std::string own =
            to.add("Slice", {all, to.numbers({signed_of(first * size)}),
                             to.numbers({signed_of((first + count) * size)}), to.numbers({2})});
        return to.add("Transpose", {to.reshape(own, {signed_of(steps), signed_of(count), signed_of(size)})},
                      onnx_attributes().add("perm", onnx_extents{0, 2, 1, 3}));
    };
    std::string queries = heads(0, Layer::heads), keys = heads(Layer::heads, shared),
                values = heads(Layer::heads + shared, shared);
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
    if (Layer::is_causal || Layer::options.has(option::window)) {
        constexpr double unseen = -1e30;  // its exponential is 0, and no runtime computes with infinities
        std::vector<double> mask;
        for (std::size_t t = 0; t < steps; ++t)
            for (std::size_t j = 0; j < steps; ++j)
                mask.push_back(j < Layer::first_key(t) || j > Layer::last_key(t, steps) ? unseen : 0);
        scores = to.add("Add", {scores, to.constant("mask", {signed_of(steps), signed_of(steps)}, mask)});
    }
    const std::string shares = to.add("Softmax", {scores}, onnx_attributes().add("axis", -1));
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

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
