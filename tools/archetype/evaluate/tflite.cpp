// SPDX-License-Identifier: BSL-1.0
// TensorFlow Lite's operators: images are {N, rows, columns, C}; integers of 8 bits follow the reference kernels' arithmetic.
#include "fixed_point.hpp"
#include "indexing.hpp"
#include "normalizing.hpp"
#include "operators.hpp"
#include "pieces.hpp"

#include <cmath>
#include <limits>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

const graph::value& value_of(const call& at, graph::value_id id) { return at.model().values[id]; }
const graph::value& input_value(const call& at, std::size_t index) {
    return value_of(at, at.node().inputs[index]);
}

/// One scale and zero point of an input or output. @throws file_error
struct linear {
    double scale = 1;
    whole zero = 0;
};
linear linear_of(const call& at, const graph::value& of) {
    if (!of.quantized || of.quantized->scales.size() != 1)
        at.fail("one scale of \"" + of.name + "\"", of.quantized ? "several" : "none");
    return {of.quantized->scales[0], of.quantized->zero_points[0]};
}
linear input_scale(const call& at, std::size_t index) { return linear_of(at, input_value(at, index)); }
linear output_scale(const call& at) { return linear_of(at, value_of(at, at.node().outputs[0])); }

bool is_int8(const call& at, std::size_t index) { return at.in(index).type == element_type::int8; }
void only_float_or_int8(const call& at) {
    const element_type type = at.in(0).type;
    at.expect(type == element_type::float32 || type == element_type::int8, "float32 or int8",
              std::string(name_of(type)));
}

/// What a fused activation leaves: real numbers.
double activated(const call& at, double x, const std::string& name) {
    if (name == "NONE") return x;
    if (name == "RELU") return x < 0 ? 0 : x;
    if (name == "RELU6") return std::min(std::max(x, 0.0), 6.0);
    if (name == "RELU_N1_TO_1") return std::min(std::max(x, -1.0), 1.0);
    if (name == "TANH") return std::tanh(x);
    at.fail("fused activation NONE, RELU, RELU_N1_TO_1, RELU6 or TANH", name);
}
std::string activation_of(const call& at) { return at.text("fused_activation_function", "NONE"); }

/// The integers that a fused activation leaves.
struct range {
    whole least = -128, most = 127;
    whole cut(whole x) const { return std::clamp(x, least, most); }
};
range range_of(const call& at, const linear& out) {
    const std::string name = activation_of(at);
    const auto integer = [&](double real) {
        return out.zero + static_cast<whole>(std::round(std::clamp(real / out.scale, -1e6, 1e6)));
    };
    range made;
    if (name == "RELU" || name == "RELU6") made.least = std::max<whole>(made.least, integer(0));
    if (name == "RELU6") made.most = std::min<whole>(made.most, integer(6));
    if (name == "RELU_N1_TO_1") made = {std::max<whole>(-128, integer(-1)), std::min<whole>(127, integer(1))};
    at.expect(made.least <= made.most && name != "TANH" && name != "SIGN_BIT",
              "fused activation NONE, RELU, RELU_N1_TO_1 or RELU6", name);
    return made;
}

std::int32_t accumulator(const call& at, double sum) {
    at.expect(std::abs(sum) < 0x1p31, "sums of 32 bits", std::to_string(sum));
    return static_cast<std::int32_t>(sum);
}

/// Real numbers of the input: integers without their zero point, int8 weights of a float operator with their scale.
reals centered(const call& at, std::size_t index) {
    reals made = all_reals(at.in(index));
    if (is_real(at.in(index).type)) return made;
    const auto& quantized = input_value(at, index).quantized;
    if (!quantized) return made;
    const bool dynamic = is_real(at.in(0).type);
    const shape_type& shape = at.in(index).shape;
    const std::size_t count = quantized->scales.size();
    const auto axis = static_cast<std::size_t>(quantized->axis);
    const auto inner = static_cast<std::size_t>(count == 1 ? 1 : product_of(shape, axis + 1, shape.size()));
    for (std::size_t i = 0; i < made.size(); ++i) {
        const std::size_t which = count == 1 ? 0 : i / inner % count;
        made[i] -= static_cast<double>(quantized->zero_points[which]);
        if (dynamic) made[i] *= quantized->scales[which];
    }
    return made;
}

/// Sums become results: with bias and activation, in real numbers or by the multiplier of each channel (the last axis).
void give_sums(call& at, const reals& sums, const shape_type& shape, std::size_t bias) {
    const auto channels = static_cast<std::size_t>(shape.back());
    reals biases(channels, 0.0);
    if (at.has(bias)) {
        biases = all_reals(at.in(bias));
        at.expect(biases.size() == channels, std::to_string(channels) + " biases",
                  std::to_string(biases.size()));
    }
    if (is_real(at.in(0).type)) {
        const std::string name = activation_of(at);
        reals made(sums.size());
        for (std::size_t i = 0; i < made.size(); ++i)
            made[i] = activated(at, sums[i] + biases[i % channels], name);
        return at.give(at.in(0).type, shape, std::move(made));
    }
    const linear in = input_scale(at, 0);
    const linear out = output_scale(at);
    const range kept = range_of(at, out);
    const auto& weights = input_value(at, 1).quantized;
    at.expect(weights && (weights->scales.size() == 1 || weights->scales.size() == channels),
              "one scale of the weights, or one for each channel", "another number");
    std::vector<fixed_multiplier> multipliers;
    for (const double scale : weights->scales)
        multipliers.push_back(fixed_multiplier_of(in.scale * scale / out.scale));
    wholes made(sums.size());
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] = kept.cut(scaled(accumulator(at, sums[i] + biases[i % channels]),
                                  multipliers[i % channels % multipliers.size()]) +
                           out.zero);
    at.give(element_type::int8, shape, std::move(made));
}

