// SPDX-License-Identifier: BSL-1.0
/// @file keras_json.hpp
/// Keras models as RTNeural's JSON: {"in_shape": ..., "layers": [{"type", "activation", "shape", "weights", ...}, ...]},
/// tensors in Keras' layouts.
#pragma once
#include <archetype/interchange/keras_json_layer.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a reader may leave out.
struct keras_json_options {
    /// Types of layers without weights that do nothing: what exporters write for layers they do not know, "unknown".
    std::vector<std::string> skip_types{};
    /// Keys of the document or of layers that do not matter.
    std::vector<std::string> skip_keys{};
};

/// What a file says besides its layers. It is the caller's: nothing of it is applied by the network.
struct keras_json_properties {
    /// To be applied before and after the network, in dB: times 10^(gain / 20).
    std::optional<double> in_gain{}, out_gain{};
    std::optional<double> sample_rate{};  ///< in Hz
    /// Keys that say nothing of the computation (author, date, ...), and their values as they are written.
    std::vector<std::pair<std::string, std::string>> metadata{};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net, class T>
class keras_json_reader {
    using target = import_target<Net, T>;

public:
    keras_json_reader(const json_document& document, const recurrent_dialect& dialect,
                      const keras_json_options& options)
        : document_(document), dialect_(dialect), options_(options), target_(document.path()) {}

    load_result<keras_json_properties> read(model<Net, T>& to) {
        json_fields fields(document_);
        keras_json_properties properties = read_properties(fields);
        after_ = walk_.functions_after(none);
        std::size_t number = 0;
        if (const auto entries = fields.take("layers"))
            entries->for_each_element([&](json_value entry) { read_entry(entry, ++number); });
        compare_functions();
        for (; next_ < layers_.size(); ++next_)
            target_.report(load_problem::missing, layers_[next_].path, target::kind(layers_[next_]),
                           "the end of the file");
        report_unread(fields, "");
        walk_.for_each_unseen([&](const node& here) {
            std::string path;
            path_text text{path};
            append_path(text, unchecked_facts<Net>, here.scope);
            target_.report(load_problem::missing, path, "a layer of the file", "none at this place");
        });
        if (auto failure = target_.finish(to)) return *std::move(failure);
        return properties;
    }

private:
    keras_json_properties read_properties(json_fields& fields) {
        keras_json_properties made;
        const auto number = [&](std::string_view key) {
            const auto found = fields.take(key);
            auto value = number_of(found);
            if (found && !value && found->type() == json_value::kind::string)  // "48000"
                value = parse_number<double>(found->text());
            if (found && !value)
                target_.report(load_problem::shape, std::string(key), "a number", found->summary());
            return value;
        };
        made.in_gain = number("in_gain");
        made.out_gain = number("out_gain");
        for (const char* const key : {"samplerate", "sample_rate"})
            if (const auto rate = number(key)) made.sample_rate = rate;
        if (const auto skip = number("in_skip"); skip && (*skip != 0) != walk::adds_its_input())
            target_.report(
                load_problem::shape, "in_skip",
                walk::adds_its_input()
                    ? "1, as the network adds its input (residual)"
                    : "0; the network of such a file is network<input<...>, residual<sequence<layers...>>>",
                number_text(*skip));
        else if (skip && *skip != 0 && *skip != 1)
            target_.report(load_problem::shape, "in_skip", "0 or 1", number_text(*skip));
        if (const auto shape = fields.take("in_shape"))
            keras_layer_check<Net, T>::compare_shape(target_, "in_shape", *shape, unchecked_facts<Net>.input);
        for (const char* const key :
             {"author", "name", "description", "comment", "date", "license", "version", "keras_version",
              "backend", "esr", "loss", "metadata", "in_batch", "out_batch", "input_batch", "output_batch"})
            if (const auto found = fields.take(key)) made.metadata.emplace_back(key, found->raw());
        return made;
    }

