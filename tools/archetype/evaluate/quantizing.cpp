// SPDX-License-Identifier: BSL-1.0
// Integers that stand for real numbers: real = scale * (integer - zero point).
#include "indexing.hpp"
#include "multiplying.hpp"
#include "normalizing.hpp"
#include "operators.hpp"
#include "windows.hpp"

#include <cmath>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

/// Which scale each element has: one for all, one for each index of an axis, or one for each block along it.
struct scales {
    std::size_t count = 1, inner = 1, extent = 1, block = 1, blocks = 1;
    bool one = true;

    std::size_t of(std::size_t element) const {
        if (one) return 0;
        const std::size_t along = element / inner % extent;
        return (element / inner / extent * blocks + along / block) * (block == 1 ? 1 : inner) +
               (block == 1 ? 0 : element % inner);
    }
};

scales scales_of(const call& at, const shape_type& x, std::size_t scale) {
    const shape_type& given = at.in(scale).shape;
    const whole block = at.integer("block_size", 0);
    scales made;
    made.count = at.in(scale).size();
    if (made.count == 1 && given.size() <= 1 && block == 0) return made;
    const std::size_t axis = at.axis(at.integer("axis", 1), x.size());
    made.one = false;
    made.extent = static_cast<std::size_t>(x[axis]);
    made.inner = static_cast<std::size_t>(product_of(x, axis + 1, x.size()));
    if (block == 0) {
        at.expect(given.size() == 1 && given[0] == x[axis],
                  "one scale or " + std::to_string(x[axis]) + ", one for each index of axis " +
                      std::to_string(axis),
                  shape_text(given));
        made.blocks = 0;  // the scales do not depend on what is before the axis
        return made;
    }
    shape_type wanted = x;
    at.expect(block > 0, "a block_size", std::to_string(block));
    wanted[axis] = (x[axis] + block - 1) / block;
    at.expect(given == wanted, "scales of shape " + shape_text(wanted), shape_text(given));
    made.block = static_cast<std::size_t>(block);
    made.blocks = static_cast<std::size_t>(wanted[axis]);
    if (block == 1) {  // one for each element
        made.extent = x.empty() ? 1 : at.in(scale).size();
        made.inner = 1;
        made.blocks = 0;
    }
    return made;
}

/// Zero points for the scales: zeros if there are none.
reals zeros_of(const call& at, std::size_t index, std::size_t count) {
    if (!at.has(index)) return reals(count, 0.0);
    const reals made = all_reals(at.in(index));
    at.expect(made.size() == count, "as many zero points as scales", std::to_string(made.size()));
    return made;
}

/// What is not a number becomes the zero point, as in tables of a quantized model.
double steps_of(double quotient) { return std::isnan(quotient) ? 0 : std::nearbyint(quotient); }

/// x / scale + zero point, rounded and saturated.
array quantized(const call& at, const reals& x, const shape_type& shape, element_type real,
                const scales& which, const reals& scale, const reals& zero, element_type to) {
    const auto quotient = [&](std::size_t i) {
        const double exact = x[i] / scale[which.of(i)];
        return at.options().float64 ? exact : rounded(exact, real);
    };
    if (is_real(to)) {
        reals made(x.size());
        for (std::size_t i = 0; i < made.size(); ++i)
            made[i] = rounded(quotient(i), to, at.integer("saturate", 1) != 0);
        return {to, shape, std::move(made)};
    }
    wholes made(x.size());
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] = saturated(steps_of(quotient(i)) + zero[which.of(i)], to);
    return {to, shape, std::move(made)};
}

void quantize_linear(call& at) {
    const reals x = all_reals(at.in(0));
    const scales which = scales_of(at, at.in(0).shape, 1);
    const element_type to = at.has(2)                            ? at.in(2).type
                            : at.integer("output_dtype", 0) != 0 ? at.type_of(at.integer("output_dtype", 0))
                                                                 : element_type::uint8;
    at.give(
        quantized(at, x, at.in(0).shape, at.in(1).type, which, at.real(1), zeros_of(at, 2, which.count), to));
}

void dequantize_linear(call& at) {
    const reals x = all_reals(at.in(0));
    if (at.has(2)) at.same_types(0, 2);
    const scales which = scales_of(at, at.in(0).shape, 1);
    const reals& scale = at.real(1);
    const reals zero = zeros_of(at, 2, which.count);
    reals made(x.size());
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = (x[i] - zero[which.of(i)]) * scale[which.of(i)];
    const element_type to =
        at.integer("output_dtype", 0) != 0 ? at.type_of(at.integer("output_dtype", 0)) : at.in(1).type;
    at.give(to, at.in(0).shape, std::move(made));
}

