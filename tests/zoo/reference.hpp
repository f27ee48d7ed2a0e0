// SPDX-License-Identifier: BSL-1.0
// What make_references.py stores of a network, and the comparison of constants with it.
#pragma once
#include <archetype/architecture.hpp>
#include <array>
#include <string>

namespace references {
namespace at = archetype;

/// A layer with weights: extents of its result, parameters, multiply-adds.
struct row {
    std::size_t height, width, channels;
    std::uint64_t parameters, multiply_adds;
};

template <std::size_t Rows>
struct reference {
    std::uint64_t trainable, fixed;
    std::array<row, Rows> rows;
    double gain;  ///< of the weights: numbers::scale
    std::size_t result_count;
    double largest;  ///< of the results
    double results[6];
};

/// The first row that the network does not have, or Rows if it has all and no others.
template <class Net, std::size_t Rows>
constexpr std::size_t first_difference(const reference<Rows>& expected) {
    constexpr const auto& facts = at::facts_of<Net>;
    std::size_t next = 0;
    for (const at::node& layer : facts.nodes) {
        if (layer.role != at::layer_role::contraction) continue;
        if (next == Rows) return Rows + 1;
        const row& other = expected.rows[next];
        const at::shape& out = layer.output;
        if (out.height() != other.height || out.width() != other.width || out.channels() != other.channels ||
            layer.count(true) != other.parameters || layer.multiply_accumulates != other.multiply_adds)
            return next;
        ++next;
    }
    return next;
}

/// All constants of a network that PyTorch tells too.
template <class Net, std::size_t Rows>
constexpr bool agrees(const reference<Rows>& expected) {
    std::uint64_t products = 0;
    for (const row& layer : expected.rows) products += layer.multiply_adds;
    return at::parameter_count<Net> == expected.trainable && at::non_trainable_count<Net> == expected.fixed &&
           at::multiply_accumulate_count<Net> == products && first_difference<Net>(expected) == Rows;
}

/// The layers with parameters have PyTorch's names, in order of execution, "/" for its ".". From the end of each name, as
/// paths have their beginning last. (No name stands twice in PyTorch, so numbers behind equal names need no look.)
template <class Net, std::size_t Count>
constexpr bool has_names(const char* const (&names)[Count]) {
    constexpr const auto& facts = at::facts_of<Net>;
    std::size_t next = 0;
    for (const at::node& layer : facts.nodes) {
        if (layer.parameter_tensors == 0) continue;
        if (next == Count) return false;
        at::text_view left(names[next], std::char_traits<char>::length(names[next]));
        for (std::size_t which = layer.scope; which != 0; which = facts.scopes[which].parent) {
            const at::text_view& part = facts.scopes[which].text;
            if (part.size() > left.size() || left.part(left.size() - part.size()) != part) return false;
            left = left.part(0, left.size() - part.size());
            const bool is_first = facts.scopes[which].parent == 0;
            if (is_first != left.empty()) return false;
            if (is_first) break;
            if (left.data()[left.size() - 1] != '.') return false;
            left = left.part(0, left.size() - 1);
        }
        ++next;
    }
    return next == Count;
}

/// The arena is at most a tenth larger than the largest set of values that is alive at once.
template <class Net>
inline constexpr bool arena_is_tight = 10 * at::arena_bytes<Net> <= 11 * at::arena_lower_bound_bytes<Net>;

}  // namespace references
