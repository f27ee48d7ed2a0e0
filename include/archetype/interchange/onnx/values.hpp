// SPDX-License-Identifier: BSL-1.0
/// @file values.hpp
/// Results of layers in an ONNX graph: channels last as in the library, channels first as most ONNX operators take them, or both.
#pragma once
#include <archetype/architecture/facts.hpp>
#include <archetype/execution/integers/quantization.hpp>
#include <archetype/interchange/onnx/graph.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

enum class onnx_order { channels_last, channels_first };

/// A value by its names in both orders, those that were made so far.
struct onnx_value {
    shape extents{};
    std::string last{}, first{};
    bool is_whole = false;  ///< class numbers, an input of 64-bit integers

    onnx_order order() const {
        return first.empty() ? onnx_order::channels_last : onnx_order::channels_first;
    }
    /// In the order that there is.
    const std::string& any() const { return first.empty() ? last : first; }
};

/// Extents of a sample in an order, after the batch.
inline onnx_extents onnx_extents_of(const shape& in, onnx_order order) {
    onnx_extents made;
    for (std::size_t i = 0; i < in.rank; ++i) made.push_back(static_cast<std::int64_t>(in.extents[i]));
    if (order == onnx_order::channels_first) {
        made.insert(made.begin(), made.back());
        made.pop_back();
    }
    return made;
}

/// Which axis of a tensor with a batch is `axis` (0 rows, 1 columns, 2 channels) of a value; 0 is the depth of a volume.
inline std::int64_t onnx_axis(const shape& in, std::size_t axis, onnx_order order) {
    if (axis == 2) return order == onnx_order::channels_first ? 1 : static_cast<std::int64_t>(in.rank);
    const auto from_rows =
        axis == 0 ? 0 : static_cast<std::int64_t>(axis + in.rank) - 3;  // of a sequence columns are the first
    return from_rows + (order == onnx_order::channels_first ? 2 : 1);
}

/// The graph, and what moves values between the two orders.
class onnx_writer : public onnx_graph {
public:
    using onnx_graph::onnx_graph;

    static onnx_value value(const shape& extents, std::string name, onnx_order order) {
        if (extents.rank == 1) return {extents, name, name};
        return order == onnx_order::channels_last ? onnx_value{extents, std::move(name), {}}
                                                  : onnx_value{extents, {}, std::move(name)};
    }
    const std::string& last(onnx_value& of) {
        if (of.last.empty()) of.last = reordered(of.extents, of.first, onnx_order::channels_last);
        return of.last;
    }
    const std::string& first(onnx_value& of) {
        if (of.first.empty()) of.first = reordered(of.extents, of.last, onnx_order::channels_first);
        return of.first;
    }
    const std::string& in_order(onnx_value& of, onnx_order order) {
        return order == onnx_order::channels_last ? last(of) : first(of);
    }
    std::string reshape(const std::string& name, onnx_extents extents) {
        extents.insert(extents.begin(), 0);  // the batch
        return add("Reshape", {name, numbers(extents)});
    }
    /// One operator for each element, in the order that the value has.
    onnx_value pointwise(std::string_view operation, onnx_value& in, const onnx_attributes& attributes = {}) {
        return value(in.extents, add(operation, {in.any()}, attributes), in.order());
    }
    /// The value with axes of one cell in front, as it repeats in a join of that rank.
    onnx_value stretched(onnx_value& in, std::size_t rank) {
        if (in.extents.rank == rank) return in;
        shape wide;
        wide.rank = rank;
        for (std::size_t i = 0; i < rank; ++i)
            wide.extents[i] = i + in.extents.rank < rank ? 1 : in.extents[i + in.extents.rank - rank];
        return value(wide, reshape(last(in), onnx_extents_of(wide, onnx_order::channels_last)),
                     onnx_order::channels_last);
    }

    /// The value as integers that stand for it, and as real numbers again.
    onnx_value through_integers(onnx_value& in, const quantization& by) {
        const std::vector<std::string> form{
            scales({static_cast<double>(by.scale)}, {}),
            integers<std::int8_t>("zero_point_" + std::to_string(by.zero_point), {},
                                  std::array{static_cast<std::int8_t>(by.zero_point)})};
        const std::string whole = add("QuantizeLinear", {in.any(), form[0], form[1]});
        return value(in.extents, add("DequantizeLinear", {whole, form[0], form[1]}), in.order());
    }

private:
    std::string reordered(const shape& in, const std::string& name, onnx_order to) {
        // Nothing moves where there is one channel or one pixel.
        if (in.channels() == 1 || in.channels() == in.size()) return reshape(name, onnx_extents_of(in, to));
        onnx_extents axes{0};
        const auto rank = static_cast<std::int64_t>(in.rank);
        if (to == onnx_order::channels_first) axes.push_back(rank);
        for (std::int64_t i = 1; i < rank; ++i) axes.push_back(to == onnx_order::channels_first ? i : i + 1);
        if (to == onnx_order::channels_last) axes.push_back(1);
        return add("Transpose", {name}, onnx_attributes().add("perm", axes));
    }
};

