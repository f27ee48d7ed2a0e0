// SPDX-License-Identifier: BSL-1.0
// Convolutions.
#include "operators.hpp"
#include "row_products.hpp"
#include "windows.hpp"

#include <algorithm>
#include <cmath>

namespace archetype::evaluate {

namespace {
using whole = std::int64_t;
constexpr whole largest = whole{1} << 31;  // of strides, pads and the like
}  // namespace

shape_type for_each_axis(const call& at, std::string_view name, std::size_t count, whole otherwise,
                         whole least) {
    const shape_type made = at.integers(name, shape_type(count, otherwise));
    if (made.size() != count)
        at.fail(std::to_string(count) + " numbers as " + std::string(name), std::to_string(made.size()));
    for (const whole one : made)
        if (one < least || one > largest)
            at.fail(std::string(name) + " of at least " + std::to_string(least), std::to_string(one));
    return made;
}

windows windows_of(const call& at, shape_type image, shape_type kernel, bool ceil_mode) {
    const std::size_t axes = image.size();
    for (const whole one : kernel) at.expect(one >= 1, "a kernel", shape_text(kernel));
    at.count(kernel);
    windows made;
    made.strides = for_each_axis(at, "strides", axes, 1, 1);
    made.dilations = for_each_axis(at, "dilations", axes, 1, 1);
    const shape_type pads = for_each_axis(at, "pads", 2 * axes, 0, -largest);
    const std::string automatic = at.text("auto_pad", "NOTSET");
    at.expect(automatic == "NOTSET" || automatic == "SAME_UPPER" || automatic == "SAME_LOWER" ||
                  automatic == "VALID" || automatic.empty(),
              "auto_pad NOTSET, SAME_UPPER, SAME_LOWER or VALID", "\"" + automatic + "\"");
    made.before.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(axes));
    made.after.assign(pads.begin() + static_cast<std::ptrdiff_t>(axes), pads.end());
    made.image = std::move(image);
    made.kernel = std::move(kernel);
    made.results.resize(axes);
    for (std::size_t axis = 0; axis < axes; ++axis) {
        at.expect(made.kernel[axis] >= 1 && made.kernel[axis] < largest, "a kernel", shape_text(made.kernel));
        const whole size = made.image[axis];
        const whole stride = made.strides[axis];
        if (automatic.starts_with("SAME")) {
            made.results[axis] = (size + stride - 1) / stride;
            const whole total =
                std::max<whole>(0, (made.results[axis] - 1) * stride + made.reach(axis) - size);
            made.before[axis] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
            made.after[axis] = total - made.before[axis];
            continue;
        }
        if (automatic == "VALID") made.before[axis] = made.after[axis] = 0;
        const whole room = size + made.before[axis] + made.after[axis] - made.reach(axis);
        at.expect(room >= 0 || size == 0,
                  "an image that holds the window of " + std::to_string(made.reach(axis)) +
                      " along spatial axis " + std::to_string(axis),
                  std::to_string(size) + " and pads " + std::to_string(made.before[axis]) + ", " +
                      std::to_string(made.after[axis]));
        whole count = room < 0 ? 0 : room / stride + 1;
        // A window that begins in the padding behind the image is none.
        if (ceil_mode && room % stride != 0 && count * stride < size + made.before[axis]) ++count;
        made.results[axis] = count;
    }
    return made;
}

