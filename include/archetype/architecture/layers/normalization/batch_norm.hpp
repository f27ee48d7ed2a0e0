// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layers/normalization/layer_norm.hpp>

namespace archetype {

/// Batch normalization (Ioffe, Szegedy 2015) over the last axis: y = gamma (x - mean) / sqrt(variance +
/// epsilon) + beta. Two trainable (gamma, beta) and two moving (mean, variance) numbers for each channel. Any
/// shape, unchanged. Options: epsilon<1e-3>, momentum<0.99>, unbiased_variance, no_center (no beta), no_scale (no gamma).
template <class... Options>
struct batch_norm {
    static constexpr text_view kind = "batch_norm";
    static constexpr layer_role role = layer_role::normalization;
    static constexpr option_values options =
        read_options<option::epsilon | option::momentum | option::unbiased_variance | option::no_center |
                         option::no_scale,
                     Options...>();

    static constexpr layer_facts describe(const shape& in) {
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (!(options.epsilon > 0)) return broken_layer(rule::epsilon_is_not_positive);
        if (!(options.momentum >= 0 && options.momentum <= 1))
            return broken_layer(rule::momentum_is_out_of_range);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        const shape channels{in.channels()};
        detail::add_affine(facts, options, channels);
        facts.add({"moving_mean", channels, false});
        facts.add({"moving_variance", channels, false, initial::ones});
        facts.epsilon = options.epsilon;
        facts.momentum = options.momentum;
        facts.pointwise_operations = 2 * in.size();
        return facts;
    }
};

}  // namespace archetype
