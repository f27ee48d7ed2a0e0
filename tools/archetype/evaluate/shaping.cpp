// SPDX-License-Identifier: BSL-1.0
// Operators that move elements by their places alone.
#include "indexing.hpp"
#include "operators.hpp"
#include "pieces.hpp"

#include <cmath>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

void shape(call& at) {
    const array& from = at.in(0);
    const auto rank = static_cast<whole>(from.rank());
    const auto bound = [&](whole place) {
        return std::clamp<whole>(place < 0 ? place + rank : place, 0, rank);
    };
    const whole first = bound(at.integer("start", 0));
    const whole last = std::max(first, bound(at.integer("end", rank)));
    at.give(element_type::int64, {last - first},
            wholes(from.shape.begin() + first, from.shape.begin() + last));
}
void size(call& at) { at.give(element_type::int64, {}, wholes{static_cast<whole>(at.in(0).size())}); }

array with_shape(const call& at, const array& from, const shape_type& to) {
    const auto count = graph::element_count(to);
    at.count(to);
    if (!count || *count != static_cast<whole>(from.size()))
        at.fail("a shape of " + std::to_string(from.size()) + " elements", shape_text(to));
    return from.reshaped(to);
}

void reshape(call& at) {
    shape_type to = at.version() >= 5 ? shape_type(at.whole(1)) : at.integers("shape");
    const shape_type& from = at.in(0).shape;
    const bool zeros_stay = at.integer("allowzero", 0) != 0;
    whole known = 1;
    std::size_t open = to.size();
    for (std::size_t axis = 0; axis < to.size(); ++axis) {
        if (to[axis] == 0 && !zeros_stay) {
            at.expect(axis < from.size(), "an axis to copy for each 0",
                      "axis " + std::to_string(axis) + " of " + shape_text(from));
            to[axis] = from[axis];
        }
        if (to[axis] == -1) {
            at.expect(open == to.size(), "one -1 at most", "two");
            open = axis;
        } else {
            at.expect(to[axis] >= 0 && (to[axis] == 0 || known <= (whole{1} << 40) / to[axis]),
                      "extents, 0 or -1", std::to_string(to[axis]));
            known *= to[axis];
        }
    }
    if (open < to.size()) {
        at.expect(known > 0, "extents that leave -1 one meaning", "0 elements");
        to[open] = static_cast<whole>(at.in(0).size()) / known;
    }
    at.give(with_shape(at, at.in(0), to));
}
void flatten(call& at) {
    const shape_type& from = at.in(0).shape;
    const whole given = at.integer("axis", 1);
    const auto rank = static_cast<whole>(from.size());
    at.expect(given >= -rank && given <= rank, "an axis up to the rank", std::to_string(given));
    const auto axis = static_cast<std::size_t>(given < 0 ? given + rank : given);
    at.give(at.in(0).reshaped({product_of(from, 0, axis), product_of(from, axis, from.size())}));
}

void squeeze(call& at) {
    const shape_type& from = at.in(0).shape;
    std::vector<whole> axes;
    if (at.version() < 13)
        axes = at.integers("axes");
    else if (at.has(1))
        axes = at.whole(1);
    std::vector<bool> gone(from.size());
    const bool all = at.version() < 13 ? !at.has_attribute("axes") : !at.has(1);
    for (std::size_t axis = 0; axis < from.size(); ++axis) gone[axis] = all && from[axis] == 1;
    for (const whole one : axes) {
        const std::size_t axis = at.axis(one, from.size());
        at.expect(from[axis] == 1, "extent 1 on axes that go",
                  shape_text(from) + ", axis " + std::to_string(one));
        gone[axis] = true;
    }
    shape_type to;
    for (std::size_t axis = 0; axis < from.size(); ++axis)
        if (!gone[axis]) to.push_back(from[axis]);
    at.give(at.in(0).reshaped(to));
}
void unsqueeze(call& at) {
    const shape_type& from = at.in(0).shape;
    const std::vector<whole> axes = at.version() < 13 ? at.integers("axes") : at.whole(1);
    const std::size_t rank = from.size() + axes.size();
    std::vector<bool> is_new(rank);
    for (const whole one : axes) {
        const std::size_t axis = at.axis(one, rank);
        at.expect(!is_new[axis], "different axes", "axis " + std::to_string(one) + " twice");
        is_new[axis] = true;
    }
    shape_type to;
    std::size_t next = 0;
    for (std::size_t axis = 0; axis < rank; ++axis) to.push_back(is_new[axis] ? 1 : from[next++]);
    at.give(at.in(0).reshaped(to));
}