namespace {

/// The results along the last axis whose cell `tap` lies within the image: from first to before last.
std::pair<whole, whole> within(const windows& over, std::size_t axis, whole tap) {
    const whole stride = over.strides[axis];
    const whole shift = tap * over.dilations[axis] - over.before[axis];
    const whole first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    const whole end = over.image[axis] - shift;
    const whole last = end <= 0 ? 0 : std::min(over.results[axis], (end + stride - 1) / stride);
    return {first, std::max(first, last)};
}

/// Results along the last axis that one tap of a window reaches: result k from first to before last reads start + k * stride.
struct reached_row {
    whole result, start, first, last;
};
std::vector<reached_row> rows_of_tap(const windows& over, const shape_type& tap) {
    std::vector<reached_row> made;
    const std::size_t axes = over.axes();
    const shape_type image_strides = strides_of(over.image);
    const shape_type result_strides = strides_of(over.results);
    const shape_type outer(over.results.begin(), over.results.end() - 1);
    const auto [first, last] = within(over, axes - 1, tap[axes - 1]);
    if (first == last) return made;
    each_index(outer, [&, first = first, last = last](const shape_type& index) {
        whole image = tap[axes - 1] * over.dilations[axes - 1] - over.before[axes - 1];
        whole result = 0;
        for (std::size_t axis = 0; axis + 1 < axes; ++axis) {
            const whole place =
                index[axis] * over.strides[axis] + tap[axis] * over.dilations[axis] - over.before[axis];
            if (place < 0 || place >= over.image[axis]) return;
            image += place * image_strides[axis];
            result += index[axis] * result_strides[axis];
        }
        made.push_back({result, image, first, last});
    });
    return made;
}

/// Each filter sees one channel.
template <class Weights>
void sum_apart(const double* x, const shape_type& x_shape, const Weights& w, const shape_type& w_shape,
               const windows& over, const std::vector<std::vector<reached_row>>& rows, whole per_group,
               reals& made) {
    const whole channels = x_shape[1];
    const whole filters = w_shape[0];
    const whole image = product_of(x_shape, 2, x_shape.size());
    const whole results = product_of(over.results, 0, over.axes());
    const whole stride = over.strides.back();
    for (whole n = 0; n < x_shape[0]; ++n)
        for (whole m = 0; m < filters; ++m) {
            double* const to = made.data() + (n * filters + m) * results;
            for (whole c = 0; c < w_shape[1]; ++c) {
                const double* const from = x + (n * channels + m / per_group * w_shape[1] + c) * image;
                auto weight = static_cast<std::size_t>(m * w_shape[1] + c) * rows.size();
                for (const std::vector<reached_row>& of_tap : rows) {
                    const double factor = w[weight++];
                    for (const reached_row& row : of_tap)
                        for (whole k = row.first; k < row.last; ++k)
                            to[row.result + k] += factor * from[row.start + k * stride];
                }
            }
        }
}

/// Results that are computed together: what they read takes half a megabyte, or is one block of columns.
whole results_together(whole inner, whole results) {
    constexpr auto block = static_cast<whole>(cells_at_once);
    const whole most = std::max<whole>(1, (whole{1} << 16) / std::max<whole>(1, inner) / block) * block;
    return std::min(most, (results + block - 1) / block * block);
}

/// What the results from `first` on read: blocks of `cells_at_once` results, in each of them one tap after another; zeros are
/// outside of the image.
void lay_out(const double* x, whole channels, whole image, const std::vector<std::vector<reached_row>>& rows,
             whole stride, whole results, whole first, whole count, reals& cells) {
    constexpr auto block = static_cast<whole>(cells_at_once);
    const whole inner = channels * static_cast<whole>(rows.size());
    const bool is_full = std::all_of(rows.begin(), rows.end(), [&](const std::vector<reached_row>& of_tap) {
        whole reached = 0;
        for (const reached_row& row : of_tap) reached += row.last - row.first;
        return reached == results;
    });
    if (!is_full) std::fill(cells.begin(), cells.end(), 0.0);
    whole line = 0;
    for (whole c = 0; c < channels; ++c, x += image)
        for (const std::vector<reached_row>& of_tap : rows) {
            double* const to = cells.data() + line++ * block;
            for (const reached_row& row : of_tap) {
                const whole begin = std::max(row.first, first - row.result);
                const whole end = std::min(row.last, first + count - row.result);
                for (whole k = begin; k < end; ++k) {
                    const whole place = row.result + k - first;
                    to[place / block * inner * block + place % block] = x[row.start + k * stride];
                }
            }
        }
}

template <class Weights>
void sum_together(const double* x, const shape_type& x_shape, const Weights& w, const shape_type& w_shape,
                  const windows& over, const std::vector<std::vector<reached_row>>& rows, whole per_group,
                  reals& made) {
    constexpr auto at_once = static_cast<whole>(filters_at_once);
    constexpr auto block = static_cast<whole>(cells_at_once);
    const whole image = product_of(x_shape, 2, x_shape.size());
    const whole results = product_of(over.results, 0, over.axes());
    const whole inner = w_shape[1] * static_cast<whole>(rows.size());
    const whole count = results_together(inner, results);
    reals cells(static_cast<std::size_t>(inner * count));
    reals factors(static_cast<std::size_t>(inner * at_once));
    for (whole n = 0; n < x_shape[0]; ++n)
        for (whole group = 0; group < w_shape[0] / per_group; ++group)
            for (whole first = 0; first < results; first += count) {
                lay_out(x + (n * x_shape[1] + group * w_shape[1]) * image, w_shape[1], image, rows,
                        over.strides.back(), results, first, count, cells);
                for (whole m = 0; m < per_group; m += at_once) {
                    const whole filter = group * per_group + m;
                    const whole those = std::min(at_once, per_group - m);
                    for (whole f = 0; f < those; ++f)
                        for (whole i = 0; i < inner; ++i)
                            factors[static_cast<std::size_t>(i * at_once + f)] =
                                w[static_cast<std::size_t>((filter + f) * inner + i)];
                    for (whole k = 0; k < std::min(count, results - first); k += block) {
                        double sums[filters_at_once][cells_at_once];
                        row_products(cells.data() + k * inner, factors.data(),
                                     static_cast<std::size_t>(inner), sums);
                        for (whole f = 0; f < those; ++f)
                            std::copy_n(sums[f], std::min(block, results - first - k),
                                        made.data() + (n * w_shape[0] + filter + f) * results + first + k);
                    }
                }
            }
}

template <class Weights>
reals convolution_sum(call& at, const double* x, const shape_type& x_shape, const Weights& w,
                      const shape_type& w_shape, const windows& over, whole groups) {
    reals made(at.count(result_shape(x_shape[0], w_shape[0], over)), 0.0);
    const whole taps = product_of(w_shape, 2, w_shape.size());
    at.count_products(static_cast<whole>(made.size()) * w_shape[1] * taps);
    if (at.options().shapes_only || made.empty()) return made;
    const whole per_group = w_shape[0] / groups;
    std::vector<std::vector<reached_row>> rows;
    each_index(over.kernel, [&](const shape_type& tap) { rows.push_back(rows_of_tap(over, tap)); });
    if (per_group > 1)
        sum_together(x, x_shape, w, w_shape, over, rows, per_group, made);
    else
        sum_apart(x, x_shape, w, w_shape, over, rows, per_group, made);
    return made;
}

}  // namespace

