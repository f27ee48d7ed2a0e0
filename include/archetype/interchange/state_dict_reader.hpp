// SPDX-License-Identifier: BSL-1.0
/// @file state_dict_reader.hpp
/// Which tensors of PyTorch's modules become which parameters, in which order of axes.
#pragma once
#include <archetype/interchange/flatten_order.hpp>
#include <archetype/interchange/import_walk.hpp>
#include <archetype/interchange/json_fields.hpp>
#include <archetype/interchange/state_dict_tensors.hpp>

#include <cmath>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a module is that its tensors do not tell.
struct state_dict_module_options {
    std::size_t layer = 0;  ///< of a recurrent module with several layers, which one
    /// Of a recurrent module with two directions, whether the one that goes back: as the layer, unless it is said.
    std::optional<bool> reverse{};
    /// Of a normalization; a state dict does not hold it, so that it has to be said here or for all modules in the call.
    std::optional<double> epsilon{};
    bool affine = true;  ///< a normalization has weight and bias
    bool bias = true;    ///< false: the module has none, and the layer's becomes 0
};

/// The module that a layer's tensors belong to: "dense" for "dense.weight", "" for "weight".
struct state_dict_module {
    std::string name;
    state_dict_module_options options{};
    state_dict_module(std::string module, state_dict_module_options said = {})
        : name(std::move(module)), options(said) {}
    state_dict_module(const char* module, state_dict_module_options said = {})
        : name(module), options(said) {}
    state_dict_module(std::string module, std::size_t layer)
        : name(std::move(module)), options{.layer = layer} {}
    state_dict_module(const char* module, std::size_t layer) : name(module), options{.layer = layer} {}
};

/// What a state dict leaves unsaid of a network as a whole.
struct state_dict_options {
    std::optional<double>
        epsilon{};  ///< of all normalizations that do not say theirs (PyTorch's default is 1e-5)
    flatten_order flatten = flatten_order::of_layers;
    std::string member{};  ///< the member of a JSON document that is the state dict; "": the document itself
    std::vector<std::string> skip_keys{};  ///< tensors, and keys around `member`, that are left out
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads the tensors of a state dict into one model.
template <class Net, class T>
class state_dict_reader {
    using target = import_target<Net, T>;
    using tensor = basic_imported_tensor<T>;
    using sizes = std::vector<std::size_t>;

public:
    state_dict_reader(const std::string& path, const state_dict_tensors& file,
                      const recurrent_dialect& dialect, const state_dict_options& options)
        : file_(file),
          dialect_(dialect),
          options_(options),
          target_(path),
          used_(file.size()),
          orders_(options.flatten) {}

    std::optional<load_failure> read(model<Net, T>& to, std::span<const state_dict_module> modules) {
        if (layers_.size() != modules.size())
            target_.report(load_problem::missing, "modules",
                           std::to_string(layers_.size()) + ", one for each layer",
                           std::to_string(modules.size()));
        for (const std::size_t at : orders_.problems()) report_order(path_of(at));
        for (std::size_t i = 0; i < layers_.size() && i < modules.size(); ++i)
            read_layer(layers_[i], modules[i]);
        for (std::size_t i = 0; i < file_.size(); ++i) {
            if (used_[i]) continue;
            const std::string name = file_.name(i);
            if (is_skipped(name)) continue;
            std::string expected, found;
            const auto shape = file_.shape(i, expected, found);
            target_.report(load_problem::unexpected, name, "no tensor of this name",
                           shape ? archetype::shape_text(*shape) : found);
        }
        return target_.finish(to);
    }

    /// What stands beside the state dict in a document.
    void read_around(const json_value& document) {
        json_fields fields(document);
        fields.skip(around_a_state_dict);
        (void)fields.take(options_.member);
        if (const auto data = fields.take("model_data")) read_model_data(*data);
        report_unread(fields, "");
    }

