// SPDX-License-Identifier: BSL-1.0
/// @file grouped.hpp
/// Groups of features with a layer for each.
#pragma once
#include <archetype/architecture/graph.hpp>

namespace archetype {

namespace detail {
template <class Layer, class Indices>
struct grouped_of;
template <class Layer, std::size_t... I>
struct grouped_of<Layer, boost::mp11::index_sequence<I...>> {
    template <std::size_t>
    using same = Layer;
    using type = split<-1, concatenate, same<I>...>;
};
}  // namespace detail

/// `Groups` equal parts of the features, each through a layer `Layer` (or another part) of its own, their results one after the
/// other: grouped recurrent networks (Gao et al., NAACL 2018), `grouped<2, gru<16, return_sequences>>` gives 32 features.
/// What the groups know reaches the others by a `channel_shuffle<Groups>` between two such layers. Parts are named as in `branches`.
template <std::size_t Groups, class Layer>
requires(Groups > 0) using grouped =
    typename detail::grouped_of<Layer, boost::mp11::make_index_sequence<Groups>>::type;

}  // namespace archetype