/// Windows over rows and columns.
struct plane_windows {
    whole rows = 0, columns = 0, height = 0, width = 0, stride_h = 1, stride_w = 1, dilation_h = 1,
          dilation_w = 1, out_rows = 0, out_columns = 0, top = 0, left = 0;
};
plane_windows plane_windows_of(const call& at, const shape_type& x, whole height, whole width) {
    plane_windows made;
    at.expect(x.size() == 4, "an image {N, rows, columns, C}", shape_text(x));
    made.rows = x[1];
    made.columns = x[2];
    made.height = height;
    made.width = width;
    made.stride_h = at.integer("stride_h");
    made.stride_w = at.integer("stride_w");
    made.dilation_h = at.integer("dilation_h_factor", 1);
    made.dilation_w = at.integer("dilation_w_factor", 1);
    at.expect(height > 0 && width > 0 && made.stride_h > 0 && made.stride_w > 0 && made.dilation_h > 0 &&
                  made.dilation_w > 0,
              "a window with strides", std::to_string(height));
    at.count({height, width});
    const bool same = at.text("padding", "") == "SAME";
    const auto along = [&](whole size, whole kernel, whole stride, whole dilation, whole& out,
                           whole& before) {
        const whole reach = (kernel - 1) * dilation + 1;
        out = same ? (size + stride - 1) / stride : std::max<whole>(0, (size - reach + stride) / stride);
        before = same ? std::max<whole>(0, (out - 1) * stride + reach - size) / 2 : 0;
    };
    along(made.rows, height, made.stride_h, made.dilation_h, made.out_rows, made.top);
    along(made.columns, width, made.stride_w, made.dilation_w, made.out_columns, made.left);
    return made;
}
/// Calls `visit(row, column, tap)` for each cell of the image that a window meets.
template <class Visit>
void each_cell(const plane_windows& over, whole row, whole column, const Visit& visit) {
    for (whole i = 0; i < over.height; ++i) {
        const whole r = row * over.stride_h - over.top + i * over.dilation_h;
        if (r < 0 || r >= over.rows) continue;
        for (whole j = 0; j < over.width; ++j) {
            const whole c = column * over.stride_w - over.left + j * over.dilation_w;
            if (c >= 0 && c < over.columns) visit(r, c, i * over.width + j);
        }
    }
}

void conv_2d(call& at) {
    only_float_or_int8(at);
    const shape_type& x = at.in(0).shape;
    const shape_type& w = at.in(1).shape;
    at.expect(x.size() == 4 && w.size() == 4 && w[3] > 0 && x[3] > 0 && x[3] % w[3] == 0 &&
                  w[0] % (x[3] / w[3]) == 0,
              "an image and weights {filters, rows, columns, C / groups}",
              shape_text(x) + " and " + shape_text(w));
    const plane_windows over = plane_windows_of(at, x, w[1], w[2]);
    const shape_type to{x[0], over.out_rows, over.out_columns, w[0]};
    reals sums(at.count(to), 0.0);
    at.count_products(static_cast<whole>(sums.size()) * w[1] * w[2] * w[3]);
    const reals image = centered(at, 0);
    const reals weights = centered(at, 1);
    const whole per_group = w[0] / (x[3] / w[3]);
    double* sum = sums.data();
    if (!at.options().shapes_only)
        for (whole n = 0; n < x[0]; ++n)
            for (whole r = 0; r < over.out_rows; ++r)
                for (whole c = 0; c < over.out_columns; ++c, sum += w[0])
                    each_cell(over, r, c, [&](whole row, whole column, whole tap) {
                        const double* cell = image.data() + ((n * x[1] + row) * x[2] + column) * x[3];
                        for (whole m = 0; m < w[0]; ++m) {
                            const double* weight = weights.data() + (m * w[1] * w[2] + tap) * w[3];
                            const double* from = cell + m / per_group * w[3];
                            double part = 0;
                            for (whole k = 0; k < w[3]; ++k) part += weight[k] * from[k];
                            sum[m] += part;
                        }
                    });
    give_sums(at, sums, to, 2);
}

