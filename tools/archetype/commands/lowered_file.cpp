// SPDX-License-Identifier: BSL-1.0
#include "lowered_file.hpp"

#include "../rewrite/integers.hpp"
#include "../rewrite/quantized_onnx.hpp"
#include "../rewrite/rewrite.hpp"
#include "inspection.hpp"
#include "states.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <utility>

namespace archetype::commands {

namespace {

std::map<std::string, evaluate::shape_type> given_shapes(const std::vector<std::string>& options) {
    std::map<std::string, evaluate::shape_type> made;
    for (const std::string& one : options) {
        const std::size_t place = one.rfind('=');
        if (place == std::string::npos) throw file_error({"--input", "NAME=1x3x224x224", one});
        made[one.substr(0, place)] = parsed_shape(one.substr(place + 1), "--input");
    }
    return made;
}

/// Extents that the file fixes, such as the number of samples that it was made for, give way to those of the call.
void replace_shapes(graph::model& model, const std::map<std::string, evaluate::shape_type>& shapes,
                    std::vector<std::string>& notes) {
    for (const graph::value_id id : model.main.inputs) {
        graph::value& input = model.values[id];
        const auto given = shapes.find(input.name);
        if (given == shapes.end() || !input.shape || input.shape->size() != given->second.size()) continue;
        bool replaces = false;
        for (std::size_t axis = 0; axis < given->second.size(); ++axis) {
            std::int64_t& extent = (*input.shape)[axis].extent;
            replaces = replaces || (extent > 0 && extent != given->second[axis]);
            extent = given->second[axis];
        }
        if (replaces)
            notes.push_back("input \"" + input.name + "\" is " + graph::shape_text(given->second) +
                            " instead of the file's shape");
    }
}

}  // namespace

lowered_file lowered(
    graph::model model, const file_options& given,
    const std::function<void(const lowered_file&, std::map<std::string, evaluate::shape_type>&,
                             std::vector<std::string>&)>& more_shapes) {
    lowered_file all;
    all.model = std::move(model);
    std::vector<std::string> notes;
    std::vector<std::string> of_shapes = given.shapes;
    all.fixed = fix_inputs(all.model, of_shapes, given.constants, notes);
    std::map<std::string, evaluate::shape_type> shapes = given_shapes(of_shapes);
    replace_shapes(all.model, shapes, notes);
    if (more_shapes) more_shapes(all, shapes, notes);
    if (rewrite::keeps_variables(all.model)) {
        all.calls = rewrite::as_sequence(all.model, all.refused);
        if (!all.refused.empty()) {
            all.graph.notes = std::move(notes);
            return all;
        }
        shapes.clear();  // those of one call
    }
    if (rewrite::has_quantized_activations(all.model)) {
        all.definition = all.model;
        all.model = rewrite::with_integer_operators(*all.definition, shapes, all.refused, notes);
        all.fixed.clear();
        if (!all.refused.empty()) {
            all.graph.notes = std::move(notes);
            return all;
        }
    }
    all.narrow = rewrite::computes_in_8_bits(all.model);
    all.numbers = all.narrow ? rewrite::with_real_numbers(all.model, all.refused) : all.model;
    all.graph = rewrite::rewritten(all.numbers, shapes, all.refused);
    if (std::any_of(all.model.values.begin(), all.model.values.end(),
                    [](const graph::value& one) { return one.variable; }))
        notes.emplace_back("the file keeps states from run to run; here each run begins with zeros");
    if (all.calls)
        for (const std::string& one : all.calls->gone) {
            all.graph.note({all.graph.files_nodes.size()}, "a row that the stream keeps");
            all.graph.files_nodes.push_back(one);
        }
    all.graph.notes.insert(all.graph.notes.begin(), notes.begin(), notes.end());
    all.states = states_for(all.graph, given.states, all.graph.notes);
    all.made = lower::as_layers(all.graph, all.states);
    for (rewrite::refusal& one : all.made.refused) {
        const bool known =
            std::any_of(all.refused.begin(), all.refused.end(), [&](const rewrite::refusal& other) {
                return other.node.starts_with(one.node) && other.operation == one.operation;
            });
        if (!known) all.refused.push_back(std::move(one));
    }
    if (all.narrow && all.refused.empty()) {
        all.integers = lower::integers_of(all.made.net, all.model);
        all.ends = rewrite::integer_ends_of(all.model);
        // Behind a QUANTIZE of real numbers, which is no layer.
        all.integers[all.made.net.inputs.at(0).layer].result =
            rewrite::byte_scale_of(all.model, all.ends->input);
    }
    return all;
}

void add_integers(write::project& to, const lowered_file& of) {
    const auto is_unsigned = [&](graph::value_id id) {
        return of.model.values[id].type == graph::element_type::uint8;
    };
    to.integers = &of.integers;
    to.output_scale = *rewrite::byte_scale_of(of.model, of.ends->output);
    to.unsigned_input = is_unsigned(of.ends->input);
    to.unsigned_output = is_unsigned(of.ends->output);
}

}  // namespace archetype::commands