/// Weights of 8 bits with a scale for each filter, biases in units of the input's scale times the filter's.
struct onnx_integers {
    std::span<const std::int8_t> weights;
    std::span<const float> scales;
    std::span<const std::int32_t> biases;
    float input_scale = 1;
};

/// A layer while it is written.
template <class T>
struct onnx_call {
    onnx_writer& to;
    const node& at;
    std::string path;  ///< of its parameters
    std::vector<onnx_value*> inputs;
    std::span<const T> tensors[max_parameter_tensors];
    const onnx_integers* integers = nullptr;  ///< of a network in 8 bits

    onnx_value& in() const { return *inputs[0]; }
    bool has(text_view tensor) const {
        if (integers != nullptr && tensor == text_view("bias")) return !integers->biases.empty();
        return tensor_named(at, tensor) != no_tensor;
    }
    std::span<const T> numbers(text_view tensor) const { return tensors[tensor_named(at, tensor)]; }
    const shape& extents(text_view tensor) const { return at.parameters[tensor_named(at, tensor)].extents; }
    std::string name(text_view tensor) const {
        return path + '/' + std::string(tensor.data(), tensor.size());
    }
    /// A parameter as the library has it, by default of its own extents.
    std::string parameter(text_view tensor) const {
        if (integers != nullptr && tensor == text_view("bias")) return integer_bias();
        return parameter(tensor, onnx_extents_of(extents(tensor), onnx_order::channels_last));
    }
    std::string parameter(text_view tensor, const onnx_extents& as) const {
        if (integers != nullptr) return integer_weights(tensor, as, [](std::size_t i) { return i; });
        return to.tensor(name(tensor), as, numbers(tensor));
    }
    /// A parameter whose elements are moved: element i of the result is element `from(i)`.
    template <class From>
    std::string moved(text_view tensor, const onnx_extents& as, From from) const {
        if (integers != nullptr) return integer_weights(tensor, as, from);
        std::size_t count = 1;
        for (const std::int64_t one : as) count *= static_cast<std::size_t>(one);
        std::vector<T> all(count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t place = from(i);
            all[i] = place == no_tensor ? T(0) : numbers(tensor)[place];
        }
        return to.tensor(name(tensor), as, std::span<const T>(all));
    }
    onnx_value result(std::string made, onnx_order order) const {
        return onnx_writer::value(at.output, std::move(made), order);
    }
    onnx_value last(std::string made) const { return result(std::move(made), onnx_order::channels_last); }
    onnx_value first(std::string made) const { return result(std::move(made), onnx_order::channels_first); }

private:
    /// What integers stand for, with scales along an axis or one.
    std::string real(const std::string& of, const std::vector<double>& by, std::int64_t axis) const {
        const bool is_one = by.size() == 1;
        const onnx_extents extents =
            is_one ? onnx_extents{} : onnx_extents{static_cast<std::int64_t>(by.size())};
        onnx_attributes attributes;
        if (!is_one) attributes.add("axis", axis);
        return to.add("DequantizeLinear", {of, to.scales(by, extents)}, attributes);
    }
    /// Filters lie along the last axis of the library's kernel: along which of the axes here, the elements tell.
    template <class From>
    std::string integer_weights(text_view tensor, const onnx_extents& as, From from) const {
        const std::size_t filters = integers->scales.size();
        std::vector<std::int8_t> all(integers->weights.size());
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = integers->weights[from(i)];
        std::size_t inner = 1, axis = as.size() - 1;
        for (; axis > 0; --axis) {
            const auto extent = static_cast<std::size_t>(as[axis]);
            if (lies_along(extent, inner, filters, all.size(), from)) break;
            inner *= extent;
        }
        return real(to.integers<std::int8_t>(name(tensor), as, all),
                    {integers->scales.begin(), integers->scales.end()}, static_cast<std::int64_t>(axis));
    }
    template <class From>
    static bool lies_along(std::size_t extent, std::size_t inner, std::size_t filters, std::size_t count,
                           From from) {
        bool made = extent == filters;
        for (std::size_t i = 0; made && i < count; ++i) made = from(i) % filters == i / inner % extent;
        return made;
    }
    std::string integer_bias() const {
        std::vector<double> units;
        for (const float one : integers->scales)
            units.push_back(static_cast<double>(integers->input_scale * one));
        return real(to.integers<std::int32_t>(
                        name("bias"), {static_cast<std::int64_t>(integers->biases.size())}, integers->biases),
                    units, 0);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
