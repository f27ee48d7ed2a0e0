// SPDX-License-Identifier: BSL-1.0
#include "passes.hpp"

#include "prepare.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace archetype::rewrite {

namespace {

using integers = std::vector<std::int64_t>;

value_id list(network& of, const integers& numbers) {
    return of.add_constant("", array(element_type::int64, {static_cast<std::int64_t>(numbers.size())},
                                     evaluate::wholes(numbers)));
}
value_id number(network& of, double one) {
    return of.add_constant("", array(element_type::float32, {}, evaluate::reals{one}));
}
bool has(const graph::node& node, std::size_t k) {
    return k < node.inputs.size() && node.inputs[k] != no_value;
}
bool is(const graph::node& node, std::string_view operation) {
    return node.domain.empty() && node.operation == operation;
}

/// Why a node can go: its result is its input.
std::string nothing_done(const network& of, const graph::node& node) {
    if (node.domain == "" && node.inputs.size() >= 1 && node.inputs[0] != no_value) {
        if (node.operation == "Identity") return "an identity";
        if (node.operation == "Dropout") return "a dropout: nothing at inference";
        const shape_type& in = of.shape(node.inputs[0]);
        const shape_type& out = of.shape(node.outputs[0]);
        if (node.operation == "Cast" || node.operation == "CastLike") {
            const auto type = [&](value_id id) {
                const array* content = of.constant(id);
                const auto found = of.types.find(id);
                return content != nullptr        ? content->type
                       : found == of.types.end() ? element_type::none
                                                 : found->second;
            };
            const element_type from = type(node.inputs[0]);
            const element_type to = type(node.outputs[0]);
            const auto wide = [](element_type one) {
                return one == element_type::float32 || one == element_type::float64;
            };
            if (from == to || (wide(from) && wide(to))) return "a cast between real numbers";
        }
        if ((node.operation == "Expand" || node.operation == "Tile") && in == out) return "repeats once";
        if (node.operation == "Transpose" && in == out) {
            const integers order = integers_of(node, "perm");
            if (!order.empty() && std::is_sorted(order.begin(), order.end())) return "axes stay in order";
        }
        if ((node.operation == "Concat" || node.operation == "Sum") && node.inputs.size() == 1)
            return "joins one value";
        if (node.operation == "Resize" && in == out &&
            text_of(node, "coordinate_transformation_mode", "half_pixel") != "tf_crop_and_resize")
            return "a resize to the same size";
        if (node.operation == "Reshape" && in == out) return "a reshape to the same shape";
        if (node.operation == "Pad" && in == out) return "a padding of nothing";
        if (node.operation == "Slice" && in == out) {
            const array* steps = has(node, 4) ? of.constant(node.inputs[4]) : nullptr;
            if (steps == nullptr || std::all_of(steps->as_wholes().begin(), steps->as_wholes().end(),
                                                [](auto s) { return s > 0; }))
                return "a slice of everything";
        }
    }
    return "";
}

/// The node in the form of the newest operator set, or several in its place.
std::vector<step> newest_form(network& of, const step& from) {
    const graph::node& node = from.node;
    const auto same = [&](std::string operation, std::vector<value_id> inputs,
                          attributes_map attributes = {}) {
        return std::vector<step>{make_step(std::move(operation), std::move(inputs), node.outputs[0],
                                           std::move(attributes), from.sources, node.name)};
    };
    if (node.domain == "com.microsoft" && node.operation == "FusedConv" && node.inputs.size() <= 3) {
        graph::node conv = node;
        conv.domain.clear();
        conv.operation = "Conv";
        conv.version = 22;
        const std::string act = text_of(node, "activation", "");
        conv.attributes.erase("activation");
        conv.attributes.erase("activation_params");
        if (!integers_of(node, "activation_params").empty() || node.attributes.contains("activation_params"))
            return {};
        const value_id sum = of.add_value(node.name, of.types[node.outputs[0]], of.shape(node.outputs[0]));
        const std::vector<value_id> outputs = conv.outputs;
        conv.outputs = {act.empty() ? outputs[0] : sum};
        std::vector<step> made{{conv, from.sources}};
        if (!act.empty()) made.push_back(make_step(act, {sum}, outputs[0], {}, from.sources, node.name));
        return made;
    }
    if (node.domain == "com.microsoft" && (node.operation == "Gelu" || node.operation == "FastGelu") &&
        node.inputs.size() == 1)
        return same("Gelu", node.inputs,
                    {{"approximate", std::string(node.operation == "Gelu" ? "none" : "tanh")}});
    if (!node.domain.empty() || node.outputs.empty()) return {};
    const std::string& name = node.operation;
    if (name == "Flatten" || name == "Squeeze" || name == "Unsqueeze" ||
        (name == "Reshape" &&
         (node.version != 24 || !has(node, 1) || of.constant(node.inputs[1]) == nullptr)))
        return same("Reshape", {node.inputs[0], list(of, of.shape(node.outputs[0]))});
    if (name == "Clip" && node.version < 11) {
        std::vector<value_id> inputs{node.inputs[0], no_value, no_value};
        if (node.attributes.contains("min")) inputs[1] = number(of, number_of(node, "min", 0));
        if (node.attributes.contains("max")) inputs[2] = number(of, number_of(node, "max", 0));
        return same("Clip", inputs);
    }
    if (name == "Slice" && node.version < 10) {
        const integers starts = integers_of(node, "starts");
        integers axes = integers_of(node, "axes");
        for (std::size_t k = 0; axes.size() < starts.size(); ++k)
            axes.push_back(static_cast<std::int64_t>(k));
        return same("Slice",
                    {node.inputs[0], list(of, starts), list(of, integers_of(node, "ends")), list(of, axes)});
    }
    if (name == "Split") {
        std::vector<step> made;
        const auto rank = static_cast<std::int64_t>(of.shape(node.inputs[0]).size());
        std::int64_t axis = integer_of(node, "axis", 0);
        if (axis < 0) axis += rank;
        std::int64_t at = 0;
        for (const value_id out : node.outputs) {
            if (out == no_value) return {};
            const std::int64_t size = of.shape(out).at(static_cast<std::size_t>(axis));
            made.push_back(
                make_step("Slice", {node.inputs[0], list(of, {at}), list(of, {at + size}), list(of, {axis})},
                          out, {}, from.sources, node.name));
            at += size;
        }
        return made;
    }
    if (name == "Pad" && node.version < 11) {
        integers pads = integers_of(node, node.version < 2 ? "paddings" : "pads");
        return same("Pad", {node.inputs[0], list(of, pads), number(of, number_of(node, "value", 0))},
                    {{"mode", text_of(node, "mode", "constant")}});
    }
    if (name == "Upsample")
        return same("Resize", {node.inputs[0], no_value, no_value, list(of, of.shape(node.outputs[0]))},
                    {{"mode", text_of(node, "mode", "nearest")},
                     {"coordinate_transformation_mode", std::string("asymmetric")},
                     {"nearest_mode", std::string("floor")}});
    if (name == "Sum" && node.inputs.size() == 2) return same("Add", node.inputs);
    if ((name == "AveragePool" || name == "MaxPool") && node.outputs.size() == 1 &&
        text_of(node, "auto_pad", "NOTSET") != "SAME_LOWER") {
        // A window as large as the image. With integers it rounds otherwise than a mean.
        const shape_type& in = of.shape(node.inputs[0]);
        const integers kernel = integers_of(node, "kernel_shape");
        const integers pads = integers_of(node, "pads");
        const bool whole = in.size() >= 3 && kernel.size() + 2 == in.size() &&
                           (name == "MaxPool" || !of.has_scales()) &&
                           std::equal(kernel.begin(), kernel.end(), in.begin() + 2) &&
                           std::all_of(pads.begin(), pads.end(), [](auto one) { return one == 0; });
        const shape_type& out = of.shape(node.outputs[0]);
        if (whole && std::all_of(out.begin() + 2, out.end(), [](auto one) { return one == 1; }))
            return same(name == "MaxPool" ? "GlobalMaxPool" : "GlobalAveragePool", node.inputs);
    }
    return {};
}

/// One number for each channel (axis 1), if the constant is that.
std::optional<std::vector<double>> by_channel(const network& of, value_id id, const shape_type& shape) {
    const array* content = of.constant(id);
    if (content == nullptr || shape.size() < 2 || !is_real(content->type)) return std::nullopt;
    const auto channels = static_cast<std::size_t>(shape[1]);
    const evaluate::reals& numbers = content->as_reals();
    if (numbers.size() == 1) return std::vector<double>(channels, numbers[0]);
    const std::size_t rank = content->shape.size();
    if (rank > shape.size() || numbers.size() != channels) return std::nullopt;
    const std::size_t axis = rank + 1 - shape.size();  // where axis 1 lies in the constant
    if (rank + 1 < shape.size() || axis >= rank || content->shape[axis] != shape[1]) return std::nullopt;
    return numbers;
}

value_id vector_constant(network& of, value_id like, std::vector<double> numbers) {
    const auto size = static_cast<std::int64_t>(numbers.size());
    return of.add_constant(like == no_value ? "" : of.model.values[like].name,
                           array(element_type::float32, {size}, std::move(numbers)));
}

}  // namespace

