// SPDX-License-Identifier: BSL-1.0
/// @file moves.hpp
/// Joins and what moves, repeats or interpolates elements, in ONNX.
#pragma once
#include <archetype/architecture/axis_map.hpp>
#include <archetype/architecture/layers/joins.hpp>
#include <archetype/architecture/layers/resize2d.hpp>
#include <archetype/interchange/onnx/windows.hpp>

#include <cmath>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline std::string_view onnx_join(join_kind kind) {
    switch (kind) {
        case join_kind::sum:
            return "Sum";
        case join_kind::product:
            return "Mul";
        case join_kind::mean:
            return "Mean";
        case join_kind::maximum:
            return "Max";
        case join_kind::minimum:
            return "Min";
        case join_kind::difference:
            return "Sub";
        case join_kind::quotient:
            return "Div";
        default:
            return "";
    }
}

template <class T>
onnx_value write_onnx_join(const onnx_call<T>& call) {
    onnx_writer& to = call.to;
    std::size_t first = 0;
    for (const onnx_value* one : call.inputs) first += one->order() == onnx_order::channels_first ? 1 : 0;
    const onnx_order order =
        2 * first > call.inputs.size() ? onnx_order::channels_first : onnx_order::channels_last;
    std::vector<std::string> names;
    if (call.at.joins == join_kind::concatenation) {
        for (onnx_value* one : call.inputs) names.push_back(to.in_order(*one, order));
        return call.result(
            to.add("Concat", names,
                   onnx_attributes().add("axis", onnx_axis(call.at.output, call.at.axis, order))),
            order);
    }
    for (onnx_value* one : call.inputs) {
        onnx_value wide = to.stretched(*one, call.at.output.rank);
        names.push_back(to.in_order(wide, order));
    }
    // Operators of two inputs.
    if (call.at.joins == join_kind::product || (call.at.joins == join_kind::sum && names.size() == 2)) {
        std::string made = names[0];
        const std::string_view operation = call.at.joins == join_kind::sum ? "Add" : "Mul";
        for (std::size_t i = 1; i < names.size(); ++i) made = to.add(operation, {made, names[i]});
        return call.result(made, order);
    }
    return call.result(to.add(onnx_join(call.at.joins), names), order);
}

/// Joins with numbers of the layer's own: all of them, or the first rows.
template <class Layer, class T>
onnx_value write_onnx_own_operand(const onnx_call<T>& call) {
    const parameter& given = call.at.parameters[0];
    const shape both[] = {call.at.input, Layer::extents_for(call.at.input)};
    const join_kind kind = Layer::join::join(both, 2).joins;
    onnx_value wide = call.to.stretched(call.in(), call.at.output.rank);
    std::string own = call.parameter(given.name);
    if (both[1] != given.extents)
        own = call.to.add("Slice",
                          {own, call.to.numbers({0}), call.to.numbers({signed_of(both[1].extents[0])})});
    return call.last(
        call.to.add(kind == join_kind::sum ? "Add" : onnx_join(kind), {call.to.last(wide), own}));
}

/// A volume as the image of its slices, one below the other.
inline shape as_image(const shape& of) {
    return of.rank == 4 ? shape{of.height(), of.width(), of.channels()} : of;
}
/// Slices, reversed axes, other orders of axes and of channels.
template <class T>
onnx_value write_onnx_rearrangement(const onnx_call<T>& call) {
    onnx_writer& to = call.to;
    const axis_moves& moves = call.at.moves;
    const bool is_volume = call.at.input.rank == 4;  // of which channels move
    const shape in = as_image(call.at.input), out = as_image(call.at.output);
    std::string x = to.last(call.in());
    if (is_volume) x = to.reshape(x, onnx_extents_of(in, onnx_order::channels_last));
    const auto given = [&](const std::string& made) {
        return call.last(
            is_volume ? to.reshape(made, onnx_extents_of(call.at.output, onnx_order::channels_last)) : made);
    };
    if (moves.groups != 1) {
        onnx_extents split = onnx_extents_of(in, onnx_order::channels_last), order{0};
        const auto rank = static_cast<std::int64_t>(in.rank);
        split.back() /= signed_of(moves.groups);
        split.insert(split.end() - 1, signed_of(moves.groups));
        for (std::int64_t i = 1; i < rank; ++i) order.push_back(i);
        order.insert(order.end(), {rank + 1, rank});
        x = to.add("Transpose", {to.reshape(x, split)}, onnx_attributes().add("perm", order));
        return given(to.reshape(x, onnx_extents_of(out, onnx_order::channels_last)));
    }
    onnx_extents order{0}, starts, ends, axes, steps;
    bool is_moved = false;
    for (std::size_t axis = 3 - in.rank; axis < 3; ++axis) {
        order.push_back(signed_of(moves.from[axis] + in.rank) - 2);
        is_moved = is_moved || moves.from[axis] != axis;
        const std::int64_t count = signed_of(out.extents[axis + in.rank - 3]), first = moves.first[axis],
                           step = moves.step[axis];
        if (first == 0 && step == 1 && count == signed_of(in.extents[moves.from[axis] + in.rank - 3]))
            continue;
        const std::int64_t end = first + (count - 1) * step + (step < 0 ? -1 : 1);
        axes.push_back(signed_of(axis + in.rank) - 2);
        starts.push_back(first);
        steps.push_back(step);
        ends.push_back(end < 0 ? -signed_of(1u << 30) : end);  // -1 would be the last cell
    }
    if (is_moved) x = to.add("Transpose", {x}, onnx_attributes().add("perm", order));
    if (!axes.empty())
        x = to.add("Slice", {x, to.numbers(starts), to.numbers(ends), to.numbers(axes), to.numbers(steps)});
    return given(x);
}