reals convolved(call& at, const reals& x, const shape_type& x_shape, const reals& w,
                const shape_type& w_shape, const windows& over, whole groups) {
    return convolution_sum(at, x.data(), x_shape, w.data(), w_shape, over, groups);
}
reals convolved(call& at, const array& x, const array& w, const windows& over, whole groups) {
    const double* const numbers = x.as_reals().data();
    return with_numbers(w, [&](const auto& weights) {
        return convolution_sum(at, numbers, x.shape, weights, w.shape, over, groups);
    });
}

convolution convolution_of(const call& at, const shape_type& x, const shape_type& w) {
    convolution made;
    made.groups = at.integer("group", 1);
    if (x.size() < 3 || w.size() != x.size() || made.groups < 1 || w[0] < 1 || w[1] < 0 ||
        w[0] % made.groups != 0 || x[1] % made.groups != 0 || w[1] != x[1] / made.groups)
        at.fail(
            "an input {N, C, ...} and weights {M, C / group, ...} with group " + std::to_string(made.groups),
            shape_text(x) + " and " + shape_text(w));
    const shape_type kernel(w.begin() + 2, w.end());
    at.expect(at.integers("kernel_shape", kernel) == kernel, "kernel_shape " + shape_text(kernel),
              shape_text(at.integers("kernel_shape")));
    made.over = windows_of(at, shape_type(x.begin() + 2, x.end()), kernel);
    made.result = result_shape(x[0], w[0], made.over);
    return made;
}

namespace {

void add_bias(const call& at, std::size_t index, reals& to, const shape_type& shape) {
    if (!at.has(index)) return;
    const reals bias = all_reals(at.in(index));
    at.expect(static_cast<whole>(bias.size()) == shape[1], std::to_string(shape[1]) + " biases",
              std::to_string(bias.size()));
    const whole cells = product_of(shape, 2, shape.size());
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] += bias[i / static_cast<std::size_t>(cells) % bias.size()];
}