void normalize(network& of) {
    for (std::size_t k = 0; k < of.steps.size(); ++k) {
        std::vector<step> made = newest_form(of, of.steps[k]);
        if (made.empty()) continue;
        of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(k));
        of.steps.insert(of.steps.begin() + static_cast<std::ptrdiff_t>(k),
                        std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
        k += made.size() - 1;
    }
    for (std::size_t k = 0; k < of.steps.size();) {
        const graph::node& node = of.steps[k].node;
        const std::string why = nothing_done(of, node);
        const bool others_read =
            node.outputs.size() > 1 && node.outputs[1] != no_value && of.reads(node.outputs[1]) > 0;
        if (why.empty() || others_read) {
            ++k;
            continue;
        }
        const step gone = of.steps[k];
        of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(k));
        of.replace(gone.node.outputs[0], gone.node.inputs[0]);
        of.note(gone.sources, "removed: " + why);
    }
}

void join_factors(network& of) {
    for (bool again = true; again;) {
        again = false;
        for (std::size_t k = 0; k < of.steps.size() && !again; ++k) {
            const graph::node node = of.steps[k].node;
            if (!node.domain.empty() || node.inputs.size() != 2) continue;
            const bool term = node.operation == "Add" || node.operation == "Sub";
            const bool factor = node.operation == "Mul" || node.operation == "Div";
            if (!term && !factor) continue;
            const bool turned = of.constant(node.inputs[0]) != nullptr;
            if (turned && (node.operation == "Sub" || node.operation == "Div")) continue;
            const value_id from = node.inputs[turned ? 1 : 0];
            const value_id other = node.inputs[turned ? 0 : 1];
            if (of.constant(from) != nullptr || of.shape(from) != of.shape(node.outputs[0])) continue;
            auto numbers = by_channel(of, other, of.shape(from));
            step* before = of.producer(from);
            if (!numbers || before == nullptr || !of.is_private(from) || !before->node.domain.empty())
                continue;
            if (node.operation == "Sub")
                for (double& one : *numbers) one = -one;
            if (node.operation == "Div")
                for (double& one : *numbers) one = 1 / one;
            graph::node& made = before->node;
            const std::string& operation = made.operation;
            const auto constant = [&](std::size_t index) {
                return has(made, index) && of.constant(made.inputs[index]) != nullptr;
            };
            std::string into;
            if (operation == "BatchNormalization" && constant(1) && constant(2)) {
                std::vector<double> gamma = evaluate::all_reals(*of.constant(made.inputs[1]));
                std::vector<double> beta = evaluate::all_reals(*of.constant(made.inputs[2]));
                for (std::size_t c = 0; c < numbers->size(); ++c) {
                    if (factor) gamma[c] *= (*numbers)[c];
                    beta[c] = factor ? beta[c] * (*numbers)[c] : beta[c] + (*numbers)[c];
                }
                made.inputs[1] = vector_constant(of, made.inputs[1], gamma);
                made.inputs[2] = vector_constant(of, made.inputs[2], beta);
                into = "the batch normalization before it";
            } else if (operation == "Conv" && constant(1) && (!has(made, 2) || constant(2))) {
                const array weights = real_constant(of, made.inputs[1]);
                std::vector<double> kernel = weights.as_reals();
                std::vector<double> bias(numbers->size(), 0);
                if (has(made, 2)) bias = evaluate::all_reals(real_constant(of, made.inputs[2]));
                const std::size_t each = kernel.size() / numbers->size();
                for (std::size_t c = 0; c < numbers->size(); ++c) {
                    if (factor)
                        for (std::size_t i = c * each; i < (c + 1) * each; ++i) kernel[i] *= (*numbers)[c];
                    bias[c] = factor ? bias[c] * (*numbers)[c] : bias[c] + (*numbers)[c];
                }
                if (factor)
                    made.inputs[1] =
                        of.add_constant(of.model.values[made.inputs[1]].name,
                                        array(element_type::float32, weights.shape, std::move(kernel)));
                if (made.inputs.size() < 3) made.inputs.resize(3, no_value);
                made.inputs[2] = vector_constant(of, made.inputs[2], bias);
                into = "the convolution before it";
            } else {
                continue;
            }
            made.outputs[0] = node.outputs[0];
            before->sources.insert(of.steps[k].sources.begin(), of.steps[k].sources.end());
            of.note(of.steps[k].sources,
                    std::string(factor ? "factors" : "terms") + " of channels, part of " + into);
            of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(k));
            again = true;
        }
    }
    of.sort();
}

