// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// Layer normalization (Ba, Kiros, Hinton 2016) over the last axis: y = gamma (x - mean) / sqrt(variance + epsilon) + beta
/// with mean and biased variance of each pixel, time step or vector on its own, in training and at inference alike.
/// Two trainable numbers (gamma, beta) for each channel. Any shape, unchanged. Option: epsilon<1e-3> (Keras; PyTorch 1e-5).
template <class... Options>
struct layer_norm {
    static constexpr text_view kind = "layer_norm";
    static constexpr layer_role role = layer_role::rows;
    static constexpr option_values options = read_options<option::epsilon, Options...>();

    static constexpr layer_facts describe(const shape& in) {
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (!(options.epsilon > 0)) return broken_layer(rule::epsilon_is_not_positive);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.sees_everything = in.rank == 1;
        const shape channels{in.channels()};
        facts.add({"gamma", channels, true, initial::ones});
        facts.add({"beta", channels});
        facts.epsilon = facts.variant = options.epsilon;
        facts.pointwise_operations = 7 * in.size();  // mean 1, variance 3, result 3
        return facts;
    }
};

}  // namespace archetype
