// SPDX-License-Identifier: BSL-1.0
// archetype replay: test cases of ONNX, folders with model.onnx and test_data_set_0.
#include "commands.hpp"
#include "files.hpp"
#include "json.hpp"

#include "../graph/onnx.hpp"

#include <fmt/core.h>
#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <memory>

namespace archetype::commands {

namespace {

struct options {
    std::vector<std::string> folders;
    double tolerance = 1e-4;
    bool passed_too = false, json = false;
};

/// Nothing if the case passes.
std::string reason_against(const std::filesystem::path& folder, double tolerance) {
    try {
        const graph::model model = read_model(folder / "model.onnx");
        const auto refused = evaluate::refusals_of(model);
        if (!refused.empty()) return refused[0].operation + ": " + refused[0].reason;
        bool any = false;
        for (int set = 0;; ++set) {
            const auto data = folder / fmt::format("test_data_set_{}", set);
            if (!std::filesystem::exists(data)) break;
            // Files are numbered as all inputs, or as those without an initializer.
            std::vector<graph::value_id> inputs = model.main.inputs;
            std::size_t files = 0;
            while (std::filesystem::exists(data / fmt::format("input_{}.pb", files))) ++files;
            if (files != inputs.size())
                std::erase_if(inputs,
                              [&](graph::value_id id) { return model.values[id].constant.has_value(); });
            if (files != inputs.size()) return fmt::format("{} inputs, {} files", inputs.size(), files);
            std::map<std::string, evaluate::datum> values;
            for (std::size_t k = 0; k < files; ++k)
                values[model.values[inputs[k]].name] =
                    read_datum(data / fmt::format("input_{}.pb", k), model.values[inputs[k]]);
            evaluate::evaluator evaluator(model);
            const auto results = evaluator.run(values);
            for (std::size_t k = 0; k < results.size(); ++k) {
                const auto path = data / fmt::format("output_{}.pb", k);
                if (!std::filesystem::exists(path)) continue;
                any = true;
                const comparison difference =
                    compared(results[k], read_datum(path, model.values[model.main.outputs[k]]));
                if (!difference.fault.empty()) return "output " + std::to_string(k) + ": " + difference.fault;
                if (!(difference.relative <= tolerance))
                    return fmt::format("output {}: difference {:.3g} of the largest value", k,
                                       difference.relative);
            }
        }
        return any ? "" : "no outputs to compare";
    } catch (const file_error& found) {
        std::string text = found.what();
        const std::string path = (folder / "model.onnx").string();
        if (text.starts_with(path)) text.erase(0, path.size() + 2);
        return text;
    }
}

int replay(const options& given) {
    std::vector<std::filesystem::path> cases;
    for (const std::string& folder : given.folders) {
        if (std::filesystem::exists(std::filesystem::path(folder) / "model.onnx")) {
            cases.emplace_back(folder);
            continue;
        }
        std::error_code error;
        for (const auto& one : std::filesystem::directory_iterator(folder, error))
            if (std::filesystem::exists(one.path() / "model.onnx")) cases.push_back(one.path());
        if (error) throw file_error({folder, "a folder of test cases", error.message()});
    }
    std::sort(cases.begin(), cases.end());
    if (cases.empty())
        throw file_error({given.folders.empty() ? "" : given.folders[0], "folders with model.onnx", "none"});
    std::size_t passed = 0;
    json_writer json;
    json.open_list();
    for (const auto& one : cases) {
        const std::string reason = reason_against(one, given.tolerance);
        passed += reason.empty() ? 1 : 0;
        json.open_object();
        json.member("case", one.string());
        json.member("result", reason.empty() ? std::string("passed") : reason);
        json.close_object();
        if (given.json) continue;
        const std::string name = one.parent_path().filename().string() + "/" + one.filename().string();
        if (!reason.empty())
            fmt::print("- {}: {}\n", name, reason);
        else if (given.passed_too)
            fmt::print("+ {}\n", name);
    }
    json.close_list();
    if (given.json)
        fmt::print("{}\n", json.text());
    else
        fmt::print("{} of {} cases passed\n", passed, cases.size());
    return passed == cases.size() ? success : differs;
}

}  // namespace

action add_replay(CLI::App& to) {
    auto given = std::make_shared<options>();
    CLI::App* command =
        to.add_subcommand("replay", "Test cases of ONNX: which pass, and why the others do not");
    command
        ->add_option("FOLDER", given->folders, "A case (model.onnx, test_data_set_0), or a folder of cases")
        ->required();
    command
        ->add_option("--tolerance", given->tolerance,
                     "Largest difference divided by the largest expected value")
        ->capture_default_str();
    command->add_flag("--all", given->passed_too, "Also list what passes");
    command->add_flag("--json", given->json, "Write JSON");
    return [command, given]() { return command->parsed() ? replay(*given) : -1; };
}

}  // namespace archetype::commands
