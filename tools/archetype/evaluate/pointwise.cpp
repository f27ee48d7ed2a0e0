// SPDX-License-Identifier: BSL-1.0
// One result of one element.
#include "indexing.hpp"
#include "operators.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numbers>

namespace archetype::evaluate {

namespace {

double relu(double x) { return x < 0 ? 0.0 : x; }  // NaN stays
double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
double clipped(double x, double least, double most) {
    return std::isnan(x) ? x : std::min(std::max(x, least), most);
}
double hard_sigmoid(double x, double slope, double shift) { return clipped(slope * x + shift, 0.0, 1.0); }
double sign(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; }

template <class Function>
void map_reals(call& at, const Function& function) {
    const reals& from = at.real(0);
    reals made(from.size());
    std::transform(from.begin(), from.end(), made.begin(), function);
    at.give(at.in(0).type, at.in(0).shape, std::move(made));
}
template <class Real, class Whole>
void map_numbers(call& at, const Real& real, const Whole& whole) {
    if (is_real(at.in(0).type)) return map_reals(at, real);
    const wholes& from = at.whole(0);
    wholes made(from.size());
    std::transform(from.begin(), from.end(), made.begin(), whole);
    at.give(at.in(0).type, at.in(0).shape, std::move(made));
}
template <double (*Function)(double)>
void real_function(call& at) {
    map_reals(at, Function);
}

std::int64_t negated(std::int64_t x) { return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(x)); }

void absolute(call& at) {
    const bool is_unsigned = at.in(0).type == element_type::uint64;
    map_numbers(
        at, [](double x) { return std::abs(x); },
        [&](std::int64_t x) { return x < 0 && !is_unsigned ? negated(x) : x; });
}
void negative(call& at) {
    map_numbers(
        at, [](double x) { return -x; }, negated);
}
void signs(call& at) {
    const bool is_unsigned = at.in(0).type == element_type::uint64;
    map_numbers(at, sign, [&](std::int64_t x) {
        return std::int64_t{x > 0 || (x < 0 && is_unsigned)} - std::int64_t{x < 0 && !is_unsigned};
    });
}
void rectified(call& at) {
    map_numbers(at, relu, [](std::int64_t x) { return std::max<std::int64_t>(x, 0); });
}

void leaky_relu(call& at) {
    const double slope = at.number("alpha", static_cast<double>(0.01F));
    map_reals(at, [=](double x) { return x < 0 ? slope * x : x; });
}
void elu(call& at) {
    const double size = at.number("alpha", 1);
    map_reals(at, [=](double x) { return x < 0 ? size * std::expm1(x) : x; });
}
void selu(call& at) {
    const bool old = at.version() < 6;
    const double alpha = at.number("alpha", old ? 1.6732 : static_cast<double>(1.67326319217681884765625F));
    const double gamma = at.number("gamma", old ? 1.0507 : static_cast<double>(1.05070102214813232421875F));
    map_reals(at, [=](double x) { return gamma * (x <= 0 ? alpha * std::expm1(x) : x); });
}
void celu(call& at) {
    const double size = at.number("alpha", 1);
    map_reals(at, [=](double x) { return std::max(0.0, x) + std::min(0.0, size * std::expm1(x / size)); });
}
void thresholded_relu(call& at) {
    const double least = at.number("alpha", 1);
    map_reals(at, [=](double x) { return x > least ? x : 0.0; });
}
void hard_sigmoids(call& at) {
    const double slope = at.number("alpha", static_cast<double>(0.2F));
    const double shift = at.number("beta", 0.5);
    map_reals(at, [=](double x) { return hard_sigmoid(x, slope, shift); });
}
void hard_swish(call& at) {
    map_reals(at, [](double x) { return x * hard_sigmoid(x, 1.0 / 6, 0.5); });
}
double mish(double x) { return x * std::tanh(softplus(x)); }
double softsign(double x) { return x / (1 + std::abs(x)); }
double reciprocal(double x) { return 1 / x; }
double nearest_even(double x) { return std::nearbyint(x); }
double gelu_of(double x) { return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2)); }
double gelu_tanh_of(double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

void gelu(call& at) {
    const std::string form = at.text("approximate", "none");
    at.expect(form == "none" || form == "tanh", "approximate none or tanh", form);
    map_reals(at, form == "none" ? gelu_of : gelu_tanh_of);
}
void swish(call& at) {
    const double slope = at.number("alpha", 1);
    map_reals(at, [=](double x) { return x * sigmoid(slope * x); });
}
void shrink(call& at) {
    const double bias = at.number("bias", 0);
    const double edge = at.number("lambd", 0.5);
    const auto shrunk = [=](double x) { return x < -edge ? x + bias : x > edge ? x - bias : 0.0; };
    map_numbers(at, shrunk,
                [&](std::int64_t x) { return static_cast<std::int64_t>(shrunk(static_cast<double>(x))); });
}
void prelu(call& at) {
    at.same_types(0, 1);
    shape_type slopes = at.in(1).shape;
    // Before version 7 a slope for each channel, which is the second axis.
    if (at.version() < 7 && slopes.size() == 1 && at.in(0).rank() > 1 && slopes[0] != 1)
        slopes.resize(at.in(0).rank() - 1, 1);
    at.expect(broadcast(at, at.in(0).shape, slopes) == at.in(0).shape, "a slope that broadcasts to the input",
              shape_text(at.in(1).shape));
    if (is_real(at.in(0).type))
        return at.give(at.in(0).type, at.in(0).shape,
                       combined<double>(at, at.in(0).shape, at.in(0).shape, at.real(0), slopes, at.real(1),
                                        [](double x, double slope) { return x < 0 ? slope * x : x; }));
    at.give(at.in(0).type, at.in(0).shape,
            combined<std::int64_t>(at, at.in(0).shape, at.in(0).shape, at.whole(0), slopes, at.whole(1),
                                   [](std::int64_t x, std::int64_t slope) {
                                       return x < 0 ? static_cast<std::int64_t>(
                                                          static_cast<std::uint64_t>(slope) *
                                                          static_cast<std::uint64_t>(x))
                                                    : x;
                                   }));
}

void is_infinite(call& at) {
    const bool above = at.integer("detect_positive", 1) != 0;
    const bool below = at.integer("detect_negative", 1) != 0;
    wholes made;
    for (const double x : at.real(0)) made.push_back(std::isinf(x) && (x > 0 ? above : below) ? 1 : 0);
    at.give(element_type::boolean, at.in(0).shape, std::move(made));
}
void is_nan(call& at) {
    wholes made;
    for (const double x : at.real(0)) made.push_back(std::isnan(x) ? 1 : 0);
    at.give(element_type::boolean, at.in(0).shape, std::move(made));
}
void logical_not(call& at) {
    at.expect(at.in(0).type == element_type::boolean, "bools", std::string(name_of(at.in(0).type)));
    map_numbers(
        at, [](double x) { return x; }, [](std::int64_t x) { return 1 - x; });
}
void bitwise_not(call& at) {
    at.whole(0);
    map_numbers(
        at, [](double x) { return x; }, [](std::int64_t x) { return ~x; });
}

void clip(call& at) {
    const bool by_inputs = at.version() >= 11;
    if (is_real(at.in(0).type)) {
        const double least =
            by_inputs ? (at.has(1) ? at.one_real(1) : -HUGE_VAL) : at.number("min", -HUGE_VAL);
        const double most = by_inputs ? (at.has(2) ? at.one_real(2) : HUGE_VAL) : at.number("max", HUGE_VAL);
        return map_reals(at, [=](double x) { return clipped(x, least, most); });
    }
    const element_type type = at.in(0).type;
    const auto before = [&](std::int64_t a, std::int64_t b) {
        return type == element_type::uint64 ? static_cast<std::uint64_t>(a) < static_cast<std::uint64_t>(b)
                                            : a < b;
    };
    map_numbers(
        at, [](double x) { return x; },
        [&](std::int64_t x) {
            if (at.has(1) && before(x, at.one_whole(1))) x = at.one_whole(1);
            if (at.has(2) && before(at.one_whole(2), x)) x = at.one_whole(2);
            return x;
        });
}

void identity(call& at) { at.give(at.given(0)); }

void dropout(call& at) {
    const bool training = at.version() >= 12 ? at.has(2) && at.one_whole(2) != 0
                                             : at.version() < 7 && at.integer("is_test", 0) == 0;
    const double ratio = at.version() >= 12 ? (at.has(1) ? at.one_real(1) : 0.5) : at.number("ratio", 0.5);
    at.expect(!training || ratio == 0, "inference, or a ratio of 0",
              "training with ratio " + std::to_string(ratio));
    at.give(at.in(0));
    if (!at.wants(1)) return;
    const std::size_t size = at.in(0).size();
    if (at.version() >= 10)
        at.give(element_type::boolean, at.in(0).shape, wholes(size, 1));
    else
        at.give(at.in(0).type, at.in(0).shape, reals(size, 1.0));
}

std::string number_text(double number, element_type type) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "INF" : "-INF";
    char buffer[40];
    // The fewest digits that give the number back.
    for (int digits = 1; digits <= 17; ++digits) {
        std::snprintf(buffer, sizeof buffer, "%.*g", digits, number);
        if (rounded(std::strtod(buffer, nullptr), type) == number) break;
    }
    return buffer;
}

