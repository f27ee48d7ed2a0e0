// SPDX-License-Identifier: BSL-1.0
// Branches, loops, optional values.
#include "indexing.hpp"
#include "operators.hpp"

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

void branch(call& at) {
    const bool condition = at.one_whole(0) != 0;
    std::vector<datum> made = at.run(at.body(condition ? "then_branch" : "else_branch"), {});
    for (datum& one : made) at.give(std::move(one));
}

/// One index of an axis, which goes.
array taken(const array& from, std::size_t axis, whole index) {
    shape_type to = from.shape;
    to.erase(to.begin() + static_cast<std::ptrdiff_t>(axis));
    const whole inner = product_of(from.shape, axis + 1, from.rank());
    const whole outer = product_of(from.shape, 0, axis);
    return with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        for (whole o = 0; o < outer; ++o) {
            const auto start = elements.begin() + (o * from.shape[axis] + index) * inner;
            made.insert(made.end(), start, start + inner);
        }
        return array(from.type, to, std::move(made));
    });
}

/// Tensors of one shape along a new axis.
array stacked(const call& at, const std::vector<array>& parts, std::size_t axis) {
    const array& first = parts.at(0);
    at.expect(axis <= first.rank(), "an axis of the result", std::to_string(axis));
    const whole inner = product_of(first.shape, axis, first.rank());
    const whole outer = product_of(first.shape, 0, axis);
    shape_type to = first.shape;
    to.insert(to.begin() + static_cast<std::ptrdiff_t>(axis), static_cast<whole>(parts.size()));
    at.count(to);
    return with_elements(first, [&](auto made) {
        using elements = decltype(made);
        made.clear();
        for (whole o = 0; o < outer; ++o)
            for (const array& part : parts) {
                at.expect(part.shape == first.shape && part.type == first.type,
                          "results of one shape " + shape_text(first.shape), shape_text(part.shape));
                with_elements(part, [&](const auto& from) {
                    if constexpr (std::is_same_v<std::decay_t<decltype(from)>, elements>)
                        made.insert(made.end(), from.begin() + o * inner, from.begin() + (o + 1) * inner);
                });
            }
        return array(first.type, to, std::move(made));
    });
}

const array& tensor_of(const call& at, const datum& one, std::string_view what) {
    at.expect(one.kind == datum::kinds::tensor, "a tensor as " + std::string(what), "something else");
    return one.tensor;
}

/// What is stacked if a loop never ran: no element of whatever shape the body would give.
array none_of(element_type type) {
    if (type == element_type::text) return {type, {0}, texts{}};
    if (is_whole(type)) return {type, {0}, wholes{}};
    return {type == element_type::none ? element_type::float32 : type, {0}, reals{}};
}

void loop(call& at) {
    const graph::block& body = at.body("body");
    const whole most = at.has(0) ? at.one_whole(0) : INT64_MAX;
    bool goes_on = !at.has(1) || at.one_whole(1) != 0;
    std::vector<datum> carried;
    for (std::size_t index = 2; index < at.input_count(); ++index) carried.push_back(at.given(index));
    const std::size_t states = carried.size();
    at.expect(body.inputs.size() == states + 2 && body.outputs.size() >= states + 1,
              "a body with " + std::to_string(states) + " values carried along",
              std::to_string(body.inputs.size()) + " inputs");
    std::vector<std::vector<array>> collected(body.outputs.size() - 1 - states);
    for (whole step = 0; step < most && goes_on; ++step) {
        std::vector<datum> inputs{array(element_type::int64, {}, wholes{step}),
                                  array(element_type::boolean, {}, wholes{1})};
        inputs.insert(inputs.end(), carried.begin(), carried.end());
        std::vector<datum> made = at.run(body, std::move(inputs));
        const array& condition = tensor_of(at, made[0], "condition");
        at.expect(condition.type == element_type::boolean && condition.size() == 1, "one bool as condition",
                  shape_text(condition.shape));
        goes_on = condition.as_wholes()[0] != 0;
        for (std::size_t k = 0; k < states; ++k) carried[k] = std::move(made[k + 1]);
        for (std::size_t k = 0; k < collected.size(); ++k)
            collected[k].push_back(tensor_of(at, made[states + 1 + k], "collected result"));
    }
    for (datum& one : carried) at.give(std::move(one));
    for (const auto& one : collected)
        at.give(one.empty() ? none_of(element_type::none) : stacked(at, one, 0));
}

