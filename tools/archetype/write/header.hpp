// SPDX-License-Identifier: BSL-1.0
/// @file header.hpp
/// The header of an imported network: its type, with assertions of shapes and counts.
#pragma once
#include "project.hpp"

namespace archetype::write {

std::int64_t count_of(const project& of, bool trainable);
/// What the network calls an input, and an output ("" is its end).
std::string input_name(const project& of, std::size_t input);
std::string output_name(const project& of, std::size_t output);

std::string header_text(const project& of);

}  // namespace archetype::write
