// SPDX-License-Identifier: BSL-1.0
/// @file keras_json.hpp
/// Keras models as RTNeural's JSON: {"in_shape": ..., "layers": [{"type", "activation", "shape", "weights", ...}, ...]},
/// tensors in Keras' layouts.
#pragma once
#include <archetype/interchange/import_target.hpp>

namespace archetype {

namespace detail {

template <class Net, class T>
class keras_json_reader {
public:
    keras_json_reader(const std::string& path, const recurrent_dialect& dialect)
        : dialect_(dialect), target_(path) {}

    std::optional<load_failure> read(model<Net, T>& to, const std::vector<json_value>& entries) {
        const std::vector<import_layer> layers = import_layers<Net>();
        std::size_t next = 0;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const std::string type = text_of(entries[i], "type");
            if (type == "activation") continue;  // looked at with the layer before it
            if (next < layers.size())
                read_layer(layers[next], entries[i], type,
                           i + 1 < entries.size() ? &entries[i + 1] : nullptr);
            else
                target_.report(load_problem::unexpected, "layer " + std::to_string(i + 1), "no further layer",
                               type);
            ++next;
        }
        for (; next < layers.size(); ++next)
            target_.report(load_problem::missing, layers[next].path, target::kind(layers[next]),
                           "the end of the file");
        return target_.finish(to);
    }

private:
    using target = import_target<Net, T>;

    static std::string text_of(const json_value& entry, std::string_view key) {
        const json_value* const found = entry.find(key);
        return found == nullptr ? "" : found->text;
    }
    static const char* kind_of(const std::string& type) {
        constexpr const char* kinds[][2] = {{"dense", "dense"},
                                            {"time-distributed-dense", "dense"},
                                            {"conv1d", "conv1d"},
                                            {"conv2d", "conv2d"},
                                            {"batchnorm", "batch_norm"},
                                            {"batchnorm2d", "batch_norm"},
                                            {"lstm", "lstm"},
                                            {"gru", "gru"},
                                            {"prelu", "depthwise_conv1d"}};
        for (const auto& [name, kind] : kinds)
            if (type == name) return kind;
        return "no layer that is known";
    }

    void read_layer(const import_layer& layer, const json_value& entry, const std::string& type,
                    const json_value* following) {
        if (!target_.expect(layer, "type", target::kind(layer), kind_of(type))) return;
        const json_value* const weights = entry.find("weights");
        std::vector<imported_tensor> tensors;
        if (weights != nullptr)
            for (const json_value& element : weights->elements) {
                auto tensor = tensor_of(element);
                if (!tensor)
                    return target_.report(load_problem::shape, layer.path, "tensors of numbers",
                                          element.summary().substr(0, 60));
                tensors.push_back(*std::move(tensor));
            }
        if (!layer.is_recurrent) check_activation(layer, entry, following);
        if (type == "prelu") return read_slopes(layer, tensors);
        if (target::kind(layer) == "batch_norm") return read_normalization(layer, entry, tensors);
        check_window(layer, entry);
        target_.check_reset(layer, dialect_);
        if (!target_.expect(layer, "tensors", std::to_string(target::at(layer).parameter_tensors),
                            std::to_string(tensors.size())))
            return;
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            if (layer.is_recurrent)
                target::order_gates(tensors[i], target::kind(layer), dialect_, layer.gates);
            target_.set(layer, i, tensors[i]);
        }
    }

    /// The layer after this one applies the file's activation; none follows if the file has none.
    void check_activation(const import_layer& layer, const json_value& entry, const json_value* following) {
        std::string wanted = text_of(entry, "activation");
        const std::string after = following == nullptr ? "" : text_of(*following, "type");
        if (wanted.empty() && after == "activation") wanted = text_of(*following, "activation");
        if (wanted.empty() && after == "prelu") return;
        std::string own;
        if (layer.node + 1 < unchecked_facts<Net>.size()) {
            const node& next = unchecked_facts<Net>.nodes[layer.node + 1];
            if (next.role == layer_role::pointwise || next.kind == "softmax")
                own = std::string(next.kind.data(), next.kind.size());
        }
        if (wanted == "linear") wanted.clear();
        target_.expect(layer, "activation", own.empty() ? "none" : own, wanted.empty() ? "none" : wanted);
    }