void transpose(call& at) {
    const std::size_t rank = at.in(0).rank();
    std::vector<std::size_t> order;
    if (at.has_attribute("perm")) {
        std::vector<bool> seen(rank);
        for (const whole one : at.integers("perm")) {
            order.push_back(at.axis(one, rank));
            at.expect(!seen[order.back()], "each axis once in perm",
                      "axis " + std::to_string(one) + " twice");
            seen[order.back()] = true;
        }
        at.expect(order.size() == rank, "a perm of " + std::to_string(rank) + " axes",
                  std::to_string(order.size()));
    } else {
        for (std::size_t axis = rank; axis-- > 0;) order.push_back(axis);
    }
    at.give(transposed(at.in(0), order));
}

void concat(call& at) {
    std::vector<const array*> parts;
    for (std::size_t index = 0; index < at.input_count(); ++index) parts.push_back(&at.in(index));
    at.give(joined(at, parts, at.axis(at.integer("axis", 1), parts[0]->rank())));
}

void split(call& at) {
    const array& from = at.in(0);
    const std::size_t axis = at.axis(at.integer("axis", 0), from.rank());
    const whole extent = from.shape[axis];
    std::vector<whole> lengths;
    if (at.version() >= 13 ? at.has(1) : at.has_attribute("split"))
        lengths = at.version() >= 13 ? at.whole(1) : at.integers("split");
    const auto outputs = static_cast<whole>(at.node().outputs.size());
    if (lengths.empty()) {
        const whole parts = at.version() >= 18 ? at.integer("num_outputs", outputs) : outputs;
        at.expect(parts == outputs, "as many parts as outputs", std::to_string(parts));
        at.expect(parts > 0 && (at.version() >= 18 || extent % parts == 0),
                  "an extent that " + std::to_string(parts) + " parts share", std::to_string(extent));
        const whole length = (extent + parts - 1) / parts;
        for (whole left = extent, k = 0; k < parts; ++k, left -= std::min(left, length))
            lengths.push_back(std::min(left, length));
    }
    whole sum = 0;
    for (const whole one : lengths) {
        at.expect(one >= 0 && one <= extent, "lengths within the axis", std::to_string(one));
        sum += one;
    }
    at.expect(sum == extent && static_cast<whole>(lengths.size()) == outputs,
              std::to_string(outputs) + " lengths whose sum is " + std::to_string(extent),
              std::to_string(lengths.size()) + " with sum " + std::to_string(sum));
    whole first = 0;
    for (const whole one : lengths) {
        at.give(part_of(from, axis, first, one));
        first += one;
    }
}

void slice(call& at) {
    const array& from = at.in(0);
    const bool by_inputs = at.version() >= 10;
    const std::vector<whole> starts = by_inputs ? at.whole(1) : at.integers("starts");
    const std::vector<whole> ends = by_inputs ? at.whole(2) : at.integers("ends");
    std::vector<whole> axes = by_inputs ? (at.has(3) ? at.whole(3) : wholes{}) : at.integers("axes");
    std::vector<whole> steps = by_inputs && at.has(4) ? at.whole(4) : wholes(starts.size(), 1);
    if (axes.empty() && (by_inputs ? !at.has(3) : !at.has_attribute("axes")))
        for (std::size_t k = 0; k < starts.size(); ++k) axes.push_back(static_cast<whole>(k));
    at.expect(starts.size() == ends.size() && starts.size() == axes.size() && starts.size() == steps.size(),
              "as many starts as ends, axes and steps",
              std::to_string(starts.size()) + ", " + std::to_string(ends.size()) + ", " +
                  std::to_string(axes.size()) + ", " + std::to_string(steps.size()));
    std::vector<whole> first(from.rank(), 0);
    std::vector<whole> step(from.rank(), 1);
    shape_type to = from.shape;
    for (std::size_t k = 0; k < axes.size(); ++k) {
        const std::size_t axis = at.axis(axes[k], from.rank());
        const whole extent = from.shape[axis];
        at.expect(steps[k] != 0, "steps that are not 0", "0");
        const bool back = steps[k] < 0;
        const auto bound = [&](whole place, whole low, whole high) {
            return std::clamp(place < 0 ? (place < -extent ? whole{-1} : place + extent) : place, low, high);
        };
        const whole start = bound(starts[k], 0, back ? std::max<whole>(extent - 1, 0) : extent);
        const whole end =
            back ? (ends[k] < -extent ? -1 : bound(ends[k], -1, extent - 1)) : bound(ends[k], 0, extent);
        const whole size = steps[k] == INT64_MIN ? INT64_MAX : std::abs(steps[k]);
        const whole way = back ? start - end : end - start;
        first[axis] = start;
        to[axis] = way <= 0 || extent == 0 ? 0 : (way - 1) / size + 1;
        step[axis] = to[axis] <= 1 ? 1 : steps[k];
    }
    at.give(sliced(from, first, step, to));
}

