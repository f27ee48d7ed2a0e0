// SPDX-License-Identifier: BSL-1.0
#include "lower.hpp"

#include "../rewrite/prepare.hpp"
#include "attention.hpp"
#include "lowering.hpp"
#include "names.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace archetype::lower {

std::string literal(double number) {
    char digits[40];
    // Numbers of files are single ones as a rule: the shortest text that is that one.
    const auto single = static_cast<float>(number);
    const auto end = static_cast<double>(single) == number
                         ? std::to_chars(digits, digits + sizeof(digits), single).ptr
                         : std::to_chars(digits, digits + sizeof(digits), number).ptr;
    std::string text(digits, end);
    if (const std::size_t zero = text.find("e-0"); zero != text.npos) text.erase(zero + 2, 1);
    if (text.find_first_of(".en") == text.npos) text += ".0";
    return text;
}

namespace {
bool are_alike(const std::vector<std::int64_t>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [&](auto one) { return one == numbers[0]; });
}
}  // namespace

std::string option(std::string_view name, const std::vector<std::int64_t>& both) {
    std::string text = "at::" + std::string(name) + "<" + std::to_string(both[0]);
    if (!are_alike(both))
        for (std::size_t k = 1; k < both.size(); ++k) text += ", " + std::to_string(both[k]);
    return text + ">";
}

std::string window_text(const std::vector<std::int64_t>& sizes) {
    if (are_alike(sizes)) return std::to_string(sizes[0]);
    std::string text = sizes.size() == 3 ? "at::volume{" : "at::extent{";
    for (std::size_t k = 0; k < sizes.size(); ++k) text += (k == 0 ? "" : ", ") + std::to_string(sizes[k]);
    return text + "}";
}

std::string padding_text(const std::vector<std::int64_t>& pads) {
    if (std::all_of(pads.begin(), pads.end(), [](auto one) { return one == 0; })) return "";
    const auto number = [](std::int64_t one) { return std::to_string(one); };
    if (pads.size() == 2)
        return "at::padding<" + number(pads[0]) + (pads[0] == pads[1] ? "" : ", " + number(pads[1])) + ">";
    if (are_alike(pads)) return "at::padding<" + number(pads[0]) + ">";
    if (pads.size() == 6) {
        const bool is_even = std::equal(pads.begin(), pads.begin() + 3, pads.begin() + 3);
        std::string text;
        for (std::size_t axis = 0; axis < 3; ++axis)
            text +=
                (axis == 0 ? "" : ", ") + number(pads[axis]) + (is_even ? "" : ", " + number(pads[axis + 3]));
        return "at::padding<" + text + ">";
    }
    if (pads[0] == pads[2] && pads[1] == pads[3])
        return "at::padding<" + number(pads[0]) + ", " + number(pads[1]) + ">";
    return "at::padding<" + number(pads[0]) + ", " + number(pads[2]) + ", " + number(pads[1]) + ", " +
           number(pads[3]) + ">";
}

shape_type grouped(std::int64_t before, std::int64_t last) {
    return before == 1 ? shape_type{last} : shape_type{before, last};
}

namespace {

/// How a value of the file may lie in the library: its axes of more than one element, at most three, or a volume.
shape_type library_shape(const layout& of, bool last, const shape_type& files, bool volumes = false) {
    shape_type made;
    const std::size_t rank = files.size();
    if (rank <= 1) return {of.size()};
    if (last && rank >= 3) {
        if (files[0] != 1) made.push_back(files[0]);
        made.insert(made.end(), files.begin() + 2, files.end());
        made.push_back(files[1]);
    } else {
        made.assign(files.begin() + (files[0] == 1 ? 1 : 0), files.end());
    }
    if (volumes && made.size() == 4) return made;
    while (made.size() > 3) {  // extents of 1 go, then the first ones are joined
        const auto one = std::find(made.begin(), made.end() - 1, 1);
        if (one != made.end() - 1) {
            made.erase(one);
        } else {
            made[1] *= made[0];
            made.erase(made.begin());
        }
    }
    return made;
}

}  // namespace