/// One pass over the scanned inputs: states, then results stacked.
struct scan {
    std::vector<datum> states;
    std::vector<std::vector<array>> collected;
};
scan scanned(const call& at, const graph::block& body, std::vector<datum> states,
             const std::vector<array>& inputs, const std::vector<std::size_t>& axes,
             const std::vector<whole>& directions) {
    at.expect(body.inputs.size() == states.size() + inputs.size() && body.outputs.size() >= states.size(),
              "a body with an input for each of the node's", std::to_string(body.inputs.size()));
    at.expect(!inputs.empty(), "an input to scan", "none");
    const whole length = inputs[0].shape[axes[0]];
    for (std::size_t k = 0; k < inputs.size(); ++k)
        at.expect(inputs[k].shape[axes[k]] == length, "inputs of one length " + std::to_string(length),
                  std::to_string(inputs[k].shape[axes[k]]));
    scan made;
    made.collected.resize(body.outputs.size() - states.size());
    for (whole step = 0; step < length; ++step) {
        std::vector<datum> given = states;
        for (std::size_t k = 0; k < inputs.size(); ++k)
            given.emplace_back(taken(inputs[k], axes[k], directions[k] != 0 ? length - 1 - step : step));
        std::vector<datum> results = at.run(body, std::move(given));
        for (std::size_t k = 0; k < states.size(); ++k) states[k] = std::move(results[k]);
        for (std::size_t k = 0; k < made.collected.size(); ++k)
            made.collected[k].push_back(tensor_of(at, results[states.size() + k], "collected result"));
    }
    made.states = std::move(states);
    return made;
}

std::vector<whole> list_of(const call& at, std::string_view name, std::size_t count) {
    std::vector<whole> made = at.integers(name, std::vector<whole>(count, 0));
    at.expect(made.size() == count, std::to_string(count) + " numbers as " + std::string(name),
              std::to_string(made.size()));
    return made;
}

void scan_loop(call& at) {
    const graph::block& body = at.body("body");
    const whole count = at.integer("num_scan_inputs");
    at.expect(count > 0 && count <= static_cast<whole>(at.input_count()), "scanned inputs",
              std::to_string(count));
    const auto scanned_inputs = static_cast<std::size_t>(count);
    const std::size_t states = at.input_count() - scanned_inputs;
    std::vector<datum> carried;
    for (std::size_t k = 0; k < states; ++k) carried.push_back(at.given(k));
    std::vector<array> inputs;
    std::vector<std::size_t> axes;
    const std::vector<whole> given_axes = list_of(at, "scan_input_axes", scanned_inputs);
    for (std::size_t k = 0; k < scanned_inputs; ++k) {
        inputs.push_back(at.in(states + k));
        axes.push_back(at.axis(given_axes[k], inputs.back().rank()));
    }
    scan made = scanned(at, body, std::move(carried), inputs, axes,
                        list_of(at, "scan_input_directions", scanned_inputs));
    for (datum& one : made.states) at.give(std::move(one));
    const std::vector<whole> output_axes = list_of(at, "scan_output_axes", made.collected.size());
    const std::vector<whole> directions = list_of(at, "scan_output_directions", made.collected.size());
    for (std::size_t k = 0; k < made.collected.size(); ++k) {
        std::vector<array>& parts = made.collected[k];
        if (parts.empty()) {
            at.give(none_of(element_type::none));
            continue;
        }
        if (directions[k] != 0) std::reverse(parts.begin(), parts.end());
        at.give(stacked(at, parts, at.axis(output_axes[k], parts[0].rank() + 1)));
    }
}

