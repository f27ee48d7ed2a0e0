// SPDX-License-Identifier: BSL-1.0
// Elements chosen, placed and ordered by what other tensors say.
#include "indexing.hpp"
#include "operators.hpp"

#include <cmath>
#include <numeric>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

/// An order of all elements: NaN comes last.
template <class Element>
bool before(const Element& a, const Element& b) {
    if constexpr (std::is_same_v<Element, double>) return !std::isnan(a) && (std::isnan(b) || a < b);
    return a < b;
}
template <class Element>
bool before(const std::vector<Element>& a, const std::vector<Element>& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](const Element& x, const Element& y) { return before(x, y); });
}

/// Places in an order; the earlier one first where neither is before the other.
template <class Before>
void sort_stably(std::vector<whole>& places, const Before& is_before) {
    std::sort(places.begin(), places.end(),
              [&](whole a, whole b) { return is_before(a, b) || (a < b && !is_before(b, a)); });
}

/// An index from the start of an axis. @throws file_error if it is beyond
whole index_of(const call& at, whole index, whole extent) {
    if (index < -extent || index >= extent)
        at.fail("an index within " + std::to_string(extent), std::to_string(index));
    return index < 0 ? index + extent : index;
}

void gather(call& at) {
    const array& from = at.in(0);
    const wholes& indices = at.whole(1);
    const std::size_t axis = at.axis(at.integer("axis", 0), from.rank());
    shape_type to(from.shape.begin(), from.shape.begin() + static_cast<std::ptrdiff_t>(axis));
    to.insert(to.end(), at.in(1).shape.begin(), at.in(1).shape.end());
    to.insert(to.end(), from.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, from.shape.end());
    at.count(to);
    const whole extent = from.shape[axis];
    const whole inner = product_of(from.shape, axis + 1, from.rank());
    at.give(with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        for (whole o = 0; o < product_of(from.shape, 0, axis); ++o)
            for (const whole one : indices) {
                const auto start = elements.begin() + (o * extent + index_of(at, one, extent)) * inner;
                made.insert(made.end(), start, start + inner);
            }
        return array(from.type, to, std::move(made));
    }));
}

void gather_elements(call& at) {
    const array& from = at.in(0);
    const array& indices = at.in(1);
    const wholes& numbers = at.whole(1);
    const std::size_t axis = at.axis(at.integer("axis", 0), from.rank());
    at.expect(indices.rank() == from.rank(), "indices of rank " + std::to_string(from.rank()),
              shape_text(indices.shape));
    for (std::size_t k = 0; k < from.rank(); ++k)
        at.expect(k == axis || indices.shape[k] <= from.shape[k], "indices within the data",
                  shape_text(indices.shape));
    const shape_type strides = strides_of(from.shape);
    at.give(with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        std::size_t next = 0;
        each_index(indices.shape, [&](const shape_type& index) {
            shape_type source = index;
            source[axis] = index_of(at, numbers[next++], from.shape[axis]);
            made.push_back(elements[place_of(source, strides)]);
        });
        return array(from.type, indices.shape, std::move(made));
    }));
}

/// Visits the tuples of GatherND and ScatterND: the place in the data of each.
template <class Visit>
void each_tuple(const call& at, const array& data, const array& indices, std::size_t batch,
                const Visit& visit) {
    const shape_type strides = strides_of(data.shape);
    const auto depth = static_cast<std::size_t>(indices.shape.back());
    const wholes& numbers = indices.as_wholes();
    const whole count = product_of(indices.shape, 0, indices.rank() - 1);
    const whole per_batch = product_of(indices.shape, batch, indices.rank() - 1);
    const whole batch_size = product_of(data.shape, batch, data.rank());
    for (whole tuple = 0; tuple < count; ++tuple) {
        whole place = per_batch == 0 ? 0 : tuple / per_batch * batch_size;
        for (std::size_t k = 0; k < depth; ++k)
            place +=
                index_of(at, numbers[static_cast<std::size_t>(tuple) * depth + k], data.shape[batch + k]) *
                strides[batch + k];
        visit(tuple, place);
    }
}