    /// What stands beside the state dict in a checkpoint.
    void read_around(std::span<const std::string> keys) {
        for (const std::string& key : keys)
            if (std::find(std::begin(around_a_state_dict), std::end(around_a_state_dict), key) ==
                    std::end(around_a_state_dict) &&
                !is_skipped(key))
                target_.report(load_problem::unexpected, key, "no key of this name",
                               "one beside the state dict");
    }

private:
    // What training keeps: no result depends on it.
    static constexpr std::string_view around_a_state_dict[] = {
        "epoch",     "loss",        "author",   "name",      "description",
        "date",      "version",     "metadata", "optimizer", "optimizer_state_dict",
        "scheduler", "lr_scheduler"};
    static std::string path_of(std::size_t at) {
        std::string path;
        path_text text{path};
        append_path(text, unchecked_facts<Net>, unchecked_facts<Net>.nodes[at].scope);
        return path;
    }
    bool is_skipped(const std::string& name) const {
        return std::find(options_.skip_keys.begin(), options_.skip_keys.end(), name) !=
               options_.skip_keys.end();
    }
    void report_unread(const json_fields& fields, const std::string& prefix) {
        fields.for_each_unread([&](const std::string& key, const json_value& value) {
            if (!is_skipped(key))
                target_.report(load_problem::unexpected, prefix + key, "no key of this name",
                               value.summary());
        });
    }
    /// GuitarML's description of a recurrent model with a dense head.
    void read_model_data(const json_value& data) {
        json_fields fields(data);
        fields.skip({"model"});
        const import_layer* recurrent = nullptr;
        std::size_t count = 0;
        for (const import_layer& layer : layers_)
            if (layer.is_recurrent && ++count == 1) recurrent = &layer;
        const auto compare = [&](const char* key, const std::string& own) {
            const auto found = fields.take(key);
            if (found && found->text() != own)
                target_.report(load_problem::shape, std::string("model_data: ") + key, own, found->summary());
        };
        compare("input_size", std::to_string(unchecked_facts<Net>.input.channels()));
        compare("output_size", std::to_string(unchecked_facts<Net>.output.channels()));
        compare("num_layers", std::to_string(count));
        // 1: the network's input is added to its output.
        compare("skip", import_walk<Net>::adds_its_input() ? "1" : "0");
        if (recurrent != nullptr) {
            const std::string kind = target::kind(*recurrent);
            compare("unit_type", kind == "lstm" ? "LSTM" : kind == "gru" ? "GRU" : "RNN");
            compare("hidden_size", std::to_string(recurrent->units));
            compare("bias_fl", recurrent->has_bias ? "true" : "false");
        }
        report_unread(fields, "model_data: ");
    }

    void report_order(const std::string& path) {
        target_.report(
            load_problem::shape, path + ": order of what is flattened or reshaped",
            "state_dict_options::flatten to say it, flatten_order::channels_first or channels_last",
            "nothing that tells");
    }

    /// Marks a tensor as read if it is there.
    void use(const std::string& name) {
        if (const std::size_t at = file_.find(name); at != file_.size()) used_[at] = true;
    }
    /// The numbers of a tensor of one of these shapes.
    std::optional<tensor> find(const import_layer& layer, const std::string& name, const sizes& wanted,
                               const sizes& or_else = {}) {
        const std::size_t at = file_.find(name);
        if (at == file_.size()) {
            target_.report(load_problem::missing, name, "a tensor for " + layer.path,
                           "no tensor of this name");
            return std::nullopt;
        }
        used_[at] = true;
        file_.want(at, wanted);
        std::string expected, found;
        const auto shape = file_.shape(at, expected, found);
        if (shape && *shape != wanted && (or_else.empty() || *shape != or_else)) {
            target_.report(load_problem::shape, name, archetype::shape_text(wanted),
                           archetype::shape_text(*shape));
            return std::nullopt;
        }
        if (shape) {
            std::size_t count = 1;
            for (const std::size_t extent : *shape) count *= extent;
            tensor made{*shape, std::vector<T>(count)};
            if (file_.read(at, made.values.data(), expected, found)) return made;
        }
        target_.report(load_problem::dtype, name, expected, found);
        return std::nullopt;
    }