void dynamic_quantize_linear(call& at) {
    const reals& x = at.real(0);
    double least = 0;
    double most = 0;
    for (const double one : x) {
        least = std::min(least, one);
        most = std::max(most, one);
    }
    const auto single = [&](double number) {
        return at.options().float64 ? number : rounded(number, element_type::float32);
    };
    const double scale = single(single(most - least) / 255);
    const double zero =
        scale == 0 ? 0 : std::nearbyint(std::min(std::max(single(0 - least / scale), 0.0), 255.0));
    at.give(
        quantized(at, x, at.in(0).shape, element_type::float32, {}, {scale}, {zero}, element_type::uint8));
    at.give(element_type::float32, {}, reals{scale});
    at.give(element_type::uint8, {}, wholes{static_cast<whole>(zero)});
}

/// One scale and zero point for all.
struct linear {
    double scale = 1, zero = 0;
};
linear linear_of(const call& at, std::size_t scale, std::size_t zero) {
    return {at.one_real(scale), at.has(zero) ? static_cast<double>(at.one_whole(zero)) : 0.0};
}

reals dequantized(const call& at, std::size_t index, std::size_t scale, std::size_t zero) {
    at.whole(index);
    reals made = all_reals(at.in(index));
    const linear by = linear_of(at, scale, zero);
    for (double& one : made) one = (one - by.zero) * by.scale;
    return made;
}
array requantized(const reals& from, const shape_type& shape, const linear& by, element_type to) {
    wholes made(from.size());
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] = saturated(steps_of(from[i] / by.scale) + by.zero, to);
    return {to, shape, std::move(made)};
}

void q_linear_conv(call& at) {
    at.whole(0);
    at.whole(3);
    const array& x = at.in(0);
    const array& w = at.in(3);
    const convolution how = convolution_of(at, x.shape, w.shape);
    reals image = all_reals(x);
    const linear in = linear_of(at, 1, 2);
    for (double& one : image) one -= in.zero;
    reals weights = all_reals(w);
    const reals scale = at.real(4);
    const reals zero = zeros_of(at, 5, at.has(5) ? at.in(5).size() : 1);
    const auto filters = static_cast<std::size_t>(w.shape[0]);
    at.expect((scale.size() == 1 || scale.size() == filters) && (zero.size() == 1 || zero.size() == filters),
              "one scale or one for each filter", std::to_string(scale.size()));
    for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] -= zero[i / (weights.size() / filters) % zero.size()];
    reals made = convolved(at, image, x.shape, weights, w.shape, how.over, how.groups);
    const linear out = linear_of(at, 6, 7);
    const whole cells = product_of(how.result, 2, how.result.size());
    if (at.has(8))
        at.expect(static_cast<std::size_t>(at.in(8).size()) == filters, std::to_string(filters) + " biases",
                  std::to_string(at.in(8).size()));
    for (std::size_t i = 0; i < made.size(); ++i) {
        const std::size_t filter = i / static_cast<std::size_t>(cells) % filters;
        if (at.has(8)) made[i] += static_cast<double>(at.whole(8)[filter]);
        made[i] *= in.scale * scale[filter % scale.size()];
    }
    at.give(requantized(made, how.result, out, at.has(7) ? at.in(7).type : x.type));
}

void q_linear_mat_mul(call& at) {
    const product_shape of = matrix_product_shape(at, at.in(0).shape, at.in(3).shape);
    reals made = matrix_product(at, centered_rows(at, 0, 2, false), centered_rows(at, 3, 5, true), of);
    const reals& a = at.real(1);
    const reals& b = at.real(4);
    const auto columns = static_cast<std::size_t>(of.columns);
    const auto rows = static_cast<std::size_t>(of.rows);
    at.expect((a.size() == 1 || a.size() == rows) && (b.size() == 1 || b.size() == columns),
              "one scale, or one for each row of the first and column of the second matrix",
              std::to_string(a.size()) + " and " + std::to_string(b.size()));
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] *= a[i / columns % rows % a.size()] * b[i % columns % b.size()];
    at.give(requantized(made, of.result, linear_of(at, 6, 7), at.in(7).type));
}

