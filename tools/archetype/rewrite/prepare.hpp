// SPDX-License-Identifier: BSL-1.0
/// @file prepare.hpp
/// From what a file says to a graph in which every shape is known and every constant computed.
#pragma once
#include "network.hpp"

namespace archetype::rewrite {

/// `given` are shapes of inputs that the file leaves open, 1 where it does not say. Branches whose condition is known become their
/// nodes. What cannot be evaluated is added to `refused`; shapes behind it are those that the file says. Constants that only other
/// constants are made of stay if `keeps_all`.
/// @throws file_error for an input that is not there
network prepared(const graph::model& file, const std::map<std::string, shape_type>& given,
                 std::vector<refusal>& refused, const evaluate::settings& limits = {},
                 bool keeps_all = false);

/// What nodes in an order of execution give by themselves: of constants, and of `given`. Results are rounded to their types
/// unless `float64`, then scales of 8 bits are left out too. Nothing if a result is no tensor.
std::vector<array> evaluated(const network& of, const std::vector<const step*>& nodes,
                             const std::map<value_id, array>& given, const std::vector<value_id>& outputs,
                             bool float64);

/// Computes all nodes whose inputs are constants, and the shapes that nodes ask for.
void fold_constants(network& of, bool keeps_all = false);

/// The real numbers that a constant stands for, also if it is stored in 8 bits with scales.
array real_constant(const network& of, value_id id);

}  // namespace archetype::rewrite