    /// A weight as it is in the file, or as a weight norm keeps it (Salimans and Kingma 2016, arXiv:1602.07868): a length g for
    /// each index of one axis, or one for all, times v / |v|. PyTorch's `weight_norm` has `weight_g` and `weight_v`,
    /// its parametrization `parametrizations.weight.original0` and `original1`.
    std::optional<tensor> find_weight(const import_layer& layer, const std::string& prefix,
                                      const std::string& leaf, const sizes& wanted,
                                      const sizes& or_else = {}) {
        const std::string name = prefix + leaf, parts = prefix + "parametrizations." + leaf + ".original";
        const std::pair<std::string, std::string> forms[] = {{name + "_g", name + "_v"},
                                                             {parts + '0', parts + '1'}};
        for (const auto& [length, direction] : forms)
            if (file_.find(name) == file_.size() && file_.find(direction) != file_.size())
                return normalized(layer, length, direction, wanted, or_else);
        return find(layer, name, wanted, or_else);
    }
    std::optional<tensor> normalized(const import_layer& layer, const std::string& length,
                                     const std::string& direction, const sizes& wanted,
                                     const sizes& or_else) {
        auto made = find(layer, direction, wanted, or_else);
        if (!made) return std::nullopt;
        const std::size_t at = file_.find(length);
        std::string expected, found;
        sizes along = made->shape;  // the axis that has lengths, and 1 elsewhere
        std::size_t axis = 0;
        if (const auto shape = at == file_.size() ? std::nullopt : file_.shape(at, expected, found); shape) {
            if (shape->empty()) along = {};
            for (; axis < made->shape.size() && !shape->empty(); ++axis) {
                along.assign(made->shape.size(), 1);
                along[axis] = made->shape[axis];
                if (*shape == along) break;
            }
            if (axis == made->shape.size())
                along[axis - 1] = 1, axis = 0;  // one for all, or a shape that is none
            if (*shape != along) {
                along.assign(made->shape.size(), 1);
                along[0] = made->shape[0];
            }
        }
        const auto lengths = find(layer, length, along);
        if (!lengths) return std::nullopt;
        std::size_t inner = 1;
        for (std::size_t i = axis + 1; i < made->shape.size(); ++i) inner *= made->shape[i];
        const std::size_t count = lengths->values.size();
        const auto which = [&](std::size_t i) { return count == 1 ? 0 : i / inner % count; };
        std::vector<double> squares(count);
        for (std::size_t i = 0; i < made->values.size(); ++i)
            squares[which(i)] += static_cast<double>(made->values[i]) * static_cast<double>(made->values[i]);
        for (std::size_t i = 0; i < made->values.size(); ++i) {
            if (squares[which(i)] == 0) {
                target_.report(load_problem::not_finite, direction, "directions of a length above 0",
                               "zeros alone at index " + std::to_string(which(i)));
                return std::nullopt;
            }
            made->values[i] =
                static_cast<T>(static_cast<double>(made->values[i]) *
                               static_cast<double>(lengths->values[which(i)]) / std::sqrt(squares[which(i)]));
        }
        return made;
    }

    /// The numbers of `from`, row-major of `extents`, with axis `axes[i]` as axis i.
    static tensor turned(const tensor& from, const sizes& extents, const sizes& axes) {
        tensor to{{}, std::vector<T>(from.values.size())};
        sizes strides(extents.size(), 1);
        for (std::size_t i = extents.size() - 1; i > 0; --i) strides[i - 1] = strides[i] * extents[i];
        for (const std::size_t axis : axes) to.shape.push_back(extents[axis]);
        sizes index(axes.size());
        for (T& value : to.values) {
            std::size_t place = 0;
            for (std::size_t i = 0; i < axes.size(); ++i) place += index[i] * strides[axes[i]];
            value = from.values[place];
            for (std::size_t i = axes.size(); i-- > 0;) {
                if (++index[i] < to.shape[i]) break;
                index[i] = 0;
            }
        }
        return to;
    }
    /// A vector or matrix with rows or columns in this library's order.
    tensor ordered(const tensor& from, const std::vector<std::size_t>& rows,
                   const std::vector<std::size_t>& columns) {
        tensor to = from;
        const std::size_t width = from.shape.back(), height = width == 0 ? 0 : from.values.size() / width;
        for (std::size_t r = 0; r < height; ++r)
            for (std::size_t c = 0; c < width; ++c)
                to.values[r * width + c] =
                    from.values[(rows.empty() ? r : rows[r]) * width + (columns.empty() ? c : columns[c])];
        return to;
    }

