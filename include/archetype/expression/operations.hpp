// SPDX-License-Identifier: BSL-1.0
/// @file operations.hpp
/// The operations of expressions: the value and the derivative of each.
///
/// An operation O has `O::value(operands...)` and `O::adjoint<K>(g, y, operands...)`: what the adjoint g of
/// the result y adds to the adjoint of operand K. `from_output(g, y)` exists where the derivative follows
/// from the output alone. At kinks the derivatives are PyTorch's: zero for relu and abs at 0, half to each
/// side where min or max tie.
#pragma once
#include <archetype/expression/trigonometry.hpp>

namespace archetype::expression::operations::inline ARCHETYPE_INSTRUCTION_SET {

template <class V>
ARCHETYPE_INLINE constexpr V number(double n) {
    return arithmetic<V>::broadcast(static_cast<scalar_of<V>>(n));
}
template <class M, class V>
ARCHETYPE_INLINE constexpr V pick(const M& m, const V& a, const V& b) {
    return arithmetic<V>::select(m, a, b);
}

struct pointwise {
    static constexpr bool is_condition = false;
};
struct comparison {
    static constexpr bool is_condition = true;
};

#define ARCHETYPE_VALUE \
    template <class V>  \
    ARCHETYPE_INLINE static constexpr V value
#define ARCHETYPE_ADJOINT             \
    template <std::size_t K, class V> \
    ARCHETYPE_INLINE static constexpr V adjoint
#define ARCHETYPE_FROM_OUTPUT \
    template <class V>        \
    ARCHETYPE_INLINE static constexpr V from_output
#define ARCHETYPE_CONDITION \
    template <class V>      \
    ARCHETYPE_INLINE static constexpr auto value

struct add : pointwise {
    ARCHETYPE_VALUE(const V& a, const V& b) { return a + b; }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V&, const V&) { return g; }
};
struct subtract : pointwise {
    ARCHETYPE_VALUE(const V& a, const V& b) { return a - b; }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V&, const V&) {
        if constexpr (K == 0)
            return g;
        else
            return number<V>(-0.0) - g;
    }
};
struct multiply : pointwise {
    ARCHETYPE_VALUE(const V& a, const V& b) { return a * b; }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a, const V& b) { return g * (K == 0 ? b : a); }
};
struct divide : pointwise {
    ARCHETYPE_VALUE(const V& a, const V& b) { return quotient(a, b); }
    ARCHETYPE_ADJOINT(const V& g, const V& y, const V&, const V& b) {
        if constexpr (K == 0)
            return quotient(g, b);
        else
            return quotient(V((number<V>(-0.0) - g) * y), b);
    }
};
struct negate : pointwise {
    ARCHETYPE_VALUE(const V& a) { return number<V>(-0.0) - a; }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V&) { return number<V>(-0.0) - g; }
    ARCHETYPE_FROM_OUTPUT(const V& g, const V&) { return number<V>(-0.0) - g; }
};

/// The condition m of a and b, false where one of them is NaN; for compilers that may compare the other way round.
template <class M, class V>
ARCHETYPE_INLINE constexpr M ordered(const M& m, [[maybe_unused]] const V& a, [[maybe_unused]] const V& b) {
#if ARCHETYPE_FINITE_MATH
    return M(m & !(nan_mask(a) | nan_mask(b)));
#else
    return m;
#endif
}

struct less : comparison {
    ARCHETYPE_CONDITION(const V& a, const V& b) { return ordered(a < b, a, b); }
};
struct less_equal : comparison {
    ARCHETYPE_CONDITION(const V& a, const V& b) { return ordered(a <= b, a, b); }
};
struct equal : comparison {
    ARCHETYPE_CONDITION(const V& a, const V& b) { return ordered(a == b, a, b); }
};
struct not_equal : comparison {
    ARCHETYPE_CONDITION(const V& a, const V& b) { return !equal::value(a, b); }
};
struct logical_and : comparison {
    ARCHETYPE_CONDITION(const V& a, const V& b) { return V(a & b); }
};
struct logical_or : comparison {
    ARCHETYPE_CONDITION(const V& a, const V& b) { return V(a | b); }
};
struct logical_not : comparison {
    ARCHETYPE_CONDITION(const V& a) { return !a; }
};

struct where : pointwise {
    template <class M, class V>
    ARCHETYPE_INLINE static constexpr V value(const M& m, const V& a, const V& b) {
        return pick(m, a, b);
    }
    template <std::size_t K, class M, class V>
    ARCHETYPE_INLINE static constexpr V adjoint(const V& g, const V&, const M& m, const V&, const V&) {
        if constexpr (K == 1)
            return pick(m, g, number<V>(0));
        else
            return pick(m, number<V>(0), g);
    }
};