/// Constants around a value: `before` and `after` by rows, columns, channels; below 0 it is cut.
template <class T>
onnx_value write_onnx_edges(const onnx_call<T>& call, const std::ptrdiff_t (&before)[3], double value,
                            const char* mode = "constant") {
    onnx_writer& to = call.to;
    const shape &in = call.at.input, &out = call.at.output;
    onnx_value& x = call.in();
    const onnx_order order = x.order();
    const std::size_t rank = in.rank;
    onnx_extents pads(2 * (rank + 1), 0), starts, ends, axes;
    bool is_padded = false;
    for (std::size_t axis = rank > 3 ? 2 : 3 - rank; axis < 3; ++axis) {  // of a volume channels alone
        const std::int64_t from = signed_of(in.extents[axis + rank - 3]),
                           size = signed_of(out.extents[axis + rank - 3]),
                           behind = size - from - before[axis], place = onnx_axis(in, axis, order);
        if (before[axis] > 0) pads[static_cast<std::size_t>(place)] = before[axis], is_padded = true;
        if (behind > 0) pads[static_cast<std::size_t>(place) + rank + 1] = behind, is_padded = true;
        if (before[axis] < 0 || behind < 0) {
            starts.push_back(before[axis] < 0 ? -before[axis] : 0);
            ends.push_back(behind < 0 ? from + behind : from);
            axes.push_back(place);
        }
    }
    std::string made = x.any();
    if (!axes.empty()) made = to.add("Slice", {made, to.numbers(starts), to.numbers(ends), to.numbers(axes)});
    if (is_padded) {
        std::vector<std::string> inputs{made, to.numbers(pads)};
        if (value != 0) inputs.push_back(to.number(value));
        made = to.add("Pad", inputs, onnx_attributes().add("mode", mode));
    }
    return call.result(made, order);
}

/// Each axis by the cells that its results read: results that are copies of cells.
template <class T>
onnx_value write_onnx_gathering(const onnx_call<T>& call, const axis_map& rows, const axis_map& columns) {
    onnx_value& x = call.in();
    std::string made = x.any();
    for (const std::size_t axis : {std::size_t{0}, std::size_t{1}}) {
        const axis_map& map = axis == 0 ? rows : columns;
        if (axis + call.at.input.rank < 3) continue;
        onnx_extents from;
        bool moves = map.input != map.output;
        for (std::size_t o = 0; o < map.output; ++o) {
            from.push_back(signed_of(map.taps(o).first));
            moves = moves || map.taps(o).first != o;
        }
        if (moves)
            made = call.to.add("Gather", {made, call.to.numbers(from)},
                               onnx_attributes().add("axis", onnx_axis(call.at.input, axis, x.order())));
    }
    return call.result(made, x.order());
}

/// The cell nearest to a result by a runtime that computes in `T`; the file's scale is of single precision.
template <class T>
std::int64_t nearest_cell_in(const axis_map& map, std::size_t o) {
    const auto in = static_cast<T>(map.input), out = static_cast<T>(map.output), at = static_cast<T>(o);
    const T scale = map.scale != 0 ? static_cast<T>(static_cast<float>(map.scale)) : out / in;
    T x = (at + T(0.5)) / scale - T(0.5);
    if (map.coordinates == coordinate_rule::asymmetric) x = at / scale;
    if (map.coordinates == coordinate_rule::align_corners)
        x = map.output == 1 ? 0 : at * (in - 1) / (out - 1);
    if (map.coordinates == coordinate_rule::pytorch_half_pixel && map.output == 1) x = 0;
    const T below = std::floor(x), share = x - below;
    const bool next = map.nearest == nearest_rule::ceil                 ? share > 0
                      : map.nearest == nearest_rule::round_prefer_ceil  ? share >= T(0.5)
                      : map.nearest == nearest_rule::round_prefer_floor ? share > T(0.5)
                                                                        : false;
    const T cell = below + (next ? 1 : 0);
    return static_cast<std::int64_t>(cell < 0 ? 0 : cell > in - 1 ? in - 1 : cell);
}
/// Whether no rounding changes which cell is the nearest.
inline bool is_nearest_everywhere(const axis_map& map) {
    for (std::size_t o = 0; o < map.output; ++o) {
        const std::int64_t exact = signed_of(map.taps(o).first);
        if (nearest_cell_in<float>(map, o) != exact || nearest_cell_in<double>(map, o) != exact) return false;
    }
    return true;
}

