// SPDX-License-Identifier: BSL-1.0
// Operators by indices that are constants, and recurrent steps of several sequences, as slices, concatenations and products.
#include "passes.hpp"

#include <algorithm>
#include <optional>

namespace archetype::rewrite {

namespace {

using integers = std::vector<std::int64_t>;

/// Nodes in the place of one, in their order.
class builder {
public:
    builder(network& of, const step& from) : of_(of), from_(from) {}

    value_id add(const std::string& operation, std::vector<value_id> inputs, shape_type shape,
                 attributes_map attributes = {}) {
        const value_id made = of_.add_value(from_.node.name, element_type::float32, std::move(shape));
        of_.types[made] =
            of_.types.at(from_.node.outputs[0] != no_value ? from_.node.outputs[0] : from_.node.outputs[1]);
        to(made, operation, std::move(inputs), std::move(attributes));
        return made;
    }
    void to(value_id output, const std::string& operation, std::vector<value_id> inputs,
            attributes_map attributes = {}) {
        steps.push_back(make_step(operation, std::move(inputs), output, std::move(attributes), from_.sources,
                                  from_.node.name));
    }
    value_id list(const integers& numbers) {
        return of_.add_constant("", array(element_type::int64, {static_cast<std::int64_t>(numbers.size())},
                                          evaluate::wholes(numbers)));
    }
    value_id numbers(const std::string& name, shape_type shape, evaluate::reals content) {
        return of_.add_constant(name, array(element_type::float32, std::move(shape), std::move(content)));
    }
    value_id slice(value_id from, std::size_t axis, std::int64_t first, std::int64_t last) {
        shape_type shape = of_.shape(from);
        shape[axis] = last - first;
        return add("Slice", {from, list({first}), list({last}), list({static_cast<std::int64_t>(axis)})},
                   shape);
    }
    value_id reshape(value_id from, const shape_type& shape) {
        return add("Reshape", {from, list(shape)}, shape);
    }

