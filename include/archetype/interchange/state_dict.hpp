// SPDX-License-Identifier: BSL-1.0
/// @file state_dict.hpp
/// PyTorch state dicts that were written as JSON: {"lstm.weight_ih_l0": [[...], ...], ...}.
#pragma once
#include <archetype/interchange/import_target.hpp>

#include <set>

namespace archetype {

/// The module that a layer's tensors belong to: "dense" for "dense.weight", "" for "weight". Of a recurrent module with
/// several layers, which one.
struct state_dict_module {
    std::string name;
    std::size_t layer = 0;
    state_dict_module(const char* name, std::size_t layer = 0) : name(name), layer(layer) {}
    state_dict_module(std::string name, std::size_t layer = 0) : name(std::move(name)), layer(layer) {}
};

namespace detail {

/// Reads the tensors of a state dict into one model.
template <class Net, class T>
class state_dict_reader {
public:
    state_dict_reader(const json_value& document, const std::string& path, const recurrent_dialect& dialect)
        : document_(document), dialect_(dialect), target_(path) {}

    std::optional<load_failure> read(model<Net, T>& to, std::span<const state_dict_module> modules) {
        const std::vector<import_layer> layers = import_layers<Net>();
        if (layers.size() != modules.size())
            target_.report(load_problem::missing, "modules",
                           std::to_string(layers.size()) + ", one for each layer",
                           std::to_string(modules.size()));
        for (std::size_t i = 0; i < layers.size() && i < modules.size(); ++i)
            read_layer(layers[i], modules[i]);
        for (const auto& [name, value] : document_.members)
            if (!used_.contains(name)) {
                const auto tensor = tensor_of(value);
                target_.report(
                    load_problem::unexpected, name, "no tensor of this name",
                    tensor ? archetype::shape_text(tensor->shape) : std::string(value.type_name()));
            }
        return target_.finish(to);
    }

private:
    using target = import_target<Net, T>;

    std::optional<imported_tensor> find(const import_layer& layer, const std::string& name) {
        used_.insert(name);
        const json_value* const value = document_.find(name);
        std::optional<imported_tensor> tensor = value == nullptr ? std::nullopt : tensor_of(*value);
        if (!tensor)
            target_.report(load_problem::missing, name, "a tensor for " + layer.path,
                           value == nullptr ? "no tensor of this name" : std::string(value->type_name()));
        return tensor;
    }

    /// [first][middle][last] becomes [last][middle][first].
    static imported_tensor turned(const imported_tensor& from) {
        imported_tensor to{{from.shape.rbegin(), from.shape.rend()}, std::vector<float>(from.values.size())};
        const std::size_t first = from.shape.front(), last = from.shape.back(),
                          middle = first * last == 0 ? 0 : from.values.size() / first / last;
        for (std::size_t i = 0; i < first; ++i)
            for (std::size_t j = 0; j < middle; ++j)
                for (std::size_t k = 0; k < last; ++k)
                    to.values[(k * middle + j) * first + i] = from.values[(i * middle + j) * last + k];
        return to;
    }

    void read_layer(const import_layer& layer, const state_dict_module& module) {
        const node& at = target::at(layer);
        const std::string prefix = module.name.empty() ? "" : module.name + ".", kind = target::kind(layer);
        if (layer.is_recurrent) return read_recurrent(layer, prefix, "_l" + std::to_string(module.layer));
        if (kind == "dense" || kind == "conv1d") {
            if (const auto weight = find(layer, prefix + "weight"); weight && !weight->shape.empty())
                target_.set(layer, 0, turned(*weight));
            if (at.parameter_tensors > 1)
                if (const auto bias = find(layer, prefix + "bias")) target_.set(layer, 1, *bias);
            return;
        }
        if (kind == "batch_norm" || kind == "embedding" || kind == "layer_norm") {
            const char* const names[] = {"weight", "bias", "running_mean", "running_var"};
            for (std::size_t i = 0; i < at.parameter_tensors; ++i)
                if (const auto tensor = find(layer, prefix + names[i])) target_.set(layer, i, *tensor);
            if (kind == "batch_norm") used_.insert(prefix + "num_batches_tracked");
            return;
        }
        target_.report(load_problem::missing, layer.path, "a layer that state dicts are read for", kind);
    }

