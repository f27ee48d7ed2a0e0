// SPDX-License-Identifier: BSL-1.0
/// @file with_winograd.hpp
/// Networks whose convolutions are computed by Winograd's minimal filtering where that is faster.
#pragma once
#include <archetype/architecture/path.hpp>
#include <archetype/architecture/winograd_cost.hpp>

namespace archetype {

namespace detail {

/// `Part`, its convolutions of 3 x 3 in tiles of up to `Most` x `Most` results where that is faster.
template <std::size_t Most, class Part>
struct filtered_by_winograd {};

template <std::size_t Most, class Part>
struct part<filtered_by_winograd<Most, Part>> {
    struct content {
        using layers = typename part<Part>::content::layers;
    };
    static constexpr tally size = part<Part>::size;
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        const std::size_t first = visitor.facts.node_count;
        part<Part>::visit(visitor);
        for (std::size_t n = first; n < visitor.facts.node_count && !visitor.failed(); ++n) {
            auto& at = visitor.nodes[n];
            if (at.winograd == 0) at.winograd = fastest_winograd(at.input, at, Most);
        }
        visitor.changed = visitor.facts.node_count;
    }
};
template <name Name, std::size_t Most, class Part>
struct part<named<Name, filtered_by_winograd<Most, Part>>>
    : part<filtered_by_winograd<Most, named<Name, Part>>> {};
template <std::size_t Most, class Part>
inline constexpr bool is_named<filtered_by_winograd<Most, Part>> = is_named<Part>;

template <class Net, std::size_t Most>
struct with_winograd;
template <class Input, class... Parts, std::size_t Most>
struct with_winograd<network<Input, Parts...>, Most> {
    using type = network<Input, filtered_by_winograd<Most, Parts>...>;
};

}  // namespace detail

/// The network with every convolution of 3 x 3 and stride 1 computed by Winograd's filtering where a rule of sizes says that it
/// is faster: in tiles of 4 x 4 results, of 2 x 2, or directly. Parameters, names and files are those of `Net`, results differ
/// in the last bits. Layers with the option `winograd` keep their tile.
/// @tparam Most  2 or 4: tiles of 2 x 2 alone are more exact than the direct kernels, and slower than those of 4 x 4
template <class Net, std::size_t Most = 4>
requires(Most == 2 || Most == 4) using with_winograd = typename detail::with_winograd<Net, Most>::type;

}  // namespace archetype