/// Version 8 has an axis of samples before that of time.
void scan_samples(call& at) {
    const graph::block& body = at.body("body");
    const whole count = at.integer("num_scan_inputs");
    at.expect(count > 0 && count < static_cast<whole>(at.input_count()), "scanned inputs",
              std::to_string(count));
    at.expect(!at.has(0), "sequences of one length (no sequence_lens)", "lengths");
    const auto scanned_inputs = static_cast<std::size_t>(count);
    const std::size_t states = at.input_count() - 1 - scanned_inputs;
    const whole samples = at.in(1).rank() > 0 ? at.in(1).shape[0] : 0;
    at.expect(samples > 0, "samples", "none");
    std::vector<std::vector<array>> results(body.outputs.size());
    for (whole n = 0; n < samples; ++n) {
        std::vector<datum> carried;
        std::vector<array> inputs;
        for (std::size_t k = 1; k < at.input_count(); ++k) {
            at.expect(at.in(k).rank() > 0 && at.in(k).shape[0] == samples,
                      std::to_string(samples) + " samples", shape_text(at.in(k).shape));
            array one = taken(at.in(k), 0, n);
            if (k <= states)
                carried.emplace_back(std::move(one));
            else
                inputs.push_back(std::move(one));
        }
        for (const array& one : inputs) at.expect(one.rank() > 0, "an axis of time", "none");
        scan made = scanned(at, body, std::move(carried), inputs, std::vector<std::size_t>(scanned_inputs, 0),
                            list_of(at, "directions", scanned_inputs));
        for (std::size_t k = 0; k < states; ++k) results[k].push_back(tensor_of(at, made.states[k], "state"));
        for (std::size_t k = 0; k < made.collected.size(); ++k)
            if (!made.collected[k].empty()) results[states + k].push_back(stacked(at, made.collected[k], 0));
    }
    for (const auto& one : results) at.give(one.empty() ? none_of(element_type::none) : stacked(at, one, 0));
}

void sequence_map(call& at) {
    const graph::block& body = at.body("body");
    const std::size_t length = at.sequence(0).size();
    std::vector<std::vector<array>> results(body.outputs.size());
    at.expect(body.inputs.size() == at.input_count(), "a body with an input for each of the node's",
              std::to_string(body.inputs.size()));
    for (std::size_t i = 0; i < length; ++i) {
        std::vector<datum> inputs;
        for (std::size_t k = 0; k < at.input_count(); ++k) {
            if (at.given(k).kind != datum::kinds::sequence) {
                inputs.push_back(at.given(k));
                continue;
            }
            at.expect(at.sequence(k).size() == length, "sequences of one length",
                      std::to_string(at.sequence(k).size()));
            inputs.emplace_back(at.sequence(k)[i]);
        }
        std::vector<datum> made = at.run(body, std::move(inputs));
        for (std::size_t k = 0; k < results.size(); ++k)
            results[k].push_back(tensor_of(at, made[k], "result"));
    }
    for (auto& one : results) at.give(datum(std::move(one)));
}

void optional(call& at) {
    if (at.has(0)) return at.give(at.given(0));
    datum made;
    made.kind = datum::kinds::empty_optional;
    at.give(made);
}
void optional_has_element(call& at) {
    const bool there = at.has(0) && at.given(0).kind != datum::kinds::empty_optional;
    at.give(element_type::boolean, {}, wholes{there ? 1 : 0});
}
void optional_get_element(call& at) {
    at.expect(at.given(0).kind != datum::kinds::empty_optional, "an optional with an element",
              "an empty one");
    at.give(at.given(0));
}

constexpr operation table[] = {
    {"", "If", branch, 1, 1, any_number, "then_branch else_branch"},
    {"", "Loop", loop, 2, any_number, any_number, "body"},
    {"", "Scan", scan_samples, 2, any_number, any_number, "body directions num_scan_inputs", 8, 8},
    {"", "Scan", scan_loop, 1, any_number, any_number,
     "body num_scan_inputs scan_input_axes scan_input_directions scan_output_axes scan_output_directions", 9},
    {"", "SequenceMap", sequence_map, 1, any_number, any_number, "body", 17},
    {"", "Optional", optional, 0, 1, 1, "type", 15},
    {"", "OptionalHasElement", optional_has_element, 0, 1, 1, "", 15},
    {"", "OptionalGetElement", optional_get_element, 1, 1, 1, "", 15},
};

}  // namespace

std::span<const operation> controlling_operations() { return table; }

}  // namespace archetype::evaluate