void tile(call& at) {
    const array& from = at.in(0);
    wholes repeats;
    if (at.version() < 6) {
        repeats.assign(from.rank(), 1);
        repeats[at.axis(at.one_whole(2), from.rank())] = at.one_whole(1);
    } else {
        repeats = at.whole(1);
    }
    at.expect(repeats.size() == from.rank(), std::to_string(from.rank()) + " repeats",
              std::to_string(repeats.size()));
    shape_type to = from.shape;
    for (std::size_t axis = 0; axis < to.size(); ++axis) {
        at.expect(repeats[axis] >= 0 && repeats[axis] < (whole{1} << 31), "repeats that are not negative",
                  std::to_string(repeats[axis]));
        at.expect(to[axis] < (whole{1} << 31), "smaller extents", std::to_string(to[axis]));
        to[axis] *= repeats[axis];
    }
    at.count(to);
    const shape_type strides = strides_of(from.shape);
    at.give(with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        each_index(to, [&](const shape_type& index) {
            whole place = 0;
            for (std::size_t axis = 0; axis < index.size(); ++axis)
                place += index[axis] % from.shape[axis] * strides[axis];
            made.push_back(elements[static_cast<std::size_t>(place)]);
        });
        return array(from.type, to, std::move(made));
    }));
}

void expand(call& at) {
    const shape_type to = broadcast(at, at.in(0).shape, at.whole(1));
    at.give(expanded(at, at.in(0), to));
}

/// Where an index beyond an axis is taken from; -1: nowhere.
whole padded_place(whole index, whole extent, const std::string& mode) {
    if (index >= 0 && index < extent) return index;
    if (mode == "constant" || extent == 0) return -1;
    if (mode == "edge") return index < 0 ? 0 : extent - 1;
    if (mode == "wrap") return (index % extent + extent) % extent;
    if (extent == 1) return 0;
    const whole period = 2 * (extent - 1);
    const whole folded = (index % period + period) % period;
    return folded < extent ? folded : period - folded;
}

void pad(call& at) {
    const array& from = at.in(0);
    const std::string mode = at.text("mode", "constant");
    at.expect(mode == "constant" || mode == "edge" || mode == "reflect" || mode == "wrap",
              "mode constant, edge, reflect or wrap", mode);
    const bool by_inputs = at.version() >= 11;
    const std::vector<whole> pads =
        by_inputs ? at.whole(1) : at.integers(at.version() < 2 ? "paddings" : "pads");
    std::vector<whole> axes;
    if (by_inputs && at.has(3))
        axes = at.whole(3);
    else
        for (std::size_t axis = 0; axis < from.rank(); ++axis) axes.push_back(static_cast<whole>(axis));
    at.expect(pads.size() == 2 * axes.size(), std::to_string(2 * axes.size()) + " pads",
              std::to_string(pads.size()));
    shape_type to = from.shape;
    std::vector<whole> before(from.rank(), 0);
    for (std::size_t k = 0; k < axes.size(); ++k) {
        const std::size_t axis = at.axis(axes[k], from.rank());
        at.expect(std::abs(pads[k]) < (whole{1} << 40) && std::abs(pads[k + axes.size()]) < (whole{1} << 40),
                  "smaller pads", std::to_string(pads[k]));
        before[axis] = pads[k];
        to[axis] += pads[k] + pads[k + axes.size()];
        at.expect(to[axis] >= 0, "pads that leave something", shape_text(from.shape));
        at.expect(mode == "constant" || from.shape[axis] > 0 || to[axis] == 0, "elements to repeat", "none");
    }
    at.count(to);
    const shape_type strides = strides_of(from.shape);
    const array* fill = by_inputs && at.has(2) ? &at.in(2) : nullptr;
    if (fill != nullptr)
        at.expect(fill->type == from.type && fill->size() == 1, "one value of the input's type",
                  shape_text(fill->shape));
    at.give(with_elements(from, [&](const auto& elements) {
        using element = typename std::decay_t<decltype(elements)>::value_type;
        element filled{};
        if constexpr (std::is_same_v<element, double>)
            filled = fill != nullptr ? fill->as_reals()[0] : at.number("value", 0);
        if constexpr (std::is_same_v<element, whole>) filled = fill != nullptr ? fill->as_wholes()[0] : 0;
        if constexpr (std::is_same_v<element, std::string>)
            filled = fill != nullptr ? fill->as_texts()[0] : "";
        std::vector<element> made;
        each_index(to, [&](const shape_type& index) {
            whole place = 0;
            for (std::size_t axis = 0; axis < index.size() && place >= 0; ++axis) {
                const whole there = padded_place(index[axis] - before[axis], from.shape[axis], mode);
                place = there < 0 ? -1 : place + there * strides[axis];
            }
            made.push_back(place < 0 ? filled : elements[static_cast<std::size_t>(place)]);
        });
        return array(from.type, to, std::move(made));
    }));
}

void center_crop_pad(call& at) {
    const array& from = at.in(0);
    const wholes& wanted = at.whole(1);
    std::vector<whole> axes = at.integers("axes");
    if (axes.empty())
        for (std::size_t axis = 0; axis < from.rank(); ++axis) axes.push_back(static_cast<whole>(axis));
    at.expect(axes.size() == wanted.size(), "an extent for each axis", std::to_string(wanted.size()));
    shape_type to = from.shape;
    std::vector<whole> before(from.rank(), 0);
    for (std::size_t k = 0; k < axes.size(); ++k) {
        const std::size_t axis = at.axis(axes[k], from.rank());
        at.expect(wanted[k] >= 0, "extents", std::to_string(wanted[k]));
        to[axis] = wanted[k];
        const whole more = wanted[k] - from.shape[axis];
        before[axis] = more >= 0 ? more / 2 : -((-more) / 2);
    }
    at.count(to);
    const shape_type strides = strides_of(from.shape);
    at.give(with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        each_index(to, [&](const shape_type& index) {
            whole place = 0;
            for (std::size_t axis = 0; axis < index.size() && place >= 0; ++axis) {
                const whole there = index[axis] - before[axis];
                place = there < 0 || there >= from.shape[axis] ? -1 : place + there * strides[axis];
            }
            if (place < 0)
                made.emplace_back();
            else
                made.push_back(elements[static_cast<std::size_t>(place)]);
        });
        return array(from.type, to, std::move(made));
    }));
}

/// As Reshape, Transpose and Reshape would: [N, a, b, c, ...].
array rearranged(const array& from, const shape_type& middle, const std::vector<std::size_t>& order,
                 const shape_type& to) {
    return transposed(from.reshaped(middle), order).reshaped(to);
}
void depth_to_space(call& at) {
    const shape_type& s = at.in(0).shape;
    const whole b = at.integer("blocksize");
    at.expect(s.size() == 4 && b > 0 && b < 65536 && s[1] % (b * b) == 0,
              "four axes, channels that blocks share", shape_text(s));
    const whole depth = s[1] / (b * b);
    const shape_type to{s[0], depth, s[2] * b, s[3] * b};
    const std::string mode = at.text("mode", "DCR");
    at.expect(mode == "DCR" || mode == "CRD", "mode DCR or CRD", mode);
    if (mode == "DCR")
        return at.give(rearranged(at.in(0), {s[0], b, b, depth, s[2], s[3]}, {0, 3, 4, 1, 5, 2}, to));
    at.give(rearranged(at.in(0), {s[0], depth, b, b, s[2], s[3]}, {0, 1, 4, 2, 5, 3}, to));
}
void space_to_depth(call& at) {
    const shape_type& s = at.in(0).shape;
    const whole b = at.integer("blocksize");
    at.expect(s.size() == 4 && b > 0 && b < 65536 && s[2] % b == 0 && s[3] % b == 0,
              "four axes, rows and columns that blocks share", shape_text(s));
    at.give(rearranged(at.in(0), {s[0], s[1], s[2] / b, b, s[3] / b, b}, {0, 3, 5, 1, 2, 4},
                       {s[0], s[1] * b * b, s[2] / b, s[3] / b}));
}

