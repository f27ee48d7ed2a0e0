// SPDX-License-Identifier: BSL-1.0
#include "sequence.hpp"

#include <algorithm>
#include <numeric>

namespace archetype::rewrite {

namespace {

using names = std::set<std::string, std::less<>>;

/// A value of one call: `rows` along the axis of time, of which the last `fresh` were in no call before.
struct flow {
    std::size_t axis = 1;
    std::int64_t rows = 1, fresh = 1;
    std::int64_t memory = 0;  ///< steps of the input before those of the call
    std::int64_t step = 1;    ///< of the input, between two rows
    shape_type shape;         ///< in one call

    bool keeps_pace_with(const flow& other) const {
        return axis == other.axis && rows == other.rows && fresh == other.fresh &&
               shape.size() == other.shape.size();
    }
};

std::int64_t product(const shape_type& of, std::size_t first, std::size_t last) {
    return std::accumulate(of.begin() + static_cast<std::ptrdiff_t>(first),
                           of.begin() + static_cast<std::ptrdiff_t>(last), std::int64_t{1},
                           std::multiplies<>());
}
shape_type without_ones(const shape_type& of) {
    shape_type made;
    std::copy_if(of.begin(), of.end(), std::back_inserter(made), [](auto extent) { return extent != 1; });
    return made;
}

/// The network of several calls while it is made, with the axis of time that inputs have.
class unrolling {
public:
    unrolling(const graph::model& file, std::size_t axis, std::int64_t calls)
        : file_(file), made_(file), axis_(axis), calls_(calls) {}

    /// Whether it could be done; `problem` says what would be.
    bool run();

    std::size_t done = 0;  ///< nodes
    std::string problem;
    std::int64_t memory() const { return memory_; }
    sequence result() const;
    graph::model take() { return std::move(made_); }

private:
    /// Rows of a value that a variable keeps, before those of the call.
    struct window {
        value_id fresh = no_value, joined = no_value, assigned = no_value;
        std::int64_t rows = 0, elements = 0;
        std::size_t read = 0, assign = 0;  ///< nodes
    };
    struct tail {
        value_id of = no_value;
        std::int64_t begin = 0, end = 0;
    };

    std::optional<shape_type> file_shape(value_id id) const {
        if (id == no_value || !file_.values[id].shape) return std::nullopt;
        const auto& said = file_.values[id].shape;
        shape_type made;
        for (const graph::dimension& one : *said) {
            if (one.extent <= 0) return std::nullopt;
            made.push_back(one.extent);
        }
        return made;
    }
    const flow* of(value_id id) const {
        const auto found = flows_.find(id);
        return found == flows_.end() ? nullptr : &found->second;
    }
    bool refuse(std::string expected) {
        problem = std::move(expected);
        return false;
    }
    bool give(const graph::node& node, flow one, std::size_t output = 0) {
        memory_ = std::max(memory_, one.memory);
        std::vector<graph::dimension> shape;
        for (const std::int64_t extent : one.shape) shape.push_back({extent, ""});
        shape[one.axis].extent = one.rows - one.fresh + calls_ * one.fresh;
        made_.values[node.outputs[output]].shape = std::move(shape);
        flows_[node.outputs[output]] = std::move(one);
        return true;
    }
    bool keep(graph::node node) {
        nodes_.push_back(std::move(node));
        return true;
    }
    value_id list(const std::vector<std::int64_t>& numbers, shape_type shape) {
        graph::value one;
        one.type = element_type::int32;
        one.shape.emplace();
        for (const std::int64_t extent : shape) one.shape->push_back({extent, ""});
        one.constant =
            evaluate::tensor_of(array(element_type::int32, std::move(shape), evaluate::wholes(numbers)));
        made_.values.push_back(std::move(one));
        return made_.values.size() - 1;
    }
    std::optional<std::vector<std::int64_t>> wholes(const graph::node& node, std::size_t k) const {
        if (k >= node.inputs.size() || node.inputs[k] == no_value) return std::nullopt;
        const auto& constant = file_.values[node.inputs[k]].constant;
        if (!constant || !graph::is_whole(constant->type)) return std::nullopt;
        return evaluate::array_of(*constant).as_wholes();
    }
    bool begins_with_zeros(const std::string& name, value_id read) const;

