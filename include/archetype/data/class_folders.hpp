// SPDX-License-Identifier: BSL-1.0
/// @file class_folders.hpp
/// "folder/class/file": which files there are.
#pragma once
#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Files of classes, in the order of the bytes of their names.
struct class_folders {
    std::vector<std::string> classes;
    std::vector<std::filesystem::path> files;
    std::vector<std::int32_t> labels;  ///< of each file
};

/// `what` names a file in messages: "picture". @throws file_error if there are other things, or none of a class
inline class_folders list_class_folders(const std::filesystem::path& folder, const std::string& what) {
    const auto entries = [](const std::filesystem::path& of) {
        std::error_code failed;
        std::vector<std::filesystem::path> found;
        for (std::filesystem::directory_iterator at(of, failed), end; !failed && at != end;
             at.increment(failed))
            found.push_back(at->path());
        if (failed) throw file_error({of.string(), "a folder", failed.message()});
        std::sort(found.begin(), found.end(),
                  [](const auto& a, const auto& b) { return a.filename().native() < b.filename().native(); });
        return found;
    };
    class_folders result;
    for (const std::filesystem::path& of_class : entries(folder)) {
        if (!std::filesystem::is_directory(of_class))
            throw file_error({of_class.string(), "a folder of " + what + "s of one class", "a file"});
        const std::size_t before = result.files.size();
        for (const std::filesystem::path& file : entries(of_class)) result.files.push_back(file);
        if (result.files.size() == before)
            throw file_error({of_class.string(), "at least one " + what, "none"});
        result.labels.resize(result.files.size(), static_cast<std::int32_t>(result.classes.size()));
        result.classes.push_back(of_class.filename().string());
    }
    if (result.labels.empty()) throw file_error({folder.string(), "a folder for each class", "none"});
    return result;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
