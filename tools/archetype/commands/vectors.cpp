// SPDX-License-Identifier: BSL-1.0
#include "vectors.hpp"

#include "files.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <random>

namespace archetype::commands {

namespace {

using evaluate::array;
using graph::value_id;

array by_chance(std::mt19937& random, graph::element_type type, const evaluate::shape_type& shape) {
    const auto size = static_cast<std::size_t>(*graph::element_count(shape));
    // The same numbers with every standard library.
    const auto unit = [&] { return static_cast<double>(random() >> 8) / static_cast<double>(1 << 24); };
    if (graph::is_whole(type)) {
        evaluate::wholes made(size);
        // Bytes are numbers with a scale, others places in a table.
        const bool bytes = type == graph::element_type::int8 || type == graph::element_type::uint8;
        for (auto& one : made)
            one = bytes ? static_cast<std::int64_t>(unit() * 256) + evaluate::least_of(type)
                        : static_cast<std::int64_t>(unit() * 2);
        // If these are a mask, one step is there: ones for what is there are usual, truth for what is not.
        if (!bytes && size > 1) made[0] = type == graph::element_type::boolean ? 0 : 1;
        return {type, shape, std::move(made)};
    }
    evaluate::reals made(size);
    for (auto& one : made) one = evaluate::rounded(2 * unit() - 1, graph::element_type::float32);
    return {type, shape, std::move(made)};
}

/// Row `k` of an array as a tensor of this shape.
array row(const array& of, std::size_t k, const evaluate::shape_type& shape, graph::element_type type,
          const std::string& path) {
    const auto size = static_cast<std::size_t>(*graph::element_count(shape));
    if (of.size() < (k + 1) * size || of.size() % size != 0)
        throw file_error({path, "rows of " + graph::shape_text(shape), graph::shape_text(of.shape)});
    const evaluate::reals all = evaluate::all_reals(of);
    evaluate::reals part(all.begin() + static_cast<std::ptrdiff_t>(k * size),
                         all.begin() + static_cast<std::ptrdiff_t>((k + 1) * size));
    if (graph::is_whole(type)) {
        evaluate::wholes whole(part.begin(), part.end());
        return {type, shape, std::move(whole)};
    }
    return {type, shape, std::move(part)};
}

/// The extents above 1, behind `first` axes.
evaluate::shape_type essence(const evaluate::shape_type& of, std::size_t first = 0) {
    evaluate::shape_type made;
    for (std::size_t k = first; k < of.size(); ++k)
        if (of[k] != 1) made.push_back(of[k]);
    return made;
}

/// Whether an array can be one run of this shape, or with `rows` several.
bool fits(const array& of, const evaluate::shape_type& shape, bool rows) {
    const auto size = static_cast<std::size_t>(*graph::element_count(shape));
    if (!rows)
        return essence(of.shape) == essence(shape) || (of.size() == size && essence(of.shape).size() <= 1);
    if (of.rank() == 0 || size == 0 || of.size() % size != 0) return false;
    const evaluate::shape_type inside = essence(of.shape, 1);
    return inside == essence(shape) || inside.size() <= 1;
}

std::string file_text(std::string name) {
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
    return name;
}

std::string first_there(const std::vector<std::string>& names) {
    for (const std::string& one : names)
        if (std::filesystem::exists(one)) return one;
    return "";
}

std::string beginning_of(const std::string& file, const std::string& given) {
    const std::filesystem::path path(file);
    if (given.empty()) return (path.parent_path() / path.stem()).string();
    return std::filesystem::is_directory(given) ? (std::filesystem::path(given) / path.stem()).string()
                                                : given;
}

/// The number of an input among those that files of vectors have: all but initial values.
std::size_t number_of(const graph::model& model, value_id input, const std::set<value_id>& fixed) {
    std::size_t number = 0;
    for (const value_id id : model.main.inputs) {
        if (id == input) break;
        number += !model.values[id].constant || fixed.contains(id) ? 1 : 0;
    }
    return number;
}

/// Vectors are of use if what is a constant now is that in them, too.
bool holds_fixed(const std::string& beginning, const graph::model& model, const std::set<value_id>& fixed,
                 std::vector<std::string>& notes) {
    for (const value_id id : fixed) {
        const std::string from = beginning + "_input_" + std::to_string(number_of(model, id, fixed)) + ".npy";
        if (!std::filesystem::exists(from)) continue;
        if (evaluate::all_reals(read_npy(from)) ==
            evaluate::all_reals(evaluate::array_of(*model.values[id].constant)))
            continue;
        notes.push_back("vectors are made: those in " + beginning + "_input_... have another value of \"" +
                        model.values[id].name + "\"");
        return false;
    }
    return true;
}

/// Steps of a sequence. Their states are filled in later.
class recorded_steps {
public:
    recorded_steps(std::string beginning, const graph::model& model, const rewrite::network& shapes,
                   const std::vector<lower::feedback>& states, const std::set<value_id>& fixed)
        : beginning_(std::move(beginning)), model_(model), shapes_(shapes), fixed_(fixed) {
        for (std::size_t k = 0; k < inputs().size(); ++k)
            if (std::none_of(states.begin(), states.end(),
                             [&](const lower::feedback& one) { return one.input == k; }))
                given_.push_back(k);
        for (std::size_t k = 0; k < model.main.outputs.size(); ++k)
            if (std::none_of(states.begin(), states.end(),
                             [&](const lower::feedback& one) { return one.output == k; }))
                results_.push_back(k);
        for (const value_id id : model.main.inputs)
            files_ += !model.values[id].constant || fixed.contains(id) ? 1 : 0;
    }

