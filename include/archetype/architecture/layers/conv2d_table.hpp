// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// Which channel each filter sees: `connected[channel][filter]`.
template <std::size_t Channels, std::size_t Filters>
struct connection_table {
    bool connected[Channels][Filters]{};
    static constexpr std::size_t channels = Channels, filters = Filters;

    constexpr std::size_t connections() const {
        std::size_t count = 0;
        for (const auto& row : connected)
            for (const bool one : row) count += one;
        return count;
    }
    /// The channel and the filter of a connection, in the order of the filters, then of their channels.
    struct pair {
        std::size_t channel, filter;
    };
    constexpr pair connection(std::size_t index) const {
        for (std::size_t f = 0; f < Filters; ++f)
            for (std::size_t c = 0; c < Channels; ++c)
                if (connected[c][f] && index-- == 0) return {c, f};
        return {Channels, Filters};
    }
};

/// Table I of LeCun et al. 1998, "Gradient-based learning applied to document recognition": S2 to C3 of LeNet-5.
inline constexpr connection_table<6, 16> lenet5_connections{{
    {1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1},
    {1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1},
    {1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1},
    {0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1, 1},
    {0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1},
    {0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1},
}};

/// A convolution whose filters see only the channels that a table connects them with: {H, W, C} -> {O, O', Filters} with
/// F F' weights for each connection and Filters biases. The kernel is [rows][columns][connection]. It computes as a
/// convolution whose other weights are zero. Options: stride, padding, same, dilation, no_bias, exact.
/// @tparam Kernel  a number for a square kernel or `extent{rows, columns}`
/// @tparam Table   a `connection_table`
template <auto Kernel, auto Table, class... Options>
requires std::convertible_to<decltype(Kernel), extent>
struct conv2d_table {
    static constexpr text_view kind = "conv2d_table";
    static constexpr layer_role role = layer_role::contraction;
    static constexpr extent kernel = Kernel;
    static constexpr auto table = Table;
    static constexpr std::size_t filters = table.filters, connections = table.connections();
    static constexpr option_values options =
        read_options<option::stride | option::padding | option::same | option::dilation | option::no_bias |
                         option::exact,
                     Options...>();
    static constexpr bool has_bias = !options.has(option::no_bias);

    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.has_window = true;
        facts.broken =
            connections == 0 ? rule::extent_is_zero : slide_window(facts.window, in, kernel, options);
        if (facts.broken != rule::ok) return facts;
        if (in.channels() != table.channels) return broken_layer(rule::table_has_other_channels);
        facts.output = {facts.window.rows.output, facts.window.columns.output, filters};
        facts.filter_of = [](const layer_facts&, std::uint64_t weight) {
            return table.connection(weight % connections).filter;
        };
        // Fans are means over the filters and the channels.
        const std::uint64_t weights = std::uint64_t{kernel.area()} * connections;
        facts.add({"kernel",
                   {kernel.height, kernel.width, connections},
                   true,
                   initial::weights,
                   (weights + filters - 1) / filters,
                   (weights + table.channels - 1) / table.channels});
        if (has_bias) facts.add({"bias", shape{filters}});
        facts.multiply_accumulates = std::uint64_t{facts.output.height()} * facts.output.width() * weights;
        facts.pointwise_operations = has_bias ? facts.output.size() : 0;
        std::uint64_t hash = 0;
        for (const auto& row : table.connected)
            for (const bool one : row) hash = (hash << 1 | hash >> 51) % (std::uint64_t{1} << 52) ^ one;
        facts.variant = static_cast<double>(hash);
        return facts;
    }
};

}  // namespace archetype