/// C has the scale alpha a b of the products. Without a scale of the results these are real numbers.
void q_gemm(call& at) {
    const auto matrix = [&](std::size_t index, std::string_view turned) {
        const shape_type& shape = at.in(index).shape;
        at.expect(shape.size() == 2, "a matrix", shape_text(shape));
        const bool turns = at.integer(turned, 0) != 0;
        return std::pair(turns ? shape[1] : shape[0], turns ? shape[0] : shape[1]);
    };
    const auto [rows, inner] = matrix(0, "transA");
    const auto [depth, columns] = matrix(3, "transB");
    at.expect(inner == depth, std::to_string(inner) + " rows of the second matrix", std::to_string(depth));
    const shape_type result{rows, columns};
    reals made(at.count(result), 0.0);
    at.count_products(rows * columns * inner);
    const wholes& a = at.whole(0);
    const wholes& b = at.whole(3);
    const reals& scale = at.real(4);
    const reals zero = zeros_of(at, 5, scale.size());
    at.expect(scale.size() == 1 || static_cast<whole>(scale.size()) == columns,
              "one scale, or one for each column of the second matrix", std::to_string(scale.size()));
    const linear in = linear_of(at, 1, 2);
    const bool turns_a = at.integer("transA", 0) != 0;
    const bool turns_b = at.integer("transB", 0) != 0;
    const double alpha = at.number("alpha", 1);
    const bool has_bias = at.has(6);
    shape_type bias = has_bias ? at.in(6).shape : shape_type{};
    at.expect(bias.size() <= 2, "a bias of at most two axes", shape_text(bias));
    bias.insert(bias.begin(), 2 - bias.size(), 1);
    at.expect((bias[0] == 1 || bias[0] == rows) && (bias[1] == 1 || bias[1] == columns),
              "one bias, or one for each row, column or result", shape_text(bias));
    const auto bias_at = [&](whole row, whole column) {
        return static_cast<std::size_t>((bias[0] == 1 ? 0 : row) * bias[1] + (bias[1] == 1 ? 0 : column));
    };
    for (whole row = 0; row < rows; ++row)
        for (whole column = 0; column < columns; ++column) {
            const auto place = static_cast<std::size_t>(row * columns + column);
            const std::size_t of = static_cast<std::size_t>(column) % scale.size();
            for (whole k = 0; k < inner; ++k)
                made[place] +=
                    (static_cast<double>(
                         a[static_cast<std::size_t>(turns_a ? k * rows + row : row * inner + k)]) -
                     in.zero) *
                    (static_cast<double>(
                         b[static_cast<std::size_t>(turns_b ? column * inner + k : k * columns + column)]) -
                     zero[of]);
            if (has_bias) made[place] += static_cast<double>(at.whole(6)[bias_at(row, column)]);
            made[place] *= alpha * in.scale * scale[of];
        }
    if (!at.has(7)) return at.give(element_type::float32, result, std::move(made));
    at.give(requantized(made, result, linear_of(at, 7, 8), at.has(8) ? at.in(8).type : at.in(0).type));
}

template <class Combine>
void q_linear_pair(call& at, const Combine& combine) {
    at.same_types(0, 3);
    const shape_type together = broadcast(at, at.in(0).shape, at.in(3).shape);
    const reals made = combined<double>(at, together, at.in(0).shape, dequantized(at, 0, 1, 2),
                                        at.in(3).shape, dequantized(at, 3, 4, 5), combine);
    at.give(requantized(made, together, linear_of(at, 6, 7), at.in(0).type));
}
void q_linear_add(call& at) {
    q_linear_pair(at, [](double a, double b) { return a + b; });
}
void q_linear_mul(call& at) {
    q_linear_pair(at, [](double a, double b) { return a * b; });
}

