// SPDX-License-Identifier: BSL-1.0
/// @file keras_plain_layers.hpp
/// Layers without weights of a file of Keras against those of a network: poolings, and in a sequence functions.
#pragma once
#include <archetype/interchange/import_functions.hpp>
#include <archetype/interchange/import_walk.hpp>
#include <archetype/interchange/keras/keras_weights_file.hpp>
#include <array>
#include <cstdio>
#include <map>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Classes of Keras that are poolings, with the library's names.
inline constexpr std::array<std::array<std::string_view, 2>, 8> poolings_of_keras{{
    {"MaxPooling1D", "max_pool1d"},
    {"MaxPooling2D", "max_pool2d"},
    {"AveragePooling1D", "avg_pool1d"},
    {"AveragePooling2D", "avg_pool2d"},
    {"GlobalMaxPooling1D", "global_max_pool1d"},
    {"GlobalMaxPooling2D", "global_max_pool2d"},
    {"GlobalAveragePooling1D", "global_avg_pool1d"},
    {"GlobalAveragePooling2D", "global_avg_pool2d"},
}};
/// The library's name of a pooling of Keras; "" of other classes.
inline std::string_view pooling_of_keras(std::string_view type) {
    for (const auto& [keras, own] : poolings_of_keras)
        if (keras == type) return own;
    return "";
}

/// Rows and columns, or steps, of a setting: 2, [2] or [2, 3]. Empty if the file does not say it.
inline std::vector<std::size_t> extents_of_keras(const json_value& config, std::string_view key) {
    std::vector<std::size_t> made;
    const auto found = config.find(key);
    const auto add = [&](const json_value& one) {
        if (one.type() == json_value::kind::number)
            made.push_back(std::strtoull(one.text().c_str(), nullptr, 10));
    };
    if (!found) return made;
    if (found->type() == json_value::kind::array)
        found->for_each_element([&](json_value one) { add(one); });
    else
        add(*found);
    return made;
}

/// "pool_size 2, 2, strides 2, 2, padding valid".
inline std::string window_text(const std::vector<std::size_t>& size, const std::vector<std::size_t>& strides,
                               bool same) {
    std::string text = "pool_size";
    for (const std::size_t one : size) text += (text.back() == 'e' ? " " : ", ") + std::to_string(one);
    text += ", strides";
    bool first = true;
    for (const std::size_t one : strides) {
        text += (first ? " " : ", ") + std::to_string(one);
        first = false;
    }
    return text + (same ? ", padding same" : ", padding valid");
}

/// A function that a file says: its name in Keras, and what it computes if the name and its numbers tell.
struct function_in_keras {
    std::string name{};
    std::optional<named_function> known{};
};

/// Rectifiers with bounds of their own, by what they compute: one of the three numbers at most is unusual.
inline std::optional<named_function> rectifier_of_keras(double most, double slope, double threshold) {
    if (slope != 0 && most == 0 && threshold == 0) return function_by_name("leaky_relu", slope);
    if (slope != 0 || (most != 0 && threshold != 0)) return std::nullopt;
    if (most == 6) return function_by_name("relu6", {});
    char text[48];
    if (most != 0) {
        std::snprintf(text, sizeof(text), "relu up to %g", most);
        return named_function{
            text, {[](double x, double to) { return std::fmin(to, std::fmax(x, 0)); }}, most};
    }
    if (threshold == 0) return function_by_name("relu", {});
    std::snprintf(text, sizeof(text), "relu from %g", threshold);
    return named_function{text, {[](double x, double from) { return x >= from ? x : 0; }}, threshold};
}

/// What a layer of the file computes of each number; nothing if it is no function.
inline std::optional<function_in_keras> function_of_keras(const std::string& type, const json_value& config);

/// What an activation of the file says: a name, or a layer or function with its configuration.
inline std::optional<function_in_keras> activation_of_keras(const json_value& said) {
    if (said.type() == json_value::kind::string) {
        const std::string name = said.text();
        if (name == "linear") return std::nullopt;
        if (name == "softmax") return function_in_keras{name, named_function{name, {}, 0}};
        return function_in_keras{name, function_by_name(name, std::nullopt)};
    }
    if (said.type() != json_value::kind::object) return std::nullopt;
    const auto name = said.find("class_name");
    const auto config = said.find("config");
    if (config && config->type() == json_value::kind::string) return activation_of_keras(*config);
    if (!name || name->type() != json_value::kind::string) return function_in_keras{said.summary(), {}};
    if (config)
        if (auto found = function_of_keras(name->text(), *config)) return found;
    return function_in_keras{name->text(), {}};
}

