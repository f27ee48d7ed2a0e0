// SPDX-License-Identifier: BSL-1.0
// The program `archetype`: files of networks, looked at and run.
#include "commands/commands.hpp"

#include <fmt/core.h>
#include <archetype/data/file_error.hpp>
#include <archetype/version.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace commands = archetype::commands;

int main(int count, char** words) {
#if defined(__GLIBC__)
    // Values of networks come and go: pages that are given back are cleared again and again.
    constexpr int kept_bytes = 64 << 20;
    mallopt(M_MMAP_THRESHOLD, kept_bytes);
    mallopt(M_TRIM_THRESHOLD, kept_bytes);
#endif
    CLI::App app{"Files of neural networks: what is in them, and what they compute"};
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string{"archetype "} + archetype::version);
    app.set_help_all_flag("--help-all", "The options of all commands");
    const std::vector<commands::action> actions{commands::add_inspect(app), commands::add_run(app),
                                                commands::add_plot(app),    commands::add_import(app),
                                                commands::add_replay(app),  commands::add_operators(app)};
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& wrong) {
        return app.exit(wrong) == 0 ? commands::success : commands::unusable;
    }
    try {
        for (const commands::action& one : actions)
            if (const int code = one(); code >= 0) return code;
    } catch (const archetype::file_error& found) {
        fmt::print(stderr, "archetype: {}\n", found.what());
    } catch (const std::exception& found) {
        fmt::print(stderr, "archetype: {}\n", found.what());
    }
    return commands::unusable;
}