lowering::lowering(const rewrite::network& of, const std::vector<bool>& last) : of_(of) {
    static const std::set<std::string, std::less<>> windows{"Conv", "MaxPool", "AveragePool", "GlobalMaxPool",
                                                            "GlobalAveragePool"};
    const bool volumes = std::any_of(of.steps.begin(), of.steps.end(), [&](const step& one) {
        return one.node.domain.empty() && windows.contains(one.node.operation) &&
               of.shape(one.node.inputs.at(0)).size() == 5;
    });
    for (std::size_t k = 0; k < of.model.main.inputs.size(); ++k) {
        const value_id id = of.model.main.inputs[k];
        const shape_type& files = of.shape(id);
        value_place made;
        made.where = merged(last[k] ? channels_last(files) : in_order(files));
        layer one;
        one.kind = layer::kinds::input;
        one.type = "input";
        one.name = of.model.values[id].name;
        one.shape = library_shape(made.where, last[k], files, volumes);
        made.layer = made_.net.layers.size();
        end of_file;
        of_file.name = one.name;
        of_file.files_shape = files;
        of_file.layer = made.layer;
        of_file.shape = one.shape;
        of_file.is_whole = graph::is_whole(of.types.at(id));
        one.value = id;
        made_.net.layers.push_back(std::move(one));
        made_.net.inputs.push_back(std::move(of_file));
        values_[id] = std::move(made);
    }
    std::map<value_id, std::size_t> reads;
    for (const step& one : of.steps)
        for (const value_id id : one.node.inputs) {
            ++reads[id];
            only_readers_[id] = &one;
        }
    for (const value_id id : of.model.main.outputs) ++reads[id];
    for (const auto& [id, count] : reads) read_.insert(id);
    std::erase_if(only_readers_, [&](const auto& one) { return reads[one.first] != 1; });
}

array lowering::constant(std::size_t k) const { return rewrite::real_constant(of_, node().inputs[k]); }

std::vector<std::int64_t> lowering::integers(std::string_view name, std::size_t count,
                                             std::int64_t otherwise) const {
    std::vector<std::int64_t> made = rewrite::integers_of(node(), name);
    if (made.empty()) made.assign(count, otherwise);
    return made;
}

std::size_t lowering::add(std::string type, std::vector<std::string> arguments,
                          std::vector<std::size_t> inputs, shape_type shape, std::vector<tensor> tensors,
                          layer::kinds kind) {
    layer one;
    one.kind = kind;
    one.type = std::move(type);
    one.arguments = std::move(arguments);
    one.inputs = std::move(inputs);
    one.shape = std::move(shape);
    one.tensors = std::move(tensors);
    if (now_ != nullptr) one.sources = now_->sources;
    made_.net.layers.push_back(std::move(one));
    return made_.net.layers.size() - 1;
}

std::size_t lowering::with_shape(std::size_t from, const shape_type& shape) {
    if (at(from).shape == shape) return from;
    // A reshape of a reshape, or back to what was before it.
    while (at(from).type == "reshape" || at(from).type == "flatten") {
        from = at(from).inputs[0];
        if (at(from).shape == shape) return from;
    }
    for (std::size_t k = 0; k < made_.net.layers.size(); ++k) {  // one that is there already
        const layer& one = at(k);
        if ((one.type == "reshape" || one.type == "flatten") && one.inputs[0] == from && one.shape == shape)
            return k;
    }
    if (shape.size() == 1) return add("flatten", {}, {from}, shape);
    std::vector<std::string> extents;
    for (const std::int64_t extent : shape) extents.push_back(std::to_string(extent));
    return add("reshape", extents, {from}, shape);
}

std::optional<std::size_t> lowering::with_order(std::size_t from, layout& where,
                                                const std::vector<std::size_t>& order) {
    if (where.order == order) return from;
    // Atoms that stay neighbours are one axis.
    std::vector<std::vector<std::size_t>> axes;
    for (std::size_t k = 0; k < where.order.size(); ++k) {
        const std::size_t atom = where.order[k];
        const auto place = std::find(order.begin(), order.end(), atom);
        const bool follows = k > 0 && place != order.begin() && *(place - 1) == where.order[k - 1];
        if (!follows) axes.emplace_back();
        axes.back().push_back(atom);
    }
    if (axes.size() > 3) return std::nullopt;
    shape_type shape;
    for (const auto& axis : axes) shape.push_back(where.size(axis));
    std::vector<std::string> numbers;
    shape_type permuted;
    for (const std::size_t atom : order)
        for (std::size_t k = 0; k < axes.size(); ++k)
            if (axes[k].front() == atom) {
                numbers.push_back(std::to_string(k + 1));
                permuted.push_back(shape[k]);
            }
    from = with_shape(from, shape);
    where.order = order;
    for (std::size_t k = 0; k < made_.net.layers.size(); ++k)  // one that is there already
        if (at(k).type == "permute" && at(k).inputs[0] == from && at(k).arguments == numbers) return k;
    return add("permute", numbers, {from}, permuted);
}

