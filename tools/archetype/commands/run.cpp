// SPDX-License-Identifier: BSL-1.0
// archetype run: the outputs of a network for given inputs.
#include "commands.hpp"
#include "files.hpp"
#include "json.hpp"
#include "states.hpp"

#include <fmt/core.h>
#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

namespace archetype::commands {

namespace {

struct options {
    std::string file, output;
    std::vector<std::string> inputs, expected, states;
    bool float64 = false, json = false;
    double tolerance = 1e-4;
};

using files_by_name = std::map<std::string, std::vector<std::string>>;

/// Files for names, several for the steps of a stream: those that name none take the names that are left, in order.
files_by_name assigned(const std::vector<std::string>& given, const std::vector<std::string>& names,
                       const std::string& what, const std::string& path) {
    files_by_name made;
    std::vector<std::string> unnamed;
    for (const std::string& one : given) {
        const auto [name, file] = name_and_file(one);
        if (name.empty()) {
            unnamed.push_back(file);
            continue;
        }
        if (std::find(names.begin(), names.end(), name) == names.end())
            throw file_error({path, fmt::format("one of the {}s", what), "\"" + name + "\""});
        made[name].push_back(file);
    }
    auto next = names.begin();
    for (const std::string& file : unnamed) {
        while (next != names.end() && made.contains(*next)) ++next;
        if (next == names.end())
            throw file_error(
                {path, fmt::format("{} {}s", names.size(), what), fmt::format("{} files", given.size())});
        made[*next].push_back(file);
    }
    return made;
}

/// Of each input or output one file, or one for each step.
std::size_t steps_of(const files_by_name& files, const std::string& path) {
    std::size_t steps = 1;
    for (const auto& [name, list] : files) {
        if (list.size() > 1 && steps > 1 && list.size() != steps)
            throw file_error({path, fmt::format("{} files for \"{}\", one for each step", steps, name),
                              std::to_string(list.size())});
        steps = std::max(steps, list.size());
    }
    return steps;
}

std::string file_name(std::string name) {
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
    return name + ".npy";
}

std::string summary(const evaluate::array& of) {
    if (of.type == graph::element_type::text) {
        std::string text;
        for (std::size_t i = 0; i < std::min<std::size_t>(of.size(), 8); ++i)
            text += fmt::format(" \"{}\"", of.as_texts()[i]);
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

/// Prints, writes and compares the outputs of one step.
class results_report {
public:
    results_report(const options& given, const graph::model& model, files_by_name expected, std::size_t steps)
        : given_(given), model_(model), expected_(std::move(expected)), steps_(steps) {
        json_.open_list();
    }

    void add(std::size_t step, const std::vector<evaluate::datum>& results) {
        if (steps_ > 1 && !given_.json) fmt::print("step {}\n", step);
        for (std::size_t k = 0; k < results.size(); ++k) {
            const std::string& name = model_.values[model_.main.outputs[k]].name;
            json_.open_object();
            json_.member("name", std::string_view(name));
            json_.member("step", static_cast<std::int64_t>(step));
            describe(name, step, results[k]);
            compare(k, name, step, results[k]);
            json_.close_object();
        }
    }
    int finish() {
        json_.close_list();
        if (given_.json) fmt::print("{}\n", json_.text());
        return code_;
    }

private:
    void describe(const std::string& name, std::size_t step, const evaluate::datum& result) {
        if (result.kind != evaluate::datum::kinds::tensor) {
            if (!given_.json)
                fmt::print("{}: {}\n", name,
                           result.kind == evaluate::datum::kinds::sequence
                               ? fmt::format("a sequence of {}", result.sequence->size())
                               : "nothing");
            return;
        }
        const evaluate::array& tensor = result.tensor;
        json_.member("type", std::string_view(name_of(tensor.type)));
        json_.member("shape", tensor.shape);
        if (!given_.json)
            fmt::print("{} {} {}:{}\n", name, name_of(tensor.type), graph::shape_text(tensor.shape),
                       summary(tensor));
        if (given_.output.empty()) return;
        evaluate::array stored = tensor;
        if (given_.float64 && is_real(stored.type)) stored.type = graph::element_type::float64;
        const std::filesystem::path to = given_.output;
        const std::string stem = steps_ > 1 ? fmt::format("{}_{}", step, name) : name;
        write_npy(to.extension() == ".npy" ? to : to / file_name(stem), stored);
    }
    /// With one file for many steps: the last one.
    void compare(std::size_t output, const std::string& name, std::size_t step,
                 const evaluate::datum& result) {
        const auto found = expected_.find(name);
        if (found == expected_.end()) return;
        const auto& files = found->second;
        if (files.size() == 1 && step + 1 != steps_) return;
        const std::string& file = files.size() == 1 ? files[0] : files[step];
        const comparison difference =
            compared(result, read_datum(file, model_.values[model_.main.outputs[output]]));
        const bool good = difference.relative <= given_.tolerance;
        if (!good) code_ = differs;
        json_.member("difference", difference.relative);
        if (!given_.json)
            fmt::print(
                "  {} {}: {}\n", good ? "equals" : "DIFFERS from", file,
                difference.fault.empty()
                    ? fmt::format("largest difference {:.3g} of the largest value", difference.relative)
                    : difference.fault);
    }

    const options& given_;
    const graph::model& model_;
    files_by_name expected_;
    std::size_t steps_;
    json_writer json_;
    int code_ = success;
};

int run(const options& given) {
    const graph::model model = read_model(given.file);
    std::vector<std::string> input_names;
    std::vector<std::string> output_names;
    std::map<std::string, graph::value_id> ids;
    for (const graph::value_id id : model.main.inputs) {
        ids[model.values[id].name] = id;
        if (!model.values[id].constant) input_names.push_back(model.values[id].name);
    }
    std::vector<std::string> all_inputs = input_names;
    for (const auto& [name, id] : ids)
        if (model.values[id].constant) all_inputs.push_back(name);
    for (const graph::value_id id : model.main.outputs) output_names.push_back(model.values[id].name);
    const files_by_name inputs = assigned(given.inputs, all_inputs, "input", given.file);
    files_by_name expected = assigned(given.expected, output_names, "output", given.file);
    const auto states = given_states(given.states, input_names, output_names, given.file);
    const std::size_t steps = std::max(steps_of(inputs, given.file), steps_of(expected, given.file));
    for (const auto& [name, files] : inputs)
        if (files.size() != 1 && files.size() != steps)
            throw file_error(
                {given.file, fmt::format("{} files for \"{}\"", steps, name), std::to_string(files.size())});
    for (const auto& [name, files] : expected)
        if (files.size() != 1 && files.size() != steps)
            throw file_error(
                {given.file, fmt::format("{} files for \"{}\"", steps, name), std::to_string(files.size())});
    const std::filesystem::path to = given.output;
    const bool one_file = to.extension() == ".npy";
    if (one_file && (output_names.size() != 1 || steps != 1))
        throw file_error({given.output,
                          fmt::format("a folder for {} outputs of {} steps", output_names.size(), steps),
                          "a .npy file"});
    if (!given.output.empty() && !one_file) std::filesystem::create_directories(to);
    evaluate::settings settings;
    settings.float64 = given.float64;
    evaluate::evaluator evaluator(model, settings);
    results_report report(given, model, std::move(expected), steps);
    std::map<std::string, evaluate::datum> values;
    for (std::size_t step = 0; step < steps; ++step) {
        for (const auto& [name, files] : inputs)
            if (step < files.size()) values[name] = read_datum(files[step], model.values[ids[name]]);
        const std::vector<evaluate::datum> results = evaluator.run(values);
        report.add(step, results);
        for (const auto& [name, output] : states) values[name] = results[output];
    }
    return report.finish();
}

}  // namespace

action add_run(CLI::App& to) {
    auto given = std::make_shared<options>();
    CLI::App* command = to.add_subcommand(
        "run", "The outputs of a network for given inputs, each operator by its definition");
    command->add_option("FILE", given->file, "The network (.onnx, .tflite)")->required();
    command
        ->add_option("--input,-i", given->inputs,
                     "A tensor, [NAME=]FILE.npy or .pb, several for the steps of a stream; without a name "
                     "for the next input")
        ->allow_extra_args(false);
    command
        ->add_option("--state,-s", given->states,
                     "INPUT=OUTPUT: the output becomes the input of the next step")
        ->allow_extra_args(false);
    command->add_flag("--float64", given->float64, "Do not round to the file's types between operators");
    command->add_option("--output,-o", given->output,
                        "Where to write the outputs: a folder, or a .npy file if there is one");
    command->add_option("--expect,-e", given->expected, "What an output must be, [NAME=]FILE.npy or .pb")
        ->allow_extra_args(false);
    command
        ->add_option("--tolerance", given->tolerance,
                     "Largest difference divided by the largest expected value")
        ->capture_default_str();
    command->add_flag("--json", given->json, "Write JSON");
    return [command, given]() { return command->parsed() ? run(*given) : -1; };
}

}  // namespace archetype::commands
