// SPDX-License-Identifier: BSL-1.0
#include "structure.hpp"

#include <archetype/data/file_error.hpp>

#include "grouping.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>

namespace archetype::lower {

namespace {

/// Parts with what they read: a layer at first, then a whole block with one input.
struct item {
    std::vector<part> parts;
    std::vector<std::size_t> inputs;
    std::size_t users = 0;
    bool is_output = false;
    bool is_join = false;
    std::size_t points = 0;  ///< of its last inputs: read at points
    bool is_state = false;   ///< a state behind the layer that it reads: a point, no part
    std::string join;
};

part part_of(const layer& from, std::size_t index) {
    part made;
    made.kind = from.kind == layer::kinds::input ? part::kinds::input : part::kinds::layer;
    made.type = from.type;
    made.arguments = from.arguments;
    made.name = from.name;
    made.layer = index;
    made.shape = from.shape;
    made.formula = from.formula;
    made.definition = from.definition;
    made.text = from.text;
    return made;
}

part sequence_of(std::vector<part> parts) {
    if (parts.size() == 1 && parts[0].kind != part::kinds::point && parts[0].kind != part::kinds::from)
        return std::move(parts[0]);
    part made;
    made.kind = part::kinds::sequence;
    made.parts = std::move(parts);
    return made;
}

std::size_t layers_in(const std::vector<part>& parts) {
    std::size_t count = 0;
    for (const part& one : parts) count += one.kind == part::kinds::layer ? 1 : layers_in(one.parts);
    return count;
}

class builder {
public:
    explicit builder(const network& of) : of_(of), items_(of.layers.size()) {
        for (std::size_t k = 0; k < of.layers.size(); ++k) {
            const layer& one = of.layers[k];
            items_[k].inputs = one.inputs;
            items_[k].is_join = one.kind == layer::kinds::join;
            items_[k].join = one.type;
            items_[k].points = one.points;
            items_[k].is_state = one.kind == layer::kinds::state;
            if (!items_[k].is_join && !items_[k].is_state) items_[k].parts.push_back(part_of(one, k));
        }
        for (const end& one : of.outputs) items_[one.layer].is_output = true;
        // Layers that nothing leads to an output from are not there.
        std::set<std::size_t> wanted;
        for (const end& one : of.outputs) wanted.insert(one.layer);
        for (std::size_t k = of.layers.size(); k-- > 0;)
            if (wanted.contains(k)) wanted.insert(of.layers[k].inputs.begin(), of.layers[k].inputs.end());
        for (const std::size_t k : wanted) {
            for (const std::size_t from : items_[k].inputs) ++items_[from].users;
        }
        wanted_ = std::move(wanted);
    }