namespace {

/// A padding that adds zeros to the last two axes, or the last one, only: before and after.
std::optional<integers> spatial_zeros(const network& of, const graph::node& node) {
    if (!is(node, "Pad") || text_of(node, "mode", "constant") != "constant" || !has(node, 1))
        return std::nullopt;
    const array* pads = of.constant(node.inputs[1]);
    if (pads == nullptr || has(node, 3)) return std::nullopt;
    if (has(node, 2)) {
        const double* content = of.scalar(node.inputs[2]);
        if (content == nullptr || *content != 0) return std::nullopt;
    }
    const std::size_t rank = of.shape(node.inputs[0]).size();
    const evaluate::wholes& all = pads->as_wholes();
    if (rank < 3 || all.size() != 2 * rank) return std::nullopt;
    integers made;
    for (const std::size_t end : {std::size_t{0}, rank})
        for (std::size_t axis = 0; axis < rank; ++axis) {
            if (all[end + axis] < 0 || (axis < 2 && all[end + axis] != 0)) return std::nullopt;
            if (axis >= 2) made.push_back(all[end + axis]);
        }
    return made;
}

/// Transpose(Pad(x)) becomes Pad(Transpose(x)), so that the padding meets what reads it.
bool sink_one(network& of) {
    for (step& turn : of.steps) {
        if (!is(turn.node, "Transpose")) continue;
        const value_id middle = turn.node.inputs[0];
        step* pad = of.producer(middle);
        if (pad == nullptr || !is(pad->node, "Pad") || !of.is_private(middle) || !has(pad->node, 1) ||
            has(pad->node, 3))
            continue;
        const array* pads = of.constant(pad->node.inputs[1]);
        const integers order = integers_of(turn.node, "perm");
        if (pads == nullptr || pads->size() != 2 * order.size()) continue;
        integers now;
        for (const std::size_t end : {std::size_t{0}, order.size()})
            for (const std::int64_t axis : order)
                now.push_back(pads->as_wholes()[end + static_cast<std::size_t>(axis)]);
        const value_id from = pad->node.inputs[0];
        shape_type shape;
        for (const std::int64_t axis : order) shape.push_back(of.shape(from)[static_cast<std::size_t>(axis)]);
        const value_id between = of.add_value(of.model.values[from].name, of.types[from], shape);
        const value_id out = turn.node.outputs[0];
        turn.node.inputs[0] = from;
        turn.node.outputs[0] = between;
        pad->node.inputs[0] = between;
        pad->node.inputs[1] = list(of, now);
        pad->node.outputs[0] = out;
        return true;
    }
    return false;
}

bool never_negative(network& of, value_id id) {
    const step* before = of.producer(id);
    if (before == nullptr || !before->node.domain.empty()) return false;
    const std::string& name = before->node.operation;
    if (name == "Relu" || name == "Sigmoid" || name == "HardSigmoid" || name == "Softmax") return true;
    if (name == "Clip" && has(before->node, 1)) {
        const double* low = of.scalar(before->node.inputs[1]);
        return low != nullptr && *low >= 0;
    }
    return false;
}

}  // namespace