void constant(call& at) {
    if (const auto* one = at.find<double>("value_float"))
        return at.give(element_type::float32, {}, reals{*one});
    if (const auto* one = at.find<std::int64_t>("value_int"))
        return at.give(element_type::int64, {}, wholes{*one});
    if (const auto* one = at.find<std::string>("value_string"))
        return at.give(array(element_type::text, {}, texts{*one}));
    if (const auto* list = at.find<std::vector<double>>("value_floats"))
        return at.give(element_type::float32, {static_cast<whole>(list->size())}, reals(*list));
    if (const auto* list = at.find<std::vector<std::int64_t>>("value_ints"))
        return at.give(element_type::int64, {static_cast<whole>(list->size())}, wholes(*list));
    if (const auto* list = at.find<std::vector<std::string>>("value_strings"))
        return at.give(array(element_type::text, {static_cast<whole>(list->size())}, texts(*list)));
    const auto* found = at.find<graph::tensor>("value");
    if (found == nullptr) at.fail("a value", "none");
    at.give(array_of(*found));
}
void constant_of_shape(call& at) {
    const shape_type& to = at.whole(0);
    const std::size_t count = at.count(to);
    const auto* found = at.find<graph::tensor>("value");
    if (found == nullptr) return at.give(element_type::float32, to, reals(count, 0.0));
    const array value = array_of(*found);
    at.expect(value.size() == 1, "one value", std::to_string(value.size()));
    at.give(with_elements(value, [&](auto elements) {
        const auto one = elements[0];
        elements.assign(count, one);
        return array(value.type, to, std::move(elements));
    }));
}
void eye_like(call& at) {
    const array& like = at.in(0);
    at.expect(like.rank() == 2, "two axes", shape_text(like.shape));
    const element_type type = at.has_attribute("dtype") ? at.type_of(at.integer("dtype")) : like.type;
    const whole diagonal = at.integer("k", 0);
    wholes made;
    each_index(like.shape,
               [&](const shape_type& index) { made.push_back(index[1] - index[0] == diagonal ? 1 : 0); });
    if (is_real(type)) return at.give(type, like.shape, reals(made.begin(), made.end()));
    at.give(type, like.shape, std::move(made));
}
void range(call& at) {
    at.same_types(0, 1);
    at.same_types(0, 2);
    const element_type type = at.in(0).type;
    if (is_real(type)) {
        const double first = at.one_real(0);
        const double step = at.one_real(2);
        const double count = std::max(0.0, std::ceil((at.one_real(1) - first) / step));
        at.expect(count < 0x1p40, "a range that ends", "step " + std::to_string(step));
        const shape_type to{static_cast<whole>(count)};
        reals made(at.count(to));
        for (std::size_t i = 0; i < made.size(); ++i) made[i] = first + static_cast<double>(i) * step;
        return at.give(type, to, std::move(made));
    }
    const whole first = at.one_whole(0);
    const whole last = at.one_whole(1);
    const whole step = at.one_whole(2);
    at.expect(step != 0, "a step that is not 0", "0");
    const double way = (static_cast<double>(last) - static_cast<double>(first)) / static_cast<double>(step);
    at.expect(way < 0x1p40, "a range that memory can hold", std::to_string(way));
    const shape_type to{static_cast<whole>(std::max(0.0, std::ceil(way)))};
    wholes made(at.count(to));
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] =
            static_cast<whole>(static_cast<std::uint64_t>(first) + i * static_cast<std::uint64_t>(step));
    at.give(type, to, std::move(made));
}
void triangle(call& at) {
    const array& from = at.in(0);
    at.expect(from.rank() >= 2, "two axes or more", shape_text(from.shape));
    const bool upper = at.integer("upper", 1) != 0;
    const whole diagonal =
        at.has(1) ? std::clamp<whole>(at.one_whole(1), -(whole{1} << 60), whole{1} << 60) : 0;
    at.give(with_elements(from, [&](auto elements) {
        std::size_t place = 0;
        each_index(from.shape, [&](const shape_type& index) {
            const whole offset = index[from.rank() - 1] - index[from.rank() - 2];
            if (upper ? offset < diagonal : offset > diagonal) elements[place] = {};
            ++place;
        });
        return array(from.type, from.shape, std::move(elements));
    }));
}
void reverse_sequence(call& at) {
    const array& from = at.in(0);
    const std::size_t batch = at.axis(at.integer("batch_axis", 1), from.rank());
    const std::size_t time = at.axis(at.integer("time_axis", 0), from.rank());
    const wholes& lengths = at.whole(1);
    at.expect(batch != time && static_cast<whole>(lengths.size()) == from.shape[batch],
              "a length for each sample", std::to_string(lengths.size()));
    for (const whole one : lengths)
        at.expect(one >= 0 && one <= from.shape[time], "lengths within the time axis", std::to_string(one));
    const shape_type strides = strides_of(from.shape);
    at.give(with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        each_index(from.shape, [&](const shape_type& index) {
            shape_type source = index;
            const whole length = lengths[static_cast<std::size_t>(index[batch])];
            if (index[time] < length) source[time] = length - 1 - index[time];
            made.push_back(elements[place_of(source, strides)]);
        });
        return array(from.type, from.shape, std::move(made));
    }));
}

