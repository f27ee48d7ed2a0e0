// SPDX-License-Identifier: BSL-1.0
#include "memory.hpp"

#include "layer_facts.hpp"

#include <archetype/architecture/layers/slice.hpp>
#include <archetype/architecture/planner.hpp>

#include <array>
#include <map>
#include <memory>
#include <optional>

namespace archetype::plan {

namespace {

namespace at = archetype;

constexpr std::size_t most_layers = 2048, most_steps = 2048, most_values = 4096, most_outputs = 64;

/// What `network_facts` is for a type.
struct run_time_facts : at::detail::facts_summary {
    std::vector<at::node> nodes;
    std::vector<std::size_t> edges{at::none};
    std::vector<at::network_output> outputs{1};
    static constexpr std::size_t size() { return most_layers; }
    static constexpr std::size_t edge_room() { return most_values; }
    std::size_t source(const at::node& reader, std::size_t index) const {
        return edges[reader.first_edge + index];
    }
    const at::shape& shape_of(std::size_t source) const {
        return source == at::none ? input : nodes[source].output;
    }
};

/// Parts in the order in which the library visits those of a type.
class builder {
public:
    explicit builder(const network& of) : of_(of) { facts_.node_count = 0; }

    std::string missing;
    std::vector<std::size_t> layers;  ///< of the network, by node

    run_time_facts run(const std::vector<part>& parts) {
        for (const part& one : parts) visit(one);
        facts_.outputs[0].node = current_;
        facts_.output_count = facts_.outputs.size();
        facts_.node_count = facts_.nodes.size();
        facts_.output = facts_.shape_of(current_);
        if (facts_.nodes.size() > most_layers || facts_.edges.size() > most_values ||
            facts_.outputs.size() > most_outputs)
            missing = "a network of more than " + std::to_string(most_layers) + " layers";
        return std::move(facts_);
    }

private:
    void visit_all(const std::vector<part>& parts) {
        for (const part& one : parts) visit(one);
    }
    void visit(const part& one) {
        using kinds = part::kinds;
        if (!missing.empty()) return;
        const std::size_t begin = current_;
        switch (one.kind) {
            case kinds::layer:
                return add_layer(one);
            case kinds::input:
                return add_input(one);
            case kinds::residual: {
                visit(one.parts[0]);
                const std::size_t body = current_;
                current_ = begin;
                if (one.parts.size() > 1) visit(one.parts[1]);
                return add_join("add", one.layer, {body, current_});
            }
            case kinds::branches: {
                std::vector<std::size_t> ends;
                for (const part& branch : one.parts) {
                    current_ = begin;
                    visit(branch);
                    ends.push_back(current_);
                }
                return add_join(one.type, one.layer, ends);
            }
            case kinds::merge: {
                std::vector<std::size_t> sources{current_};
                for (const std::string& point : one.points) sources.push_back(points_.at(point));
                return add_join(one.type, one.layer, sources);
            }
            case kinds::point:
                points_[one.name] = current_;
                return;
            case kinds::from:
                current_ = points_.at(one.name);
                return;
            case kinds::side_output:
                visit_all(one.parts);
                facts_.outputs.push_back({{}, current_});
                current_ = begin;
                return;
            default:
                visit_all(one.parts);
        }
    }