void lowering::give(std::size_t layer, layout where, std::size_t output) {
    value_place made;
    made.layer = layer;
    made.where = merged(where);
    for (const value_id id : node().inputs)
        if (const auto found = values_.find(id); found != values_.end())
            made.is_certain = made.is_certain && found->second.is_certain;
    note_value(layer, node().outputs[output]);
    values_[node().outputs[output]] = std::move(made);
}

/// Values with a scale are the file's; others stand between two layers of one operator.
void lowering::note_value(std::size_t layer, value_id id) {
    if (of_.model.values[id].quantized && of_.constant(id) == nullptr) at(layer).value = id;
}

void lowering::give_view(const value_place& of, layout where) { give(of.layer, std::move(where)); }

bool lowering::refuse(const std::string& reason) {
    const std::string place = graph::place_text(of_.model, node());
    std::string name = place.substr(0, place.rfind(" ("));
    const std::string operation =
        node().domain.empty() ? node().operation : node().domain + ":" + node().operation;
    made_.refused.push_back({name, operation, rewrite::shapes_text(of_, node()), reason});
    refused_ = true;
    return false;
}

bool lowering::refuse_order(std::size_t k, const std::string& wanted) {
    if (!in(k).is_certain) {  // what is there follows from a node that is in the list already
        refused_ = true;
        return false;
    }
    return refuse("the elements come in another order than the layer needs (" + wanted + ")");
}

const step* lowering::only_reader(value_id id) const {
    const auto found = only_readers_.find(id);
    return found == only_readers_.end() ? nullptr : found->second;
}

std::string lowering::name_for(std::size_t weight) const {
    return readable_name(has(weight) ? of_.model.values[node().inputs[weight]].name : "", node().name);
}

bool lowering::views() {
    const std::string& name = node().operation;
    if (name == "Transpose") {
        std::vector<std::int64_t> order = rewrite::integers_of(node(), "perm");
        const auto rank = static_cast<std::int64_t>(shape(0).size());
        if (order.empty())
            for (std::int64_t axis = rank; axis-- > 0;) order.push_back(axis);
        give_view(in(0), transposed(in(0).where, order));
        note("axes in another order: layers and weights follow");
        return true;
    }
    if (name == "Identity" || name == "Dropout") {
        give_view(in(0), in(0).where);
        note("does nothing");
        return true;
    }
    const auto now = reshaped(in(0).where, out_shape());
    if (!now) {  // the elements have to be as in the file
        layout where = merged(in(0).where);
        std::vector<std::size_t> order;
        for (const auto& axis : where.axes) order.insert(order.end(), axis.begin(), axis.end());
        const auto permuted = with_order(in(0).layer, where, order);
        if (!permuted) return refuse_order(0, "a reshape across the channels, of at most three axes");
        const auto to =
            reshaped(where, out_shape());  // shapes are the file's word where an evaluation ended before
        if (!to) return refuse("the result has another number of elements than what goes in");
        give(*permuted, *to);
        return true;
    }
    give_view(in(0), *now);
    note("other axes for the same elements: layers and weights follow");
    return true;
}

