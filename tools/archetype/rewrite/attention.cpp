// SPDX-License-Identifier: BSL-1.0
// softmax(q k^T s) v, with whatever hides keys, as ONNX' operator Attention. How the mask is spelt does not matter: what stands between the
// product and the softmax is evaluated, and has to be a factor where a key is seen and a large negative number where it is not.
#include "passes.hpp"
#include "prepare.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace archetype::rewrite {

namespace {

using integers = std::vector<std::int64_t>;

/// exp of it is zero beside that of any score.
constexpr double hidden_below = -1000;

bool is(const step* one, std::string_view operation) {
    return one != nullptr && one->node.domain.empty() && one->node.operation == operation;
}

/// What stands between a product of queries and keys and its softmax.
struct score_path {
    value_id product = no_value;     ///< the scores as they are multiplied
    value_id mask = no_value;        ///< an input of the network, or none
    const step* bounding = nullptr;  ///< a tanh of scores, or none
    std::vector<const step*> nodes;  ///< in an order of execution
    std::set<value_id> of_scores;    ///< results on the way from the product
};

class path_finder {
public:
    explicit path_finder(network& of) : of_(of) {}

    std::optional<score_path> find(value_id softmax_input) {
        if (!walk(softmax_input) || made_.product == no_value) return std::nullopt;
        std::sort(made_.nodes.begin(), made_.nodes.end());  // steps lie in an order of execution
        for (const step* one : made_.nodes) {
            const bool follows =
                std::any_of(one->node.inputs.begin(), one->node.inputs.end(),
                            [&](value_id id) { return id == made_.product || made_.of_scores.contains(id); });
            if (follows) made_.of_scores.insert(one->node.outputs[0]);
        }
        if (made_.bounding != nullptr && !made_.of_scores.contains(made_.bounding->node.outputs[0]))
            return std::nullopt;
        return made_;
    }

private:
    bool walk(value_id id) {
        if (id == no_value || of_.constant(id) != nullptr || !seen_.insert(id).second) return true;
        const step* maker = of_.producer(id);
        if (maker == nullptr) {
            if (made_.mask != no_value) return false;
            made_.mask = id;
            return true;
        }
        const graph::node& node = maker->node;
        if (is(maker, "MatMul") && of_.constant(node.inputs[0]) == nullptr &&
            of_.constant(node.inputs[1]) == nullptr) {
            if (made_.product != no_value) return false;
            made_.product = id;
            return true;
        }
        static const std::set<std::string, std::less<>> allowed{"Add",
                                                                "Sub",
                                                                "Mul",
                                                                "Div",
                                                                "Neg",
                                                                "Where",
                                                                "Cast",
                                                                "Reshape",
                                                                "Transpose",
                                                                "Equal",
                                                                "Not",
                                                                "And",
                                                                "Or",
                                                                "Less",
                                                                "LessOrEqual",
                                                                "Greater",
                                                                "GreaterOrEqual",
                                                                "Expand",
                                                                "Tile",
                                                                "Slice",
                                                                "Gather",
                                                                "Concat",
                                                                "Max",
                                                                "Min",
                                                                "Identity",
                                                                "Tanh"};
        if (!node.domain.empty() || !allowed.contains(node.operation) || node.outputs.size() != 1 ||
            made_.nodes.size() == 64)
            return false;
        if (node.operation == "Tanh" && std::exchange(made_.bounding, maker) != nullptr) return false;
        made_.nodes.push_back(maker);
        return std::all_of(node.inputs.begin(), node.inputs.end(), [&](value_id one) { return walk(one); });
    }

