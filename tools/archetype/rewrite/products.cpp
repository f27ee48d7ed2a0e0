// SPDX-License-Identifier: BSL-1.0
// Products in the form that dense layers and attention have: Einsum of two values, matrices on the left, several matrices that are one.
#include "nodes_instead.hpp"
#include "passes.hpp"

#include <algorithm>
#include <map>

namespace archetype::rewrite {

namespace {

using integers = std::vector<std::int64_t>;

/// The letters of both operands and of the result; nothing if there are dots, sums of one operand or diagonals.
bool letters_of(std::string text, std::string (&operands)[2], std::string& result) {
    std::erase(text, ' ');
    const std::size_t comma = text.find(',');
    const std::size_t arrow = text.find("->");
    if (comma == text.npos || arrow == text.npos || text.find('.') != text.npos ||
        text.find(',', comma + 1) != text.npos)
        return false;
    operands[0] = text.substr(0, comma);
    operands[1] = text.substr(comma + 1, arrow - comma - 1);
    result = text.substr(arrow + 2);
    for (const std::string* one : {&operands[0], &operands[1], &result})
        for (const char c : *one)
            if (std::count(one->begin(), one->end(), c) != 1) return false;
    for (const std::string& one : operands)
        for (const char c : one) {
            const bool in_other = operands[&one == &operands[0] ? 1 : 0].find(c) != one.npos;
            if (!in_other && result.find(c) == result.npos) return false;
        }
    return true;
}

/// A sum of products of two operands: axes in the order that MatMul has, and back.
std::vector<step> einsum(network& of, const step& from) {
    std::string operands[2];
    std::string result;
    if (from.node.inputs.size() != 2 || !letters_of(text_of(from.node, "equation", ""), operands, result))
        return {};
    value_id values[2] = {from.node.inputs[0], from.node.inputs[1]};
    if (of.constant(values[0]) != nullptr) {  // a matrix stands on the right
        std::swap(values[0], values[1]);
        std::swap(operands[0], operands[1]);
    }
    std::map<char, std::int64_t> extents;
    for (const std::size_t k : {0U, 1U}) {
        const shape_type& shape = of.shape(values[k]);
        if (shape.size() != operands[k].size()) return {};
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            const auto [place, fresh] = extents.emplace(operands[k][axis], shape[axis]);
            if (!fresh && place->second != shape[axis]) return {};
        }
    }
    std::string batch;
    std::string inner;
    std::string left;
    std::string right;
    for (const char c : operands[0]) {
        const bool in_right = operands[1].find(c) != operands[1].npos;
        const bool kept = result.find(c) != result.npos;
        (in_right ? (kept ? batch : inner) : left) += c;
    }
    for (const char c : operands[1])
        if (operands[0].find(c) == operands[0].npos) right += c;
    if (of.constant(values[1]) != nullptr && !batch.empty()) return {};
    const auto size = [&](const std::string& letters) {
        std::int64_t product = 1;
        for (const char c : letters) product *= extents.at(c);
        return product;
    };
    const auto order = [](const std::string& is, const std::string& wanted) {
        integers made;
        for (const char c : wanted) made.push_back(static_cast<std::int64_t>(is.find(c)));
        return made;
    };
    const auto shape_of = [&](const std::string& letters) {
        shape_type made;
        for (const char c : letters) made.push_back(extents.at(c));
        return made;
    };
    nodes_instead to(of, from);
    const bool flat = batch.empty();
    value_id a = to.transpose(values[0], order(operands[0], batch + left + inner));
    value_id b = values[1];
    if (const array* content = of.constant(b)) {
        // Turned here, so that a matrix stays a constant.
        const integers turned = order(operands[1], inner + right);
        const shape_type& shape = content->shape;
        std::vector<std::size_t> stride(shape.size(), 1);
        for (std::size_t k = shape.size(); k-- > 1;)
            stride[k - 1] = stride[k] * static_cast<std::size_t>(shape[k]);
        std::vector<std::size_t> places{0};
        for (const std::int64_t axis : turned) {
            std::vector<std::size_t> next;
            for (const std::size_t base : places)
                for (std::size_t k = 0; k < static_cast<std::size_t>(shape[static_cast<std::size_t>(axis)]);
                     ++k)
                    next.push_back(base + k * stride[static_cast<std::size_t>(axis)]);
            places = std::move(next);
        }
        const evaluate::reals numbers = evaluate::all_reals(*content);
        evaluate::reals made;
        for (const std::size_t place : places) made.push_back(numbers[place]);
        b = of.add_constant(of.model.values[b].name,
                            array(content->type, {size(inner), size(right)}, std::move(made)));
    } else {
        b = to.transpose(b, order(operands[1], batch + inner + right));
        b = to.reshape(b, flat ? shape_type{size(inner), size(right)}
                               : shape_type{size(batch), size(inner), size(right)});
    }
    // Axes of the left operand stay axes where they can.
    shape_type rows = shape_of(left);
    if (!flat) rows = {size(batch), size(left)};
    shape_type in = rows;
    in.push_back(size(inner));
    a = to.reshape(a, in);
    shape_type out = rows;
    out.push_back(size(right));
    value_id made = to.add("MatMul", {a, b}, out);
    made = to.reshape(made, shape_of(batch + left + right));
    made = to.transpose(made, order(batch + left + right, result));
    to.finish(made);
    return to.steps;
}

/// A constant matrix times columns: (x^T W^T)^T.
std::vector<step> matrix_on_the_left(network& of, const step& from) {
    const graph::node& node = from.node;
    const array* matrix = of.constant(node.inputs[0]);
    if (matrix == nullptr || of.constant(node.inputs[1]) != nullptr || !is_real(matrix->type)) return {};
    shape_type shape = matrix->shape;
    while (shape.size() > 2 && shape[0] == 1) shape.erase(shape.begin());
    const shape_type in = of.shape(node.inputs[1]);
    if (shape.size() != 2 || in.size() < 2) return {};
    const auto rows = static_cast<std::size_t>(shape[0]);
    const auto columns = static_cast<std::size_t>(shape[1]);
    const evaluate::reals numbers = evaluate::all_reals(*matrix);
    evaluate::reals turned(numbers.size());
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t k = 0; k < columns; ++k) turned[k * rows + i] = numbers[i * columns + k];
    integers order;
    for (std::size_t k = 0; k < in.size(); ++k) order.push_back(static_cast<std::int64_t>(k));
    std::swap(order[in.size() - 1], order[in.size() - 2]);
    nodes_instead to(of, from);
    const value_id weights = of.add_constant(of.model.values[node.inputs[0]].name,
                                             array(matrix->type, {shape[1], shape[0]}, std::move(turned)));
    shape_type out = in;
    std::swap(out[in.size() - 1], out[in.size() - 2]);
    out.back() = shape[0];
    const value_id product = to.add("MatMul", {to.transpose(node.inputs[1], order), weights}, out);
    const value_id made = to.transpose(product, order);
    to.finish(of.shape(made) == of.shape(node.outputs[0]) ? made
                                                          : to.reshape(made, of.shape(node.outputs[0])));
    return to.steps;
}

}  // namespace

void spell_products(network& of) {
    std::vector<step> made;
    std::vector<step> before = std::move(of.steps);
    of.steps.clear();
    for (step& one : before) {
        std::vector<step> instead;
        if (one.node.domain.empty()) {
            if (one.node.operation == "Einsum") instead = einsum(of, one);
            if (one.node.operation == "MatMul") instead = matrix_on_the_left(of, one);
        }
        if (instead.empty()) instead.push_back(std::move(one));
        for (step& now : instead) made.push_back(std::move(now));
    }
    of.steps = std::move(made);
    for (step& one : of.steps) {  // a batch of one matrix is the matrix
        if (!one.node.domain.empty() || one.node.operation != "MatMul") continue;
        const array* matrix = of.constant(one.node.inputs[1]);
        if (matrix == nullptr || matrix->shape.size() <= 2) continue;
        shape_type shape = matrix->shape;
        while (shape.size() > 2 && shape[0] == 1) shape.erase(shape.begin());
        if (shape.size() == 2 && of.shape(one.node.inputs[0]).size() >= matrix->shape.size())
            one.node.inputs[1] =
                of.add_constant(of.model.values[one.node.inputs[1]].name, matrix->reshaped(shape));
    }
}

}  // namespace archetype::rewrite