constexpr operation table[] = {
    {"", "Shape", shape, 1, 1, 1, "start end"},
    {"", "Size", size, 1, 1, 1, ""},
    {"", "Reshape", reshape, 1, 1, 1, "shape consumed_inputs", 1, 4},
    {"", "Reshape", reshape, 2, 2, 1, "allowzero", 5},
    {"", "Flatten", flatten, 1, 1, 1, "axis"},
    {"", "Squeeze", squeeze, 1, 1, 1, "axes", 1, 12},
    {"", "Squeeze", squeeze, 1, 2, 1, "", 13},
    {"", "Unsqueeze", unsqueeze, 1, 1, 1, "axes", 1, 12},
    {"", "Unsqueeze", unsqueeze, 2, 2, 1, "", 13},
    {"", "Transpose", transpose, 1, 1, 1, "perm"},
    {"", "Concat", concat, 1, any_number, 1, "axis"},
    {"", "Split", split, 1, 1, any_number, "axis split", 1, 12},
    {"", "Split", split, 1, 2, any_number, "axis num_outputs", 13},
    {"", "Slice", slice, 1, 1, 1, "axes starts ends", 1, 9},
    {"", "Slice", slice, 3, 5, 1, "", 10},
    {"", "Tile", tile, 3, 3, 1, "", 1, 5},
    {"", "Tile", tile, 2, 2, 1, "", 6},
    {"", "Expand", expand, 2, 2, 1, "", 8},
    {"", "Pad", pad, 1, 1, 1, "mode paddings value", 1, 1},
    {"", "Pad", pad, 1, 1, 1, "mode pads value", 2, 10},
    {"", "Pad", pad, 2, 4, 1, "mode", 11},
    {"", "CenterCropPad", center_crop_pad, 2, 2, 1, "axes", 18},
    {"", "DepthToSpace", depth_to_space, 1, 1, 1, "blocksize mode"},
    {"", "SpaceToDepth", space_to_depth, 1, 1, 1, "blocksize"},
    {"", "Constant", constant, 0, 0, 1,
     "value value_float value_floats value_int value_ints value_string value_strings"},
    {"", "ConstantOfShape", constant_of_shape, 1, 1, 1, "value", 9},
    {"", "EyeLike", eye_like, 1, 1, 1, "dtype k", 9},
    {"", "Range", range, 3, 3, 1, "", 11},
    {"", "Trilu", triangle, 1, 2, 1, "upper", 14},
    {"", "ReverseSequence", reverse_sequence, 2, 2, 1, "batch_axis time_axis", 10},
};

}  // namespace

std::span<const operation> shaping_operations() { return table; }

}  // namespace archetype::evaluate
