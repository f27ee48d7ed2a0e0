// SPDX-License-Identifier: BSL-1.0
/// @file project.hpp
/// The folder that an import leaves: header, weights, check program, vectors, CMake.
#pragma once
#include "../evaluate/array.hpp"
#include "../lower/structure.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace archetype::write {

enum class weights_form : std::uint8_t { safetensors, header, object };

/// Inputs of the file and what comes of them: by the definition of each operator, and by the runtime that a file of vectors is from.
struct vectors {
    std::vector<evaluate::array> inputs, expected;
    std::vector<std::optional<evaluate::array>> recorded;  ///< as far as there are any
};

struct project {
    std::string name, source;  ///< an identifier; the file's name without folders
    std::string format, producer;
    weights_form form = weights_form::safetensors;
    const lower::network* net = nullptr;
    const lower::structure* structure = nullptr;
    std::vector<vectors> runs;  ///< with states the steps of one sequence, each with the states before it
    std::vector<lower::feedback> states;
    bool has_narrow_weights =
        false;  ///< 8 bits with activations that are real numbers: runtimes round those, too
};

struct written {
    std::vector<std::string> files;
    std::int64_t parameters = 0, not_trained = 0;
};

/// Whether a namespace of that name can stand in what is written.
bool is_name(const std::string& text);

/// Writes all files. @throws file_error
written write_project(const project& of, const std::filesystem::path& folder);

}  // namespace archetype::write