void gather_nd(call& at) {
    const array& from = at.in(0);
    const array& indices = at.in(1);
    at.whole(1);
    const whole batches = at.integer("batch_dims", 0);
    at.expect(indices.rank() >= 1 && batches >= 0 &&
                  batches < static_cast<whole>(std::min(indices.rank(), from.rank())) &&
                  indices.shape.back() >= 1 &&
                  indices.shape.back() <= static_cast<whole>(from.rank()) - batches,
              "tuples of indices within the data's axes",
              shape_text(indices.shape) + " for " + shape_text(from.shape));
    const auto batch = static_cast<std::size_t>(batches);
    for (std::size_t k = 0; k < batch; ++k)
        at.expect(indices.shape[k] == from.shape[k], "the same batches", shape_text(indices.shape));
    const std::size_t fixed = batch + static_cast<std::size_t>(indices.shape.back());
    shape_type to(indices.shape.begin(), indices.shape.end() - 1);
    to.insert(to.end(), from.shape.begin() + static_cast<std::ptrdiff_t>(fixed), from.shape.end());
    at.count(to);
    const whole inner = product_of(from.shape, fixed, from.rank());
    at.give(with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        each_tuple(at, from, indices, batch, [&](whole, whole place) {
            made.insert(made.end(), elements.begin() + place, elements.begin() + place + inner);
        });
        return array(from.type, to, std::move(made));
    }));
}

/// An element that is there already with one that comes.
template <class Element>
Element met(const call& at, const std::string& how, const Element& there, const Element& coming) {
    if (how == "none") return coming;
    if constexpr (std::is_same_v<Element, std::string>) {
        at.fail("reduction none for texts", how);
    } else {
        if constexpr (std::is_same_v<Element, whole>) {
            if (how == "add")
                return static_cast<whole>(static_cast<std::uint64_t>(there) +
                                          static_cast<std::uint64_t>(coming));
            if (how == "mul")
                return static_cast<whole>(static_cast<std::uint64_t>(there) *
                                          static_cast<std::uint64_t>(coming));
        } else {
            if (how == "add") return there + coming;
            if (how == "mul") return there * coming;
        }
        if (how == "max") return std::max(there, coming);
        if (how == "min") return std::min(there, coming);
        at.fail("reduction none, add, mul, max or min", how);
    }
}

/// Calls `change` with the elements of input 0, which it may change, and those of input `other`.
template <class Change>
array changed(const call& at, std::size_t other, const Change& change) {
    at.same_types(0, other);
    const array& from = at.in(0);
    return with_elements(from, [&](auto elements) {
        using kind = decltype(elements);
        with_elements(at.in(other), [&](const auto& updates) {
            if constexpr (std::is_same_v<std::decay_t<decltype(updates)>, kind>) change(elements, updates);
        });
        return array(from.type, from.shape, std::move(elements));
    });
}

void scatter_nd(call& at) {
    const array& data = at.in(0);
    const array& indices = at.in(1);
    at.whole(1);
    const std::string how = at.text("reduction", "none");
    at.expect(
        indices.rank() >= 1 && data.rank() >= 1 && indices.shape.back() <= static_cast<whole>(data.rank()),
        "tuples of indices within the data's axes", shape_text(indices.shape));
    const auto depth = static_cast<std::size_t>(indices.shape.back());
    const whole inner = product_of(data.shape, depth, data.rank());
    const whole tuples = product_of(indices.shape, 0, indices.rank() - 1);
    at.expect(static_cast<whole>(at.in(2).size()) == tuples * inner,
              std::to_string(tuples * inner) + " updates", std::to_string(at.in(2).size()));
    at.give(changed(at, 2, [&](auto& elements, const auto& updates) {
        each_tuple(at, data, indices, 0, [&](whole tuple, whole place) {
            for (whole k = 0; k < inner; ++k) {
                auto& to = elements[static_cast<std::size_t>(place + k)];
                to = met(at, how, to, updates[static_cast<std::size_t>(tuple * inner + k)]);
            }
        });
    }));
}

void scatter_elements(call& at) {
    const array& data = at.in(0);
    const array& indices = at.in(1);
    const wholes& numbers = at.whole(1);
    const std::size_t axis = at.axis(at.integer("axis", 0), data.rank());
    const std::string how = at.text("reduction", "none");
    at.expect(indices.shape == at.in(2).shape && indices.rank() == data.rank(),
              "as many updates as indices, of the data's rank", shape_text(indices.shape));
    for (std::size_t k = 0; k < data.rank(); ++k)
        at.expect(k == axis || indices.shape[k] <= data.shape[k], "indices within the data",
                  shape_text(indices.shape));
    const shape_type strides = strides_of(data.shape);
    at.give(changed(at, 2, [&](auto& elements, const auto& updates) {
        std::size_t next = 0;
        each_index(indices.shape, [&](const shape_type& index) {
            shape_type target = index;
            target[axis] = index_of(at, numbers[next], data.shape[axis]);
            auto& to = elements[place_of(target, strides)];
            to = met(at, how, to, updates[next]);
            ++next;
        });
    }));
}

