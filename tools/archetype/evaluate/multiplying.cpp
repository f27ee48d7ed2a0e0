// SPDX-License-Identifier: BSL-1.0
// Products of matrices.
#include "multiplying.hpp"

#include "operators.hpp"

#include <cmath>
#include <map>

namespace archetype::evaluate {

namespace {
using whole = std::int64_t;
}

product_shape matrix_product_shape(const call& at, const shape_type& first, const shape_type& second) {
    product_shape made;
    at.expect(!first.empty() && !second.empty(), "at least one axis in both",
              shape_text(first) + " and " + shape_text(second));
    made.first = first;
    made.second = second;
    if (first.size() == 1) made.first.insert(made.first.begin(), 1);
    if (second.size() == 1) made.second.push_back(1);
    const whole inner = made.first.back();
    if (made.second[made.second.size() - 2] != inner)
        at.fail("matrices that fit: " + std::to_string(inner) + " rows in the second",
                shape_text(first) + " and " + shape_text(second));
    made.batch = broadcast(at, shape_type(made.first.begin(), made.first.end() - 2),
                           shape_type(made.second.begin(), made.second.end() - 2));
    made.rows = made.first[made.first.size() - 2];
    made.inner = inner;
    made.columns = made.second.back();
    made.result = made.batch;
    if (first.size() > 1) made.result.push_back(made.rows);
    if (second.size() > 1) made.result.push_back(made.columns);
    return made;
}

namespace {

/// `turned`: the matrices on the right lie column by column. Each sum begins with the first of its products.
template <class Left, class Right>
reals rows_times_columns(call& at, const Left& left, const Right& right, const product_shape& of,
                         bool turned) {
    reals made(at.count(of.result), 0.0);
    at.count_products(static_cast<whole>(made.size()) * of.inner);
    if (at.options().shapes_only) return made;
    shape_type first(of.first.begin(), of.first.end() - 2);
    shape_type second(of.second.begin(), of.second.end() - 2);
    shape_type first_strides = strides_within(first, of.batch);
    shape_type second_strides = strides_within(second, of.batch);
    for (whole& one : first_strides) one *= of.rows * of.inner;
    for (whole& one : second_strides) one *= of.inner * of.columns;
    double* to = made.data();
    const auto inner = static_cast<std::size_t>(of.inner);
    const auto columns = static_cast<std::size_t>(of.columns);
    each_place<2>(of.batch, {first_strides, second_strides}, [&](const auto& places) {
        auto row = static_cast<std::size_t>(places[0]);
        const auto begin = static_cast<std::size_t>(places[1]);
        for (whole r = 0; r < of.rows; ++r, to += columns, row += inner) {
            if (!turned) {
                for (std::size_t k = 0; k < inner; ++k) {
                    const double factor = left[row + k];
                    const std::size_t from = begin + k * columns;
                    for (std::size_t c = 0; c < columns; ++c) to[c] += factor * right[from + c];
                }
                continue;
            }
            std::size_t c = 0;
            for (; c + 4 <= columns; c += 4)
                for (std::size_t k = 0; k < inner; ++k)
                    for (std::size_t j = 0; j < 4; ++j)
                        to[c + j] += left[row + k] * right[begin + (c + j) * inner + k];
            for (; c < columns; ++c)
                for (std::size_t k = 0; k < inner; ++k) to[c] += left[row + k] * right[begin + c * inner + k];
        }
    });
    return made;
}

}  // namespace

reals matrix_product(call& at, const reals& a, const reals& b, const product_shape& of) {
    return rows_times_columns(at, a.data(), b.data(), of, false);
}
reals matrix_product(call& at, const array& a, const array& b, const product_shape& of, bool turned) {
    const reals& left = a.as_reals();
    return with_numbers(
        b, [&](const auto& right) { return rows_times_columns(at, left.data(), right, of, turned); });
}

namespace {

void mat_mul(call& at) {
    at.same_types(0, 1);
    const product_shape of = matrix_product_shape(at, at.in(0).shape, at.in(1).shape);
    const array& a = at.in(0);
    if (is_real(a.type)) return at.give(a.type, of.result, matrix_product(at, a, at.in(1), of));
    // Of integers without rounding, as long as the sums fit: 64 bits that wrap.
    wholes made(at.count(of.result), 0);
    shape_type first_strides = strides_within(shape_type(of.first.begin(), of.first.end() - 2), of.batch);
    shape_type second_strides = strides_within(shape_type(of.second.begin(), of.second.end() - 2), of.batch);
    for (whole& one : first_strides) one *= of.rows * of.inner;
    for (whole& one : second_strides) one *= of.inner * of.columns;
    std::size_t next = 0;
    each_place<2>(of.batch, {first_strides, second_strides}, [&](const auto& places) {
        for (whole r = 0; r < of.rows; ++r)
            for (whole c = 0; c < of.columns; ++c) {
                std::uint64_t sum = 0;
                for (whole k = 0; k < of.inner; ++k)
                    sum += static_cast<std::uint64_t>(
                               at.whole(0)[static_cast<std::size_t>(places[0] + r * of.inner + k)]) *
                           static_cast<std::uint64_t>(
                               at.whole(1)[static_cast<std::size_t>(places[1] + k * of.columns + c)]);
                made[next++] = static_cast<whole>(sum);
            }
    });
    at.give(a.type, of.result, std::move(made));
}

array last_two_exchanged(const array& from) {
    std::vector<std::size_t> order(from.rank());
    for (std::size_t axis = 0; axis < order.size(); ++axis) order[axis] = axis;
    if (order.size() >= 2) std::swap(order[order.size() - 1], order[order.size() - 2]);
    return transposed(from, order);
}

void fused_mat_mul(call& at) {
    at.real(0);
    at.real(1);
    const array a = at.integer("transA", 0) != 0 ? last_two_exchanged(at.in(0)) : at.in(0);
    const array b = at.integer("transB", 0) != 0 ? last_two_exchanged(at.in(1)) : at.in(1);
    const product_shape of = matrix_product_shape(at, a.shape, b.shape);
    reals made = matrix_product(at, a, b, of);
    for (double& one : made) one *= at.number("alpha", 1);
    at.give(a.type, of.result, std::move(made));
}

void gemm(call& at) {
    at.same_types(0, 1);
    at.expect(at.in(0).rank() == 2 && at.in(1).rank() == 2, "two matrices",
              shape_text(at.in(0).shape) + " and " + shape_text(at.in(1).shape));
    const array a = at.integer("transA", 0) != 0 ? last_two_exchanged(at.in(0)) : at.in(0);
    const bool turned = at.integer("transB", 0) != 0;
    shape_type second = at.in(1).shape;
    if (turned) std::swap(second[0], second[1]);
    const product_shape of = matrix_product_shape(at, a.shape, second);
    const double alpha = at.number("alpha", 1);
    const double beta = at.number("beta", 1);
    const auto of_reals = [](const array& one) {
        return is_real(one.type) ? one : array(element_type::float64, one.shape, all_reals(one));
    };
    reals made = matrix_product(at, of_reals(a), of_reals(at.in(1)), of, turned);
    for (double& one : made) one *= alpha;
    if (at.has(2)) {
        at.same_types(0, 2);
        const array& c = at.in(2);
        at.expect(broadcast(at, of.result, c.shape) == of.result,
                  "a third tensor that broadcasts to " + shape_text(of.result), shape_text(c.shape));
        made = combined<double>(at, of.result, of.result, made, c.shape, all_reals(c),
                                [=](double x, double y) { return x + beta * y; });
    }
    if (is_real(a.type)) return at.give(a.type, of.result, std::move(made));
    at.give(a.type, of.result, wholes(made.begin(), made.end()));
}

void mat_mul_integer(call& at) {
    const product_shape of = matrix_product_shape(at, at.in(0).shape, at.in(1).shape);
    const reals a = centered_rows(at, 0, 2, false);
    const reals b = centered_rows(at, 1, 3, true);
    const reals made = matrix_product(at, a, b, of);
    at.give(element_type::int32, of.result, wholes(made.begin(), made.end()));
}

void einsum(call& at) {
    std::string equation;
    for (const char c : at.text("equation", ""))
        if (c != ' ') equation += c;
    const std::size_t arrow = equation.find("->");
    std::vector<std::string> terms(1);
    for (const char c : equation.substr(0, arrow)) {
        if (c == ',')
            terms.emplace_back();
        else
            terms.back() += c;
    }
    at.expect(terms.size() == at.input_count(), "a term for each input", "\"" + equation + "\"");
    // Dots become capital letters that no term has: one for each axis they stand for.
    std::size_t dotted = 0;
    for (std::size_t k = 0; k < terms.size(); ++k)
        if (terms[k].find("...") != std::string::npos) {
            at.expect(at.in(k).rank() + 3 >= terms[k].size(), "axes for " + terms[k],
                      shape_text(at.in(k).shape));
            dotted = std::max(dotted, at.in(k).rank() + 3 - terms[k].size());
        }
    const auto dots = [&](std::size_t count) {
        std::string made;
        for (std::size_t k = dotted - count; k < dotted; ++k) made += static_cast<char>(1 + k);
        return made;
    };
    std::map<char, whole> extents;
    for (std::size_t k = 0; k < terms.size(); ++k) {
        if (const std::size_t place = terms[k].find("..."); place != std::string::npos)
            terms[k].replace(place, 3, dots(at.in(k).rank() + 3 - terms[k].size()));
        at.expect(terms[k].size() == at.in(k).rank(),
                  "a letter for each axis of " + shape_text(at.in(k).shape), "\"" + terms[k] + "\"");
        for (std::size_t axis = 0; axis < terms[k].size(); ++axis) {
            whole& extent = extents.try_emplace(terms[k][axis], 1).first->second;
            const whole here = at.in(k).shape[axis];
            at.expect(here == extent || here == 1 || extent == 1, "one extent for each letter",
                      shape_text(at.in(k).shape));
            if (extent == 1) extent = here;  // also to 0
        }
    }
    std::string result;
    if (arrow == std::string::npos) {
        std::map<char, int> seen;
        for (const std::string& term : terms)
            for (const char c : term) ++seen[c];
        for (const auto& [letter, times] : seen)
            if (times == 1 || letter < ' ') result += letter;
    } else {
        result = equation.substr(arrow + 2);
        if (const std::size_t place = result.find("..."); place != std::string::npos)
            result.replace(place, 3, dots(dotted));
    }
    std::string order = result;
    for (const auto& [letter, extent] : extents)
        if (result.find(letter) == std::string::npos) order += letter;
    shape_type whole_shape;
    shape_type to;
    for (const char c : order) {
        at.expect(extents.contains(c), "letters of the inputs in the result", std::string(1, c));
        whole_shape.push_back(extents[c]);
        if (whole_shape.size() <= result.size()) to.push_back(extents[c]);
    }
    at.count(to);
    at.expect(graph::element_count(whole_shape).value_or(INT64_MAX) < (whole{1} << 40), "a smaller sum",
              shape_text(whole_shape));
    std::vector<shape_type> strides;
    std::vector<reals> inputs;
    for (std::size_t k = 0; k < terms.size(); ++k) {
        const shape_type own = strides_of(at.in(k).shape);
        shape_type here(order.size(), 0);
        for (std::size_t axis = 0; axis < terms[k].size(); ++axis)
            if (at.in(k).shape[axis] != 1) here[order.find(terms[k][axis])] += own[axis];
        strides.push_back(here);
        inputs.push_back(all_reals(at.in(k)));
    }
    reals made(at.count(to), 0.0);
    const whole inner = product_of(whole_shape, result.size(), whole_shape.size());
    at.count_products(static_cast<whole>(made.size()) * inner);
    std::size_t next = 0;
    if (!at.options().shapes_only)
        each_index(whole_shape, [&](const shape_type& index) {
            double product = 1;
            for (std::size_t k = 0; k < inputs.size(); ++k) product *= inputs[k][place_of(index, strides[k])];
            made[next++ / static_cast<std::size_t>(inner)] += product;
        });
    if (is_real(at.in(0).type)) return at.give(at.in(0).type, to, std::move(made));
    at.give(at.in(0).type, to, wholes(made.begin(), made.end()));
}

void determinant(call& at) {
    const array& from = at.in(0);
    at.expect(from.rank() >= 2 && from.shape.back() == from.shape[from.rank() - 2], "square matrices",
              shape_text(from.shape));
    const whole n = from.shape.back();
    const shape_type to(from.shape.begin(), from.shape.end() - 2);
    reals made;
    reals m(static_cast<std::size_t>(n * n));
    for (std::size_t start = 0; made.size() < at.count(to); start += m.size()) {
        std::copy_n(at.real(0).begin() + static_cast<std::ptrdiff_t>(start), n * n, m.begin());
        double product = 1;
        const auto cell = [&](whole r, whole c) -> double& { return m[static_cast<std::size_t>(r * n + c)]; };
        for (whole k = 0; k < n; ++k) {
            whole pivot = k;
            for (whole r = k; r < n; ++r)
                if (std::abs(cell(r, k)) > std::abs(cell(pivot, k))) pivot = r;
            if (cell(pivot, k) == 0) {
                product = 0;
                break;
            }
            if (pivot != k) {
                product = -product;
                for (whole c = 0; c < n; ++c) std::swap(cell(pivot, c), cell(k, c));
            }
            product *= cell(k, k);
            for (whole r = k + 1; r < n; ++r)
                for (whole c = n; c-- > k;) cell(r, c) -= cell(r, k) / cell(k, k) * cell(k, c);
        }
        made.push_back(product);
    }
    at.give(from.type, to, std::move(made));
}

constexpr operation table[] = {
    {"", "MatMul", mat_mul, 2, 2, 1, ""},
    {"", "Gemm", gemm, 3, 3, 1, "alpha beta broadcast transA transB", 1, 6},
    {"", "Gemm", gemm, 2, 3, 1, "alpha beta transA transB", 7},
    {"", "MatMulInteger", mat_mul_integer, 2, 4, 1, "", 10},
    {"", "Einsum", einsum, 1, any_number, 1, "equation", 12},
    {"", "Det", determinant, 1, 1, 1, "", 11},
    {"com.microsoft", "FusedMatMul", fused_mat_mul, 2, 2, 1, "alpha transA transB"},
};

}  // namespace

reals centered_rows(const call& at, std::size_t index, std::size_t zero, bool by_columns) {
    at.whole(index);
    reals made = all_reals(at.in(index));
    if (!at.has(zero)) return made;
    at.same_types(index, zero);
    const reals zeros = all_reals(at.in(zero));
    const shape_type& shape = at.in(index).shape;
    const whole columns = shape.back();
    const whole rows = shape.size() > 1 ? shape[shape.size() - 2] : 1;
    at.expect(zeros.size() == 1 || static_cast<whole>(zeros.size()) == (by_columns ? columns : rows) ||
                  zeros.size() * static_cast<std::size_t>(by_columns ? rows : columns) == made.size(),
              "one zero point, or one for each row of the first and column of the second matrix",
              std::to_string(zeros.size()));
    for (std::size_t i = 0; i < made.size(); ++i) {
        const std::size_t row = i / static_cast<std::size_t>(columns);
        const std::size_t column = i % static_cast<std::size_t>(columns);
        const std::size_t matrix = row / static_cast<std::size_t>(rows);
        const std::size_t which = by_columns ? matrix * static_cast<std::size_t>(columns) + column : row;
        made[i] -= zeros[which % zeros.size()];
    }
    return made;
}

std::span<const operation> multiplying_operations() { return table; }

}  // namespace archetype::evaluate
