// SPDX-License-Identifier: BSL-1.0
/// @file indexing.hpp
/// Places in tensors: strides, broadcasting, loops over axes.
#pragma once
#include "call.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace archetype::evaluate {

inline shape_type strides_of(const shape_type& shape) {
    shape_type strides(shape.size(), 1);
    for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
    return strides;
}

/// The product of the extents of axes `first` to before `last`.
inline std::int64_t product_of(const shape_type& shape, std::size_t first, std::size_t last) {
    std::int64_t product = 1;
    for (std::size_t axis = first; axis < last; ++axis) product *= shape[axis];
    return product;
}

/// Visits every index of a shape in row-major order with the places `offset + index * strides` of several tensors.
template <std::size_t Count, class Visit>
void each_place(const shape_type& shape, const std::array<shape_type, Count>& strides, const Visit& visit) {
    for (const std::int64_t extent : shape)
        if (extent == 0) return;
    std::array<std::int64_t, Count> places{};
    shape_type index(shape.size(), 0);
    for (;;) {
        visit(places);
        std::size_t axis = shape.size();
        for (;;) {
            if (axis == 0) return;
            --axis;
            if (++index[axis] < shape[axis]) {
                for (std::size_t k = 0; k < Count; ++k) places[k] += strides[k][axis];
                break;
            }
            index[axis] = 0;
            for (std::size_t k = 0; k < Count; ++k) places[k] -= strides[k][axis] * (shape[axis] - 1);
        }
    }
}

/// Visits every index of a shape.
template <class Visit>
void each_index(const shape_type& shape, const Visit& visit) {
    for (const std::int64_t extent : shape)
        if (extent == 0) return;
    shape_type index(shape.size(), 0);
    for (;;) {
        visit(index);
        std::size_t axis = shape.size();
        for (;;) {
            if (axis == 0) return;
            --axis;
            if (++index[axis] < shape[axis]) break;
            index[axis] = 0;
        }
    }
}

inline std::size_t place_of(const shape_type& index, const shape_type& strides) {
    std::int64_t place = 0;
    for (std::size_t axis = 0; axis < index.size(); ++axis) place += index[axis] * strides[axis];
    return static_cast<std::size_t>(place);
}

/// The shape that two become together. @throws file_error
inline shape_type broadcast(const call& at, const shape_type& first, const shape_type& second) {
    shape_type made(std::max(first.size(), second.size()), 1);
    for (std::size_t axis = 0; axis < made.size(); ++axis) {
        const std::size_t back = made.size() - axis;
        const std::int64_t a = back <= first.size() ? first[first.size() - back] : 1;
        const std::int64_t b = back <= second.size() ? second[second.size() - back] : 1;
        if (a != b && a != 1 && b != 1)
            at.fail("shapes that broadcast", shape_text(first) + " and " + shape_text(second));
        made[axis] = a == 1 ? b : a;
    }
    return made;
}

/// Strides of a tensor as part of a broadcast shape: 0 along what it repeats.
inline shape_type strides_within(const shape_type& shape, const shape_type& whole) {
    const shape_type own = strides_of(shape);
    shape_type made(whole.size(), 0);
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
        made[whole.size() - shape.size() + axis] = shape[axis] == 1 ? 0 : own[axis];
    return made;
}

template <class To, class A, class B, class Combine>
std::vector<To> combined(const call& at, const shape_type& whole, const shape_type& first_shape,
                         const std::vector<A>& first, const shape_type& second_shape,
                         const std::vector<B>& second, const Combine& combine) {
    std::vector<To> made;
    made.reserve(at.count(whole));
    if (first_shape == second_shape) {
        for (std::size_t i = 0; i < first.size(); ++i) made.push_back(combine(first[i], second[i]));
        return made;
    }
    each_place<2>(whole, {strides_within(first_shape, whole), strides_within(second_shape, whole)},
                  [&](const auto& places) {
                      made.push_back(combine(first[static_cast<std::size_t>(places[0])],
                                             second[static_cast<std::size_t>(places[1])]));
                  });
    return made;
}

/// The tensor repeated to a shape that it broadcasts to.
inline array expanded(const call& at, const array& from, const shape_type& whole) {
    if (from.shape == whole) return from;
    at.count(whole);
    return with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        each_place<1>(whole, {strides_within(from.shape, whole)}, [&](const auto& places) {
            made.push_back(elements[static_cast<std::size_t>(places[0])]);
        });
        return array(from.type, whole, std::move(made));
    });
}

inline array transposed(const array& from, const std::vector<std::size_t>& order) {
    const shape_type own = strides_of(from.shape);
    shape_type shape(order.size());
    shape_type strides(order.size());
    for (std::size_t axis = 0; axis < order.size(); ++axis) {
        shape[axis] = from.shape[order[axis]];
        strides[axis] = own[order[axis]];
    }
    return with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        made.reserve(elements.size());
        each_place<1>(shape, {strides}, [&](const auto& places) {
            made.push_back(elements[static_cast<std::size_t>(places[0])]);
        });
        return array(from.type, shape, std::move(made));
    });
}

}  // namespace archetype::evaluate
