// SPDX-License-Identifier: BSL-1.0
// Loop and Scan, turn by turn, where the file says how many turns there are.
#include "turns.hpp"

#include "network.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace archetype::rewrite {

namespace {

constexpr std::int64_t most_nodes = 4096;

class turns {
public:
    explicit turns(const graph::model& file) : made_(file) {}

    graph::model run() {
        std::vector<graph::node> nodes;
        for (graph::node& one : made_.main.nodes) append(nodes, std::move(one));
        made_.main.nodes = std::move(nodes);
        return std::move(made_);
    }

private:
    using names = std::map<value_id, value_id>;

    void append(std::vector<graph::node>& to, graph::node one) {
        std::vector<graph::node> instead;
        const std::int64_t nodes = made_nodes_;
        if (one.domain.empty() && ((one.operation == "Loop" && loop(one, instead)) ||
                                   (one.operation == "Scan" && one.version >= 9 && scan(one, instead)))) {
            const auto size = static_cast<std::ptrdiff_t>(to.size());
            ++depth_;
            for (graph::node& turn : instead)
                if (!exceeded_) append(to, std::move(turn));
            if (--depth_ > 0 || !exceeded_) return;
            // With loops inside there would be too many: it stays a loop.
            exceeded_ = false;
            made_nodes_ = nodes;
            to.erase(to.begin() + size, to.end());
        }
        makers_[one.outputs.empty() ? no_value : one.outputs[0]] = one;
        to.push_back(std::move(one));
    }

    static const graph::block* body_of(const graph::node& one) {
        const auto found = one.attributes.find("body");
        const auto* const body = found == one.attributes.end()
                                     ? nullptr
                                     : std::get_if<std::shared_ptr<graph::block>>(&found->second);
        return body == nullptr ? nullptr : body->get();
    }

    value_id constant(array content) {
        graph::value one;
        one.type = content.type;
        one.shape.emplace();
        for (const std::int64_t extent : content.shape) one.shape->push_back({extent, ""});
        one.constant = evaluate::tensor_of(content);
        made_.values.push_back(std::move(one));
        return made_.values.size() - 1;
    }
    value_id number(std::int64_t one, element_type type = element_type::int64) {
        return constant(array(type, {}, evaluate::wholes{one}));
    }
    value_id value(value_id like) {
        graph::value one;
        if (like != no_value) one = made_.values[like];
        one.constant.reset();
        made_.values.push_back(std::move(one));
        return made_.values.size() - 1;
    }
    graph::node node(const graph::node& from, std::string operation, std::vector<value_id> inputs,
                     value_id out, attributes_map attributes = {}) const {
        graph::node one;
        one.name = from.name;
        one.operation = std::move(operation);
        one.version = std::max<std::int64_t>(from.version, 13);
        one.inputs = std::move(inputs);
        one.outputs = {out};
        one.attributes = std::move(attributes);
        return one;
    }

    /// Whether so many nodes may be added to those that all loops have become. Then they are counted.
    bool fits(double count, std::size_t nodes) {
        const double all = static_cast<double>(made_nodes_) + count * static_cast<double>(nodes);
        if (!(all <= static_cast<double>(most_nodes))) {
            exceeded_ = depth_ > 0;
            return false;
        }
        made_nodes_ = static_cast<std::int64_t>(all);
        return true;
    }

    /// The number that a value always is, seen from a body too.
    std::optional<double> known(value_id id, const graph::block* within = nullptr) const {
        if (id == no_value) return std::nullopt;
        if (const auto& content = made_.values[id].constant) {
            const auto all = evaluate::all_reals(evaluate::array_of(*content));
            return all.size() == 1 ? std::optional(all[0]) : std::nullopt;
        }
        const graph::node* maker = nullptr;
        if (within != nullptr)
            for (const graph::node& one : within->nodes)
                if (!one.outputs.empty() && one.outputs[0] == id) maker = &one;
        if (const auto found = makers_.find(id); maker == nullptr && found != makers_.end())
            maker = &found->second;
        if (maker == nullptr || !maker->domain.empty()) return std::nullopt;
        if ((maker->operation == "Identity" || maker->operation == "Cast") && maker->inputs.size() == 1)
            return known(maker->inputs[0], within);
        if (maker->operation != "Constant") return std::nullopt;
        if (const auto found = maker->attributes.find("value"); found != maker->attributes.end())
            if (const auto* const content = std::get_if<graph::tensor>(&found->second)) {
                const auto all = evaluate::all_reals(evaluate::array_of(*content));
                return all.size() == 1 ? std::optional(all[0]) : std::nullopt;
            }
        if (const auto found = maker->attributes.find("value_int"); found != maker->attributes.end())
            if (const auto* const content = std::get_if<std::int64_t>(&found->second))
                return static_cast<double>(*content);
        return std::nullopt;
    }