/// What an operator of real numbers gives for the real numbers that the integers stand for.
array through(call& at, std::string_view name, std::int64_t version) {
    graph::node inner = at.node();
    inner.domain.clear();
    inner.operation = name;
    inner.version = version;
    inner.outputs.resize(1);
    const operation* found = find_operation(inner);
    call made = at.with_inputs({array(element_type::float32, at.in(0).shape, dequantized(at, 0, 1, 2))});
    found->evaluate(made);
    at.count_products(made.products());
    return made.results().at(0).tensor;
}
void q_linear_average_pool(call& at) {
    at.expect(at.integer("channels_last", 0) == 0, "channels_last = 0", "1");
    const array made = through(at, "AveragePool", 19);
    at.give(requantized(made.as_reals(), made.shape, linear_of(at, 3, 4), at.in(0).type));
}
void q_linear_global_average_pool(call& at) {
    at.expect(at.integer("channels_last", 0) == 0, "channels_last = 0", "1");
    const array made = through(at, "GlobalAveragePool", 19);
    at.give(requantized(made.as_reals(), made.shape, linear_of(at, 3, 4), at.in(0).type));
}
void q_linear_softmax(call& at) {
    reals made = dequantized(at, 0, 1, 2);
    const softmax_axis along = softmax_axis_of(at, at.in(0).shape, at.integer("opset", 13));
    softmax_rows(made, along.extent, along.inner, false);
    at.give(requantized(made, at.in(0).shape, linear_of(at, 3, 4), at.in(0).type));
}
void q_linear_sigmoid(call& at) {
    reals made = dequantized(at, 0, 1, 2);
    for (double& one : made) one = 1 / (1 + std::exp(-one));
    at.give(requantized(made, at.in(0).shape, linear_of(at, 3, 4), at.in(0).type));
}
void q_linear_leaky_relu(call& at) {
    reals made = dequantized(at, 0, 1, 2);
    const double slope = at.number("alpha", static_cast<double>(0.01F));
    for (double& one : made) one = one < 0 ? slope * one : one;
    at.give(requantized(made, at.in(0).shape, linear_of(at, 3, 4), at.in(0).type));
}
void q_linear_concat(call& at) {
    const std::size_t parts = (at.input_count() - 2) / 3;
    at.expect(parts > 0 && parts * 3 + 2 == at.input_count(),
              "scale, zero point and three inputs for each part",
              std::to_string(at.input_count()) + " inputs");
    const std::size_t axis = at.axis(at.integer("axis"), at.in(2).rank());
    std::vector<datum> inner;
    for (std::size_t k = 0; k < parts; ++k)
        inner.emplace_back(array(element_type::float32, at.in(2 + 3 * k).shape,
                                 dequantized(at, 2 + 3 * k, 3 + 3 * k, 4 + 3 * k)));
    (void)axis;
    graph::node concat = at.node();
    concat.domain.clear();
    concat.operation = "Concat";
    concat.version = 13;
    call made = at.with_inputs(std::move(inner));
    find_operation(concat)->evaluate(made);
    const array& joined = made.results().at(0).tensor;
    at.give(requantized(joined.as_reals(), joined.shape, linear_of(at, 0, 1), at.in(2).type));
}

constexpr std::string_view windowed = "auto_pad dilations group kernel_shape pads strides";
constexpr std::string_view recent = "axis block_size output_dtype precision saturate";

constexpr operation table[] = {
    {"", "QuantizeLinear", quantize_linear, 2, 3, 1, recent, 10},
    {"", "DequantizeLinear", dequantize_linear, 2, 3, 1, "axis block_size output_dtype", 10},
    {"", "DynamicQuantizeLinear", dynamic_quantize_linear, 1, 1, 3, "", 11},
    {"", "QLinearConv", q_linear_conv, 8, 9, 1, windowed, 10},
    {"", "QLinearMatMul", q_linear_mat_mul, 8, 8, 1, "", 10},
    {"com.microsoft", "QuantizeLinear", quantize_linear, 2, 3, 1, "axis"},
    {"com.microsoft", "DequantizeLinear", dequantize_linear, 2, 3, 1, "axis"},
    {"com.microsoft", "QGemm", q_gemm, 6, 9, 1, "transA transB alpha"},
    {"com.microsoft", "QLinearAdd", q_linear_add, 7, 8, 1, ""},
    {"com.microsoft", "QLinearMul", q_linear_mul, 7, 8, 1, ""},
    {"com.microsoft", "QLinearAveragePool", q_linear_average_pool, 4, 5, 1,
     "auto_pad ceil_mode channels_last count_include_pad kernel_shape pads strides"},
    {"com.microsoft", "QLinearGlobalAveragePool", q_linear_global_average_pool, 4, 5, 1, "channels_last"},
    {"com.microsoft", "QLinearSoftmax", q_linear_softmax, 4, 5, 1, "axis opset"},
    {"com.microsoft", "QLinearSigmoid", q_linear_sigmoid, 4, 5, 1, ""},
    {"com.microsoft", "QLinearLeakyRelu", q_linear_leaky_relu, 4, 5, 1, "alpha"},
    {"com.microsoft", "QLinearConcat", q_linear_concat, 5, any_number, 1, "axis"},
};

}  // namespace

std::span<const operation> quantizing_operations() { return table; }

}  // namespace archetype::evaluate
