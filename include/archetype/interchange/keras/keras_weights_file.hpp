// SPDX-License-Identifier: BSL-1.0
/// @file keras_weights_file.hpp
/// Weights in files of Keras, by layer: whole models (.h5, .keras) and weights alone (.weights.h5, .h5 of save_weights).
#pragma once
#include <archetype/data/file_bytes.hpp>
#include <archetype/data/hdf5/hdf5_file.hpp>
#include <archetype/data/path_parts.hpp>
#include <archetype/data/zip_member.hpp>
#include <archetype/interchange/json_reader.hpp>
#include <array>
#include <map>
#include <memory>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The tensors of one layer, or of one direction of a layer.
struct keras_group {
    std::string name{};   ///< in the file
    std::string layer{};  ///< the layer's own name; "" where the file does not tell
    std::string type{};   ///< Keras' class; "" where the file does not tell
    std::vector<std::string> leaves{}, datasets{};
    std::optional<json_value> config{};
};

/// A layer as the configuration of a whole model has it.
struct keras_layer {
    std::string type{}, name{};
    json_value config;
};

class keras_weights_file {
public:
    /// @throws file_error
    explicit keras_weights_file(const std::filesystem::path& path) : path_(path.string()) {
        auto bytes = try_read_file(path).value();
        if (hdf5_file::is_hdf5(bytes)) {
            bytes = {};
            file_ = std::make_unique<hdf5_file>(path);
            if (const auto text = file_->text("", "model_config")) read_config(*text);
        } else {
            const zip_members archive = zip_members::try_open(bytes, path_).value();
            const auto config = archive.try_read("config.json").value();
            read_config({reinterpret_cast<const char*>(config.data()), config.size()});
            file_ = std::make_unique<hdf5_file>(archive.try_read("model.weights.h5").value(),
                                                path_ + ": model.weights.h5");
        }
        const std::string root = file_->has_group("model_weights") ? "model_weights" : "";
        const auto layers = file_->texts(root, "layer_names");
        has_order_ = layers.has_value();
        if (layers)
            read_named(root, *layers);
        else
            read_numbered();
    }

    const std::string& path() const { return path_; }
    const std::vector<keras_group>& groups() const { return groups_; }
    /// Groups stand in the order of the model's layers; otherwise each class has an order of its own.
    bool has_order() const { return has_order_; }
    hdf5_numbers numbers(const std::string& dataset) const { return file_->numbers(dataset); }
    /// Of a whole model, in the file's order, with those in models within.
    const std::vector<keras_layer>& layers() const { return layers_; }
    bool has_layers() const { return !layers_.empty(); }
    /// Each layer reads the one before it.
    bool is_sequence() const { return is_sequence_ && has_layers(); }
    /// Datasets that belong to no layer.
    const std::vector<std::string>& strays() const { return strays_; }

    /// Names of Keras 3's groups: "batch_normalization" of "BatchNormalization".
    static std::string snake_case(const std::string& name) {
        const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
        const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
        std::string made;
        for (std::size_t k = 0; k < name.size(); ++k) {
            const bool begins = k + 1 < name.size() && upper(name[k]) && lower(name[k + 1]);
            if (k > 0 && made.back() != '_' && (begins || (upper(name[k]) && lower(name[k - 1]))))
                made += '_';
            made += upper(name[k]) ? static_cast<char>(name[k] - 'A' + 'a') : name[k];
        }
        return made;
    }

private:
    struct known_layer {
        std::string type;
        json_value config;
    };

    void read_config(std::string_view text) {
        std::vector<std::byte> bytes(text.size());
        std::memcpy(bytes.data(), text.data(), text.size());
        config_ = std::make_unique<json_document>(
            try_parse_json(std::move(bytes), path_ + ": model_config").value());
        collect(*config_, "");
    }
    /// Layers by their names and by the paths that Keras 3 gives them.
    void collect(const json_value& entry, const std::string& path) {
        const auto kind = entry.find("class_name");
        const auto config = entry.find("config");
        if (!kind || !config) return;
        const auto name = config->find("name");
        const bool is_wrapper = *kind == "Bidirectional" || *kind == "TimeDistributed";
        known_layer made{kind->text(), *config};
        if (is_wrapper) {
            const auto inner = config->find("layer");
            if (!inner || !inner->find("class_name") || !inner->find("config")) return;
            made = {inner->find("class_name")->text(), *inner->find("config")};
            if (const auto own = made.config.find("name")) by_name_.insert_or_assign(own->text(), made);
        }
        const bool is_list = config->type() == json_value::kind::array;
        auto layers = config->find("layers");
        if (is_list) layers.emplace(*config);
        is_sequence_ = is_sequence_ && (!layers || *kind == "Sequential");
        if (!layers) {
            layers_.push_back({made.type, name ? name->text() : made.type, made.config});
            if (name) by_name_.insert_or_assign(name->text(), made);
            by_path_.insert_or_assign(path, made);
            return;
        }
        std::map<std::string, int> counts;
        layers->for_each_element([&](json_value one) {
            const auto type = one.find("class_name");
            const std::string snake = type ? snake_case(type->text()) : "";
            const int count = counts[snake]++;
            std::string inner = path;
            inner += path.empty() ? "layers/" : "/layers/";
            inner += snake;
            if (count != 0) inner.append("_").append(std::to_string(count));
            collect(one, inner);
        });
    }

    /// Both directions share a configuration that speaks of the first one.
    static bool is_backward(const std::string& name) { return name.find("backward_") != name.npos; }

