// SPDX-License-Identifier: BSL-1.0
/// @file graph.hpp
/// An ONNX graph while it is written: nodes, tensors, inputs and outputs as protobuf (onnx.proto of ONNX 1.22, IR version 8).
#pragma once
#include <archetype/instruction_set.hpp>
#include <protozero/pbf_writer.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

using onnx_extents = std::vector<std::int64_t>;

/// The number of an element type in ONNX.
template <class T>
inline constexpr std::int32_t onnx_type_of = sizeof(T) == 4 ? 1 : 11;
inline constexpr std::int32_t onnx_int64 = 7, onnx_int8 = 3, onnx_int32 = 6;

/// What a node says besides its inputs.
class onnx_attributes {
public:
    onnx_attributes& add(std::string_view name, std::int64_t number) {
        return add(name, 2, [&](auto& to) { to.add_int64(3, number); });
    }
    onnx_attributes& add(std::string_view name, int number) { return add(name, std::int64_t{number}); }
    onnx_attributes& add(std::string_view name, double number) {
        return add(name, 1, [&](auto& to) { to.add_float(2, static_cast<float>(number)); });
    }
    onnx_attributes& add(std::string_view name, std::string_view text) {
        return add(name, 3, [&](auto& to) { to.add_bytes(4, text.data(), text.size()); });
    }
    onnx_attributes& add(std::string_view name, const char* text) {
        return add(name, std::string_view(text));
    }
    onnx_attributes& add(std::string_view name, const onnx_extents& numbers) {
        return add(name, 7, [&](auto& to) {
            for (const std::int64_t one : numbers) to.add_int64(8, one);
        });
    }
    onnx_attributes& add(std::string_view name, const std::vector<double>& numbers) {
        return add(name, 6, [&](auto& to) {
            for (const double one : numbers) to.add_float(7, static_cast<float>(one));
        });
    }
    onnx_attributes& add(std::string_view name, const std::vector<std::string>& texts) {
        return add(name, 8, [&](auto& to) {
            for (const std::string& one : texts) to.add_bytes(9, one);
        });
    }
    const std::string& bytes() const { return bytes_; }

private:
    template <class Write>
    onnx_attributes& add(std::string_view name, std::int32_t type, Write write) {
        protozero::pbf_writer node(bytes_), attribute(node, 5);
        attribute.add_string(1, name.data(), name.size());
        write(attribute);
        attribute.add_int32(20, type);
        return *this;
    }
    std::string bytes_;
};

class onnx_graph {
public:
    static constexpr int operator_set = 17;

    /// @param scalar  the element type of real numbers
    explicit onnx_graph(std::int32_t scalar) : scalar_(scalar) {}

    /// Nodes and tensors that follow belong to the layer of this path.
    void begin(std::string path) { path_ = std::move(path); }

    /// A node; gives the names of its results. An empty input is one that is left out.
    std::vector<std::string> add(std::string_view operation, const std::vector<std::string>& inputs,
                                 const onnx_attributes& attributes, std::size_t results) {
        const std::string name = unique(path_ + '/' + std::string(operation));
        std::vector<std::string> made{name};
        for (std::size_t i = 1; i < results; ++i) made.push_back(name + ':' + std::to_string(i));
        write_node(operation, name, inputs, made, attributes);
        return made;
    }
    std::string add(std::string_view operation, const std::vector<std::string>& inputs,
                    const onnx_attributes& attributes = {}) {
        return add(operation, inputs, attributes, 1)[0];
    }
    /// A node whose result has a name that is given.
    void add_named(std::string_view operation, const std::string& input, const std::string& result) {
        write_node(operation, unique(result + '/' + std::string(operation)), {input}, {result}, {});
    }

