// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// Drops each element with probability `Rate` in training and scales the rest by 1 / (1 - Rate); does nothing
/// at inference (Srivastava et al. 2014, in the inverted form of all frameworks). Any shape, unchanged.
template <auto Rate>
requires std::convertible_to<decltype(Rate), double>
struct dropout {
    static constexpr text_view kind = "dropout";
    static constexpr layer_role role = layer_role::alias;
    static constexpr double rate = Rate;
    static constexpr layer_facts describe(const shape& in) {
        if (!(rate >= 0 && rate < 1)) return broken_layer(rule::dropout_rate_is_out_of_range);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.rate = rate;
        facts.acts_in_training_only = true;
        return facts;
    }
};

/// Dropout as its paper has it (Srivastava et al. 2014): each element is dropped with probability `Rate` in training, the
/// rest is left as it is, and at inference all are multiplied with the probability 1 - Rate of being kept. The
/// expectation of what follows is the same in training and at inference, as with `dropout`. Any shape, unchanged.
template <auto Rate>
requires std::convertible_to<decltype(Rate), double>
struct original_dropout {
    static constexpr text_view kind = "original_dropout";
    static constexpr layer_role role = layer_role::rows;  // a step of its own, in training and at inference
    static constexpr double rate = Rate;
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = dropout<Rate>::describe(in);
        if (facts.broken != rule::ok) return facts;
        facts.acts_in_training_only = false;
        facts.variant = rate;
        facts.pointwise_operations = in.size();
        return facts;
    }
};

}  // namespace archetype
