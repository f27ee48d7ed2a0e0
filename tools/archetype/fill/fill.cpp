// SPDX-License-Identifier: BSL-1.0
// A file of a graph and a network of the library: both as layers, compared, and the numbers of one for the other.
#include "../graph/keras.hpp"
#include "../graph/mapped_file.hpp"
#include "../graph/onnx.hpp"
#include "../graph/tflite.hpp"
#include "../lower/lowering.hpp"
#include "../rewrite/integers.hpp"
#include "../rewrite/rewrite.hpp"
#include "matching.hpp"
#include "same_form.hpp"

#include <archetype/data/file_bytes.hpp>
#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <memory>
#include <set>

namespace archetype::files {

namespace {

using graph::value_id;
using rewrite::shape_type;

/// A graph as layers, with the names of its nodes.
struct layers {
    lower::lowered made;
    std::vector<std::string> nodes;
};

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

layers as_layers(graph::model model, const std::vector<shape_type>& own,
                 std::vector<rewrite::refusal>& refused) {
    std::map<std::string, shape_type> shapes;
    const std::vector<value_id> inputs = inputs_of(model);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        graph::value& input = model.values[inputs[k]];
        if (!input.shape) continue;
        const shape_type shape = shape_for(input, k < own.size() ? own[k] : shape_type{});
        shapes[input.name] = shape;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) (*input.shape)[axis].extent = shape[axis];
    }
    rewrite::network graph = rewrite::rewritten(model, shapes, refused);
    spell_out_padding(graph);
    layers made{lower::as_layers(graph), graph.files_nodes};
    join_last_steps(made.made.net);
    for (rewrite::refusal& one : made.made.refused) refused.push_back(std::move(one));
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

/// The numbers of parameters where they stand in the layers of the network.
class parameter_numbers {
public:
    parameter_numbers(const numbered_network& network, std::vector<layers> all)
        : network_(network), all_(std::move(all)) {}
    const lower::network& net() const { return all_[0].made.net; }

    /// The parameter at an element, or `network.parameters` where there is another number.
    std::size_t parameter(std::size_t layer, std::size_t tensor, std::size_t element) const {
        std::size_t number = 0;
        std::size_t unit = 1;
        const auto code = [&](std::size_t digit) {
            return all_[digit].made.net.layers[layer].tensors[tensor].numbers[element];
        };
        for (std::size_t digit = 0; digit + 1 < all_.size(); ++digit) {
            const float one = code(digit);
            if (!(one >= 1 && one <= static_cast<float>(numbered_network::base)) || one != std::floor(one))
                return network_.parameters;
            number += (static_cast<std::size_t>(one) - 1) * unit;
            unit *= numbered_network::base;
        }
        const bool is_one = number < network_.parameters &&
                            code(all_.size() - 1) == static_cast<float>(numbered_network::check_of(number));
        return is_one ? number : network_.parameters;
    }
    /// A number that is the same whatever the parameters are.
    bool is_constant(std::size_t layer, std::size_t tensor, std::size_t element) const {
        return std::all_of(all_.begin(), all_.end(), [&](const layers& one) {
            return one.made.net.layers[layer].tensors[tensor].numbers[element] ==
                   all_[0].made.net.layers[layer].tensors[tensor].numbers[element];
        });
    }
    std::string name_of(std::size_t parameter) const {
        std::string made;
        for (const numbered_network::tensor& one : network_.tensors)
            if (one.begin <= parameter && parameter < one.begin + one.size) made = one.name;
        return made;
    }

private:
    const numbered_network& network_;
    std::vector<layers> all_;
};

std::vector<problem> fill(const numbered_network& network, const std::string& path, format kind,
                          std::span<float> values) {
    std::vector<problem> found;
    std::vector<rewrite::refusal> refused;
    std::vector<layers> numbered;
    std::vector<shape_type> own_inputs;
    for (const std::string& digit : network.digits) {
        const std::span<const char> text(digit);
        const graph::model model = graph::parse_onnx(std::as_bytes(text), nullptr, "the network", {});
        if (own_inputs.empty())
            for (const value_id id : inputs_of(model)) {
                own_inputs.emplace_back();
                for (const graph::dimension& one : *model.values[id].shape)
                    own_inputs.back().push_back(std::max<std::int64_t>(one.extent, 1));
            }
        numbered.push_back(as_layers(model, own_inputs, refused));
    }
    report_refused(refused, "the network, ", found);
    if (!found.empty()) return found;
    const std::vector<std::string> own_nodes = numbered[0].nodes;
    const parameter_numbers numbers(network, std::move(numbered));

    const graph::model file = read(path, kind);
    if (rewrite::computes_in_8_bits(file))
        return {{problem_kind::different, "the file", "a network in real numbers",
                 "one in 8 bits, which `archetype import` makes a quantized network of"}};
    report_unread(file, found);
    const layers theirs = as_layers(file, own_inputs, refused);
    report_refused(refused, "node ", found);
    if (!found.empty()) return found;

    const side own{&numbers.net(), &own_nodes}, other{&theirs.made.net, &theirs.nodes};
    const matching matched = match(own, other);
    if (!matched.problems.empty()) return matched.problems;
    std::vector<bool> is_set(network.parameters);
    for (std::size_t layer = 0; layer < own.net->layers.size(); ++layer) {
        const lower::layer& mine = own.net->layers[layer];
        if (matched.partner[layer] == no_layer) continue;
        const lower::layer& file_layer = other.net->layers[matched.partner[layer]];
        for (std::size_t t = 0; t < mine.tensors.size(); ++t)
            for (std::size_t i = 0; i < mine.tensors[t].numbers.size(); ++i) {
                const float number = file_layer.tensors[t].numbers[i];
                const std::size_t parameter = numbers.parameter(layer, t, i);
                const std::string place = path_of(own, layer) + "/" + mine.tensors[t].name;
                if (parameter == network.parameters) {
                    const float wanted = mine.tensors[t].numbers[i];
                    if (!numbers.is_constant(layer, t, i))
                        found.push_back({problem_kind::different, place,
                                         "numbers that are parameters of the network",
                                         "numbers computed of them"});
                    else if (!(std::abs(wanted - number) <= 1e-6F * std::max(1.F, std::abs(wanted))))
                        found.push_back({problem_kind::different, place + ", element " + std::to_string(i),
                                         lower::literal(wanted), lower::literal(number)});
                    else
                        continue;
                    break;
                }
                if (!std::isfinite(number)) {
                    found.push_back(
                        {problem_kind::not_finite, numbers.name_of(parameter), "finite numbers",
                         lower::literal(number) + " in " + place_of(other, matched.partner[layer])});
                    break;
                }
                if (is_set[parameter] && values[parameter] != number) {
                    found.push_back({problem_kind::different, numbers.name_of(parameter),
                                     "one value, as layers share it", "two in the file"});
                    break;
                }
                is_set[parameter] = true;
                values[parameter] = number;
            }
    }
    for (const numbered_network::tensor& one : network.tensors) {
        const auto begin = is_set.begin() + static_cast<std::ptrdiff_t>(one.begin);
        if (!std::all_of(begin, begin + static_cast<std::ptrdiff_t>(one.size), [](bool set) { return set; }))
            found.push_back({problem_kind::missing, one.name, "a tensor of the file",
                             "none that this parameter is read from"});
    }
    return found;
}

}  // namespace

std::vector<problem> fill_from_file(const numbered_network& network, const std::string& path, format kind,
                                    std::span<float> values) {
    try {
        return fill(network, path, kind, values);
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