    /// A tensor by this name, unless there is one already: layers may share parameters.
    template <class T>
    std::string tensor(const std::string& name, const onnx_extents& extents, std::span<const T> numbers) {
        if (!tensors_.insert(name).second) return name;
        std::string raw(numbers.size() * sizeof(T), '\0');
        if (!numbers.empty()) std::memcpy(raw.data(), numbers.data(), raw.size());
        return write_tensor(name, onnx_type_of<T>, extents, raw);
    }
    /// Integers of 8 or 32 bits by this name, unless there are some already.
    template <class T>
    std::string integers(const std::string& name, const onnx_extents& extents, std::span<const T> all) {
        if (!tensors_.insert(name).second) return name;
        return write_tensor(name, sizeof(T) == 1 ? onnx_int8 : onnx_int32, extents,
                            {reinterpret_cast<const char*>(all.data()), all.size() * sizeof(T)});
    }
    /// A list of whole numbers: a shape, axes, indices.
    std::string numbers(const onnx_extents& all) {
        const auto [at, is_new] = lists_.try_emplace(all, "list_" + std::to_string(lists_.size()));
        if (is_new) {
            std::string raw(all.size() * sizeof(std::int64_t), '\0');
            if (!all.empty()) std::memcpy(raw.data(), all.data(), raw.size());
            write_tensor(at->second, onnx_int64, {static_cast<std::int64_t>(all.size())}, raw);
        }
        return at->second;
    }
    /// One real number, a scalar.
    std::string number(double value) {
        const auto [at, is_new] = scalars_.try_emplace(std::bit_cast<std::uint64_t>(value),
                                                       "number_" + std::to_string(scalars_.size()));
        if (is_new) write_tensor(at->second, scalar_, {}, raw_of({value}));
        return at->second;
    }
    /// Factors of Resize, of 32 bits whatever the type of the values.
    std::string scales(const std::vector<double>& all) {
        return scales(all, {static_cast<std::int64_t>(all.size())});
    }
    std::string scales(const std::vector<double>& all, const onnx_extents& extents) {
        std::string raw;
        for (const double one : all) {
            const auto narrow = static_cast<float>(one);
            raw.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
        }
        return write_tensor(unique(path_ + "/scales"), onnx_type_of<float>, extents, raw);
    }
    /// Real numbers that belong to no parameter.
    std::string constant(const std::string& name, const onnx_extents& extents,
                         const std::vector<double>& all) {
        return write_tensor(unique(path_ + '/' + name), scalar_, extents, raw_of(all));
    }

    /// The first axis of inputs and outputs is open.
    void input(const std::string& name, std::int32_t type, const onnx_extents& extents) {
        value(11, name, type, extents);
    }
    void output(const std::string& name, const onnx_extents& extents) { value(12, name, scalar_, extents); }
    std::int32_t scalar() const { return scalar_; }

    /// The whole file.
    std::string finish(std::string_view name) {
        std::string graph = std::move(nodes_), file;
        protozero::pbf_writer(graph).add_string(2, name.data(), name.size());
        graph += constants_;
        graph += ends_;
        protozero::pbf_writer model(file);
        model.add_int64(1, 8);  // IR version
        model.add_string(2, "archetype");
        model.add_message(7, graph);
        protozero::pbf_writer set(model, 8);
        set.add_string(1, "");
        set.add_int64(2, operator_set);
        set.commit();
        return file;
    }

private:
    static_assert(std::endian::native == std::endian::little, "raw_data of ONNX is little-endian");

    std::string unique(const std::string& name) {
        std::string tried = name;
        for (std::size_t i = 1; !names_.insert(tried).second; ++i) tried = name + '_' + std::to_string(i);
        return tried;
    }
    void write_node(std::string_view operation, const std::string& name,
                    const std::vector<std::string>& inputs, const std::vector<std::string>& results,
                    const onnx_attributes& attributes) {
        std::string node;
        protozero::pbf_writer to(node);
        for (const std::string& one : inputs) to.add_string(1, one);
        for (const std::string& one : results) to.add_string(2, one);
        to.add_string(3, name);
        to.add_string(4, operation.data(), operation.size());
        protozero::pbf_writer(nodes_).add_message(1, node + attributes.bytes());
    }
    std::string raw_of(const std::vector<double>& numbers) const {
        std::string raw;
        for (const double one : numbers) {
            const auto narrow = static_cast<float>(one);
            raw.append(scalar_ == onnx_type_of<float> ? reinterpret_cast<const char*>(&narrow)
                                                      : reinterpret_cast<const char*>(&one),
                       scalar_ == onnx_type_of<float> ? sizeof narrow : sizeof one);
        }
        return raw;
    }
    std::string write_tensor(const std::string& name, std::int32_t type, const onnx_extents& extents,
                             const std::string& raw) {
        protozero::pbf_writer graph(constants_), tensor(graph, 5);
        for (const std::int64_t one : extents) tensor.add_int64(1, one);
        tensor.add_int32(2, type);
        tensor.add_string(8, name);
        tensor.add_bytes(9, raw);
        return name;
    }
    void value(protozero::pbf_tag_type field, const std::string& name, std::int32_t type,
               const onnx_extents& extents) {
        protozero::pbf_writer graph(ends_), value(graph, field);
        value.add_string(1, name);
        protozero::pbf_writer kind(value, 2), tensor(kind, 1);
        tensor.add_int32(1, type);
        protozero::pbf_writer all(tensor, 2);
        {
            protozero::pbf_writer batch(all, 1);
            batch.add_string(2, "batch");
        }
        for (const std::int64_t one : extents) {
            protozero::pbf_writer axis(all, 1);
            axis.add_int64(1, one);
        }
    }

    std::int32_t scalar_;
    std::string path_, nodes_, constants_, ends_;
    std::set<std::string> names_, tensors_;
    std::map<onnx_extents, std::string> lists_;
    std::map<std::uint64_t, std::string> scalars_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
