// SPDX-License-Identifier: BSL-1.0
// Sums, products and their like of several values or of a value and a constant, and concatenations.
#include "lowering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace archetype::lower {

namespace {

/// The join of this operator, or "" if the library has none.
std::string join_of(const std::string& operation) {
    if (operation == "Add" || operation == "Sum") return "add";
    if (operation == "Mul") return "multiply";
    if (operation == "Max") return "maximum";
    if (operation == "Mean") return "average";
    if (operation == "Sub") return "subtract";
    if (operation == "Div") return "divide";
    if (operation == "Min") return "minimum";
    return "";
}

std::string formula_of(const std::string& operation, double number, bool turned) {
    const std::string text = literal(number);
    const std::string safe = number < 0 ? "(" + text + ")" : text;
    if (operation == "Add" || operation == "Sum")
        return number < 0 ? "x - " + literal(-number) : "x + " + text;
    if (operation == "Mul") return "x * " + safe;
    if (operation == "Max") return "max(x, " + text + ")";
    if (operation == "Min") return "min(x, " + text + ")";
    if (operation == "Sub")
        return turned ? text + " - x" : number < 0 ? "x + " + literal(-number) : "x - " + text;
    if (operation == "Div") return turned ? text + " / x" : "x / " + safe;
    return "";
}

/// The shape in which `part` repeats along `whole`, which has all axes; nothing if axes lie in another order.
struct repeated {
    shape_type whole, part;
};
std::optional<repeated> repeats(const layout& whole, const layout& part, const shape_type& has) {
    // Axes of the part that have an extent, in the file's numbering of the whole.
    const std::size_t missing = whole.axes.size() - part.axes.size();
    layout cut = whole;
    std::vector<bool> lacks(whole.extents.size(), false);
    for (std::size_t axis = 0; axis < whole.axes.size(); ++axis) {
        const bool there = axis >= missing && !part.axes[axis - missing].empty();
        if (there) continue;
        for (const std::size_t atom : whole.axes[axis]) {
            lacks[atom] = true;
            std::erase(cut.order, atom);
        }
        cut.axes[axis].clear();
    }
    cut.axes.erase(cut.axes.begin(), cut.axes.begin() + static_cast<std::ptrdiff_t>(missing));
    if (!same_places(cut, part)) return std::nullopt;
    repeated made;
    // The shape that the whole has, if each extent repeats or does not.
    std::size_t next = 0;
    bool fits = true;
    for (const std::int64_t extent : has) {
        std::int64_t left = extent;
        std::optional<bool> repeated_here;
        while (fits && left != 1) {
            if (next == whole.order.size() || left % whole.extents[whole.order[next]] != 0) {
                fits = false;
                break;
            }
            const bool here = lacks[whole.order[next]];
            if (repeated_here && *repeated_here != here) fits = false;
            repeated_here = here;
            left /= whole.extents[whole.order[next++]];
        }
        made.whole.push_back(extent);
        made.part.push_back(repeated_here.value_or(false) ? 1 : extent);
    }
    // A volume repeats over depth and height together.
    if (has.size() == 4 && has[0] != 1 && has[1] != 1 && fits && (made.part[0] == 1) != (made.part[1] == 1))
        fits = false;
    if (!fits) {
        made = {};
        for (std::size_t k = 0; k < whole.order.size(); ++k) {
            const std::size_t atom = whole.order[k];
            if (k > 0 && lacks[atom] == lacks[whole.order[k - 1]]) {
                made.whole.back() *= whole.extents[atom];
                if (!lacks[atom]) made.part.back() *= whole.extents[atom];
                continue;
            }
            made.whole.push_back(whole.extents[atom]);
            made.part.push_back(lacks[atom] ? 1 : whole.extents[atom]);
        }
        if (made.whole.size() > 3) return std::nullopt;
    }
    while (made.part.size() > 1 && made.part[0] == 1) made.part.erase(made.part.begin());
    return made;
}

/// A constant that repeats along the value as it does in the file: weights of the layer's own.
bool own_operand(lowering& to, std::size_t variable, std::size_t constant) {
    const std::string join = join_of(to.node().operation);
    if (join.empty()) return to.refuse("arithmetic of a value and a constant");
    if (variable == 1 && (join == "subtract" || join == "divide"))
        return to.refuse("a constant on the right");
    const array content = to.constant(constant);
    const layout where = merged(to.in(variable).where);
    const shape_type& shape = to.shape(variable);
    if (content.shape.size() > shape.size()) return to.refuse("a constant that is no larger than the value");
    const std::size_t missing = shape.size() - content.shape.size();
    // Its axes are those of the value, without those along which it repeats.
    layout part = where;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const std::int64_t extent = axis < missing ? 1 : content.shape[axis - missing];
        if (extent == shape[axis]) continue;
        if (extent != 1) return to.refuse("a constant that fits the value");
        for (const std::size_t atom : part.axes[axis]) std::erase(part.order, atom);
        part.axes[axis].clear();
    }
    const auto found = repeats(where, part, to.at(to.in(variable).layer).shape);
    if (!found) {
        if (!to.in(variable).is_certain) return to.refuse_order(variable, "");
        return to.refuse("a constant that repeats along at most three axes");
    }
    const std::vector<std::size_t> place = places(part);
    std::vector<float> numbers(place.size());
    for (std::size_t k = 0; k < numbers.size(); ++k)
        numbers[place[k]] = static_cast<float>(content.as_reals()[k]);
    std::string extents;
    for (const std::int64_t extent : found->part)
        extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
    const std::size_t from = to.with_shape(to.in(variable).layer, found->whole);
    const std::size_t made = to.add("join_weights", {"at::" + join, "at::shape{" + extents + "}"}, {from},
                                    found->whole, {{"kernel", found->part, std::move(numbers)}});
    to.at(made).name = to.name_for(constant);
    to.give(made, where);
    return true;
}

