// SPDX-License-Identifier: BSL-1.0
/// @file positions.hpp
/// What tells the steps of a sequence apart: trained vectors, or waves of many lengths.
#pragma once
#include <archetype/architecture/layers/joins.hpp>

namespace archetype {

/// Adds a trained vector to each step (Gehring et al. 2017; BERT, GPT-2): {T, C} -> {T, C} with T at most `Positions`; Positions * C
/// parameters (`embeddings` {Positions, C}), the first T rows of which are used. `embedding` has Keras' name for them. A stream
/// takes `Positions` steps and no more. Option: kernel_initializer.
template <std::size_t Positions, class... Options>
struct position_embedding {
    static constexpr text_view kind = "position_embedding";
    static constexpr layer_role role = layer_role::operand;
    using join = add;
    static constexpr option_values options = read_options<option::kernel_initializer, Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;
    /// The weights that one sample of shape `in` meets.
    static constexpr shape extents_for(const shape& in) { return in; }

    static constexpr layer_facts describe(const shape& in) {
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
        if (in.width() > Positions) return broken_layer(rule::more_steps_than_positions);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.variant = static_cast<double>(join_kind::sum);
        facts.knows_places = facts.counts_steps = true;
        facts.most_steps = Positions;
        facts.pointwise_operations = in.size();
        facts.add(
            {"embeddings", {Positions, in.channels()}, true, initial::weights, Positions, in.channels()});
        return facts;
    }
};

/// Adds waves to each step (Vaswani et al. 2017; Keras' SinePositionEncoding): {T, C} -> {T, C},
/// out[t][c] = in[t][c] + w(t Base^(-2 floor(c / 2) / C)) with the sine as w for even c, the cosine for odd c. No parameters, and
/// no last step. `Base` is Keras' max_wavelength.
template <double Base = 10000.0>
struct sinusoidal_positions {
    static constexpr text_view kind = "sinusoidal_positions";
    static constexpr layer_role role = layer_role::operand;
    static constexpr double base = Base;

    static constexpr layer_facts describe(const shape& in) {
        if (!(Base > 1)) return broken_layer(rule::base_of_positions_is_too_small);
        if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.variant = Base;
        facts.knows_places = facts.counts_steps = true;
        facts.pointwise_operations = 2 * in.size();  // a wave and a sum
        facts.scratch_elements = in.channels();
        return facts;
    }
};

}  // namespace archetype