void tensor_scatter(call& at) {
    const array& cache = at.in(0);
    const array& update = at.in(1);
    const std::size_t axis = at.axis(at.integer("axis", -2), cache.rank());
    const std::string mode = at.text("mode", "linear");
    at.expect(mode == "linear" || mode == "circular", "mode linear or circular", mode);
    bool fits = cache.rank() == update.rank() && axis > 0;
    for (std::size_t k = 0; fits && k < cache.rank(); ++k)
        fits = k == axis || cache.shape[k] == update.shape[k];
    at.expect(fits && update.shape[axis] <= cache.shape[axis],
              "an update of the cache's shape but for its axis", shape_text(update.shape));
    const shape_type strides = strides_of(cache.shape);
    wholes first(static_cast<std::size_t>(cache.shape[0]), 0);
    if (at.has(2)) first = at.whole(2);
    at.expect(static_cast<whole>(first.size()) == cache.shape[0], "a place for each sample",
              std::to_string(first.size()));
    at.give(changed(at, 1, [&](auto& elements, const auto& updates) {
        std::size_t next = 0;
        each_index(update.shape, [&](const shape_type& index) {
            shape_type target = index;
            target[axis] += first[static_cast<std::size_t>(index[0])];
            if (mode == "circular")
                target[axis] = (target[axis] % cache.shape[axis] + cache.shape[axis]) % cache.shape[axis];
            at.expect(target[axis] >= 0 && target[axis] < cache.shape[axis], "places within the cache",
                      std::to_string(target[axis]));
            elements[place_of(target, strides)] = updates[next++];
        });
    }));
}

void non_zero(call& at) {
    const array& from = at.in(0);
    std::vector<shape_type> found;
    std::size_t next = 0;
    each_index(from.shape, [&](const shape_type& index) {
        const bool is_zero = is_real(from.type)    ? from.as_reals()[next] == 0
                             : is_whole(from.type) ? from.as_wholes()[next] == 0
                                                   : from.as_texts()[next].empty();
        ++next;
        if (!is_zero) found.push_back(index);
    });
    const std::size_t rank = from.rank();
    wholes made;
    for (std::size_t axis = 0; axis < rank; ++axis)
        for (const shape_type& one : found) made.push_back(one[axis]);
    at.give(element_type::int64, {static_cast<whole>(rank), static_cast<whole>(found.size())},
            std::move(made));
}

void compress(call& at) {
    const bool flat = !at.has_attribute("axis");
    const array from = flat ? at.in(0).reshaped({static_cast<whole>(at.in(0).size())}) : at.in(0);
    const std::size_t axis = flat ? 0 : at.axis(at.integer("axis"), from.rank());
    const wholes& condition = at.whole(1);
    std::vector<whole> chosen;
    for (std::size_t k = 0; k < condition.size() && static_cast<whole>(k) < from.shape[axis]; ++k)
        if (condition[k] != 0) chosen.push_back(static_cast<whole>(k));
    shape_type to = from.shape;
    to[axis] = static_cast<whole>(chosen.size());
    const whole inner = product_of(from.shape, axis + 1, from.rank());
    at.give(with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        for (whole o = 0; o < product_of(from.shape, 0, axis); ++o)
            for (const whole k : chosen) {
                const auto start = elements.begin() + (o * from.shape[axis] + k) * inner;
                made.insert(made.end(), start, start + inner);
            }
        return array(from.type, to, std::move(made));
    }));
}

void one_hot(call& at) {
    const array& indices = at.in(0);
    const reals numbers = all_reals(indices);
    const reals depths = all_reals(at.in(1));
    at.expect(depths.size() == 1 && depths[0] >= 0 && depths[0] < 0x1p40, "a depth",
              shape_text(at.in(1).shape));
    const auto depth = static_cast<whole>(depths[0]);
    at.expect(is_whole(indices.type) || is_real(indices.type), "numbers as indices",
              std::string(name_of(indices.type)));
    at.expect(at.in(2).size() == 2, "two values", shape_text(at.in(2).shape));
    const std::size_t axis = at.axis(at.integer("axis", -1), indices.rank() + 1);
    shape_type to = indices.shape;
    to.insert(to.begin() + static_cast<std::ptrdiff_t>(axis), depth);
    at.count(to);
    at.give(with_elements(at.in(2), [&](const auto& values) {
        std::decay_t<decltype(values)> made;
        const shape_type strides = strides_of(indices.shape);
        each_index(to, [&](const shape_type& index) {
            shape_type source = index;
            source.erase(source.begin() + static_cast<std::ptrdiff_t>(axis));
            const double number = numbers[place_of(source, strides)];
            const double wanted = number < 0 ? number + static_cast<double>(depth) : number;
            made.push_back(values[wanted == static_cast<double>(index[axis]) ? 1 : 0]);
        });
        return array(at.in(2).type, to, std::move(made));
    }));
}