void join_padding(network& of) {
    while (sink_one(of)) {
    }
    of.sort();
    for (std::size_t k = 0; k < of.steps.size(); ++k) {
        const step pad = of.steps[k];
        const auto zeros = spatial_zeros(of, pad.node);
        if (!zeros || of.is_output(pad.node.outputs[0])) continue;
        const std::vector<step*> readers = of.readers(pad.node.outputs[0]);
        const value_id from = pad.node.inputs[0];
        const bool all =
            !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](const step* one) {
                const graph::node& node = one->node;
                if (node.inputs[0] != pad.node.outputs[0] ||
                    std::count(node.inputs.begin(), node.inputs.end(), pad.node.outputs[0]) != 1)
                    return false;
                const std::string automatic = text_of(node, "auto_pad", "NOTSET");
                if (automatic != "NOTSET" && automatic != "VALID") return false;
                if (is(node, "Conv")) return true;
                // Of a maximum, cells of padding win where they are zeros and everything else is negative.
                const integers own = integers_of(node, "pads");
                const bool none = std::all_of(own.begin(), own.end(), [](auto one_) { return one_ == 0; });
                const integers kernel = integers_of(node, "kernel_shape");
                for (std::size_t axis = 0; axis < kernel.size(); ++axis)
                    if ((*zeros)[axis] >= kernel[axis] || (*zeros)[axis + kernel.size()] >= kernel[axis])
                        return false;
                if (is(node, "MaxPool") && node.outputs.size() == 1)
                    return none && integer_of(node, "ceil_mode", 0) == 0 && never_negative(of, from);
                if (is(node, "AveragePool")) return none && integer_of(node, "ceil_mode", 0) == 0;
                return false;
            });
        if (!all) continue;
        for (step* one : readers) {
            graph::node& node = one->node;
            integers pads = integers_of(node, "pads");
            pads.resize(zeros->size(), 0);
            for (std::size_t axis = 0; axis < zeros->size(); ++axis) pads[axis] += (*zeros)[axis];
            node.attributes["pads"] = pads;
            node.attributes.erase("auto_pad");
            if (is(node, "AveragePool")) node.attributes["count_include_pad"] = std::int64_t{1};
            node.inputs[0] = from;
            one->sources.insert(pad.sources.begin(), pad.sources.end());
        }
        of.note(pad.sources, "zeros around an image, now the padding of the window that reads it");
        of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(k--));
    }
}

