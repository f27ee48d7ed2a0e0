// SPDX-License-Identifier: BSL-1.0
/// @file import_target.hpp
/// The parameters of a model while a file of another project is read: everything is checked and collected first, and
/// written only if all of it fits.
#pragma once
#include <archetype/execution/host/model.hpp>
#include <archetype/interchange/json.hpp>
#include <archetype/interchange/load_into.hpp>
#include <archetype/interchange/recurrent_dialect.hpp>

#include <charconv>

namespace archetype::detail {

/// Numbers of a file with their shape, row-major.
struct imported_tensor {
    std::vector<std::size_t> shape;
    std::vector<float> values;
};

/// A number of JSON.
inline std::optional<double> number_of(const json_value& value) {
    if (value.type != json_value::kind::number) return std::nullopt;
    double number = 0;
    const char* const end = value.text.data() + value.text.size();
    const auto [at, error] = std::from_chars(value.text.data(), end, number);
    if (error != std::errc{} || at != end) return std::nullopt;
    return number;
}

/// Nested arrays of numbers of equal lengths, or nothing.
inline bool read_nested(const json_value& value, std::size_t depth, imported_tensor& to) {
    if (value.type == json_value::kind::number) {
        const auto number = number_of(value);
        if (!number || depth != to.shape.size()) return false;
        to.values.push_back(static_cast<float>(*number));
        return true;
    }
    if (value.type != json_value::kind::array) return false;
    if (to.values.empty() && depth == to.shape.size())
        to.shape.push_back(value.elements.size());
    else if (depth >= to.shape.size() || to.shape[depth] != value.elements.size())
        return false;
    for (const json_value& element : value.elements)
        if (!read_nested(element, depth + 1, to)) return false;
    return true;
}
inline std::optional<imported_tensor> tensor_of(const json_value& value) {
    imported_tensor made;
    if (!read_nested(value, 0, made)) return std::nullopt;
    return made;
}

/// A JSON file, or why it is none.
inline file_result<json_value> try_read_json(const std::filesystem::path& path) {
    auto bytes = try_read_file(path);
    if (!bytes) return bytes.failure();
    json_reader reader({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
    auto document = reader.document();
    if (!document) {
        const bool twice = !reader.duplicate().empty();
        return file_failure{path.string(), "a JSON document",
                            twice ? "the key " + reader.duplicate() + " twice" : "something else"};
    }
    return *std::move(document);
}

/// What readers ask of a layer besides its facts.
struct import_layer {
    std::size_t node = 0;
    std::string path{};
    bool is_recurrent = false, has_two_biases = false, resets_after = false, has_initial_state = false;
    std::size_t gates = 1;
};

/// Takes the pieces of a path.
struct path_text {
    std::string& to;
    void append(text_view piece) { to.append(piece.data(), piece.size()); }
    void append_number(std::uint64_t number) { to += std::to_string(number); }
};

/// Layers with parameters of their own, in the network's order.
template <class Net>
std::vector<import_layer> import_layers() {
    std::vector<import_layer> made;
    std::size_t n = 0;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, layers_of<Net>>>(
        [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
            const node& at = unchecked_facts<Net>.nodes[n];
            if (at.parameter_tensors != 0 && at.shares == none) {
                import_layer one{.node = n};
                path_text text{one.path};
                append_path(text, unchecked_facts<Net>, at.scope);
                if constexpr (requires { Layer::structure; }) {
                    one.is_recurrent = true;
                    one.has_two_biases = Layer::has_two_biases;
                    one.resets_after = Layer::structure.recurrent_bias;
                    one.has_initial_state = Layer::has_initial_state;
                    one.gates = Layer::structure.input_gates;
                }
                made.push_back(one);
            }
            ++n;
        });
    return made;
}

/// Collects values for all parameters of a model.
template <class Net, class T>
class import_target {
public:
    explicit import_target(std::string path)
        : failure_{std::move(path), {}}, values_(parameters_of<Net>.elements) {}

    static const node& at(const import_layer& layer) { return unchecked_facts<Net>.nodes[layer.node]; }
    static std::string kind(const import_layer& layer) {
        return std::string(at(layer).kind.data(), at(layer).kind.size());
    }
    std::string name(const import_layer& layer, std::size_t tensor) const {
        const text_view own = at(layer).parameters[tensor].name;
        return layer.path + "/" + std::string(own.data(), own.size());
    }
    static std::vector<std::size_t> shape_of(const import_layer& layer, std::size_t tensor) {
        const shape& extents = at(layer).parameters[tensor].extents;
        return {extents.extents, extents.extents + extents.rank};
    }

    void report(load_problem problem, std::string tensor, std::string expected, std::string found) {
        failure_.mismatches.push_back({problem, std::move(tensor), std::move(expected), std::move(found)});
    }
    /// `found` must be `expected`; reports it otherwise.
    bool expect(const import_layer& layer, const char* what, const std::string& expected,
                const std::string& found) {
        if (expected == found) return true;
        report(load_problem::shape, layer.path + ": " + what, expected, found);
        return false;
    }

    /// `tensor` in this library's layout.
    void set(const import_layer& layer, std::size_t tensor, const imported_tensor& from) {
        if (from.shape != shape_of(layer, tensor))
            return report(load_problem::shape, name(layer, tensor),
                          archetype::shape_text(shape_of(layer, tensor)), archetype::shape_text(from.shape));
        T* const to = values_.data() + parameters_of<Net>.offsets[layer.node][tensor];
        for (std::size_t i = 0; i < from.values.size(); ++i) to[i] = static_cast<T>(from.values[i]);
    }
    /// The same value for all elements.
    void fill(const import_layer& layer, std::size_t tensor, T value) {
        const std::uint64_t count = at(layer).parameters[tensor].extents.size();
        for (std::uint64_t i = 0; i < count; ++i)
            values_[parameters_of<Net>.offsets[layer.node][tensor] + i] = value;
    }

    /// The columns of a matrix or vector of a recurrent layer, [rows][gates * units], from a file's order of gates.
    static void order_gates(imported_tensor& tensor, const std::string& kind,
                            const recurrent_dialect& dialect, std::size_t gates) {
        const std::size_t columns = tensor.shape.empty() ? 0 : tensor.shape.back();
        if (columns == 0 || columns % gates != 0) return;  // `set` will say so
        const std::vector<float> before = tensor.values;
        const std::size_t units = columns / gates;
        for (std::size_t i = 0; i < before.size(); ++i) {
            const std::size_t gate = i % columns / units;
            tensor.values[i] =
                before[i - i % columns + gate_in_file(kind, dialect, gate) * units + i % units];
        }
    }
    /// The reset form must be the layer's.
    void check_reset(const import_layer& layer, const recurrent_dialect& dialect) {
        if (kind(layer) != "gru") return;
        const auto text = [](bool after) {
            return after ? "reset after the product" : "reset before the product";
        };
        expect(layer, "form", text(layer.resets_after), text(dialect.reset == reset_form::after));
    }

    /// Writes everything to the model if nothing is wrong.
    std::optional<load_failure> finish(model<Net, T>& to) {
        if (!failure_.mismatches.empty()) return std::move(failure_);
        std::copy(values_.begin(), values_.end(), to.data());
        return std::nullopt;
    }

private:
    load_failure failure_;
    std::vector<T> values_;
};

/// A file that is none as the failure of an import.
inline load_failure import_failure(const file_failure& failure) {
    return {failure.path, {{load_problem::missing, "file", failure.expected, failure.found}}};
}

}  // namespace archetype::detail
