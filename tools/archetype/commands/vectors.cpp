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

}  // namespace

void add_shapes_of_vectors(const std::string& file, const std::string& given, const graph::model& model,
                           std::map<std::string, evaluate::shape_type>& shapes,
                           std::vector<std::string>& notes) {
    std::size_t number = 0;
    for (const value_id id : model.main.inputs) {
        const graph::value& value = model.values[id];
        if (value.constant) continue;
        const std::string from = beginning_of(file, given) + "_input_" + std::to_string(number++) + ".npy";
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

std::vector<write::vectors> vectors_for(const std::string& file, const std::string& given,
                                        const graph::model& model, const rewrite::network& shapes) {
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
    } else if (!inputs.empty() && usable(beginning + "_input_0.npy", shapes.shape(inputs[0]), false)) {
        write::vectors one;
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const std::string from = beginning + "_input_" + std::to_string(k) + ".npy";
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
        for (std::size_t k = 0; k < 2; ++k) {
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