void find_lookups(network& of) {
    for (step& product : of.steps) {
        if (!is(product.node, "MatMul") || of.constant(product.node.inputs[1]) == nullptr) continue;
        const step* cast = of.producer(product.node.inputs[0]);
        if (cast == nullptr || !is(cast->node, "Cast") || !of.is_private(product.node.inputs[0])) continue;
        const step* equal = of.producer(cast->node.inputs[0]);
        if (equal == nullptr || !is(equal->node, "Equal") || !of.is_private(cast->node.inputs[0])) continue;
        const bool turned = of.constant(equal->node.inputs[0]) != nullptr;
        const value_id classes = equal->node.inputs[turned ? 1 : 0];
        const array* numbers = of.constant(equal->node.inputs[turned ? 0 : 1]);
        const array& table = *of.constant(product.node.inputs[1]);
        shape_type shape = of.shape(classes);
        if (numbers == nullptr || !graph::is_whole(numbers->type) || table.shape.size() != 2 ||
            shape.empty() || shape.back() != 1)
            continue;
        const evaluate::wholes& all = numbers->as_wholes();
        bool counts = static_cast<std::int64_t>(all.size()) == table.shape[0] && !numbers->shape.empty() &&
                      numbers->shape.back() == table.shape[0];
        for (std::size_t k = 0; k < all.size(); ++k)
            counts = counts && all[k] == static_cast<std::int64_t>(k);
        if (!counts) continue;
        node_set sources = product.sources;
        sources.insert(cast->sources.begin(), cast->sources.end());
        sources.insert(equal->sources.begin(), equal->sources.end());
        shape.pop_back();
        const value_id flat = of.add_value("", of.types[classes], shape);
        const step gather = make_step("Gather", {product.node.inputs[1], flat}, product.node.outputs[0], {},
                                      sources, product.node.name);
        product = gather;
        of.note(sources, "a one-hot vector times a table: a row of it (no row for other numbers)");
        of.steps.push_back(make_step("Reshape", {classes, list(of, shape)}, flat, {}, sources));
        of.sort();
        of.sweep("part of a lookup");
        return find_lookups(of);
    }
}

void join_repeats(network& of) {
    for (step& outer : of.steps) {
        if (!is(outer.node, "Mul")) continue;
        for (const std::size_t k : {0U, 1U}) {
            const value_id whole = outer.node.inputs[1 - k];
            const value_id made = outer.node.inputs[k];
            step* inner = of.producer(made);
            if (inner == nullptr || !is(inner->node, "Mul") || !of.is_private(made) ||
                of.constant(whole) != nullptr)
                continue;
            const bool turned = of.constant(inner->node.inputs[0]) != nullptr;
            const value_id small = inner->node.inputs[turned ? 1 : 0];
            const value_id factor = inner->node.inputs[turned ? 0 : 1];
            if (of.constant(factor) == nullptr || of.shape(small) == of.shape(made) ||
                of.shape(whole) != of.shape(outer.node.outputs[0]))
                continue;
            of.shapes[made] = of.shape(whole);
            inner->node.inputs = {whole, small};
            outer.node.inputs = {made, factor};
            outer.sources.insert(inner->sources.begin(), inner->sources.end());
            of.note(inner->sources, "factors in another order");
            of.sort();
            return join_repeats(of);
        }
    }
}

}  // namespace archetype::rewrite
