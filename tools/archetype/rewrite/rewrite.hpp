// SPDX-License-Identifier: BSL-1.0
/// @file rewrite.hpp
/// All rewritings in their order.
#pragma once
#include "network.hpp"

namespace archetype::rewrite {

/// The file's graph in the form that layers are made of. What cannot be evaluated is added to `refused`.
/// @throws file_error
network rewritten(const graph::model& file, const std::map<std::string, shape_type>& inputs,
                  std::vector<refusal>& refused, const evaluate::settings& limits = {});

}  // namespace archetype::rewrite