/// The axes of the file in the order of the library, if each lies in one piece.
std::optional<std::vector<std::size_t>> axes_in_order(const layout& of) {
    std::vector<std::size_t> made;
    for (const std::size_t atom : of.order)
        for (std::size_t axis = 0; axis < of.axes.size(); ++axis) {
            if (std::find(of.axes[axis].begin(), of.axes[axis].end(), atom) == of.axes[axis].end()) continue;
            if (of.axes[axis].size() > 1) return std::nullopt;
            made.push_back(axis);
        }
    return made;
}

/// Brings the axes of an input into the order of another value, by a permutation. Axes that this one lacks may lie anywhere.
void follow_order(lowering& to, std::size_t k, const layout& like) {
    value_place& own = to.in(k);
    layout where = merged(own.where);
    const auto wanted = axes_in_order(merged(like));
    const auto has = axes_in_order(where);
    if (!wanted || !has) return;
    const std::size_t missing = like.axes.size() - where.axes.size();
    std::vector<std::size_t> order;
    for (const std::size_t axis : *wanted)
        if (axis >= missing && !where.axes[axis - missing].empty())
            order.push_back(where.axes[axis - missing][0]);
    if (order.size() != where.order.size()) return;
    if (const auto made = to.with_order(own.layer, where, order)) {
        own.layer = *made;
        own.where = where;
    }
}