    void find_variables();
    bool inputs();
    bool node(const graph::node& one);
    bool same(const graph::node& one);
    bool together(const graph::node& one);
    bool concatenation(const graph::node& one);
    bool window_of(const graph::node& one);
    bool cut(const graph::node& one);
    bool split(const graph::node& one);
    bool reshape(const graph::node& one);
    bool transpose(const graph::node& one);
    bool padding(const graph::node& one);
    bool moving(const graph::node& one);
    bool reduction(const graph::node& one);
    bool dense(const graph::node& one);
    bool variables();

    const graph::model& file_;
    graph::model made_;
    std::size_t axis_;
    std::int64_t calls_, memory_ = 0;
    std::vector<graph::node> nodes_;
    std::map<value_id, flow> flows_;
    std::map<value_id, value_id> flat_;  ///< what is only another shape of a value with time
    std::map<value_id, tail> tails_;
    std::map<value_id, std::string> handles_, reads_;
    std::map<std::string, window> windows_;
    std::map<std::string, graph::tensor> first_;
    std::set<value_id> wanted_;  ///< what variables are assigned
};

std::string name_of_variable(const graph::node& node) {
    return text_of(node, "container", "") + "/" + text_of(node, "shared_name", "");
}

void unrolling::find_variables() {
    for (const graph::node& one : file_.main.nodes) {
        if (one.operation != "CALL_ONCE") continue;
        const auto found = one.attributes.find("body");
        if (found == one.attributes.end()) continue;
        std::map<value_id, std::string> handles;
        for (const graph::node& inner : std::get<std::shared_ptr<graph::block>>(found->second)->nodes) {
            if (inner.operation == "VAR_HANDLE") handles[inner.outputs[0]] = name_of_variable(inner);
            if (inner.operation != "ASSIGN_VARIABLE" || !handles.contains(inner.inputs[0])) continue;
            graph::tensor& first = first_[handles[inner.inputs[0]]];
            if (const auto& content = file_.values[inner.inputs[1]].constant) first = *content;
        }
    }
    for (const graph::node& one : file_.main.nodes)
        if (one.operation == "ASSIGN_VARIABLE" && one.inputs[1] != no_value) wanted_.insert(one.inputs[1]);
}

bool unrolling::begins_with_zeros(const std::string& name, value_id read) const {
    const graph::value& value = file_.values[read];
    const std::int64_t zero =
        value.quantized && !value.quantized->zero_points.empty() ? value.quantized->zero_points[0] : 0;
    const auto found = first_.find(name);
    if (found == first_.end()) return zero == 0;
    if (found->second.type == element_type::none) return false;
    const std::vector<double> all = evaluate::all_reals(evaluate::array_of(found->second));
    return std::all_of(all.begin(), all.end(), [&](double one) { return one == static_cast<double>(zero); });
}

bool unrolling::inputs() {
    if (file_.main.outputs.size() != 1) return refuse("one output");
    for (const value_id id : file_.main.inputs) {
        if (file_.values[id].constant) continue;
        if (!flows_.empty()) return refuse("one input");
        const auto shape = file_shape(id);
        if (!shape || axis_ + 1 >= shape->size() || product(*shape, 0, axis_) != 1)
            return refuse("an input {1, steps, ...} whose shape the file says");
        const std::int64_t rows = (*shape)[axis_];
        give({"", "", "", 0, {}, {id}, {}}, {axis_, rows, rows, 0, 1, *shape});
    }
    return true;
}

bool unrolling::same(const graph::node& one) {
    give(one, *of(one.inputs[0]));
    return keep(one);
}

bool unrolling::together(const graph::node& one) {
    const flow* first = nullptr;
    for (const value_id id : one.inputs) {
        const flow* const found = id == no_value ? nullptr : of(id);
        if (found == nullptr) continue;
        if (first != nullptr && !first->keeps_pace_with(*found)) return refuse("values of the same steps");
        if (first == nullptr || found->memory > first->memory) first = found;
    }
    for (const value_id id : one.inputs) {
        if (id == no_value || of(id) != nullptr) continue;
        const auto shape = file_shape(id);
        if (!shape) return refuse("constants beside values with steps");
        const std::size_t missing = first->shape.size() - std::min(first->shape.size(), shape->size());
        if (first->axis >= missing && (*shape)[first->axis - missing] != 1)
            return refuse("constants that are the same at every step");
    }
    flow made = *first;
    if (const auto shape = file_shape(one.outputs[0]); shape && shape->size() == made.shape.size())
        made.shape = *shape;
    give(one, made);
    return keep(one);
}

bool unrolling::concatenation(const graph::node& one) {
    if (std::any_of(one.inputs.begin(), one.inputs.end(), [&](value_id id) { return reads_.contains(id); }))
        return window_of(one);
    const flow* const first = of(one.inputs[0]);
    if (first == nullptr) return refuse("no constants beside values with steps");
    std::int64_t axis = integer_of(one, "axis", 0);
    if (axis < 0) axis += static_cast<std::int64_t>(first->shape.size());
    if (static_cast<std::size_t>(axis) == first->axis) return refuse("rows of a variable before others");
    return together(one);
}

/// Rows of a variable before those of the call: zeros before those of the sequence.
bool unrolling::window_of(const graph::node& one) {
    const auto read = one.inputs.size() == 2 ? reads_.find(one.inputs[0]) : reads_.end();
    const flow* const fresh = one.inputs.size() == 2 ? of(one.inputs[1]) : nullptr;
    const auto kept = file_shape(one.inputs[0]);
    if (read == reads_.end() || fresh == nullptr || !kept || kept->size() != fresh->shape.size())
        return refuse("a variable before one other value");
    std::int64_t axis = integer_of(one, "axis", 0);
    if (axis < 0) axis += static_cast<std::int64_t>(kept->size());
    if (static_cast<std::size_t>(axis) != fresh->axis || fresh->rows != fresh->fresh ||
        text_of(one, "fused_activation_function", "NONE") != "NONE")
        return refuse("a variable with rows before those of the call");
    window& all = windows_[read->second];
    if (all.joined != no_value) return refuse("a variable that is read once");
    all.fresh = one.inputs[1];
    all.joined = one.outputs[0];
    all.rows = (*kept)[fresh->axis];
    all.elements = *graph::element_count(*kept);
    flow made = *fresh;
    made.rows += all.rows;
    made.memory += all.rows * made.step;
    made.shape[made.axis] = made.rows;
    graph::node pad = one;
    pad.operation = "PAD";
    pad.version = 1;
    pad.attributes.clear();
    std::vector<std::int64_t> pairs(2 * made.shape.size(), 0);
    pairs[2 * made.axis] = all.rows;
    pad.inputs = {one.inputs[1], list(pairs, {static_cast<std::int64_t>(made.shape.size()), 2})};
    give(one, made);
    return keep(std::move(pad));
}

/// STRIDED_SLICE.
bool unrolling::cut(const graph::node& one) {
    const flow from = *of(one.inputs[0]);
    const auto begin = wholes(one, 1);
    const auto end = wholes(one, 2);
    const auto steps = wholes(one, 3);
    const auto shape = file_shape(one.outputs[0]);
    if (!begin || !end || !steps || !shape || begin->size() <= from.axis || steps->at(from.axis) != 1 ||
        integer_of(one, "shrink_axis_mask", 0) != 0 || integer_of(one, "new_axis_mask", 0) != 0 ||
        integer_of(one, "ellipsis_mask", 0) != 0 || shape->size() != from.shape.size())
        return refuse("neighbouring steps");
    const std::int64_t bit = std::int64_t{1} << from.axis;
    const auto place = [&](std::int64_t at) {
        return std::clamp<std::int64_t>(at < 0 ? at + from.rows : at, 0, from.rows);
    };
    const std::int64_t first =
        (integer_of(one, "begin_mask", 0) & bit) != 0 ? 0 : place(begin->at(from.axis));
    const std::int64_t last =
        (integer_of(one, "end_mask", 0) & bit) != 0 ? from.rows : place(end->at(from.axis));
    flow made = from;
    made.shape = *shape;
    made.rows = last - first;
    made.shape[made.axis] = made.rows;
    tails_[one.outputs[0]] = {one.inputs[0], first, last};
    // What a variable alone is assigned need not have all steps.
    const bool is_kept = wanted_.contains(one.outputs[0]);
    if (made.rows < made.fresh) return is_kept || refuse("all new steps of a value");
    graph::node copy = one;
    std::vector<std::int64_t> to = *end;
    std::vector<std::int64_t> from_place = *begin;
    from_place[from.axis] = first;
    to[from.axis] = from.rows - from.fresh + calls_ * from.fresh - (from.rows - last);
    const auto rank = static_cast<std::int64_t>(to.size());
    copy.inputs[1] = list(from_place, {rank});
    copy.inputs[2] = list(to, {rank});
    copy.attributes["begin_mask"] = integer_of(one, "begin_mask", 0) & ~bit;
    copy.attributes["end_mask"] = integer_of(one, "end_mask", 0) & ~bit;
    give(one, made);
    return keep(std::move(copy));
}

bool unrolling::split(const graph::node& one) {
    const std::size_t data = one.operation == "SPLIT" ? 1 : 0;
    const auto axis = wholes(one, one.operation == "SPLIT" ? 0 : 2);
    const flow* const from = data < one.inputs.size() ? of(one.inputs[data]) : nullptr;
    if (from == nullptr || !axis || axis->size() != 1) return refuse("parts of each step");
    const std::int64_t along =
        (*axis)[0] < 0 ? (*axis)[0] + static_cast<std::int64_t>(from->shape.size()) : (*axis)[0];
    if (along == static_cast<std::int64_t>(from->axis)) return refuse("parts of each step");
    const flow whole = *from;
    for (std::size_t k = 0; k < one.outputs.size(); ++k) {
        const auto shape = file_shape(one.outputs[k]);
        if (!shape || shape->size() != whole.shape.size()) return refuse("parts of each step");
        flow part = whole;
        part.shape = *shape;
        give(one, part, k);
    }
    return keep(one);
}

bool unrolling::reshape(const graph::node& one) {
    const flow from = *of(one.inputs[0]);
    const auto shape = file_shape(one.outputs[0]);
    if (!shape) return refuse("a shape that the file says");
    flow made = from;
    made.shape = *shape;
    const std::int64_t before = product(from.shape, 0, from.axis);
    std::optional<std::size_t> axis;
    for (std::size_t k = 1; k < shape->size(); ++k)
        if ((*shape)[k] == from.rows && product(*shape, 0, k) == before && (!axis || k == from.axis))
            axis = k;
    if (!axis && from.rows == 1 && without_ones(*shape) == without_ones(from.shape)) {
        made.shape = from.shape;  // an axis for time is none of the file's
        axis = from.axis;
    }
    if (!axis) {
        flat_[one.outputs[0]] = one.inputs[0];
        return true;
    }
    made.axis = *axis;
    graph::node copy = one;
    copy.operation = "RESHAPE";
    copy.attributes.clear();
    std::vector<std::int64_t> to = made.shape;
    to[made.axis] = from.rows - from.fresh + calls_ * from.fresh;
    copy.inputs = {one.inputs[0], list(to, {static_cast<std::int64_t>(to.size())})};
    give(one, made);
    return keep(std::move(copy));
}

bool unrolling::transpose(const graph::node& one) {
    flow made = *of(one.inputs[0]);
    const auto order = wholes(one, 1);
    if (!order || order->size() != made.shape.size()) return refuse("an order of axes that is a constant");
    const shape_type old = made.shape;
    const std::size_t axis = made.axis;
    for (std::size_t k = 0; k < old.size(); ++k) {
        const auto from = static_cast<std::size_t>(order->at(k));
        if (from >= old.size()) return refuse("an order of axes");
        made.shape[k] = old[from];
        if (from == axis) made.axis = k;
    }
    if (made.axis == 0) return refuse("samples as the first axis");
    give(one, made);
    return keep(one);
}

bool unrolling::padding(const graph::node& one) {
    flow made = *of(one.inputs[0]);
    const auto pairs = wholes(one, 1);
    const auto shape = file_shape(one.outputs[0]);
    if (!pairs || pairs->size() != 2 * made.shape.size() || !shape || shape->size() != made.shape.size() ||
        (*pairs)[2 * made.axis] != 0 || (*pairs)[2 * made.axis + 1] != 0)
        return refuse("padding beside the steps");
    made.shape = *shape;
    give(one, made);
    return keep(one);
}

/// Windows over steps: those of a call and the next one must follow each other.
bool unrolling::moving(const graph::node& one) {
    flow made = *of(one.inputs[0]);
    const auto shape = file_shape(one.outputs[0]);
    if (made.shape.size() != 4 || (made.axis != 1 && made.axis != 2) || !shape || shape->size() != 4)
        return refuse("windows over an image of steps");
    const bool rows = made.axis == 1;
    const std::int64_t stride = integer_of(one, rows ? "stride_h" : "stride_w", 1);
    std::int64_t extent = integer_of(one, rows ? "filter_height" : "filter_width", 1);
    if (one.operation == "CONV_2D" || one.operation == "DEPTHWISE_CONV_2D") {
        const auto weights =
            one.inputs.size() > 1 && one.inputs[1] != no_value ? file_shape(one.inputs[1]) : std::nullopt;
        if (!weights || weights->size() != 4) return refuse("weights that are constants");
        extent = (*weights)[made.axis];
    }
    if (text_of(one, "padding", "VALID") != "VALID" && (extent != 1 || stride != 1))
        return refuse("windows without padding of steps");
    if (stride <= 0 || made.fresh % stride != 0 || (*shape)[made.axis] < made.fresh / stride)
        return refuse("a stride that the new steps of a call are a multiple of");
    made.shape = *shape;
    made.rows = (*shape)[made.axis];
    made.fresh /= stride;
    made.step *= stride;
    give(one, made);
    return keep(one);
}

bool unrolling::reduction(const graph::node& one) {
    flow made = *of(one.inputs[0]);
    const auto axes = wholes(one, 1);
    const auto shape = file_shape(one.outputs[0]);
    if (!axes || !shape) return refuse("axes that are constants");
    std::size_t before = 0;
    for (std::int64_t axis : *axes) {
        if (axis < 0) axis += static_cast<std::int64_t>(made.shape.size());
        if (axis == static_cast<std::int64_t>(made.axis)) return refuse("means within each step");
        before += axis < static_cast<std::int64_t>(made.axis) ? 1 : 0;
    }
    if (integer_of(one, "keep_dims", 0) == 0) made.axis -= before;
    made.shape = *shape;
    if (made.axis == 0 || made.axis >= shape->size()) return refuse("means within each step");
    give(one, made);
    return keep(one);
}

/// A product with all rows of a value, or with each: a convolution over time.
bool unrolling::dense(const graph::node& one) {
    const auto flat = flat_.find(one.inputs[0]);
    const value_id in = flat == flat_.end() ? one.inputs[0] : flat->second;
    const flow* const found = of(in);
    const auto weights =
        one.inputs.size() > 1 && one.inputs[1] != no_value ? file_shape(one.inputs[1]) : std::nullopt;
    if (found == nullptr || !weights || weights->size() != 2 || !file_.values[one.inputs[1]].constant)
        return refuse("weights that are constants");
    flow made = *found;
    const std::int64_t own = product(made.shape, made.axis + 1, made.shape.size());
    const std::int64_t taken = own > 0 ? (*weights)[1] / own : 0;
    if (taken * own != (*weights)[1] || (taken != 1 && taken != made.rows) ||
        product(made.shape, 0, made.axis) != 1)
        return refuse("a product with each step, or with all that are kept");
    const std::int64_t stride = made.fresh;
    graph::node reshaped{one.name, "tflite", "RESHAPE", 1, {in}, {}, {}};
    reshaped.inputs.push_back(list({1, made.rows - made.fresh + calls_ * made.fresh, 1, own}, {4}));
    made_.values.push_back(file_.values[in]);
    made_.values.back().constant.reset();
    made_.values.back().name.clear();
    reshaped.outputs = {made_.values.size() - 1};
    made.shape = {1, made.rows, 1, own};
    made.axis = 1;
    give(reshaped, made);
    keep(reshaped);
    if (taken == 1) {  // one scale of a dense layer has its own rounding: it stays one
        graph::node each = one;
        each.inputs[0] = reshaped.outputs[0];
        each.attributes["keep_num_dims"] = std::int64_t{1};
        made.shape.back() = (*weights)[0];
        give(one, made);
        return keep(std::move(each));
    }
    graph::value kernel = made_.values[one.inputs[1]];
    const shape_type shape{(*weights)[0], taken, 1, own};
    kernel.constant->shape = shape;
    kernel.shape.emplace();
    for (const std::int64_t extent : shape) kernel.shape->push_back({extent, ""});
    made_.values.push_back(std::move(kernel));
    graph::node convolution = one;
    convolution.operation = "CONV_2D";
    convolution.version = 1;
    convolution.inputs[0] = reshaped.outputs[0];
    convolution.inputs[1] = made_.values.size() - 1;
    convolution.attributes.clear();
    convolution.attributes["padding"] = std::string("VALID");
    convolution.attributes["stride_h"] = stride;
    convolution.attributes["stride_w"] = std::int64_t{1};
    convolution.attributes["fused_activation_function"] = text_of(one, "fused_activation_function", "NONE");
    made.rows = 1;
    made.fresh /= stride;
    made.step *= stride;
    made.shape = {1, made.rows, 1, (*weights)[0]};
    give(one, made);
    return keep(std::move(convolution));
}

bool unrolling::node(const graph::node& one) {
    static const names of_each{"QUANTIZE", "DEQUANTIZE",   "LOGISTIC",   "TANH",       "RELU",
                               "RELU6",    "RELU_N1_TO_1", "LEAKY_RELU", "HARD_SWISH", "EXP",
                               "LOG",      "SQRT",         "RSQRT",      "SQUARE",     "ABS",
                               "NEG",      "ELU",          "GELU",       "CAST"};
    static const names pairs{"ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "PRELU"};
    static const names windows{"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"};
    const std::string& name = one.operation;
    if (one.domain != "tflite") return refuse("operators of TFLite");
    if (std::find(one.outputs.begin(), one.outputs.end(), no_value) != one.outputs.end())
        return refuse("nodes whose results are all values");
    if (name == "CALL_ONCE") return true;
    if (name == "VAR_HANDLE") {
        handles_[one.outputs[0]] = name_of_variable(one);
        return true;
    }
    if (name == "READ_VARIABLE") {
        const std::string variable = handles_[one.inputs[0]];
        if (!begins_with_zeros(variable, one.outputs[0])) return refuse("variables that begin with zeros");
        reads_[one.outputs[0]] = variable;
        return true;
    }
    if (name == "ASSIGN_VARIABLE") {
        window& to = windows_[handles_[one.inputs[0]]];
        if (to.assigned != no_value) return refuse("a variable that is assigned once");
        to.assigned = one.inputs[1];
        return true;
    }
    if (name == "CONCATENATION") return concatenation(one);
    if (name == "FULLY_CONNECTED") return dense(one);
    if (name == "SPLIT" || name == "SPLIT_V") return split(one);
    const auto reads_time = [&](value_id id) { return id != no_value && of(id) != nullptr; };
    for (const value_id id : one.inputs)
        if (reads_.contains(id) || flat_.contains(id)) return refuse("rows of a variable before others");
    if (std::none_of(one.inputs.begin(), one.inputs.end(), reads_time)) return keep(one);
    if (pairs.contains(name)) return together(one);
    if (!reads_time(one.inputs[0])) return refuse("operators that do the same at every step");
    const flow& first = *of(one.inputs[0]);
    if (of_each.contains(name)) return same(one);
    if ((name == "SOFTMAX" || name == "LOG_SOFTMAX") && first.axis + 1 != first.shape.size())
        return same(one);
    if (name == "RESHAPE" || name == "SQUEEZE" || name == "EXPAND_DIMS") return reshape(one);
    if (name == "STRIDED_SLICE") return cut(one);
    if (name == "TRANSPOSE") return transpose(one);
    if (name == "PAD") return padding(one);
    if (name == "MEAN" || name == "SUM" || name == "REDUCE_MAX") return reduction(one);
    if (windows.contains(name)) return moving(one);
    return refuse("operators that do the same at every step");
}

/// Each variable keeps the last rows of what it is read before.
bool unrolling::variables() {
    for (const auto& [name, one] : windows_) {
        const bool is_read =
            std::any_of(reads_.begin(), reads_.end(), [&](const auto& read) { return read.second == name; });
        const bool is_used = one.joined != no_value;
        if (!is_used && is_read) return refuse("variable " + name + ": rows before those of the call");
        if (!is_used) continue;
        const auto found = tails_.find(one.assigned);
        const flow& fresh = *of(one.fresh);
        bool good = one.assigned == one.fresh && one.rows == fresh.rows;
        if (found != tails_.end()) {
            const tail& last = found->second;
            const std::int64_t rows = of(last.of)->rows;
            const bool is_own = last.of == one.joined || (last.of == one.fresh && one.rows <= fresh.fresh);
            good = is_own && last.end == rows && last.end - last.begin == one.rows;
        }
        if (!good) return refuse("variable " + name + ": the last rows of what it was joined with");
    }
    return true;
}

bool unrolling::run() {
    find_variables();
    if (!inputs()) return false;
    for (const graph::node& one : file_.main.nodes) {
        if (!node(one)) return false;
        ++done;
    }
    for (const value_id id : file_.main.outputs)
        if (const flow* const last = of(id);
            last == nullptr || last->rows != last->fresh || product(last->shape, 0, last->axis) != 1)
            return refuse("results that each belong to one call");
    if (!variables()) return false;
    made_.main.nodes = std::move(nodes_);
    // What only variables read.
    std::set<value_id> read(made_.main.outputs.begin(), made_.main.outputs.end());
    for (const graph::node& one : made_.main.nodes) read.insert(one.inputs.begin(), one.inputs.end());
    std::erase_if(made_.main.nodes, [&](const graph::node& one) {
        return std::none_of(one.outputs.begin(), one.outputs.end(),
                            [&](value_id id) { return read.contains(id); });
    });
    return true;
}

sequence unrolling::result() const {
    sequence made;
    made.calls = calls_;
    for (const value_id id : file_.main.inputs)
        if (const flow* const in = of(id)) made.block = in->rows;
    made.rows = of(file_.main.outputs.at(0))->fresh;
    for (const auto& [name, one] : windows_) made.states += one.elements;
    std::set<value_id> there;
    for (const graph::node& one : made_.main.nodes) there.insert(one.outputs.begin(), one.outputs.end());
    for (const graph::node& one : file_.main.nodes)
        if (one.outputs.empty() || !there.contains(one.outputs[0]))
            made.gone.push_back(graph::place_text(file_, one));
    return made;
}

}  // namespace

bool keeps_variables(const graph::model& file) {
    return std::any_of(file.main.nodes.begin(), file.main.nodes.end(), [](const graph::node& one) {
        return one.domain == "tflite" &&
               (one.operation == "READ_VARIABLE" || one.operation == "ASSIGN_VARIABLE");
    });
}

std::optional<sequence> as_sequence(graph::model& file, std::vector<refusal>& refused) {
    constexpr std::size_t most_axes = 3;
    std::size_t furthest = 0;
    std::string problem;
    // What follows takes it that nodes have the inputs and outputs of their operators.
    for (const evaluate::refusal& one : evaluate::refusals_of(file))
        refused.push_back({one.node, one.operation, "", one.reason});
    if (!refused.empty()) return std::nullopt;
    for (std::size_t axis = 1; axis <= most_axes; ++axis) {
        unrolling one_call(file, axis, 1);
        if (!one_call.run()) {
            if (problem.empty() || one_call.done > furthest) {
                problem = one_call.problem;
                furthest = one_call.done;
            }
            continue;
        }
        const std::int64_t block = one_call.result().block;
        const std::int64_t calls = 1 + (one_call.memory() + block - 1) / block;
        unrolling all(file, axis, calls);
        if (!all.run()) continue;
        sequence made = all.result();
        graph::model network = all.take();
        made.file = std::move(file);
        file = std::move(network);
        return made;
    }
    const auto& nodes = file.main.nodes;
    const graph::node& at = nodes[std::min(furthest, nodes.size() - 1)];
    const std::string place = graph::place_text(file, at);
    refused.push_back({place.substr(0, place.rfind(" (")), at.domain + ":" + at.operation, "",
                       "in a file with variables " + problem});
    return std::nullopt;
}

}  // namespace archetype::rewrite