void top_k(call& at) {
    const array& from = at.in(0);
    const std::size_t axis = at.axis(at.integer("axis", -1), from.rank());
    const whole count = at.version() < 10 ? at.integer("k") : at.one_whole(1);
    const bool largest = at.integer("largest", 1) != 0;
    at.expect(count >= 0 && count <= from.shape[axis], "a k within the axis", std::to_string(count));
    shape_type to = from.shape;
    to[axis] = count;
    const whole extent = from.shape[axis];
    const whole inner = product_of(from.shape, axis + 1, from.rank());
    wholes places(at.count(to));
    array values = with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made(places.size());
        std::vector<whole> order(static_cast<std::size_t>(extent));
        for (whole o = 0; o < product_of(from.shape, 0, axis); ++o)
            for (whole i = 0; i < inner; ++i) {
                std::iota(order.begin(), order.end(), 0);
                const auto element = [&](whole k) -> const auto& {
                    return elements[static_cast<std::size_t>((o * extent + k) * inner + i)];
                };
                sort_stably(order, [&](whole a, whole b) {
                    return largest ? before(element(b), element(a)) : before(element(a), element(b));
                });
                for (whole k = 0; k < count; ++k) {
                    const auto place = static_cast<std::size_t>((o * count + k) * inner + i);
                    made[place] = element(order[static_cast<std::size_t>(k)]);
                    places[place] = order[static_cast<std::size_t>(k)];
                }
            }
        return array(from.type, to, std::move(made));
    });
    at.give(std::move(values));
    at.give(element_type::int64, to, std::move(places));
}

void unique(call& at) {
    const bool flat = !at.has_attribute("axis");
    const array from = flat ? at.in(0).reshaped({static_cast<whole>(at.in(0).size())}) : at.in(0);
    const std::size_t axis = flat ? 0 : at.axis(at.integer("axis"), from.rank());
    const bool sorted = at.integer("sorted", 1) != 0;
    const whole extent = from.shape[axis];
    const whole inner = product_of(from.shape, axis + 1, from.rank());
    const whole outer = product_of(from.shape, 0, axis);
    with_elements(from, [&](const auto& elements) {
        using kind = std::decay_t<decltype(elements)>;
        std::vector<kind> slices(static_cast<std::size_t>(extent));
        for (whole k = 0; k < extent; ++k)
            for (whole o = 0; o < outer; ++o)
                for (whole i = 0; i < inner; ++i)
                    slices[static_cast<std::size_t>(k)].push_back(
                        elements[static_cast<std::size_t>((o * extent + k) * inner + i)]);
        std::vector<whole> order(slices.size());
        std::iota(order.begin(), order.end(), 0);
        const auto slice = [&](whole k) -> const kind& { return slices[static_cast<std::size_t>(k)]; };
        sort_stably(order, [&](whole a, whole b) { return before(slice(a), slice(b)); });
        wholes first;  // of each group, in the order of values
        wholes group(slices.size());
        wholes counts;
        for (const whole k : order) {
            if (first.empty() || slice(first.back()) != slice(k)) {
                first.push_back(k);
                counts.push_back(0);
            }
            group[static_cast<std::size_t>(k)] = static_cast<whole>(first.size()) - 1;
            ++counts.back();
        }
        std::vector<whole> rank(first.size());
        std::iota(rank.begin(), rank.end(), 0);
        if (!sorted)
            std::sort(rank.begin(), rank.end(), [&](whole a, whole b) {
                return first[static_cast<std::size_t>(a)] < first[static_cast<std::size_t>(b)];
            });
        std::vector<whole> place(rank.size());
        for (std::size_t k = 0; k < rank.size(); ++k)
            place[static_cast<std::size_t>(rank[k])] = static_cast<whole>(k);
        shape_type to = from.shape;
        to[axis] = static_cast<whole>(first.size());
        kind made(static_cast<std::size_t>(outer * inner) * first.size());
        wholes firsts;
        wholes ordered_counts;
        for (std::size_t k = 0; k < rank.size(); ++k) {
            const auto chosen = static_cast<std::size_t>(rank[k]);
            firsts.push_back(first[chosen]);
            ordered_counts.push_back(counts[chosen]);
            const kind& from_slice = slice(first[chosen]);
            for (whole o = 0; o < outer; ++o)
                for (whole i = 0; i < inner; ++i)
                    made[static_cast<std::size_t>((o * to[axis] + static_cast<whole>(k)) * inner + i)] =
                        from_slice[static_cast<std::size_t>(o * inner + i)];
        }
        wholes inverse;
        for (const whole one : group) inverse.push_back(place[static_cast<std::size_t>(one)]);
        const whole found = static_cast<whole>(first.size());
        at.give(array(from.type, to, std::move(made)));
        at.give(element_type::int64, {found}, std::move(firsts));
        at.give(element_type::int64, {extent}, std::move(inverse));
        at.give(element_type::int64, {found}, std::move(ordered_counts));
    });
}

