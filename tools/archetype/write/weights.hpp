// SPDX-License-Identifier: BSL-1.0
/// @file weights.hpp
/// Weights of an imported network as files.
#pragma once
#include "../lower/structure.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace archetype::write {

/// The numbers that inference reads, in its order, batch normalizations folded, without the slack.
std::vector<float> inference_numbers(const lower::network& net, const lower::structure& of);

/// `NAME.safetensors`, for `load`. @throws file_error
void write_tensors(const std::filesystem::path& path, const lower::network& net, const lower::structure& of);
/// `NAME_weights.hpp`. @throws file_error
void write_weights_header(const std::filesystem::path& folder, const std::string& name,
                          const std::vector<float>& numbers);
/// `NAME_weights.hpp`, `.S`, `.bin`. @throws file_error
void write_weights_object(const std::filesystem::path& folder, const std::string& name,
                          const std::vector<float>& numbers);

/// A text file. @throws file_error
void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace archetype::write
