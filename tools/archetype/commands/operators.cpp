// SPDX-License-Identifier: BSL-1.0
// archetype operators: what can be evaluated, as a table of Markdown.
#include "commands.hpp"
#include "json.hpp"

#include "../evaluate/operators.hpp"

#include <fmt/core.h>

#include <memory>

namespace archetype::commands {

namespace {

int print_operators(bool as_json) {
    json_writer json;
    json.open_list();
    if (!as_json) fmt::print("| operator | operator sets | attributes |\n| --- | --- | --- |\n");
    for (const evaluate::operation* one : evaluate::all_operations()) {
        if (one->domain == "archetype") continue;  // no file has them
        const std::string name =
            one->domain.empty() ? std::string(one->name) : fmt::format("{}:{}", one->domain, one->name);
        const std::string last = one->last_version >= 1000 ? "" : std::to_string(one->last_version);
        json.open_object();
        json.member("name", name);
        json.member("first", one->first_version);
        if (!last.empty()) json.member("last", one->last_version);
        json.member("attributes", one->attributes);
        json.close_object();
        if (!as_json) fmt::print("| {} | {}-{} | {} |\n", name, one->first_version, last, one->attributes);
    }
    json.close_list();
    if (as_json) fmt::print("{}\n", json.text());
    return success;
}

}  // namespace

action add_operators(CLI::App& to) {
    auto json = std::make_shared<bool>(false);
    CLI::App* command =
        to.add_subcommand("operators", "The operators that can be evaluated, with versions and attributes");
    command->add_flag("--json", *json, "Write JSON");
    return [command, json]() { return command->parsed() ? print_operators(*json) : -1; };
}

}  // namespace archetype::commands
