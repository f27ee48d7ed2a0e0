// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

namespace detail {

/// All of dense's rule on values.
constexpr layer_facts describe_dense(const shape& in, std::size_t units, const option_values& options) {
    if (options.broken != rule::ok) return broken_layer(options.broken);
    if (units == 0) return broken_layer(rule::extent_is_zero);
    if (in.rank != 1 && !options.has(option::last_axis)) return broken_layer(rule::flatten_is_missing);
    layer_facts facts = detail::blank_facts;
    facts.output = in;
    facts.output.extents[in.rank - 1] = units;
    facts.sees_everything = in.rank == 1;
    facts.add({"kernel",
               {in.channels(), units},
               true,
               initial::weights,
               in.channels(),
               units,
               options.l1,
               options.l2});
    const bool has_bias = !options.has(option::no_bias);
    if (has_bias) facts.add({"bias", shape{units}});
    facts.multiply_accumulates = facts.output.size() * in.channels();
    facts.pointwise_operations = has_bias ? facts.output.size() : 0;
    return facts;
}

}  // namespace detail

/// Fully connected layer: {m} -> {Units}, Units * (m + 1) parameters.
/// An image or a sequence is refused (it is nearly always a forgotten `flatten`) unless the option
/// `last_axis` asks for the layer to be applied to each pixel or time step. Options: no_bias, last_axis, l1, l2,
/// kernel_initializer.
template <std::size_t Units, class... Options>
struct dense {
    static constexpr text_view kind = "dense";
    static constexpr layer_role role = layer_role::contraction;
    static constexpr std::size_t units = Units;
    static constexpr option_values options =
        read_options<option::no_bias | option::last_axis | kernel_options, Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;
    static constexpr bool has_bias = !options.has(option::no_bias);

    static constexpr layer_facts describe(const shape& in) {
        return detail::describe_dense(in, Units, options);
    }
};

}  // namespace archetype
