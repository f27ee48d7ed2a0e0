// SPDX-License-Identifier: BSL-1.0
/// @file files.hpp
/// Files of networks by their kind, tensors in `.npy` and `.pb` files.
#pragma once
#include "../evaluate/evaluator.hpp"

#include <filesystem>
#include <string>
#include <utility>

namespace archetype::commands {

/// The network in a file, whatever its format. @throws file_error
graph::model read_model(const std::filesystem::path& path);

/// @throws file_error
evaluate::array read_npy(const std::filesystem::path& path);
/// Of floats of 16 bits and less: as float32, which numpy has. @throws file_error
void write_npy(const std::filesystem::path& path, const evaluate::array& from);

/// A `.npy` or a `.pb` file as the value of an input or output. @throws file_error
evaluate::datum read_datum(const std::filesystem::path& path, const graph::value& as);

/// NAME=FILE, or FILE for the next name that has none yet.
std::pair<std::string, std::string> name_and_file(const std::string& option);

/// The largest difference of two values divided by the largest size of the expected one; infinite if they do not compare.
struct comparison {
    double relative = 0;
    std::string fault;  ///< of type or shape
};
comparison compared(const evaluate::datum& found, const evaluate::datum& expected);

}  // namespace archetype::commands
