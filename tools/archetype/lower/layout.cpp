// SPDX-License-Identifier: BSL-1.0
#include "layout.hpp"

#include <algorithm>
#include <map>

namespace archetype::lower {

std::int64_t layout::size(const std::vector<std::size_t>& atoms) const {
    std::int64_t product = 1;
    for (const std::size_t atom : atoms) product *= extents[atom];
    return product;
}

std::int64_t layout::size() const { return size(order); }

shape_type layout::shape() const {
    shape_type made;
    for (const auto& axis : axes) made.push_back(size(axis));
    return made;
}

layout in_order(const shape_type& shape) {
    layout made;
    for (const std::int64_t extent : shape) {
        made.axes.emplace_back();
        if (extent == 1) continue;
        made.axes.back().push_back(made.extents.size());
        made.order.push_back(made.extents.size());
        made.extents.push_back(extent);
    }
    return made;
}

layout channels_last(const shape_type& shape) {
    layout made = in_order(shape);
    if (shape.size() < 3) return made;
    made.order = made.axes[0];
    for (std::size_t axis = 2; axis < shape.size(); ++axis)
        made.order.insert(made.order.end(), made.axes[axis].begin(), made.axes[axis].end());
    made.order.insert(made.order.end(), made.axes[1].begin(), made.axes[1].end());
    return made;
}

layout transposed(const layout& of, const std::vector<std::int64_t>& order) {
    layout made = of;
    for (std::size_t axis = 0; axis < order.size(); ++axis)
        made.axes[axis] = of.axes[static_cast<std::size_t>(order[axis])];
    return made;
}

namespace {

/// Replaces an atom by others in its place.
void replace(std::vector<std::size_t>& in, std::size_t old, std::initializer_list<std::size_t> now) {
    const auto place = std::find(in.begin(), in.end(), old);
    if (place == in.end()) return;
    in.insert(in.erase(place), now);
}

/// Only the atoms that are used, numbered in the file's order.
layout renumbered(const layout& of) {
    layout made;
    std::map<std::size_t, std::size_t> numbers;
    for (const auto& axis : of.axes) {
        made.axes.emplace_back();
        for (const std::size_t atom : axis) {
            numbers[atom] = made.extents.size();
            made.axes.back().push_back(made.extents.size());
            made.extents.push_back(of.extents[atom]);
        }
    }
    for (const std::size_t atom : of.order) made.order.push_back(numbers.at(atom));
    return made;
}

std::size_t place_in_order(const layout& of, std::size_t atom) {
    return static_cast<std::size_t>(std::find(of.order.begin(), of.order.end(), atom) - of.order.begin());
}

/// All atoms as one list, neighbours on both sides joined, also across axes.
layout as_one_axis(const layout& of) {
    layout made = of;
    made.axes.assign(1, {});
    for (const auto& axis : of.axes) made.axes[0].insert(made.axes[0].end(), axis.begin(), axis.end());
    return merged(made);
}

}  // namespace

layout merged(const layout& of) {
    layout made = of;
    for (auto& axis : made.axes)
        for (std::size_t k = 0; k + 1 < axis.size();) {
            const std::size_t first = axis[k];
            const std::size_t second = axis[k + 1];
            const std::size_t place = place_in_order(made, first);
            if (place + 1 >= made.order.size() || made.order[place + 1] != second) {
                ++k;
                continue;
            }
            made.extents[first] *= made.extents[second];
            axis.erase(axis.begin() + static_cast<std::ptrdiff_t>(k + 1));
            made.order.erase(made.order.begin() + static_cast<std::ptrdiff_t>(place + 1));
        }
    return renumbered(made);
}

std::optional<layout> reshaped(const layout& of, const shape_type& to) {
    layout made = as_one_axis(of);
    if (std::find(to.begin(), to.end(), 0) != to.end()) return std::nullopt;
    std::vector<std::size_t> left(made.axes[0].rbegin(), made.axes[0].rend());  // the next atom last
    std::vector<std::vector<std::size_t>> axes;
    for (const std::int64_t extent : to) {
        axes.emplace_back();
        std::int64_t wanted = extent;
        while (wanted != 1) {
            if (left.empty()) return std::nullopt;
            const std::size_t atom = left.back();
            const std::int64_t has = made.extents[atom];
            left.pop_back();
            if (wanted % has == 0) {
                axes.back().push_back(atom);
                wanted /= has;
                continue;
            }
            if (has % wanted != 0) return std::nullopt;
            // The outer part belongs to this axis, the inner one to the next.
            const std::size_t inner = made.extents.size();
            made.extents[atom] = wanted;
            made.extents.push_back(has / wanted);
            replace(made.order, atom, {atom, inner});
            axes.back().push_back(atom);
            left.push_back(inner);
            wanted = 1;
        }
    }
    if (!left.empty()) return std::nullopt;
    made.axes = std::move(axes);
    return merged(made);
}

bool same_places(const layout& a, const layout& b) {
    const layout one = merged(a);
    const layout other = merged(b);
    return one.extents == other.extents && one.axes == other.axes && one.order == other.order;
}

std::vector<std::size_t> in_library_order(const layout& of, const std::vector<std::size_t>& atoms) {
    std::vector<std::size_t> made;
    for (const std::size_t atom : of.order)
        if (std::find(atoms.begin(), atoms.end(), atom) != atoms.end()) made.push_back(atom);
    return made;
}

std::vector<std::size_t> places(const layout& of, const std::vector<std::size_t>& atoms) {
    const std::vector<std::size_t> ordered = in_library_order(of, atoms);
    std::map<std::size_t, std::size_t> stride;
    std::size_t step = 1;
    for (std::size_t k = ordered.size(); k-- > 0;) {
        stride[ordered[k]] = step;
        step *= static_cast<std::size_t>(of.extents[ordered[k]]);
    }
    std::vector<std::size_t> made{0};
    for (const std::size_t atom : atoms) {
        std::vector<std::size_t> next;
        for (const std::size_t base : made)
            for (std::int64_t k = 0; k < of.extents[atom]; ++k)
                next.push_back(base + static_cast<std::size_t>(k) * stride[atom]);
        made = std::move(next);
    }
    return made;
}

std::vector<std::size_t> places(const layout& of) {
    std::vector<std::size_t> atoms;
    for (const auto& axis : of.axes) atoms.insert(atoms.end(), axis.begin(), axis.end());
    return places(of, atoms);
}

std::optional<split_order> split_at(const layout& of, const std::vector<std::size_t>& atoms) {
    split_order made;
    for (const std::size_t atom : of.order) {
        const bool inside = std::find(atoms.begin(), atoms.end(), atom) != atoms.end();
        if (inside) {
            if (!made.after.empty()) return std::nullopt;
            made.inside.push_back(atom);
        } else {
            (made.inside.empty() ? made.before : made.after).push_back(atom);
        }
    }
    return made;
}

}  // namespace archetype::lower