/// Resize along both axes; a sequence is an image of one row.
template <class T>
onnx_value write_onnx_resizing(const onnx_call<T>& call, const axis_map& rows, const axis_map& columns) {
    static constexpr const char* rules[] = {"half_pixel", "pytorch_half_pixel", "align_corners",
                                            "asymmetric"};
    static_assert(static_cast<int>(coordinate_rule::half_pixel) == 0 &&
                  static_cast<int>(coordinate_rule::asymmetric) == 3);
    static constexpr const char* nearest[] = {"round_prefer_ceil", "round_prefer_floor", "floor", "ceil"};
    static_assert(static_cast<int>(nearest_rule::round_prefer_ceil) == 0 &&
                  static_cast<int>(nearest_rule::ceil) == 3);
    onnx_writer& to = call.to;
    const bool is_nearest = columns.rule == axis_rule::nearest;
    const std::int64_t channels = signed_of(call.at.input.channels());
    std::string x = to.first(call.in());
    if (call.at.input.rank == 2) x = to.reshape(x, {channels, 1, signed_of(columns.input)});
    std::vector<std::string> inputs{x, ""};
    if (columns.scale != 0) {
        inputs.push_back(to.scales({1, 1, rows.scale, columns.scale}));
    } else {
        // Sizes, as a scale may round below the one that gives this size. The batch is the file's own.
        const std::string batch = to.add("Slice", {to.add("Shape", {x}), to.numbers({0}), to.numbers({1})}),
                          sizes = to.numbers({channels, signed_of(rows.output), signed_of(columns.output)});
        inputs.insert(inputs.end(), {"", to.add("Concat", {batch, sizes}, onnx_attributes().add("axis", 0))});
    }
    onnx_attributes attributes;
    attributes.add("mode", is_nearest                         ? "nearest"
                           : columns.rule == axis_rule::cubic ? "cubic"
                                                              : "linear")
        .add("coordinate_transformation_mode", rules[static_cast<int>(columns.coordinates)]);
    if (is_nearest) attributes.add("nearest_mode", nearest[static_cast<int>(columns.nearest)]);
    if (columns.rule == axis_rule::cubic)
        attributes.add("cubic_coeff_a", columns.cubic)
            .add("exclude_outside", std::int64_t{columns.leaves_out});
    x = to.add("Resize", inputs, attributes);
    if (call.at.input.rank == 2) x = to.reshape(x, {channels, signed_of(columns.output)});
    return call.first(x);
}

/// Adaptive pooling: results share the cells out among them. A mean along one axis is a product with a matrix of shares, a
/// maximum one over as many cells for each result, of which the last may come twice.
template <class T>
onnx_value write_onnx_sharing(const onnx_call<T>& call, const axis_map& rows, const axis_map& columns,
                              pool_result result) {
    onnx_writer& to = call.to;
    const std::size_t rank = call.at.input.rank;
    std::string x = to.first(call.in());
    for (const std::size_t axis : {std::size_t{0}, std::size_t{1}}) {
        const axis_map& map = axis == 0 ? rows : columns;
        if (axis + rank < 3 || map.input == map.output) continue;
        const bool along_rows = axis == 0;
        if (result == pool_result::mean) {
            std::vector<double> shares(map.input * map.output);
            for (std::size_t o = 0; o < map.output; ++o)
                for (std::size_t i = 0; i < map.taps(o).count; ++i) {
                    const std::size_t cell = map.taps(o).first + i;
                    shares[along_rows ? o * map.input + cell : cell * map.output + o] =
                        map.taps(o).weight(i, true);
                }
            const onnx_extents extents = along_rows
                                             ? onnx_extents{signed_of(map.output), signed_of(map.input)}
                                             : onnx_extents{signed_of(map.input), signed_of(map.output)};
            const std::string matrix = to.constant(along_rows ? "rows" : "columns", extents, shares);
            x = along_rows ? to.add("MatMul", {matrix, x}) : to.add("MatMul", {x, matrix});
            continue;
        }
        std::size_t most = 0;
        for (std::size_t o = 0; o < map.output; ++o)
            most = most > map.taps(o).count ? most : map.taps(o).count;
        onnx_extents from;
        for (std::size_t o = 0; o < map.output; ++o)
            for (std::size_t i = 0; i < most; ++i) {
                const axis_taps taps = map.taps(o);
                from.push_back(signed_of(taps.first + (i < taps.count ? i : taps.count - 1)));
            }
        onnx_extents window(rank - 1, 1);
        window[axis + rank - 3] = signed_of(most);
        x = to.add("Gather", {x, to.numbers(from)},
                   onnx_attributes().add("axis", onnx_axis(call.at.input, axis, onnx_order::channels_first)));
        x = to.add("MaxPool", {x}, onnx_attributes().add("kernel_shape", window).add("strides", window));
    }
    return call.first(x);
}

