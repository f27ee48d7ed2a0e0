// SPDX-License-Identifier: BSL-1.0
/// @file stable.hpp
/// Compositions whose parts overflow though the whole does not, as one operation: log(1 + e^x), e^x / (1 + e^x) and their
/// like. Recognized by type when an expression is written, so also in users' lambdas.
#pragma once
#include <archetype/expression/node.hpp>
#include <archetype/expression/operations.hpp>

namespace archetype::expression::operations::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// c + e^u as e^max(u, 0) (c e^-max(u, 0) + e^min(u, 0)), whose second factor, `sum`, does not overflow.
template <class V>
struct exp_sum {
    V top, small, power, sum;
    ARCHETYPE_INLINE constexpr exp_sum(const V& c, const V& u)
        : top(arithmetic<V>::larger(number<V>(0), u)),
          small(elementary::exp(V(number<V>(-0.0) - arithmetic<V>::abs(u)))),
          power(pick(u > number<V>(0), number<V>(1), small)),
          sum(pick(u > number<V>(0), V(c * small + number<V>(1)), V(c + small))) {}
    /// e^u / (c + e^u).
    ARCHETYPE_INLINE constexpr V share() const { return quotient(power, sum); }
    /// 1 / (c + e^u).
    ARCHETYPE_INLINE constexpr V inverse(const V& u) const {
        return quotient(pick(u > number<V>(0), small, number<V>(1)), sum);
    }
};

}  // namespace archetype::expression::operations::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::operations::inline ARCHETYPE_INSTRUCTION_SET {

/// log(c + e^u).
struct log_exp_sum : pointwise {
    template <class V>
    ARCHETYPE_INLINE static constexpr V value(const V& c, const V& u) {
        const detail::exp_sum<V> parts(c, u);
        return parts.top + elementary::log(parts.sum);
    }
    template <std::size_t K, class V>
    ARCHETYPE_INLINE static constexpr V adjoint(const V& g, const V&, const V& c, const V& u) {
        const detail::exp_sum<V> parts(c, u);
        return g * (K == 0 ? parts.inverse(u) : parts.share());
    }
};
/// log(e^a + e^b).
struct log_add_exp : pointwise {
    template <class V>
    ARCHETYPE_INLINE static constexpr V value(const V& a, const V& b) {
        const V apart = pick(a == b, number<V>(0), V(a - b));  // equal infinities too
        return arithmetic<V>::larger(a, b) +
               elementary::log1p(elementary::exp(V(number<V>(-0.0) - arithmetic<V>::abs(apart))));
    }
    template <std::size_t K, class V>
    ARCHETYPE_INLINE static constexpr V adjoint(const V& g, const V&, const V& a, const V& b) {
        const V apart = pick(a == b, number<V>(0), V(a - b));
        return g * elementary::sigmoid(K == 0 ? apart : V(number<V>(-0.0) - apart));
    }
};
/// n / (c + e^u).
struct over_exp_sum : pointwise {
    template <class V>
    ARCHETYPE_INLINE static constexpr V value(const V& n, const V& c, const V& u) {
        return n * detail::exp_sum<V>(c, u).inverse(u);
    }
    template <std::size_t K, class V>
    ARCHETYPE_INLINE static constexpr V adjoint(const V& g, const V& y, const V&, const V& c, const V& u) {
        const detail::exp_sum<V> parts(c, u);
        if constexpr (K == 0)
            return g * parts.inverse(u);
        else
            return (number<V>(-0.0) - g) * y * (K == 1 ? parts.inverse(u) : parts.share());
    }
};
/// e^w / (c + e^u).
struct exp_over_exp_sum : pointwise {
    template <class V>
    ARCHETYPE_INLINE static constexpr V value(const V& w, const V& c, const V& u) {
        const detail::exp_sum<V> parts(c, u);
        return quotient(elementary::exp(V(w - parts.top)), parts.sum);
    }
    template <std::size_t K, class V>
    ARCHETYPE_INLINE static constexpr V adjoint(const V& g, const V& y, const V&, const V& c, const V& u) {
        if constexpr (K == 0) return g * y;
        const detail::exp_sum<V> parts(c, u);
        return (number<V>(-0.0) - g) * y * (K == 1 ? parts.inverse(u) : parts.share());
    }
};

}  // namespace archetype::expression::operations::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class E>
inline constexpr bool is_exp = false;
template <class U>
inline constexpr bool is_exp<operation<operations::exp, U>> = true;

/// Sums of exponentials alone, whose logarithm needs none of them.
template <class E>
inline constexpr bool is_exp_total = is_exp<E>;
template <class A, class B>
inline constexpr bool is_exp_total<operation<operations::add, A, B>> = is_exp_total<A>&& is_exp_total<B>;

/// One exponential beside something else.
template <class E>
inline constexpr bool is_exp_sum = false;
template <class A, class B>
inline constexpr bool is_exp_sum<operation<operations::add, A, B>> = is_exp<A> != is_exp<B>;