bool join(lowering& to) {
    const std::string& operation = to.node().operation;
    const std::size_t count = to.node().inputs.size();
    std::vector<std::size_t> variables;
    std::vector<std::size_t> constants;
    for (std::size_t k = 0; k < count; ++k) (to.is_constant(k) ? constants : variables).push_back(k);
    if (variables.empty()) return to.refuse("values that are no constants");
    if (!constants.empty()) {
        if (count != 2) return to.refuse("two operands, if one is a constant");
        if (to.shape(variables[0]) != to.out_shape())
            return to.refuse("a constant that is no larger than the value");
        const double* number = to.scalar(constants[0]);
        if (number == nullptr) return own_operand(to, variables[0], constants[0]);
        const double most = std::numeric_limits<float>::max();
        if ((operation == "Max" && *number <= -most) || (operation == "Min" && *number >= most)) {
            to.give_view(to.in(variables[0]), to.in(variables[0]).where);
            to.note("a bound that nothing exceeds");
            return true;
        }
        if (!std::isfinite(*number)) return to.refuse("a finite number");
        return give_formula(to, variables[0], formula_of(operation, *number, variables[0] == 1));
    }
    if (count == 1) {
        to.give_view(to.in(0), to.in(0).where);
        to.note("joins one value");
        return true;
    }
    if (count == 2 && to.node().inputs[0] == to.node().inputs[1]) {
        if (operation == "Add" || operation == "Sum") return give_formula(to, 0, "2.0 * x");
        if (operation == "Mul") return give_formula(to, 0, "square(x)");
    }
    if (count == 2 && to.shape(0) == to.shape(1) && same_places(to.in(0).where, to.in(1).where) &&
        give_together(to, operation))
        return true;
    const std::string type = join_of(operation);
    if (type.empty()) return to.refuse("sums, products and maxima of values of the same shape");
    // One that has the shape of the result; the others have its places, or repeat.
    std::size_t whole = count;
    for (std::size_t k = count; k-- > 0;)
        if (to.shape(k) == to.out_shape()) whole = k;
    if (whole == count) return to.refuse("values of which one has the shape of the result");
    std::vector<std::size_t> layers;
    const layout where = to.in(whole).where;
    shape_type shape = to.at(to.in(whole).layer).shape;
    std::vector<repeated> smaller(count);
    bool is_certain = true;
    for (std::size_t k = 0; k < count; ++k) is_certain = is_certain && to.in(k).is_certain;
    for (std::size_t k = 0; k < count && is_certain; ++k)
        if (k != whole) follow_order(to, k, where);
    for (std::size_t k = 0; k < count; ++k) {
        if (to.shape(k) == to.out_shape()) {
            if (same_places(to.in(k).where, where)) continue;
            if (!is_certain) return to.refuse_order(to.in(k).is_certain ? whole : k, "");
            return to.refuse("the values have their elements in different orders (" +
                             graph::shape_text(to.at(to.in(k).layer).shape) + " and " +
                             graph::shape_text(shape) + " here)");
        }
        auto found = repeats(where, to.in(k).where, shape);
        if (!found) {
            if (!is_certain) return to.refuse_order(to.in(k).is_certain ? whole : k, "");
            return to.refuse("values that repeat along axes in the same order");
        }
        shape = found->whole;
        smaller[k] = std::move(*found);
    }
    for (std::size_t k = 0; k < count; ++k) {
        if (to.shape(k) != to.out_shape()) {
            if (smaller[k].whole != shape) return to.refuse("values that repeat along the same axes");
            layers.push_back(to.with_shape(to.in(k).layer, smaller[k].part));
        } else {
            layers.push_back(to.with_shape(to.in(k).layer, shape));
        }
    }
    to.give(to.add(type, {}, layers, shape, {}, layer::kinds::join), where);
    return true;
}

/// Without one axis: where the others lie.
layout without(const layout& of, std::size_t axis) {
    layout made = of;
    for (const std::size_t atom : of.axes[axis]) std::erase(made.order, atom);
    made.axes[axis].clear();
    return made;
}

/// The axis has one atom of this extent, if it has any, at this place of the order.
layout with_extent(const layout& of, std::size_t axis, std::int64_t extent, std::size_t place) {
    layout made = without(of, axis);
    if (extent == 1) return made;
    made.axes[axis].push_back(made.extents.size());
    made.order.insert(made.order.begin() + static_cast<std::ptrdiff_t>(place), made.extents.size());
    made.extents.push_back(extent);
    return made;
}