    std::vector<step> steps;

private:
    network& of_;
    const step& from_;
};

/// Indices as an axis of extent `extent` counts them; nothing if they are no constants.
std::optional<integers> constant_indices(const network& of, value_id id, std::int64_t extent) {
    const array* content = of.constant(id);
    if (content == nullptr || !graph::is_whole(content->type)) return std::nullopt;
    const auto wholes = content->as_wholes();
    integers made(wholes.begin(), wholes.end());
    for (std::int64_t& one : made) one += one < 0 ? extent : 0;
    return made;
}

/// A gather by a matrix whose rows count on, as torch.nn.Unfold is exported: each row is a slice.
std::vector<step> windows(network& of, const step& from) {
    const graph::node& node = from.node;
    const shape_type& in = of.shape(node.inputs[0]);
    const auto rank = static_cast<std::int64_t>(in.size());
    const std::int64_t given = integer_of(node, "axis", 0);
    const auto axis = static_cast<std::size_t>(given < 0 ? given + rank : given);
    const array* content = of.constant(node.inputs.at(1));
    if (content == nullptr || content->shape.size() != 2 || axis >= in.size()) return {};
    const auto rows = static_cast<std::size_t>(content->shape[0]);
    const auto columns = static_cast<std::size_t>(content->shape[1]);
    if (rows < 2 || rows > 256 || columns == 0) return {};
    const auto indices = constant_indices(of, node.inputs[1], in[axis]);
    if (!indices) return {};
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column)
            if ((*indices)[row * columns + column] !=
                (*indices)[row * columns] + static_cast<std::int64_t>(column))
                return {};
    builder made(of, from);
    std::vector<value_id> parts;
    for (std::size_t row = 0; row < rows; ++row) {
        const std::int64_t first = (*indices)[row * columns];
        const value_id part =
            made.slice(node.inputs[0], axis, first, first + static_cast<std::int64_t>(columns));
        shape_type shape = of.shape(part);
        shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
        parts.push_back(made.reshape(part, shape));
    }
    made.to(node.outputs[0], "Concat", parts, {{"axis", static_cast<std::int64_t>(axis)}});
    return made.steps;
}

/// A scatter into cells that are neighbours along one axis: what is before, the new cells, what is behind.
std::vector<step> slabs(network& of, const step& from) {
    const graph::node& node = from.node;
    if (text_of(node, "reduction", "none") != "none") return {};
    const shape_type& in = of.shape(node.inputs[0]);
    const array* content = of.constant(node.inputs.at(1));
    if (content == nullptr || content->shape.empty() || content->size() > (std::size_t{1} << 22)) return {};
    const auto depth = static_cast<std::size_t>(content->shape.back());
    if (depth == 0 || depth > in.size() || content->size() == 0) return {};
    const auto wholes = content->as_wholes();
    const std::size_t count = content->size() / depth;
    integers low(depth);
    integers high(depth);
    const auto index = [&](std::size_t k, std::size_t axis) {
        const std::int64_t one = wholes[k * depth + axis];
        return one < 0 ? one + in[axis] : one;
    };
    for (std::size_t axis = 0; axis < depth; ++axis) {
        low[axis] = high[axis] = index(0, axis);
        for (std::size_t k = 1; k < count; ++k) {
            low[axis] = std::min(low[axis], index(k, axis));
            high[axis] = std::max(high[axis], index(k, axis));
        }
    }
    std::size_t cells = 1;
    std::size_t cut = in.size();  // the axis that is not written as a whole
    for (std::size_t axis = 0; axis < depth; ++axis) {
        cells *= static_cast<std::size_t>(high[axis] - low[axis] + 1);
        if (low[axis] == 0 && high[axis] + 1 == in[axis]) continue;
        if (cut != in.size()) return {};
        cut = axis;
    }
    if (cells != count) return {};
    for (std::size_t k = 0; k < count; ++k) {  // in the order of the cells
        std::size_t rest = k;
        for (std::size_t axis = depth; axis-- > 0;) {
            const auto extent = static_cast<std::size_t>(high[axis] - low[axis] + 1);
            if (index(k, axis) != low[axis] + static_cast<std::int64_t>(rest % extent)) return {};
            rest /= extent;
        }
    }
    builder made(of, from);
    if (cut == in.size()) {
        made.to(node.outputs[0], "Reshape", {node.inputs[2], made.list(in)});
        return made.steps;
    }
    shape_type shape = in;
    shape[cut] = high[cut] - low[cut] + 1;
    std::vector<value_id> parts;
    if (low[cut] > 0) parts.push_back(made.slice(node.inputs[0], cut, 0, low[cut]));
    parts.push_back(of.shape(node.inputs[2]) == shape ? node.inputs[2] : made.reshape(node.inputs[2], shape));
    if (high[cut] + 1 < in[cut]) parts.push_back(made.slice(node.inputs[0], cut, high[cut] + 1, in[cut]));
    made.to(node.outputs[0], "Concat", parts, {{"axis", static_cast<std::int64_t>(cut)}});
    return made.steps;
}

/// One step of several sequences: products of all rows at once, gates element by element.
std::vector<step> one_step(network& of, const step& from) {
    const graph::node& node = from.node;
    const bool is_lstm = node.operation == "LSTM";
    const bool is_gru = node.operation == "GRU";
    const auto has = [&](std::size_t k) { return k < node.inputs.size() && node.inputs[k] != no_value; };
    const shape_type& x = of.shape(node.inputs[0]);
    if (x.size() != 3 || x[0] != 1 || x[1] < 2 || has(4) || has(7)) return {};
    for (const char* other :
         {"clip", "layout", "input_forget", "activations", "activation_alpha", "activation_beta"})
        if (node.attributes.contains(other)) return {};
    if (text_of(node, "direction", "forward") == "bidirectional") return {};
    const array* const w = of.constant(node.inputs[1]);
    const array* const r = of.constant(node.inputs[2]);
    if (w == nullptr || r == nullptr || (has(3) && of.constant(node.inputs[3]) == nullptr)) return {};
    const std::int64_t rows = x[1];
    const std::int64_t units = r->shape[2];
    const std::int64_t columns = w->shape[1];
    builder made(of, from);
    const std::string& name = of.model.values[node.inputs[1]].name;
    /// Rows times a matrix of the file, with its bias: {rows, gates units}.
    const auto product = [&](value_id in, const array& matrix, bool second, std::int64_t first,
                             std::int64_t last) {
        const std::int64_t inner = matrix.shape[2];
        const std::int64_t width = last - first;
        evaluate::reals turned(static_cast<std::size_t>(inner * width));
        evaluate::reals bias(static_cast<std::size_t>(width));
        for (std::int64_t column = 0; column < width; ++column) {
            for (std::int64_t i = 0; i < inner; ++i)
                turned[static_cast<std::size_t>(i * width + column)] =
                    matrix.as_reals()[static_cast<std::size_t>((first + column) * inner + i)];
            if (has(3))
                bias[static_cast<std::size_t>(column)] =
                    of.constant(node.inputs[3])
                        ->as_reals()[static_cast<std::size_t>((second ? columns : 0) + first + column)];
        }
        const value_id weights =
            made.numbers(name + (second ? ".recurrent" : ".input"), {inner, width}, std::move(turned));
        const value_id times = made.add("MatMul", {in, weights}, {rows, width});
        if (!has(3)) return times;
        return made.add("Add", {times, made.numbers(name + ".bias", {width}, std::move(bias))},
                        {rows, width});
    };
    const shape_type state{rows, units};
    const auto together = [&](const char* operation, value_id a, value_id b) {
        return made.add(operation, {a, b}, state);
    };
    const auto apply = [&](const char* operation, value_id a) { return made.add(operation, {a}, state); };
    const auto first_state = [&](std::size_t k) -> std::optional<value_id> {  // nothing of zeros
        if (!has(k)) return std::nullopt;
        if (const array* known = of.constant(node.inputs[k])) {
            const auto numbers = evaluate::all_reals(*known);
            if (std::all_of(numbers.begin(), numbers.end(), [](double one) { return one == 0; }))
                return std::nullopt;
        }
        return made.reshape(node.inputs[k], state);
    };
    const value_id given = made.reshape(node.inputs[0], {rows, x[2]});
    const std::optional<value_id> h = first_state(5);
    const value_id a = product(given, *w, false, 0, columns);
    const auto gate = [&](value_id of_all, std::int64_t k) {
        return made.slice(of_all, 1, k * units, (k + 1) * units);
    };
    // Of a state of zeros the products are their biases.
    const auto second_bias = [&](std::int64_t first, std::int64_t count) {
        evaluate::reals bias(static_cast<std::size_t>(count), 0.0);
        for (std::int64_t column = 0; column < count && has(3); ++column)
            bias[static_cast<std::size_t>(column)] =
                of.constant(node.inputs[3])->as_reals()[static_cast<std::size_t>(columns + first + column)];
        return made.numbers(name + ".bias", {count}, std::move(bias));
    };
    value_id after = no_value;
    value_id cell = no_value;
    if (is_gru) {
        const bool after_product = integer_of(node, "linear_before_reset", 0) != 0;
        std::optional<value_id> b;
        if (h) b = product(*h, *r, true, 0, after_product ? columns : 2 * units);
        const auto recurrent = [&](std::int64_t k) {
            return b ? gate(*b, k) : second_bias(k * units, units);
        };
        const value_id z = apply("Sigmoid", together("Add", gate(a, 0), recurrent(0)));
        value_id seen = no_value;
        if (after_product || h) {
            const value_id reset = apply("Sigmoid", together("Add", gate(a, 1), recurrent(1)));
            seen = after_product ? together("Mul", reset, recurrent(2))
                                 : product(together("Mul", reset, *h), *r, true, 2 * units, 3 * units);
        } else {
            seen = recurrent(2);
        }
        const value_id candidate = apply("Tanh", together("Add", gate(a, 2), seen));
        // z h + (1 - z) c, so that h may be a constant
        after =
            together("Sub", candidate, together("Mul", h ? together("Sub", candidate, *h) : candidate, z));
    } else {
        const value_id recurrent = h ? product(*h, *r, true, 0, columns) : second_bias(0, columns);
        const value_id sum = made.add("Add", {a, recurrent}, {rows, columns});
        if (is_lstm) {  // i, o, f, c
            cell = together("Mul", apply("Tanh", gate(sum, 3)), apply("Sigmoid", gate(sum, 0)));
            if (const auto before = first_state(6))
                cell = together("Add", together("Mul", apply("Sigmoid", gate(sum, 2)), *before), cell);
            after = together("Mul", apply("Tanh", cell), apply("Sigmoid", gate(sum, 1)));
        } else {
            after = apply("Tanh", sum);
        }
    }
    for (std::size_t k = 0; k < node.outputs.size(); ++k)
        if (node.outputs[k] != no_value)
            made.to(node.outputs[k], "Reshape",
                    {k == 2 ? cell : after, made.list(of.shape(node.outputs[k]))});
    return made.steps;
}

/// A slice, or a gather of one cell, of a concatenation that lies within one of its parts reads the part.
bool reads_a_part(network& of, step& reader) {
    graph::node& node = reader.node;
    const bool is_slice = node.operation == "Slice";
    if (!node.domain.empty() || (!is_slice && node.operation != "Gather")) return false;
    const step* const whole = of.producer(node.inputs[0]);
    if (whole == nullptr || !whole->node.domain.empty() || whole->node.operation != "Concat") return false;
    const shape_type& shape = of.shape(node.inputs[0]);
    const auto rank = static_cast<std::int64_t>(shape.size());
    const auto counted = [&](std::int64_t axis) {
        return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
    };
    const std::size_t axis = counted(integer_of(whole->node, "axis", 0));
    std::int64_t first = 0;
    std::int64_t last = 0;
    if (is_slice) {
        for (std::size_t k = 1; k < 4; ++k)
            if (k >= node.inputs.size() || node.inputs[k] == no_value ||
                of.constant(node.inputs[k]) == nullptr || of.constant(node.inputs[k])->size() != 1)
                return false;
        if (node.inputs.size() > 4 && node.inputs[4] != no_value &&
            (of.scalar(node.inputs[4]) == nullptr || *of.scalar(node.inputs[4]) != 1))
            return false;
        if (counted(of.constant(node.inputs[3])->as_wholes()[0]) != axis) return false;
        const auto bound = [&](std::size_t k) {
            const std::int64_t at = of.constant(node.inputs[k])->as_wholes()[0];
            return std::clamp<std::int64_t>(at < 0 ? at + shape[axis] : at, 0, shape[axis]);
        };
        first = bound(1);
        last = bound(2);
    } else {
        if (counted(integer_of(node, "axis", 0)) != axis) return false;
        const auto indices = constant_indices(of, node.inputs[1], shape[axis]);
        if (!indices || indices->size() != 1) return false;
        first = indices->front();
        last = first + 1;
    }
    std::int64_t begin = 0;
    for (const value_id part : whole->node.inputs) {
        const std::int64_t extent = of.shape(part)[axis];
        if (first >= begin && last <= begin + extent && first < last) {
            const auto list = [&](std::int64_t one) {
                return of.add_constant("", array(element_type::int64, {1}, evaluate::wholes{one}));
            };
            const value_id from = part;
            if (is_slice) {
                node.inputs[1] = list(first - begin);
                node.inputs[2] = list(last - begin);
            } else {
                node.inputs[1] =
                    of.add_constant("", array(element_type::int64, of.constant(node.inputs[1])->shape,
                                              evaluate::wholes{first - begin}));
            }
            node.inputs[0] = from;
            return true;
        }
        begin += extent;
    }
    return false;
}

}  // namespace

void spell_out(network& of) {
    std::vector<step> made;
    std::vector<step> before = std::move(of.steps);
    of.steps.clear();
    for (step& one : before) {
        std::vector<step> instead;
        if (one.node.domain.empty()) {
            const std::string& name = one.node.operation;
            if (name == "Gather") instead = windows(of, one);
            if (name == "ScatterND") instead = slabs(of, one);
            if (name == "GRU" || name == "LSTM" || name == "RNN") instead = one_step(of, one);
        }
        if (instead.empty()) instead.push_back(std::move(one));
        for (step& now : instead) made.push_back(std::move(now));
    }
    of.steps = std::move(made);
    for (bool again = true; again;) {
        again = false;
        for (step& one : of.steps) again = reads_a_part(of, one) || again;
    }
}

}  // namespace archetype::rewrite
