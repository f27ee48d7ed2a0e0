// SPDX-License-Identifier: BSL-1.0
// Operators of ONNX on integers of 8 bits with scales, for which TensorFlow Lite has none: as the library computes them.
#include "tflite_call.hpp"

#include <cmath>

namespace archetype::evaluate {

using namespace tflite;

namespace {

/// The operator of this name on other inputs; its first result.
array of_onnx(call& at, std::vector<datum> inputs) {
    graph::node node = at.node();
    node.domain.clear();
    call inner = at.as_node(node, std::move(inputs));
    find_operation(node)->evaluate(inner);
    return inner.results().at(0).tensor;
}
std::vector<datum> inputs_of(const call& at) {
    std::vector<datum> made;
    for (std::size_t k = 0; k < at.node().inputs.size(); ++k)
        made.push_back(at.has(k) ? at.given(k) : datum{});
    return made;
}

/// Results are some of the integers that go in.
void choice(call& at) {
    same_scale(at);
    at.give(of_onnx(at, inputs_of(at)));
}
/// To the nearest, halves away from zero; cells of the padding are zeros.
void average_pool(call& at) {
    same_scale(at);
    const linear in = input_scale(at, 0);
    const array means = of_onnx(at, {array(element_type::float64, at.in(0).shape, centered(at, 0))});
    wholes made;
    for (const double one : means.as_reals())
        made.push_back(static_cast<whole>(std::round(one + static_cast<double>(in.zero))));
    at.give(element_type::int8, means.shape, std::move(made));
}

/// Weights of 11 bits of the cells along an axis, for each result: what is rounded away from one goes to the next.
std::vector<wholes> shares_along(call& at, std::size_t axis) {
    const whole cells = at.in(0).shape[axis];
    const shape_type square{cells, cells};
    reals ones(at.count(square), 0.0);
    for (whole k = 0; k < cells; ++k) ones[static_cast<std::size_t>(k * cells + k)] = 1;
    std::vector<datum> inputs{array(element_type::float64, square, std::move(ones)), datum{}};
    if (at.has(3) && at.in(3).size() > 0) {
        inputs.resize(4);
        inputs[3] = array(element_type::int64, {2}, wholes{cells, at.whole(3).at(axis)});
    } else {
        inputs.emplace_back(array(element_type::float64, {2}, reals{1, all_reals(at.in(2)).at(axis)}));
    }
    const array shares = of_onnx(at, std::move(inputs));
    std::vector<wholes> made(static_cast<std::size_t>(shares.shape[1]),
                             wholes(static_cast<std::size_t>(cells), 0));
    for (std::size_t result = 0; result < made.size(); ++result) {
        double sum = 0;
        whole given = 0;
        for (std::size_t cell = 0; cell < made[result].size(); ++cell) {
            const double share = shares.as_reals()[cell * made.size() + result];
            if (share == 0) continue;
            sum += share;
            const auto total = static_cast<whole>(std::floor(sum * 2048 + 0.5));
            made[result][cell] = total - given;
            given = total;
        }
    }
    return made;
}
/// Of images {N, C, rows, columns}. Linear interpolation: sums are rounded to the nearest, halves upwards.
void resize(call& at) {
    if (at.text("mode", "nearest") == "nearest") return choice(at);
    same_scale(at);
    const shape_type& x = at.in(0).shape;
    at.expect(x.size() == 4, "an image {N, C, rows, columns}", shape_text(x));
    const std::vector<wholes> rows = shares_along(at, 2);
    const std::vector<wholes> columns = shares_along(at, 3);
    const wholes& from = at.whole(0);
    const shape_type to{x[0], x[1], static_cast<whole>(rows.size()), static_cast<whole>(columns.size())};
    wholes made;
    made.reserve(at.count(to));
    for (whole plane = 0; plane < x[0] * x[1]; ++plane)
        for (const wholes& row : rows)
            for (const wholes& column : columns) {
                whole sum = whole{1} << 21;
                for (std::size_t r = 0; r < row.size(); ++r) {
                    if (row[r] == 0) continue;
                    for (std::size_t c = 0; c < column.size(); ++c)
                        sum +=
                            row[r] * column[c] *
                            from[static_cast<std::size_t>((plane * x[2] + static_cast<whole>(r)) * x[3]) + c];
                }
                made.push_back(sum >> 22);
            }
    at.give(element_type::int8, to, std::move(made));
}

/// A mean of the rows or columns of images, whose cells have shares of 11 bits.
void reduce_mean(call& at) {
    same_scale(at);
    const shape_type& x = at.in(0).shape;
    const std::vector<whole> axes = at.integers("axes");
    at.expect(x.size() == 4 && axes.size() == 1, "one axis of an image", shape_text(x));
    const std::size_t axis = at.axis(axes[0], x.size());
    const whole cells = x[axis];
    at.expect(axis >= 1 && cells > 0, "an axis of rows or columns", std::to_string(axes[0]));
    wholes shares;
    double sum = 0;
    whole given = 0;
    for (whole k = 0; k < cells; ++k) {
        sum += 1.0 / static_cast<double>(cells);
        const auto total = static_cast<whole>(std::floor(sum * 2048 + 0.5));
        shares.push_back(total - given);
        given = total;
    }
    whole inner = 1;
    for (std::size_t k = axis + 1; k < x.size(); ++k) inner *= x[k];
    const wholes& from = at.whole(0);
    shape_type to = x;
    to[axis] = 1;
    wholes made;
    whole outer = 1;
    for (std::size_t k = 0; k < axis; ++k) outer *= x[k];
    for (whole o = 0; o < outer; ++o)
        for (whole i = 0; i < inner; ++i) {
            whole total = whole{1} << 21;
            for (whole k = 0; k < cells; ++k)
                total += shares[static_cast<std::size_t>(k)] * 2048 *
                         from[static_cast<std::size_t>((o * cells + k) * inner + i)];
            made.push_back(total >> 22);
        }
    if (at.integer("keepdims", 1) == 0) to.erase(to.begin() + static_cast<std::ptrdiff_t>(axis));
    at.give(element_type::int8, to, std::move(made));
}

constexpr operation table[] = {
    {"archetype", "DepthToSpace", choice, 1, 1, 1, "blocksize mode"},
    {"archetype", "Pad", choice, 2, 2, 1, "mode"},
    {"archetype", "ReduceMean", reduce_mean, 1, 1, 1, "axes keepdims"},
    {"archetype", "MaxPool", choice, 1, 1, 1,
     "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
    {"archetype", "ReduceMax", choice, 1, 1, 1, "axes keepdims"},
    {"archetype", "AveragePool", average_pool, 1, 1, 1,
     "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
    {"archetype", "Resize", resize, 1, 4, 1,
     "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value "
     "keep_aspect_ratio_policy mode nearest_mode"},
};

}  // namespace

std::span<const operation> integer_operations() { return table; }

}  // namespace archetype::evaluate