double truncated_to(double number, element_type type) {
    // Beyond the type's range C++ says nothing; this is what most machines do.
    if (std::isnan(number)) return 0;
    (void)type;
    return std::trunc(number);
}

array cast_to(call& at, element_type to, bool saturate) {
    const array& from = at.in(0);
    const bool wide = at.options().float64;
    if (from.type == element_type::text) {
        if (to == element_type::text) return from;
        if (is_real(to)) {
            reals made;
            for (const std::string& one : from.as_texts()) {
                char* end = nullptr;
                const double number = std::strtod(one.c_str(), &end);
                at.expect(end != one.c_str() && *end == '\0', "texts of numbers", "\"" + one + "\"");
                made.push_back(rounded(number, to, saturate));
            }
            return {to, from.shape, std::move(made)};
        }
        wholes made;
        for (const std::string& one : from.as_texts()) {
            char* end = nullptr;
            made.push_back(std::strtoll(one.c_str(), &end, 10));
            at.expect(end != one.c_str() && *end == '\0', "texts of integers", "\"" + one + "\"");
        }
        return {to, from.shape, std::move(made)};
    }
    if (to == element_type::text) {
        texts made;
        if (is_real(from.type))
            for (const double one : from.as_reals()) made.push_back(number_text(one, from.type));
        else
            for (const std::int64_t one : from.as_wholes())
                made.push_back(from.type == element_type::uint64
                                   ? std::to_string(static_cast<std::uint64_t>(one))
                                   : std::to_string(one));
        return {to, from.shape, std::move(made)};
    }
    if (is_real(to)) {
        reals made = all_reals(from);
        const bool keep = wide && graph::bits_of(to) >= 16;
        if (!keep)
            for (double& one : made) one = rounded(one, to, saturate && graph::bits_of(to) <= 8);
        return {to, from.shape, std::move(made)};
    }
    if (is_whole(from.type)) return array(to, from.shape, wholes(from.as_wholes()));
    wholes made;
    for (const double one : from.as_reals()) {
        if (to == element_type::boolean) {
            made.push_back(one != 0 ? 1 : 0);
            continue;
        }
        const double whole = truncated_to(one, to);
        if (to == element_type::uint64 && whole >= 0x1p63)
            made.push_back(whole >= 0x1p64 ? -1
                                           : static_cast<std::int64_t>(static_cast<std::uint64_t>(whole)));
        else
            made.push_back(whole >= 0x1p63   ? INT64_MAX
                           : whole < -0x1p63 ? INT64_MIN
                                             : static_cast<std::int64_t>(whole));
    }
    return {to, from.shape, std::move(made)};
}

