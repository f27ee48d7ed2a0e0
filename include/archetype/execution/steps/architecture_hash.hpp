// SPDX-License-Identifier: BSL-1.0
/// @file architecture_hash.hpp
/// One number for an architecture, by which weights know their network.
#pragma once
#include <archetype/execution/steps/cells.hpp>
#include <archetype/execution/steps/parameters.hpp>
#include <archetype/expression/fingerprint.hpp>

#include <array>
#include <boost/mp11/algorithm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
    for (int i = 0; i < 8; ++i, word >>= 8) hash = (hash ^ (word & 0xff)) * 0x100000001b3u;
    return hash;
}
constexpr std::uint64_t mix(std::uint64_t hash, const shape& extents) {
    hash = mix(hash, extents.rank);
    for (std::size_t axis = 0; axis < extents.rank; ++axis) hash = mix(hash, extents[axis]);
    return hash;
}

/// What a pointwise layer computes if that is not known by its name alone, else 0.
template <class Layer>
constexpr std::uint64_t own_function() {
    if constexpr (Layer::describe(shape{1}).function == known_function::none)
        return expression::fingerprint(expression_of<Layer>);
    else
        return 0;
}
template <class A, class B>
constexpr std::uint64_t own_functions_of_gates() {
    const std::uint64_t a = own_function<A>(), b = own_function<B>();
    return a == 0 && b == 0 ? 0 : mix(mix(0xcbf29ce484222325u, a), b);
}

/// What a cell computes, 0 for the library's own with functions that are known.
template <class Cell>
inline constexpr std::uint64_t own_cell = mix(expression::fingerprint(cell_expressions<Cell>::step),
                                              expression::fingerprint(cell_expressions<Cell>::read));
template <class A>
inline constexpr std::uint64_t own_cell<simple_rnn_cell<A>> = own_functions_of_gates<A, tanh>();
template <class A, class R, peephole P>
inline constexpr std::uint64_t own_cell<lstm_cell<A, R, P>> = own_functions_of_gates<A, R>();
template <class A, class R, bool ResetAfter>
inline constexpr std::uint64_t own_cell<gru_cell<A, R, ResetAfter>> = own_functions_of_gates<A, R>();

/// For each layer of `Net`, what it computes where users wrote it, else 0.
template <class Net>
constexpr auto own_functions() {
    std::array<std::uint64_t, unchecked_facts<Net>.size() + 1> functions{};
    std::size_t index = 0;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, layers_of<Net>>>(
        [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
            if constexpr (requires { pointwise_expression<Layer>::value; })
                functions[index] = own_function<Layer>();
            else if constexpr (requires { typename Layer::cell; })
                functions[index] = own_cell<typename Layer::cell>;
            ++index;
        });
    return functions;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A fingerprint (FNV-1a, 64 bits) of the layers, their shapes, windows, parameters and the functions that users wrote:
/// constant weights carry it, so that weights made for another architecture do not compile. The values for published
/// networks are pinned in tests/execution/architecture_hash.cpp: a change needs another `weights_format`.
template <class Net>
inline constexpr std::uint64_t architecture_hash = [] {
    constexpr const auto& facts = detail::unchecked_facts<Net>;
    std::uint64_t hash = detail::mix(0xcbf29ce484222325u, facts.input);
    constexpr auto functions = detail::own_functions<Net>();
    std::size_t position = 0;
    for (const node& at : facts.nodes) {
        for (char c : at.kind) hash = detail::mix(hash, static_cast<unsigned char>(c));
        hash = detail::mix(hash, at.output);
        hash = detail::mix(hash, __builtin_bit_cast(std::uint64_t, at.variant));
        for (std::size_t e = 0; e < at.edge_count; ++e)  // a chain needs no more than its order
            if (const std::size_t source = facts.source(at, e); at.edge_count > 1 || source + 1 != position)
                hash =
                    detail::mix(hash, source == none ? ~std::uint64_t{0} : source);  // of whatever word size
        if (at.shares != none) hash = detail::mix(hash, at.shares);
        ++position;
        if (at.has_window)
            for (const window_axis& axis : {at.window.rows, at.window.columns})
                for (std::size_t number : {axis.kernel, axis.stride, axis.dilation, axis.before})
                    hash = detail::mix(hash, number);
        for (std::size_t i = 0; i < at.parameter_tensors; ++i)
            hash = detail::mix(hash, at.parameters[i].extents);
        if (functions[position - 1] != 0) hash = detail::mix(hash, functions[position - 1]);
    }
    return hash;
}();

/// The same with what is frozen, which decides where parameters lie.
template <class Net>
inline constexpr std::uint64_t parameters_hash = [] {
    std::uint64_t hash = detail::mix(architecture_hash<Net>, 0x70617261u);
    for (const node& at : detail::unchecked_facts<Net>.nodes) hash = detail::mix(hash, at.frozen ? 1 : 2);
    return hash;
}();

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
