// SPDX-License-Identifier: BSL-1.0
/// @file load_keras.hpp
/// Weights from files of Keras: .h5 of Keras 2 and 3, .keras, .weights.h5. Needs HDF5 (`ARCHETYPE_HAS_HDF5`, link with
/// -lhdf5), .keras libzip too.
#pragma once
#include <archetype/interchange/keras/keras_plain_layers.hpp>
#include <archetype/interchange/keras/keras_weights_file.hpp>
#include <archetype/interchange/keras_json_layer.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net, class T>
class keras_weights_reader {
    using target = import_target<Net, T>;

public:
    explicit keras_weights_reader(const keras_weights_file& file) : file_(file), target_(file.path()) {}

    std::optional<load_failure> read(model<Net, T>& to) {
        const std::vector<import_layer> layers = import_layers<Net>();
        used_.assign(file_.groups().size(), false);
        find_names(layers);
        for (std::size_t k = 0; k < layers.size(); ++k) {
            const std::size_t at = group_of(layers[k], k);
            if (at == none) {
                target_.report(load_problem::missing, layers[k].path,
                               "a layer of the file for " + target::kind(layers[k]), "none");
                continue;
            }
            used_[at] = true;
            read_layer(layers[k], file_.groups()[at]);
        }
        for (std::size_t at = 0; at < used_.size(); ++at)
            if (!used_[at])
                for (const std::string& one : file_.groups()[at].datasets) unread(one);
        for (const std::string& one : file_.strays()) unread(one);
        if (file_.has_layers())
            compare_plain_layers<Net>(
                file_, [&](const std::string& layer, std::string expected, std::string found) {
                    target_.report(load_problem::shape, layer, std::move(expected), std::move(found));
                });
        return target_.finish(to);
    }

private:
    void unread(const std::string& name) {
        target_.report(load_problem::unexpected, name, "no weight beyond those of the network", "one");
    }
    static bool is_of(const keras_group& group, const import_layer& layer) {
        return keras_kind(plain_name(group.type)) == target::kind(layer);
    }
    /// If each layer of the network ends in the name of a layer of the file, names tell: branches have no order.
    void find_names(const std::vector<import_layer>& layers) {
        const auto& groups = file_.groups();
        for (const import_layer& layer : layers) {
            const std::string own = layer.path.substr(layer.path.rfind('/') + 1);
            std::size_t found = none;
            for (std::size_t at = 0; at < groups.size(); ++at)
                if (groups[at].layer == own) found = found == none && !is_in(named_, at) ? at : groups.size();
            if (found >= groups.size()) return named_.clear();
            named_.push_back(found);
        }
    }
    static bool is_in(const std::vector<std::size_t>& all, std::size_t one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    }
    /// By its name, else the k-th where the file has an order, else the next of its class, or one of an unknown class that
    /// fits.
    std::size_t group_of(const import_layer& layer, std::size_t k) const {
        const auto& groups = file_.groups();
        if (!named_.empty()) return named_[k];
        if (file_.has_order()) return k < groups.size() ? k : none;
        for (const bool by_type : {true, false})
            for (std::size_t at = 0; at < groups.size(); ++at)
                if (!used_[at] &&
                    (by_type ? is_of(groups[at], layer) : groups[at].type.empty() && fits(groups[at], layer)))
                    return at;
        return none;
    }
    bool fits(const keras_group& group, const import_layer& layer) const {
        const node& at = target::at(layer);
        if (group.datasets.size() != at.parameter_tensors) return false;
        for (std::size_t k = 0; k < group.datasets.size(); ++k) {
            const hdf5_numbers content = file_.numbers(group.datasets[k]);
            if (!same_shape(content, layer, k)) return false;
        }
        return true;
    }
    /// Extents of 1 before the others do not count: slopes that time steps share.
    static bool same_shape(const hdf5_numbers& found, const import_layer& layer, std::size_t tensor) {
        std::vector<std::size_t> shape(found.shape.begin(), found.shape.end());
        std::vector<std::size_t> own = target::shape_of(layer, tensor);
        if (target::kind(layer) == "prelu") {
            while (shape.size() > 1 && shape.front() == 1) shape.erase(shape.begin());
            while (own.size() > 1 && own.front() == 1) own.erase(own.begin());
        }
        return shape == own;
    }