bool all_zero(const array& content) {
    const auto numbers = evaluate::all_reals(content);
    return std::all_of(numbers.begin(), numbers.end(), [](double one) { return one == 0; });
}

/// Zeros before or after a value: a padding.
bool padded(lowering& to, std::size_t axis) {
    std::size_t variable = 0;
    std::size_t variables = 0;
    std::int64_t before = 0;
    std::int64_t after = 0;
    for (std::size_t k = 0; k < to.node().inputs.size(); ++k) {
        if (!to.is_constant(k)) {
            variable = k;
            ++variables;
            continue;
        }
        if (!all_zero(to.constant(k))) return to.refuse("values that are no constants, or zeros");
        (variables == 0 ? before : after) += to.shape(k)[axis];
    }
    if (variables != 1) return to.refuse("one value and zeros");
    return give_padded(to, variable, axis, before, after);
}

/// Brings an input into the order of the file. Whether that takes a permutation of at most three axes.
bool files_order(lowering& to, std::size_t k) {
    value_place& own = to.in(k);
    layout where = merged(own.where);
    std::vector<std::size_t> order;
    for (const auto& one : where.axes) order.insert(order.end(), one.begin(), one.end());
    const auto made = to.with_order(own.layer, where, order);
    if (made) own.layer = *made, own.where = where;
    return made.has_value();
}

/// A constant step before the others.
bool class_token(lowering& to, std::size_t axis) {
    value_place& from = to.in(1);
    layout where = merged(from.where);
    std::vector<std::size_t> order = where.axes[axis];
    for (const std::size_t atom : where.order)
        if (std::find(where.axes[axis].begin(), where.axes[axis].end(), atom) == where.axes[axis].end())
            order.push_back(atom);
    const auto ordered = to.with_order(from.layer, where, order);
    if (!ordered) return to.refuse_order(1, "steps, then channels");
    const std::int64_t steps = to.shape(1)[axis];
    const std::int64_t channels = where.size() / steps;
    const std::size_t sequence = to.with_shape(*ordered, {steps, channels});
    const layout token = without(where, axis);
    std::vector<std::size_t> place = places(token);
    std::vector<float> numbers(place.size());
    const array content = to.constant(0);
    if (content.size() != place.size()) return to.refuse("one constant step");
    for (std::size_t k = 0; k < place.size(); ++k)
        numbers[place[k]] = static_cast<float>(content.as_reals()[k]);
    const std::size_t made = to.add("class_token", {}, {sequence}, {steps + 1, channels},
                                    {{"class_token", {channels}, std::move(numbers)}});
    to.at(made).name = to.name_for(0);
    to.give(made, with_extent(where, axis, steps + 1, 0));
    return true;
}

