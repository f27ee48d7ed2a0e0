// SPDX-License-Identifier: BSL-1.0
// TensorFlow Lite's other operators; integers of 8 bits follow the reference kernels' arithmetic.
#include "indexing.hpp"
#include "normalizing.hpp"
#include "tflite_call.hpp"

#include <cmath>
#include <functional>
#include <limits>

namespace archetype::evaluate {

using namespace tflite;

namespace {

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
/// Of 8 bits: both inputs at twice the larger scale, 20 bits up. The result of `join` has a factor.
template <class Join>
void join_integers(call& at, double factor, const Join& join) {
    at.same_types(0, 1);
    const linear a = input_scale(at, 0);
    const linear b = input_scale(at, 1);
    const linear out = output_scale(at);
    const range kept = range_of(at, out);
    const double twice = 2 * std::max(a.scale, b.scale);
    const fixed_multiplier first = fixed_multiplier_of(a.scale / twice);
    const fixed_multiplier second = fixed_multiplier_of(b.scale / twice);
    const fixed_multiplier last = fixed_multiplier_of(factor * twice / (1048576.0 * out.scale));
    const shape_type together = broadcast(at, at.in(0).shape, at.in(1).shape);
    at.give(
        element_type::int8, together,
        combined<whole>(
            at, together, at.in(0).shape, at.whole(0), at.in(1).shape, at.whole(1), [&](whole x, whole y) {
                const std::int32_t left = scaled(static_cast<std::int32_t>((x - a.zero) * 1048576), first);
                const std::int32_t right = scaled(static_cast<std::int32_t>((y - b.zero) * 1048576), second);
                return kept.cut(scaled(join(left, right), last) + out.zero);
            }));
}
void add(call& at) {
    if (is_int8(at, 0)) return join_integers(at, 1, std::plus<std::int32_t>());
    pairwise(at, [](double a, double b) { return a + b; });
}
void subtract(call& at) {
    if (is_int8(at, 0)) return join_integers(at, 1, std::minus<std::int32_t>());
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
        for (const double one : at.real(0))  // what is not a number becomes the zero point, as in tables
            made.push_back(static_cast<whole>(std::clamp(
                (std::isnan(one) ? 0 : std::round(one / out.scale)) + static_cast<double>(out.zero),
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
/// Of 8 bits: brought to the scale of the results, then cut; below zero with another factor.
void rectified(call& at, double least, double most, double slope = 1) {
    const linear in = input_scale(at, 0);
    const linear out = output_scale(at);
    const fixed_multiplier above = fixed_multiplier_of(in.scale / out.scale);
    const fixed_multiplier below = fixed_multiplier_of(in.scale * slope / out.scale);
    const auto integer = [&](double real) {
        return out.zero + static_cast<whole>(std::round(std::clamp(real / out.scale, -1e6, 1e6)));
    };
    const whole low = std::max<whole>(-128, integer(least));
    const whole high = std::min<whole>(127, integer(most));
    at.expect(low <= high, "bounds among the integers", std::to_string(low));
    wholes made;
    for (const whole one : at.whole(0)) {
        const auto x = static_cast<std::int32_t>(one - in.zero);
        made.push_back(std::clamp<whole>(whole{scaled(x, x < 0 ? below : above)} + out.zero, low, high));
    }
    at.give(element_type::int8, at.in(0).shape, std::move(made));
}
template <double (*Function)(double), int Least, int Most>
void rectifier(call& at) {
    if (!is_int8(at, 0)) return map_real(at, Function);
    rectified(at, Least, Most == 0 ? HUGE_VAL : Most);
}
/// Of 8 bits: a function that saturates, in fixed point with 4 bits before the point. `function` gives a result of such a number.
template <class Function>
void saturating(call& at, double scale, std::int32_t zero, const Function& function) {
    const linear in = input_scale(at, 0);
    const linear out = output_scale(at);
    at.expect(out.scale == scale && out.zero == zero,
              "results of scale 1/" + std::to_string(static_cast<int>(1 / scale)) + " and zero point " +
                  std::to_string(zero),
              std::to_string(out.scale) + ", " + std::to_string(out.zero));
    const fixed_multiplier by = fixed_multiplier_of(in.scale * (1 << 27));
    at.expect(by.shift >= 0, "a scale of at least 2^-27", std::to_string(in.scale));
    const auto radius = static_cast<whole>(std::floor(15.0 * (1 << 27) / std::ldexp(1.0, by.shift)));
    wholes made;
    for (const whole one : at.whole(0)) {
        const whole x = one - in.zero;
        if (x <= -radius || x >= radius)
            made.push_back(x < 0 ? -128 : 127);
        else
            made.push_back(std::clamp<whole>(function(scaled(static_cast<std::int32_t>(x), by)), -128, 127));
    }
    at.give(element_type::int8, at.in(0).shape, std::move(made));
}
void tangent(call& at) {
    if (!is_int8(at, 0)) return map_real(at, std::tanh);
    saturating(at, 1.0 / 128, 0, [](std::int32_t fixed) -> whole {
        // e^(-2|x|), of a number with 5 bits before the point.
        const std::int32_t fraction =
            fixed == 0 ? 0 : one_minus_over_one_plus(exponential_of_negative(fixed > 0 ? -fixed : fixed, 5));
        return rounded_shift(fixed < 0 ? -fraction : fraction, 24);
    });
}
template <double (*Function)(double)>
void real_function(call& at) {
    map_real(at, Function);
}
double relu(double x) { return x < 0 ? 0 : x; }
double relu6(double x) { return std::min(std::max(x, 0.0), 6.0); }
double relu_1(double x) { return std::min(std::max(x, -1.0), 1.0); }
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
/// Of 8 bits: the sum times one factor, which holds both scales and the number of elements.
void mean_of_integers(call& at, const wholes& axes) {
    const linear in = input_scale(at, 0);
    const linear out = output_scale(at);
    const shape_type& shape = at.in(0).shape;
    std::vector<bool> is_reduced(shape.size(), false);
    for (const whole axis : axes) is_reduced[at.axis(axis, shape.size())] = true;
    whole count = 1;
    shape_type inside;
    shape_type to;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        count *= is_reduced[axis] ? shape[axis] : 1;
        inside.push_back(is_reduced[axis] ? 1 : shape[axis]);
        if (!is_reduced[axis] || at.integer("keep_dims", 0) != 0) to.push_back(inside.back());
    }
    at.expect(count > 0, "elements to take the mean of", shape_text(shape));
    fixed_multiplier by = fixed_multiplier_of(in.scale / out.scale);
    int bits = 0;
    while (count >> (bits + 1) != 0) ++bits;
    bits = std::min({bits, 32, 31 + by.shift});
    by.multiplier = static_cast<std::int32_t>((std::int64_t{by.multiplier} << bits) / count);
    by.shift -= bits;
    wholes sums(at.count(inside), 0);
    const wholes& from = at.whole(0);
    std::size_t next = 0;
    each_index(shape, [&](const shape_type& index) {
        std::size_t place = 0;
        for (std::size_t axis = 0; axis < shape.size(); ++axis)
            place = place * static_cast<std::size_t>(inside[axis]) +
                    static_cast<std::size_t>(is_reduced[axis] ? 0 : index[axis]);
        sums[place] += from[next++];
    });
    for (whole& sum : sums)
        sum = std::clamp<whole>(
            whole{scaled(accumulator(at, static_cast<double>(sum - in.zero * count)), by)} + out.zero, -128,
            127);
    at.give(element_type::int8, to, std::move(sums));
}
void mean(call& at) {
    const wholes& axes = at.whole(1);
    only_float_or_int8(at);
    if (is_int8(at, 0)) return mean_of_integers(at, axes);
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
/// Of 8 bits TensorFlow Lite has them with one scale; the library brings both inputs to a common one, as in a sum.
constexpr auto larger = [](auto a, auto b) { return std::max(a, b); };
constexpr auto smaller = [](auto a, auto b) { return std::min(a, b); };
template <const auto& Choose>
void pointwise_choice(call& at) {
    if (!is_int8(at, 0)) return pairwise(at, Choose);
    if (at.node().domain == "tflite")
        for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) same_scale(at, k);
    join_integers(at, 1, Choose);
}
void average_of_two(call& at) {
    if (!is_int8(at, 0)) return pairwise(at, [](double a, double b) { return (a + b) / 2; });
    join_integers(at, 0.5, std::plus<std::int32_t>());
}
void squared_difference(call& at) {
    pairwise(at, [](double a, double b) { return (a - b) * (a - b); });
}
void prelu(call& at) {
    pairwise(at, [](double x, double slope) { return x < 0 ? slope * x : x; });
}
void leaky_relu(call& at) {
    const double slope = at.number("alpha", 0);
    if (is_int8(at, 0)) {
        at.expect(slope >= 0, "a slope of at least 0", std::to_string(slope));
        return rectified(at, -HUGE_VAL, HUGE_VAL, slope);
    }
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

void logistic(call& at) {
    if (!is_int8(at, 0)) return map_real(at, logistic_of);
    saturating(at, 1.0 / 256, -128, [](std::int32_t fixed) -> whole {
        const std::int32_t positive =
            reciprocal_of_one_plus(exponential_of_negative(fixed > 0 ? -fixed : fixed, 4));
        const std::int32_t fraction = fixed == 0  ? 1 << 30
                                      : fixed > 0 ? positive
                                                  : std::numeric_limits<std::int32_t>::max() - positive;
        return whole{rounded_shift(fraction, 23)} - 128;
    });
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

constexpr operation table[] = {
    {"tflite", "ADD", add, 2, 2, 1, fused},
    {"tflite", "SUB", subtract, 2, 2, 1, fused},
    {"tflite", "MUL", multiply, 2, 2, 1, fused},
    {"tflite", "DIV", divide, 2, 2, 1, fused},
    {"tflite", "MAXIMUM", pointwise_choice<larger>, 2, 2, 1, ""},
    {"tflite", "MINIMUM", pointwise_choice<smaller>, 2, 2, 1, ""},
    {"archetype", "MAXIMUM", pointwise_choice<larger>, 2, 2, 1, fused},
    {"archetype", "MINIMUM", pointwise_choice<smaller>, 2, 2, 1, fused},
    {"archetype", "AVERAGE", average_of_two, 2, 2, 1, fused},
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
    {"tflite", "RELU", rectifier<relu, 0, 0>, 1, 1, 1, ""},
    {"tflite", "RELU6", rectifier<relu6, 0, 6>, 1, 1, 1, ""},
    {"tflite", "RELU_N1_TO_1", rectifier<relu_1, -1, 1>, 1, 1, 1, ""},
    {"tflite", "LEAKY_RELU", leaky_relu, 1, 1, 1, "alpha"},
    {"tflite", "LOGISTIC", logistic, 1, 1, 1, ""},
    {"tflite", "CALL_ONCE", call_once, 0, 0, 0, "body"},
    {"tflite", "VAR_HANDLE", var_handle, 0, 0, 1, "container shared_name"},
    {"tflite", "READ_VARIABLE", read_variable, 1, 1, 1, ""},
    {"tflite", "ASSIGN_VARIABLE", assign_variable, 2, 2, 0, ""},
    {"tflite", "SHAPE", shape, 1, 1, 1, "out_type"},
    {"tflite", "PACK", pack, 1, any_number, 1, "axis values_count"},
    {"tflite", "EXPAND_DIMS", expand_dims, 2, 2, 1, ""},
    {"tflite", "SQUEEZE", squeeze, 1, 1, 1, "squeeze_dims"},
    {"tflite", "CAST", cast, 1, 1, 1, ""},
    {"tflite", "GATHER", gather, 2, 2, 1, "axis batch_dims"},
    {"tflite", "TANH", tangent, 1, 1, 1, ""},
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