void cast(call& at) {
    element_type to{};
    if (const auto* name = at.version() < 6 ? at.find<std::string>("to") : nullptr; name != nullptr) {
        static constexpr std::string_view names[] = {"",        "FLOAT",  "UINT8",  "INT8",   "UINT16",
                                                     "INT16",   "INT32",  "INT64",  "STRING", "BOOL",
                                                     "FLOAT16", "DOUBLE", "UINT32", "UINT64"};
        const auto* found = std::find(std::begin(names), std::end(names), *name);
        at.expect(found != std::end(names), "the name of a type", "\"" + *name + "\"");
        to = static_cast<element_type>(found - std::begin(names));
    } else {
        to = at.type_of(at.integer("to"));
    }
    at.give(cast_to(at, to, at.integer("saturate", 1) != 0));
}
void cast_like(call& at) { at.give(cast_to(at, at.in(1).type, at.integer("saturate", 1) != 0)); }

void bias_gelu(call& at) {
    const shape_type whole = broadcast(at, at.in(0).shape, at.in(1).shape);
    at.give(at.in(0).type, whole,
            combined<double>(at, whole, at.in(0).shape, at.real(0), at.in(1).shape, at.real(1),
                             [](double x, double bias) { return gelu_of(x + bias); }));
}
void fast_gelu(call& at) {
    if (!at.has(1)) return map_reals(at, gelu_tanh_of);
    const shape_type whole = broadcast(at, at.in(0).shape, at.in(1).shape);
    at.give(at.in(0).type, whole,
            combined<double>(at, whole, at.in(0).shape, at.real(0), at.in(1).shape, at.real(1),
                             [](double x, double bias) { return gelu_tanh_of(x + bias); }));
}