inline std::optional<function_in_keras> function_of_keras(const std::string& type, const json_value& config) {
    const auto number = [&](std::initializer_list<std::string_view> keys) -> std::optional<double> {
        for (const std::string_view key : keys)
            if (const auto found = config.find(key); found && found->type() == json_value::kind::number)
                return std::strtod(found->text().c_str(), nullptr);
        return std::nullopt;
    };
    if (type == "Activation") {
        const auto found = config.find("activation");
        return found ? activation_of_keras(*found) : function_in_keras{type, {}};
    }
    if (type == "Softmax") return function_in_keras{"softmax", named_function{"softmax", {}, 0}};
    if (type == "LeakyReLU")
        return function_in_keras{type, function_by_name("leaky_relu", number({"negative_slope", "alpha"}))};
    if (type == "ELU") return function_in_keras{type, function_by_name("elu", number({"alpha"}))};
    if (type == "ThresholdedReLU") {
        const double from = number({"theta"}).value_or(1);
        return function_in_keras{
            type,
            named_function{"thresholded_relu", {[](double x, double at) { return x > at ? x : 0; }}, from}};
    }
    if (type == "ReLU")
        return function_in_keras{type, rectifier_of_keras(number({"max_value"}).value_or(0),
                                                          number({"negative_slope"}).value_or(0),
                                                          number({"threshold"}).value_or(0))};
    return std::nullopt;
}

/// The zeros that a layer of the file puts around its input.
struct zeros_of_keras {
    std::size_t top = 0, bottom = 0, left = 0, right = 0;
};
inline std::optional<zeros_of_keras> zeros_around(const keras_layer& layer) {
    const bool is_image = layer.type == "ZeroPadding2D";
    const auto said = layer.config.find("padding");
    if ((!is_image && layer.type != "ZeroPadding1D") || !said) return std::nullopt;
    std::vector<std::size_t> all;  // 1, [1, 2] or [[1, 1], [2, 2]]
    const auto add = [&](const json_value& one) {
        if (one.type() == json_value::kind::number)
            all.push_back(std::strtoull(one.text().c_str(), nullptr, 10));
    };
    add(*said);
    if (said->type() == json_value::kind::array)
        said->for_each_element([&](json_value one) {
            add(one);
            if (one.type() == json_value::kind::array) one.for_each_element([&](json_value at) { add(at); });
        });
    if (all.size() == 1) all.assign(is_image ? 4 : 2, all[0]);
    if (is_image && all.size() == 2) all = {all[0], all[0], all[1], all[1]};
    if (all.size() != (is_image ? 4U : 2U)) return std::nullopt;
    return is_image ? zeros_of_keras{all[0], all[1], all[2], all[3]} : zeros_of_keras{0, 0, all[0], all[1]};
}
/// Whether no result of a layer is below zero, so that zeros around it win no maximum.
inline bool is_never_negative(const keras_layer& layer) {
    const auto own = layer.config.find("activation");
    const auto found = own ? activation_of_keras(*own) : function_of_keras(layer.type, layer.config);
    if (!found || !found->known || found->known->forms.empty()) return found && found->name == "softmax";
    for (const double x : function_samples)
        if (found->known->forms[0](x, found->known->number) < 0) return false;
    return true;
}

/// How a pooling's windows lie along an axis of what a network's pooling is given.
struct windows_along {
    std::size_t before = 0, output = 0;
    windows_along(const window_axis& axis, bool same, std::size_t zeros_before, std::size_t zeros_behind) {
        const std::size_t input = axis.input + zeros_before + zeros_behind;
        if (same) {
            output = (input + axis.stride - 1) / axis.stride;
            const std::size_t covered = (output - 1) * axis.stride + axis.kernel;
            before = zeros_before + (covered > input ? (covered - input) / 2 : 0);
        } else {
            output = input < axis.kernel ? 0 : (input - axis.kernel) / axis.stride + 1;
            before = zeros_before;
        }
    }
    bool are(const window_axis& axis) const { return before == axis.before && output == axis.output; }
};