    /// From a file for each input: those of the first step in the file's order, then the given ones of the steps that follow.
    std::vector<write::vectors> by_input() const {
        std::vector<write::vectors> made;
        for (std::size_t step = 0; step < most; ++step) {
            write::vectors one;
            one.inputs.resize(inputs().size());
            for (std::size_t k = 0; k < inputs().size(); ++k) {
                const auto place = std::find(given_.begin(), given_.end(), k);
                if (step > 0 && place == given_.end()) continue;
                const std::size_t number = step == 0 ? number_of(model_, inputs()[k], fixed_)
                                                     : files_ + (step - 1) * given_.size() +
                                                           static_cast<std::size_t>(place - given_.begin());
                const std::string from = beginning_ + "_input_" + std::to_string(number) + ".npy";
                if (!std::filesystem::exists(from)) return made;
                const array content = read_npy(from);
                const evaluate::shape_type& shape = shapes_.shape(inputs()[k]);
                if (!fits(content, shape, false)) {
                    if (step == 0) return {};
                    throw file_error({from, "values of shape " + graph::shape_text(shape),
                                      graph::shape_text(content.shape)});
                }
                one.inputs[k] = row(content, 0, shape, shapes_.types.at(inputs()[k]), from);
            }
            one.recorded = results_of(step);
            made.push_back(std::move(one));
            if (given_.empty()) break;
        }
        return made;
    }
    /// From rows of the one input that is no state.
    std::vector<write::vectors> by_row() const {
        const std::string from = beginning_ + "_inputs.npy";
        if (given_.size() != 1 || !std::filesystem::exists(from)) return {};
        const value_id id = inputs()[given_[0]];
        const array rows = read_npy(from);
        if (!fits(rows, shapes_.shape(id), true)) return {};
        const std::size_t steps =
            rows.size() / static_cast<std::size_t>(*graph::element_count(shapes_.shape(id)));
        std::vector<write::vectors> made(std::min(steps, most));
        for (std::size_t step = 0; step < made.size(); ++step) {
            made[step].inputs.resize(inputs().size());
            made[step].inputs[given_[0]] = row(rows, step, shapes_.shape(id), shapes_.types.at(id), from);
        }
        const std::string results = beginning_ + "_outputs.npy";
        if (results_.size() != 1 || !std::filesystem::exists(results)) return made;
        const evaluate::shape_type& shape = shapes_.shape(shapes_.model.main.outputs[results_[0]]);
        const array content = read_npy(results);
        if (!fits(content, shape, true)) return made;
        for (std::size_t step = 0; step < made.size(); ++step) {
            made[step].recorded.resize(model_.main.outputs.size());
            made[step].recorded[results_[0]] =
                row(content, step, shape, graph::element_type::float32, results);
        }
        return made;
    }
    std::vector<write::vectors> by_chance_alone() const {
        std::mt19937 random(1);
        std::vector<write::vectors> made(6);
        for (write::vectors& one : made) {
            one.inputs.resize(inputs().size());
            for (const std::size_t k : given_)
                one.inputs[k] = by_chance(random, shapes_.types.at(inputs()[k]), shapes_.shape(inputs()[k]));
        }
        return made;
    }

private:
    static constexpr std::size_t most = 20;
    const std::vector<value_id>& inputs() const { return shapes_.model.main.inputs; }