void depthwise_conv_2d(call& at) {
    only_float_or_int8(at);
    const shape_type& x = at.in(0).shape;
    const shape_type& w = at.in(1).shape;
    at.expect(x.size() == 4 && w.size() == 4 && w[0] == 1 && x[3] > 0 && w[3] % x[3] == 0,
              "an image and weights {1, rows, columns, C * multiplier}",
              shape_text(x) + " and " + shape_text(w));
    const plane_windows over = plane_windows_of(at, x, w[1], w[2]);
    const shape_type to{x[0], over.out_rows, over.out_columns, w[3]};
    reals sums(at.count(to), 0.0);
    at.count_products(static_cast<whole>(sums.size()) * w[1] * w[2]);
    const reals image = centered(at, 0);
    const reals weights = centered(at, 1);
    const whole multiplier = w[3] / x[3];
    double* sum = sums.data();
    if (!at.options().shapes_only)
        for (whole n = 0; n < x[0]; ++n)
            for (whole r = 0; r < over.out_rows; ++r)
                for (whole c = 0; c < over.out_columns; ++c, sum += w[3])
                    each_cell(over, r, c, [&](whole row, whole column, whole tap) {
                        const double* cell = image.data() + ((n * x[1] + row) * x[2] + column) * x[3];
                        for (whole m = 0; m < w[3]; ++m)
                            sum[m] +=
                                weights[static_cast<std::size_t>(tap * w[3] + m)] * cell[m / multiplier];
                    });
    give_sums(at, sums, to, 2);
}

void fully_connected(call& at) {
    only_float_or_int8(at);
    const shape_type& x = at.in(0).shape;
    const shape_type& w = at.in(1).shape;
    at.expect(at.integer("weights_format", 0) == 0, "weights_format 0",
              std::to_string(at.integer("weights_format", 0)));
    at.expect(w.size() == 2 && w[1] > 0 && static_cast<whole>(at.in(0).size()) % w[1] == 0,
              "weights {units, inputs}", shape_text(x) + " and " + shape_text(w));
    shape_type to{static_cast<whole>(at.in(0).size()) / w[1], w[0]};
    if (at.integer("keep_num_dims", 0) != 0) {
        at.expect(!x.empty() && x.back() == w[1], "inputs along the last axis", shape_text(x));
        to = x;
        to.back() = w[0];
    }
    reals sums(at.count(to), 0.0);
    at.count_products(static_cast<whole>(sums.size()) * w[1]);
    const reals image = centered(at, 0);
    const reals weights = centered(at, 1);
    if (!at.options().shapes_only)
        for (std::size_t i = 0; i < sums.size(); ++i) {
            const double* from = image.data() + static_cast<whole>(i) / w[0] * w[1];
            const double* weight = weights.data() + static_cast<whole>(i) % w[0] * w[1];
            for (whole k = 0; k < w[1]; ++k) sums[i] += from[k] * weight[k];
        }
    give_sums(at, sums, to, 2);
}

template <bool Maximum>
void pool_2d(call& at) {
    only_float_or_int8(at);
    const shape_type& x = at.in(0).shape;
    const plane_windows over =
        plane_windows_of(at, x, at.integer("filter_height"), at.integer("filter_width"));
    const shape_type to{x[0], over.out_rows, over.out_columns, x[3]};
    const reals from = all_reals(at.in(0));
    reals made(at.count(to));
    at.expect(static_cast<double>(made.size()) * static_cast<double>(over.height * over.width) <
                  static_cast<double>(at.options().most_products),
              "smaller windows", std::to_string(over.height));
    const bool integers = is_int8(at, 0);
    const range kept = integers ? range_of(at, output_scale(at)) : range{};
    const std::string name = activation_of(at);
    std::size_t next = 0;
    each_index(to, [&](const shape_type& index) {
        double sum = Maximum ? -HUGE_VAL : 0;
        whole count = 0;
        each_cell(over, index[1], index[2], [&](whole row, whole column, whole) {
            const double one =
                from[static_cast<std::size_t>(((index[0] * x[1] + row) * x[2] + column) * x[3] + index[3])];
            sum = Maximum ? std::max(sum, one) : sum + one;
            ++count;
        });
        at.expect(count > 0, "windows that meet the image", "one within the padding");
        if (!integers) {
            made[next++] = activated(at, Maximum ? sum : sum / static_cast<double>(count), name);
            return;
        }
        const auto total = static_cast<whole>(sum);  // to the nearest, halves away from zero
        made[next++] = static_cast<double>(kept.cut(Maximum     ? total
                                                    : total > 0 ? (total + count / 2) / count
                                                                : (total - count / 2) / count));
    });
    if (integers) return at.give(element_type::int8, to, wholes(made.begin(), made.end()));
    at.give(at.in(0).type, to, std::move(made));
}

