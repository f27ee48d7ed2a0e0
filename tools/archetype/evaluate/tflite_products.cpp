// SPDX-License-Identifier: BSL-1.0
// TensorFlow Lite's convolutions, dense layers, poolings and LSTM: images are {N, rows, columns, C}; integers of 8 bits follow the
// reference kernels' arithmetic.
#include "indexing.hpp"
#include "tflite_call.hpp"

#include <cmath>
#include <limits>

namespace archetype::evaluate {

using namespace tflite;

namespace {

double single_product(double a, double b) {
    return static_cast<double>(static_cast<float>(a) * static_cast<float>(b));
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
    // The reference kernel of dense layers multiplies one scale of all weights in single precision.
    const bool is_single = at.node().operation == "FULLY_CONNECTED" && weights->scales.size() == 1;
    std::vector<fixed_multiplier> multipliers;
    for (const double scale : weights->scales)
        multipliers.push_back(fixed_multiplier_of(
            (is_single ? single_product(in.scale, scale) : in.scale * scale) / out.scale));
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
    same_scale(at);
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

/// 2^16 / (1 + e^-x) at 256 points that are 1 / 24 apart, each moved by half of what a line to the next misses in the middle.
const std::vector<std::uint32_t>& logistic_points() {
    static const std::vector<std::uint32_t> points = [] {
        std::vector<std::uint32_t> made;
        for (int k = 0; k < 255; ++k) {
            const double middle = (logistic_of(k / 24.0) + logistic_of((k + 1) / 24.0)) / 2;
            const double moved = logistic_of(k / 24.0) + (logistic_of((k + 0.5) / 24.0) - middle) / 2;
            made.push_back(static_cast<std::uint32_t>(std::lround(65536 * moved)));
        }
        made.push_back(65535);
        return made;
    }();
    return points;
}
/// On the lines between them, with `bits` bits more; `end` behind the last.
whole on_lines(whole x, int bits, whole end) {
    const auto at = static_cast<std::size_t>(x >> bits);
    if (at >= 255) return end;
    const auto low = static_cast<whole>(logistic_points()[at]);
    const auto high = static_cast<whole>(logistic_points()[at + 1]);
    return (low << bits) + (x & ((whole{1} << bits) - 1)) * (high - low);
}
/// Of numbers with 12 bits after the point, with 15 bits after it.
whole logistic_of_16_bits(whole x) {
    const whole found = on_lines(std::abs(3 * x), 9, whole{0x7fff} << 10);
    return (x >= 0 ? found + 512 : (whole{1} << 25) - found + 511) >> 10;
}
/// Of numbers with `bits` bits after the point.
whole tanh_of_16_bits(whole x, int bits) {
    whole scaled = bits <= 12 ? 3 * x * (whole{1} << (12 - bits)) : 3 * x;
    if (bits > 12) scaled = (scaled + (whole{1} << (bits - 13))) >> (bits - 12);
    const whole found = on_lines(std::abs(scaled), 8, whole{0xffff} << 8);
    return (scaled >= 0 ? found - (1 << 23) + 128 : (1 << 23) - found + 127) >> 8;
}
whole cut_to_16_bits(whole x) { return std::clamp<whole>(x, -32768, 32767); }

/// Integers of 8 bits with a long-term state of 16: TensorFlow Lite Micro's reference kernel.
class integer_lstm {
public:
    integer_lstm(call& at, whole features, whole units) : at_(at), features_(features), units_(units) {
        x_ = input_scale(at, 0);
        h_ = input_scale(at, 18);
        const linear out = output_scale(at);
        at.expect(out.scale == h_.scale && out.zero == h_.zero, "one scale for results and the state",
                  std::to_string(out.scale));
        const linear cell = input_scale(at, 19);
        int exponent = 0;
        at.expect(
            cell.zero == 0 && std::frexp(cell.scale, &exponent) == 0.5 && exponent <= 1 && exponent >= -14,
            "a long-term state of 16 bits whose scale is a power of two", std::to_string(cell.scale));
        cell_bits_ = 1 - exponent;
        const double clip = at.number("cell_clip", 0);
        limit_ = clip > 0 ? static_cast<whole>(std::min(clip / cell.scale, 32767.0)) : 32768;
        for (std::size_t gate = 0; gate < 4; ++gate) {
            rows_.push_back(of(1 + gate, x_.scale));
            rows_.push_back(of(5 + gate, h_.scale));
            biases_.push_back(all_reals(at.in(12 + gate)));
        }
        forget_ = fixed_multiplier_of(0x1p-15);
        added_ = fixed_multiplier_of(0x1p-30 / cell.scale);
        result_ = fixed_multiplier_of(0x1p-30 / h_.scale);
    }
    whole first_h() const { return h_.zero; }

    /// From `h` and `c` to those of the next step.
    void step(const whole* x, std::vector<whole>& h, std::vector<whole>& c) const {
        std::vector<whole> gates[4];
        for (std::size_t gate = 0; gate < 4; ++gate)
            for (whole unit = 0; unit < units_; ++unit) {
                const whole from_x = sum(rows_[2 * gate], x, x_.zero, unit, features_,
                                         biases_[gate][static_cast<std::size_t>(unit)]);
                const whole total =
                    cut_to_16_bits(from_x + sum(rows_[2 * gate + 1], h.data(), h_.zero, unit, units_, 0));
                gates[gate].push_back(gate == 2 ? tanh_of_16_bits(total, 12) : logistic_of_16_bits(total));
            }
        for (std::size_t unit = 0; unit < h.size(); ++unit) {
            const whole kept = times(gates[1][unit] * c[unit], forget_);
            const whole added = cut_to_16_bits(times(gates[0][unit] * gates[2][unit], added_));
            c[unit] = std::clamp(cut_to_16_bits(kept + added), -limit_, limit_);
            h[unit] = std::clamp<whole>(
                times(tanh_of_16_bits(c[unit], cell_bits_) * gates[3][unit], result_) + h_.zero, -128, 127);
        }
    }

private:
    struct row {
        reals weights;
        fixed_multiplier factor;
    };
    row of(std::size_t index, double unit) const {
        const linear own = input_scale(at_, index);
        at_.expect(own.zero == 0, "weights with the zero point 0", std::to_string(own.zero));
        return {all_reals(at_.in(index)), fixed_multiplier_of(single_product(unit, own.scale) / 0x1p-12)};
    }
    static whole times(whole x, const fixed_multiplier& by) {
        return scaled(static_cast<std::int32_t>(x), by);
    }
    whole sum(const row& from, const whole* numbers, whole zero, whole unit, whole count, double bias) const {
        double total = bias;
        for (whole i = 0; i < count; ++i)
            total += from.weights[static_cast<std::size_t>(unit * count + i)] *
                     static_cast<double>(numbers[i] - zero);
        return cut_to_16_bits(scaled(accumulator(at_, total), from.factor));
    }

    call& at_;
    whole features_, units_;
    linear x_, h_;
    int cell_bits_ = 0;
    whole limit_ = 32768;
    std::vector<row> rows_;
    std::vector<reals> biases_;
    fixed_multiplier forget_, added_, result_;
};

/// Gates i, f, c, o with weights of their own; peepholes, a projection and normalization are refused.
void unidirectional_lstm(call& at) {
    const shape_type& x = at.in(0).shape;
    const bool time_major = at.integer("time_major", 0) != 0;
    const bool integers = is_int8(at, 0);
    at.expect((integers || is_real(at.in(0).type)) && x.size() == 3,
              "an input of float32 or int8, {N, steps, features}",
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
    const shape_type to = time_major ? shape_type{steps, batch, units} : shape_type{batch, steps, units};
    if (integers) {
        at.expect(name == "TANH", "the activation TANH", name);
        const integer_lstm cell(at, features, units);
        const auto kept = [&](std::size_t index, whole otherwise) {
            return state(index).kind == datum::kinds::absent ? wholes(size, otherwise)
                                                             : state(index).tensor.as_wholes();
        };
        wholes h = kept(18, cell.first_h());
        wholes c = kept(19, 0);
        at.expect(h.size() == size && c.size() == size, "states of the same shape as before",
                  std::to_string(h.size()));
        wholes results(at.count(to), 0);
        at.count_products(4 * steps * batch * units * (features + units));
        const wholes& samples = at.in(0).as_wholes();
        for (whole n = 0; n < batch && !at.options().shapes_only; ++n) {
            wholes own_h(h.begin() + n * units, h.begin() + (n + 1) * units);
            wholes own_c(c.begin() + n * units, c.begin() + (n + 1) * units);
            for (whole t = 0; t < steps; ++t) {
                const whole place = time_major ? t * batch + n : n * steps + t;
                cell.step(samples.data() + place * features, own_h, own_c);
                std::copy(own_h.begin(), own_h.end(), results.begin() + place * units);
            }
            std::copy(own_h.begin(), own_h.end(), h.begin() + n * units);
            std::copy(own_c.begin(), own_c.end(), c.begin() + n * units);
        }
        state(18) = array(element_type::int8, {batch, units}, std::move(h));
        state(19) = array(element_type::int16, {batch, units}, std::move(c));
        return at.give(element_type::int8, to, std::move(results));
    }
    const auto content = [&](std::size_t index) {
        return state(index).kind == datum::kinds::absent ? reals(size, 0.0) : state(index).tensor.as_reals();
    };
    reals h = content(18);
    reals c = content(19);
    at.expect(h.size() == size && c.size() == size, "states of the same shape as before",
              std::to_string(h.size()));
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

/// The place of each cell is that which a convolution with this window would read it from.
void transposed_convolution(call& at) {
    const shape_type& x = at.in(2).shape;
    const shape_type& w = at.in(1).shape;
    const shape_type to(at.whole(0));
    at.expect(
        x.size() == 4 && w.size() == 4 && to.size() == 4 && w[3] == x[3] && to[0] == x[0] && to[3] == w[0],
        "an image, weights {filters, rows, columns, C} and the shape of the result",
        shape_text(x) + " and " + shape_text(w));
    graph::node node = at.node();
    node.inputs = {node.inputs[2], node.inputs[1]};
    std::vector<datum> inputs{at.in(2), at.in(1)};
    if (at.has(3)) {
        node.inputs.push_back(at.node().inputs[3]);
        inputs.emplace_back(at.in(3));
    }
    call inner = at.as_node(node, std::move(inputs));
    only_float_or_int8(inner);
    const plane_windows over = plane_windows_of(inner, to, w[1], w[2]);
    at.expect(over.out_rows == x[1] && over.out_columns == x[2],
              "an image that such windows of the result make", shape_text(x));
    reals sums(at.count(to), 0.0);
    at.count_products(static_cast<whole>(at.in(2).size()) * w[0] * w[1] * w[2]);
    const reals image = centered(inner, 0);
    const reals weights = centered(inner, 1);
    const double* from = image.data();
    if (!at.options().shapes_only)
        for (whole n = 0; n < x[0]; ++n)
            for (whole r = 0; r < x[1]; ++r)
                for (whole c = 0; c < x[2]; ++c, from += x[3])
                    each_cell(over, r, c, [&](whole row, whole column, whole tap) {
                        double* const sum = sums.data() + ((n * to[1] + row) * to[2] + column) * to[3];
                        for (whole f = 0; f < w[0]; ++f)
                            for (whole i = 0; i < w[3]; ++i)
                                sum[f] +=
                                    from[i] *
                                    weights[static_cast<std::size_t>((f * w[1] * w[2] + tap) * w[3] + i)];
                    });
    give_sums(inner, sums, to, 2);
    at.give(std::move(inner.results().at(0)));
}

constexpr std::string_view windowed =
    "dilation_h_factor dilation_w_factor depth_multiplier fused_activation_function padding stride_h "
    "stride_w";

constexpr operation table[] = {
    {"tflite", "CONV_2D", conv_2d, 2, 3, 1, windowed},
    {"tflite", "DEPTHWISE_CONV_2D", depthwise_conv_2d, 2, 3, 1, windowed},
    {"tflite", "TRANSPOSE_CONV", transposed_convolution, 3, 4, 1,
     "fused_activation_function padding stride_h stride_w"},
    {"tflite", "FULLY_CONNECTED", fully_connected, 2, 3, 1,
     "asymmetric_quantize_inputs fused_activation_function keep_num_dims weights_format"},
    {"tflite", "AVERAGE_POOL_2D", pool_2d<false>, 1, 1, 1,
     "filter_height filter_width fused_activation_function padding stride_h stride_w"},
    {"tflite", "MAX_POOL_2D", pool_2d<true>, 1, 1, 1,
     "filter_height filter_width fused_activation_function padding stride_h stride_w"},
    {"tflite", "UNIDIRECTIONAL_SEQUENCE_LSTM", unidirectional_lstm, 20, 24, 1,
     "asymmetric_quantize_inputs cell_clip diagonal_recurrent_tensors fused_activation_function "
     "intermediates "
     "proj_clip time_major"},
};

}  // namespace

std::span<const operation> tflite_products() { return table; }

}  // namespace archetype::evaluate
