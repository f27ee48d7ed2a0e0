// SPDX-License-Identifier: BSL-1.0
/// @file keras_json_layer.hpp
/// What the keys of a Keras layer say, against the layer of a network.
#pragma once
#include <archetype/interchange/import_walk.hpp>
#include <archetype/interchange/json_fields.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Names of layers in files, in small letters without "_" and "-", and what they are here.
inline std::string_view keras_kind(std::string_view type) {
    constexpr std::string_view kinds[][2] = {{"dense", "dense"},
                                             {"timedistributeddense", "dense"},
                                             {"conv1d", "conv1d"},
                                             {"conv2d", "conv2d"},
                                             {"conv2dtranspose", "conv2d_transpose"},
                                             {"conv1dtranspose", "conv1d_transpose"},
                                             {"depthwiseconv1d", "depthwise_conv1d"},
                                             {"depthwiseconv2d", "depthwise_conv2d"},
                                             {"batchnorm", "batch_norm"},
                                             {"batchnorm2d", "batch_norm"},
                                             {"batchnormalization", "batch_norm"},
                                             {"layernormalization", "layer_norm"},
                                             {"groupnormalization", "group_norm"},
                                             {"embedding", "embedding"},
                                             {"lstm", "lstm"},
                                             {"gru", "gru"},
                                             {"simplernn", "simple_rnn"},
                                             {"prelu", "prelu"}};
    for (const auto& [name, kind] : kinds)
        if (type == name) return kind;
    return {};
}
/// Layers that do nothing at inference.
inline bool is_idle_in_keras(std::string_view type) {
    for (const std::string_view name :
         {"dropout", "spatialdropout1d", "spatialdropout2d", "gaussiandropout", "alphadropout",
          "gaussiannoise", "activityregularization", "inputlayer"})
        if (type == name) return true;
    return false;
}
/// "leaky_relu" of "LeakyReLU"; a plain name in small letters without "_" and "-" otherwise.
inline std::string plain_name(std::string_view name) {
    std::string plain;
    for (const char c : name)
        if (c != '_' && c != '-') plain += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return plain;
}
inline std::string function_name(std::string_view name) {
    const std::string plain = plain_name(name);
    if (plain == "leakyrelu") return "leaky_relu";
    return plain == "hardsigmoid" ? "hard_sigmoid" : plain;
}

/// Compares one layer's keys; each that is asked for counts as read.
template <class Net, class T>
class keras_layer_check {
    using target = import_target<Net, T>;

public:
    keras_layer_check(target& to, const import_layer& layer, json_fields& fields)
        : target_(to), layer_(layer), at_(target::at(layer)), kind_(target::kind(layer)), fields_(fields) {}

    /// All keys but type, activation and weights.
    void all() {
        fields_.skip({"name", "trainable", "kernel_initializer", "bias_initializer", "recurrent_initializer",
                      "kernel_regularizer", "bias_regularizer", "recurrent_regularizer",
                      "activity_regularizer", "kernel_constraint", "bias_constraint",
                      "recurrent_constraint"});
        shape();
        const bool has_bias = kind_ == "dense" || at_.has_window || layer_.is_recurrent;
        if (has_bias) flag("use_bias", layer_.is_recurrent ? layer_.has_bias : at_.parameter_tensors == 2);
        if (at_.has_window) window();
        if (layer_.is_recurrent) recurrent();
        if (kind_ == "dense") size("units", at_.output.channels());
        if (kind_ == "batch_norm" || kind_ == "layer_norm") normalization();
        if (kind_ == "embedding") {
            size("input_dim", at_.parameters[0].extents[0]);
            size("output_dim", at_.parameters[0].extents[1]);
            flag("mask_zero", false);
        }
    }
    /// The last axes of a shape with the batch before them; time may be any.
    static void compare_shape(target& to, const std::string& where, const json_value& found,
                              const archetype::shape& own) {
        const bool is_shape = found.element_count() - 1 < 8;  // 1 to 8
        const auto elements = is_shape ? found.elements() : std::vector<json_value>{};
        bool same = is_shape;
        const std::size_t last = own.rank == 3 ? 2 : 1;
        for (std::size_t i = 1; i <= last && i < elements.size(); ++i) {
            const json_value& extent = elements[elements.size() - i];
            same = same && (extent.type() == json_value::kind::null || extent.size() == own[own.rank - i]);
        }
        std::string expected = "(..., ";
        if (last == 2) expected += std::to_string(own[1]) + ", ";
        if (!same)
            to.report(load_problem::shape, where, expected + std::to_string(own.channels()) + ")",
                      found.summary());
    }

private:
    void mismatch(std::string_view key, std::string expected, const json_value& found) {
        target_.report(load_problem::shape, layer_.path + ": " + std::string(key), std::move(expected),
                       found.summary());
    }
    void size(std::string_view key, std::size_t own) {
        const auto found = fields_.take(key);
        if (found && found->size() != own) mismatch(key, std::to_string(own), *found);
    }
    void flag(std::string_view key, bool own) {
        const auto found = fields_.take(key);
        if (!found) return;
        const std::string text = found->text();
        if (own ? text != "true" && text != "1" : text != "false" && text != "0")
            mismatch(key, own ? "true" : "false", *found);
    }
    /// A number for all axes, or one for each; `only` a number is for that axis alone.
    void axes(std::string_view key, std::size_t rows, std::size_t columns, int only = -1) {
        auto found = fields_.take(key);
        if (!found) return;
        if (found->element_count() == 1) found = found->elements()[0];
        const bool is_image = at_.input.rank == 3;
        auto sizes = found->sizes();
        if (const auto one = found->size()) {
            sizes = {*one, *one};
            if (is_image && only == 0) sizes->back() = columns;
            if (is_image && only == 1) sizes->front() = rows;
        }
        const bool same =
            sizes && sizes->size() == 2 && sizes->back() == columns && (!is_image || sizes->front() == rows);
        const std::string text = std::to_string(columns);
        if (!same)
            mismatch(key, is_image && rows != columns ? "[" + std::to_string(rows) + "," + text + "]" : text,
                     *found);
    }

