// SPDX-License-Identifier: BSL-1.0
/// @file import_walk.hpp
/// A file that lists layers one after the other against a network that is a graph: which functions follow a layer along the
/// edges, and which layers of the network the file never spoke of.
#pragma once
#include <archetype/interchange/import_target.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net>
class import_walk {
public:
    import_walk() : seen_(unchecked_facts<Net>.size()), functions_(import_functions<Net>()) {}

    /// A function between two layers, or softmax.
    struct step {
        std::size_t node;
        std::string text;
    };
    /// What follows the result of `from` (`none`: the network's input) before the next layer with parameters, along the only
    /// reader of each result, through what computes nothing (dropout, flatten) and through joins. Counts as seen.
    std::vector<step> functions_after(std::size_t from) {
        std::vector<step> found;
        for (std::size_t at = reader_of(from); at != none; at = reader_of(at)) {
            const node& here = facts.nodes[at];
            const bool is_function = functions_[at] || here.function == known_function::softmax;
            if (is_function)
                found.push_back({at, functions_[at] ? text_of(*functions_[at]) : std::string("softmax")});
            else if (here.role == layer_role::alias)
                ++aliases_;
            else if (here.role != layer_role::join)
                break;
            seen_[at] = true;
        }
        return found;
    }
    /// Layers that compute nothing and were passed since the last call.
    std::size_t take_aliases() { return std::exchange(aliases_, 0); }
    const std::optional<import_function>& function(std::size_t at) const { return functions_[at]; }

    /// Whether `slopes` is the depthwise layer of max(x, 0) + slope * min(x, 0): a PReLU. Its nodes count as seen.
    bool is_prelu(std::size_t slopes) {
        const node& here = facts.nodes[slopes];
        const std::size_t negative = facts.source(here, 0), sum = reader_of(slopes);
        if (negative == none || sum == none || facts.nodes[sum].joins != join_kind::sum ||
            facts.nodes[sum].edge_count != 2 || here.window.columns.kernel * here.window.rows.kernel != 1 ||
            here.parameter_tensors != 1 || here.output != here.input ||
            !is_function(negative, [](double x, double) { return x < 0 ? x : 0; }))
            return false;
        const std::size_t first = facts.source(facts.nodes[sum], 0),
                          positive = first == slopes ? facts.source(facts.nodes[sum], 1) : first;
        if (positive == none || !is_function(positive, [](double x, double) { return x < 0 ? 0 : x; }) ||
            facts.source(facts.nodes[positive], 0) != facts.source(facts.nodes[negative], 0))
            return false;
        for (const std::size_t at : {negative, positive, sum}) seen_[at] = true;
        end_ = sum;
        return true;
    }
    /// The last node of what `is_prelu` found.
    std::size_t end_of_prelu() const { return end_; }

    /// Calls `report` with each node that computes something and that nobody saw.
    template <class Report>
    void for_each_unseen(Report report) const {
        for (std::size_t at = 0; at < facts.size(); ++at) {
            const node& here = facts.nodes[at];
            if (!seen_[at] && here.parameter_tensors == 0 && here.role != layer_role::alias &&
                here.role != layer_role::join && here.role != layer_role::source)
                report(here);
        }
    }

    /// Whether the network's result is the sum of its input and of something else.
    static bool adds_its_input() {
        const std::size_t end = facts.outputs[0].node;
        if (end == none || facts.nodes[end].joins != join_kind::sum || facts.nodes[end].edge_count != 2)
            return false;
        return facts.source(facts.nodes[end], 0) == none || facts.source(facts.nodes[end], 1) == none;
    }

private:
    static constexpr auto& facts = unchecked_facts<Net>;

    /// The only reader of a result, or `none`.
    static std::size_t reader_of(std::size_t source) {
        std::size_t reader = none;
        for (std::size_t at = 0; at < facts.size(); ++at)
            for (std::size_t edge = 0; edge < facts.nodes[at].edge_count; ++edge)
                if (facts.source(facts.nodes[at], edge) == source) {
                    if (reader != none) return none;
                    reader = at;
                }
        return reader;
    }
    bool is_function(std::size_t at, double (*form)(double, double)) const {
        return functions_[at] && same_function(*functions_[at], {"", {form}, 0});
    }

    std::vector<bool> seen_;
    std::vector<std::optional<import_function>> functions_;
    std::size_t aliases_ = 0, end_ = none;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