    std::vector<std::optional<array>> results_of(std::size_t step) const {
        std::vector<std::optional<array>> made;
        bool any = false;
        for (std::size_t k = 0; k < model_.main.outputs.size(); ++k) {
            const std::string name = file_text(model_.values[model_.main.outputs[k]].name);
            const std::string from =
                first_there({beginning_ + "_run" + std::to_string(step) + "_" + name + ".npy"});
            const evaluate::shape_type& shape = shapes_.shape(shapes_.model.main.outputs[k]);
            made.emplace_back();
            if (from.empty()) continue;
            const array content = read_npy(from);
            if (!fits(content, shape, false)) continue;
            made.back() = row(content, 0, shape, graph::element_type::float32, from);
            any = true;
        }
        if (!any) made.clear();
        return made;
    }

    std::string beginning_;
    const graph::model& model_;
    const rewrite::network& shapes_;
    const std::set<value_id>& fixed_;
    std::vector<std::size_t> given_;    ///< inputs that are no states
    std::vector<std::size_t> results_;  ///< outputs that are none
    std::size_t files_ = 0;             ///< of the first step
};

/// A sequence from zeros, or from the states that files of the first step have.
std::vector<write::vectors> steps_for(const std::string& file, const std::string& given,
                                      const graph::model& model, const rewrite::network& shapes,
                                      const std::vector<lower::feedback>& states,
                                      const std::set<value_id>& fixed, std::vector<std::string>& notes) {
    const std::string beginning = beginning_of(file, given);
    const recorded_steps steps(beginning, model, shapes, states, fixed);
    std::vector<write::vectors> made;
    if (holds_fixed(beginning, model, fixed, notes)) made = steps.by_input();
    if (made.empty()) made = steps.by_row();
    if (made.empty() && !given.empty())
        throw file_error({beginning, "files " + beginning + "_inputs.npy or _input_0.npy that fit", "none"});
    if (made.empty()) made = steps.by_chance_alone();
    const std::vector<value_id>& inputs = shapes.model.main.inputs;
    for (const lower::feedback& one : states)
        if (array& first = made[0].inputs[one.input]; first.shape != shapes.shape(inputs[one.input]))
            first = {
                shapes.types.at(inputs[one.input]), shapes.shape(inputs[one.input]),
                evaluate::reals(
                    static_cast<std::size_t>(*graph::element_count(shapes.shape(inputs[one.input]))), 0.0)};
    evaluate::settings settings;
    settings.float64 = true;
    for (std::size_t step = 0; step < made.size(); ++step) {
        if (step > 0)
            for (const lower::feedback& one : states)
                made[step].inputs[one.input] = made[step - 1].expected[one.output];
        evaluate::evaluator evaluator(model, settings);
        std::map<std::string, evaluate::datum> values;
        for (std::size_t k = 0; k < inputs.size(); ++k)
            values[shapes.model.values[inputs[k]].name] = made[step].inputs[k];
        for (const evaluate::datum& result : evaluator.run(values))
            made[step].expected.push_back(result.tensor);
    }
    return made;
}

/// What follows an array, elements after elements.
void append(array& to, const array& more) {
    to.shape = {static_cast<std::int64_t>(to.size() + more.size())};
    if (graph::is_whole(more.type)) {
        evaluate::wholes all = to.as_wholes();
        all.insert(all.end(), more.as_wholes().begin(), more.as_wholes().end());
        to = array(more.type, to.shape, std::move(all));
        return;
    }
    evaluate::reals all = to.as_reals();
    all.insert(all.end(), more.as_reals().begin(), more.as_reals().end());
    to = array(more.type, to.shape, std::move(all));
}

double products_of_convolutions(const rewrite::network& of) {
    double made = 0;
    for (const rewrite::step& one : of.steps) {
        if (one.node.operation != "Conv" || one.node.inputs.size() < 2) continue;
        const evaluate::shape_type& weights = of.shape(one.node.inputs[1]);
        made += static_cast<double>(*graph::element_count(of.shape(one.node.outputs[0]))) *
                static_cast<double>(*graph::element_count(weights)) / static_cast<double>(weights[0]);
    }
    return made;
}

}  // namespace

void add_shapes_of_vectors(const std::string& file, const std::string& given, const graph::model& model,
                           const std::set<value_id>& fixed,
                           std::map<std::string, evaluate::shape_type>& shapes,
                           std::vector<std::string>& notes) {
    for (const value_id id : model.main.inputs) {
        const graph::value& value = model.values[id];
        if (value.constant) continue;
        const std::string from =
            beginning_of(file, given) + "_input_" + std::to_string(number_of(model, id, fixed)) + ".npy";
        if (shapes.contains(value.name) || !value.shape || !std::filesystem::exists(from)) continue;
        const bool open = std::any_of(value.shape->begin(), value.shape->end(),
                                      [](const graph::dimension& one) { return one.extent <= 0; });
        const evaluate::shape_type found = read_npy(from).shape;
        if (!open || found.size() != value.shape->size()) continue;
        shapes[value.name] = found;
        notes.push_back("input \"" + value.name + "\" has the shape of " + from + ", " +
                        graph::shape_text(found));
    }
}

std::vector<write::vectors> vectors_of_calls(const std::string& file, const std::string& given,
                                             const rewrite::sequence& calls, const graph::model& network,
                                             std::vector<std::string>& notes) {
    const graph::model& of = calls.file;
    const std::string beginning = beginning_of(file, given);
    const auto shape_in = [&](const graph::model& where, value_id id) {
        evaluate::shape_type made;
        for (const graph::dimension& one : *where.values[id].shape) made.push_back(one.extent);
        return made;
    };
    std::vector<value_id> inputs;
    for (const value_id id : of.main.inputs)
        if (!of.values[id].constant) inputs.push_back(id);
    const auto recorded = [&](const std::string& name,
                              const evaluate::shape_type& shape) -> std::optional<array> {
        if (!std::filesystem::exists(name)) return std::nullopt;
        array content = read_npy(name);
        const bool good = fits(content, shape, true);
        if (!good && !given.empty())
            throw file_error({name, "rows of " + graph::shape_text(shape), graph::shape_text(content.shape)});
        return good ? std::optional(std::move(content)) : std::nullopt;
    };
    std::optional<array> rows;
    if (inputs.size() == 1) rows = recorded(beginning + "_inputs.npy", shape_in(of, inputs[0]));
    if (!rows && !given.empty())
        throw file_error({beginning, "a file " + beginning + "_inputs.npy that fits", "none"});
    std::size_t count = 0;
    if (rows) count = rows->size() / static_cast<std::size_t>(*graph::element_count(shape_in(of, inputs[0])));
    if (count > static_cast<std::size_t>(calls.calls))
        notes.push_back("a sequence of " + std::to_string(calls.calls) + " calls is compared: the first of " +
                        std::to_string(count) + " in " + beginning + "_inputs.npy");
    std::mt19937 random(1);
    evaluate::settings settings;
    settings.float64 = true;
    evaluate::evaluator evaluator(of, settings);
    write::vectors made;
    made.inputs.resize(inputs.size());
    array results;
    for (std::size_t call = 0; call < static_cast<std::size_t>(calls.calls); ++call) {
        std::map<std::string, evaluate::datum> values;
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const graph::value& value = of.values[inputs[k]];
            const evaluate::shape_type shape = shape_in(of, inputs[k]);
            array one = call < count ? row(*rows, call, shape, value.type, beginning + "_inputs.npy")
                                     : by_chance(random, value.type, shape);
            append(made.inputs[k], one);
            values[value.name] = std::move(one);
        }
        append(results, evaluator.run(values).at(0).tensor);
    }
    for (std::size_t k = 0; k < inputs.size(); ++k) made.inputs[k].shape = shape_in(network, inputs[k]);
    results.shape = shape_in(network, network.main.outputs.at(0));
    made.expected.push_back(results);
    auto& other = made.recorded.emplace_back();
    // A file may say less of its output than the evaluation knows.
    const std::int64_t size = static_cast<std::int64_t>(results.size()) / calls.calls;
    if (auto found = count > 0 ? recorded(beginning + "_outputs.npy", {size}) : std::nullopt) {
        const auto all =
            std::min<std::size_t>({found->size(), count * static_cast<std::size_t>(size), results.size()});
        const evaluate::reals numbers = evaluate::all_reals(*found);
        other = array(graph::element_type::float32, {static_cast<std::int64_t>(all)},
                      evaluate::reals(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(all)));
    }
    made.recorded.emplace_back(
        array(graph::element_type::float32, results.shape, evaluate::all_reals(results)));
    return {made};
}