namespace {

/// What would be supported in the place of an operator that no layer does.
std::string_view instead_of(std::string_view operation) {
    constexpr std::string_view order =
        "results that do not depend on the order of numbers: end the network before it, and look for them "
        "behind";
    constexpr std::string_view places =
        "places that do not depend on values: Resize, Slice, Gather by constants";
    constexpr std::string_view bytes = "real numbers: networks of 8 bits are read from TFLite files";
    constexpr std::string_view bodies =
        "nodes without bodies: recurrent layers as LSTM, GRU or RNN, branches by conditions that are known";
    constexpr std::string_view chance = "results that are the same each time";
    constexpr std::string_view spectra = "a convolution with the cosines and sines of a transform";
    static const std::map<std::string_view, std::string_view> table{
        {"TopK", order},
        {"ArgMax", order},
        {"ArgMin", order},
        {"NonMaxSuppression", order},
        {"NonZero", order},
        {"Unique", order},
        {"Compress", order},
        {"GridSample", places},
        {"AffineGrid", places},
        {"RoiAlign", places},
        {"MaxRoiPool", places},
        {"MaxUnpool", places},
        {"DeformConv", places},
        {"QuantizeLinear", bytes},
        {"DequantizeLinear", bytes},
        {"DynamicQuantizeLinear", bytes},
        {"QLinearConv", bytes},
        {"QLinearMatMul", bytes},
        {"ConvInteger", bytes},
        {"MatMulInteger", bytes},
        {"If", bodies},
        {"Loop", bodies},
        {"Scan", bodies},
        {"SequenceMap", bodies},
        {"RandomNormal", chance},
        {"RandomNormalLike", chance},
        {"RandomUniform", chance},
        {"RandomUniformLike", chance},
        {"Bernoulli", chance},
        {"Multinomial", chance},
        {"DFT", spectra},
        {"STFT", spectra},
        {"CumSum", "a running sum along a known axis of at most 1024 real numbers"},
        {"LRN", "a local response normalization over at most 64 channels"}};
    const auto found = table.find(operation);
    return found == table.end() ? "no layer of the library does this" : found->second;
}

}  // namespace

bool lowering::dispatch() {
    const graph::node& what = node();
    if (what.domain == rewrite::not_evaluated) return false;  // what it stands behind is in the list
    const bool own = what.domain == "tflite" && what.operation == "UNIDIRECTIONAL_SEQUENCE_LSTM";
    if (!what.domain.empty() && !own) {
        if (what.domain == "tflite" && !what.outputs.empty()) {
            for (const value_id id : what.inputs)
                if (id != graph::no_value && of_.constant(id) == nullptr && of_.types.contains(id) &&
                    graph::is_whole(of_.types.at(id)))
                    return refuse("integers of the file with its scales: real numbers are supported");
        }
        return refuse("no layer of the library does this");
    }
    for (const value_id id : what.inputs)
        if (id != graph::no_value && of_.constant(id) == nullptr && !values_.contains(id) &&
            !of_.model.values[id].variable)
            return refuse("reads a value that no node gives");
    if (what.operation == "Transpose" || what.operation == "Reshape" || what.operation == "Identity" ||
        what.operation == "Dropout") {
        if (is_constant(0)) return refuse("a value that is no constant");
        return views();
    }
    for (const auto* table :
         {&window_operators(), &product_operators(), &pointwise_operators(), &joining_operators(),
          &cutting_operators(), &recurrent_operators(), &attention_operators(), &choosing_operators()})
        if (const auto found = table->find(what.operation); found != table->end())
            return found->second(*this);
    return refuse(std::string(instead_of(what.operation)));
}

void lowering::lower_step(const step& one) {
    if (consumed_.contains(&one)) return;
    now_ = &one;
    refused_ = false;
    const std::size_t consumed = consumed_.size();
    const std::size_t refusals = made_.refused.size();
    const std::size_t layers = made_.net.layers.size();
    const std::size_t treatments = made_.done.size();
    bool good = false;
    try {
        good = dispatch();
    } catch (const std::out_of_range&) {
        made_.refused.resize(refusals);
        refuse("what the file says of it cannot be read");
    }
    if (good && layers == made_.net.layers.size() && treatments == made_.done.size() &&
        consumed_.size() == consumed)
        note("a value that is there: what reads it follows");
    if (good) return;
    // Something stands in its place, so that what follows can be looked at too.
    for (const value_id id : one.node.outputs) {
        if (id == graph::no_value) continue;
        value_place made;
        made.is_certain = false;
        const shape_type& files = of_.shape(id);
        bool last = false;
        for (const value_id from : one.node.inputs)
            if (const auto found = values_.find(from); found != values_.end()) {
                if (of_.shape(from) == files && files.size() == found->second.where.axes.size()) {
                    made.where = found->second.where;
                    last = false;
                    break;
                }
                last = last || !same_places(found->second.where, in_order(of_.shape(from)));
            }
        if (made.where.axes.empty()) made.where = merged(last ? channels_last(files) : in_order(files));
        shape_type shape = library_shape(made.where, last, files);
        made.layer = add("missing", {}, {}, shape, {}, layer::kinds::missing);
        values_[id] = std::move(made);
    }
}

