// SPDX-License-Identifier: BSL-1.0
// What adds cells around a value or takes some of it.
#include "lowering.hpp"

#include <algorithm>
#include <cmath>

namespace archetype::lower {

namespace {

/// An axis of a value in the library: {before, axis, after}.
struct cut_axis {
    std::int64_t before = 1, extent = 1, after = 1;
    layout where;           ///< merged
    std::size_t place = 0;  ///< in the order
};

std::optional<cut_axis> axis_of(lowering& to, std::size_t k, const layout& where, std::int64_t extent,
                                std::size_t axis) {
    cut_axis made;
    made.where = where;
    made.extent = extent;
    const auto& atoms = where.axes.at(axis);
    if (atoms.size() > 1) {
        to.refuse_order(k, "an axis in one piece");
        return std::nullopt;
    }
    if (atoms.empty()) {  // it may lie anywhere: last
        made.place = where.order.size();
        made.before = where.size();
        return made;
    }
    const auto cut = split_at(where, atoms);
    made.before = where.size(cut->before);
    made.after = where.size(cut->after);
    made.place = cut->before.size();
    return made;
}

layout resized(const cut_axis& of, std::size_t axis, std::int64_t extent) {
    layout made = of.where;
    for (const std::size_t atom : of.where.axes[axis]) std::erase(made.order, atom);
    made.axes[axis].clear();
    if (extent != 1) {
        made.axes[axis].push_back(made.extents.size());
        made.order.insert(made.order.begin() + static_cast<std::ptrdiff_t>(of.place), made.extents.size());
        made.extents.push_back(extent);
    }
    return merged(made);
}

/// A layer "TYPE1d<before, after>" or "TYPE2d<top, bottom, left, right>" on one axis of a value.
std::size_t changed_axis(lowering& to, std::size_t from, const cut_axis& at, const std::string& type,
                         std::int64_t first, std::int64_t last, std::int64_t extent,
                         const std::vector<std::string>& value = {}) {
    const shape_type has = to.at(from).shape;
    const auto sizes = [&](std::vector<std::int64_t> numbers) {
        std::vector<std::string> made = value;
        for (const std::int64_t one : numbers) made.push_back(std::to_string(one));
        return made;
    };
    const bool image = has.size() == 3;
    if (image && has[0] == at.extent && has[1] * has[2] == at.after)
        return to.add(type + "2d", sizes({first, last, 0, 0}), {from}, {extent, has[1], has[2]});
    if (image && has[0] == at.before && has[1] == at.extent && has[2] == at.after)
        return to.add(type + "2d", sizes({0, 0, first, last}), {from}, {has[0], extent, has[2]});
    if (at.after == 1 && type == "zero_padding") {  // channels, or a vector
        if (has.back() != at.extent || has.size() > 3)
            from = to.with_shape(from, grouped(at.before, at.extent));
        shape_type shape = to.at(from).shape;
        shape.back() = extent;
        return to.add("channel_padding", sizes({first, last}), {from}, shape);
    }
    if (at.before == 1) {
        from = to.with_shape(from, {at.extent, at.after});
        return to.add(type + "1d", first == last ? sizes({first}) : sizes({first, last}), {from},
                      {extent, at.after});
    }
    from = to.with_shape(from, {at.before, at.extent, at.after});
    return to.add(type + "2d", sizes({0, 0, first, last}), {from}, {at.before, extent, at.after});
}

/// A layer of one axis of a value: its arguments follow the number of the axis.
std::size_t along_axis(lowering& to, std::size_t from, const cut_axis& at, const std::string& type,
                       const std::vector<std::string>& more, std::int64_t extent) {
    shape_type shape = to.at(from).shape;
    std::int64_t before = 1;
    std::size_t axis = 0;
    while (axis < shape.size() && before != at.before) before *= shape[axis++];
    while (axis + 1 < shape.size() && shape[axis] == 1 && at.extent != 1) ++axis;
    const bool inside_volume = shape.size() > 3 && axis + 1 != shape.size();
    if (before != at.before || axis == shape.size() || shape[axis] != at.extent || inside_volume) {
        shape = at.before == 1 ? shape_type{at.extent} : shape_type{at.before, at.extent};
        if (at.after != 1) shape.push_back(at.after);
        axis = at.before == 1 ? 0 : 1;
        from = to.with_shape(from, shape);
    }
    std::vector<std::string> arguments{
        axis + 1 == shape.size() && shape.size() > 1 ? "-1" : std::to_string(axis + 1)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    shape[axis] = extent;
    return to.add(type, arguments, {from}, shape);
}

/// Cells from `first` to before `last`, every `step`-th, of an axis.
std::size_t sliced(lowering& to, std::size_t from, const cut_axis& at, std::int64_t first, std::int64_t last,
                   std::int64_t step) {
    const std::int64_t size = (last - first + step - 1) / step;
    if (step == 1 && size * 2 == at.extent && first % size == 0)
        return along_axis(to, from, at, "chunk", {std::to_string(first / size), "2"}, size);
    std::vector<std::string> more{std::to_string(first)};
    if (last != at.extent)
        more.push_back(std::to_string(last));
    else if (step != 1)
        more.emplace_back("at::to_the_end");
    if (step != 1) more.push_back(std::to_string(step));
    return along_axis(to, from, at, "slice", more, size);
}

bool slice(lowering& to) {
    for (std::size_t k = 1; k < to.node().inputs.size(); ++k)
        if (to.has(k) && !to.is_constant(k)) return to.refuse("bounds that are known");
    const auto starts = to.wholes(1);
    const auto ends = to.wholes(2);
    const auto rank = static_cast<std::int64_t>(to.shape(0).size());
    std::vector<std::int64_t> axes;
    if (to.has(3))
        axes = to.wholes(3);
    else
        for (std::size_t k = 0; k < starts.size(); ++k) axes.push_back(static_cast<std::int64_t>(k));
    layout where = merged(to.in(0).where);
    std::size_t layer = to.in(0).layer;
    shape_type shape = to.shape(0);
    for (std::size_t k = 0; k < axes.size(); ++k) {
        const auto axis = static_cast<std::size_t>(axes[k] < 0 ? axes[k] + rank : axes[k]);
        const std::int64_t extent = shape.at(axis);
        const std::int64_t step = to.has(4) ? to.wholes(4).at(k) : 1;
        const auto inside = [&](std::int64_t at, std::int64_t least, std::int64_t most) {
            return std::clamp<std::int64_t>(at < 0 ? at + extent : at, least, most);
        };
        const auto at = axis_of(to, 0, where, extent, axis);
        if (!at) return false;
        if (step > 0) {
            const std::int64_t first = inside(starts.at(k), 0, extent);
            const std::int64_t last = inside(ends.at(k), 0, extent);
            if (last <= first) return to.refuse("a slice that holds something");
            if (first == 0 && last == extent && step == 1) continue;
            layer = sliced(to, layer, *at, first, last, step);
            shape[axis] = (last - first + step - 1) / step;
        } else {
            // Backwards: the cells in order, turned around.
            const std::int64_t first = inside(starts.at(k), 0, extent - 1);
            const std::int64_t last = inside(ends.at(k), -1, extent - 1);
            if (first <= last) return to.refuse("a slice that holds something");
            const std::int64_t count = (first - last - step - 1) / -step;
            cut_axis cut = *at;
            if (count != extent) {
                layer = sliced(to, layer, cut, first + step * (count - 1), first + 1, -step);
                cut.extent = count;
            }
            layer = along_axis(to, layer, cut, "reverse", {}, count);
            shape[axis] = count;
        }
        where = resized(*at, axis, shape[axis]);
    }
    to.give(layer, where);
    return true;
}

/// Rows of a table by class numbers.
bool lookup(lowering& to) {
    const array table = to.constant(0);
    if (table.shape.size() != 2 || to.integer("axis", 0) != 0) return to.refuse("rows of a table");
    const layout& where = to.in(1).where;
    if (!same_places(where, in_order(to.shape(1)))) return to.refuse_order(1, "class numbers in order");
    const std::int64_t steps = where.size();
    const std::size_t from = to.with_shape(to.in(1).layer, {steps});
    std::vector<tensor> tensors{
        {"embeddings", table.shape, {table.as_reals().begin(), table.as_reals().end()}}};
    const std::size_t made =
        to.add("embedding", {std::to_string(table.shape[0]), std::to_string(table.shape[1])}, {from},
               {steps, table.shape[1]}, std::move(tensors));
    to.at(made).name = to.name_for(0);
    to.give(made, in_order(to.out_shape()));
    return true;
}

bool gather(lowering& to) {
    if (to.is_constant(0) && !to.is_constant(1)) return lookup(to);
    if (to.is_constant(0) || !to.is_constant(1))
        return to.refuse("indices that are known, of a value that is not");
    const auto rank = static_cast<std::int64_t>(to.shape(0).size());
    const std::int64_t axis_number = to.integer("axis", 0);
    const auto axis = static_cast<std::size_t>(axis_number < 0 ? axis_number + rank : axis_number);
    auto indices = to.wholes(1);
    const std::int64_t extent = to.shape(0).at(axis);
    for (std::size_t k = 0; k < indices.size(); ++k) {
        if (indices[k] < 0) indices[k] += extent;
        if (indices[k] != indices[0] + static_cast<std::int64_t>(k)) return to.refuse("neighbours, in order");
    }
    if (indices.empty()) return to.refuse("something that is taken");
    layout where = merged(to.in(0).where);
    std::size_t layer = to.in(0).layer;
    const auto size = static_cast<std::int64_t>(indices.size());
    if (size != extent) {
        const auto at = axis_of(to, 0, where, extent, axis);
        if (!at) return false;
        layer = sliced(to, layer, *at, indices[0], indices[0] + size, 1);
        where = resized(*at, axis, size);
    }
    const auto now = reshaped(where, to.out_shape());  // the axes of the indices are in place of the axis
    if (!now) return to.refuse_order(0, "an axis in one piece");
    where = *now;
    to.give(layer, where);
    return true;
}

bool pad(lowering& to) {
    const std::string mode = rewrite::text_of(to.node(), "mode", "constant");
    static const std::map<std::string, std::string, std::less<>> layers{{"constant", "zero_padding"},
                                                                        {"reflect", "reflection_pad"},
                                                                        {"edge", "replication_pad"},
                                                                        {"wrap", "circular_pad"}};
    const auto found = layers.find(mode);
    if (found == layers.end())
        return to.refuse("padding by constant, reflect, edge or wrap; the file says " + mode);
    std::string type = found->second;
    std::vector<std::string> value;
    if (!to.is_constant(1)) return to.refuse("a padding that is known");
    if (to.has(2) && mode == "constant") {
        if (to.scalar(2) == nullptr || !std::isfinite(*to.scalar(2)))
            return to.refuse("padding with a number");
        if (*to.scalar(2) != 0) {
            type = "constant_pad";
            value.push_back(literal(*to.scalar(2)));
        }
    }
    if (to.has(3)) return to.refuse("a padding of all axes");
    const auto pads = to.wholes(1);
    const std::size_t rank = to.shape(0).size();
    if (pads.size() != 2 * rank) return to.refuse("two numbers for each axis");
    if (std::any_of(pads.begin(), pads.end(), [](auto one) { return one < 0; }))
        return to.refuse("padding of 0 and more");
    layout where = merged(to.in(0).where);
    std::size_t layer = to.in(0).layer;
    // Rows and columns of an image at once.
    const shape_type has = to.at(layer).shape;
    if (rank == 4 && pads[0] == 0 && pads[4] == 0 && has.size() == 3) {
        for (const bool first : {true, false}) {  // channels first, last
            const std::size_t row = first ? 2 : 1;
            const std::size_t channel = first ? 1 : 3;
            if (pads[channel] != 0 || pads[channel + 4] != 0 ||
                has != shape_type{to.shape(0)[row], to.shape(0)[row + 1], to.shape(0)[channel]})
                continue;
            if (!same_places(where, first ? channels_last(to.shape(0)) : in_order(to.shape(0)))) continue;
            const auto number = [&](std::size_t k) { return std::to_string(pads[k]); };
            std::vector<std::string> sizes = value;
            if (pads[row] == pads[row + 4] && pads[row + 1] == pads[row + 5]) {
                sizes.push_back(number(row));
                if (pads[row] != pads[row + 1]) sizes.push_back(number(row + 1));
            } else {
                for (const std::size_t k : {row, row + 4, row + 1, row + 5}) sizes.push_back(number(k));
            }
            const shape_type& out = to.out_shape();
            to.give(to.add(type + "2d", sizes, {layer}, {out[row], out[row + 1], out[channel]}),
                    first ? channels_last(out) : in_order(out));
            return true;
        }
    }
    for (std::size_t axis = 0; axis < rank; ++axis) {
        if (pads[axis] == 0 && pads[axis + rank] == 0) continue;
        const std::int64_t extent = to.shape(0)[axis];
        const std::int64_t whole = extent + pads[axis] + pads[axis + rank];
        const auto at = axis_of(to, 0, where, extent, axis);
        if (!at) return false;
        if (type != "zero_padding" && at->after == 1 && at->before != 1)
            return to.refuse("rows, columns and steps padded so, not channels");
        layer = changed_axis(to, layer, *at, type, pads[axis], pads[axis + rank], whole, value);
        where = resized(*at, axis, whole);
    }
    to.give(layer, where);
    return true;
}

}  // namespace

bool give_padded(lowering& to, std::size_t k, std::size_t axis, std::int64_t before, std::int64_t after) {
    const layout where = merged(to.in(k).where);
    const std::int64_t extent = to.shape(k).at(axis);
    const auto at = axis_of(to, k, where, extent, axis);
    if (!at) return false;
    to.give(changed_axis(to, to.in(k).layer, *at, "zero_padding", before, after, extent + before + after),
            resized(*at, axis, extent + before + after));
    return true;
}

const std::map<std::string_view, lower_function>& cutting_operators() {
    static const std::map<std::string_view, lower_function> table{
        {"Slice", slice}, {"Gather", gather}, {"Pad", pad}};
    return table;
}

}  // namespace archetype::lower
