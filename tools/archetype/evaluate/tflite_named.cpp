// SPDX-License-Identifier: BSL-1.0
// TensorFlow Lite's operators that are ONNX' under other names, with other attributes: of real numbers, and of integers where
// these are only moved.
#include "indexing.hpp"
#include "tflite_call.hpp"

#include <cmath>

namespace archetype::evaluate {

using namespace tflite;

namespace {

array numbers(wholes from) {
    const auto count = static_cast<whole>(from.size());
    return {element_type::int64, {count}, std::move(from)};
}
void only_float(const call& at) {
    at.expect(is_real(at.in(0).type), "float32", std::string(name_of(at.in(0).type)));
}

template <double (*Function)(double)>
void real_function(call& at) {
    only_float(at);
    reals made = at.real(0);
    for (double& one : made) one = Function(one);
    at.give(at.in(0).type, at.in(0).shape, std::move(made));
}
double elu(double x) { return x < 0 ? std::expm1(x) : x; }
double to_even(double x) { return std::nearbyint(x); }
double negative(double x) { return -x; }
double within_one(double x) { return std::min(std::max(x, 0.0), 1.0); }

void gelu(call& at) {
    only_float(at);
    as_onnx(at, "Gelu", {at.in(0)},
            {{"approximate", std::string(at.integer("approximate", 0) != 0 ? "tanh" : "none")}});
}
void log_softmax(call& at) {
    only_float(at);
    as_onnx(at, "LogSoftmax", {at.in(0)}, {{"axis", std::int64_t{-1}}});
}
void power(call& at) {
    only_float(at);
    as_onnx(at, "Pow", {at.in(0), at.in(1)});
}
void batch_matmul(call& at) {
    only_float(at);
    const auto turned = [&](std::size_t k, std::string_view flag) {
        array made = at.in(k);
        if (at.integer(flag, 0) == 0) return made;
        const auto rank = static_cast<whole>(made.rank());
        at.expect(rank >= 2, "matrices", shape_text(made.shape));
        std::vector<whole> order;
        for (whole axis = 0; axis < rank; ++axis) order.push_back(axis);
        std::swap(order[made.rank() - 1], order[made.rank() - 2]);
        return results_of_onnx(at, "Transpose", {made}, {{"perm", order}}).at(0).tensor;
    };
    as_onnx(at, "MatMul", {turned(0, "adj_x"), turned(1, "adj_y")});
}
constexpr std::string_view sum_name = "ReduceSum", maximum_name = "ReduceMax", minimum_name = "ReduceMin";
/// Integers are compared as they are; a sum of them has a scale of its own.
template <const auto& Name>
void reduction(call& at) {
    if constexpr (&Name == &sum_name)
        only_float(at);
    else
        same_scale(at);
    as_onnx(at, Name, {at.in(0), numbers(at.whole(1))}, {{"keepdims", at.integer("keep_dims", 0)}});
}

void pad_with(call& at) {
    same_scale(at);
    const array& by = at.in(1);
    at.expect(by.rank() == 2 && by.shape[1] == 2, "pads {axes, 2}", shape_text(by.shape));
    wholes pads;
    for (const std::size_t side : {0U, 1U})
        for (std::size_t axis = 0; axis < static_cast<std::size_t>(by.shape[0]); ++axis)
            pads.push_back(at.whole(1)[axis * 2 + side]);
    if (at.node().operation == "PADV2")
        return as_onnx(at, "Pad", {at.in(0), numbers(std::move(pads)), at.in(2)});
    at.expect(at.integer("mode", 0) == 0, "mode REFLECT", "SYMMETRIC");
    as_onnx(at, "Pad", {at.in(0), numbers(std::move(pads))}, {{"mode", std::string("reflect")}});
}
void slice(call& at) {
    same_scale(at);
    const wholes begin = at.whole(1);
    wholes end = at.whole(2);
    const shape_type& shape = at.in(0).shape;
    at.expect(begin.size() == shape.size() && end.size() == shape.size(),
              "a beginning and a size for each axis", std::to_string(begin.size()));
    wholes axes;
    for (std::size_t k = 0; k < end.size(); ++k) {
        at.expect(begin[k] >= 0 && begin[k] <= shape[k] && end[k] >= -1 &&
                      (end[k] < 0 || end[k] <= shape[k] - begin[k]),
                  "a part of the value", std::to_string(begin[k]) + " and " + std::to_string(end[k]));
        end[k] = end[k] < 0 ? shape[k] : begin[k] + end[k];
        axes.push_back(static_cast<whole>(k));
    }
    as_onnx(at, "Slice", {at.in(0), numbers(begin), numbers(std::move(end)), numbers(std::move(axes))});
}
/// SPLIT has the axis first, SPLIT_V last.
void split(call& at) {
    const bool equal = at.node().operation == "SPLIT";
    const std::size_t data = equal ? 1 : 0;
    same_scale(at, data);
    const array& from = at.in(data);
    const std::size_t axis = at.axis(equal ? at.one_whole(0) : at.one_whole(2), from.rank());
    const auto count = static_cast<whole>(at.node().outputs.size());
    wholes sizes;
    if (equal) {
        at.expect(count > 0 && from.shape[axis] % count == 0, "equal parts", shape_text(from.shape));
        sizes.assign(static_cast<std::size_t>(count), from.shape[axis] / count);
    } else {
        sizes = at.whole(1);
        whole rest = from.shape[axis];
        for (const whole one : sizes) rest -= std::max<whole>(one, 0);
        for (whole& one : sizes)
            if (one < 0) one = rest;
    }
    as_onnx(at, "Split", {from, numbers(std::move(sizes))}, {{"axis", static_cast<whole>(axis)}});
}
void unpack(call& at) {
    same_scale(at);
    const array from = at.in(0);
    const std::size_t axis = at.axis(at.integer("axis", 0), from.rank());
    const auto count = static_cast<whole>(at.node().outputs.size());
    at.expect(from.shape[axis] == count, std::to_string(count) + " parts", shape_text(from.shape));
    shape_type to = from.shape;
    to.erase(to.begin() + static_cast<std::ptrdiff_t>(axis));
    for (whole k = 0; k < count; ++k)
        at.give(results_of_onnx(at, "Slice",
                                {from, numbers({k}), numbers({k + 1}), numbers({static_cast<whole>(axis)})})
                    .at(0)
                    .tensor.reshaped(to));
}
void resize_nearest(call& at) {
    same_scale(at);
    const shape_type& x = at.in(0).shape;
    const wholes& size = at.whole(1);
    at.expect(x.size() == 4 && size.size() == 2, "an image {N, rows, columns, C} and two extents",
              shape_text(x));
    const bool half = at.integer("half_pixel_centers", 0) != 0;
    const bool corners = at.integer("align_corners", 0) != 0;
    at.expect(!half && !corners, "places that are rounded down",
              corners ? "align_corners" : "half_pixel_centers");
    as_onnx(at, "Resize", {at.in(0), datum{}, datum{}, numbers({x[0], size[0], size[1], x[3]})},
            {{"mode", std::string("nearest")},
             {"coordinate_transformation_mode", std::string("asymmetric")},
             {"nearest_mode", std::string("floor")}});
}
/// Cells of a block become channels, or the other way round: images are {N, rows, columns, C}.
void blocks(call& at) {
    same_scale(at);
    const bool apart = at.node().operation == "DEPTH_TO_SPACE";
    const whole size = at.integer("block_size", 1);
    const array& x = at.in(0);
    at.expect(x.rank() == 4 && size > 0 && size < 1 << 16, "an image {N, rows, columns, C} and a block",
              shape_text(x.shape));
    const whole n = x.shape[0], h = x.shape[1], w = x.shape[2], c = x.shape[3];
    at.expect(apart ? c % (size * size) == 0 : h % size == 0 && w % size == 0, "extents that blocks divide",
              shape_text(x.shape));
    const shape_type inside = apart ? shape_type{n, h, w, size, size, c / (size * size)}
                                    : shape_type{n, h / size, size, w / size, size, c};
    const shape_type to = apart ? shape_type{n, h * size, w * size, c / (size * size)}
                                : shape_type{n, h / size, w / size, c * size * size};
    at.give(results_of_onnx(at, "Transpose", {x.reshaped(inside)},
                            {{"perm", std::vector<whole>{0, 1, 3, 2, 4, 5}}})
                .at(0)
                .tensor.reshaped(to));
}
void tile(call& at) {
    same_scale(at);
    as_onnx(at, "Tile", {at.in(0), numbers(at.whole(1))});
}
void broadcast_to(call& at) {
    same_scale(at);
    as_onnx(at, "Expand", {at.in(0), numbers(at.whole(1))});
}

constexpr operation table[] = {
    {"tflite", "FLOOR", real_function<std::floor>, 1, 1, 1, ""},
    {"tflite", "CEIL", real_function<std::ceil>, 1, 1, 1, ""},
    {"tflite", "ROUND", real_function<to_even>, 1, 1, 1, ""},
    {"tflite", "ABS", real_function<std::fabs>, 1, 1, 1, ""},
    {"tflite", "NEG", real_function<negative>, 1, 1, 1, ""},
    {"tflite", "SIN", real_function<std::sin>, 1, 1, 1, ""},
    {"tflite", "COS", real_function<std::cos>, 1, 1, 1, ""},
    {"tflite", "ELU", real_function<elu>, 1, 1, 1, ""},
    {"tflite", "RELU_0_TO_1", real_function<within_one>, 1, 1, 1, ""},
    {"tflite", "GELU", gelu, 1, 1, 1, "approximate"},
    {"tflite", "LOG_SOFTMAX", log_softmax, 1, 1, 1, ""},
    {"tflite", "POW", power, 2, 2, 1, ""},
    {"tflite", "BATCH_MATMUL", batch_matmul, 2, 2, 1, "adj_x adj_y asymmetric_quantize_inputs"},
    {"tflite", "SUM", reduction<sum_name>, 2, 2, 1, "keep_dims"},
    {"tflite", "REDUCE_MAX", reduction<maximum_name>, 2, 2, 1, "keep_dims"},
    {"tflite", "REDUCE_MIN", reduction<minimum_name>, 2, 2, 1, "keep_dims"},
    {"tflite", "PADV2", pad_with, 3, 3, 1, ""},
    {"tflite", "MIRROR_PAD", pad_with, 2, 2, 1, "mode"},
    {"tflite", "SLICE", slice, 3, 3, 1, ""},
    {"tflite", "SPLIT", split, 2, 2, any_number, "num_splits"},
    {"tflite", "SPLIT_V", split, 3, 3, any_number, "num_splits"},
    {"tflite", "UNPACK", unpack, 1, 1, any_number, "axis num"},
    {"tflite", "RESIZE_NEAREST_NEIGHBOR", resize_nearest, 2, 2, 1, "align_corners half_pixel_centers"},
    {"tflite", "DEPTH_TO_SPACE", blocks, 1, 1, 1, "block_size"},
    {"tflite", "SPACE_TO_DEPTH", blocks, 1, 1, 1, "block_size"},
    {"tflite", "TILE", tile, 2, 2, 1, ""},
    {"tflite", "BROADCAST_TO", broadcast_to, 2, 2, 1, ""},
};

}  // namespace

std::span<const operation> tflite_named_operations() { return table; }

}  // namespace archetype::evaluate
