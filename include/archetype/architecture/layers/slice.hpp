// SPDX-License-Identifier: BSL-1.0
/// @file slice.hpp
/// Parts of an axis. Axes are numbered as Keras, PyTorch and ONNX number those of a batch: 1 is the first of a sample (rows
/// of an image, steps of a sequence), -1 the last (channels). Of a volume parts of channels alone are taken.
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// Up to where a slice goes that goes to the end of its axis.
inline constexpr std::ptrdiff_t to_the_end = static_cast<std::ptrdiff_t>(~std::size_t{} >> 1);

namespace detail {

/// Axis number `axis` of a shape, counted from 0; its rank if there is none.
constexpr std::size_t axis_of(const shape& in, std::ptrdiff_t axis) {
    const auto rank = static_cast<std::ptrdiff_t>(in.rank);
    const std::ptrdiff_t found = axis < 0 ? rank + axis : axis - 1;
    return found < 0 || found >= rank || axis == 0 ? in.rank : static_cast<std::size_t>(found);
}
/// The same among rows, columns and channels; slices of a volume lie one below the other, as rows do.
constexpr std::size_t image_axis(const shape& in, std::size_t axis) {
    return axis + 3 < in.rank ? 0 : axis + 3 - in.rank;
}
/// Whether parts of an axis can be taken.
constexpr rule rule_of_parts(const shape& in, std::size_t axis) {
    if (axis == in.rank) return rule::axis_does_not_exist;
    return in.rank > 3 && axis != 3 ? rule::takes_no_volume : rule::ok;
}

/// `count` cells of an axis from `first` on, `step` apart.
constexpr layer_facts sliced(const shape& in, std::size_t axis, std::ptrdiff_t first, std::ptrdiff_t step,
                             std::size_t count) {
    layer_facts facts = blank_facts;
    facts.output = in;
    facts.output.extents[axis] = count;
    facts.moves.first[image_axis(in, axis)] = first;
    facts.moves.step[image_axis(in, axis)] = step;
    facts.variant = fingerprint({double(axis), double(first), double(step)});
    return facts;
}

}  // namespace detail

/// Every `Step`-th of the cells `Begin` to `End - 1` of an axis, as Python slices: numbers below 0 count from the end.
/// {H, W, C} -> {ceil((End - Begin) / Step), W, C} for axis 1. What lies outside of the axis is an error. Neighbouring rows,
/// steps or channels are read where they lie, without a copy (`slice<-1, 0, 8>`).
template <std::ptrdiff_t Axis, std::ptrdiff_t Begin, std::ptrdiff_t End = to_the_end, std::size_t Step = 1>
struct slice {
    static constexpr text_view kind = "slice";
    static constexpr layer_role role = layer_role::rearrangement;
    static constexpr layer_facts describe(const shape& in) {
        const std::size_t axis = detail::axis_of(in, Axis);
        if (const rule broken = detail::rule_of_parts(in, axis); broken != rule::ok)
            return broken_layer(broken);
        if (Step == 0) return broken_layer(rule::extent_is_zero);
        const auto extent = static_cast<std::ptrdiff_t>(in[axis]);
        const std::ptrdiff_t begin = Begin < 0 ? extent + Begin : Begin, end = End == to_the_end ? extent
                                                                               : End < 0 ? extent + End
                                                                                         : End;
        if (begin < 0 || begin > extent || end < 0 || end > extent)
            return broken_layer(rule::slice_exceeds_the_axis);
        if (begin >= end) return broken_layer(rule::nothing_is_left);
        return detail::sliced(in, axis, begin, static_cast<std::ptrdiff_t>(Step),
                              (static_cast<std::size_t>(end - begin) + Step - 1) / Step);
    }
};

/// Part `Index` (from 0) of `Count` equal parts of an axis, as `torch.chunk` gives: {H, W, C} -> {H, W, C / Count} for axis
/// -1. No copy.
template <std::ptrdiff_t Axis, std::size_t Index, std::size_t Count>
requires(Index < Count) struct chunk {
    static constexpr text_view kind = "chunk";
    static constexpr layer_role role = layer_role::rearrangement;
    static constexpr layer_facts describe(const shape& in) {
        const std::size_t axis = detail::axis_of(in, Axis);
        if (const rule broken = detail::rule_of_parts(in, axis); broken != rule::ok)
            return broken_layer(broken);
        if (in[axis] % Count != 0) return broken_layer(rule::axis_is_not_divisible_by_parts);
        const std::size_t size = in[axis] / Count;
        return detail::sliced(in, axis, static_cast<std::ptrdiff_t>(Index * size), 1, size);
    }
};

/// An axis from its end to its beginning, as `torch.flip`.
template <std::ptrdiff_t Axis>
struct reverse {
    static constexpr text_view kind = "reverse";
    static constexpr layer_role role = layer_role::rearrangement;
    static constexpr layer_facts describe(const shape& in) {
        const std::size_t axis = detail::axis_of(in, Axis);
        if (const rule broken = detail::rule_of_parts(in, axis); broken != rule::ok)
            return broken_layer(broken);
        return detail::sliced(in, axis, static_cast<std::ptrdiff_t>(in[axis]) - 1, -1, in[axis]);
    }
};

}  // namespace archetype