void non_max_suppression(call& at) {
    const array& boxes = at.in(0);
    const array& scores = at.in(1);
    const reals& box = at.real(0);
    const reals& score = at.real(1);
    const bool centered = at.integer("center_point_box", 0) != 0;
    const whole most = at.has(2) ? at.one_whole(2) : 0;
    const double overlap = at.has(3) ? at.one_real(3) : 0;
    const double least = at.has(4) ? at.one_real(4) : -HUGE_VAL;
    at.expect(boxes.rank() == 3 && scores.rank() == 3 && boxes.shape[2] == 4 &&
                  boxes.shape[0] == scores.shape[0] && boxes.shape[1] == scores.shape[2],
              "boxes of shape NxBx4 and scores of shape NxCxB",
              shape_text(boxes.shape) + " and " + shape_text(scores.shape));
    struct rectangle {
        double top, left, bottom, right;
        double area() const { return (bottom - top) * (right - left); }
    };
    const whole count = boxes.shape[1];
    const auto corners = [&](whole n, whole b) -> rectangle {
        const double* one = box.data() + (n * count + b) * 4;
        if (centered)
            return {one[1] - one[3] / 2, one[0] - one[2] / 2, one[1] + one[3] / 2, one[0] + one[2] / 2};
        return {std::min(one[0], one[2]), std::min(one[1], one[3]), std::max(one[0], one[2]),
                std::max(one[1], one[3])};
    };
    wholes made;
    for (whole n = 0; n < scores.shape[0]; ++n)
        for (whole c = 0; c < scores.shape[1]; ++c) {
            const double* here = score.data() + (n * scores.shape[1] + c) * count;
            std::vector<whole> order;
            for (whole b = 0; b < count; ++b)
                if (here[b] > least || !at.has(4)) order.push_back(b);
            sort_stably(order, [&](whole a, whole b) { return before(here[b], here[a]); });
            std::vector<rectangle> kept;
            for (const whole b : order) {
                if (static_cast<whole>(kept.size()) >= most) break;
                const rectangle one = corners(n, b);
                const auto covers = [&](const rectangle& other) {
                    const double height = std::min(one.bottom, other.bottom) - std::max(one.top, other.top);
                    const double width = std::min(one.right, other.right) - std::max(one.left, other.left);
                    if (height <= 0 || width <= 0) return false;
                    return height * width / (one.area() + other.area() - height * width) > overlap;
                };
                if (std::any_of(kept.begin(), kept.end(), covers)) continue;
                kept.push_back(one);
                made.insert(made.end(), {n, c, b});
            }
        }
    const auto found = static_cast<whole>(made.size() / 3);
    at.give(element_type::int64, {found, 3}, std::move(made));
}

constexpr operation table[] = {
    {"", "Gather", gather, 2, 2, 1, "axis"},
    {"", "GatherElements", gather_elements, 2, 2, 1, "axis", 11},
    {"", "GatherND", gather_nd, 2, 2, 1, "batch_dims", 11},
    {"", "Scatter", scatter_elements, 3, 3, 1, "axis", 9, 10},
    {"", "ScatterElements", scatter_elements, 3, 3, 1, "axis reduction", 11},
    {"", "ScatterND", scatter_nd, 3, 3, 1, "reduction", 11},
    {"", "TensorScatter", tensor_scatter, 2, 3, 1, "axis mode", 24},
    {"", "NonZero", non_zero, 1, 1, 1, "", 9},
    {"", "Compress", compress, 2, 2, 1, "axis", 9},
    {"", "OneHot", one_hot, 3, 3, 1, "axis", 9},
    {"", "TopK", top_k, 1, 1, 2, "axis k", 1, 9},
    {"", "TopK", top_k, 2, 2, 2, "axis largest sorted", 10},
    {"", "Unique", unique, 1, 1, 4, "axis sorted", 11},
    {"", "NonMaxSuppression", non_max_suppression, 2, 5, 1, "center_point_box", 10},
};

}  // namespace

std::span<const operation> choosing_operations() { return table; }

}  // namespace archetype::evaluate