void activate(const call& at, reals& to) {
    const std::string name = at.text("activation", "");
    const std::vector<double> with = at.numbers("activation_params");
    const auto parameter = [&](std::size_t index, double otherwise) {
        return index < with.size() ? with[index] : otherwise;
    };
    for (double& x : to) {
        if (name.empty()) return;
        if (name == "Relu")
            x = x < 0 ? 0 : x;
        else if (name == "Sigmoid")
            x = 1 / (1 + std::exp(-x));
        else if (name == "Tanh")
            x = std::tanh(x);
        else if (name == "LeakyRelu")
            x = x < 0 ? x * parameter(0, 0.01) : x;
        else if (name == "Clip")
            x = std::min(std::max(x, parameter(0, -HUGE_VAL)), parameter(1, HUGE_VAL));
        else if (name == "HardSigmoid")
            x = std::min(std::max(parameter(0, 0.2) * x + parameter(1, 0.5), 0.0), 1.0);
        else
            at.fail("activation Relu, Sigmoid, Tanh, LeakyRelu, Clip or HardSigmoid", "\"" + name + "\"");
    }
}

void conv(call& at) {
    at.same_types(0, 1);
    const array& x = at.in(0);
    const array& w = at.in(1);
    const convolution how = convolution_of(at, x.shape, w.shape);
    reals made = convolved(at, x, w, how.over, how.groups);
    add_bias(at, 2, made, how.result);
    activate(at, made);
    at.give(x.type, how.result, std::move(made));
}

/// Real numbers of integers without their zero point, which may be one for each of the first axis.
reals centered(const call& at, std::size_t index, std::size_t zero) {
    reals made = all_reals(at.in(index));
    if (!at.has(zero)) return made;
    const reals zeros = all_reals(at.in(zero));
    at.same_types(index, zero);
    at.expect(zeros.size() == 1 || static_cast<whole>(zeros.size()) == at.in(index).shape[0],
              "one zero point or one for each filter", std::to_string(zeros.size()));
    if (made.empty()) return made;
    const std::size_t block = made.size() / zeros.size();
    for (std::size_t i = 0; i < made.size(); ++i) made[i] -= zeros[i / block];
    return made;
}

void conv_integer(call& at) {
    at.whole(0);
    at.whole(1);
    const convolution how = convolution_of(at, at.in(0).shape, at.in(1).shape);
    if (at.has(2)) at.one_whole(2);
    const reals made = convolved(at, centered(at, 0, 2), at.in(0).shape, centered(at, 1, 3), at.in(1).shape,
                                 how.over, how.groups);
    at.give(element_type::int32, how.result, wholes(made.begin(), made.end()));
}

