// SPDX-License-Identifier: BSL-1.0
/// @file steps.hpp
/// The steps of a plan as types that lowering works on: the layer, and where its operands lie.
#pragma once
#include <archetype/execution/parameters.hpp>
#include <archetype/execution/pointwise.hpp>
#include <archetype/kernels/image.hpp>

namespace archetype::detail {

/// The plan of `Net` for a purpose.
template <class Net>
inline constexpr auto training_plan = make_plan<Net, purpose::training>(result_determines_gradient<Net>());

template <class Net, purpose Goal>
constexpr const auto& plan_of() {
    if constexpr (Goal == purpose::inference)
        return inference_plan<Net>;
    else
        return training_plan<Net>;
}

/// A value as the kernels see it, read with the shape a layer takes it to have (a reshape moves no data).
constexpr kernels::image image_of(const value& v, const shape& extents) {
    kernels::image image = kernels::halo_image(extents.height(), extents.width(), extents.channels(), v.top,
                                               v.left, v.bottom, v.right);
    return image;
}

/// Step `S` of the plan of `Net` for `Goal`.
template <class Net, purpose Goal, std::size_t S>
struct step_of {
    using network = Net;
    static constexpr purpose goal = Goal;
    static constexpr std::size_t index = S;
    static constexpr step now = plan_of<Net, Goal>().steps[S];
    static constexpr const node& at = unchecked_facts<Net>.nodes[now.anchor];
    using layer = boost::mp11::mp_at_c<layers_of<Net>, now.anchor>;
    static constexpr kernels::image in = image_of(plan_of<Net, Goal>().values[now.from], at.input);
    static constexpr shape result = now.copies ? at.input : at.output;
    /// The anchor's result; what is stored, unless a pooling follows on the fly.
    static constexpr kernels::image out =
        image_of(now.pool == none ? plan_of<Net, Goal>().values[now.to] : value{}, result);
    using activations = activation_chain<Net, now.activation_first, now.activation_last>;
    using pool_activations = activation_chain<Net, now.pool_activation_first, now.pool_activation_last>;
};

/// Calls `visit(step_of<Net, Goal, S>{})` for each step in order, or backwards.
template <class Net, purpose Goal, class Visit>
constexpr void for_each_step(Visit&& visit) {
    [&]<std::size_t... S>(std::index_sequence<S...>) { (visit(step_of<Net, Goal, S>{}), ...); }
    (std::make_index_sequence<plan_of<Net, Goal>().step_count>{});
}
template <class Net, purpose Goal, class Visit>
constexpr void for_each_step_backwards(Visit&& visit) {
    constexpr std::size_t count = plan_of<Net, Goal>().step_count;
    [&]<std::size_t... S>(std::index_sequence<S...>) { (visit(step_of<Net, Goal, count - 1 - S>{}), ...); }
    (std::make_index_sequence<count>{});
}

/// The sliding window of a layer as the kernels see it.
constexpr kernels::window window_of(const node& at) {
    if (!at.has_window) return {};
    const window_axis &rows = at.window.rows, &columns = at.window.columns;
    return {rows.kernel,   columns.kernel,   rows.stride, columns.stride,
            rows.dilation, columns.dilation, rows.before, columns.before};
}

}  // namespace archetype::detail
