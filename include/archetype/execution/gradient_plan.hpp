// SPDX-License-Identifier: BSL-1.0
/// @file gradient_plan.hpp
/// Where the gradients of a training plan's values lie, with the halos that transposed convolutions read, and which of
/// them share memory.
#pragma once
#include <archetype/execution/steps.hpp>
#include <archetype/kernels/convolution_geometry.hpp>

namespace archetype::detail {

/// The geometry of a contraction: a dense layer is a convolution with a 1 x 1 window.
constexpr kernels::conv2d_geometry geometry_of(const node& at, const kernels::image& in,
                                               const kernels::image& out) {
    return {in, out, window_of(at), at.groups};
}

/// The zeros that the backward pass of a contraction reads around the gradient of its result.
constexpr kernels::halo gradient_halo(const node& at, const kernels::image& in, const kernels::image& out) {
    if (!at.is_transposed) return kernels::backward_halo(geometry_of(at, in, out));
    const window_axis &rows = at.spread_over.rows, &columns = at.spread_over.columns;
    return {rows.before, columns.before, overhang(rows, rows.output), overhang(columns, columns.output)};
}

/// Where the gradient of each value lies. It is written by the backward pass of the step that reads the value and read by
/// that of the step that made it. Where the reader sees another shape (flatten), the gradient is written without the halo
/// that the maker wants and copied into it: it is staged.
template <std::size_t Values>
struct gradient_plan_of {
    std::array<kernels::image, Values> written{}, read{};
    std::array<std::uint64_t, Values> written_offset{}, read_offset{};
    std::uint64_t elements = 0;  ///< for one sample
    constexpr bool staged(std::size_t v) const { return written_offset[v] != read_offset[v]; }
};

template <class Net>
constexpr auto make_gradient_plan() {
    constexpr const auto& plan = training_plan<Net>;
    constexpr std::size_t values = plan.value_count, steps = plan.step_count;
    gradient_plan_of<values> made;
    std::array<piece, 2 * values> pieces{};
    made.written[0] = made.read[0] = image_of(value{}, plan.values[0].extents);
    pieces[0] = {round_up(made.read[0].sample_stride, arena_alignment), steps, steps + 1};
    for (std::size_t s = 0; s < steps; ++s) {
        const step& now = plan.steps[s];
        const std::size_t v = now.to;
        const node& at = unchecked_facts<Net>.nodes[now.anchor];
        const shape& extents = now.copies ? at.input : at.output;
        value padded;
        if (at.role == layer_role::contraction && !now.copies) {
            const kernels::halo halo = gradient_halo(at, image_of(plan.values[now.from], at.input),
                                                     image_of(plan.values[v], at.output));
            padded.top = halo.top, padded.left = halo.left, padded.bottom = halo.bottom,
            padded.right = halo.right;
        }
        const bool last = v + 1 == values;
        const bool reshaped =
            !last && unchecked_facts<Net>.nodes[plan.steps[plan.values[v].read].anchor].input != extents;
        const bool staged = padded.has_halo() && (last || reshaped);
        made.read[v] = image_of(padded, extents);
        made.written[v] = staged ? image_of(value{}, extents) : made.read[v];
        // Time runs backwards: step s happens at steps - s.
        const std::size_t write_time = last ? 0 : steps - plan.values[v].read, read_time = steps - s;
        pieces[v] = {round_up(made.written[v].sample_stride, arena_alignment), write_time, read_time};
        if (staged)
            pieces[values + v] = {round_up(made.read[v].sample_stride, arena_alignment), read_time,
                                  read_time};
    }
    made.elements = place(pieces, pieces.size());
    for (std::size_t v = 0; v < values; ++v) {
        made.written_offset[v] = pieces[v].offset;
        made.read_offset[v] = made.read[v] == made.written[v] ? pieces[v].offset : pieces[values + v].offset;
    }
    return made;
}

template <class Net>
inline constexpr auto gradient_plan = make_gradient_plan<Net>();

}  // namespace archetype::detail