/// The exponent and the rest of such a sum.
template <class A, class B>
constexpr auto exponent_of(const operation<operations::add, A, B>& e) {
    if constexpr (is_exp<B>)
        return operand<0>(operand<1>(e));
    else
        return operand<0>(operand<0>(e));
}
template <class A, class B>
constexpr auto rest_of(const operation<operations::add, A, B>& e) {
    if constexpr (is_exp<B>)
        return operand<0>(e);
    else
        return operand<1>(e);
}

template <class U>
constexpr auto log_of_total(const operation<operations::exp, U>& e) {
    return operand<0>(e);
}
template <class A, class B>
constexpr auto log_of_total(const operation<operations::add, A, B>& e) {
    return make<operations::log_add_exp>(log_of_total(operand<0>(e)), log_of_total(operand<1>(e)));
}

/// log(e).
template <class E>
constexpr auto make_log(const E& e) {
    if constexpr (is_exp_total<E>)
        return log_of_total(e);
    else if constexpr (is_exp_sum<E>)
        return make<operations::log_exp_sum>(rest_of(e), exponent_of(e));
    else
        return make<operations::log>(e);
}
/// log(sigmoid(x)) does not become -infinity with sigmoid(x).
template <class A>
constexpr auto make_log(const operation<operations::sigmoid, A>& e) {
    return make<operations::negate>(make<operations::softplus>(make<operations::negate>(operand<0>(e))));
}
/// log(1 + e).
template <class E>
constexpr auto make_log1p(const E& e) {
    if constexpr (is_exp<E>)
        return make<operations::softplus>(operand<0>(e));
    else
        return make<operations::log1p>(e);
}

/// The root of a square is the size, and has a derivative of 0 at 0.
template <class E>
constexpr auto make_sqrt(const E& e) {
    return make<operations::sqrt>(e);
}
template <class A>
constexpr auto make_sqrt(const operation<operations::square, A>& e) {
    return make<operations::abs>(operand<0>(e));
}
template <class A>
constexpr auto make_sqrt(const operation<operations::power<2>, A>& e) {
    return make<operations::abs>(operand<0>(e));
}
template <class A>
requires is_stateless<A>  // others of this type may have another number in them
constexpr auto make_sqrt(const operation<operations::multiply, A, A>& e) {
    return make<operations::abs>(operand<0>(e));
}

/// Whether an exponential is a term or a factor of a numerator.
template <class E>
inline constexpr bool holds_exp = is_exp<E>;
template <class A>
inline constexpr bool holds_exp<operation<operations::negate, A>> = holds_exp<A>;
template <class A, class B>
inline constexpr bool holds_exp<operation<operations::add, A, B>> = holds_exp<A> || holds_exp<B>;
template <class A, class B>
inline constexpr bool holds_exp<operation<operations::subtract, A, B>> = holds_exp<A> || holds_exp<B>;
template <class A, class B>
inline constexpr bool holds_exp<operation<operations::multiply, A, B>> = holds_exp<A> || holds_exp<B>;

/// a / b, where b is a sum with exponentials: each term of a is divided alone.
template <class A, class B>
constexpr auto make_quotient(const A& a, const B& b);

template <class A, class B>
struct quotient_of {
    static constexpr auto of(const A& a, const B& b) {
        if constexpr (is_exp_total<B>) {
            if constexpr (is_exp<A>)
                return make<operations::exp>(make<operations::subtract>(operand<0>(a), log_of_total(b)));
            else
                return make<operations::multiply>(
                    a, make<operations::exp>(make<operations::negate>(log_of_total(b))));
        } else if constexpr (is_exp<A>) {
            return make<operations::exp_over_exp_sum>(operand<0>(a), rest_of(b), exponent_of(b));
        } else {
            return make<operations::over_exp_sum>(a, rest_of(b), exponent_of(b));
        }
    }
};
template <class A, class B>
requires holds_exp<A>
struct quotient_of<operation<operations::negate, A>, B> {
    static constexpr auto of(const operation<operations::negate, A>& a, const B& b) {
        return make<operations::negate>(make_quotient(operand<0>(a), b));
    }
};
template <class Sum, class A1, class A2, class B>
requires(holds_exp<operation<Sum, A1, A2>> &&
         (std::is_same_v<Sum, operations::add> || std::is_same_v<Sum, operations::subtract>))  //
    struct quotient_of<operation<Sum, A1, A2>, B> {
    static constexpr auto of(const operation<Sum, A1, A2>& a, const B& b) {
        return make<Sum>(make_quotient(operand<0>(a), b), make_quotient(operand<1>(a), b));
    }
};
template <class A1, class A2, class B>
requires(holds_exp<A1> || holds_exp<A2>) struct quotient_of<operation<operations::multiply, A1, A2>, B> {
    static constexpr auto of(const operation<operations::multiply, A1, A2>& a, const B& b) {
        if constexpr (holds_exp<A2>)
            return make<operations::multiply>(operand<0>(a), make_quotient(operand<1>(a), b));
        else
            return make<operations::multiply>(make_quotient(operand<0>(a), b), operand<1>(a));
    }
};

template <class A, class B>
constexpr auto make_quotient(const A& a, const B& b) {
    if constexpr (is_exp_total<B> || is_exp_sum<B>)
        return quotient_of<A, B>::of(a, b);
    else
        return make<operations::divide>(a, b);
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET
