// SPDX-License-Identifier: BSL-1.0
#include "tflite.hpp"

#include "prepare.hpp"

#include <algorithm>
#include <cmath>

namespace archetype::rewrite {

namespace {

using integers = std::vector<std::int64_t>;

shape_type permuted(const shape_type& shape, const integers& order) {
    shape_type made;
    for (const std::int64_t axis : order) made.push_back(shape[static_cast<std::size_t>(axis)]);
    return made;
}

array permuted(const array& from, const integers& order) {
    const shape_type shape = permuted(from.shape, order);
    shape_type strides(from.shape.size(), 1);
    for (std::size_t axis = strides.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * from.shape[axis];
    evaluate::reals made;
    made.reserve(from.size());
    shape_type index(shape.size(), 0);
    const evaluate::reals& numbers = from.as_reals();
    for (std::size_t k = 0; k < from.size(); ++k) {
        std::int64_t place = 0;
        for (std::size_t axis = 0; axis < index.size(); ++axis)
            place += index[axis] * strides[static_cast<std::size_t>(order[axis])];
        made.push_back(numbers[static_cast<std::size_t>(place)]);
        for (std::size_t axis = index.size(); axis-- > 0;) {
            if (++index[axis] < shape[axis]) break;
            index[axis] = 0;
        }
    }
    from.release();
    return evaluate::packed({from.type, shape, std::move(made)});
}

/// One operator of TFLite while it becomes others.
class translation {
public:
    translation(network& of, const step& from) : of_(of), from_(from), node_(from.node) {}

    std::vector<step> made;

    bool run();

private:
    const shape_type& in_shape(std::size_t k) const { return of_.shape(node_.inputs[k]); }
    const shape_type& out_shape() const { return of_.shape(node_.outputs[0]); }
    std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const {
        return integer_of(node_, name, otherwise);
    }
    bool has(std::size_t k) const { return k < node_.inputs.size() && node_.inputs[k] != no_value; }
    bool is_constant(std::size_t k) const { return has(k) && of_.constant(node_.inputs[k]) != nullptr; }
    integers wholes(std::size_t k) const { return of_.constant(node_.inputs[k])->as_wholes(); }
    std::string label() const { return of_.model.values[node_.outputs[0]].name; }

    value_id number(double one) {
        return of_.add_constant("", array(element_type::float32, {}, evaluate::reals{one}));
    }
    value_id list(const integers& numbers) {
        return of_.add_constant("", array(element_type::int64, {static_cast<std::int64_t>(numbers.size())},
                                          evaluate::wholes(numbers)));
    }
    /// A constant of real numbers, otherwise the value.
    value_id real(std::size_t k) {
        if (!is_constant(k)) return node_.inputs[k];
        return of_.add_constant(of_.model.values[node_.inputs[k]].name, real_constant(of_, node_.inputs[k]));
    }
    value_id add(const std::string& operation, std::vector<value_id> inputs, shape_type shape,
                 attributes_map attributes = {}) {
        const value_id id = of_.add_value(label(), element_type::float32, std::move(shape));
        made.push_back(make_step(operation, std::move(inputs), id, std::move(attributes), from_.sources,
                                 from_.node.name));
        return id;
    }
    value_id transpose(value_id in, const integers& order) {
        return add("Transpose", {in}, permuted(of_.shape(in), order), {{"perm", order}});
    }
    /// The last of the nodes makes the operator's own output.
    bool finish(value_id last) {
        for (step& one : made)
            for (value_id& out : one.node.outputs)
                if (out == last) out = node_.outputs[0];
        return true;
    }
    /// With the fused activation, if there is one.
    bool finish_activated(value_id last) {
        const std::string name = text_of(node_, "fused_activation_function", "NONE");
        const shape_type shape = of_.shape(last);
        if (name == "RELU")
            last = add("Relu", {last}, shape);
        else if (name == "RELU6")
            last = add("Clip", {last, number(0), number(6)}, shape);
        else if (name == "RELU_N1_TO_1")
            last = add("Clip", {last, number(-1), number(1)}, shape);
        else if (name == "TANH")
            last = add("Tanh", {last}, shape);
        else if (name != "NONE")
            return false;
        return finish(last);
    }
    bool pointwise(const std::string& operation, attributes_map attributes = {}) {
        return finish(add(operation, {real(0)}, out_shape(), std::move(attributes)));
    }
    bool pairwise(const std::string& operation) {
        return finish_activated(add(operation, {real(0), real(1)}, out_shape()));
    }
    bool reshape(value_id in, const shape_type& to) { return finish(add("Reshape", {in, list(to)}, to)); }
    attributes_map window(bool dilated) const {
        attributes_map made_;
        made_["auto_pad"] =
            std::string(text_of(node_, "padding", "VALID") == "SAME" ? "SAME_UPPER" : "VALID");
        made_["strides"] = integers{integer("stride_h", 1), integer("stride_w", 1)};
        if (dilated)
            made_["dilations"] = integers{integer("dilation_h_factor", 1), integer("dilation_w_factor", 1)};
        return made_;
    }
    static shape_type first(const shape_type& s) { return permuted(s, {0, 3, 1, 2}); }

    bool convolution(bool depthwise);
    bool transposed_convolution();
    bool dense();
    bool pooling(const std::string& operation);
    bool reduction(const std::string& operation);
    bool padding();
    bool resize(const std::string& mode);
    bool slice();
    bool split();
    bool blocks(const std::string& operation);
    bool strided_slice();
    bool concatenation();
    bool pack();
    bool unpack();

    network& of_;
    const step& from_;
    graph::node node_;
};

bool translation::convolution(bool depthwise) {
    if (!is_constant(1)) return false;
    array weights = real_constant(of_, node_.inputs[1]);
    const std::int64_t channels = in_shape(0)[3];
    attributes_map attributes = window(true);
    // OHWI becomes OIHW; of a depthwise convolution 1HWC becomes C1HW.
    weights = permuted(weights, depthwise ? integers{3, 0, 1, 2} : integers{0, 3, 1, 2});
    attributes["group"] = depthwise ? channels : channels / weights.shape[1];
    attributes["kernel_shape"] = integers{weights.shape[2], weights.shape[3]};
    std::vector<value_id> inputs{transpose(node_.inputs[0], {0, 3, 1, 2}),
                                 of_.add_constant(of_.model.values[node_.inputs[1]].name, weights)};
    if (has(2)) inputs.push_back(real(2));
    const value_id sum = add("Conv", inputs, first(out_shape()), std::move(attributes));
    return finish_activated(transpose(sum, {0, 2, 3, 1}));
}

bool translation::transposed_convolution() {
    if (!is_constant(1) || in_shape(2).size() != 4) return false;
    const array weights = permuted(real_constant(of_, node_.inputs[1]), {3, 0, 1, 2});  // OHWI to IOHW
    const shape_type& out = out_shape();
    attributes_map attributes;
    const integers strides{integer("stride_h", 1), integer("stride_w", 1)};
    attributes["strides"] = strides;
    attributes["kernel_shape"] = integers{weights.shape[2], weights.shape[3]};
    integers pads(4, 0);
    integers more(2, 0);
    const bool same = text_of(node_, "padding", "VALID") == "SAME";
    for (std::size_t axis = 0; axis < 2; ++axis) {
        // The padding of the convolution that this one turns around: what of the full result is cut off.
        const std::int64_t whole = (in_shape(2)[axis + 1] - 1) * strides[axis] + weights.shape[axis + 2];
        const std::int64_t cut = whole - out[axis + 1];
        pads[axis] = same ? std::max<std::int64_t>(cut, 0) / 2 : 0;
        pads[axis + 2] = std::max<std::int64_t>(cut, 0) - pads[axis];
        more[axis] = std::max<std::int64_t>(-cut, 0);
    }
    attributes["pads"] = pads;
    attributes["output_padding"] = more;
    std::vector<value_id> inputs{transpose(node_.inputs[2], {0, 3, 1, 2}),
                                 of_.add_constant(of_.model.values[node_.inputs[1]].name, weights)};
    if (has(3)) inputs.push_back(real(3));
    return finish_activated(
        transpose(add("ConvTranspose", inputs, first(out), std::move(attributes)), {0, 2, 3, 1}));
}

bool translation::dense() {
    if (!is_constant(1) || text_of(node_, "weights_format", "") != "" || integer("weights_format") != 0)
        return false;
    const array weights = real_constant(of_, node_.inputs[1]);  // {units, inputs}
    const std::int64_t in = weights.shape[1];
    const std::int64_t rows = *graph::element_count(in_shape(0)) / in;
    const shape_type flat{rows, in};
    value_id last = node_.inputs[0];
    if (in_shape(0) != flat) last = add("Reshape", {last, list(flat)}, flat);
    const shape_type sums{rows, weights.shape[0]};
    std::vector<value_id> inputs{last, of_.add_constant(of_.model.values[node_.inputs[1]].name, weights)};
    if (is_constant(2)) inputs.push_back(real(2));
    last = add("Gemm", std::move(inputs), sums, {{"transB", std::int64_t{1}}});
    if (has(2) && !is_constant(2)) last = add("Add", {last, real(2)}, sums);
    if (out_shape() != sums) last = add("Reshape", {last, list(out_shape())}, out_shape());
    return finish_activated(last);
}

bool translation::pooling(const std::string& operation) {
    attributes_map attributes = window(false);
    attributes["kernel_shape"] = integers{integer("filter_height", 1), integer("filter_width", 1)};
    const value_id in = transpose(node_.inputs[0], {0, 3, 1, 2});
    return finish_activated(
        transpose(add(operation, {in}, first(out_shape()), std::move(attributes)), {0, 2, 3, 1}));
}

bool translation::reduction(const std::string& operation) {
    if (!is_constant(1)) return false;
    integers axes = wholes(1);
    return finish(add(operation, {real(0), list(axes)}, out_shape(), {{"keepdims", integer("keep_dims")}}));
}

bool translation::padding() {
    if (!is_constant(1)) return false;
    const integers pairs = wholes(1);
    integers pads;
    for (const std::size_t end : {0U, 1U})
        for (std::size_t axis = 0; axis < pairs.size() / 2; ++axis) pads.push_back(pairs[2 * axis + end]);
    std::vector<value_id> inputs{real(0), list(pads)};
    if (has(2)) inputs.push_back(real(2));
    std::string mode = "constant";
    if (node_.operation == "MIRROR_PAD") {
        if (integer("mode") != 0) return false;
        mode = "reflect";
    }
    return finish(add("Pad", inputs, out_shape(), {{"mode", mode}}));
}

bool translation::resize(const std::string& mode) {
    const shape_type& out = out_shape();
    attributes_map attributes;
    attributes["mode"] = mode;
    attributes["coordinate_transformation_mode"] =
        std::string(integer("align_corners") != 0        ? "align_corners"
                    : integer("half_pixel_centers") != 0 ? "half_pixel"
                                                         : "asymmetric");
    attributes["nearest_mode"] = std::string("floor");
    if (mode == "nearest" && (integer("align_corners") != 0 || integer("half_pixel_centers") != 0))
        return false;
    const value_id in = transpose(real(0), {0, 3, 1, 2});
    const shape_type to = first(out);
    return finish(transpose(add("Resize", {in, no_value, no_value, list(to)}, to, std::move(attributes)),
                            {0, 2, 3, 1}));
}

bool translation::slice() {
    if (!is_constant(1) || !is_constant(2)) return false;
    const integers begin = wholes(1);
    integers end = wholes(2);
    integers axes;
    for (std::size_t k = 0; k < end.size(); ++k) {
        end[k] = end[k] < 0 ? in_shape(0)[k] : begin[k] + end[k];
        axes.push_back(static_cast<std::int64_t>(k));
    }
    return finish(add("Slice", {real(0), list(begin), list(end), list(axes)}, out_shape()));
}

bool translation::strided_slice() {
    if (!is_constant(1) || !is_constant(2) || !is_constant(3) || integer("ellipsis_mask") != 0 ||
        integer("new_axis_mask") != 0 || integer("offset") != 0)
        return false;
    integers begin = wholes(1);
    integers end = wholes(2);
    const integers steps = wholes(3);
    integers axes;
    shape_type shape = in_shape(0);
    for (std::size_t k = 0; k < begin.size(); ++k) {
        const std::int64_t bit = std::int64_t{1} << k;
        const std::int64_t extent = shape[k];
        axes.push_back(static_cast<std::int64_t>(k));
        if ((integer("begin_mask") & bit) != 0) begin[k] = steps[k] > 0 ? 0 : extent - 1;
        if ((integer("shrink_axis_mask") & bit) != 0) {
            if (begin[k] < 0) begin[k] += extent;
            end[k] = begin[k] + 1;
        } else if ((integer("end_mask") & bit) != 0) {
            end[k] = steps[k] > 0 ? extent : -extent - 1;
        }
        const auto bound = [&](std::int64_t at) {
            return std::clamp<std::int64_t>(at < 0 ? at + extent : at, 0, extent);
        };
        if (steps[k] <= 0) return false;
        shape[k] = std::max<std::int64_t>(0, (bound(end[k]) - bound(begin[k]) + steps[k] - 1) / steps[k]);
    }
    const value_id cut = add("Slice", {real(0), list(begin), list(end), list(axes), list(steps)}, shape);
    if (shape == out_shape()) return finish(cut);
    return reshape(cut, out_shape());
}

bool translation::split() {
    const bool equal = node_.operation == "SPLIT";  // with the axis first, SPLIT_V has it last
    const std::size_t data = equal ? 1 : 0;
    if (!is_constant(equal ? 0 : 2)) return false;
    std::int64_t axis = wholes(equal ? 0 : 2).at(0);
    const shape_type shape = in_shape(data);
    if (axis < 0) axis += static_cast<std::int64_t>(shape.size());
    std::int64_t at = 0;
    for (const value_id out : node_.outputs) {
        const std::int64_t size = of_.shape(out).at(static_cast<std::size_t>(axis));
        made.push_back(make_step("Slice", {node_.inputs[data], list({at}), list({at + size}), list({axis})},
                                 out, {}, from_.sources, from_.node.name));
        at += size;
    }
    return true;
}

bool translation::blocks(const std::string& operation) {
    const value_id in = transpose(real(0), {0, 3, 1, 2});
    return finish(transpose(
        add(operation, {in}, first(out_shape()), {{"blocksize", integer("block_size", 1)}}), {0, 2, 3, 1}));
}

bool translation::concatenation() {
    std::vector<value_id> inputs;
    for (std::size_t k = 0; k < node_.inputs.size(); ++k) inputs.push_back(real(k));
    return finish_activated(add("Concat", inputs, out_shape(), {{"axis", integer("axis")}}));
}

bool translation::pack() {
    std::vector<value_id> inputs;
    std::int64_t axis = integer("axis");
    if (axis < 0) axis += static_cast<std::int64_t>(out_shape().size());
    shape_type one = out_shape();
    one[static_cast<std::size_t>(axis)] = 1;
    for (std::size_t k = 0; k < node_.inputs.size(); ++k)
        inputs.push_back(add("Reshape", {real(k), list(one)}, one));
    return finish(add("Concat", inputs, out_shape(), {{"axis", axis}}));
}

bool translation::unpack() {
    std::int64_t axis = integer("axis");
    const shape_type& shape = in_shape(0);
    if (axis < 0) axis += static_cast<std::int64_t>(shape.size());
    shape_type one = shape;
    one[static_cast<std::size_t>(axis)] = 1;
    std::int64_t at = 0;
    for (const value_id out : node_.outputs) {
        const value_id cut = add("Slice", {node_.inputs[0], list({at}), list({at + 1}), list({axis})}, one);
        made.push_back(
            make_step("Reshape", {cut, list(of_.shape(out))}, out, {}, from_.sources, from_.node.name));
        ++at;
    }
    return true;
}

bool translation::run() {
    const std::string& name = node_.operation;
    const auto result = node_.outputs.empty() || node_.outputs[0] == no_value ? element_type::none
                                                                              : of_.types[node_.outputs[0]];
    if (result != element_type::float32) return false;
    for (const value_id id : node_.inputs)  // activations of 8 bits have an arithmetic of their own
        if (id != no_value && of_.constant(id) == nullptr && !of_.model.values[id].variable &&
            !is_real(of_.types[id]))
            return false;
    static const std::map<std::string, std::string, std::less<>> same{
        {"LOGISTIC", "Sigmoid"}, {"TANH", "Tanh"}, {"RELU", "Relu"}, {"HARD_SWISH", "HardSwish"},
        {"EXP", "Exp"},          {"LOG", "Log"},   {"SQRT", "Sqrt"}, {"ABS", "Abs"},
        {"NEG", "Neg"},          {"SIN", "Sin"},   {"COS", "Cos"},   {"FLOOR", "Floor"},
        {"ROUND", "Round"},      {"CEIL", "Ceil"}};
    static const std::map<std::string, std::string, std::less<>> pairs{
        {"ADD", "Add"},     {"SUB", "Sub"},     {"MUL", "Mul"}, {"DIV", "Div"},
        {"MAXIMUM", "Max"}, {"MINIMUM", "Min"}, {"POW", "Pow"}, {"AVERAGE", "Mean"}};
    if (const auto found = same.find(name); found != same.end()) return pointwise(found->second);
    if (const auto found = pairs.find(name); found != pairs.end()) return pairwise(found->second);
    if (name == "CONV_2D") return convolution(false);
    if (name == "DEPTHWISE_CONV_2D") return convolution(true);
    if (name == "TRANSPOSE_CONV") return transposed_convolution();
    if (name == "FULLY_CONNECTED") return dense();
    if (name == "MAX_POOL_2D") return pooling("MaxPool");
    if (name == "AVERAGE_POOL_2D") return pooling("AveragePool");
    if (name == "MEAN") return reduction("ReduceMean");
    if (name == "SUM") return reduction("ReduceSum");
    if (name == "REDUCE_MAX") return reduction("ReduceMax");
    if (name == "REDUCE_MIN") return reduction("ReduceMin");
    if (name == "PAD" || name == "PADV2" || name == "MIRROR_PAD") return padding();
    if (name == "RESIZE_BILINEAR") return resize("linear");
    if (name == "RESIZE_NEAREST_NEIGHBOR") return resize("nearest");
    if (name == "RESHAPE" || name == "SQUEEZE" || name == "EXPAND_DIMS") return reshape(real(0), out_shape());
    if (name == "TRANSPOSE" && is_constant(1)) return finish(transpose(real(0), wholes(1)));
    if (name == "SLICE") return slice();
    if (name == "STRIDED_SLICE") return strided_slice();
    if (name == "SPLIT" || name == "SPLIT_V") return split();
    if (name == "DEPTH_TO_SPACE") return blocks("DepthToSpace");
    if (name == "SPACE_TO_DEPTH") return blocks("SpaceToDepth");
    if (name == "TILE" && is_constant(1)) return finish(add("Tile", {real(0), list(wholes(1))}, out_shape()));
    if (name == "BROADCAST_TO") return finish(add("Expand", {real(0), list(out_shape())}, out_shape()));
    if (name == "CONCATENATION") return concatenation();
    if (name == "PACK") return pack();
    if (name == "UNPACK") return unpack();
    if (name == "BATCH_MATMUL" && integer("adj_x") == 0 && integer("adj_y") == 0) return pairwise("MatMul");
    if (name == "RELU6") return finish(add("Clip", {real(0), number(0), number(6)}, out_shape()));
    if (name == "RELU_N1_TO_1") return finish(add("Clip", {real(0), number(-1), number(1)}, out_shape()));
    if (name == "RELU_0_TO_1") return finish(add("Clip", {real(0), number(0), number(1)}, out_shape()));
    if (name == "LEAKY_RELU") return pointwise("LeakyRelu", {{"alpha", number_of(node_, "alpha", 0)}});
    if (name == "ELU") return pointwise("Elu");
    if (name == "GELU")
        return pointwise("Gelu",
                         {{"approximate", std::string(integer("approximate") != 0 ? "tanh" : "none")}});
    if (name == "PRELU") return finish(add("PRelu", {real(0), real(1)}, out_shape()));
    if (name == "LOG_SOFTMAX") return pointwise("LogSoftmax", {{"axis", std::int64_t{-1}}});
    if (name == "SQUARE") return finish(add("Mul", {node_.inputs[0], node_.inputs[0]}, out_shape()));
    if (name == "RSQRT") return finish(add("Reciprocal", {add("Sqrt", {real(0)}, out_shape())}, out_shape()));
    if (name == "SOFTMAX") {
        value_id in = real(0);
        if (const double beta = number_of(node_, "beta", 1); beta != 1)
            in = add("Mul", {in, number(beta)}, out_shape());
        return finish(add("Softmax", {in}, out_shape(), {{"axis", std::int64_t{-1}}}));
    }
    if (name == "CAST" && is_real(of_.types[node_.inputs[0]])) return pointwise("Identity");
    return false;
}

}  // namespace

void without_tflite(network& of) {
    std::vector<step> made;
    const std::vector<step> old = std::move(of.steps);
    of.steps.clear();
    for (const step& one : old) {
        if (one.node.domain == "tflite" || one.node.domain == "archetype") {
            translation now(of, one);
            if (now.run()) {
                for (step& part : now.made) made.push_back(std::move(part));
                continue;
            }
        }
        made.push_back(one);
    }
    of.steps = std::move(made);
}

}  // namespace archetype::rewrite