    /// Nodes of a body with values of their own.
    std::vector<graph::node> turn(const graph::block& body, names& ids) {
        std::vector<graph::node> nodes;
        for (graph::node one : body.nodes) {
            rename(one, ids);
            nodes.push_back(std::move(one));
        }
        return nodes;
    }
    void rename(graph::node& one, names& ids) {
        for (value_id& id : one.inputs)
            if (const auto found = ids.find(id); found != ids.end()) id = found->second;
        for (auto& [name, content] : one.attributes) {
            auto* const inner = std::get_if<std::shared_ptr<graph::block>>(&content);
            if (inner == nullptr) continue;
            auto copy = std::make_shared<graph::block>(**inner);
            for (value_id& id : copy->inputs) id = ids[id] = value(id);
            copy->nodes = turn(**inner, ids);
            for (value_id& id : copy->outputs)
                if (const auto found = ids.find(id); found != ids.end()) id = found->second;
            *inner = std::move(copy);
        }
        for (value_id& id : one.outputs)
            if (id != no_value) id = ids[id] = value(id);
    }
    static value_id renamed(const names& ids, value_id id) {
        const auto found = ids.find(id);
        return found == ids.end() ? id : found->second;
    }

    /// Values of all turns along a new axis.
    void stack(const graph::node& from, const std::vector<value_id>& parts, std::int64_t axis, value_id out,
               std::vector<graph::node>& to) {
        std::vector<value_id> all;
        const value_id where = constant(array(element_type::int64, {1}, evaluate::wholes{axis}));
        for (const value_id part : parts) {
            all.push_back(value(no_value));
            to.push_back(node(from, "Unsqueeze", {part, where}, all.back()));
        }
        to.push_back(node(from, "Concat", all, out, {{"axis", axis}}));
    }

    bool loop(const graph::node& one, std::vector<graph::node>& to) {
        const graph::block* const body = body_of(one);
        if (body == nullptr || one.inputs.size() < 2 || body->inputs.size() != one.inputs.size() ||
            body->outputs.size() != one.outputs.size() + 1 || one.outputs.size() + 2 < one.inputs.size())
            return false;
        const auto count = known(one.inputs[0]);
        const bool begins = one.inputs[1] == no_value || known(one.inputs[1]).value_or(0) != 0;
        value_id goes_on = body->outputs[0];
        for (const graph::node& inner : body->nodes)
            if (inner.operation == "Identity" && !inner.outputs.empty() && !inner.inputs.empty() &&
                inner.outputs[0] == goes_on && inner.inputs[0] == body->inputs[1])
                goes_on = body->inputs[1];
        if (goes_on != body->inputs[1] && known(goes_on, body).value_or(0) == 0) return false;
        if (!count || !begins || *count < 1 || !fits(*count, body->nodes.size() + 1)) return false;
        const std::size_t carried = one.inputs.size() - 2;
        std::vector<value_id> now(one.inputs.begin() + 2, one.inputs.end());
        std::vector<std::vector<value_id>> scanned(one.outputs.size() - carried);
        for (std::int64_t k = 0; k < static_cast<std::int64_t>(*count); ++k) {
            names ids;
            ids[body->inputs[0]] = number(k);
            ids[body->inputs[1]] = number(1, element_type::boolean);
            for (std::size_t i = 0; i < carried; ++i) ids[body->inputs[2 + i]] = now[i];
            for (graph::node& made : turn(*body, ids)) to.push_back(std::move(made));
            for (std::size_t i = 0; i < carried; ++i) now[i] = renamed(ids, body->outputs[1 + i]);
            for (std::size_t i = 0; i < scanned.size(); ++i)
                scanned[i].push_back(renamed(ids, body->outputs[1 + carried + i]));
        }
        for (std::size_t i = 0; i < one.outputs.size(); ++i) {
            if (one.outputs[i] == no_value) continue;
            if (i < carried)
                to.push_back(node(one, "Identity", {now[i]}, one.outputs[i]));
            else
                stack(one, scanned[i - carried], 0, one.outputs[i], to);
        }
        return true;
    }