    structure build() {
        for (const std::size_t k : wanted_)
            if (items_[k].is_join) collapse(k);
        order();
        for (const bool first : {true, false}) emit(first);
        structure made;
        made.parts = std::move(parts_);
        made.inputs = inputs_;
        made.outputs = outputs_;
        return made;
    }

private:
    /// A join whose branches all begin at one value and are read by nobody else becomes one part.
    void collapse(std::size_t k) {
        item& join = items_[k];
        std::vector<std::vector<std::size_t>> chains;
        std::optional<std::size_t> begin;
        for (std::size_t at : join.inputs) {
            std::vector<std::size_t> chain;
            while (items_[at].users == 1 && !items_[at].is_output && !items_[at].is_state &&
                   items_[at].inputs.size() - items_[at].points == 1) {
                chain.insert(chain.begin(), at);
                at = items_[at].inputs[0];
            }
            if (begin && *begin != at) return;
            begin = at;
            chains.push_back(std::move(chain));
        }
        std::vector<std::size_t> points;  // that layers of the branches read, too
        for (const auto& chain : chains)
            for (const std::size_t one : chain)
                points.insert(points.end(), items_[one].inputs.begin() + 1, items_[one].inputs.end());
        std::vector<std::vector<part>> branches;
        for (const auto& chain : chains) {
            branches.emplace_back();
            for (const std::size_t one : chain)
                for (part& inside : items_[one].parts) branches.back().push_back(std::move(inside));
        }
        part made;
        const std::size_t empty = static_cast<std::size_t>(
            std::count_if(branches.begin(), branches.end(), [](const auto& one) { return one.empty(); }));
        const bool short_one = join.join == "add" && branches.size() == 2 &&
                               (empty == 1 || std::min(layers_in(branches[0]), layers_in(branches[1])) <= 2);
        if (short_one && empty < 2) {
            made.kind = part::kinds::residual;
            const bool turned = layers_in(branches[0]) < layers_in(branches[1]);
            made.parts.push_back(sequence_of(std::move(branches[turned ? 1 : 0])));
            if (empty == 0) made.parts.push_back(sequence_of(std::move(branches[turned ? 0 : 1])));
        } else {
            made.kind = part::kinds::branches;
            made.type = join.join;
            for (auto& one : branches) made.parts.push_back(sequence_of(std::move(one)));
        }
        made.layer = k;
        items_[*begin].users -= join.inputs.size() - 1;
        for (const auto& chain : chains)
            for (const std::size_t one : chain) wanted_gone_.insert(one);
        join.inputs = {*begin};
        join.inputs.insert(join.inputs.end(), points.begin(), points.end());
        join.points = points.size();
        join.parts = {std::move(made)};
        join.is_join = false;
    }

    void visit(std::size_t k) {
        if (!visited_.insert(k).second) return;
        for (const std::size_t from : items_[k].inputs) visit(from);
        order_.push_back(k);
    }
    void order() {
        for (std::size_t k = of_.outputs.size(); k-- > 0;) visit(of_.outputs[k].layer);
        // An input that nothing reads has to be there all the same, to be reported.
        for (std::size_t k = 0; k < of_.inputs.size(); ++k) visit(of_.inputs[k].layer);
        std::vector<std::size_t> inputs_first;
        for (const bool wanted : {true, false})
            for (const std::size_t k : order_)
                if ((of_.layers[k].kind == layer::kinds::input) == wanted) inputs_first.push_back(k);
        order_ = std::move(inputs_first);
        end_ = order_.back();
    }

    std::string point_name(std::size_t k) {
        if (of_.layers[k].kind == layer::kinds::input) return of_.layers[k].name;
        const auto known = names_.find(k);
        if (known != names_.end()) return known->second;
        // After the last name that leads to the value.
        std::string base;
        const std::function<void(const std::vector<part>&)> look = [&](const std::vector<part>& parts) {
            for (const part& one : parts) {
                if (one.kind == part::kinds::layer && !one.name.empty()) base = one.name;
                look(one.parts);
            }
        };
        look(items_[k].parts);
        if (items_[k].is_state) look(items_[of_.layers[k].inputs[0]].parts);
        if (base.empty()) base = items_[k].parts.empty() ? items_[k].join : of_.layers[k].type;
        base = (items_[k].is_state ? std::string(of_.layers[k].states == 0 ? "h" : "l") + " of " : "after ") +
               base.substr(base.find_last_of('/') + 1);
        std::string name = base;
        for (std::size_t number = 2; used_.contains(name); ++number)
            name = base + " " + std::to_string(number);
        used_.insert(name);
        names_[k] = name;
        return name;
    }
    void needs(std::size_t k) { needed_.insert(k); }

    /// "@1" among the arguments of layers, which is the point of input 1.
    void name_points(part& to) {
        for (part& inside : to.parts) name_points(inside);
        if (to.kind != part::kinds::layer) return;
        for (std::string& argument : to.arguments) {
            const std::size_t at = argument.find('@');
            if (at == argument.npos) continue;
            const std::size_t from =
                of_.layers[to.layer].inputs.at(static_cast<std::size_t>(argument[at + 1] - '0'));
            needs(from);
            std::string name = "\"";
            for (const char c : point_name(from)) {
                if (c == '"' || c == '\\') name += '\\';
                name += c;
            }
            argument.replace(at, 2, name + "\"");
        }
    }