    void add(const described& what, std::size_t layer, const std::vector<std::size_t>& sources) {
        at::node made;
        static_cast<at::layer_facts&>(made) = what.facts;
        made.role = what.role;
        made.first_edge = facts_.edges.size();
        made.edge_count = sources.size();
        made.input = sources.empty() ? made.output : facts_.shape_of(sources[0]);
        facts_.edges.insert(facts_.edges.end(), sources.begin(), sources.end());
        current_ = facts_.nodes.size();
        facts_.nodes.push_back(made);
        layers.push_back(layer);
    }
    void add_input(const part& one) {
        if (!has_input_) {  // of the network itself
            has_input_ = true;
            facts_.input = library_shape(one.shape);
            current_ = at::none;
        } else {
            described made;
            made.role = at::layer_role::source;
            made.facts.output = library_shape(one.shape);
            add(made, one.layer, {});
        }
        if (!one.name.empty()) points_[one.name] = current_;
    }
    void add_layer(const part& one) {
        if (!one.points.empty() || !one.states.empty()) return add_with_states(one);
        const layer& of = of_.layers[one.layer];
        if (const auto made = described_layer(one, of, facts_.shape_of(current_)))
            add(*made, one.layer, {current_});
        else
            missing = "the layer " + one.type;
    }
    /// As parts/with_states.hpp has it: one vector with the sequence and its first states comes in, one with the results and the
    /// last states goes out.
    void add_with_states(const part& one) {
        const layer& of = of_.layers[one.layer];
        part alone = one;
        alone.points.clear();
        alone.states.clear();
        const at::shape sequence = facts_.shape_of(current_);
        auto core = described_layer(alone, of, sequence);
        if (!core) {
            missing = "the layer " + one.type;
            return;
        }
        const std::size_t units = core->facts.output.channels();
        const std::size_t states = core->facts.state_elements / units;
        const bool has_rows = core->facts.output.rank == 2;
        const std::size_t rows = has_rows ? core->facts.output.width() : 0;
        const at::shape results = core->facts.output;
        if (!one.points.empty()) {
            reshape(one.layer, at::shape{static_cast<std::size_t>(sequence.size())});
            std::vector<std::size_t> sources{current_};
            for (const std::string& point : one.points) sources.push_back(points_.at(point));
            add_join("concatenate", one.layer, sources);
        }
        if (!one.states.empty()) core->facts.output = at::shape{(rows + states) * units};
        add(*core, one.layer, {current_});
        if (one.states.empty()) return;
        const std::size_t whole = current_;
        std::size_t result = whole;
        if (has_rows) {
            cut(one.layer, 0, rows * units);
            reshape(one.layer, results);
            result = current_;
        }
        for (std::size_t k = 0; k < one.states.size(); ++k) {
            if (one.states[k].empty()) continue;
            current_ = whole;
            cut(one.layer, (rows + k) * units, units);
            if (result == whole) result = current_;
            points_[one.states[k]] = current_;
        }
        current_ = result;
    }
    void reshape(std::size_t layer, const at::shape& to) {
        described made;
        made.role = at::layer_role::alias;
        made.facts.output = to;
        add(made, layer, {current_});
    }
    void cut(std::size_t layer, std::size_t first, std::size_t count) {
        described made;
        made.role = at::layer_role::rearrangement;
        made.facts =
            at::detail::sliced(facts_.shape_of(current_), 0, static_cast<std::ptrdiff_t>(first), 1, count);
        add(made, layer, {current_});
    }
    void add_join(const std::string& type, std::size_t layer, const std::vector<std::size_t>& sources) {
        if (!missing.empty()) return;
        std::vector<at::shape> in;
        for (const std::size_t source : sources) in.push_back(facts_.shape_of(source));
        if (const auto made = described_join(type, in))
            add(*made, layer, sources);
        else
            missing = "the join " + type;
    }

    const network& of_;
    run_time_facts facts_;
    std::size_t current_ = at::none;
    bool has_input_ = false;
    std::map<std::string, std::size_t> points_;
};

using plan_type =
    at::network_plan<at::detail::plan_room{most_steps, most_values, most_values, most_outputs, most_outputs}>;

/// The name of a layer: its own, else what it is.
std::string name_of(const network& of, std::size_t layer) {
    const lower::layer& one = of.layers.at(layer);
    return one.name.empty() ? one.type : one.name;
}

std::vector<memory_block> blocks_of(const plan_type& plan, const std::vector<std::string>& steps) {
    std::vector<memory_block> made;
    for (std::size_t v = plan.input_in_arena ? 0 : 1; v < plan.value_count; ++v) {
        const at::value& here = plan.values[v];
        if (here.storage != v) continue;
        const at::detail::storage_use use = at::detail::use_of(plan, v);
        made.push_back({plan.is_input(v) ? "input" : steps[here.written], here.offset,
                        at::detail::round_up(here.size, at::arena_alignment), use.first, use.last, false});
    }
    for (std::size_t s = 0; s < plan.step_count; ++s)
        if (plan.steps[s].scratch != 0)
            made.push_back({steps[s], plan.steps[s].scratch_offset, plan.steps[s].scratch, s, s, true});
    return made;
}

}  // namespace

memory_plan planned(const network& of, const structure& parts) {
    memory_plan made;
    builder build(of);
    const run_time_facts facts = build.run(parts.parts);
    made.missing = build.missing;
    if (!made.missing.empty()) return made;
    // Too large for a stack.
    const auto plan = std::make_unique<plan_type>();
    constexpr at::detail::plan_room room{most_steps, most_values, most_values, most_outputs, most_outputs};
    using planner = at::detail::planner<run_time_facts, room>;
    const std::unique_ptr<planner> lowers(new planner{facts, at::detail::purpose::inference, nullptr, *plan});
    lowers->lower();
    at::detail::memory_planner<run_time_facts, room>{facts, at::detail::purpose::inference, *plan}.allocate();
    for (std::size_t s = 0; s < plan->step_count; ++s) {
        const at::step& one = plan->steps[s];
        made.steps.push_back((one.copies ? "copy for " : "") + name_of(of, build.layers.at(one.anchor)));
    }
    made.blocks = blocks_of(*plan, made.steps);
    made.elements = plan->arena_elements;
    made.least = plan->live_elements;
    return made;
}

}  // namespace archetype::plan
