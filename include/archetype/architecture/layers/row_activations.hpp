// SPDX-License-Identifier: BSL-1.0
/// @file row_activations.hpp
/// Activations that are more than one function of one element: with slopes that are trained, with a gate, of all channels.
#pragma once
#include <archetype/architecture/layers/named_activations.hpp>

namespace archetype {

/// x for x > 0, alpha x elsewhere, alpha trained (He et al. 2015): a slope for each channel; with the option `one_slope` one
/// for all; with `slope_per_element` one for each element of a sample (Keras without shared_axes). Any shape, unchanged.
/// Slopes start at 0 as Keras' do; PyTorch's and the paper's are `initial_slope<0.25>`.
template <class... Options>
struct prelu {
    static constexpr text_view kind = "prelu";
    static constexpr layer_role role = layer_role::rows;
    static constexpr option_values options =
        read_options<option::one_slope | option::slope_per_element | option::initial_slope, Options...>();

    static constexpr layer_facts describe(const shape& in) {
        if (options.broken != rule::ok) return broken_layer(options.broken);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        parameter slopes{"alpha", shape{in.channels()}, true, initial::number};
        if (options.has(option::one_slope)) slopes.extents = shape{1};
        if (options.has(option::slope_per_element)) slopes.extents = in;
        slopes.number = options.initial_slope;
        facts.add(slopes);
        facts.keeps_channels = true;
        facts.knows_places = options.has(option::slope_per_element) && in.rank > 1;
        facts.pointwise_operations = 2 * in.size();  // a comparison and a product
        return facts;
    }
};

/// x - log(sum exp(x_j)) over the last axis, without overflow; three operations for each element.
struct log_softmax {
    static constexpr text_view kind = "log_softmax";
    static constexpr layer_role role = layer_role::rows;
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.function = known_function::log_softmax;
        facts.sees_everything = in.rank == 1;
        facts.pointwise_operations = 3 * in.size();
        return facts;
    }
};

/// What gates share: {..., C} -> {..., C / 2}, one half of the channels times a function of the other.
struct gate_layer {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr layer_facts describe(const shape& in) {
        if (in.channels() % 2 != 0) return broken_layer(rule::channels_have_no_halves);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.output.extents[in.rank - 1] = in.channels() / 2;
        facts.sees_one_pixel = true;
        facts.pointwise_operations = 2 * facts.output.size();
        return facts;
    }
};

/// Gated linear unit (Dauphin et al. 2017): a / (1 + exp(-b)), a the first half of the channels and b the second.
struct glu : gate_layer {
    static constexpr text_view kind = "glu";
    using function = sigmoid;
    static constexpr bool first_is_gate = false;
};
/// a / (1 + exp(-a)) b, a the first half of the channels and b the second (Shazeer 2020).
struct swiglu : gate_layer {
    static constexpr text_view kind = "swiglu";
    using function = silu;
    static constexpr bool first_is_gate = true;
};
/// a Phi(a) b, a the first half of the channels and b the second (Shazeer 2020).
struct geglu : gate_layer {
    static constexpr text_view kind = "geglu";
    using function = gelu;
    static constexpr bool first_is_gate = true;
};

}  // namespace archetype
