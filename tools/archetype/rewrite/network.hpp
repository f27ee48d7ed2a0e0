// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// A graph while it is rewritten: every shape is known, what depends on no input is a constant, and each node knows which
/// nodes of the file it stands for.
#pragma once
#include "../evaluate/evaluator.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace archetype::rewrite {

using evaluate::array;
using evaluate::element_type;
using evaluate::shape_type;
using graph::no_value;
using graph::value_id;

/// Nodes of the file by their number in `network::files_nodes`.
using node_set = std::set<std::size_t>;
using attributes_map = std::map<std::string, graph::attribute, std::less<>>;

/// The domain of nodes behind one that cannot be evaluated, of whose results the file does not say enough: their inputs
/// may be anything, and no rewriting takes them.
constexpr std::string_view not_evaluated = "not evaluated";

struct step {
    graph::node node;
    node_set sources;
};

/// What became of nodes of the file that are in no layer.
struct treatment {
    node_set nodes;
    std::string what;
};

/// A node that cannot be part of the result: its name, operator, shapes, and what would be supported.
struct refusal {
    std::string node, operation, shapes, reason;
};

class network {
public:
    graph::model model;  ///< of its main graph the inputs and outputs, and all values
    std::vector<step> steps;
    std::map<value_id, array> constants;
    std::map<value_id, shape_type> shapes;
    std::map<value_id, element_type> types;
    std::vector<std::string> files_nodes;  ///< "\"conv1\" (Conv)", in the file's order
    std::vector<treatment> done;
    std::vector<std::string> notes;
    evaluate::settings limits;  ///< of evaluations on the way

    const array* constant(value_id id) const {
        const auto found = constants.find(id);
        return found == constants.end() ? nullptr : &found->second;
    }
    /// The single number of a constant, if it is one.
    const double* scalar(value_id id) const;
    const shape_type& shape(value_id id) const;

    /// Whether its values stand for integers with scales: what is one rounding there is one layer here.
    bool has_scales() const;

    /// A value of its own; its name is for people.
    value_id add_value(const std::string& name, element_type type, shape_type shape);
    value_id add_constant(const std::string& name, array content);
    /// The step that makes a value, or null.
    step* producer(value_id id);
    std::vector<step*> readers(value_id id);
    bool is_output(value_id id) const;
    /// Read by one step only, and no output of the network.
    bool is_private(value_id id) { return !is_output(id) && reads(id) == 1; }
    std::size_t reads(value_id id);

    /// Everybody who reads `old` reads `now` instead. An output keeps its name.
    void replace(value_id old, value_id now);
    /// Removes steps that nobody reads the results of; what they stood for goes to `done`, if it is nowhere else.
    void sweep(const std::string& what);
    /// In an order of execution again.
    void sort();

    void note(node_set nodes, std::string what) { done.push_back({std::move(nodes), std::move(what)}); }

    /// A graph that can be evaluated.
    graph::model as_model() const;

private:
    mutable std::map<value_id, double> scalars_;
};

/// A node with one output of this shape and type.
step make_step(std::string operation, std::vector<value_id> inputs, value_id output,
               attributes_map attributes, node_set sources, std::string name = {});

std::int64_t integer_of(const graph::node& of, std::string_view name, std::int64_t otherwise);
double number_of(const graph::node& of, std::string_view name, double otherwise);
std::string text_of(const graph::node& of, std::string_view name, std::string_view otherwise);
std::vector<std::int64_t> integers_of(const graph::node& of, std::string_view name);

/// A shape and what leads to it, of all inputs and outputs: "1x3x8x8 float32 -> ..."
std::string shapes_text(const network& of, const graph::node& at);

}  // namespace archetype::rewrite
