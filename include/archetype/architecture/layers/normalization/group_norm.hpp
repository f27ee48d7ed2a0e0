// SPDX-License-Identifier: BSL-1.0
/// @file group_norm.hpp
/// Normalization of each sample over all its pixels, channels in groups.
#pragma once
#include <archetype/architecture/layers/normalization/layer_norm.hpp>

namespace archetype {

/// What group and instance normalization share.
struct basic_group_norm {
    static constexpr layer_role role = layer_role::rows;
    static constexpr layer_facts describe(const shape& in, std::size_t groups, const option_values& options,
                                          double epsilon) {
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (groups == 0) return broken_layer(rule::extent_is_zero);
        if (!(epsilon > 0)) return broken_layer(rule::epsilon_is_not_positive);
        if (in.channels() % groups != 0)
            return broken_layer(rule::input_channels_are_not_divisible_by_groups);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.sees_all_rows = facts.sees_all_columns = true;
        facts.sees_everything = in.rank == 1;
        facts.keeps_channels = groups == in.channels();
        facts.normalizes = in.size() / groups;
        detail::add_affine(facts, options, shape{in.channels()});
        facts.epsilon = epsilon;
        facts.variant = detail::fingerprint({double(groups), detail::norm_variant(options, epsilon)});
        facts.pointwise_operations = 7 * in.size();  // mean 1, variance 3, result 3
        return facts;
    }
};

/// Group normalization (Wu, He 2018): y = gamma (x - mean) / sqrt(variance + epsilon) + beta with mean and biased variance of
/// `Groups` groups of neighbouring channels, each over all pixels of a sample. Two trainable numbers for each channel. Any
/// shape, unchanged. Options: epsilon<1e-3> (Keras; PyTorch and ONNX 1e-5), no_center, no_scale.
template <std::size_t Groups, class... Options>
struct group_norm : basic_group_norm {
    static constexpr text_view kind = "group_norm";
    static constexpr option_values options =
        read_options<option::epsilon | option::no_center | option::no_scale, Options...>();
    static constexpr std::size_t groups_of(std::size_t) { return Groups; }
    static constexpr layer_facts describe(const shape& in) {
        return basic_group_norm::describe(in, Groups, options, options.epsilon);
    }
};

/// Instance normalization (Ulyanov et al. 2016): group normalization with a group for each channel. Options: epsilon<1e-5>
/// (PyTorch, ONNX), no_center, no_scale; both are PyTorch's default.
template <class... Options>
struct instance_norm : basic_group_norm {
    static constexpr text_view kind = "instance_norm";
    static constexpr option_values options = [] {
        option_values read =
            read_options<option::epsilon | option::no_center | option::no_scale, Options...>();
        if (!read.has(option::epsilon)) read.epsilon = 1e-5;
        return read;
    }();
    static constexpr std::size_t groups_of(std::size_t channels) { return channels; }
    static constexpr layer_facts describe(const shape& in) {
        return basic_group_norm::describe(in, in.channels(), options, options.epsilon);
    }
};

}  // namespace archetype