    /// The points of first and last states of a recurrent layer, which is the last of the parts.
    /// What goes on: the layer's result, or the first of its last states.
    std::size_t add_states(std::size_t k) {
        const layer& of = of_.layers[k];
        if (of.kind == layer::kinds::plain)
            for (std::size_t i = of.inputs.size() - of.states; i < of.inputs.size(); ++i) {
                needs(of.inputs[i]);
                parts_.back().points.push_back(point_name(of.inputs[i]));
            }
        std::vector<std::string> states;
        std::size_t first = k;
        const bool sequences =
            std::find(of.arguments.begin(), of.arguments.end(), "at::return_sequences") != of.arguments.end();
        for (const std::size_t other : wanted_) {
            if (!items_[other].is_state || items_[other].inputs[0] != k) continue;
            states.resize(std::max(states.size(), of_.layers[other].states + 1));
            states[of_.layers[other].states] = point_name(other);
            if (!sequences && (first == k || of_.layers[other].states < of_.layers[first].states))
                first = other;
        }
        if (states.empty()) return k;
        states.resize(of.type == "lstm" ? 2 : 1);
        parts_.back().states = std::move(states);
        return first;
    }

    void emit(bool first) {
        parts_.clear();
        inputs_.clear();
        outputs_.clear();
        std::size_t previous = of_.layers.size();
        for (const std::size_t k : order_) {
            const item& one = items_[k];
            const auto go_to = [&](std::size_t wanted) {
                if (wanted == previous) return;
                needs(wanted);
                part made;
                made.kind = part::kinds::from;
                made.name = point_name(wanted);
                parts_.push_back(std::move(made));
            };
            if (of_.layers[k].kind == layer::kinds::input) {
                for (std::size_t number = 0; number < of_.inputs.size(); ++number)
                    if (of_.inputs[number].layer == k) inputs_.push_back(number);
                part made = one.parts[0];
                if (of_.inputs.size() == 1 && !needed_.contains(k)) made.name.clear();
                parts_.push_back(std::move(made));
            } else if (one.is_join) {
                const bool any =
                    !one.join.starts_with("concatenate") && one.join != "subtract" && one.join != "divide";
                std::vector<std::size_t> others = one.inputs;
                std::size_t begin = others[0];
                if (any && std::find(others.begin(), others.end(), previous) != others.end())
                    begin = previous;
                go_to(begin);
                others.erase(std::find(others.begin(), others.end(), begin));
                part made;
                made.kind = part::kinds::merge;
                made.type = one.join;
                made.layer = k;
                for (const std::size_t other : others) {
                    needs(other);
                    made.points.push_back(point_name(other));
                }
                parts_.push_back(std::move(made));
            } else if (one.is_state) {
                if (!one.is_output && k != end_) continue;
                go_to(k);
            } else {
                go_to(one.inputs[0]);
                for (const part& inside : one.parts) {
                    parts_.push_back(inside);
                    name_points(parts_.back());
                }
                const std::size_t state = add_states(k);
                previous = state;
            }
            if (one.is_join || one.is_state || of_.layers[k].kind == layer::kinds::input) previous = k;
            if (!first && !one.is_state && needed_.contains(k) && of_.layers[k].kind != layer::kinds::input) {
                part made;
                made.kind = part::kinds::point;
                made.name = point_name(k);
                parts_.push_back(std::move(made));
            }
            for (std::size_t number = 0; number < of_.outputs.size(); ++number) {
                if (of_.outputs[number].layer != k) continue;
                if (k == end_) {
                    if (!std::any_of(outputs_.begin(), outputs_.end(),
                                     [&](std::size_t done) { return of_.outputs[done].layer == k; })) {
                        outputs_.insert(outputs_.begin(), number);
                        continue;
                    }
                    throw file_error({"output \"" + of_.outputs[number].name + "\"",
                                      "a value that no other output has", "two outputs that are one value"});
                }
                part made;
                made.kind = part::kinds::side_output;
                made.name = of_.outputs[number].name;
                outputs_.push_back(number);
                parts_.push_back(std::move(made));
            }
        }
    }

