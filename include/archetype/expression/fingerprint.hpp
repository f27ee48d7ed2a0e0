// SPDX-License-Identifier: BSL-1.0
/// @file fingerprint.hpp
/// A number that tells expressions apart by what they compute: their operations, variables and constants.
#pragma once
#include <archetype/architecture/text_view.hpp>
#include <archetype/expression/node.hpp>

#include <utility>

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

constexpr std::uint64_t mix_word(std::uint64_t hash, std::uint64_t word) {
    for (int i = 0; i < 8; ++i, word >>= 8) hash = (hash ^ (word & 0xff)) * 0x100000001b3u;
    return hash;
}
template <class S>
constexpr std::uint64_t mix_number(std::uint64_t hash, S number) {
    return mix_word(hash, __builtin_bit_cast(std::uint64_t, static_cast<double>(number)));
}

/// The name of an operation without the namespaces it stands in, the same from all compilers and for all processors.
template <class Operation>
constexpr text_view operation_name() {
    const text_view text = __PRETTY_FUNCTION__, start = "Operation = ";
    std::size_t first = 0;
    while (!text.part(first).starts_with(start)) ++first;
    first += start.size();
    std::size_t last = first;
    bool in_arguments = false;
    for (; text.data()[last] != ';' && text.data()[last] != ']'; ++last) {
        in_arguments = in_arguments || text.data()[last] == '<';
        if (!in_arguments && text.data()[last] == ':') first = last + 1;
    }
    return text.part(first, last - first);
}

template <std::size_t I>
constexpr std::uint64_t mix(std::uint64_t hash, variable<I>) {
    return mix_word(mix_word(hash, 1), I);
}
template <class S>
constexpr std::uint64_t mix(std::uint64_t hash, const constant<S>& e) {
    return mix_number(mix_word(hash, 2), e.number);
}
template <auto Number>
constexpr std::uint64_t mix(std::uint64_t hash, literal<Number>) {
    return mix_number(mix_word(hash, 2), Number);  // a constant is the same number, known later
}
template <class Operation, class... Operands>
constexpr std::uint64_t mix(std::uint64_t hash, const operation<Operation, Operands...>& e);
template <class... Es>
constexpr std::uint64_t mix(std::uint64_t hash, const result_list<Es...>& e);

template <class All, class... Es>
constexpr std::uint64_t mix_all(std::uint64_t hash, const All& e) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((hash = mix(hash, operand<I, Es>(e))), ...);
        return hash;
    }
    (std::index_sequence_for<Es...>{});
}
template <class Operation, class... Operands>
constexpr std::uint64_t mix(std::uint64_t hash, const operation<Operation, Operands...>& e) {
    hash = mix_word(hash, 3);
    for (const char c : operation_name<Operation>()) hash = mix_word(hash, static_cast<unsigned char>(c));
    return mix_all<operation<Operation, Operands...>, Operands...>(hash, e);
}
template <class... Es>
constexpr std::uint64_t mix(std::uint64_t hash, const result_list<Es...>& e) {
    return mix_all<result_list<Es...>, Es...>(mix_word(hash, 4), e);
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// FNV-1a, 64 bits, of the operations of an expression in their order, its variables and its constants as doubles. The same
/// from every compiler; two expressions that compute the same in another way differ.
template <class E>
constexpr std::uint64_t fingerprint(const E& e) {
    return detail::mix(0xcbf29ce484222325u, e);
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