/// The lesser of two; NaN if either is. (A target's own minimum may return the other operand.)
struct min : pointwise {
    ARCHETYPE_VALUE(const V& a, const V& b) { return pick(nan_mask(a), a, arithmetic<V>::smaller(a, b)); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a, const V& b) {
        const V half = number<V>(0.5) * g;
        return pick(a == b, half, pick(K == 0 ? b < a : a < b, number<V>(0), g));
    }
};
struct max : pointwise {
    ARCHETYPE_VALUE(const V& a, const V& b) { return pick(nan_mask(a), a, arithmetic<V>::larger(a, b)); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a, const V& b) {
        const V half = number<V>(0.5) * g;
        return pick(a == b, half, pick(K == 0 ? a < b : b < a, number<V>(0), g));
    }
};
/// x between two bounds, which are not differentiated; the derivative is 1 on the bounds, as in PyTorch.
struct clamp : pointwise {
    ARCHETYPE_VALUE(const V& x, const V& low, const V& high) {
        return arithmetic<V>::smaller(high, arithmetic<V>::larger(low, x));
    }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& x, const V& low, const V& high) {
        if constexpr (K == 0)
            return pick(x < low, number<V>(0), pick(x > high, number<V>(0), g));
        else
            return number<V>(0);
    }
};

struct abs : pointwise {
    ARCHETYPE_VALUE(const V& a) { return arithmetic<V>::abs(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) {
        return pick(a < number<V>(0), V(number<V>(-0.0) - g), pick(a == number<V>(0), number<V>(0), g));
    }
};
struct square : pointwise {
    ARCHETYPE_VALUE(const V& a) { return a * a; }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) { return g * (a + a); }
};
/// Integer power by repeated multiplication.
template <int N>
struct power : pointwise {
    ARCHETYPE_VALUE(const V& a) { return raise<N>(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) { return g * (number<V>(N) * raise<N - 1>(a)); }

private:
    template <int M, class V>
    ARCHETYPE_INLINE static constexpr V raise(const V& a) {
        if constexpr (M < 0)
            return quotient(number<V>(1), raise<-M>(a));
        else if constexpr (M == 0)
            return number<V>(1);
        else if constexpr (M == 1)
            return a;
        else if constexpr (M % 2 == 0)
            return raise<M / 2>(V(a * a));
        else
            return raise<M / 2>(V(a * a)) * a;
    }
};
struct sqrt : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::sqrt(a); }
    ARCHETYPE_ADJOINT(const V& g, const V& y, const V&) { return from_output(g, y); }
    ARCHETYPE_FROM_OUTPUT(const V& g, const V& y) { return quotient(g, V(y + y)); }
};
struct exp : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::exp(a); }
    ARCHETYPE_ADJOINT(const V& g, const V& y, const V&) { return g * y; }
    ARCHETYPE_FROM_OUTPUT(const V& g, const V& y) { return g * y; }
};
struct expm1 : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::expm1(a); }
    ARCHETYPE_ADJOINT(const V& g, const V& y, const V&) { return from_output(g, y); }
    ARCHETYPE_FROM_OUTPUT(const V& g, const V& y) { return g * (y + number<V>(1)); }
};
struct log : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::log(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) { return quotient(g, a); }
};
struct log1p : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::log1p(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) { return quotient(g, V(number<V>(1) + a)); }
};
struct sin : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::sin(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) { return g * elementary::cos(a); }
};
struct cos : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::cos(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) { return (number<V>(-0.0) - g) * elementary::sin(a); }
};
struct atan : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::atan(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) {
        const auto large = arithmetic<V>::abs(a) > number<V>(1);  // a * a may overflow
        const V inverse = quotient(number<V>(1), pick(large, a, number<V>(1)));
        return pick(large, V(quotient(V(g * inverse), V(number<V>(1) + inverse * inverse)) * inverse),
                    quotient(g, V(number<V>(1) + a * a)));
    }
};
struct erf : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::erf(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) {
        return g * (number<V>(1.1283791670955126) * elementary::exp(V(number<V>(-1) * a * a)));
    }
};
/// Whole numbers: constant but for their steps, so the derivative is 0.
struct floor : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::floor(a); }
    ARCHETYPE_ADJOINT(const V&, const V&, const V&) { return number<V>(0); }
};
struct round : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::round(a); }
    ARCHETYPE_ADJOINT(const V&, const V&, const V&) { return number<V>(0); }
};
/// Its operand, whose derivative is taken to be 0.
struct stop_gradient : pointwise {
    ARCHETYPE_VALUE(const V& a) { return a; }
    ARCHETYPE_ADJOINT(const V&, const V&, const V&) { return number<V>(0); }
};
/// a^b. The derivative by b takes 0 log 0 as 0.
struct pow : pointwise {
    ARCHETYPE_VALUE(const V& a, const V& b) { return elementary::pow(a, b); }
    ARCHETYPE_ADJOINT(const V& g, const V& y, const V& a, const V& b) {
        if constexpr (K == 0)
            return pick(b == number<V>(0), number<V>(0),
                        V(g * (b * elementary::pow(a, V(b - number<V>(1))))));
        else
            return pick(y == number<V>(0), number<V>(0), V(g * (y * elementary::log(a))));
    }
};
struct softplus : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::softplus(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) { return g * elementary::sigmoid(a); }
    /// 1 - e^-y.
    ARCHETYPE_FROM_OUTPUT(const V& g, const V& y) {
        return (number<V>(-0.0) - g) * elementary::expm1(V(number<V>(-0.0) - y));
    }
};
struct tanh : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::tanh(a); }
    ARCHETYPE_ADJOINT(const V& g, const V& y, const V&) { return from_output(g, y); }
    ARCHETYPE_FROM_OUTPUT(const V& g, const V& y) { return g * (number<V>(1) - y * y); }
};
struct sigmoid : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::sigmoid(a); }
    ARCHETYPE_ADJOINT(const V& g, const V& y, const V&) { return from_output(g, y); }
    ARCHETYPE_FROM_OUTPUT(const V& g, const V& y) { return g * (y * (number<V>(1) - y)); }
};
struct fast_tanh : tanh {
    ARCHETYPE_VALUE(const V& a) { return elementary::fast_tanh(a); }
};
struct rational_tanh : tanh {
    ARCHETYPE_VALUE(const V& a) { return elementary::rational_tanh(a); }
};
struct rational_sigmoid : sigmoid {
    ARCHETYPE_VALUE(const V& a) { return elementary::rational_sigmoid(a); }
};
struct fast_sigmoid : sigmoid {
    ARCHETYPE_VALUE(const V& a) { return elementary::fast_sigmoid(a); }
};
struct normal_cdf : pointwise {
    ARCHETYPE_VALUE(const V& a) { return elementary::normal_cdf(a); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) { return g * elementary::normal_density(a); }
};
/// a / (1 + |a|). Its slope by the rule for quotients is a difference of almost equal numbers far out.
struct softsign : pointwise {
    ARCHETYPE_VALUE(const V& a) { return quotient(a, V(number<V>(1) + arithmetic<V>::abs(a))); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a) {
        const V size = number<V>(1) + arithmetic<V>::abs(a);
        return quotient(quotient(g, size), size);
    }
};
struct relu : pointwise {
    ARCHETYPE_VALUE(const V& a) { return arithmetic<V>::larger(number<V>(0), a); }
    ARCHETYPE_ADJOINT(const V& g, const V& y, const V&) { return from_output(g, y); }
    ARCHETYPE_FROM_OUTPUT(const V& g, const V& y) { return pick(y <= number<V>(0), number<V>(0), g); }
};
struct leaky_relu : pointwise {
    ARCHETYPE_VALUE(const V& a, const V& slope) { return pick(a > number<V>(0), a, V(a * slope)); }
    ARCHETYPE_ADJOINT(const V& g, const V&, const V& a, const V& slope) {
        if constexpr (K == 0)
            return pick(a > number<V>(0), g, V(g * slope));
        else
            return pick(a > number<V>(0), number<V>(0), V(g * a));
    }
    ARCHETYPE_FROM_OUTPUT(const V& g, const V& y, const V& slope) {
        return pick(y > number<V>(0), g, V(g * slope));
    }
};
struct elu : pointwise {
    ARCHETYPE_VALUE(const V& a, const V& alpha) {
        return pick(a > number<V>(0), a, V(alpha * elementary::expm1(a)));
    }
    ARCHETYPE_ADJOINT(const V& g, const V& y, const V& a, const V& alpha) {
        if constexpr (K == 0)
            return pick(a > number<V>(0), g, V(g * (y + alpha)));
        else
            return pick(a > number<V>(0), number<V>(0), V(g * elementary::expm1(a)));
    }
    ARCHETYPE_FROM_OUTPUT(const V& g, const V& y, const V& alpha) {
        return pick(y > number<V>(0), g, V(g * (y + alpha)));
    }
};

#undef ARCHETYPE_VALUE
#undef ARCHETYPE_ADJOINT
#undef ARCHETYPE_FROM_OUTPUT
#undef ARCHETYPE_CONDITION

}  // namespace archetype::expression::operations::inline ARCHETYPE_INSTRUCTION_SET
