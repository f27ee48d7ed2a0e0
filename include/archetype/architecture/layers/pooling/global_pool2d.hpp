// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layers/pooling/pool2d.hpp>

namespace archetype {

/// What the global poolings share: {H, W, C} -> {C}.
struct basic_global_pool2d {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank != 3) return broken_layer(rule::takes_an_image);
        layer_facts facts = detail::blank_facts;
        facts.output = shape{in.channels()};
        facts.sees_everything = facts.keeps_channels = true;
        facts.pointwise_operations = in.size();
        return facts;
    }
};

/// The mean of each channel over the whole image.
struct global_avg_pool2d : basic_global_pool2d {
    static constexpr text_view kind = "global_avg_pool2d";
    static constexpr pool_result result = pool_result::mean;
};

/// The largest value of each channel over the whole image.
struct global_max_pool2d : basic_global_pool2d {
    static constexpr text_view kind = "global_max_pool2d";
    static constexpr pool_result result = pool_result::largest;
};

}  // namespace archetype
