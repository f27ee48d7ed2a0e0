// SPDX-License-Identifier: BSL-1.0
/// @file steps.hpp
/// The steps of a plan as types that lowering works on: the layer, and where its operands lie.
#pragma once
#include <archetype/execution/steps/parameters.hpp>
#include <archetype/execution/steps/pointwise.hpp>
#include <archetype/kernels/images/stretched.hpp>

#include <boost/mp11/algorithm.hpp>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The plan of `Net` for a purpose.
template <class Net>
inline constexpr auto training_plan =
    make_plan<Net, purpose::training>(result_determines_gradient<Net>().data());

/// The plan of a stream that has one of its own (`stream_goal`).
template <class Net>
inline constexpr auto streaming_plan = make_plan<Net, purpose::streaming>();

template <class Net, purpose Goal>
constexpr const auto& plan_of() {
    if constexpr (Goal == purpose::inference)
        return inference_plan<Net>;
    else if constexpr (Goal == purpose::streaming)
        return streaming_plan<Net>;
    else
        return training_plan<Net>;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// How `Net` is run in training, where what the backward pass reads is kept: as `inference_plan_of`.
template <class Net>
requires well_formed<Net>
inline constexpr const auto& training_plan_of = detail::training_plan<Net>;

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A value as the kernels see it, read with the shape a layer takes it to have (a reshape moves no data).
constexpr kernels::image image_of(const value& v, const shape& extents) {
    const bool in_whole = v.pixel_channels != v.extents.channels() && v.pixel_channels != 0;
    kernels::image image = kernels::halo_image(extents.height(), extents.width(),
                                               in_whole ? v.pixel_channels : extents.channels(), v.top,
                                               v.left, v.bottom, v.right);
    image.channels = extents.channels();
    image.offset += v.first_channel;
    return image;
}

/// Of a step's operand, as the join sees it.
template <class Net>
constexpr const shape& operand_shape(const step& now, std::size_t operand) {
    const node& join = unchecked_facts<Net>.nodes[now.join];
    return unchecked_facts<Net>.shape_of(
        unchecked_facts<Net>.source(join, operand < now.join_position ? operand : operand + 1));
}
/// Of what a step's layer reads.
template <class Net>
constexpr const shape& read_shape(const step& now) {
    const node& at = unchecked_facts<Net>.nodes[now.anchor];
    return now.join == now.anchor
               ? unchecked_facts<Net>.shape_of(unchecked_facts<Net>.source(at, now.join_position))
               : at.input;
}

/// Where element `i` of a join comes from in an operand, whose extents may repeat.
constexpr std::size_t repeated_from(std::size_t i, const shape& operand, const shape& result) {
    if (operand.size() == result.size()) return i;
    const std::size_t channels = result.channels(), width = result.width();
    const auto along = [](std::size_t at, std::size_t extent) { return extent == 1 ? 0 : at; };
    const std::size_t y = along(i / channels / width, operand.height()),
                      x = along(i / channels % width, operand.width()),
                      c = along(i % channels, operand.channels());
    return (y * operand.width() + x) * operand.channels() + c;
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
    static constexpr shape result = now.copies ? plan_of<Net, Goal>().values[now.to].extents : at.output;
    static constexpr shape taken = now.copies ? result : read_shape<Net>(now);
    static constexpr kernels::image in = image_of(plan_of<Net, Goal>().values[now.from], taken);
    /// The anchor's result; what is stored, unless a pooling follows on the fly.
    static constexpr kernels::image out =
        image_of(now.pool == none ? plan_of<Net, Goal>().values[now.to] : value{}, result);
    /// Where the result lies: in a value of its own, or in the one that it is a part of. The first who writes there clears
    /// the halo.
    static constexpr const value& storage =
        plan_of<Net, Goal>().values[plan_of<Net, Goal>().values[now.to].storage];
    static constexpr bool clears_halo = storage.has_halo() && storage.first_written == S;
    static constexpr kernels::image storage_image = image_of(storage, storage.extents);
    using activations = activation_range<Net, now.activation_first, now.activation_last>;
    using join_activations = activation_range<Net, now.join_activation_first, now.join_activation_last>;
    using pool_activations = activation_range<Net, now.pool_activation_first, now.pool_activation_last>;

    /// What the step does to its results: activations, and between them a join with other values, which `place_of` finds.
    template <class T, class PlaceOf>
    static auto epilogue(const PlaceOf& place_of) {
        if constexpr (now.join == none) {
            return activations{};
        } else {
            return [&]<std::size_t... I>(std::index_sequence<I...>) {
                constexpr const auto& plan = plan_of<Net, Goal>();
                using join = boost::mp11::mp_at_c<layers_of<Net>, now.join>;
                return joined_epilogue<
                    T, join, comes_after_operand<join>(now.join_position), activations, join_activations,
                    kernels::stretch(image_of(plan.values[plan.operands[now.operand_first + I]],
                                              operand_shape<Net>(now, I)),
                                     image_of(value{}, result))...>{
                    {place_of(plan.operands[now.operand_first + I])...}};
            }
            (std::make_index_sequence<now.operand_count>{});
        }
    }
};

/// Calls visit(std::integral_constant) for 0 to Count - 1, in groups: fold expressions of clang++ have at most 256 parts.
template <std::size_t Count, std::size_t First = 0, class Visit>
ARCHETYPE_INLINE constexpr void for_each_number(Visit&& visit) {
    constexpr std::size_t left = Count - First, some = left > 256 ? 128 : left;
    [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
        (visit(std::integral_constant<std::size_t, First + I>{}), ...);
    }
    (std::make_index_sequence<some>{});
    if constexpr (some != left) for_each_number<Count, First + some>(visit);
}

/// Calls `visit(step_of<Net, Goal, S>{})` for each step in order, or backwards.
template <class Net, purpose Goal, class Visit>
constexpr void for_each_step(Visit&& visit) {
    constexpr std::size_t count = plan_of<Net, Goal>().step_count;
    if constexpr (count <= 256) {
        [&]<std::size_t... S>(std::index_sequence<S...>) { (visit(step_of<Net, Goal, S>{}), ...); }
        (std::make_index_sequence<count>{});
    } else {
        for_each_number<count>([&]<std::size_t S>(std::integral_constant<std::size_t, S>)
                                   __attribute__((always_inline)) { visit(step_of<Net, Goal, S>{}); });
    }
}
template <class Net, purpose Goal, class Visit>
constexpr void for_each_step_backwards(Visit&& visit) {
    constexpr std::size_t count = plan_of<Net, Goal>().step_count;
    if constexpr (count <= 256) {
        [&]<std::size_t... S>(std::index_sequence<S...>) {
            (visit(step_of<Net, Goal, count - 1 - S>{}), ...);
        }
        (std::make_index_sequence<count>{});
    } else {
        for_each_number<count>([&]<std::size_t S>(std::integral_constant<std::size_t, S>) __attribute__((
            always_inline)) { visit(step_of<Net, Goal, count - 1 - S>{}); });
    }
}

/// Runs the steps of a plan in order: the one walk of all passes, whatever their numbers are. A pass says
/// `clear_halo<Step>()`, for the storage of a step's result, `run<Step>()`, and `skips<Step>()` of what it leaves out.
template <class Net, purpose Goal, class Pass>
ARCHETYPE_INLINE constexpr void run_plan(Pass&& pass) {
    for_each_step<Net, Goal>([&]<class Step>(Step) __attribute__((always_inline)) {
        using pass_type = std::remove_cvref_t<Pass>;
        if constexpr (!pass_type::template skips<Step>()) {
            if constexpr (Step::clears_halo) pass.template clear_halo<Step>();
            pass.template run<Step>();
        }
    });
}
/// A pass that leaves no step out.
struct whole_pass {
    template <class Step>
    static constexpr bool skips() {
        return false;
    }
};

/// The sliding window of a layer as the kernels see it.
constexpr kernels::window window_of(const node& at) {
    if (!at.has_window) return {};
    const window_axis &rows = at.window.rows, &columns = at.window.columns;
    return {rows.kernel,   columns.kernel,   rows.stride, columns.stride,
            rows.dilation, columns.dilation, rows.before, columns.before};
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