    void read_layer(const import_layer& layer, const state_dict_module& module) {
        const std::string prefix = module.name.empty() ? "" : module.name + ".", kind = target::kind(layer);
        if (kind == "lstm" || kind == "gru" || kind == "simple_rnn")
            return read_recurrent(layer, module, prefix);
        if (kind == "batch_norm" || kind == "layer_norm" || kind == "rms_norm" || kind == "group_norm" ||
            kind == "instance_norm")
            return read_normalization(layer, module, prefix);
        if (kind == "dense") return read_dense(layer, module, prefix);
        if (kind == "prelu" || (kind.starts_with("depthwise") && walk_.is_prelu(layer.node)))
            return read_slopes(layer, prefix);
        const sizes own = target::shape_of(layer, 0);
        // PyTorch's shape, its axes apart, and which of them are this library's.
        sizes wanted, apart, axes;
        if (kind == "conv1d" || kind == "conv1d_transpose") {
            apart = wanted = {own[2], own[1], own[0]}, axes = {2, 1, 0};
        } else if (kind == "conv2d" || kind == "conv2d_transpose") {
            apart = wanted = {own[3], own[2], own[0], own[1]}, axes = {2, 3, 1, 0};
        } else if (kind == "conv3d") {
            apart = wanted = {own[4], own[3], own[0], own[1], own[2]}, axes = {2, 3, 4, 1, 0};
        } else if (kind == "depthwise_conv1d") {
            apart = {own[1], own[2], own[0]}, axes = {2, 0, 1};
            wanted = {own[1] * own[2], 1, own[0]};
        } else if (kind == "depthwise_conv2d") {
            apart = {own[2], own[3], own[0], own[1]}, axes = {2, 3, 0, 1};
            wanted = {own[2] * own[3], 1, own[0], own[1]};
        } else if (kind == "embedding") {
            apart = wanted = own, axes = {0, 1};
        } else {
            return target_.report(load_problem::missing, layer.path, "a layer that state dicts are read for",
                                  kind);
        }
        if (const auto weight = find_weight(layer, prefix, "weight", wanted))
            target_.set(layer, 0, turned(*weight, apart, axes));
        read_bias(layer, module, prefix, {});
    }
    void read_bias(const import_layer& layer, const state_dict_module& module, const std::string& prefix,
                   const std::vector<std::size_t>& order) {
        if (target::at(layer).parameter_tensors < 2) return;
        if (!module.options.bias) return target_.fill(layer, 1, T(0));
        if (const auto bias = find(layer, prefix + "bias", target::shape_of(layer, 1)))
            target_.set(layer, 1, ordered(*bias, {}, order));
    }
    void read_dense(const import_layer& layer, const state_dict_module& module, const std::string& prefix) {
        const bool is_vector = target::at(layer).input.rank == 1;
        const auto in = is_vector ? orders_.of_input(layer.node) : vector_order{},
                   out = is_vector ? orders_.of_output(layer.node) : vector_order{};
        if (in.is_unsaid) report_order(layer.path);
        const sizes own = target::shape_of(layer, 0), file{own[1], own[0]};
        // A 1 x 1 convolution, of means of channels for example, is a Linear.
        if (const auto weight = find_weight(layer, prefix, "weight", file, {own[1], own[0], 1, 1}))
            target_.set(layer, 0, ordered(turned(*weight, file, {1, 0}), in.elements, out.elements));
        read_bias(layer, module, prefix, out.elements);
    }

    /// PyTorch's PReLU has a slope for each channel or one for all.
    void read_slopes(const import_layer& layer, const std::string& prefix) {
        const node& at = target::at(layer);
        const bool is_one = at.kind == "prelu" && at.parameters[0].extents == archetype::shape{1};
        const sizes own = target::shape_of(layer, 0);
        const std::size_t count = is_one ? 1 : at.output.channels();
        if (at.kind == "prelu" && own != sizes{count})
            return target_.report(load_problem::shape, target_.name(layer, 0),
                                  "a slope for each channel, or one", archetype::shape_text(own));
        const auto slopes = find(layer, prefix + "weight", {count}, {1});
        if (!slopes) return;
        const auto order = at.input.rank == 1 && !is_one ? orders_.of_input(layer.node) : vector_order{};
        if (order.is_unsaid) report_order(layer.path);
        T* const to = target_.values_of(layer, 0);
        for (std::size_t c = 0; c < count; ++c)
            to[c] = slopes->values[slopes->values.size() == 1 ? 0
                                   : order.elements.empty()   ? c
                                                              : order.elements[c]];
    }

