// SPDX-License-Identifier: BSL-1.0
/// @file process.hpp
/// Other programs, run without a shell.
#pragma once
#include <string>
#include <vector>

namespace archetype::commands {

/// Runs a program, looked up as a shell does, and waits; returns its exit code, 127 if there is none, -1 if a signal ended it.
int run_program(const std::vector<std::string>& words);

}  // namespace archetype::commands