/// One axis, which is no more.
template <class T>
onnx_value write_onnx_axis_pooling(const onnx_call<T>& call, pool_result result) {
    const auto axis = static_cast<std::int64_t>(call.at.input.rank + 1 - call.at.drops_axis);
    return call.last(call.to.add(
        result == pool_result::mean ? "ReduceMean" : "ReduceMax", {call.to.last(call.in())},
        onnx_attributes().add("axes", onnx_extents{axis}).add("keepdims", call.at.input.rank == 1 ? 1 : 0)));
}

template <class Layer, class T>
onnx_value write_onnx_axis_maps(const onnx_call<T>& call) {
    const axis_map rows = Layer::rows_of(call.at.input), columns = Layer::columns_of(call.at.input);
    switch (columns.rule) {
        case axis_rule::linear:
        case axis_rule::cubic:
            return write_onnx_resizing(call, rows, columns);
        case axis_rule::nearest:
            return is_nearest_everywhere(rows) && is_nearest_everywhere(columns)
                       ? write_onnx_resizing(call, rows, columns)
                       : write_onnx_gathering(call, rows, columns);
        case axis_rule::wrapped:
            return write_onnx_gathering(call, rows, columns);
        case axis_rule::window:
            if constexpr (requires { Layer::result; })
                return call.at.drops_axis != 0 ? write_onnx_axis_pooling(call, Layer::result)
                                               : write_onnx_sharing(call, rows, columns, Layer::result);
            break;
        default:
            break;
    }
    double value = 0;
    if constexpr (requires { Layer::value; }) value = Layer::value;
    const std::ptrdiff_t before[3] = {static_cast<std::ptrdiff_t>(rows.before),
                                      static_cast<std::ptrdiff_t>(columns.before), 0};
    return write_onnx_edges(call, before, columns.rule == axis_rule::blank ? value : 0,
                            columns.rule == axis_rule::reflected  ? "reflect"
                            : columns.rule == axis_rule::repeated ? "edge"
                                                                  : "constant");
}

template <class T>
onnx_value write_onnx_upsampling(const onnx_call<T>& call, bool is_linear) {
    onnx_writer& to = call.to;
    const extent factor = call.at.enlarges;
    const std::string x = to.first(call.in());
    std::vector<double> scales{1, 1};
    if (call.at.input.rank == 3) scales.push_back(static_cast<double>(factor.height));
    scales.push_back(static_cast<double>(factor.width));
    onnx_attributes attributes;
    attributes.add("mode", is_linear ? "linear" : "nearest")
        .add("coordinate_transformation_mode", is_linear ? "half_pixel" : "asymmetric");
    if (!is_linear) attributes.add("nearest_mode", "floor");
    return call.first(to.add("Resize", {x, "", to.scales(scales)}, attributes));
}

/// Channels to pixels and back, in both orders of channels.
template <class Layer, class T>
onnx_value write_onnx_shuffle(const onnx_call<T>& call) {
    onnx_writer& to = call.to;
    const std::int64_t factor = signed_of(Layer::factor);
    const std::string x = to.first(call.in());
    if (Layer::enlarges)
        return call.first(to.add("DepthToSpace", {x},
                                 onnx_attributes()
                                     .add("blocksize", factor)
                                     .add("mode", Layer::order == shuffle_order::blocks ? "DCR" : "CRD")));
    if (Layer::order == shuffle_order::blocks)
        return call.first(to.add("SpaceToDepth", {x}, onnx_attributes().add("blocksize", factor)));
    const shape& out = call.at.output;
    const std::int64_t channels = signed_of(call.at.input.channels()), height = signed_of(out.height()),
                       width = signed_of(out.width());
    const std::string split = to.reshape(x, {channels, height, factor, width, factor});
    const std::string moved =
        to.add("Transpose", {split}, onnx_attributes().add("perm", onnx_extents{0, 1, 3, 5, 2, 4}));
    return call.first(to.reshape(moved, {channels * factor * factor, height, width}));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