std::vector<write::vectors> vectors_for(const std::string& file, const std::string& given,
                                        const graph::model& model, const rewrite::network& shapes,
                                        const std::vector<lower::feedback>& states,
                                        const std::set<value_id>& fixed, std::vector<std::string>& notes) {
    if (!states.empty()) return steps_for(file, given, model, shapes, states, fixed, notes);
    const std::string beginning = beginning_of(file, given);
    const std::vector<value_id>& inputs = shapes.model.main.inputs;
    const std::vector<value_id>& outputs = model.main.outputs;
    const auto output_shape = [&](std::size_t k) { return shapes.shape(shapes.model.main.outputs[k]); };
    std::vector<write::vectors> made;
    // Other runtimes go on with the states of the run before: only their first run begins as ours do.
    const bool has_states = std::any_of(model.values.begin(), model.values.end(),
                                        [](const graph::value& one) { return one.variable; });
    constexpr std::size_t most_runs = 10;
    const auto type_of = [&](value_id id) { return shapes.types.at(id); };
    // Files beside the network may be of another form of it; those that are named must fit.
    const auto usable = [&](const std::string& from, const evaluate::shape_type& shape, bool rows) {
        if (!std::filesystem::exists(from)) return false;
        const array content = read_npy(from);
        const bool good = fits(content, shape, rows);
        if (!good && !given.empty())
            throw file_error(
                {from, "values of shape " + graph::shape_text(shape), graph::shape_text(content.shape)});
        return good;
    };
    if (inputs.size() == 1 && usable(beginning + "_inputs.npy", shapes.shape(inputs[0]), true)) {
        const std::string from = beginning + "_inputs.npy";
        const array rows = read_npy(from);
        const evaluate::shape_type& shape = shapes.shape(inputs[0]);
        const std::size_t runs =
            std::min(most_runs, rows.size() / static_cast<std::size_t>(*graph::element_count(shape)));
        const bool recorded =
            outputs.size() == 1 && usable(beginning + "_outputs.npy", output_shape(0), true);
        array results;
        if (recorded) results = read_npy(beginning + "_outputs.npy");
        for (std::size_t k = 0; k < runs; ++k) {
            write::vectors one;
            one.inputs.push_back(row(rows, k, shape, type_of(inputs[0]), from));
            if (recorded && (k == 0 || !has_states))
                one.recorded.push_back(row(results, k, output_shape(0), graph::element_type::float32,
                                           beginning + "_outputs.npy"));
            made.push_back(std::move(one));
        }
    } else if (!inputs.empty() && holds_fixed(beginning, model, fixed, notes) &&
               usable(beginning + "_input_" + std::to_string(number_of(model, inputs[0], fixed)) + ".npy",
                      shapes.shape(inputs[0]), false)) {
        write::vectors one;
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const std::string from =
                beginning + "_input_" + std::to_string(number_of(model, inputs[k], fixed)) + ".npy";
            one.inputs.push_back(row(read_npy(from), 0, shapes.shape(inputs[k]), type_of(inputs[k]), from));
        }
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            const std::string name = file_text(model.values[outputs[k]].name);
            const std::string from =
                first_there({beginning + "_" + name + ".npy", beginning + "_run0_" + name + ".npy",
                             beginning + "_output_" + std::to_string(k) + ".npy"});
            if (from.empty() || !usable(from, output_shape(k), false)) break;
            one.recorded.push_back(
                row(read_npy(from), 0, output_shape(k), graph::element_type::float32, from));
        }
        if (one.recorded.size() != outputs.size()) one.recorded.clear();
        made.push_back(std::move(one));
    } else if (!given.empty()) {
        throw file_error({beginning, "files " + beginning + "_inputs.npy or _input_0.npy", "none"});
    } else {
        std::mt19937 random(1);
        // Each is evaluated twice, in double: of a large network one is enough.
        constexpr double many_products = 1e9;
        const std::size_t runs = has_states || products_of_convolutions(shapes) < many_products ? 2 : 1;
        for (std::size_t k = 0; k < runs; ++k) {
            write::vectors one;
            for (const value_id id : inputs)
                one.inputs.push_back(by_chance(random, type_of(id), shapes.shape(id)));
            made.push_back(std::move(one));
        }
    }
    evaluate::settings settings;
    settings.float64 = true;
    for (write::vectors& one : made) {
        evaluate::evaluator evaluator(model, settings);  // each run begins with the first states
        std::map<std::string, evaluate::datum> values;
        for (std::size_t k = 0; k < inputs.size(); ++k)
            values[shapes.model.values[inputs[k]].name] = one.inputs[k];
        for (const evaluate::datum& result : evaluator.run(values)) one.expected.push_back(result.tensor);
    }
    return made;
}

}  // namespace archetype::commands
