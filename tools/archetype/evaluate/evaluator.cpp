// SPDX-License-Identifier: BSL-1.0
#include "evaluator.hpp"

#include "operators.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>

namespace archetype::evaluate {

namespace {

constexpr int deepest = 40;

bool listed(std::string_view names, std::string_view name) {
    for (std::size_t start = 0; start < names.size();) {
        const std::size_t end = std::min(names.find(' ', start), names.size());
        if (names.substr(start, end - start) == name) return true;
        start = end + 1;
    }
    return false;
}

std::string reason_against(const graph::node& of) {
    const operation* found = find_operation(of);
    if (found == nullptr) {
        std::string others;
        for (const operation* one : all_operations())
            if (one->domain == of.domain && one->name == of.operation)
                others += (others.empty() ? "" : ", ") + std::to_string(one->first_version) + " to " +
                          (one->last_version >= 1000 ? "the newest" : std::to_string(one->last_version));
        return others.empty()
                   ? "an operator that is not known"
                   : "known for operator sets " + others + ", the file has " + std::to_string(of.version);
    }
    for (const auto& [name, content] : of.attributes)
        if (!listed(found->attributes, name))
            return "the attribute \"" + name + "\" is not known" +
                   (found->attributes.empty() ? "" : " (known: " + std::string(found->attributes) + ")");
    if (of.inputs.size() < found->least_inputs || of.inputs.size() > found->most_inputs)
        return "takes " + std::to_string(found->least_inputs) + " to " +
               (found->most_inputs == any_number ? "any number of" : std::to_string(found->most_inputs)) +
               " inputs, the file gives " + std::to_string(of.inputs.size());
    if (of.outputs.empty() && found->most_outputs > 0) return "has an output, the file names none";
    if (of.outputs.size() > found->most_outputs)
        return "has at most " + std::to_string(found->most_outputs) + " outputs, the file asks for " +
               std::to_string(of.outputs.size());
    return "";
}

void collect(const graph::model& model, const graph::block& body, std::vector<refusal>& to) {
    for (const graph::node& one : body.nodes) {
        const std::string reason = reason_against(one);
        if (!reason.empty())
            to.push_back({graph::place_text(model, one),
                          one.domain.empty() ? one.operation : one.domain + ":" + one.operation, reason});
        for (const auto& [name, content] : one.attributes)
            if (const auto* inner = std::get_if<std::shared_ptr<graph::block>>(&content))
                collect(model, **inner, to);
    }
}

[[noreturn]] void fail(const graph::model& of, const std::string& place, std::string expected,
                       std::string found) {
    throw file_error({of.path + ", " + place, std::move(expected), std::move(found)});
}

std::string shape_text(const std::vector<graph::dimension>& shape) {
    std::string text;
    for (const graph::dimension& one : shape)
        text += (text.empty() ? "" : "x") + (one.extent >= 0      ? std::to_string(one.extent)
                                             : one.symbol.empty() ? "?"
                                                                  : one.symbol);
    return text.empty() ? "scalar" : text;
}

void check_shape(const graph::model& of, const graph::value& to, const array& given) {
    if (!to.shape) return;
    bool fits = to.shape->size() == given.rank();
    for (std::size_t axis = 0; fits && axis < given.rank(); ++axis)
        fits = (*to.shape)[axis].extent < 0 || (*to.shape)[axis].extent == given.shape[axis];
    // Some exporters write 0 for an extent that is open.
    const bool zeros = std::any_of(to.shape->begin(), to.shape->end(),
                                   [](const graph::dimension& one) { return one.extent == 0; });
    if (!fits && !(zeros && to.shape->size() == given.rank()))
        fail(of, "input \"" + to.name + "\"", "shape " + shape_text(*to.shape),
             graph::shape_text(given.shape));
}

}  // namespace

/// For each node the values that nobody reads behind it.
static std::vector<std::vector<graph::value_id>> last_read(const graph::block& body) {
    std::vector<std::vector<graph::value_id>> made(body.nodes.size());
    std::set<graph::value_id> seen(body.outputs.begin(), body.outputs.end());
    for (std::size_t k = body.nodes.size(); k-- > 0;) {
        std::set<graph::value_id> read(body.nodes[k].outputs.begin(), body.nodes[k].outputs.end());
        graph::values_of(body.nodes[k], read);
        for (const graph::value_id id : read)
            if (id != graph::no_value && seen.insert(id).second) made[k].push_back(id);
    }
    return made;
}

std::vector<refusal> refusals_of(const graph::model& of) {
    std::vector<refusal> made;
    collect(of, of.main, made);
    return made;
}

array fitted(const graph::model& of, const graph::value& to, const array& given) {
    check_shape(of, to, given);
    if (to.type == element_type::none || to.type == given.type) return given;
    if (is_real(to.type) && is_real(given.type)) {
        reals made = given.as_reals();
        for (double& one : made) one = rounded(one, to.type);
        return {to.type, given.shape, std::move(made)};
    }
    const bool booleans = to.type == element_type::boolean || given.type == element_type::boolean;
    if (!booleans && is_whole(to.type) && is_whole(given.type)) {
        for (const std::int64_t one : given.as_wholes())
            if (wrapped(one, to.type) != one)
                fail(of, "input \"" + to.name + "\"", "integers that fit " + std::string(name_of(to.type)),
                     std::to_string(one));
        return {to.type, given.shape, wholes(given.as_wholes())};
    }
    fail(of, "input \"" + to.name + "\"", std::string(name_of(to.type)), std::string(name_of(given.type)));
}

std::vector<datum> evaluator::run(const std::map<std::string, datum>& inputs) {
    std::fill(values_.begin(), values_.end(), datum{});
    evaluated_ = 0;
    declared_ = 0;
    for (const auto& [name, content] : inputs) {
        const auto found = std::find_if(
            model_.main.inputs.begin(), model_.main.inputs.end(),
            [&, &wanted = name](graph::value_id id) { return model_.values[id].name == wanted; });
        if (found == model_.main.inputs.end()) {
            std::string names;
            for (const graph::value_id id : model_.main.inputs)
                if (!model_.values[id].constant)
                    names += (names.empty() ? "\"" : ", \"") + model_.values[id].name + "\"";
            fail(model_, "inputs", names.empty() ? "none" : names, "\"" + name + "\"");
        }
        const graph::value& to = model_.values[*found];
        const bool tensor = content.kind == datum::kinds::tensor;
        if ((to.kind == graph::value_kind::tensor && !tensor) ||
            (to.kind == graph::value_kind::sequence && tensor))
            fail(model_, "input \"" + name + "\"",
                 to.kind == graph::value_kind::tensor ? "a tensor" : "a sequence",
                 tensor ? "a tensor" : "something else");
        values_[*found] = tensor && to.kind == graph::value_kind::tensor
                              ? datum(fitted(model_, to, content.tensor))
                              : content;
    }
    for (const graph::value_id id : model_.main.inputs)
        if (values_[id].kind == datum::kinds::absent && !model_.values[id].constant)
            fail(model_, "inputs",
                 "\"" + model_.values[id].name + "\"" +
                     (model_.values[id].shape ? " of shape " + shape_text(*model_.values[id].shape) : ""),
                 "none");
    return run_block(model_.main, 0);
}

const datum& evaluator::get(graph::value_id id) {
    if (values_[id].kind != datum::kinds::absent || !model_.values[id].constant) return values_[id];
    datum& constant = constants_[id];
    if (constant.kind == datum::kinds::absent) {
        try {
            constant = array_of(*model_.values[id].constant);
        } catch (const std::invalid_argument& found) {
            fail(model_, "initializer \"" + model_.values[id].name + "\"", "real numbers, integers or texts",
                 found.what());
        }
    }
    decoded_.push_back(id);
    return constant;
}

void evaluator::count_step(const std::string& place) {
    if (++evaluated_ > options_.most_nodes)
        fail(model_, place, "at most " + std::to_string(options_.most_nodes) + " nodes evaluated", "more");
}

std::vector<datum> evaluator::run_block(const graph::block& body, int depth) {
    if (depth > deepest)
        fail(model_, "block \"" + body.name + "\"",
             "at most " + std::to_string(deepest) + " blocks within each other", "more");
    count_step("block \"" + body.name + "\"");
    const std::vector<std::vector<graph::value_id>> free_after =
        depth == 0 ? last_read(body) : std::vector<std::vector<graph::value_id>>();
    for (std::size_t k = 0; k < body.nodes.size(); ++k) {
        run_node(body.nodes[k], depth);
        if (depth != 0) continue;  // a loop's node may hold numbers that its body reads too
        for (const graph::value_id id : free_after[k]) values_[id] = datum{};
        for (const graph::value_id id : decoded_) constants_[id].tensor.release();
        decoded_.clear();
    }
    std::vector<datum> made;
    for (const graph::value_id id : body.outputs) {
        made.push_back(get(id));
        if (made.back().kind == datum::kinds::absent)
            fail(model_, "output \"" + model_.values[id].name + "\"", "a value", "none");
    }
    return made;
}

bool evaluator::as_the_file_says(const graph::node& one) {
    constexpr std::int64_t most = std::int64_t{1} << 28;  // in all
    std::vector<datum> results;
    for (const graph::value_id id : one.outputs) {
        results.emplace_back();
        if (id == graph::no_value) continue;
        const graph::value& to = model_.values[id];
        const bool is_number = is_real(to.type) || is_whole(to.type);
        if (!to.shape || to.kind != graph::value_kind::tensor || !is_number) return false;
        shape_type shape;
        for (const graph::dimension& extent : *to.shape) shape.push_back(extent.extent);
        const auto count = graph::element_count(shape);
        if (!count || *count > most - declared_) return false;
        declared_ += *count;
        const auto size = static_cast<std::size_t>(*count);
        results.back() = is_real(to.type) ? array(to.type, shape, reals(size, 0.0))
                                          : array(to.type, shape, wholes(size, 0));
    }
    const call made(model_, one, {}, options_, variables_, {});
    for (std::size_t k = 0; k < one.outputs.size(); ++k)
        if (one.outputs[k] != graph::no_value) values_[one.outputs[k]] = results[k];
    if (watch_) watch_(one, made, results);
    return true;
}

void evaluator::run_node(const graph::node& one, int depth) {
    const operation* found = find_operation(one);
    const std::string reason = reason_against(one);
    count_step("node " + one.name);
    if (!reason.empty() && options_.shapes_only && as_the_file_says(one)) return;
    if (!reason.empty())
        fail(model_, "node " + graph::place_text(model_, one), "an operator that can be evaluated", reason);
    std::vector<datum> inputs;
    for (const graph::value_id id : one.inputs) inputs.push_back(id == graph::no_value ? datum{} : get(id));
    while (!inputs.empty() && inputs.back().kind == datum::kinds::absent &&
           one.inputs[inputs.size() - 1] == graph::no_value)
        inputs.pop_back();
    call made(model_, one, std::move(inputs), options_, variables_,
              [&](const graph::block& body, std::vector<datum> given) {
                  if (given.size() != body.inputs.size())
                      fail(model_, "block \"" + body.name + "\"",
                           std::to_string(body.inputs.size()) + " inputs", std::to_string(given.size()));
                  for (std::size_t k = 0; k < given.size(); ++k)
                      values_[body.inputs[k]] = std::move(given[k]);
                  return run_block(body, depth + 1);
              });
    try {
        found->evaluate(made);
    } catch (const file_error&) {
        throw;
    } catch (const std::bad_alloc&) {
        made.fail("results that fit in memory", "more");
    } catch (const std::exception& complaint) {
        made.fail("inputs that the operator is defined for", complaint.what());
    }
    std::vector<datum>& results = made.results();
    for (std::size_t k = 0; k < one.outputs.size(); ++k) {
        if (one.outputs[k] == graph::no_value) continue;
        if (k >= results.size())
            made.fail(std::to_string(results.size()) + " outputs", std::to_string(one.outputs.size()));
        if (results[k].kind == datum::kinds::tensor)
            results[k].tensor = finished(std::move(results[k].tensor), options_.float64);
        values_[one.outputs[k]] = results[k];
    }
    if (watch_) watch_(one, made, results);
}

}  // namespace archetype::evaluate
