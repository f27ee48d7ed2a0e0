// SPDX-License-Identifier: BSL-1.0
// What make_references.py stores of a network, and the comparison of constants with it.
#pragma once
#include <archetype/architecture.hpp>

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

/// The arena is at most a tenth larger than the largest set of values that is alive at once.
template <class Net>
inline constexpr bool arena_is_tight = 10 * at::arena_bytes<Net> <= 11 * at::arena_lower_bound_bytes<Net>;

}  // namespace references
