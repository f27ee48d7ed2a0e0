// SPDX-License-Identifier: BSL-1.0
// archetype run: the outputs of a network for given inputs.
#include "commands.hpp"
#include "files.hpp"
#include "json.hpp"

#include <archetype/data/file_error.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

namespace archetype::commands {

namespace {

struct options {
    std::string file, output;
    std::vector<std::string> inputs, expected;
    bool float64 = false, json = false;
    double tolerance = 1e-4;
};

/// Files for names: those that name none take the names that are left, in order.
std::map<std::string, std::string> assigned(const std::vector<std::string>& given, const std::vector<std::string>& names, const std::string& what,
                                            const std::string& path) {
    std::map<std::string, std::string> made;
    std::vector<std::string> unnamed;
    for (const std::string& one : given) {
        const auto [name, file] = name_and_file(one);
        if (name.empty())
            unnamed.push_back(file);
        else if (!made.emplace(name, file).second)
            throw file_error({path, "one file for each " + what, "two for \"" + name + "\""});
    }
    auto next = names.begin();
    for (const std::string& file : unnamed) {
        while (next != names.end() && made.contains(*next)) ++next;
        if (next == names.end()) throw file_error({path, fmt::format("{} {}s", names.size(), what), fmt::format("{} files", given.size())});
        made[*next] = file;
    }
    return made;
}

std::string file_name(std::string name) {
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
    return name + ".npy";
}

std::string summary(const evaluate::array& of) {
    if (of.type == graph::element_type::text) {
        std::string text;
        for (std::size_t i = 0; i < std::min<std::size_t>(of.size(), 8); ++i) text += fmt::format(" \"{}\"", of.as_texts()[i]);
        return text;
    }
    const auto numbers = evaluate::all_reals(of);
    std::string text;
    if (numbers.size() <= 12) {
        for (const double one : numbers) text += fmt::format(" {:.9g}", one);
        return text;
    }
    const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
    return fmt::format(" from {:.9g} to {:.9g}", *least, *most);
}

int run(const options& given) {
    const graph::model model = read_model(given.file);
    std::vector<std::string> input_names;
    std::vector<std::string> output_names;
    for (const graph::value_id id : model.main.inputs)
        if (!model.values[id].constant) input_names.push_back(model.values[id].name);
    for (const graph::value_id id : model.main.outputs) output_names.push_back(model.values[id].name);
    const auto inputs = assigned(given.inputs, input_names, "input", given.file);
    const auto expected = assigned(given.expected, output_names, "output", given.file);
    for (const auto& [name, file] : expected)
        if (std::find(output_names.begin(), output_names.end(), name) == output_names.end())
            throw file_error({given.file, "one of the outputs", "\"" + name + "\""});
    std::map<std::string, evaluate::datum> values;
    for (const auto& [name, file] : inputs) {
        const auto as = std::find_if(model.main.inputs.begin(), model.main.inputs.end(),
                                     [&, &wanted = name](graph::value_id id) { return model.values[id].name == wanted; });
        values[name] = read_datum(file, as == model.main.inputs.end() ? graph::value{} : model.values[*as]);
    }
    evaluate::settings settings;
    settings.float64 = given.float64;
    evaluate::evaluator evaluator(model, settings);
    const std::vector<evaluate::datum> results = evaluator.run(values);
    const std::filesystem::path to = given.output;
    const bool one_file = to.extension() == ".npy";
    if (one_file && results.size() != 1) throw file_error({given.output, fmt::format("a folder for {} outputs", results.size()), "a .npy file"});
    if (!given.output.empty() && !one_file) std::filesystem::create_directories(to);
    int code = success;
    json_writer json;
    json.open_list();
    for (std::size_t k = 0; k < results.size(); ++k) {
        const std::string& name = output_names[k];
        const evaluate::datum& result = results[k];
        json.open_object();
        json.member("name", name);
        if (result.kind == evaluate::datum::kinds::tensor) {
            json.member("type", std::string(name_of(result.tensor.type)));
            json.member("shape", result.tensor.shape);
            if (!given.json)
                fmt::print("{} {} {}:{}\n", name, name_of(result.tensor.type), graph::shape_text(result.tensor.shape), summary(result.tensor));
            evaluate::array stored = result.tensor;
            if (given.float64 && is_real(stored.type)) stored.type = graph::element_type::float64;
            if (!given.output.empty()) write_npy(one_file ? to : to / file_name(name), stored);
        } else if (!given.json) {
            fmt::print("{}: {}\n", name, result.kind == evaluate::datum::kinds::sequence ? fmt::format("a sequence of {}", result.sequence->size()) : "nothing");
        }
        if (const auto found = expected.find(name); found != expected.end()) {
            const comparison difference = compared(result, read_datum(found->second, model.values[model.main.outputs[k]]));
            const bool good = difference.relative <= given.tolerance;
            if (!good) code = differs;
            json.member("difference", difference.relative);
            if (!given.json)
                fmt::print("  {} {}: {}\n", good ? "equals" : "DIFFERS from", found->second,
                           difference.fault.empty() ? fmt::format("largest difference {:.3g} of the largest value", difference.relative) : difference.fault);
        }
        json.close_object();
    }
    json.close_list();
    if (given.json) fmt::print("{}\n", json.text());
    return code;
}

}  // namespace

action add_run(CLI::App& to) {
    auto given = std::make_shared<options>();
    CLI::App* command = to.add_subcommand("run", "The outputs of a network for given inputs, each operator by its definition");
    command->add_option("FILE", given->file, "The network (.onnx)")->required();
    command->add_option("--input,-i", given->inputs, "A tensor, [NAME=]FILE.npy or .pb; without a name for the next input")->allow_extra_args(false);
    command->add_flag("--float64", given->float64, "Do not round to the file's types between operators");
    command->add_option("--output,-o", given->output, "Where to write the outputs: a folder, or a .npy file if there is one");
    command->add_option("--expect,-e", given->expected, "What an output must be, [NAME=]FILE.npy or .pb")->allow_extra_args(false);
    command->add_option("--tolerance", given->tolerance, "Largest difference divided by the largest expected value")->capture_default_str();
    command->add_flag("--json", given->json, "Write JSON");
    return [command, given]() { return command->parsed() ? run(*given) : -1; };
}

}  // namespace archetype::commands
