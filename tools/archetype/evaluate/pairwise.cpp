// SPDX-License-Identifier: BSL-1.0
// One result of an element of each of several tensors.
#include "indexing.hpp"
#include "operators.hpp"

#include <cmath>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;
using natural = std::uint64_t;

/// The second operand's shape: before version 7 its axes begin at an attribute `axis` of the first one.
shape_type second_shape(const call& at, const shape_type& first, const shape_type& second) {
    if (at.version() >= 7 || !at.node().domain.empty()) return second;
    if (at.integer("broadcast", 0) == 0) {
        if (first != second)
            at.fail("two tensors of one shape, or broadcast = 1",
                    shape_text(first) + " and " + shape_text(second));
        return second;
    }
    shape_type made = second;
    if (at.has_attribute("axis") && first.size() > second.size()) {
        const std::size_t axis = at.axis(at.integer("axis"), first.size());
        at.expect(axis + second.size() <= first.size(), "an axis where the second tensor fits",
                  std::to_string(axis));
        made.resize(first.size() - axis, 1);
    }
    return made;
}

template <class To, class Real, class Whole>
void pairwise(call& at, element_type to, const Real& real, const Whole& whole_function) {
    at.same_types(0, 1);
    const array& a = at.in(0);
    const array& b = at.in(1);
    const shape_type second = second_shape(at, a.shape, b.shape);
    const shape_type together = broadcast(at, a.shape, second);
    if (is_real(a.type))
        at.give(to, together, combined<To>(at, together, a.shape, at.real(0), second, at.real(1), real));
    else
        at.give(to, together,
                combined<To>(at, together, a.shape, at.whole(0), second, at.whole(1), whole_function));
}

template <class Real, class Whole>
void arithmetic(call& at, const Real& real, const Whole& whole_function) {
    at.same_types(0, 1);
    const element_type type = at.in(0).type;
    at.expect(type != element_type::text && type != element_type::boolean, "numbers",
              std::string(name_of(type)));
    if (is_real(type))
        pairwise<double>(at, type, real, [](whole a, whole) { return static_cast<double>(a); });
    else
        pairwise<whole>(
            at, type, [](double a, double) { return static_cast<whole>(a); }, whole_function);
}

void add(call& at) {
    arithmetic(
        at, [](double a, double b) { return a + b; },
        [](whole a, whole b) {
            return static_cast<whole>(static_cast<natural>(a) + static_cast<natural>(b));
        });
}
void subtract(call& at) {
    arithmetic(
        at, [](double a, double b) { return a - b; },
        [](whole a, whole b) {
            return static_cast<whole>(static_cast<natural>(a) - static_cast<natural>(b));
        });
}
void multiply(call& at) {
    arithmetic(
        at, [](double a, double b) { return a * b; },
        [](whole a, whole b) {
            return static_cast<whole>(static_cast<natural>(a) * static_cast<natural>(b));
        });
}

/// Towards zero. The one quotient that does not fit wraps.
whole quotient(whole a, whole b, element_type type) {
    if (type == element_type::uint64)
        return static_cast<whole>(static_cast<natural>(a) / static_cast<natural>(b));
    return b == -1 ? static_cast<whole>(0 - static_cast<natural>(a)) : a / b;
}
whole remainder_of(whole a, whole b, element_type type, bool sign_of_dividend) {
    if (type == element_type::uint64)
        return static_cast<whole>(static_cast<natural>(a) % static_cast<natural>(b));
    const whole rest = b == -1 ? 0 : a % b;
    return !sign_of_dividend && rest != 0 && ((rest < 0) != (b < 0)) ? rest + b : rest;
}

void no_zero(const call& at, std::size_t index) {
    if (!is_whole(at.in(index).type)) return;
    const wholes& divisors = at.whole(index);
    at.expect(std::find(divisors.begin(), divisors.end(), 0) == divisors.end(),
              "integers that are not 0 as divisors", "0");
}

void divide(call& at) {
    no_zero(at, 1);
    const element_type type = at.in(0).type;
    arithmetic(
        at, [](double a, double b) { return a / b; }, [&](whole a, whole b) { return quotient(a, b, type); });
}
void modulo(call& at) {
    no_zero(at, 1);
    const element_type type = at.in(0).type;
    const bool fmod = at.integer("fmod", 0) != 0;
    arithmetic(
        at,
        [&](double a, double b) {
            const double rest = std::fmod(a, b);
            return !fmod && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
        },
        [&](whole a, whole b) { return remainder_of(a, b, type, fmod); });
}

whole power_of(whole base, whole exponent) {
    if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
    natural made = 1;
    for (natural square = static_cast<natural>(base), left = static_cast<natural>(exponent); left != 0;
         left >>= 1, square *= square)
        if ((left & 1U) != 0) made *= square;
    return static_cast<whole>(made);
}