    /// model_weights/dense/dense/kernel:0, in the order of attributes.
    void read_named(const std::string& root, const std::vector<std::string>& layers) {
        std::vector<std::string> read;
        for (const std::string& layer : layers) {
            std::string group = root;
            if (!root.empty()) group += "/";
            group += layer;
            if (!file_->has_group(group)) hdf5_fail(path_, "a group \"" + group + "\"", "none");
            std::map<std::string, std::size_t> places;  // a model within has several layers
            for (const std::string& weight :
                 file_->texts(group, "weight_names").value_or(std::vector<std::string>{})) {
                std::string dataset = group;
                dataset.append("/").append(weight);
                if (!file_->datasets().contains(dataset))
                    hdf5_fail(path_, "a dataset \"" + dataset + "\"", "none");
                read.push_back(dataset);
                const std::size_t slash = weight.rfind('/');
                const std::string prefix = slash == weight.npos ? layer : weight.substr(0, slash);
                std::string leaf = slash == weight.npos ? weight : weight.substr(slash + 1);
                leaf.resize(std::min(leaf.find(':'), leaf.size()));
                const auto [place, is_new] = places.emplace(prefix, groups_.size());
                if (is_new) groups_.push_back(named_group(prefix, layer));
                groups_[place->second].leaves.push_back(std::move(leaf));
                groups_[place->second].datasets.push_back(dataset);
            }
        }
        std::sort(read.begin(), read.end());
        for (const std::string& one : file_->datasets())
            if (one.starts_with(root.empty() ? root : root + "/") && !one.starts_with("optimizer_weights") &&
                !std::binary_search(read.begin(), read.end(), one))
                strays_.push_back(one);
    }
    keras_group named_group(const std::string& prefix, const std::string& layer) const {
        keras_group made{prefix, layer};
        std::vector<std::string_view> parts = parts_of_path(prefix);
        parts.insert(parts.begin(), layer);
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            std::string name(*part);
            for (const std::string_view word : {"forward_", "backward_"})
                if (name.starts_with(word)) name.erase(0, word.size());
            const auto found = by_name_.find(name);
            if (found == by_name_.end()) continue;
            made.layer = found->first;
            made.type = found->second.type;
            if (!is_backward(prefix)) made.config = found->second.config;
            break;
        }
        return made;
    }

    /// layers/dense_1/vars/0
    void read_numbered() {
        struct entry {
            std::array<std::string, 2> order;
            std::string group, leaf, dataset;
        };
        std::vector<entry> all;
        for (const std::string& one : file_->datasets()) {
            std::string name = one;
            std::replace(name.begin(), name.end(), '\\', '/');
            if (const std::string old = "_layer_checkpoint_dependencies/"; name.starts_with(old))
                name = "layers/" + name.substr(old.size());
            // What training keeps, and states of random numbers.
            if (name.starts_with("optimizer/") || name.starts_with("metrics/") ||
                name.find("seed_generator") != name.npos || name.find("_random_generator") != name.npos)
                continue;
            const std::size_t vars = name.rfind("/vars/");
            if (vars == name.npos) {
                strays_.push_back(one);
                continue;
            }
            const std::string group = name.substr(0, vars);
            all.push_back({{natural(group), natural(name)}, group, name.substr(vars + 6), one});
        }
        std::sort(all.begin(), all.end(), [](const entry& a, const entry& b) { return a.order < b.order; });
        for (const entry& one : all) {
            if (groups_.empty() || groups_.back().name != one.group)
                groups_.push_back(numbered_group(one.group));
            groups_.back().leaves.emplace_back();
            groups_.back().datasets.push_back(one.dataset);
        }
    }
    keras_group numbered_group(const std::string& name) const {
        keras_group made{name};
        std::string path = name;
        while (!path.empty()) {
            if (const auto found = by_path_.find(path); found != by_path_.end()) {
                made.type = found->second.type;
                if (const auto own = found->second.config.find("name")) made.layer = own->text();
                if (!is_backward(name)) made.config = found->second.config;
                return made;
            }
            path.resize(path.rfind('/') == path.npos ? 0 : path.rfind('/'));
        }
        const std::size_t last = name.rfind("layers/");
        std::string type = last == name.npos ? "" : name.substr(last + 7);
        type.resize(std::min(type.find('/'), type.size()));
        const std::size_t line = type.rfind('_');
        if (line != type.npos && type.find_first_not_of("0123456789", line + 1) == type.npos)
            type.resize(line);
        if (type != "bidirectional" && type != "time_distributed") made.type = type;
        return made;
    }
    /// A key that sorts numbers by value, and forward before backward.
    static std::string natural(const std::string& name) {
        std::string made;
        for (std::size_t k = 0; k < name.size();) {
            std::size_t end = k;
            while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
            if (end > k) {
                made += std::string(end - k < 12 ? 12 - (end - k) : 0, '0') + name.substr(k, end - k);
                k = end;
            } else if (name.compare(k, 9, "backward_") == 0) {
                made += "g", k += 9;
            } else if (name[k] == '/') {
                made += '\1', ++k;  // "dense/..." before "dense_1/..."
            } else {
                made += name[k++];
            }
        }
        return made;
    }

    std::string path_;
    std::unique_ptr<hdf5_file> file_{};
    std::unique_ptr<json_document> config_{};
    std::map<std::string, known_layer> by_name_{}, by_path_{};
    std::vector<keras_group> groups_{};
    std::vector<std::string> strays_{};
    std::vector<keras_layer> layers_{};
    bool has_order_ = false, is_sequence_ = true;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
