// SPDX-License-Identifier: BSL-1.0
/// @file import.hpp
/// `archetype import` for other commands.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace archetype::commands {

struct imported {
    int code = 0;         ///< of the program
    bool narrow = false;  ///< a network that computes in 8 bits
};

/// Imports a file into a folder, as `name`, without a report but for what is not supported.
imported import_silently(const std::string& file, const std::filesystem::path& folder,
                         const std::string& name, const std::vector<std::string>& shapes);

}  // namespace archetype::commands