void power(call& at) {
    const array& a = at.in(0);
    const array& b = at.in(1);
    at.expect(a.type != element_type::text && b.type != element_type::text, "numbers", "texts");
    const shape_type second = second_shape(at, a.shape, b.shape);
    const shape_type together = broadcast(at, a.shape, second);
    if (is_whole(a.type) && is_whole(b.type))
        return at.give(a.type, together,
                       combined<whole>(at, together, a.shape, at.whole(0), second, at.whole(1), power_of));
    const reals made = combined<double>(at, together, a.shape, all_reals(a), second, all_reals(b),
                                        [](double x, double y) { return std::pow(x, y); });
    if (is_real(a.type)) return at.give(a.type, together, reals(made));
    wholes cut;
    for (const double one : made)
        cut.push_back(std::isnan(one) ? 0
                      : one >= 0x1p63 ? INT64_MAX
                      : one < -0x1p63 ? INT64_MIN
                                      : static_cast<whole>(one));
    at.give(a.type, together, std::move(cut));
}

template <class Compare>
void compared(call& at, const Compare& compare) {
    at.same_types(0, 1);
    const element_type type = at.in(0).type;
    if (type == element_type::text) {
        const shape_type together = broadcast(at, at.in(0).shape, at.in(1).shape);
        return at.give(element_type::boolean, together,
                       combined<whole>(at, together, at.in(0).shape, at.in(0).as_texts(), at.in(1).shape,
                                       at.in(1).as_texts(), [&](const std::string& a, const std::string& b) {
                                           return whole{compare(a, b)};
                                       }));
    }
    pairwise<whole>(
        at, element_type::boolean, [&](double a, double b) { return whole{compare(a, b)}; },
        [&](whole a, whole b) {
            return type == element_type::uint64
                       ? whole{compare(static_cast<natural>(a), static_cast<natural>(b))}
                       : whole{compare(a, b)};
        });
}
void equal(call& at) {
    compared(at, [](const auto& a, const auto& b) { return a == b; });
}
void less(call& at) {
    compared(at, [](const auto& a, const auto& b) { return a < b; });
}
void greater(call& at) {
    compared(at, [](const auto& a, const auto& b) { return a > b; });
}
void less_or_equal(call& at) {
    compared(at, [](const auto& a, const auto& b) { return a <= b; });
}
void greater_or_equal(call& at) {
    compared(at, [](const auto& a, const auto& b) { return a >= b; });
}

template <class Combine>
void logical(call& at, const Combine& combine) {
    at.expect(at.in(0).type == element_type::boolean, "bools", std::string(name_of(at.in(0).type)));
    pairwise<whole>(
        at, element_type::boolean, [](double, double) { return whole{0}; }, combine);
}
void logical_and(call& at) {
    logical(at, [](whole a, whole b) { return a & b; });
}
void logical_or(call& at) {
    logical(at, [](whole a, whole b) { return a | b; });
}
void logical_xor(call& at) {
    logical(at, [](whole a, whole b) { return a ^ b; });
}

template <class Combine>
void bitwise(call& at, const Combine& combine) {
    at.whole(0);
    pairwise<whole>(
        at, at.in(0).type, [](double, double) { return whole{0}; }, combine);
}
void bitwise_and(call& at) {
    bitwise(at, [](whole a, whole b) { return a & b; });
}
void bitwise_or(call& at) {
    bitwise(at, [](whole a, whole b) { return a | b; });
}
void bitwise_xor(call& at) {
    bitwise(at, [](whole a, whole b) { return a ^ b; });
}
void bit_shift(call& at) {
    const std::string direction = at.text("direction", "");
    at.expect(direction == "LEFT" || direction == "RIGHT", "direction LEFT or RIGHT",
              "\"" + direction + "\"");
    bitwise(at, [&](whole a, whole b) {
        const auto bits = static_cast<natural>(a);
        const auto places = static_cast<natural>(b);
        if (places >= 64) return whole{0};
        return static_cast<whole>(direction == "LEFT" ? bits << places : bits >> places);
    });
}

