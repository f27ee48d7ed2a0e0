// SPDX-License-Identifier: BSL-1.0
/// @file row_products.hpp
/// Sums of rows of cells, each times a number: what convolutions spend their time on.
#pragma once
#include <cstddef>

namespace archetype::evaluate {

inline constexpr std::size_t cells_at_once = 8, filters_at_once = 6;

/// sums[f][k] = sum over i, in order, of factors[i * filters_at_once + f] * cells[i * cells_at_once + k], for `filters_at_once` filters and
/// `cells_at_once` cells: the same bits whatever the processor.
void row_products(const double* cells, const double* factors, std::size_t count,
                  double (&sums)[filters_at_once][cells_at_once]);

}  // namespace archetype::evaluate