void conv_transpose(call& at) {
    at.same_types(0, 1);
    const shape_type& x = at.in(0).shape;
    const shape_type& w = at.in(1).shape;
    const whole groups = at.integer("group", 1);
    at.expect(x.size() >= 3 && w.size() == x.size() && groups >= 1 && w[0] == x[1] && w[0] % groups == 0 &&
                  w[0] > 0,
              "an input {N, C, ...} and weights {C, M / group, ...}",
              shape_text(x) + " and " + shape_text(w));
    const std::size_t axes = x.size() - 2;
    const shape_type kernel(w.begin() + 2, w.end());
    at.expect(at.integers("kernel_shape", kernel) == kernel, "kernel_shape " + shape_text(kernel),
              shape_text(at.integers("kernel_shape")));
    const shape_type strides = for_each_axis(at, "strides", axes, 1, 1);
    const shape_type dilations = for_each_axis(at, "dilations", axes, 1, 1);
    const shape_type more = for_each_axis(at, "output_padding", axes, 0, 0);
    const shape_type pads = for_each_axis(at, "pads", 2 * axes, 0, -largest);
    shape_type wanted = at.integers("output_shape");
    if (wanted.size() > axes) wanted.erase(wanted.begin(), wanted.end() - static_cast<std::ptrdiff_t>(axes));
    at.expect(wanted.empty() || wanted.size() == axes, "an extent for each axis as output_shape",
              std::to_string(wanted.size()));
    const std::string automatic = at.text("auto_pad", "NOTSET");
    at.expect(automatic == "NOTSET" || automatic == "SAME_UPPER" || automatic == "SAME_LOWER" ||
                  automatic == "VALID" || automatic.empty(),
              "auto_pad NOTSET, SAME_UPPER, SAME_LOWER or VALID", "\"" + automatic + "\"");
    // The windows of the convolution that this is the transpose of: from the result back to the input.
    windows over;
    over.image.resize(axes);
    over.kernel = kernel;
    over.strides = strides;
    over.dilations = dilations;
    over.before.resize(axes);
    over.after.resize(axes);
    over.results.assign(x.begin() + 2, x.end());
    for (std::size_t axis = 0; axis < axes; ++axis) {
        at.expect(kernel[axis] >= 1, "a kernel", shape_text(kernel));
        const whole full = strides[axis] * (over.results[axis] - 1) + more[axis] + over.reach(axis);
        if (!wanted.empty() || automatic.starts_with("SAME")) {
            const whole target = wanted.empty() ? over.results[axis] * strides[axis] : wanted[axis];
            at.expect(target >= 0 && target < largest, "an extent", std::to_string(target));
            const whole total = std::max<whole>(0, full - target);
            over.before[axis] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
            if (!wanted.empty() && automatic != "SAME_LOWER" && automatic != "SAME_UPPER")
                over.before[axis] = total - total / 2;
            over.image[axis] = target;
        } else {
            const bool valid = automatic == "VALID";
            over.before[axis] = valid ? 0 : pads[axis];
            over.image[axis] = full - (valid ? 0 : pads[axis] + pads[axes + axis]);
        }
        at.expect(over.image[axis] >= 0, "pads that leave something", std::to_string(over.image[axis]));
    }
    shape_type result{x[0], w[1] * groups};
    result.insert(result.end(), over.image.begin(), over.image.end());
    reals made(at.count(result), 0.0);
    const whole image = product_of(over.image, 0, axes);
    const whole cells = product_of(x, 2, x.size());
    const whole taps = product_of(w, 2, w.size());
    at.count_products(static_cast<whole>(at.in(0).size()) * w[1] * taps);
    const reals& from = at.real(0);
    const reals& weights = at.real(1);
    const whole per_group = w[0] / groups;
    const whole stride = strides.back();
    std::vector<std::vector<reached_row>> rows;
    each_index(kernel, [&](const shape_type& tap) { rows.push_back(rows_of_tap(over, tap)); });
    if (!at.options().shapes_only && !made.empty())
        for (whole n = 0; n < x[0]; ++n)
            for (whole c = 0; c < w[0]; ++c)
                for (whole m = 0; m < w[1]; ++m) {
                    double* const to = made.data() + (n * result[1] + c / per_group * w[1] + m) * image;
                    const double* const source = from.data() + (n * x[1] + c) * cells;
                    const double* weight = weights.data() + (c * w[1] + m) * taps;
                    for (const std::vector<reached_row>& of_tap : rows) {
                        const double factor = *weight++;
                        for (const reached_row& row : of_tap)
                            for (whole k = row.first; k < row.last; ++k)
                                to[row.start + k * stride] += factor * source[row.result + k];
                    }
                }
    add_bias(at, 2, made, result);
    at.give(at.in(0).type, result, std::move(made));
}