/// All inputs, two by two.
template <class Real, class Whole>
array accumulated(call& at, const Real& real, const Whole& whole_function) {
    array made = at.in(0);
    at.expect(made.type != element_type::text, "numbers", "texts");
    for (std::size_t index = 1; index < at.input_count(); ++index) {
        const array& next = at.in(index);
        at.same_types(0, index);
        const shape_type together = broadcast(at, made.shape, next.shape);
        if (is_real(made.type))
            made = array(made.type, together,
                         combined<double>(at, together, made.shape, made.as_reals(), next.shape,
                                          next.as_reals(), real));
        else
            made = array(made.type, together,
                         combined<whole>(at, together, made.shape, made.as_wholes(), next.shape,
                                         next.as_wholes(), whole_function));
    }
    return made;
}
double greater_of(double a, double b) { return std::isnan(a) || a > b ? a : b; }
double less_of(double a, double b) { return std::isnan(a) || a < b ? a : b; }
void maximum(call& at) {
    const bool natural_numbers = at.in(0).type == element_type::uint64;
    at.give(accumulated(at, greater_of, [=](whole a, whole b) {
        return natural_numbers
                   ? static_cast<whole>(std::max(static_cast<natural>(a), static_cast<natural>(b)))
                   : std::max(a, b);
    }));
}
void minimum(call& at) {
    const bool natural_numbers = at.in(0).type == element_type::uint64;
    at.give(accumulated(at, less_of, [=](whole a, whole b) {
        return natural_numbers
                   ? static_cast<whole>(std::min(static_cast<natural>(a), static_cast<natural>(b)))
                   : std::min(a, b);
    }));
}
void sum(call& at) {
    at.real(0);
    at.give(accumulated(
        at, [](double a, double b) { return a + b; }, [](whole a, whole) { return a; }));
}
void mean(call& at) {
    at.real(0);
    const array total = accumulated(
        at, [](double a, double b) { return a + b; }, [](whole a, whole) { return a; });
    reals made = total.as_reals();
    for (double& one : made) one /= static_cast<double>(at.input_count());
    at.give(total.type, total.shape, std::move(made));
}

void where(call& at) {
    at.same_types(1, 2);
    at.expect(at.in(0).type == element_type::boolean, "bools as condition",
              std::string(name_of(at.in(0).type)));
    const shape_type together = broadcast(at, at.in(0).shape, broadcast(at, at.in(1).shape, at.in(2).shape));
    const array yes = expanded(at, at.in(1), together);
    const array no = expanded(at, at.in(2), together);
    const array condition = expanded(at, at.in(0), together);
    at.give(with_elements(yes, [&](auto made) {
        using elements = decltype(made);
        const auto choose = [&](const auto& other) {
            if constexpr (std::is_same_v<std::decay_t<decltype(other)>, elements>)
                for (std::size_t i = 0; i < made.size(); ++i)
                    if (condition.as_wholes()[i] == 0) made[i] = other[i];
        };
        with_elements(no, choose);
        return array(yes.type, together, std::move(made));
    }));
}

constexpr operation table[] = {
    {"", "Add", add, 2, 2, 1, "broadcast axis consumed_inputs", 1, 6},
    {"", "Add", add, 2, 2, 1, "", 7},
    {"", "Sub", subtract, 2, 2, 1, "broadcast axis consumed_inputs", 1, 6},
    {"", "Sub", subtract, 2, 2, 1, "", 7},
    {"", "Mul", multiply, 2, 2, 1, "broadcast axis consumed_inputs", 1, 6},
    {"", "Mul", multiply, 2, 2, 1, "", 7},
    {"", "Div", divide, 2, 2, 1, "broadcast axis consumed_inputs", 1, 6},
    {"", "Div", divide, 2, 2, 1, "", 7},
    {"", "Mod", modulo, 2, 2, 1, "fmod"},
    {"", "Pow", power, 2, 2, 1, "broadcast axis", 1, 6},
    {"", "Pow", power, 2, 2, 1, "", 7},
    {"", "Equal", equal, 2, 2, 1, "broadcast axis", 1, 6},
    {"", "Equal", equal, 2, 2, 1, "", 7},
    {"", "Less", less, 2, 2, 1, "broadcast axis", 1, 6},
    {"", "Less", less, 2, 2, 1, "", 7},
    {"", "Greater", greater, 2, 2, 1, "broadcast axis", 1, 6},
    {"", "Greater", greater, 2, 2, 1, "", 7},
    {"", "LessOrEqual", less_or_equal, 2, 2, 1, "", 12},
    {"", "GreaterOrEqual", greater_or_equal, 2, 2, 1, "", 12},
    {"", "And", logical_and, 2, 2, 1, "broadcast axis", 1, 6},
    {"", "And", logical_and, 2, 2, 1, "", 7},
    {"", "Or", logical_or, 2, 2, 1, "broadcast axis", 1, 6},
    {"", "Or", logical_or, 2, 2, 1, "", 7},
    {"", "Xor", logical_xor, 2, 2, 1, "broadcast axis", 1, 6},
    {"", "Xor", logical_xor, 2, 2, 1, "", 7},
    {"", "BitwiseAnd", bitwise_and, 2, 2, 1, "", 18},
    {"", "BitwiseOr", bitwise_or, 2, 2, 1, "", 18},
    {"", "BitwiseXor", bitwise_xor, 2, 2, 1, "", 18},
    {"", "BitShift", bit_shift, 2, 2, 1, "direction", 11},
    {"", "Max", maximum, 1, any_number, 1, ""},
    {"", "Min", minimum, 1, any_number, 1, ""},
    {"", "Sum", sum, 1, any_number, 1, ""},
    {"", "Mean", mean, 1, any_number, 1, ""},
    {"", "Where", where, 3, 3, 1, "", 9},
};

}  // namespace

std::span<const operation> pairwise_operations() { return table; }

}  // namespace archetype::evaluate
