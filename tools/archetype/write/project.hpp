// SPDX-License-Identifier: BSL-1.0
/// @file project.hpp
/// The folder that an import leaves: header, weights, check program, vectors, CMake.
#pragma once
#include "../evaluate/array.hpp"
#include "../lower/integers.hpp"
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
    std::int64_t block = 0;  ///< of a file that keeps rows: steps that it takes at once
    bool has_narrow_weights =
        false;  ///< 8 bits with activations that are real numbers: runtimes round those, too
    /// Of a network in 8 bits, for each layer; its vectors are integers from -128 to 127.
    const std::vector<lower::layer_integers>* integers = nullptr;
    rewrite::byte_scale output_scale;
    int recorded_steps = 1;  ///< by which another runtime's roundings may differ
    bool unsigned_input = false, unsigned_output = false;  ///< uint8 in the file
};

struct written {
    std::vector<std::string> files;
    std::int64_t parameters = 0, not_trained = 0;
};

/// Whether so many first numbers of a tensor of the file are as many first numbers in the library.
bool are_first(std::size_t count, const lower::end& at);

/// Whether a namespace of that name can stand in what is written.
bool is_name(const std::string& text);

/// Every `what` in a text becomes `by`.
std::string replaced(std::string text, const std::string& what, const std::string& by);

/// Of a network in 8 bits: `NAME.safetensors` for `read_given_quantization`, its vectors, and the check program.
void write_integers(const project& of, const std::filesystem::path& path);
void write_integer_vectors(const project& of, const std::filesystem::path& path);
std::string integer_check_text(const project& of);

/// Writes all files. @throws file_error
written write_project(const project& of, const std::filesystem::path& folder);

}  // namespace archetype::write
