// SPDX-License-Identifier: BSL-1.0
/// @file nodes_instead.hpp
/// Nodes that a rewriting puts in the place of one.
#pragma once
#include "network.hpp"

#include <algorithm>

namespace archetype::rewrite {

/// Nodes in an order of execution, with the name and the sources of the one whose first result they give.
class nodes_instead {
public:
    using integers = std::vector<std::int64_t>;

    nodes_instead(network& of, const step& from) : of_(of), from_(from) {}

    std::vector<step> steps;

    value_id add(const std::string& operation, std::vector<value_id> inputs, shape_type shape,
                 attributes_map attributes = {}) {
        const value_id made =
            of_.add_value(from_.node.name, of_.types.at(from_.node.outputs[0]), std::move(shape));
        steps.push_back(make_step(operation, std::move(inputs), made, std::move(attributes), from_.sources,
                                  from_.node.name));
        return made;
    }
    /// The last node gives the result.
    std::vector<step> done() {
        steps.back().node.outputs[0] = from_.node.outputs[0];
        return std::move(steps);
    }
    /// `result` is the result.
    void finish(value_id result) {
        steps.push_back(
            make_step("Identity", {result}, from_.node.outputs[0], {}, from_.sources, from_.node.name));
    }
    std::vector<step> done(value_id result) {
        finish(result);
        return std::move(steps);
    }
    value_id list(const integers& numbers) {
        return of_.add_constant("", array(element_type::int64, {static_cast<std::int64_t>(numbers.size())},
                                          evaluate::wholes(numbers)));
    }
    value_id number(double one) {
        return of_.add_constant("", array(element_type::float32, {}, evaluate::reals{one}));
    }
    value_id numbers(const std::string& name, shape_type shape, evaluate::reals content) {
        return of_.add_constant(name, array(element_type::float32, std::move(shape), std::move(content)));
    }
    value_id reshape(value_id from, const shape_type& shape) {
        if (of_.shape(from) == shape) return from;
        if (const array* content = of_.constant(from))
            return of_.add_constant(of_.model.values[from].name, content->reshaped(shape));
        return add("Reshape", {from, list(shape)}, shape);
    }
    value_id slice(value_id from, std::size_t axis, std::int64_t first, std::int64_t last) {
        shape_type shape = of_.shape(from);
        if (first == 0 && last == shape[axis]) return from;
        shape[axis] = last - first;
        return add("Slice", {from, list({first}), list({last}), list({static_cast<std::int64_t>(axis)})},
                   shape);
    }
    value_id transpose(value_id from, const integers& order) {
        if (std::is_sorted(order.begin(), order.end())) return from;
        shape_type shape;
        for (const std::int64_t axis : order)
            shape.push_back(of_.shape(from)[static_cast<std::size_t>(axis)]);
        return add("Transpose", {from}, shape, {{"perm", order}});
    }

private:
    network& of_;
    const step& from_;
};

}  // namespace archetype::rewrite
