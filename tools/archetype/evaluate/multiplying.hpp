// SPDX-License-Identifier: BSL-1.0
/// @file multiplying.hpp
/// Products of matrices and of stacks of them.
#pragma once
#include "indexing.hpp"

namespace archetype::evaluate {

struct product_shape {
    shape_type first, second, batch, result;
    std::int64_t rows = 0, inner = 0, columns = 0;
};
/// As numpy.matmul. @throws file_error
product_shape matrix_product_shape(const call& at, const shape_type& first, const shape_type& second);
reals matrix_product(call& at, const reals& a, const reals& b, const product_shape& of);
/// The same of real numbers, those of a file where they lie. With `turned` the second has columns for rows.
reals matrix_product(call& at, const array& a, const array& b, const product_shape& of, bool turned = false);

/// Real numbers of integers without their zero point: one, or one for each row (column) of each matrix.
reals centered_rows(const call& at, std::size_t index, std::size_t zero, bool by_columns);

}  // namespace archetype::evaluate