    static std::vector<std::int64_t> list(const graph::node& of, std::string_view name, std::size_t count) {
        std::vector<std::int64_t> made = integers_of(of, name);
        made.resize(count, 0);
        return made;
    }
    bool scan(const graph::node& one, std::vector<graph::node>& to) {
        const graph::block* const body = body_of(one);
        const auto count =
            static_cast<std::size_t>(std::max<std::int64_t>(integer_of(one, "num_scan_inputs", 0), 0));
        if (body == nullptr || count == 0 || one.inputs.size() < count ||
            body->inputs.size() != one.inputs.size() || body->outputs.size() != one.outputs.size() ||
            one.outputs.size() + count < one.inputs.size())
            return false;
        const std::size_t carried = one.inputs.size() - count;
        const auto axes = list(one, "scan_input_axes", count);
        const auto directions = list(one, "scan_input_directions", count);
        const auto out_axes = list(one, "scan_output_axes", one.outputs.size() - carried);
        const auto out_directions = list(one, "scan_output_directions", one.outputs.size() - carried);
        std::int64_t steps = -1;
        for (std::size_t k = 0; k < count; ++k) {
            const value_id id = one.inputs[carried + k];
            const auto& shape = id == no_value ? std::nullopt : made_.values[id].shape;
            if (!shape) return false;
            const std::int64_t axis =
                axes[k] < 0 ? axes[k] + static_cast<std::int64_t>(shape->size()) : axes[k];
            if (axis < 0 || axis >= static_cast<std::int64_t>(shape->size())) return false;
            const std::int64_t extent = (*shape)[static_cast<std::size_t>(axis)].extent;
            if (extent <= 0 || (steps >= 0 && extent != steps)) return false;
            steps = extent;
        }
        if (!fits(static_cast<double>(steps), body->nodes.size() + count + 1)) return false;
        std::vector<value_id> now(one.inputs.begin(),
                                  one.inputs.begin() + static_cast<std::ptrdiff_t>(carried));
        std::vector<std::vector<value_id>> scanned(out_axes.size());
        for (std::int64_t step = 0; step < steps; ++step) {
            names ids;
            for (std::size_t i = 0; i < carried; ++i) ids[body->inputs[i]] = now[i];
            for (std::size_t k = 0; k < count; ++k) {
                const value_id part = value(no_value);
                to.push_back(
                    node(one, "Gather",
                         {one.inputs[carried + k], number(directions[k] != 0 ? steps - 1 - step : step)},
                         part, {{"axis", axes[k]}}));
                ids[body->inputs[carried + k]] = part;
            }
            for (graph::node& made : turn(*body, ids)) to.push_back(std::move(made));
            for (std::size_t i = 0; i < carried; ++i) now[i] = renamed(ids, body->outputs[i]);
            for (std::size_t i = 0; i < scanned.size(); ++i)
                scanned[i].push_back(renamed(ids, body->outputs[carried + i]));
        }
        for (std::size_t i = 0; i < one.outputs.size(); ++i) {
            if (one.outputs[i] == no_value) continue;
            if (i < carried) {
                to.push_back(node(one, "Identity", {now[i]}, one.outputs[i]));
                continue;
            }
            std::vector<value_id>& parts = scanned[i - carried];
            if (out_directions[i - carried] != 0) std::reverse(parts.begin(), parts.end());
            stack(one, parts, out_axes[i - carried], one.outputs[i], to);
        }
        return true;
    }

    graph::model made_;
    std::map<value_id, graph::node> makers_;
    std::int64_t made_nodes_ = 0;
    int depth_ = 0;          ///< loops that nodes are inside
    bool exceeded_ = false;  ///< a loop inside has too many
};

}  // namespace

graph::model with_turns(const graph::model& file) {
    const bool any = std::any_of(file.main.nodes.begin(), file.main.nodes.end(), [](const graph::node& one) {
        return one.domain.empty() && (one.operation == "Loop" || one.operation == "Scan");
    });
    return any ? turns(file).run() : file;
}

}  // namespace archetype::rewrite