    void shape() {
        const auto found = fields_.take("shape");
        if (!found) return;
        compare_shape(target_, layer_.path + ": shape", *found, at_.output);
        if (!layer_.is_recurrent) return;
        const std::size_t rank = layer_.returns_sequences ? 3 : 2;
        if (found->element_count() != rank)
            mismatch("shape", std::to_string(rank) + " extents" + (rank == 3 ? " (return_sequences)" : ""),
                     *found);
    }
    void window() {
        // A transposed convolution is the window of a convolution from its result.
        const window_facts& over = at_.is_transposed ? at_.spread_over : at_.window;
        const window_axis &rows = over.rows, &columns = over.columns;
        axes("kernel_size", rows.kernel, columns.kernel);
        size("kernel_size_time", rows.kernel);
        size("kernel_size_feature", columns.kernel);
        // RTNeural: of images, a number dilates the first axis, time, and strides along the second one.
        axes("dilation", rows.dilation, columns.dilation, 0);
        axes("dilation_rate", rows.dilation, columns.dilation);
        axes("strides", rows.stride, columns.stride, 1);
        size("groups", kind_.starts_with("depthwise") ? 1 : at_.groups);
        size("depth_multiplier", at_.output.channels() / at_.input.channels());
        if (!kind_.starts_with("depthwise")) size("filters", at_.output.channels());
        size("num_filters_in", at_.input.channels());
        size("num_filters_out", at_.output.channels());
        if (at_.input.rank == 3) size("num_features_in", at_.input.width());
        channels_last();
        if (const auto found = fields_.take("padding")) {
            const auto pads = [&](const window_axis& own) {
                window_axis wanted{own.input, own.kernel, own.stride, own.dilation};
                if (*found == "same") wanted.slide(true, false);
                if (*found == "causal") wanted.before = own.reach() - 1;
                return wanted.before == own.before && wanted.after == own.after;
            };
            const bool known =
                *found == "valid" || *found == "same" || (*found == "causal" && at_.input.rank == 2);
            if (!known || !pads(columns) || !(at_.input.rank == 2 || pads(rows)))
                mismatch("padding", padding_text(columns), *found);
        }
    }
    static std::string padding_text(const window_axis& own) {
        if (own.before == 0 && own.after == 0) return "valid";
        if (own.before == own.reach() - 1 && own.after == 0) return "causal";
        return "padding of " + std::to_string(own.before) + " and " + std::to_string(own.after);
    }
    void channels_last() {
        const auto found = fields_.take("data_format");
        if (found && !(*found == "channels_last")) mismatch("data_format", "channels_last", *found);
    }
    void recurrent() {
        size("units", layer_.units);
        function("recurrent_activation", layer_.gate);
        flag("return_sequences", layer_.returns_sequences);
        // With sequences Keras gives the last step's result first then; `reversed` keeps the order of time.
        flag("go_backwards", layer_.is_reversed && !layer_.returns_sequences);
        flag("stateful", layer_.is_stateful);
        flag("return_state", false);
        flag("time_major", false);
        flag("reset_after", layer_.resets_after);
        fields_.skip(
            {"unroll", "implementation", "dropout", "recurrent_dropout", "unit_forget_bias", "seed"});
    }
    void normalization() {
        size("num_filters_in", at_.input.channels());
        if (at_.input.rank == 3) size("num_features_in", at_.input.width());
        fields_.skip({"momentum"});  // of training
        channels_last();
        if (auto axis = fields_.take("axis")) {
            if (axis->element_count() == 1) axis = axis->elements()[0];
            if (axis->text() != "-1" && axis->size() != at_.input.rank) mismatch("axis", "-1", *axis);
        }
        const auto epsilon = fields_.take("epsilon");
        const auto found = number_of(epsilon);
        if (!found || static_cast<float>(*found) != static_cast<float>(at_.epsilon))
            target_.report(load_problem::shape, layer_.path + ": epsilon", number_text(at_.epsilon),
                           epsilon ? epsilon->summary() : "none");
    }

public:
    /// A function of a recurrent layer by its key. Exporters leave it out where it is the usual one: the network's type says.
    void function(std::string_view key, const std::optional<import_function>& own) {
        const auto found = fields_.take(key);
        if (!found || *found == "") return;
        const auto wanted = function_by_name(function_name(found->text()), std::nullopt);
        if (!own || !wanted || !same_function(*own, *wanted))
            mismatch(key, own ? text_of(*own) : "none", *found);
    }

private:
    target& target_;
    const import_layer& layer_;
    const node& at_;
    std::string kind_;
    json_fields& fields_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