    void read_entry(const json_value& entry, std::size_t number) {
        const std::string place = "layer " + std::to_string(number);
        json_fields fields(entry);
        const auto type_value = fields.take("type");
        const std::string type = type_value ? type_value->text() : "", plain = plain_name(type);
        std::vector<json_value> tensors;
        if (const auto weights = fields.take("weights")) {
            const std::size_t count = weights->element_count();
            if (count > max_parameter_tensors)
                return target_.report(load_problem::unexpected, place + ": weights",
                                      "at most " + std::to_string(max_parameter_tensors) + " tensors",
                                      std::to_string(count));
            tensors = weights->elements();
        }
        const bool is_activation = plain == "activation" || plain == "softmax" ||
                                   function_by_name(function_name(type), std::nullopt).has_value();
        if (is_activation || is_idle_in_keras(plain) || is_named(options_.skip_types, type) ||
            plain == "unknown") {
            if (is_activation)
                take_function(plain == "activation" ? "" : type, fields, place);
            else if (plain == "unknown" && !is_named(options_.skip_types, type))
                ++unknown_;
            else
                fields.skip({"rate", "noise_shape", "seed", "stddev"});
            if (!tensors.empty())
                target_.report(load_problem::unexpected, place + ": weights",
                               "none of a layer of type " + type, std::to_string(tensors.size()));
            fields.skip({"shape", "name", "trainable", "activation"});
            return report_unread(fields, place + ": ");
        }
        const std::string_view kind = keras_kind(plain);
        compare_functions();
        if (kind.empty())
            return target_.report(load_problem::unexpected, place, "a type of layer that is known",
                                  type.empty() ? "none" : '"' + type + '"');
        if (next_ == layers_.size())
            return target_.report(load_problem::unexpected, place, "no further layer", type);
        const import_layer& layer = layers_[next_++];
        last_ = &layer;
        if (plain != "prelu") after_ = walk_.functions_after(layer.node);
        const std::string own = target::kind(layer);
        const bool is_slopes = plain == "prelu" && (own == "prelu" || own.starts_with("depthwise"));
        if (!target_.expect(layer, "type", own,
                            is_slopes          ? own
                            : plain == "prelu" ? plain
                                               : std::string(kind)))
            return;
        keras_layer_check<Net, T> check(target_, layer, fields);
        if (plain == "prelu") {
            fields.skip({"shape", "name", "trainable", "alpha_initializer"});
            (void)fields.take("shared_axes");  // the shape of the slopes tells
            take_function("", fields, layer.path);
            read_slopes(layer, tensors);
        } else {
            check.all();
            if (layer.is_recurrent)
                check.function("activation", layer.cell);
            else
                take_function("", fields, layer.path);
            read_tensors(layer, fields, tensors);
        }
        report_unread(fields, layer.path + ": ");
    }

    static bool is_named(const std::vector<std::string>& names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    }
    void report_unread(const json_fields& fields, const std::string& prefix) {
        fields.for_each_unread([&](const std::string& key, const json_value& value) {
            if (!is_named(options_.skip_keys, key))
                target_.report(load_problem::unexpected, prefix + key, "no key of this name",
                               value.summary() + " at " + document_.place(value));
        });
    }

    /// The function that an entry names, by its type or by its key "activation", with its number.
    void take_function(std::string type, json_fields& fields, const std::string& place) {
        std::optional<double> number;
        for (const char* const key : {"negative_slope", "alpha"})
            if (const auto found = fields.take(key)) {
                number = number_of(*found);
                if (!number)
                    return target_.report(load_problem::shape, place + ": " + key, "a number",
                                          found->summary());
            }
        const auto activation = fields.take("activation");
        const bool is_layer = !type.empty();
        if (activation && activation->type() != json_value::kind::string)
            return target_.report(load_problem::shape, place + ": activation", "a name",
                                  activation->summary());
        if (!is_layer && activation) type = activation->text();
        const std::string name = function_name(type);
        if (name.empty() || name == "linear") {
            if (number)
                target_.report(load_problem::unexpected, place + ": slope", "none without an activation",
                               number_text(*number));
            return;
        }
        if (name == "softmax") return wanted_.push_back({"softmax", {}, 0});
        if (is_layer && name == "leaky_relu" && !number)
            return target_.report(load_problem::missing, place + ": negative_slope", "a number", "none");
        auto function = function_by_name(name, number);
        if (!function)
            return target_.report(load_problem::unexpected, place + ": activation", "one that is known",
                                  '"' + type + '"');
        if (number && name == "relu" && *number != 0) function = function_by_name("leaky_relu", number);
        wanted_.push_back(*std::move(function));
        if (name == "relu") {  // Keras' layer can bend it
            for (const char* const key : {"max_value", "threshold"})
                if (const auto bend = fields.take(key); bend && number_of(bend) != 0)
                    target_.report(load_problem::unexpected, place + ": " + key, "none", bend->summary());
        }
    }

    /// The file's functions since its last layer are those that follow that layer in the network.
    void compare_functions() {
        const std::string path = last_ == nullptr ? "input" : last_->path;
        for (std::size_t i = 0; i < std::max(wanted_.size(), after_.size()); ++i) {
            const std::string own = i < after_.size() ? after_[i].text : "none",
                              found = i < wanted_.size() ? wanted_[i].text : "none";
            bool same = i < after_.size() && i < wanted_.size();
            if (same) {
                const auto& function = walk_.function(after_[i].node);
                same = function ? same_function(*function, wanted_[i]) : own == found;
            }
            if (!same) target_.report(load_problem::shape, path + ": activation", own, found);
        }
        const std::size_t idle = walk_.take_aliases();
        if (unknown_ > idle)
            target_.report(
                load_problem::unexpected, "after " + path,
                "types of layers that are known (or `skip_types` in the call, or dropout in the network)",
                std::to_string(unknown_) + " of type \"unknown\"");
        unknown_ = 0;
        wanted_.clear();
        after_.clear();
    }

    void read_tensors(const import_layer& layer, json_fields& fields,
                      const std::vector<json_value>& tensors) {
        if (target::at(layer).role == layer_role::normalization || target::kind(layer) == "layer_norm")
            return read_normalization(layer, fields, tensors);
        target_.check_reset(layer, dialect_);
        if (!target_.expect(layer, "tensors", std::to_string(target::at(layer).parameter_tensors),
                            std::to_string(tensors.size())))
            return;
        for (std::size_t i = 0; i < tensors.size(); ++i) set(layer, i, tensors[i]);
        if (layer.is_recurrent) target_.add_forget_bias(layer, dialect_);
    }
    void set(const import_layer& layer, std::size_t i, const json_value& value) {
        tensor_problem problem;
        const auto shape = shape_of_tensor(value, problem);
        T* const to = target_.values_of(layer, i);
        if (shape && *shape != target::shape_of(layer, i))
            return target_.report(load_problem::shape, target_.name(layer, i),
                                  archetype::shape_text(target::shape_of(layer, i)),
                                  archetype::shape_text(*shape));
        if (!shape || !read_tensor(value, to, problem))
            return target_.report(load_problem::dtype, target_.name(layer, i), problem.expected,
                                  problem.found_in(document_));
        if (!layer.is_recurrent) return;
        basic_imported_tensor<T> ordered{
            *shape, std::vector<T>(to, to + target::at(layer).parameters[i].extents.size())};
        target::order_gates(ordered, target::kind(layer), dialect_, layer.gates);
        std::copy(ordered.values.begin(), ordered.values.end(), to);
    }

    /// Gamma and beta where the file has them, then mean and variance of a batch normalization.
    void read_normalization(const import_layer& layer, json_fields& fields,
                            const std::vector<json_value>& tensors) {
        const node& at = target::at(layer);
        const bool own_scale = tensor_named(at, "gamma") != no_tensor,
                   own_center = tensor_named(at, "beta") != no_tensor;
        const std::size_t count = at.parameter_tensors,
                          statistics = count - (own_scale ? 1 : 0) - (own_center ? 1 : 0);
        const auto has = [&](const char* key) {
            const auto found = fields.take(key);
            return found ? std::optional<bool>(found->text() == "true" || found->text() == "1")
                         : std::nullopt;
        };
        const auto scale = has("scale"), center = has("center");
        // Two or none of both tell by themselves; one alone is the network's.
        const bool both = tensors.size() == statistics + 2, as_here = tensors.size() == count;
        const bool has_scale = scale.value_or(both || (as_here && own_scale)),
                   has_center = center.value_or(both || (as_here && own_center));
        if (tensors.size() != statistics + (has_scale ? 1 : 0) + (has_center ? 1 : 0))
            return target_.report(load_problem::shape, layer.path + ": tensors",
                                  std::to_string(statistics) + " or " + std::to_string(statistics + 2) +
                                      ", or keys \"scale\" and \"center\" that say which",
                                  std::to_string(tensors.size()));
        if ((has_scale && !own_scale) || (has_center && !own_center))
            return target_.report(load_problem::unexpected, layer.path + ": tensors",
                                  std::string("no ") + (has_scale && !own_scale ? "gamma" : "beta"), "one");
        std::size_t next = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const bool is_scale = own_scale && i == 0, is_center = own_center && i == (own_scale ? 1u : 0u);
            if (is_scale ? has_scale : !is_center || has_center)
                set(layer, i, tensors[next++]);
            else
                target_.fill(layer, i, T(is_scale ? 1 : 0));
        }
    }

    /// Slopes of a prelu, or one for each channel or for all as a depthwise convolution of one tap.
    void read_slopes(const import_layer& layer, const std::vector<json_value>& tensors) {
        const bool is_layer = target::kind(layer) == "prelu";
        if (!is_layer && !walk_.is_prelu(layer.node))
            return target_.report(
                load_problem::shape, layer.path,
                "prelu<> or branches<add, relu, sequence<activation<[](auto x) { return x - relu(x); }>, "
                "depthwise_conv1d<1, no_bias>>> (of images: depthwise_conv2d) for a prelu",
                "another form");
        after_ = walk_.functions_after(is_layer ? layer.node : walk_.end_of_prelu());
        if (!target_.expect(layer, "tensors", "1", std::to_string(tensors.size()))) return;
        tensor_problem problem;
        const auto slopes = tensor_of<T>(tensors[0], problem);
        if (!slopes)
            return target_.report(load_problem::dtype, target_.name(layer, 0), problem.expected,
                                  problem.found_in(document_));
        const std::size_t channels = target::at(layer).output.channels(),
                          count = static_cast<std::size_t>(target::at(layer).parameters[0].extents.size());
        // Extents before the channels are 1: one slope for all time steps.
        const bool fits = slopes->values.size() == 1 ||
                          (slopes->values.size() == count && slopes->shape.back() == channels);
        if (!fits)
            return target_.report(
                load_problem::shape, target_.name(layer, 0),
                archetype::shape_text(count == channels ? std::vector<std::size_t>{1, channels}
                                                        : target::shape_of(layer, 0)),
                archetype::shape_text(slopes->shape));
        T* const to = target_.values_of(layer, 0);
        for (std::size_t i = 0; i < count; ++i) to[i] = slopes->values[slopes->values.size() == 1 ? 0 : i];
    }

    using walk = import_walk<Net>;
    const json_document& document_;
    recurrent_dialect dialect_;
    const keras_json_options& options_;
    target target_;
    walk walk_{};
    std::vector<import_layer> layers_ = import_layers<Net>();
    std::size_t next_ = 0, unknown_ = 0;
    const import_layer* last_ = nullptr;
    std::vector<named_function> wanted_{};
    std::vector<typename walk::step> after_{};
};

template <class Net, class T>
load_result<keras_json_properties> read_keras_json(model<Net, T>& net,
                                                   const file_result<json_document>& document,
                                                   const recurrent_dialect& dialect,
                                                   const keras_json_options& options) {
    if (!document) return import_failure(document.failure());
    const auto layers = document->find("layers");
    if (!layers || layers->type() != json_value::kind::array)
        return import_failure(
            {document->path(), "an array \"layers\"", layers ? std::string(layers->type_name()) : "none"});
    return keras_json_reader<Net, T>(*document, dialect, options).read(net);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads a model of RTNeural's and Keras' layers: all of it, or nothing. Layers of the file and of the network are compared in
/// their order: types, functions (by what they compute), windows, directions, epsilons, tensors. Every key is read, or on a
/// list of those that cannot change the result, or named in `options`; any other is an error.
/// @param dialect  what the numbers of recurrent layers mean: RTNeural's files are `recurrent_dialect::keras(...)`, those with
///                 two biases in a GRU with `reset_form::after`
/// @return what the caller has to apply (gains, sample rate), or what does not fit, with nothing written
template <class Net, class T>
load_result<keras_json_properties> try_load_keras_json(model<Net, T>& net, const std::filesystem::path& path,
                                                       const recurrent_dialect& dialect,
                                                       const keras_json_options& options = {}) {
    return detail::read_keras_json(net, detail::try_read_json(path), dialect, options);
}
/// The same for networks without recurrent layers.
template <class Net, class T>
load_result<keras_json_properties> try_load_keras_json(model<Net, T>& net, const std::filesystem::path& path,
                                                       const keras_json_options& options = {}) {
    static_assert(!detail::has_recurrent_layers<Net>,
                  "archetype: recurrent layers need a recurrent_dialect in the call");
    return detail::read_keras_json(net, detail::try_read_json(path),
                                   recurrent_dialect::keras(reset_form::after), options);
}

/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
[[nodiscard]] keras_json_properties load_keras_json(model<Net, T>& net, const std::filesystem::path& path,
                                                    const recurrent_dialect& dialect,
                                                    const keras_json_options& options = {}) {
    return try_load_keras_json(net, path, dialect, options).value();
}
/// The same for networks without recurrent layers.
template <class Net, class T>
[[nodiscard]] keras_json_properties load_keras_json(model<Net, T>& net, const std::filesystem::path& path,
                                                    const keras_json_options& options = {}) {
    return try_load_keras_json(net, path, options).value();
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