    network& of_;
    score_path made_;
    std::set<value_id> seen_;
};

/// What a path does to scores: a factor, and keys that are hidden for each query.
struct masking {
    double scale = 1;
    std::vector<bool> hidden;             ///< {queries, keys}, whatever the network's input is
    std::vector<double> hiding, showing;  ///< values of that input by which a key is hidden, or seen
};

std::optional<masking> masking_of(const network& of, const score_path& path, value_id scores) {
    const shape_type& shape = of.shape(path.product);
    const shape_type& result = of.shape(scores);
    if (shape.size() < 2 || result.size() < 2) return std::nullopt;
    const std::int64_t queries = shape[shape.size() - 2];
    const std::int64_t keys = shape.back();
    const std::int64_t size = *graph::element_count(shape);
    if (result.back() != keys || result[result.size() - 2] != queries ||
        *graph::element_count(result) != size)
        return std::nullopt;
    const std::size_t plane = static_cast<std::size_t>(queries * keys);
    std::vector<double> values{0, 1, 2, 3};
    if (path.mask != no_value) {
        if (*graph::element_count(of.shape(path.mask)) != keys) return std::nullopt;
        if (of.types.at(path.mask) == element_type::boolean) values = {0, 1};
        if (is_real(of.types.at(path.mask))) values.insert(values.end(), {0.25, 0.75});
        if (of.types.at(path.mask) != element_type::boolean)  // numbers that the mask may ask for
            for (const step* one : path.nodes)
                for (const value_id id : one->node.inputs)
                    if (const double* number = of.scalar(id);
                        number != nullptr && *number == std::floor(*number) && std::abs(*number) < 1e6) {
                        values.push_back(*number);
                        if (of.model.values[path.mask].type != element_type::uint8)
                            values.push_back(*number + 1);
                    }
    } else {
        values = {1};
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    // A bound is looked at apart: without it scores and what they become are in proportion.
    std::vector<const step*> nodes = path.nodes;
    step unbounded;
    if (path.bounding != nullptr) {
        unbounded = *path.bounding;
        unbounded.node.operation = "Identity";
        std::replace(nodes.begin(), nodes.end(), path.bounding, static_cast<const step*>(&unbounded));
    }
    const auto run = [&](double score, const std::vector<double>& mask) {
        std::map<value_id, array> inputs;
        inputs[path.product] =
            array(element_type::float32, shape, evaluate::reals(static_cast<std::size_t>(size), score));
        if (path.mask != no_value) {
            const element_type type = of.types.at(path.mask);
            const shape_type& extents = of.shape(path.mask);
            inputs[path.mask] = graph::is_whole(type)
                                    ? array(type, extents, evaluate::wholes(mask.begin(), mask.end()))
                                    : array(type, extents, evaluate::reals(mask.begin(), mask.end()));
        }
        return evaluate::all_reals(evaluated(of, nodes, inputs, {scores}, true).at(0));
    };
    masking made;
    enum class keys_are : std::uint8_t { seen, hidden, other };
    const auto status = [&](double at_0, double at_1, double at_2) {
        if (at_1 <= hidden_below && at_0 <= hidden_below && at_2 <= hidden_below) return keys_are::hidden;
        if (at_0 == 0 && std::abs(at_1 - made.scale) <= 1e-6 * std::abs(made.scale) &&
            std::abs(at_2 + 2 * made.scale) <= 1e-6 * std::abs(made.scale))
            return keys_are::seen;
        return keys_are::other;
    };
    bool has_scale = false;
    std::vector<keys_are> by_value;
    std::vector<std::vector<keys_are>> planes;
    for (const double value : values) {
        const std::vector<double> mask(static_cast<std::size_t>(keys), value);
        const auto at_0 = run(0, mask);
        const auto at_1 = run(1, mask);
        const auto at_2 = run(-2, mask);
        for (std::size_t k = 0; k < at_1.size() && !has_scale; ++k)
            if (at_0[k] == 0 && at_1[k] > 0) {
                made.scale = at_1[k];
                has_scale = true;
            }
        planes.emplace_back();
        for (std::size_t k = 0; k < at_1.size(); ++k)
            planes.back().push_back(status(at_0[k], at_1[k], at_2[k]));
        for (std::size_t k = plane; k < at_1.size(); ++k)  // all heads alike
            if (planes.back()[k] != planes.back()[k % plane]) return std::nullopt;
        planes.back().resize(plane);
    }
    if (!has_scale) return std::nullopt;
    // A value with which most is seen says what is hidden always.
    std::size_t best = 0;
    std::size_t most = 0;
    for (std::size_t v = 0; v < values.size(); ++v) {
        if (std::count(planes[v].begin(), planes[v].end(), keys_are::other) != 0) continue;
        const auto seen =
            static_cast<std::size_t>(std::count(planes[v].begin(), planes[v].end(), keys_are::seen));
        if (seen > most) most = seen, best = v;
    }
    if (most == 0) return std::nullopt;
    for (const keys_are one : planes[best]) made.hidden.push_back(one == keys_are::hidden);
    for (std::size_t v = 0; v < values.size(); ++v) {
        if (planes[v] == planes[best])
            made.showing.push_back(values[v]);
        else if (std::all_of(planes[v].begin(), planes[v].end(),
                             [](keys_are one) { return one == keys_are::hidden; }))
            made.hiding.push_back(values[v]);
    }
    if (path.mask == no_value) return made;
    if (made.hiding.empty()) return std::nullopt;
    // Each key by its own number.
    std::vector<double> mixed;
    for (std::int64_t k = 0; k < keys; ++k)
        mixed.push_back((k * 7 + k / 3) % 3 == 0
                            ? made.hiding[static_cast<std::size_t>(k) % made.hiding.size()]
                            : made.showing[static_cast<std::size_t>(k) % made.showing.size()]);
    const auto at_0 = run(0, mixed);
    const auto at_1 = run(1, mixed);
    const auto at_2 = run(-2, mixed);
    for (std::size_t k = 0; k < at_1.size(); ++k) {
        const std::size_t key = k % static_cast<std::size_t>(keys);
        const bool hides = std::find(made.hiding.begin(), made.hiding.end(), mixed[key]) != made.hiding.end();
        if (status(at_0[k], at_1[k], at_2[k]) !=
            (hides || made.hidden[k % plane] ? keys_are::hidden : keys_are::seen))
            return std::nullopt;
    }
    return made;
}

/// A value without the factor that it was multiplied with, behind reshapes and transposes; the factor goes to `scale`.
void take_factor(network& of, value_id from, double& scale, node_set& sources) {
    value_id at = from;
    for (step* maker = of.producer(at); maker != nullptr && of.is_private(at); maker = of.producer(at)) {
        if (is(maker, "Reshape") || is(maker, "Transpose")) {
            at = maker->node.inputs[0];
            continue;
        }
        const bool product = is(maker, "Mul");
        if (!product && !is(maker, "Div")) return;
        const bool turned = product && of.scalar(maker->node.inputs[0]) != nullptr;
        const double* number = of.scalar(maker->node.inputs[turned ? 0 : 1]);
        const value_id inner = maker->node.inputs[turned ? 1 : 0];
        if (number == nullptr || *number == 0 || of.shape(inner) != of.shape(at)) return;
        scale = product ? scale * *number : scale / *number;
        sources.insert(maker->sources.begin(), maker->sources.end());
        const value_id gone = at;
        for (step* reader : of.readers(gone))
            std::replace(reader->node.inputs.begin(), reader->node.inputs.end(), gone, inner);
        at = inner;
        if (!of.is_private(at)) return;
    }
}

class spelling {
public:
    spelling(network& of, const graph::node& like, node_set sources)
        : of_(of), like_(like), sources_(std::move(sources)) {}

    std::vector<step> steps;

    value_id add(const char* operation, std::vector<value_id> inputs, shape_type shape, element_type type,
                 attributes_map attributes = {}) {
        const value_id made = of_.add_value(like_.name, type, std::move(shape));
        steps.push_back(
            make_step(operation, std::move(inputs), made, std::move(attributes), sources_, like_.name));
        return made;
    }
    value_id list(const integers& numbers) {
        return of_.add_constant("", array(element_type::int64, {static_cast<std::int64_t>(numbers.size())},
                                          evaluate::wholes(numbers)));
    }
    value_id number(element_type type, double one) {
        return of_.add_constant("", graph::is_whole(type)
                                        ? array(type, {}, evaluate::wholes{static_cast<std::int64_t>(one)})
                                        : array(type, {}, evaluate::reals{one}));
    }
    value_id reshape(value_id from, const shape_type& shape) {
        if (of_.shape(from) == shape) return from;
        return add("Reshape", {from, list(shape)}, shape, of_.types.at(from));
    }
    /// The last two axes turned.
    value_id turned(value_id from) {
        shape_type shape = of_.shape(from);
        const std::size_t rank = shape.size();
        std::swap(shape[rank - 1], shape[rank - 2]);
        integers order;
        for (std::size_t k = 0; k < rank; ++k) order.push_back(static_cast<std::int64_t>(k));
        std::swap(order[rank - 1], order[rank - 2]);
        return add("Transpose", {from}, shape, of_.types.at(from), {{"perm", order}});
    }
    /// {1, heads, steps, channels}
    value_id heads(value_id from) {
        const shape_type& shape = of_.shape(from);
        std::int64_t count = 1;
        for (std::size_t k = 0; k + 2 < shape.size(); ++k) count *= shape[k];
        return reshape(from, {1, count, shape[shape.size() - 2], shape.back()});
    }

private:
    network& of_;
    const graph::node& like_;
    node_set sources_;
};

/// The input of a mask as what attention reads: not zero where a key is seen, {1, 1, 1, keys}. Nothing if it says less.
std::optional<value_id> visible_keys(network& of, spelling& to, value_id mask, const masking& found,
                                     std::int64_t keys) {
    const element_type type = of.types.at(mask);
    const value_id flat = to.reshape(mask, {1, 1, 1, keys});
    const auto in = [](const std::vector<double>& list, double one) {
        return std::find(list.begin(), list.end(), one) != list.end();
    };
    const shape_type shape{1, 1, 1, keys};
    // A threshold between 0 and 1 is no mask of ones and zeros; nor is one number that shows a key.
    if ((in(found.hiding, 0.25) && in(found.showing, 0.75)) ||
        (in(found.showing, 0.25) && in(found.hiding, 0.75)))
        return std::nullopt;
    if (in(found.hiding, 0) && in(found.showing, 1) && in(found.hiding, 2)) return std::nullopt;
    if (in(found.hiding, 0) && in(found.showing, 1)) {
        if (type != element_type::boolean)
            of.notes.push_back("input \"" + of.model.values[mask].name +
                               "\" is 1 for keys that are seen, 0 for others");
        return flat;
    }
    if (in(found.showing, 0) && in(found.hiding, 1) && !in(found.showing, 2)) {
        if (type != element_type::boolean)
            of.notes.push_back("input \"" + of.model.values[mask].name +
                               "\" is 0 for keys that are seen, 1 for others");
        if (type == element_type::boolean) return to.add("Not", {flat}, shape, type);
        return to.add("Equal", {flat, to.number(type, 0)}, shape, element_type::boolean);
    }
    if (found.hiding.size() == 1 && type != element_type::boolean) {
        const value_id same =
            to.add("Equal", {flat, to.number(type, found.hiding[0])}, shape, element_type::boolean);
        return to.add("Not", {same}, shape, element_type::boolean);
    }
    return std::nullopt;
}

/// What a product of queries and keys is multiplied with before its tanh; nothing if more is done to it.
std::optional<double> factor_before_bound(network& of, const score_path& path) {
    double factor = 1;
    value_id id = path.bounding->node.inputs[0];
    while (id != path.product) {
        const step* one = of.producer(id);
        if (is(one, "Mul") || is(one, "Div")) {
            const bool turned = of.scalar(one->node.inputs[1]) == nullptr;
            const double* number = of.scalar(one->node.inputs[turned ? 0 : 1]);
            if (number == nullptr || (turned && is(one, "Div"))) return std::nullopt;
            factor = is(one, "Mul") ? factor * *number : factor / *number;
            id = one->node.inputs[turned ? 1 : 0];
        } else if (is(one, "Cast") || is(one, "Reshape") || is(one, "Identity")) {
            id = one->node.inputs[0];
        } else {
            return std::nullopt;
        }
    }
    return factor;
}

/// A product of shares and values whose shares are a softmax.
bool find_one(network& of, std::size_t index) {
    const step root = of.steps[index];
    if (!is(&root, "MatMul")) return false;
    // The shares, or turned ones: v^T p^T is (p v)^T.
    value_id shares = root.node.inputs[0];
    value_id values = root.node.inputs[1];
    bool turned = false;
    const auto softmax_of = [&](value_id id) -> step* {
        step* one = of.producer(id);
        while (one != nullptr && is(one, "Reshape") && of.is_private(id)) {
            const shape_type& in = of.shape(one->node.inputs[0]);
            const shape_type& out = of.shape(id);
            if (in.size() < 2 || out.size() < 2 || in.back() != out.back() ||
                in[in.size() - 2] != out[out.size() - 2])
                return nullptr;
            id = one->node.inputs[0];
            one = of.producer(id);
        }
        if (!is(one, "Softmax") || !of.is_private(id)) return nullptr;
        const auto rank = static_cast<std::int64_t>(of.shape(id).size());
        const std::int64_t axis = integer_of(one->node, "axis", one->node.version < 13 ? 1 : -1);
        return axis == -1 || axis == rank - 1 ? one : nullptr;
    };
    step* softmax = softmax_of(shares);
    if (softmax == nullptr) {
        step* turn = of.producer(values);
        if (!is(turn, "Transpose") || !of.is_private(values)) return false;
        integers order = integers_of(turn->node, "perm");
        if (order.size() < 2) return false;
        std::swap(order[order.size() - 1], order[order.size() - 2]);
        if (!std::is_sorted(order.begin(), order.end())) return false;
        shares = turn->node.inputs[0];
        values = root.node.inputs[0];
        softmax = softmax_of(shares);
        turned = true;
    }
    if (softmax == nullptr || of.constant(values) != nullptr) return false;
    const value_id scores = softmax->node.inputs[0];
    const auto path = path_finder(of).find(scores);
    if (!path) return false;
    // Nobody else reads scores.
    for (const value_id id : path->of_scores)
        if (!of.is_private(id) && id != scores) {
            for (const step* reader : of.readers(id))
                if (!path->of_scores.contains(reader->node.outputs[0])) return false;
            if (of.is_output(id)) return false;
        }
    if (!of.is_private(scores)) return false;
    for (const step* reader : of.readers(path->product))
        if (scores != path->product && !path->of_scores.contains(reader->node.outputs[0])) return false;
    if (of.is_output(path->product)) return false;
    std::optional<masking> found;
    try {
        found = masking_of(of, *path, scores);
    } catch (const file_error&) {  // what cannot be evaluated is no mask
    }
    double bound = 0;  // scores are bound * tanh(product * factor)
    if (found && path->bounding != nullptr) {
        const auto factor = factor_before_bound(of, *path);
        if (factor) bound = found->scale / *factor;
        if (!(bound > 0)) found.reset();
    }
    if (!found) {
        const std::string text =
            "what is done to the scores before " + graph::place_text(of.model, softmax->node) +
            " is neither a factor, a softcap nor a mask (a bias, relative positions): no "
            "attention of the library";
        if (std::find(of.notes.begin(), of.notes.end(), text) == of.notes.end()) of.notes.push_back(text);
        return false;
    }
    const shape_type& square = of.shape(path->product);
    const std::int64_t queries = square[square.size() - 2];
    const std::int64_t keys = square.back();
    bool any = false;
    bool causal = true;
    for (std::int64_t t = 0; t < queries; ++t)
        for (std::int64_t k = 0; k < keys; ++k) {
            const bool hidden = found->hidden[static_cast<std::size_t>(t * keys + k)];
            any = any || hidden;
            causal = causal && hidden == (k > t);
        }
    if (any && !causal && path->mask != no_value) return false;
    const step* product = of.producer(path->product);
    node_set sources = root.sources;
    for (const step* one : path->nodes)
        if (path->of_scores.contains(one->node.outputs[0]))
            sources.insert(one->sources.begin(), one->sources.end());
    sources.insert(product->sources.begin(), product->sources.end());
    sources.insert(softmax->sources.begin(), softmax->sources.end());
    spelling to(of, root.node, sources);
    std::optional<value_id> mask;
    if (path->mask != no_value) {
        mask = visible_keys(of, to, path->mask, *found, keys);
        if (!mask) return false;
        if (of.types.at(*mask) != element_type::boolean)
            mask = to.add("Cast", {*mask}, of.shape(*mask), element_type::boolean, {{"to", std::int64_t{9}}});
        of.notes.push_back(
            "a query that sees no key gives zeros; the file's attention gives a mean of values that are "
            "hidden, or no number");
    } else if (any && !causal) {
        evaluate::wholes seen;
        for (const bool one : found->hidden) seen.push_back(one ? 0 : 1);
        mask = of.add_constant("", array(element_type::boolean, {queries, keys}, std::move(seen)));
    }
    double scale = found->scale;
    const value_id q = product->node.inputs[0];
    const value_id k = product->node.inputs[1];
    std::vector<value_id> inputs{to.heads(q), to.heads(to.turned(k)),
                                 to.heads(turned ? to.turned(values) : values)};
    if (mask) inputs.push_back(*mask);
    const shape_type& value_shape = of.shape(inputs[2]);
    const shape_type result{1, of.shape(inputs[0])[1], queries, value_shape.back()};
    value_id made = to.add("Attention", inputs, result, of.types.at(root.node.outputs[0]));
    shape_type end = of.shape(root.node.outputs[0]);
    if (turned) std::swap(end[end.size() - 1], end[end.size() - 2]);
    made = to.reshape(made, end);
    if (turned) made = to.turned(made);
    to.steps.push_back(make_step("Identity", {made}, root.node.outputs[0], {}, sources, root.node.name));
    node_set factors;
    of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(index));
    std::vector<step> added = std::move(to.steps);
    of.steps.insert(of.steps.begin() + static_cast<std::ptrdiff_t>(index),
                    std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
    of.sweep("part of attention");
    step* const made_step = [&]() -> step* {
        for (step& one : of.steps)
            if (is(&one, "Attention") && one.node.inputs == inputs) return &one;
        return nullptr;
    }();
    const value_id result_id = made_step->node.outputs[0];
    take_factor(of, inputs[0], scale, factors);
    take_factor(of, inputs[1], scale, factors);
    of.sweep("a factor of attention");
    step* const last = of.producer(result_id);
    last->sources.insert(factors.begin(), factors.end());
    last->node.attributes["scale"] = scale;
    if (bound != 0) last->node.attributes["softcap"] = bound;
    if (any && causal) last->node.attributes["is_causal"] = std::int64_t{1};
    of.note(sources, "together attention");
    return true;
}

/// Heads of keys or values that stand several times become one for several heads of queries.
bool share_heads(network& of, step& attention, std::size_t k) {
    const value_id heads = attention.node.inputs[k];
    const shape_type shape = of.shape(heads);
    std::vector<const step*> nodes;
    value_id at = heads;
    node_set sources;
    const step* repeated = nullptr;
    for (const step* maker = of.producer(at); maker != nullptr && repeated == nullptr && of.is_private(at);
         maker = of.producer(at)) {
        if (is(maker, "Expand") || is(maker, "Tile"))
            repeated = maker;
        else if (!is(maker, "Reshape") && !is(maker, "Transpose"))
            return false;
        nodes.insert(nodes.begin(), maker);
        sources.insert(maker->sources.begin(), maker->sources.end());
        at = maker->node.inputs[0];
    }
    if (repeated == nullptr) return false;
    const shape_type from = of.shape(at);
    const std::int64_t size = *graph::element_count(from);
    const std::int64_t plane = shape[2] * shape[3];
    if (size == 0 || size % plane != 0 || shape[1] % (size / plane) != 0) return false;
    const std::int64_t count = size / plane;
    evaluate::reals numbers;
    for (std::int64_t one = 0; one < size; ++one) numbers.push_back(static_cast<double>(one));
    std::map<value_id, array> inputs;
    inputs[at] = array(element_type::float32, from, std::move(numbers));
    const auto all = evaluate::all_reals(evaluated(of, nodes, inputs, {heads}, true).at(0));
    // The axes of what is repeated in the order of {heads, steps, channels}.
    shape_type extents;
    for (const std::int64_t one : from)
        if (one != 1) extents.push_back(one);
    if (extents.size() > 3) return false;
    while (extents.size() < 3) extents.insert(extents.begin(), 1);
    integers order{0, 1, 2};
    do {
        const shape_type turned{extents[static_cast<std::size_t>(order[0])],
                                extents[static_cast<std::size_t>(order[1])],
                                extents[static_cast<std::size_t>(order[2])]};
        if (turned != shape_type{count, shape[2], shape[3]}) continue;
        const std::int64_t strides[] = {extents[1] * extents[2], extents[2], 1};
        const auto stride = [&](std::size_t axis) { return strides[order[axis]]; };
        bool same = true;
        for (std::size_t place = 0; place < all.size() && same; ++place) {
            const auto index = static_cast<std::int64_t>(place);
            const std::int64_t head = index / plane / (shape[1] / count);
            same = all[place] == static_cast<double>(head * stride(0) + index % plane / shape[3] * stride(1) +
                                                     index % shape[3] * stride(2));
        }
        if (!same) continue;
        spelling to(of, attention.node, sources);
        const value_id three = to.reshape(at, extents);
        const value_id sorted = to.add("Transpose", {three}, turned, of.types.at(heads), {{"perm", order}});
        attention.node.inputs[k] = to.reshape(sorted, {1, count, shape[2], shape[3]});
        attention.sources.insert(sources.begin(), sources.end());
        for (step& one : to.steps) of.steps.push_back(std::move(one));
        return true;
    } while (std::next_permutation(order.begin(), order.end()));
    return false;
}

/// ONNX' own attention of {batch, steps, heads * channels} as that of {batch, heads, steps, channels}.
bool with_heads(network& of, std::size_t index) {
    const step from = of.steps[index];
    if (!is(&from, "Attention") || of.shape(from.node.inputs[0]).size() != 3) return false;
    for (std::size_t k = 1; k < from.node.outputs.size(); ++k)
        if (from.node.outputs[k] != no_value &&
            (of.reads(from.node.outputs[k]) != 0 || of.is_output(from.node.outputs[k])))
            return false;
    spelling to(of, from.node, from.sources);
    step now = from;
    for (const std::size_t k : {0U, 1U, 2U}) {
        const shape_type& shape = of.shape(from.node.inputs[k]);
        const std::int64_t heads = integer_of(from.node, k == 0 ? "q_num_heads" : "kv_num_heads", 1);
        if (shape.size() != 3 || heads < 1 || shape[2] % heads != 0) return false;
        const value_id cut = to.reshape(from.node.inputs[k], {shape[0], shape[1], heads, shape[2] / heads});
        now.node.inputs[k] = to.add("Transpose", {cut}, {shape[0], heads, shape[1], shape[2] / heads},
                                    of.types.at(from.node.inputs[k]), {{"perm", integers{0, 2, 1, 3}}});
    }
    now.node.attributes.erase("q_num_heads");
    now.node.attributes.erase("kv_num_heads");
    const shape_type& q = of.shape(now.node.inputs[0]);
    const std::int64_t width = of.shape(now.node.inputs[2])[3];
    const element_type type = of.types.at(from.node.outputs[0]);
    const value_id by_heads = of.add_value(from.node.name, type, {q[0], q[1], q[2], width});
    now.node.outputs = {by_heads};
    to.steps.push_back(now);
    const value_id sorted =
        to.add("Transpose", {by_heads}, {q[0], q[2], q[1], width}, type, {{"perm", integers{0, 2, 1, 3}}});
    to.steps.push_back(make_step("Reshape", {sorted, to.list(of.shape(from.node.outputs[0]))},
                                 from.node.outputs[0], {}, from.sources, from.node.name));
    of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(index));
    of.steps.insert(of.steps.begin() + static_cast<std::ptrdiff_t>(index), to.steps.begin(), to.steps.end());
    return true;
}

}  // namespace

void find_attention(network& of) {
    for (std::size_t k = 0; k < of.steps.size(); ++k) with_heads(of, k);
    for (bool again = true; again;) {
        again = false;
        for (std::size_t k = 0; k < of.steps.size() && !again; ++k) again = find_one(of, k);
    }
    for (std::size_t at = 0; at < of.steps.size(); ++at)
        for (const std::size_t k : {1U, 2U})
            if (is(&of.steps[at], "Attention") && of.shape(of.steps[at].node.inputs[k]).size() == 4) {
                const std::size_t before = of.steps.size();
                step copy = of.steps[at];
                if (!share_heads(of, copy, k)) continue;
                if (of.steps.size() >= before) of.steps[at] = copy;
            }
    // Sharing the heads of keys alone is half a thing: what is left is refused where it becomes a layer.
    of.sort();
    of.sweep("heads that stand several times");
}

}  // namespace archetype::rewrite
