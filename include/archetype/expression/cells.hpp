// SPDX-License-Identifier: BSL-1.0
/// @file cells.hpp
/// The pointwise part of recurrent cells, as expressions. Arguments are the gates before their functions, the states, the
/// weights of single units and what was read; `f` is the function of the candidate, `g` that of the gates, expressions of
/// one variable.
#pragma once
#include <archetype/expression/substitute.hpp>

namespace archetype::expression::cells::inline ARCHETYPE_INSTRUCTION_SET {

/// h' = f(a).
template <class F, class A>
constexpr auto simple_rnn(const F& f, const A& a) {
    return substitute(f, a);
}

/// l' = g(forget) l + g(in) f(candidate), the long-term state of an LSTM.
template <class F, class G, class I, class Forget, class C, class L>
constexpr auto lstm_state(const F& f, const G& g, const I& in, const Forget& forget, const C& candidate,
                          const L& l) {
    return substitute(g, forget) * l + substitute(g, in) * substitute(f, candidate);
}

/// (h', l') with h' = g(out) f(l').
template <class F, class G, class O, class L>
constexpr auto lstm_results(const F& f, const G& g, const O& out, const L& next) {
    return results(substitute(g, out) * substitute(f, next), next);
}

/// g(reset) h, what a GRU reads of its state.
template <class G, class R, class H>
constexpr auto gru_read(const G& g, const R& reset, const H& h) {
    return substitute(g, reset) * h;
}

/// h' = z h + (1 - z) f(candidate) with z = g(update), as f + z (h - f).
template <class F, class G, class Z, class C, class H>
constexpr auto gru_state(const F& f, const G& g, const Z& update, const C& candidate, const H& h) {
    const auto fresh = substitute(f, candidate);
    return fresh + substitute(g, update) * (h - fresh);
}

}  // namespace archetype::expression::cells::inline ARCHETYPE_INSTRUCTION_SET