/// Reports each pooling that is not the network's.
template <class Net, class Report>
void compare_poolings(const keras_weights_file& file, const Report& report) {
    constexpr auto& facts = unchecked_facts<Net>;
    // Poolings of each kind in their order.
    std::map<std::string_view, std::vector<std::size_t>> own;
    for (const auto& names : poolings_of_keras)
        for (std::size_t at = 0; at < facts.size(); ++at)
            if (const auto& kind = facts.nodes[at].kind;
                std::string_view(kind.data(), kind.size()) == names[1])
                own[names[1]].push_back(at);
    std::map<std::string_view, std::size_t> next;
    const auto& layers = file.layers();
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const keras_layer& one = layers[i];
        const std::string_view kind = pooling_of_keras(one.type);
        if (kind.empty()) continue;
        const std::size_t k = next[kind]++;
        if (k >= own[kind].size()) {
            report(one.name, "no " + std::string(kind) + " of that number", one.type);
            continue;
        }
        if (kind.starts_with("global")) continue;
        const node& here = facts.nodes[own[kind][k]];
        const bool is_image = kind.ends_with("2d");
        const bool is_mean = kind.starts_with("avg");
        std::vector<std::size_t> size = extents_of_keras(one.config, "pool_size");
        std::vector<std::size_t> strides = extents_of_keras(one.config, "strides");
        if (size.empty()) size = {2};
        if (is_image && size.size() == 1) size.push_back(size[0]);
        if (strides.empty()) strides = size;
        if (is_image && strides.size() == 1) strides.push_back(strides[0]);
        const auto padding = one.config.find("padding");
        const bool same = padding && *padding == "same";
        // Sequences lie along the columns of one row.
        const window_axis &rows = here.window.rows, &columns = here.window.columns;
        std::vector<std::size_t> own_size{columns.kernel};
        std::vector<std::size_t> own_strides{columns.stride};
        if (is_image) {
            own_size.insert(own_size.begin(), rows.kernel);
            own_strides.insert(own_strides.begin(), rows.stride);
        }
        const bool pads = rows.before + rows.after + columns.before + columns.after != 0;
        // Zeros that a layer of the file puts around are the network's padding, where no maximum is below them.
        zeros_of_keras zeros;
        if (pads && !same && i > 0)
            if (const auto before = zeros_around(layers[i - 1]);
                before && (is_mean || (i > 1 && is_never_negative(layers[i - 2]))))
                zeros = *before;
        const bool fits = windows_along(columns, same, zeros.left, zeros.right).are(columns) &&
                          (!is_image || windows_along(rows, same, zeros.top, zeros.bottom).are(rows));
        // A mean of Keras leaves its padding out, zeros of another layer count.
        const bool counts_alike = !is_mean || !pads || (here.variant != 0) == same;
        if (size != own_size || strides != own_strides || !fits || !counts_alike)
            report(one.name,
                   std::string(kind) + ": " + window_text(own_size, own_strides, pads) +
                       (pads && !same ? " of its own" : "") +
                       (!counts_alike ? (same ? " that counts in means" : " that means leave out") : ""),
                   window_text(size, strides, same));
    }
    for (const auto& [kind, nodes] : own)
        if (file.has_layers() && next[kind] < nodes.size())
            report(std::string(kind), std::string(kind), "no such layer in the file");
}

/// In a sequence reports each function that is not the network's. One that no name tells cannot be compared: it is the
/// network's if that has a function of this name, or `activation`, whose formula is the user's.
template <class Net, class Report>
void compare_plain_functions(const keras_weights_file& file, const Report& report) {
    constexpr auto& facts = unchecked_facts<Net>;
    // Functions in their order; those that layers with weights name have been compared with these.
    const auto functions = import_functions<Net>();
    std::vector<std::size_t> nodes;
    for (std::size_t at = 0; at < facts.size(); ++at)
        if (functions[at] || facts.nodes[at].function == known_function::softmax) nodes.push_back(at);
    std::size_t at = 0;
    const auto own_text = [&] {
        return at >= nodes.size()     ? std::string("none")
               : functions[nodes[at]] ? text_of(*functions[nodes[at]])
                                      : std::string("softmax");
    };
    const auto is_own = [&](const function_in_keras& wanted) {
        if (at >= nodes.size()) return false;
        const auto& own = functions[nodes[at]];
        if (!wanted.known) return own && (own->kind == wanted.name || own->kind == "activation");
        return own ? same_function(*own, *wanted.known) : wanted.known->text == "softmax";
    };
    for (const keras_layer& one : file.layers()) {
        const auto inside = one.config.find("activation");
        // Those of recurrent layers are no layers of the network.
        const bool is_recurrent = one.type == "SimpleRNN" || one.config.find("recurrent_activation");
        const bool is_layer = one.type == "Activation" || !inside;
        if (!is_layer && is_recurrent) continue;
        const auto wanted = is_layer ? function_of_keras(one.type, one.config) : activation_of_keras(*inside);
        if (!wanted) continue;
        const bool is_compared = !is_layer && inside->type() == json_value::kind::string;
        if (!is_compared && !is_own(*wanted))
            report(one.name, own_text(),
                   wanted->known ? wanted->known->text : wanted->name + ", which no name tells");
        if (!is_compared || at < nodes.size()) ++at;
    }
    if (at < nodes.size() && file.has_layers())
        report("the end of the sequence", own_text(), "no such layer in the file");
}

/// Reports each pooling, and in a sequence each function, that is not the network's.
template <class Net, class Report>
void compare_plain_layers(const keras_weights_file& file, const Report& report) {
    compare_poolings<Net>(file, report);
    if (file.is_sequence()) compare_plain_functions<Net>(file, report);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