/// Offsets move each tap; values between cells are bilinear.
void deform_conv(call& at) {
    const shape_type& x = at.in(0).shape;
    const shape_type& w = at.in(1).shape;
    at.expect(x.size() == 4, "two spatial axes", shape_text(x));
    const convolution how = convolution_of(at, x, w);
    const whole offset_groups = at.integer("offset_group", 1);
    const whole taps = w[2] * w[3];
    const shape_type& o = at.in(2).shape;
    const whole rows = how.over.results[0];
    const whole columns = how.over.results[1];
    at.expect(offset_groups >= 1 && x[1] % offset_groups == 0 &&
                  o == shape_type{x[0], offset_groups * taps * 2, rows, columns},
              "offsets {N, 2 * offset_group * taps, rows, columns}", shape_text(o));
    if (at.has(4))
        at.expect(at.in(4).shape == shape_type{x[0], offset_groups * taps, rows, columns},
                  "a mask like the offsets", shape_text(at.in(4).shape));
    const reals& image = at.real(0);
    const reals& weights = at.real(1);
    const reals& offsets = at.real(2);
    reals made(at.count(how.result), 0.0);
    at.count_products(static_cast<whole>(made.size()) * w[1] * taps);
    const whole per_group = w[0] / how.groups;
    const auto cell = [&](const double* plane, whole r, whole c) {
        return r < 0 || c < 0 || r >= x[2] || c >= x[3] ? 0.0 : plane[r * x[3] + c];
    };
    std::size_t next = 0;
    if (!at.options().shapes_only)
        each_index(how.result, [&](const shape_type& index) {
            double sum = 0;
            for (whole c = 0; c < w[1]; ++c) {
                const whole channel = index[1] / per_group * w[1] + c;
                const whole group = channel / (x[1] / offset_groups);
                const double* plane = image.data() + (index[0] * x[1] + channel) * x[2] * x[3];
                for (whole t = 0; t < taps; ++t) {
                    const auto place = [&](whole which, whole count) {
                        return static_cast<std::size_t>(
                            ((index[0] * offset_groups * count + which) * rows + index[2]) * columns +
                            index[3]);
                    };
                    const double r =
                        static_cast<double>(index[2] * how.over.strides[0] +
                                            t / w[3] * how.over.dilations[0] - how.over.before[0]) +
                        offsets[place((group * taps + t) * 2, 2 * taps)];
                    const double k =
                        static_cast<double>(index[3] * how.over.strides[1] +
                                            t % w[3] * how.over.dilations[1] - how.over.before[1]) +
                        offsets[place((group * taps + t) * 2 + 1, 2 * taps)];
                    if (!(r > -2 && k > -2 && r < 0x1p40 && k < 0x1p40)) continue;
                    const auto top = static_cast<whole>(std::floor(r));
                    const auto left = static_cast<whole>(std::floor(k));
                    const double y = r - static_cast<double>(top);
                    const double z = k - static_cast<double>(left);
                    double value =
                        (1 - y) * ((1 - z) * cell(plane, top, left) + z * cell(plane, top, left + 1)) +
                        y * ((1 - z) * cell(plane, top + 1, left) + z * cell(plane, top + 1, left + 1));
                    if (at.has(4)) value *= at.real(4)[place(group * taps + t, taps)];
                    sum += value * weights[static_cast<std::size_t>((index[1] * w[1] + c) * taps + t)];
                }
            }
            made[next++] = sum;
        });
    add_bias(at, 3, made, how.result);
    at.give(at.in(0).type, how.result, std::move(made));
}

void columns_to_image(call& at) {
    const shape_type& image = at.in(1).rank() == 1 ? at.whole(1) : shape_type{};
    const shape_type& block = at.whole(2);
    const shape_type& from = at.in(0).shape;
    at.expect(image.size() == block.size() && !image.empty() && from.size() == 3,
              "an image and a block of the same axes", shape_text(from));
    at.count(image);
    const windows over = windows_of(at, image, block);
    const whole taps = product_of(block, 0, block.size());
    const whole results = product_of(over.results, 0, over.axes());
    at.expect(from[1] % taps == 0 && from[2] == results,
              "columns {N, C * " + std::to_string(taps) + ", " + std::to_string(results) + "}",
              shape_text(from));
    shape_type to{from[0], from[1] / taps};
    to.insert(to.end(), image.begin(), image.end());
    reals made(at.count(to), 0.0);
    const whole cells = product_of(image, 0, image.size());
    const double* source = at.real(0).data();
    std::vector<std::vector<reached_row>> rows;
    each_index(block, [&](const shape_type& tap) { rows.push_back(rows_of_tap(over, tap)); });
    for (whole plane = 0; plane < from[0] * to[1]; ++plane)
        for (const std::vector<reached_row>& of_tap : rows) {
            for (const reached_row& row : of_tap)
                for (whole k = row.first; k < row.last; ++k)
                    made[static_cast<std::size_t>(plane * cells + row.start + k * over.strides.back())] +=
                        source[row.result + k];
            source += results;
        }
    at.give(at.in(0).type, to, std::move(made));
}

constexpr operation table[] = {
    {"", "Conv", conv, 2, 3, 1, "auto_pad dilations group kernel_shape pads strides"},
    {"", "ConvTranspose", conv_transpose, 2, 3, 1,
     "auto_pad dilations group kernel_shape output_padding output_shape pads strides"},
    {"", "ConvInteger", conv_integer, 2, 4, 1, "auto_pad dilations group kernel_shape pads strides", 10},
    {"", "DeformConv", deform_conv, 3, 5, 1, "dilations group kernel_shape offset_group pads strides", 19},
    {"", "Col2Im", columns_to_image, 3, 3, 1, "dilations pads strides", 18},
    {"com.microsoft", "FusedConv", conv, 2, 3, 1,
     "auto_pad dilations group kernel_shape pads strides activation activation_params"},
};

}  // namespace

std::span<const operation> convolving_operations() { return table; }

}  // namespace archetype::evaluate
