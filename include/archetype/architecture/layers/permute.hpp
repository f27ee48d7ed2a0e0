// SPDX-License-Identifier: BSL-1.0
/// @file permute.hpp
/// Other orders of axes and of channels.
#pragma once
#include <archetype/architecture/combinators.hpp>
#include <archetype/architecture/layers/reshape.hpp>

namespace archetype {

/// Axes in another order, numbered from 1 as in Keras' Permute (0 is the batch, so that these are PyTorch's numbers, too):
/// `permute<3, 1, 2>` is {H, W, C} -> {C, H, W}. What moves only axes of one cell moves no data.
template <std::size_t... Axes>
requires(sizeof...(Axes) >= 1 && sizeof...(Axes) <= 3) struct permute {
    static constexpr text_view kind = "permute";
    static constexpr layer_role role = layer_role::rearrangement;
    static constexpr layer_facts describe(const shape& in) {
        constexpr std::size_t axes[] = {Axes...};
        std::size_t seen = 0;
        for (const std::size_t axis : axes)
            seen |= axis == 0 || axis > sizeof...(Axes) ? 0 : std::size_t{1} << (axis - 1);
        if (seen != (std::size_t{1} << sizeof...(Axes)) - 1)
            return broken_layer(rule::axes_are_no_permutation);
        if (in.rank != sizeof...(Axes)) return broken_layer(rule::rank_mismatch);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.variant = detail::fingerprint({double(Axes)...});
        for (std::size_t i = 0; i < in.rank; ++i) {
            facts.output.extents[i] = in[axes[i] - 1];
            facts.moves.from[i + 3 - in.rank] = axes[i] + 2 - in.rank;
        }
        return facts;
    }
};

/// Channels first: {H, W, C} -> {C, H, W}, {T, C} -> {C, T}; a vector stays.
struct channels_first {
    static constexpr text_view kind = "channels_first";
    static constexpr layer_role role = layer_role::rearrangement;
    static constexpr layer_facts describe(const shape& in) {
        return in.rank == 3   ? permute<3, 1, 2>::describe(in)
               : in.rank == 2 ? permute<2, 1>::describe(in)
                              : permute<1>::describe(in);
    }
};

/// Any shape -> {number of its elements} in the order of PyTorch's Flatten: channel by channel, each with its rows and
/// columns. Dense layers behind it have a PyTorch file's weights in their order.
using flatten_channels_first = sequence<channels_first, flatten>;

/// Channels of `Groups` groups dealt out in turn (Zhang et al. 2017; `torch.nn.ChannelShuffle`): channels seen as
/// [Groups][C / Groups], transposed. {..., C} -> {..., C}.
template <std::size_t Groups>
struct channel_shuffle {
    static constexpr text_view kind = "channel_shuffle";
    static constexpr layer_role role = layer_role::rearrangement;
    static constexpr layer_facts describe(const shape& in) {
        if (Groups == 0) return broken_layer(rule::extent_is_zero);
        if (in.rank > 4) return broken_layer(rule::rank_mismatch);
        if (in.channels() % Groups != 0)
            return broken_layer(rule::input_channels_are_not_divisible_by_groups);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.moves.groups = Groups;
        facts.variant = static_cast<double>(Groups);
        return facts;
    }
};

}  // namespace archetype