    void read_layer(const import_layer& layer, const keras_group& group) {
        const std::string kind = target::kind(layer);
        if (!group.type.empty() && !is_of(group, layer))
            return target_.report(load_problem::shape, layer.path, kind,
                                  group.type + " (" + group.name + ")");
        if (group.config) compare(layer, *group.config);
        const node& at = target::at(layer);
        std::vector<bool> taken(group.datasets.size());
        for (std::size_t tensor = 0; tensor < at.parameter_tensors; ++tensor) {
            const text_view name = at.parameters[tensor].name;
            const std::size_t from = place_of({name.data(), name.size()}, tensor, group);
            if (from == none) {
                // Keras leaves them out where its layer says so.
                const std::string own(name.data(), name.size());
                if ((own == "gamma" && says(group, "scale", "false")) ||
                    (own == "beta" && says(group, "center", "false"))) {
                    target_.fill(layer, tensor, T(own == "gamma" ? 1 : 0));
                    continue;
                }
                target_.report(load_problem::missing, target_.name(layer, tensor),
                               "a weight of " + group.name, "none");
                continue;
            }
            taken[from] = true;
            set(layer, tensor, group.datasets[from]);
        }
        for (std::size_t k = 0; k < taken.size(); ++k)
            if (!taken[k]) unread(group.datasets[k]);
    }
    static bool says(const keras_group& group, std::string_view key, std::string_view value) {
        const auto found = group.config ? group.config->find(key) : std::nullopt;
        return found && found->text() == value;
    }
    /// By its name where the file has names of this kind, else in its order.
    static std::size_t place_of(std::string_view name, std::size_t tensor, const keras_group& group) {
        bool named = false;
        for (std::size_t k = 0; k < group.leaves.size(); ++k) {
            if (group.leaves[k] == name || (name == "kernel" && group.leaves[k] == "depthwise_kernel"))
                return k;
            for (const std::string_view one :
                 {"kernel", "bias", "gamma", "beta", "moving_mean", "recurrent_kernel"})
                named = named || group.leaves[k] == one;
        }
        std::size_t next = tensor;
        if (!group.leaves.empty() && group.leaves[0].empty() && group.config) {
            // Numbers alone: what the configuration leaves out is not counted.
            if (name == "gamma" && says(group, "scale", "false")) return none;
            if (name == "beta" && says(group, "center", "false")) return none;
            const bool norm = name == "beta" || name.starts_with("moving_");
            if (norm && says(group, "scale", "false")) --next;
            if (name.starts_with("moving_") && says(group, "center", "false")) --next;
        }
        return named || next >= group.datasets.size() ? none : next;
    }
    void set(const import_layer& layer, std::size_t tensor, const std::string& dataset) {
        const hdf5_numbers content = file_.numbers(dataset);
        T* const to = target_.values_of(layer, tensor);
        const std::vector<std::size_t> shape(content.shape.begin(), content.shape.end());
        if (!same_shape(content, layer, tensor)) {
            const bool reset =
                target::kind(layer) == "gru" && shape.size() != target::shape_of(layer, tensor).size();
            return target_.report(
                load_problem::shape, target_.name(layer, tensor),
                archetype::shape_text(target::shape_of(layer, tensor)) +
                    (reset ? layer.resets_after ? ", with reset_after" : ", without reset_after" : ""),
                archetype::shape_text(shape) + " of " + dataset);
        }
        for (std::size_t i = 0; i < content.values.size(); ++i) {
            if (!std::isfinite(content.values[i]))
                return target_.report(load_problem::not_finite, target_.name(layer, tensor), "finite numbers",
                                      number_text(static_cast<double>(content.values[i])) + " in " + dataset);
            to[i] = static_cast<T>(content.values[i]);
        }
    }

    /// What the configuration says of the layer itself.
    void compare(const import_layer& layer, const json_value& config) {
        json_fields fields(config);
        keras_layer_check<Net, T> check(target_, layer, fields);
        check.all();
        if (layer.is_recurrent) {
            check.function("activation", layer.cell);
        } else if (const auto found = fields.take("activation")) {
            compare_function(layer, *found);
        }
        fields.skip({"scale", "center", "shared_axes", "input_length", "output_padding", "axis",
                     "batch_input_shape", "batch_shape"});
        fields.for_each_unread([&](const std::string& key, const json_value& value) {
            for (const std::string_view harmless :
                 {"dtype", "lora_rank", "synchronized", "autocast", "fused", "renorm", "zero_output_for_mask",
                  "input_dim", "sparse", "rms_scaling", "seed"})
                if (key == harmless) return;
            for (const std::string_view ending : {"_initializer", "_regularizer", "_constraint"})
                if (key.ends_with(ending)) return;
            target_.report(load_problem::unexpected, layer.path + ": " + key, "no key of this name",
                           value.summary());
        });
    }
    /// An activation of the layer is the function that follows it; "linear" leaves that to other layers.
    void compare_function(const import_layer& layer, const json_value& found) {
        const std::string name = function_name(found.text());
        if (found.type() != json_value::kind::string || name == "linear") return;
        const auto after = walk_.functions_after(layer.node);
        const auto wanted = function_by_name(name, std::nullopt);
        const bool same =
            !after.empty() &&
            (walk_.function(after[0].node) ? wanted && same_function(*walk_.function(after[0].node), *wanted)
                                           : after[0].text == name);
        if (!same)
            target_.report(load_problem::shape, layer.path + ": activation",
                           after.empty() ? "none" : after[0].text, found.summary());
    }

    const keras_weights_file& file_;
    target target_;
    import_walk<Net> walk_{};
    std::vector<bool> used_{};
    std::vector<std::size_t> named_{};
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads the weights of a network of the same structure from a file of Keras: a whole model (.h5, .keras), or weights alone
/// (.weights.h5, .h5 of `save_weights`). If all layers of the network have names of the file's layers, these tell which is
/// which; else the file's order does, in .keras and .weights.h5 that of each class. Shapes,
/// the form of a GRU, and where the file has them the configurations of layers with weights, poolings, and in a sequence
/// functions must be the network's. Every weight of the file is read and every parameter set.
/// @return what does not fit, with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_keras(model<Net, T>& net,
                                                         const std::filesystem::path& path) {
    try {
        const detail::keras_weights_file file(path);
        return detail::keras_weights_reader<Net, T>(file).read(net);
    } catch (const file_error& found) {
        return load_failure(found.failure());
    }
}
/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_keras(model<Net, T>& net, const std::filesystem::path& path) {
    if (auto failure = try_load_keras(net, path)) throw load_error(*std::move(failure));
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
