// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

namespace detail {
/// Cells along time that results behind a class token read.
constexpr cells_read cells_behind_a_token(const shape&, bool rows, cells_read results) {
    if (rows) return results;
    return {results.first == 0 ? 0 : results.first - 1, results.last - 1};
}
}  // namespace detail

/// A trained vector as a further step before the others (Devlin et al. 2018; ViT: Dosovitskiy et al. 2020): {T, C} -> {T + 1, C}, C
/// parameters (`class_token` {C}), zeros at first as in torchvision. Option: kernel_initializer.
template <class... Options>
struct class_token {
    static constexpr text_view kind = "class_token";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr option_values options = read_options<option::kernel_initializer, Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;

    static constexpr layer_facts describe(const shape& in) {
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
        layer_facts facts = detail::blank_facts;
        facts.output = {in.width() + 1, in.channels()};
        facts.reads_cells = &detail::cells_behind_a_token;
        parameter token{"class_token", shape{in.channels()}};
        if (!std::is_void_v<initializer>) token.start = initial::weights;
        token.fan_in = token.fan_out = 1;
        facts.add(token);
        return facts;
    }
};

}  // namespace archetype