bool lowering::as_input(value_place& output, const value_place& input) {
    const std::vector<std::size_t> wanted = places(input.where);
    std::vector<std::vector<std::size_t>> orders(2);  // as in the file, channels last
    const layout whole = merged(output.where);
    for (std::size_t axis = 0; axis < whole.axes.size(); ++axis)
        for (const std::size_t k : {std::size_t{0}, std::size_t{1}})
            if (k == 0 || axis != 1)
                orders[k].insert(orders[k].end(), whole.axes[axis].begin(), whole.axes[axis].end());
    if (whole.axes.size() > 1) orders[1].insert(orders[1].end(), whole.axes[1].begin(), whole.axes[1].end());
    orders.insert(orders.begin(), whole.order);
    for (const std::vector<std::size_t>& order : orders) {
        layout tried = whole;
        tried.order = order;
        if (order.size() != whole.order.size() || places(tried) != wanted) continue;
        tried = whole;
        const auto made = with_order(output.layer, tried, order);
        if (!made) continue;
        output.layer = with_shape(*made, at(input.layer).shape);
        output.where = tried;
        return true;
    }
    return false;
}

lowered lowering::run(const std::vector<feedback>& states) {
    for (const step& one : of_.steps) lower_step(one);
    now_ = nullptr;
    for (end& one : made_.net.inputs) {
        const value_id id = of_.model.main.inputs[static_cast<std::size_t>(&one - made_.net.inputs.data())];
        one.places = places(values_.at(id).where);
        one.is_permuted = !std::is_sorted(one.places.begin(), one.places.end());
    }
    for (const feedback& one : states) {
        const auto found = values_.find(of_.model.main.outputs[one.output]);
        const value_place& input = values_.at(of_.model.main.inputs[one.input]);
        if (found != values_.end() && found->second.is_certain && !as_input(found->second, input))
            made_.refused.push_back(
                {"\"" + of_.model.values[found->first].name + "\"", "state",
                 graph::shape_text(of_.shape(found->first)),
                 "a state whose elements lie as those of its input, or in the file's order"});
    }
    for (const value_id id : of_.model.main.outputs) {
        end one;
        one.name = of_.model.values[id].name;
        one.files_shape = of_.shape(id);
        const auto found = values_.find(id);
        if (found == values_.end()) {
            made_.refused.push_back({"\"" + one.name + "\"", "output", graph::shape_text(one.files_shape),
                                     "an output that depends on no input"});
            continue;
        }
        one.layer = found->second.layer;
        one.shape = at(one.layer).shape;
        one.places = places(found->second.where);
        one.is_permuted = !std::is_sorted(one.places.begin(), one.places.end());
        made_.net.outputs.push_back(std::move(one));
    }
    finish_attention(made_);
    drop_unused(made_);
    return std::move(made_);
}

namespace {

lowered best_layers(const rewrite::network& of, const std::vector<feedback>& states) {
    const std::size_t count = of.model.main.inputs.size();
    std::vector<std::size_t> choices;  // inputs that may lie in two ways
    for (std::size_t k = 0; k < count; ++k) {
        const shape_type& files = of.shape(of.model.main.inputs[k]);
        if (files.size() >= 3 && !same_places(in_order(files), channels_last(files))) choices.push_back(k);
    }
    const std::size_t ways = choices.size() > 4 ? 2 : std::size_t{1} << choices.size();
    std::optional<lowered> best;
    std::pair<std::size_t, std::int64_t> least;  // what is not supported, elements that are moved
    for (std::size_t way = 0; way < ways; ++way) {
        std::vector<bool> last(count, false);
        for (std::size_t k = 0; k < choices.size(); ++k)
            last[choices[k]] = choices.size() > 4 ? way == 1 : (way >> k & 1) != 0;
        lowered made = lowering(of, last).run(states);
        std::int64_t moved = 0;
        for (const layer& one : made.net.layers)
            if (one.type == "permute") moved += *graph::element_count(one.shape);
        const std::pair now(made.refused.size(), moved);
        if (best && now >= least) continue;
        least = now;
        best = std::move(made);
    }
    return std::move(*best);
}

}  // namespace

lowered as_layers(const rewrite::network& of, const std::vector<feedback>& states) {
    // Of a file with operators that cannot be evaluated, what stands behind them is as the file says, which may contradict itself.
    try {
        return best_layers(of, states);
    } catch (const std::logic_error& found) {
        throw file_error({of.model.path, "nodes with the inputs and shapes of their operators",
                          std::string("others: ") + found.what()});
    }
}

}  // namespace archetype::lower
