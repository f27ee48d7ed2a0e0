// SPDX-License-Identifier: BSL-1.0
/// @file sequence.hpp
/// Files of TFLite that take some steps a call and keep the last rows of values in variables: the network of a whole sequence
/// that they compute piece by piece.
#pragma once
#include "network.hpp"

namespace archetype::rewrite {

/// Calls of a file that follow each other, as one network.
struct sequence {
    std::int64_t block = 1;         ///< steps that the file takes at once
    std::int64_t calls = 1;         ///< in the network: the last one reads no row before the first
    std::int64_t rows = 1;          ///< of results, for each call
    std::int64_t states = 0;        ///< elements that the file keeps
    graph::model file;              ///< as it was read
    std::vector<std::string> gone;  ///< nodes of it that only keep rows
};

/// Whether the file keeps values in resources.
bool keeps_variables(const graph::model& file);

/// Puts the network of a whole sequence in the file's place: rows kept in a variable become rows of zeros before the first.
/// Nothing if variables are used in another way, `refused` says where.
std::optional<sequence> as_sequence(graph::model& file, std::vector<refusal>& refused);

}  // namespace archetype::rewrite