template <class Combine>
void pairwise(call& at, const Combine& combine) {
    at.same_types(0, 1);
    at.expect(is_real(at.in(0).type), "float32", std::string(name_of(at.in(0).type)));
    const shape_type together = broadcast(at, at.in(0).shape, at.in(1).shape);
    const std::string name = activation_of(at);
    at.give(at.in(0).type, together,
            combined<double>(at, together, at.in(0).shape, at.real(0), at.in(1).shape, at.real(1),
                             [&](double a, double b) { return activated(at, combine(a, b), name); }));
}
/// Of 8 bits: both inputs at twice the larger scale, 20 bits up.
void add_integers(call& at, int sign) {
    at.same_types(0, 1);
    const linear a = input_scale(at, 0);
    const linear b = input_scale(at, 1);
    const linear out = output_scale(at);
    const range kept = range_of(at, out);
    const double twice = 2 * std::max(a.scale, b.scale);
    const fixed_multiplier first = fixed_multiplier_of(a.scale / twice);
    const fixed_multiplier second = fixed_multiplier_of(b.scale / twice);
    const fixed_multiplier last = fixed_multiplier_of(twice / (1048576.0 * out.scale));
    const shape_type together = broadcast(at, at.in(0).shape, at.in(1).shape);
    at.give(
        element_type::int8, together,
        combined<whole>(
            at, together, at.in(0).shape, at.whole(0), at.in(1).shape, at.whole(1), [&](whole x, whole y) {
                const std::int32_t left = scaled(static_cast<std::int32_t>((x - a.zero) * 1048576), first);
                const std::int32_t right = scaled(static_cast<std::int32_t>((y - b.zero) * 1048576), second);
                return kept.cut(scaled(left + sign * right, last) + out.zero);
            }));
}
void add(call& at) {
    if (is_int8(at, 0)) return add_integers(at, 1);
    pairwise(at, [](double a, double b) { return a + b; });
}
void subtract(call& at) {
    if (is_int8(at, 0)) return add_integers(at, -1);
    pairwise(at, [](double a, double b) { return a - b; });
}
void multiply(call& at) {
    if (!is_int8(at, 0)) return pairwise(at, [](double a, double b) { return a * b; });
    at.same_types(0, 1);
    const linear a = input_scale(at, 0);
    const linear b = input_scale(at, 1);
    const linear out = output_scale(at);
    const range kept = range_of(at, out);
    const fixed_multiplier by = fixed_multiplier_of(a.scale * b.scale / out.scale);
    const shape_type together = broadcast(at, at.in(0).shape, at.in(1).shape);
    at.give(
        element_type::int8, together,
        combined<whole>(
            at, together, at.in(0).shape, at.whole(0), at.in(1).shape, at.whole(1), [&](whole x, whole y) {
                return kept.cut(scaled(static_cast<std::int32_t>((x - a.zero) * (y - b.zero)), by) +
                                out.zero);
            }));
}
void divide(call& at) {
    pairwise(at, [](double a, double b) { return a / b; });
}

void softmax(call& at) {
    only_float_or_int8(at);
    const double beta = at.number("beta", 1);
    const shape_type& shape = at.in(0).shape;
    at.expect(!shape.empty(), "an axis", "none");
    const auto extent = static_cast<std::size_t>(shape.back());
    if (!is_int8(at, 0)) {
        reals made = at.real(0);
        for (double& one : made) one *= beta;
        softmax_rows(made, extent, 1, false);
        return at.give(at.in(0).type, shape, std::move(made));
    }
    const linear out = output_scale(at);
    at.expect(out.scale == 1.0 / 256 && out.zero == -128, "results of scale 1/256 and zero point -128",
              std::to_string(out.scale) + ", " + std::to_string(out.zero));
    // Differences from the largest with 5 bits before the point, their sum with 12.
    const fixed_multiplier by =
        fixed_multiplier_of(std::min(beta * input_scale(at, 0).scale * (1 << 26), 2147483647.0));
    at.expect(by.shift >= 0, "a scale of at least 2^-26", std::to_string(input_scale(at, 0).scale));
    const whole least = -static_cast<whole>(std::floor(31.0 * (1 << 26) / std::ldexp(1.0, by.shift)));
    wholes made(at.in(0).size());
    const wholes& from = at.whole(0);
    for (std::size_t start = 0; start < made.size(); start += extent) {
        whole most = -128;
        for (std::size_t k = 0; k < extent; ++k) most = std::max(most, from[start + k]);
        std::int32_t sum = 0;
        const auto exponential = [&](std::size_t k) {
            return exponential_of_negative(scaled(static_cast<std::int32_t>(from[start + k] - most), by), 5);
        };
        for (std::size_t k = 0; k < extent; ++k)
            if (from[start + k] - most >= least) sum += rounded_shift(exponential(k), 12);
        // The sum as a fraction in [1, 2) with a shift.
        int zeros = 0;
        while (zeros < 32 && (static_cast<std::uint32_t>(sum) << zeros & 0x80000000U) == 0) ++zeros;
        const auto fraction =
            static_cast<std::int32_t>((static_cast<std::uint32_t>(sum) << zeros) - 0x80000000U);
        const std::int32_t reciprocal = reciprocal_of_one_plus(fraction);
        const int bits = 12 - zeros;
        for (std::size_t k = 0; k < extent; ++k) {
            made[start + k] = -128;
            if (from[start + k] - most < least) continue;
            const std::int32_t result =
                rounded_shift(high_product(reciprocal, exponential(k)), bits + 31 - 8);
            made[start + k] = std::clamp<whole>(whole{result} - 128, -128, 127);
        }
    }
    at.give(element_type::int8, shape, std::move(made));
}

void quantize(call& at) {
    const graph::value& to = value_of(at, at.node().outputs[0]);
    const linear out = output_scale(at);
    wholes made;
    if (is_real(at.in(0).type)) {
        for (const double one : at.real(0))
            made.push_back(static_cast<whole>(
                std::clamp(std::round(one / out.scale) + static_cast<double>(out.zero),
                           static_cast<double>(least_of(to.type)), static_cast<double>(most_of(to.type)))));
    } else {
        const linear in = input_scale(at, 0);
        const fixed_multiplier by = fixed_multiplier_of(in.scale / out.scale);
        for (const whole one : at.whole(0))
            made.push_back(
                std::clamp<whole>(whole{scaled(static_cast<std::int32_t>(one - in.zero), by)} + out.zero,
                                  least_of(to.type), most_of(to.type)));
    }
    at.give(to.type, at.in(0).shape, std::move(made));
}
void dequantize(call& at) {
    reals made = all_reals(at.in(0));
    if (is_whole(at.in(0).type)) {
        const auto& by = input_value(at, 0).quantized;
        at.expect(by.has_value() && by->scales.size() == 1, "one scale", "none");
        for (double& one : made) one = (one - static_cast<double>(by->zero_points[0])) * by->scales[0];
    }
    at.give(element_type::float32, at.in(0).shape, std::move(made));
}

