// SPDX-License-Identifier: BSL-1.0
/// @file commands.hpp
/// The commands of the program `archetype`.
#pragma once
#include <CLI/CLI.hpp>

#include <functional>

namespace archetype::commands {

/// What a command returns to the shell.
enum exit_code : int {
    success = 0,
    differs = 1,   ///< the answer is no: results differ, operators are not supported
    unusable = 2,  ///< a file or an option cannot be used
};

/// Each adds itself and returns what runs it.
using action = std::function<int()>;
action add_run(CLI::App& to);
action add_inspect(CLI::App& to);
action add_plot(CLI::App& to);
action add_import(CLI::App& to);
action add_replay(CLI::App& to);
action add_operators(CLI::App& to);

}  // namespace archetype::commands
