// SPDX-License-Identifier: BSL-1.0
// Files as layers, in real numbers and in 8 bits.
#include "reading.hpp"

#include "../graph/keras.hpp"
#include "../graph/mapped_file.hpp"
#include "../graph/onnx.hpp"
#include "../graph/tflite.hpp"
#include "../rewrite/integers.hpp"
#include "../rewrite/quantized_onnx.hpp"
#include "../rewrite/rewrite.hpp"
#include "same_form.hpp"

#include <archetype/data/file_bytes.hpp>
#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <array>
#include <fstream>

namespace archetype::files {

using graph::value_id;
using rewrite::shape_type;

std::vector<value_id> inputs_of(const graph::model& model) {
    std::vector<value_id> made;
    for (const value_id id : model.main.inputs)
        if (!model.values[id].constant) made.push_back(id);
    return made;
}

/// Tensors of the file that no result depends on.
void report_unread(const graph::model& model, std::vector<problem>& to) {
    std::set<value_id> wanted(model.main.outputs.begin(), model.main.outputs.end());
    for (auto node = model.main.nodes.rbegin(); node != model.main.nodes.rend(); ++node) {
        const bool is_read =
            node->outputs.empty() || std::any_of(node->outputs.begin(), node->outputs.end(),
                                                 [&](value_id id) { return wanted.contains(id); });
        if (is_read) graph::values_of(*node, wanted);
    }
    for (value_id id = 0; id < model.values.size(); ++id) {
        const graph::value& one = model.values[id];
        if (!one.constant || wanted.contains(id)) continue;
        to.push_back({problem_kind::unexpected, "\"" + one.name + "\"",
                      "no tensor beyond those of the network",
                      std::string(name_of(one.constant->type)) + " of shape " +
                          graph::shape_text(one.constant->shape) + " that no result depends on"});
    }
}

namespace {

/// One sample, and where the file leaves an extent open that of the network's input at the same place, in its order or with
/// channels first.
shape_type shape_for(const graph::value& input, const shape_type& own) {
    shape_type made;
    for (const graph::dimension& one : *input.shape) made.push_back(one.extent);
    if (made.empty()) return made;
    made[0] = 1;
    shape_type first = own;
    if (first.size() > 2) std::rotate(first.begin() + 1, first.end() - 1, first.end());
    for (const shape_type& like : {own, first}) {
        bool fits = like.size() == made.size();
        for (std::size_t k = 0; fits && k < made.size(); ++k) fits = made[k] <= 0 || made[k] == like[k];
        if (fits) return like;
    }
    for (std::int64_t& extent : made) extent = std::max<std::int64_t>(extent, 1);
    return made;
}

/// Extents that the file leaves open are fixed.
std::map<std::string, shape_type> fix_shapes(graph::model& model, const std::vector<shape_type>& own) {
    std::map<std::string, shape_type> shapes;
    const std::vector<value_id> inputs = inputs_of(model);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        graph::value& input = model.values[inputs[k]];
        if (!input.shape) continue;
        const shape_type shape = shape_for(input, k < own.size() ? own[k] : shape_type{});
        shapes[input.name] = shape;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) (*input.shape)[axis].extent = shape[axis];
    }
    return shapes;
}
layers lowered(const graph::model& model, const std::map<std::string, shape_type>& shapes,
               std::vector<rewrite::refusal>& refused) {
    rewrite::network graph = rewrite::rewritten(model, shapes, refused);
    spell_out_padding(graph);
    layers made{lower::as_layers(graph), graph.files_nodes, {}, {}};
    join_last_steps(made.made.net);
    for (rewrite::refusal& one : made.made.refused) refused.push_back(std::move(one));
    return made;
}

}  // namespace

layers as_layers(graph::model model, const std::vector<shape_type>& own,
                 std::vector<rewrite::refusal>& refused) {
    const auto shapes = fix_shapes(model, own);
    return lowered(model, shapes, refused);
}

layers as_integer_layers(graph::model model, const std::vector<shape_type>& own,
                         std::vector<rewrite::refusal>& refused) {
    const auto shapes = fix_shapes(model, own);
    if (rewrite::has_quantized_activations(model)) {
        std::vector<std::string> notes;
        model = rewrite::with_integer_operators(model, shapes, refused, notes);
        if (!refused.empty()) return {};
    }
    if (!rewrite::computes_in_8_bits(model))
        throw file_error({model.path, "a network in 8 bits", "one in real numbers"});
    layers made = lowered(rewrite::with_real_numbers(model, refused), shapes, refused);
    if (!refused.empty()) return made;
    // In real numbers a change of scale is a power of 1.
    for (std::size_t k = 0; k < made.nodes.size() && k < model.main.nodes.size(); ++k)
        if (std::string& one = made.nodes[k];
            model.main.nodes[k].operation == "QUANTIZE" && one.ends_with(" (Pow)"))
            one.replace(one.size() - 5, 5, "(a change of scale)");
    made.integers = lower::integers_of(made.made.net, model);
    made.input = rewrite::byte_scale_of(model, rewrite::integer_ends_of(model).input);
    return made;
}

void report_refused(const std::vector<rewrite::refusal>& refused, const std::string& of,
                    std::vector<problem>& to) {
    std::set<std::string> named;
    for (const rewrite::refusal& one : refused)
        if (named.insert(one.node).second)
            to.push_back({problem_kind::different, of + one.node,
                          one.reason.empty() ? "an operator that layers are made of" : one.reason,
                          one.operation + (one.shapes.empty() ? "" : " " + one.shapes)});
}

graph::model read(const std::string& path, format kind) {
    if (kind == format::keras) {
        std::array<std::byte, 8> beginning{};
        std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(beginning.data()), 8);
        // HDF5 is read where it lies, by its own library.
        if (graph::is_hdf5(beginning)) return graph::read_keras_h5(path);
        if (graph::is_keras_archive(graph::map_file(path).bytes)) return graph::read_keras_archive(path);
        throw file_error({path, "a whole model of Keras, .h5 or .keras", "another kind of file"});
    }
    const graph::file_bytes file = graph::map_file(path);
    const bool is_tflite = graph::is_tflite(file.bytes);
    if (kind == format::tflite) {
        if (!is_tflite)
            throw file_error({path, "a file that begins as TFLite files do (TFL3)", "another kind of file"});
        return graph::parse_tflite(file.bytes, file.owner, path);
    }
    if (is_tflite) throw file_error({path, "an ONNX file", "a TFLite file, which load_tflite reads"});
    return graph::parse_onnx(file.bytes, file.owner, path, std::filesystem::path(path).parent_path());
}

std::vector<problem> without_throwing(const std::string& path,
                                      const std::function<std::vector<problem>()>& fill) {
    try {
        return fill();
    } catch (const file_error& error) {
        // The place within the file stands before what was expected.
        const auto& failure = error.failure();
        const std::string within = failure.path == path             ? "file"
                                   : failure.path.starts_with(path) ? failure.path.substr(path.size() + 2)
                                                                    : failure.path;
        return {{problem_kind::missing, within, failure.expected, failure.found}};
    } catch (const std::bad_alloc&) {
        return {{problem_kind::missing, "file", "content that fits in memory", "more"}};
    } catch (const std::exception& error) {
        return {{problem_kind::missing, "file", "a network that layers can be made of", error.what()}};
    }
}

}  // namespace archetype::files