bool concatenation(lowering& to) {
    const std::size_t count = to.node().inputs.size();
    const auto rank = static_cast<std::int64_t>(to.out_shape().size());
    std::int64_t axis_number = to.integer("axis", 0);
    if (axis_number < 0) axis_number += rank;
    const auto axis = static_cast<std::size_t>(axis_number);
    bool constants = false;
    for (std::size_t k = 0; k < count; ++k) constants = constants || to.is_constant(k);
    if (constants && count == 2 && to.is_constant(0) && to.shape(0)[axis] == 1 && !all_zero(to.constant(0)))
        return class_token(to, axis);
    if (constants) return padded(to, axis);
    bool is_certain = true;
    std::size_t doubtful = 0;
    for (std::size_t k = 0; k < count; ++k)
        if (!to.in(k).is_certain) {
            is_certain = false;
            doubtful = k;
        }
    // One that has the axis says where it lies; with 1 everywhere it may lie last.
    std::size_t model = count;
    for (std::size_t k = count; k-- > 0;)
        if (to.shape(k)[axis] != 1) model = k;
    if (model != count && is_certain)
        for (std::size_t k = 0; k < count; ++k)
            if (k != model) follow_order(to, k, to.in(model).where);
    const auto alike = [&] {
        const layout first = without(to.in(0).where, axis);
        for (std::size_t k = 1; k < count; ++k)
            if (!same_places(without(to.in(k).where, axis), first)) return false;
        return true;
    };
    if (is_certain && !alike())
        for (std::size_t k = 0; k < count; ++k) (void)files_order(to, k);
    const layout rest = without(to.in(0).where, axis);
    std::size_t place = rest.order.size();
    if (model != count) {
        const auto& atoms = to.in(model).where.axes[axis];
        const auto cut = split_at(to.in(model).where, atoms);
        if (!cut) return to.refuse_order(model, "the axis lies in one piece");
        place = cut->before.size();
    }
    for (std::size_t k = 0; k < count; ++k) {
        const layout expected = with_extent(to.in(0).where, axis, to.shape(k)[axis], place);
        if (same_places(expected, to.in(k).where)) continue;
        if (!is_certain) return to.refuse_order(doubtful, "");
        return to.refuse("the values have their elements in different orders");
    }
    const layout where = with_extent(to.in(0).where, axis, to.out_shape()[axis], place);
    std::int64_t before = 1;
    for (std::size_t k = 0; k < place; ++k) before *= rest.extents[rest.order[k]];
    const std::int64_t after = rest.size(rest.order) / before;
    const std::int64_t extent = to.out_shape()[axis];
    std::vector<std::size_t> layers;
    if (after == 1) {      // the last one of the library
        shape_type shape;  // that they have already, if they agree
        bool agree = true;
        for (std::size_t k = 0; k < count; ++k) {
            shape_type has = to.at(to.in(k).layer).shape;
            agree = agree && has.back() == to.shape(k)[axis];
            has.back() = extent;
            if (k == 0) shape = has;
            agree = agree && has == shape;
        }
        if (!agree) shape = grouped(before, extent);
        for (std::size_t k = 0; k < count; ++k) {
            shape_type own = shape;
            own.back() = to.shape(k)[axis];
            layers.push_back(to.with_shape(to.in(k).layer, own));
        }
        to.give(to.add("concatenate", {}, layers, shape, {}, layer::kinds::join), where);
        return true;
    }
    // An axis of its own, in the shape that the values have if they agree.
    shape_type shape;
    std::size_t number = 0;
    bool agree = true;
    for (std::size_t k = 0; k < count; ++k) {
        shape_type has = to.at(to.in(k).layer).shape;
        std::int64_t product = 1;
        std::size_t own = 0;
        while (own < has.size() && product != before) product *= has[own++];
        agree = agree && product == before && own < has.size() && has[own] == to.shape(k)[axis];
        agree = agree && !(has.size() == 4 && own == 1);  // of a volume, rows within slices
        if (!agree) break;
        has[own] = extent;
        if (k == 0) {
            shape = has;
            number = own;
        }
        agree = agree && has == shape && own == number;
    }
    if (!agree) {
        shape = before == 1 ? shape_type{extent, after} : shape_type{before, extent, after};
        number = before == 1 ? 0 : 1;
    }
    for (std::size_t k = 0; k < count; ++k) {
        shape_type own = shape;
        own[number] = to.shape(k)[axis];
        layers.push_back(to.with_shape(to.in(k).layer, own));
    }
    to.give(to.add("concatenate_along<" + std::to_string(number + 1) + ">", {}, layers, shape, {},
                   layer::kinds::join),
            where);
    return true;
}

}  // namespace

const std::map<std::string_view, lower_function>& joining_operators() {
    static const std::map<std::string_view, lower_function> table{
        {"Add", join}, {"Sub", join},  {"Mul", join},
        {"Div", join}, {"Max", join},  {"Min", join},
        {"Sum", join}, {"Mean", join}, {"Concat", concatenation}};
    return table;
}

}  // namespace archetype::lower