/// An operator of ONNX on the same shapes, with attributes and inputs that are given.
void as_onnx(call& at, std::string_view name, std::vector<datum> inputs,
             std::map<std::string, graph::attribute, std::less<>> attributes = {}) {
    graph::node node = at.node();
    node.domain.clear();
    node.operation = name;
    node.version = 17;
    node.attributes = std::move(attributes);
    call inner = at.as_node(node, std::move(inputs));
    find_operation(node)->evaluate(inner);
    for (datum& one : inner.results()) at.give(std::move(one));
}
/// The output has the input's integers: their scale must be the same too.
void same_scale(const call& at, std::size_t index = 0) {
    if (is_real(at.in(index).type) || !input_value(at, index).quantized) return;
    const linear in = input_scale(at, index);
    const linear out = output_scale(at);
    at.expect(in.scale == out.scale && in.zero == out.zero, "one scale for input and output",
              std::to_string(in.scale) + " and " + std::to_string(out.scale));
}

void reshape(call& at) {
    same_scale(at);
    shape_type to = at.has(1) ? shape_type(at.whole(1)) : at.integers("new_shape");
    const whole rank = static_cast<whole>(to.size());
    as_onnx(at, "Reshape", {at.in(0), array(element_type::int64, {rank}, wholes(to))},
            {{"allowzero", std::int64_t{1}}});
}
void map_real(call& at, double (*function)(double)) {
    reals made = at.real(0);
    for (double& one : made) one = function(one);
    at.give(at.in(0).type, at.in(0).shape, std::move(made));
}
template <double (*Function)(double)>
void real_function(call& at) {
    map_real(at, Function);
}
double relu(double x) { return x < 0 ? 0 : x; }
double relu6(double x) { return std::min(std::max(x, 0.0), 6.0); }
double relu_1(double x) { return std::min(std::max(x, -1.0), 1.0); }
double logistic_of(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double hard_swish(double x) { return x * relu6(x + 3) / 6; }
double square(double x) { return x * x; }
double inverse_root(double x) { return 1 / std::sqrt(x); }

void concatenation(call& at) {
    at.expect(activation_of(at) == "NONE", "no fused activation", activation_of(at));
    std::vector<const array*> parts;
    for (std::size_t k = 0; k < at.input_count(); ++k) {
        same_scale(at, k);
        parts.push_back(&at.in(k));
    }
    at.give(joined(at, parts, at.axis(at.integer("axis"), parts[0]->rank())));
}
void pad(call& at) {
    same_scale(at);
    const array& by = at.in(1);
    at.expect(by.rank() == 2 && by.shape[1] == 2, "pads {axes, 2}", shape_text(by.shape));
    wholes pads;
    for (std::size_t side = 0; side < 2; ++side)
        for (std::size_t axis = 0; axis < static_cast<std::size_t>(by.shape[0]); ++axis)
            pads.push_back(at.whole(1)[axis * 2 + side]);
    const whole count = static_cast<whole>(pads.size());
    std::vector<datum> inputs{at.in(0), array(element_type::int64, {count}, std::move(pads))};
    if (is_whole(at.in(0).type) && input_value(at, 0).quantized)
        inputs.emplace_back(array(at.in(0).type, {}, wholes{input_scale(at, 0).zero}));
    as_onnx(at, "Pad", std::move(inputs));
}
void transpose(call& at) {
    same_scale(at);
    as_onnx(at, "Transpose", {at.in(0)}, {{"perm", at.whole(1)}});
}
void mean(call& at) {
    const wholes& axes = at.whole(1);
    at.expect(is_real(at.in(0).type), "float32", std::string(name_of(at.in(0).type)));
    as_onnx(at, "ReduceMean", {at.in(0)}, {{"axes", axes}, {"keepdims", at.integer("keep_dims", 0)}});
}
void strided_slice(call& at) {
    same_scale(at);
    const array& from = at.in(0);
    at.expect(at.integer("ellipsis_mask", 0) == 0 && at.integer("new_axis_mask", 0) == 0 &&
                  at.integer("offset", 0) == 0,
              "no ellipsis, new axis or offset", "one");
    wholes starts = at.whole(1);
    wholes ends = at.whole(2);
    const wholes& steps = at.whole(3);
    at.expect(starts.size() == from.rank() && ends.size() == from.rank() && steps.size() == from.rank(),
              "a start, an end and a step for each axis", std::to_string(starts.size()));
    shape_type to = from.shape;
    std::vector<whole> first(from.rank());
    shape_type kept;
    for (std::size_t k = 0; k < from.rank(); ++k) {
        const auto marked = [&](std::string_view mask) { return (at.integer(mask, 0) >> k & 1) != 0; };
        at.expect(steps[k] > 0 && steps[k] < whole{1} << 31, "steps of 32 bits above 0",
                  std::to_string(steps[k]));
        const whole extent = from.shape[k];
        const auto bound = [&](whole place) {
            return std::clamp<whole>(place < 0 ? place + extent : place, 0, extent);
        };
        first[k] = marked("begin_mask") ? 0 : bound(starts[k]);
        whole end = marked("end_mask") ? extent : bound(ends[k]);
        if (marked("shrink_axis_mask")) end = first[k] + 1;
        at.expect(end <= extent, "an index within the axis", std::to_string(starts[k]));
        to[k] = std::max<whole>(0, (end - first[k] + steps[k] - 1) / steps[k]);
        if (!marked("shrink_axis_mask")) kept.push_back(to[k]);
    }
    at.give(sliced(from, first, steps, to).reshaped(kept));
}
void resize_bilinear(call& at) {
    const shape_type& x = at.in(0).shape;
    const wholes& size = at.whole(1);
    at.expect(x.size() == 4 && size.size() == 2 && is_real(at.in(0).type),
              "a float image {N, rows, columns, C} and two extents", shape_text(x));
    const bool half = at.integer("half_pixel_centers", 0) != 0;
    const bool corners = at.integer("align_corners", 0) != 0;
    as_onnx(
        at, "Resize",
        {at.in(0), datum{}, datum{}, array(element_type::int64, {4}, wholes{x[0], size[0], size[1], x[3]})},
        {{"mode", std::string("linear")},
         {"coordinate_transformation_mode", std::string(corners ? "align_corners"
                                                        : half  ? "half_pixel"
                                                                : "asymmetric")}});
}
void pointwise_max(call& at) {
    pairwise(at, [](double a, double b) { return std::max(a, b); });
}
void pointwise_min(call& at) {
    pairwise(at, [](double a, double b) { return std::min(a, b); });
}
void squared_difference(call& at) {
    pairwise(at, [](double a, double b) { return (a - b) * (a - b); });
}
void prelu(call& at) {
    pairwise(at, [](double x, double slope) { return x < 0 ? slope * x : x; });
}
void leaky_relu(call& at) {
    const double slope = at.number("alpha", 0);
    reals made = at.real(0);
    for (double& one : made) one = one < 0 ? slope * one : one;
    at.give(at.in(0).type, at.in(0).shape, std::move(made));
}

// Resources keep what they were assigned from run to run.
void call_once(call& at) {
    datum& done = at.variable("done once: " + at.node().name + at.body("body").name);
    if (done.kind != datum::kinds::absent) return;
    done = array(element_type::boolean, {}, wholes{1});
    (void)at.run(at.body("body"), {});
}
void var_handle(call& at) {
    at.give(array(element_type::text, {},
                  texts{"resource " + at.text("container", "") + "/" + at.text("shared_name", "")}));
}
void read_variable(call& at) {
    const datum& kept = at.variable(at.one_text(0));
    if (kept.kind != datum::kinds::absent) return at.give(kept);
    const graph::value& to = value_of(at, at.node().outputs[0]);
    shape_type shape;
    for (const graph::dimension& one : *to.shape) shape.push_back(std::max<whole>(one.extent, 1));
    const std::size_t count = at.count(shape);
    if (is_real(to.type)) return at.give(to.type, shape, reals(count, 0.0));
    at.give(to.type, shape, wholes(count, 0));
}
void assign_variable(call& at) { at.variable(at.one_text(0)) = at.given(1); }

/// Of real numbers; gates i, f, c, o with weights of their own; peepholes, a projection and normalization are refused.
void unidirectional_lstm(call& at) {
    const shape_type& x = at.in(0).shape;
    const bool time_major = at.integer("time_major", 0) != 0;
    at.expect(is_real(at.in(0).type) && x.size() == 3, "a float input {N, steps, features}",
              std::string(name_of(at.in(0).type)) + " " + shape_text(x));
    for (const std::size_t index : {9, 10, 11, 16, 17, 20, 21, 22, 23})
        at.expect(!at.has(index), "no peepholes, projection or normalization", at.name_of_input(index));
    at.expect(at.has(1) && at.integer("diagonal_recurrent_tensors", 0) == 0 && at.node().inputs.size() > 19,
              "weights of four gates and two states", at.name_of_input(1));
    const whole batch = time_major ? x[1] : x[0];
    const whole steps = time_major ? x[0] : x[1];
    const whole features = x[2];
    const whole units = at.in(2).rank() == 2 ? at.in(2).shape[0] : 0;
    for (std::size_t gate = 0; gate < 4; ++gate)
        at.expect(at.in(1 + gate).shape == shape_type{units, features} &&
                      at.in(5 + gate).shape == shape_type{units, units} &&
                      at.in(12 + gate).shape == shape_type{units},
                  "weights of " + std::to_string(units) + " units", shape_text(at.in(1 + gate).shape));
    const std::string name = activation_of(at);
    const double clip = at.number("cell_clip", 0);
    const auto state = [&](std::size_t index) -> datum& {
        return at.variable("tensor " + std::to_string(at.node().inputs[index]));
    };
    const std::size_t size = at.count({batch, units});
    const auto content = [&](std::size_t index) {
        return state(index).kind == datum::kinds::absent ? reals(size, 0.0) : state(index).tensor.as_reals();
    };
    reals h = content(18);
    reals c = content(19);
    at.expect(h.size() == size && c.size() == size, "states of the same shape as before",
              std::to_string(h.size()));
    const shape_type to = time_major ? shape_type{steps, batch, units} : shape_type{batch, steps, units};
    reals made(at.count(to), 0.0);
    at.count_products(4 * steps * batch * units * (features + units));
    const reals& input = at.real(0);
    reals next(static_cast<std::size_t>(units));
    for (whole n = 0; n < batch && !at.options().shapes_only; ++n)
        for (whole t = 0; t < steps; ++t) {
            const double* from = input.data() + (time_major ? t * batch + n : n * steps + t) * features;
            double* const before = h.data() + n * units;
            for (whole k = 0; k < units; ++k) {
                double sums[4];
                for (std::size_t gate = 0; gate < 4; ++gate) {
                    sums[gate] = at.real(12 + gate)[static_cast<std::size_t>(k)];
                    for (whole i = 0; i < features; ++i)
                        sums[gate] += at.real(1 + gate)[static_cast<std::size_t>(k * features + i)] * from[i];
                    for (whole i = 0; i < units; ++i)
                        sums[gate] += at.real(5 + gate)[static_cast<std::size_t>(k * units + i)] * before[i];
                }
                double& cell = c[static_cast<std::size_t>(n * units + k)];
                cell = logistic_of(sums[1]) * cell + logistic_of(sums[0]) * activated(at, sums[2], name);
                if (clip > 0) cell = std::clamp(cell, -clip, clip);
                next[static_cast<std::size_t>(k)] = logistic_of(sums[3]) * activated(at, cell, name);
            }
            std::copy(next.begin(), next.end(), before);
            std::copy(next.begin(), next.end(),
                      made.data() + (time_major ? t * batch + n : n * steps + t) * units);
        }
    state(18) = array(at.in(0).type, {batch, units}, std::move(h));
    state(19) = array(at.in(0).type, {batch, units}, std::move(c));
    at.give(at.in(0).type, to, std::move(made));
}

/// Of 8 bits: a logistic function in fixed point with 4 bits before the point.
void logistic(call& at) {
    if (!is_int8(at, 0)) return map_real(at, logistic_of);
    const linear in = input_scale(at, 0);
    const linear out = output_scale(at);
    at.expect(out.scale == 1.0 / 256 && out.zero == -128, "results of scale 1/256 and zero point -128",
              std::to_string(out.scale) + ", " + std::to_string(out.zero));
    const fixed_multiplier by = fixed_multiplier_of(in.scale * (1 << 27));
    at.expect(by.shift >= 0, "a scale of at least 2^-27", std::to_string(in.scale));
    const auto radius = static_cast<whole>(std::floor(15.0 * (1 << 27) / std::ldexp(1.0, by.shift)));
    wholes made;
    for (const whole one : at.whole(0)) {
        const whole x = one - in.zero;
        if (x <= -radius || x >= radius) {
            made.push_back(x < 0 ? -128 : 127);
            continue;
        }
        const std::int32_t fixed = scaled(static_cast<std::int32_t>(x), by);
        const std::int32_t positive =
            reciprocal_of_one_plus(exponential_of_negative(fixed > 0 ? -fixed : fixed, 4));
        const std::int32_t fraction = fixed == 0  ? 1 << 30
                                      : fixed > 0 ? positive
                                                  : std::numeric_limits<std::int32_t>::max() - positive;
        made.push_back(std::clamp<whole>(whole{rounded_shift(fraction, 23)} - 128, -128, 127));
    }
    at.give(element_type::int8, at.in(0).shape, std::move(made));
}

void shape(call& at) {
    const graph::value& to = value_of(at, at.node().outputs[0]);
    at.give(to.type == element_type::int64 ? element_type::int64 : element_type::int32,
            {static_cast<whole>(at.in(0).rank())}, wholes(at.in(0).shape));
}
void pack(call& at) {
    const std::size_t axis = at.axis(at.integer("axis", 0), at.in(0).rank() + 1);
    std::vector<array> parts;
    std::vector<const array*> pointers;
    for (std::size_t k = 0; k < at.input_count(); ++k) {
        same_scale(at, k);
        shape_type wide = at.in(k).shape;
        at.expect(wide.size() >= axis, "tensors of one rank", shape_text(wide));
        wide.insert(wide.begin() + static_cast<std::ptrdiff_t>(axis), 1);
        parts.push_back(at.in(k).reshaped(wide));
    }
    for (const array& one : parts) pointers.push_back(&one);
    at.give(joined(at, pointers, axis));
}
void expand_dims(call& at) {
    same_scale(at);
    as_onnx(at, "Unsqueeze", {at.in(0), array(element_type::int64, {1}, wholes{at.one_whole(1)})});
}
void squeeze(call& at) {
    same_scale(at);
    const std::vector<whole> axes = at.integers("squeeze_dims");
    if (axes.empty()) return as_onnx(at, "Squeeze", {at.in(0)});
    as_onnx(at, "Squeeze",
            {at.in(0), array(element_type::int64, {static_cast<whole>(axes.size())}, wholes(axes))});
}
void cast(call& at) {
    as_onnx(at, "Cast", {at.in(0)},
            {{"to", static_cast<std::int64_t>(value_of(at, at.node().outputs[0]).type)}});
}
void gather(call& at) {
    same_scale(at);
    at.expect(at.integer("batch_dims", 0) == 0, "batch_dims 0", std::to_string(at.integer("batch_dims", 0)));
    as_onnx(at, "Gather", {at.in(0), at.in(1)}, {{"axis", at.integer("axis", 0)}});
}

constexpr std::string_view fused = "fused_activation_function";
constexpr std::string_view windowed =
    "dilation_h_factor dilation_w_factor depth_multiplier fused_activation_function padding stride_h "
    "stride_w";

constexpr operation table[] = {
    {"tflite", "CONV_2D", conv_2d, 2, 3, 1, windowed},
    {"tflite", "DEPTHWISE_CONV_2D", depthwise_conv_2d, 2, 3, 1, windowed},
    {"tflite", "FULLY_CONNECTED", fully_connected, 2, 3, 1,
     "asymmetric_quantize_inputs fused_activation_function keep_num_dims weights_format"},
    {"tflite", "AVERAGE_POOL_2D", pool_2d<false>, 1, 1, 1,
     "filter_height filter_width fused_activation_function padding stride_h stride_w"},
    {"tflite", "MAX_POOL_2D", pool_2d<true>, 1, 1, 1,
     "filter_height filter_width fused_activation_function padding stride_h stride_w"},
    {"tflite", "ADD", add, 2, 2, 1, fused},
    {"tflite", "SUB", subtract, 2, 2, 1, fused},
    {"tflite", "MUL", multiply, 2, 2, 1, fused},
    {"tflite", "DIV", divide, 2, 2, 1, fused},
    {"tflite", "MAXIMUM", pointwise_max, 2, 2, 1, ""},
    {"tflite", "MINIMUM", pointwise_min, 2, 2, 1, ""},
    {"tflite", "SQUARED_DIFFERENCE", squared_difference, 2, 2, 1, ""},
    {"tflite", "PRELU", prelu, 2, 2, 1, ""},
    {"tflite", "SOFTMAX", softmax, 1, 1, 1, "beta"},
    {"tflite", "QUANTIZE", quantize, 1, 1, 1, ""},
    {"tflite", "DEQUANTIZE", dequantize, 1, 1, 1, ""},
    {"tflite", "RESHAPE", reshape, 1, 2, 1, "new_shape"},
    {"tflite", "CONCATENATION", concatenation, 1, any_number, 1, "axis fused_activation_function"},
    {"tflite", "PAD", pad, 2, 2, 1, ""},
    {"tflite", "TRANSPOSE", transpose, 2, 2, 1, ""},
    {"tflite", "MEAN", mean, 2, 2, 1, "keep_dims"},
    {"tflite", "STRIDED_SLICE", strided_slice, 4, 4, 1,
     "begin_mask ellipsis_mask end_mask new_axis_mask offset shrink_axis_mask"},
    {"tflite", "RESIZE_BILINEAR", resize_bilinear, 2, 2, 1,
     "align_corners half_pixel_centers new_height new_width"},
    {"tflite", "RELU", real_function<relu>, 1, 1, 1, ""},
    {"tflite", "RELU6", real_function<relu6>, 1, 1, 1, ""},
    {"tflite", "RELU_N1_TO_1", real_function<relu_1>, 1, 1, 1, ""},
    {"tflite", "LEAKY_RELU", leaky_relu, 1, 1, 1, "alpha"},
    {"tflite", "LOGISTIC", logistic, 1, 1, 1, ""},
    {"tflite", "CALL_ONCE", call_once, 0, 0, 0, "body"},
    {"tflite", "VAR_HANDLE", var_handle, 0, 0, 1, "container shared_name"},
    {"tflite", "READ_VARIABLE", read_variable, 1, 1, 1, ""},
    {"tflite", "ASSIGN_VARIABLE", assign_variable, 2, 2, 0, ""},
    {"tflite", "UNIDIRECTIONAL_SEQUENCE_LSTM", unidirectional_lstm, 20, 24, 1,
     "asymmetric_quantize_inputs cell_clip diagonal_recurrent_tensors fused_activation_function proj_clip "
     "time_major"},
    {"tflite", "SHAPE", shape, 1, 1, 1, "out_type"},
    {"tflite", "PACK", pack, 1, any_number, 1, "axis values_count"},
    {"tflite", "EXPAND_DIMS", expand_dims, 2, 2, 1, ""},
    {"tflite", "SQUEEZE", squeeze, 1, 1, 1, "squeeze_dims"},
    {"tflite", "CAST", cast, 1, 1, 1, ""},
    {"tflite", "GATHER", gather, 2, 2, 1, "axis batch_dims"},
    {"tflite", "TANH", real_function<std::tanh>, 1, 1, 1, ""},
    {"tflite", "HARD_SWISH", real_function<hard_swish>, 1, 1, 1, ""},
    {"tflite", "EXP", real_function<std::exp>, 1, 1, 1, ""},
    {"tflite", "LOG", real_function<std::log>, 1, 1, 1, ""},
    {"tflite", "SQRT", real_function<std::sqrt>, 1, 1, 1, ""},
    {"tflite", "RSQRT", real_function<inverse_root>, 1, 1, 1, ""},
    {"tflite", "SQUARE", real_function<square>, 1, 1, 1, ""},
};

}  // namespace

std::span<const operation> tflite_operations() { return table; }

}  // namespace archetype::evaluate