    void read_recurrent(const import_layer& layer, const std::string& prefix, const std::string& suffix) {
        const std::string kind = target::kind(layer);
        target_.check_reset(layer, dialect_);
        for (const std::size_t i : {0, 1}) {
            std::string name = prefix;
            name.append(i == 0 ? "weight_ih" : "weight_hh").append(suffix);
            const auto weight = find(layer, name);
            if (!weight || weight->shape.empty()) continue;
            imported_tensor own = turned(*weight);
            target::order_gates(own, kind, dialect_, layer.gates);
            target_.set(layer, i, own);
        }
        if (target::at(layer).parameter_tensors < 3) return;
        auto bias = find(layer, prefix + "bias_ih" + suffix);
        if (dialect_.biases == bias_count::one) {
            if (bias) set_bias(layer, *bias);
            return;
        }
        const auto second = find(layer, prefix + "bias_hh" + suffix);
        if (!bias || !second) return;
        if (bias->shape != second->shape || bias->shape.size() != 1)
            return target_.report(load_problem::shape, prefix + "bias_hh" + suffix,
                                  archetype::shape_text(bias->shape), archetype::shape_text(second->shape));
        if (layer.has_two_biases) {
            bias->shape.insert(bias->shape.begin(), 2);
            bias->values.insert(bias->values.end(), second->values.begin(), second->values.end());
        } else {
            for (std::size_t i = 0; i < bias->values.size(); ++i) bias->values[i] += second->values[i];
        }
        set_bias(layer, *bias);
    }
    void set_bias(const import_layer& layer, imported_tensor bias) {
        target::order_gates(bias, target::kind(layer), dialect_, layer.gates);
        target_.set(layer, 2, bias);
    }

    const json_value& document_;
    recurrent_dialect dialect_;
    target target_;
    std::set<std::string> used_{};
};

}  // namespace detail

/// Reads a state dict of dense, conv1d, batch_norm, layer_norm, embedding, lstm, gru and simple_rnn layers: all of it, or
/// nothing. Two bias vectors are added where the layer has one, which is exact but for a GRU that resets after the product:
/// that one has two.
/// @param modules  the module of each layer with parameters, in the network's order
/// @param dialect  what the numbers of recurrent layers mean; `recurrent_dialect::pytorch()` for PyTorch's own
/// @param member   the member of the document that is the state dict, or "" for the document itself
/// @return what does not fit, with nothing written
template <class Net, class T>
std::optional<load_failure> try_load_state_dict(model<Net, T>& net, const std::filesystem::path& path,
                                                std::span<const state_dict_module> modules,
                                                const recurrent_dialect& dialect,
                                                std::string_view member = "") {
    const auto document = detail::try_read_json(path);
    if (!document) return detail::import_failure(document.failure());
    const detail::json_value* const dict = member.empty() ? &*document : document->find(member);
    if (dict == nullptr || dict->type != detail::json_value::kind::object)
        return detail::import_failure(
            {path.string(), "an object" + (member.empty() ? "" : " \"" + std::string(member) + '"'),
             dict == nullptr ? "no such member" : std::string(dict->type_name())});
    return detail::state_dict_reader<Net, T>(*dict, path.string(), dialect).read(net, modules);
}

/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_state_dict(model<Net, T>& net, const std::filesystem::path& path,
                     std::initializer_list<state_dict_module> modules, const recurrent_dialect& dialect,
                     std::string_view member = "") {
    const std::vector<state_dict_module> list(modules);
    if (auto failure = try_load_state_dict(net, path, list, dialect, member))
        throw load_error(*std::move(failure));
}

}  // namespace archetype