    const network& of_;
    std::vector<item> items_;
    std::set<std::size_t> wanted_, wanted_gone_, visited_, needed_;
    std::vector<std::size_t> order_, inputs_, outputs_;
    std::size_t end_ = 0;
    std::map<std::size_t, std::string> names_;
    std::set<std::string> used_;
    std::vector<part> parts_;
};

/// Scopes as the library numbers them.
class path_walk {
public:
    explicit path_walk(const network& of) : of_(of) {}

    std::vector<placed_layer> placed;

    /// Of every layer and join.
    std::vector<placed_layer> all;

    void walk(const part& one, const std::string& above) {
        switch (one.kind) {
            case part::kinds::layer: {
                std::string path = open(above, !one.name.empty()  ? one.name
                                               : one.text.empty() ? one.type
                                                                  : one.text);
                // Layers of several have a name of their own inside.
                if (!one.name.empty() && (one.type == "self_attention" || one.type == "cross_attention"))
                    path = open(path, one.type);
                all.push_back({one.layer, path});
                if (!of_.layers[one.layer].tensors.empty()) placed.push_back({one.layer, path});
                break;
            }
            case part::kinds::input:
                open(above, one.name.empty() ? "input" : one.name);
                break;
            case part::kinds::sequence:
                walk_inside(one, one.name.empty() ? above : open(above, one.name));
                break;
            case part::kinds::residual: {
                const std::string inside = one.name.empty() ? above : open(above, one.name);
                walk(one.parts[0], inside);
                if (one.parts.size() > 1) walk(one.parts[1], open(inside, "shortcut"));
                all.push_back({one.layer, open(inside, "add")});
                break;
            }
            case part::kinds::branches: {
                const std::string inside = one.name.empty() ? above : open(above, one.name);
                for (const part& branch : one.parts) {
                    const bool empty = branch.kind == part::kinds::sequence && branch.parts.empty();
                    walk(branch, branch.name.empty() && !empty ? open(inside, "branch") : inside);
                }
                all.push_back({one.layer, open(inside, one.type.substr(0, one.type.find('<')))});
                break;
            }
            case part::kinds::merge:
                all.push_back({one.layer, open(above, one.type.substr(0, one.type.find('<')))});
                break;
            case part::kinds::side_output:
                walk_inside(one, open(above, one.name));
                break;
            case part::kinds::repeat:
                walk_inside(one, above);
                break;
            case part::kinds::numbered: {
                std::size_t number = one.first;
                for (const part& block : one.parts) {
                    // The blocks keep the names that they had: the number is one's own.
                    part inside = block;
                    inside.name.clear();
                    walk(inside, open(above, one.name + std::to_string(number++)));
                }
                break;
            }
            default:
                break;
        }
    }

private:
    void walk_inside(const part& one, const std::string& scope) {
        for (const part& inside : one.parts) walk(inside, scope);
    }
    std::string open(const std::string& above, const std::string& text) {
        const std::string path = above.empty() ? text : above + "/" + text;
        const std::size_t before = counts_[path]++;
        return before == 0 ? path : path + "_" + std::to_string(before);
    }

    const network& of_;
    std::map<std::string, std::size_t> counts_;
};

}  // namespace

std::vector<placed_layer> paths_of(const std::vector<part>& parts, const network& of) {
    path_walk walk(of);
    for (const part& one : parts) walk.walk(one, "");
    return walk.placed;
}

structure structured(const network& of) {
    if (of.outputs.empty()) throw file_error({"the network", "an output", "none"});
    structure made = builder(of).build();
    made.parts = grouped_by_names(std::move(made.parts));
    path_walk walk(of);
    for (const part& one : made.parts) walk.walk(one, "");
    made.placed = std::move(walk.placed);
    made.paths = std::move(walk.all);
    return made;
}

}  // namespace archetype::lower