    void check_window(const import_layer& layer, const json_value& entry) {
        const node& at = target::at(layer);
        if (!at.has_window) return;
        const auto check = [&](const char* key, std::size_t own) {
            const json_value* found = entry.find(key);
            if (found != nullptr && found->type == json_value::kind::array && found->elements.size() == 1)
                found = &found->elements[0];
            if (found != nullptr) target_.expect(layer, key, std::to_string(own), found->summary());
        };
        const bool is_image = target::kind(layer) == "conv2d";
        check("kernel_size", at.window.columns.kernel);
        check("groups", at.groups);
        // Of images, time is the first axis: dilated, while the second one has the stride.
        check("dilation", is_image ? at.window.rows.dilation : at.window.columns.dilation);
        check("strides", at.window.columns.stride);
    }

    /// Mean and variance, after gamma and beta where the normalization has them.
    void read_normalization(const import_layer& layer, const json_value& entry,
                            const std::vector<imported_tensor>& tensors) {
        if (tensors.size() != 2 && tensors.size() != 4)
            return target_.report(load_problem::shape, layer.path + ": tensors", "2 or 4",
                                  std::to_string(tensors.size()));
        const std::size_t first = tensors.size() == 2 ? 2 : 0;
        if (first != 0) {
            target_.fill(layer, 0, T(1));
            target_.fill(layer, 1, T(0));
        }
        for (std::size_t i = first; i < 4; ++i) target_.set(layer, i, tensors[i - first]);
        const json_value* const epsilon = entry.find("epsilon");
        const auto found = epsilon == nullptr ? std::nullopt : number_of(*epsilon);
        if (!found || *found != target::at(layer).epsilon)
            target_.report(load_problem::shape, layer.path + ": epsilon",
                           std::to_string(target::at(layer).epsilon),
                           epsilon == nullptr ? "none" : epsilon->summary());
    }

    /// One slope for each channel, or one for all, as a depthwise convolution of one tap.
    void read_slopes(const import_layer& layer, const std::vector<imported_tensor>& tensors) {
        if (!target_.expect(layer, "tensors", "1", std::to_string(tensors.size()))) return;
        if (tensors[0].values.size() == 1)
            return target_.fill(layer, 0, static_cast<T>(tensors[0].values[0]));
        imported_tensor slopes = tensors[0];
        if (slopes.shape.size() == 2) slopes.shape.push_back(1);
        target_.set(layer, 0, slopes);
    }

    recurrent_dialect dialect_;
    target target_;
};

}  // namespace detail

/// Reads a model of dense, conv1d, conv2d, batch_norm, lstm, gru and prelu layers: all of it, or nothing. Layers of the file
/// and of the network are compared in their order: types, activations, windows, epsilons, tensors.
/// @param dialect  what the numbers of recurrent layers mean: RTNeural's files are `recurrent_dialect::keras(...)`, those with
///                 two biases in a GRU with `reset_form::after`
/// @return what does not fit, with nothing written
template <class Net, class T>
std::optional<load_failure> try_load_keras_json(model<Net, T>& net, const std::filesystem::path& path,
                                                const recurrent_dialect& dialect) {
    const auto document = detail::try_read_json(path);
    if (!document) return detail::import_failure(document.failure());
    const detail::json_value* const layers = document->find("layers");
    if (layers == nullptr || layers->type != detail::json_value::kind::array)
        return detail::import_failure({path.string(), "an array \"layers\"",
                                       layers == nullptr ? "none" : std::string(layers->type_name())});
    return detail::keras_json_reader<Net, T>(path.string(), dialect).read(net, layers->elements);
}

/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_keras_json(model<Net, T>& net, const std::filesystem::path& path,
                     const recurrent_dialect& dialect) {
    if (auto failure = try_load_keras_json(net, path, dialect)) throw load_error(*std::move(failure));
}

}  // namespace archetype