constexpr operation table[] = {
    {"", "Abs", absolute, 1, 1, 1, ""},
    {"", "Neg", negative, 1, 1, 1, ""},
    {"", "Sign", signs, 1, 1, 1, ""},
    {"", "Ceil", real_function<std::ceil>, 1, 1, 1, ""},
    {"", "Floor", real_function<std::floor>, 1, 1, 1, ""},
    {"", "Round", real_function<nearest_even>, 1, 1, 1, ""},
    {"", "Sqrt", real_function<std::sqrt>, 1, 1, 1, ""},
    {"", "Exp", real_function<std::exp>, 1, 1, 1, ""},
    {"", "Log", real_function<std::log>, 1, 1, 1, ""},
    {"", "Sin", real_function<std::sin>, 1, 1, 1, ""},
    {"", "Cos", real_function<std::cos>, 1, 1, 1, ""},
    {"", "Tan", real_function<std::tan>, 1, 1, 1, ""},
    {"", "Asin", real_function<std::asin>, 1, 1, 1, ""},
    {"", "Acos", real_function<std::acos>, 1, 1, 1, ""},
    {"", "Atan", real_function<std::atan>, 1, 1, 1, ""},
    {"", "Sinh", real_function<std::sinh>, 1, 1, 1, ""},
    {"", "Cosh", real_function<std::cosh>, 1, 1, 1, ""},
    {"", "Tanh", real_function<std::tanh>, 1, 1, 1, ""},
    {"", "Asinh", real_function<std::asinh>, 1, 1, 1, ""},
    {"", "Acosh", real_function<std::acosh>, 1, 1, 1, ""},
    {"", "Atanh", real_function<std::atanh>, 1, 1, 1, ""},
    {"", "Erf", real_function<std::erf>, 1, 1, 1, ""},
    {"", "Reciprocal", real_function<reciprocal>, 1, 1, 1, ""},
    {"", "Sigmoid", real_function<sigmoid>, 1, 1, 1, ""},
    {"", "Softplus", real_function<softplus>, 1, 1, 1, ""},
    {"", "Softsign", real_function<softsign>, 1, 1, 1, ""},
    {"", "Mish", real_function<mish>, 1, 1, 1, ""},
    {"", "Relu", rectified, 1, 1, 1, ""},
    {"", "LeakyRelu", leaky_relu, 1, 1, 1, "alpha"},
    {"", "PRelu", prelu, 2, 2, 1, ""},
    {"", "Elu", elu, 1, 1, 1, "alpha"},
    {"", "Selu", selu, 1, 1, 1, "alpha gamma"},
    {"", "Celu", celu, 1, 1, 1, "alpha"},
    {"", "ThresholdedRelu", thresholded_relu, 1, 1, 1, "alpha"},
    {"", "HardSigmoid", hard_sigmoids, 1, 1, 1, "alpha beta"},
    {"", "HardSwish", hard_swish, 1, 1, 1, ""},
    {"", "Gelu", gelu, 1, 1, 1, "approximate"},
    {"", "Swish", swish, 1, 1, 1, "alpha"},
    {"", "Shrink", shrink, 1, 1, 1, "bias lambd"},
    {"", "IsInf", is_infinite, 1, 1, 1, "detect_positive detect_negative"},
    {"", "IsNaN", is_nan, 1, 1, 1, ""},
    {"", "Not", logical_not, 1, 1, 1, ""},
    {"", "BitwiseNot", bitwise_not, 1, 1, 1, ""},
    {"", "Clip", clip, 1, 1, 1, "min max", 1, 10},
    {"", "Clip", clip, 1, 3, 1, "", 11},
    {"", "Identity", identity, 1, 1, 1, ""},
    {"", "Dropout", dropout, 1, 1, 2, "is_test ratio", 1, 6},
    {"", "Dropout", dropout, 1, 1, 2, "ratio", 7, 11},
    {"", "Dropout", dropout, 1, 3, 2, "seed", 12},
    {"", "Cast", cast, 1, 1, 1, "to saturate"},
    {"", "CastLike", cast_like, 2, 2, 1, "saturate"},
    {"com.microsoft", "Gelu", real_function<gelu_of>, 1, 1, 1, ""},
    {"com.microsoft", "BiasGelu", bias_gelu, 2, 2, 1, ""},
    {"com.microsoft", "FastGelu", fast_gelu, 1, 2, 1, ""},
};

}  // namespace

std::span<const operation> pointwise_operations() { return table; }

}  // namespace archetype::evaluate