    void read_normalization(const import_layer& layer, const state_dict_module& module,
                            const std::string& prefix) {
        const node& at = target::at(layer);
        const auto epsilon = module.options.epsilon ? module.options.epsilon : options_.epsilon;
        if (!epsilon || static_cast<float>(*epsilon) != static_cast<float>(at.epsilon))
            target_.report(load_problem::shape, layer.path + ": epsilon",
                           number_text(at.epsilon) + ", to be said in the call for \"" + module.name + '"',
                           epsilon ? number_text(*epsilon) : "nothing");
        const auto order = at.input.rank == 1 ? orders_.of_input(layer.node) : vector_order{};
        if (order.is_unsaid) report_order(layer.path);
        for (std::size_t i = 0; i < at.parameter_tensors; ++i) {
            const text_view own = at.parameters[i].name;
            const bool is_factor = own == "gamma" || own == "scale", is_shift = own == "beta";
            if ((is_factor && !module.options.affine) ||
                (is_shift && !(module.options.affine && module.options.bias))) {
                target_.fill(layer, i, T(is_factor ? 1 : 0));
                continue;
            }
            const char* const name = is_factor              ? "weight"
                                     : is_shift             ? "bias"
                                     : own == "moving_mean" ? "running_mean"
                                                            : "running_var";
            if (const auto found = find(layer, prefix + name, target::shape_of(layer, i)))
                target_.set(layer, i, ordered(*found, {}, order.elements));
        }
        if (target::kind(layer) == "batch_norm") use(prefix + "num_batches_tracked");  // of training
    }

    void read_recurrent(const import_layer& layer, const state_dict_module& module,
                        const std::string& prefix) {
        const std::string kind = target::kind(layer);
        std::string suffix = "_l" + std::to_string(module.options.layer);
        if (module.options.reverse.value_or(layer.is_reversed)) suffix += "_reverse";
        target_.check_reset(layer, dialect_);
        for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
            const sizes own = target::shape_of(layer, i), file{own[1], own[0]};
            const auto weight =
                find_weight(layer, prefix, (i == 0 ? "weight_ih" : "weight_hh") + suffix, file);
            if (!weight) continue;
            tensor kernel = turned(*weight, file, {1, 0});
            target::order_gates(kernel, kind, dialect_, layer.gates);
            target_.set(layer, i, kernel);
        }
        for (std::size_t i = layer.has_bias ? 3 : 2; i < target::at(layer).parameter_tensors; ++i) {
            if (target::at(layer).parameters[i].name == "projection_kernel") {
                const sizes own = target::shape_of(layer, i), file{own[1], own[0]};
                if (const auto weight = find_weight(layer, prefix, "weight_hr" + suffix, file))
                    target_.set(layer, i, turned(*weight, file, {1, 0}));
                continue;
            }
            target_.report(load_problem::missing, target_.name(layer, i), "a layer without it",
                           "none in PyTorch's modules");
        }
        if (layer.has_bias && read_biases(layer, module, prefix, suffix))
            target_.add_forget_bias(layer, dialect_);
        if (!layer.has_bias) target_.add_forget_bias(layer, dialect_);
    }
    bool read_biases(const import_layer& layer, const state_dict_module& module, const std::string& prefix,
                     const std::string& suffix) {
        if (!module.options.bias) return target_.fill(layer, 2, T(0)), true;
        const sizes one{layer.gates * layer.units};
        auto bias = find(layer, prefix + "bias_ih" + suffix, one);
        const bool is_two = dialect_.biases == bias_count::two;
        const auto second = is_two ? find(layer, prefix + "bias_hh" + suffix, one) : std::nullopt;
        if (!bias || (is_two && !second)) return false;
        if (is_two && layer.has_two_biases) {
            bias->shape.insert(bias->shape.begin(), 2);
            bias->values.insert(bias->values.end(), second->values.begin(), second->values.end());
        } else if (is_two) {
            for (std::size_t i = 0; i < bias->values.size(); ++i) bias->values[i] += second->values[i];
        }
        target::order_gates(*bias, target::kind(layer), dialect_, layer.gates);
        target_.set(layer, 2, *bias);
        return true;
    }

    using vector_order = typename flattened_orders<Net>::vector_order;
    const state_dict_tensors& file_;
    recurrent_dialect dialect_;
    const state_dict_options& options_;
    target target_;
    std::vector<bool> used_;
    flattened_orders<Net> orders_;
    import_walk<Net> walk_{};
    std::vector<import_layer> layers_ = import_layers<Net>();
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
