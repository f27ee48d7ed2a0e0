// SPDX-License-Identifier: BSL-1.0
/// @file arrays.hpp
/// The arrays of this room, and the checked ways into them from any xtensor expression of numbers.
#pragma once
#include <archetype/statistics/wrong_input.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>
#include <xtensor-blas/xblas.hpp>
#if __has_include(<xtensor/core/xeval.hpp>)  // since xtensor 0.26
#include <xtensor/core/xeval.hpp>
#else
#include <xtensor/xeval.hpp>
#endif
#if __has_include(<xtensor/core/xexpression.hpp>)  // since xtensor 0.26
#include <xtensor/core/xexpression.hpp>
#else
#include <xtensor/xexpression.hpp>
#endif
#if __has_include(<xtensor/containers/xtensor.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

using vector = xt::xtensor<double, 1>;
using matrix = xt::xtensor<double, 2>;

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline std::string shape_text(std::size_t rows, std::size_t columns) {
    return std::string("[").append(text(rows)).append("][").append(text(columns)).append("]");
}

inline matrix zeros(std::size_t rows, std::size_t columns) {
    return matrix(typename matrix::shape_type{rows, columns}, 0.0);
}
inline vector zeros(std::size_t size) { return vector(typename vector::shape_type{size}, 0.0); }

/// What an expression of rank 1 stands for where one of rank 2 is meant.
enum class rank_one { refused, column, row };

/// A copy of an expression of rank 2.
/// @throws std::invalid_argument for another rank, without elements, or with values that are not finite
template <class E>
matrix matrix_of(const xt::xexpression<E>& expression, const char* function, const char* argument,
                 rank_one meaning = rank_one::refused) {
    const auto& values = xt::eval(expression.derived_cast());
    static_assert(std::is_arithmetic_v<typename std::decay_t<decltype(values)>::value_type>);
    const std::size_t rank = values.dimension();
    if (rank != 2 && (rank != 1 || meaning == rank_one::refused))
        fail(function, argument, meaning == rank_one::refused ? "to have rank 2" : "to have rank 1 or 2",
             "rank " + text(rank));
    const bool one = rank == 1;
    const std::size_t first = values.shape()[0], second = one ? 1 : values.shape()[1];
    const bool row = one && meaning == rank_one::row;
    const std::size_t rows = row ? 1 : first, columns = row ? first : second;
    if (rows == 0 || columns == 0)
        fail(function, argument, std::string("to have elements"), shape_text(rows, columns));
    matrix result = zeros(rows, columns);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) {
            const auto value = static_cast<double>(one ? values(row ? j : i) : values(i, j));
            if (!is_finite(value))
                fail(function, argument, std::string("to be finite"),
                     text(value).append(" at ").append(shape_text(i, j)));
            result(i, j) = value;
        }
    return result;
}

/// A copy of an expression of rank 1. @throws std::invalid_argument as `matrix_of`
template <class E>
vector vector_of(const xt::xexpression<E>& expression, const char* function, const char* argument) {
    const auto& values = xt::eval(expression.derived_cast());
    if (values.dimension() != 1)
        fail(function, argument, std::string("to have rank 1"),
             "rank " + text(std::size_t(values.dimension())));
    const matrix column = matrix_of(values, function, argument, rank_one::column);
    vector result = zeros(column.shape()[0]);
    for (std::size_t i = 0; i < result.size(); ++i) result(i) = column(i, 0);
    return result;
}

/// Labels of `samples` samples, each below `limit`. @throws std::invalid_argument
template <class E>
std::vector<std::size_t> labels_of(const xt::xexpression<E>& expression, std::size_t samples,
                                   std::size_t limit, const char* function) {
    const auto& values = xt::eval(expression.derived_cast());
    static_assert(std::is_integral_v<typename std::decay_t<decltype(values)>::value_type>,
                  "labels are integers");
    if (values.dimension() != 1)
        fail(function, "labels", std::string("to have rank 1"),
             "rank " + text(std::size_t(values.dimension())));
    check_same_length(values.size(), samples, function, "labels");
    std::vector<std::size_t> labels(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        const auto label = static_cast<std::int64_t>(values(i));
        if (label < 0 || static_cast<std::uint64_t>(label) >= limit)
            fail(function, "labels", "to be 0 or more and below " + text(limit),
                 std::to_string(label).append(" at index ").append(text(i)));
        labels[i] = static_cast<std::size_t>(label);
    }
    return labels;
}

/// @throws std::invalid_argument if `samples` has other columns than what was fitted
inline void check_columns(const matrix& samples, std::size_t columns, const char* function,
                          const char* argument = "samples") {
    if (samples.shape()[1] != columns)
        fail(function, argument, "to have " + text(columns) + " columns",
             text(std::size_t(samples.shape()[1])));
}

// xt::linalg::dot names xt::xarray, which clang 19 cannot instantiate with xtensor 0.24: BLAS is called directly.

/// a b.
inline matrix product(const matrix& a, const matrix& b) {
    matrix result = zeros(a.shape()[0], b.shape()[1]);
    xt::blas::gemm(a, b, result);
    return result;
}
/// a^t b.
inline matrix transposed_product(const matrix& a, const matrix& b) {
    matrix result = zeros(a.shape()[1], b.shape()[1]);
    xt::blas::gemm(a, b, result, true, false);
    return result;
}
/// a b^t.
inline matrix product_transposed(const matrix& a, const matrix& b) {
    matrix result = zeros(a.shape()[0], b.shape()[0]);
    xt::blas::gemm(a, b, result, false, true);
    return result;
}
inline matrix transposed(const matrix& a) {
    matrix result = zeros(a.shape()[1], a.shape()[0]);
    for (std::size_t i = 0; i < a.shape()[0]; ++i)
        for (std::size_t j = 0; j < a.shape()[1]; ++j) result(j, i) = a(i, j);
    return result;
}

inline double trace(const matrix& a) {
    double sum = 0;
    for (std::size_t i = 0; i < a.shape()[0]; ++i) sum += a(i, i);
    return sum;
}

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET
