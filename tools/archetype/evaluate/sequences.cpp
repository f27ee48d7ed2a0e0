// SPDX-License-Identifier: BSL-1.0
// Sequences of tensors, and the parts that they are made of.
#include "operators.hpp"
#include "pieces.hpp"

#include <algorithm>

namespace archetype::evaluate {

namespace {
using whole = std::int64_t;
}

array joined(const call& at, const std::vector<const array*>& parts, std::size_t axis) {
    const array& first = *parts[0];
    shape_type whole_shape = first.shape;
    whole_shape[axis] = 0;
    for (const array* part : parts) {
        bool same = part->rank() == first.rank() && part->type == first.type;
        for (std::size_t k = 0; same && k < first.rank(); ++k)
            same = k == axis || part->shape[k] == first.shape[k];
        if (!same)
            at.fail("parts that differ along axis " + std::to_string(axis) + " alone",
                    shape_text(first.shape) + " " + std::string(name_of(first.type)) + " and " +
                        shape_text(part->shape) + " " + std::string(name_of(part->type)));
        whole_shape[axis] += part->shape[axis];
    }
    at.count(whole_shape);
    const std::size_t outer = static_cast<std::size_t>(product_of(first.shape, 0, axis));
    return with_elements(first, [&](auto made) {
        using elements = decltype(made);
        made.clear();
        for (std::size_t o = 0; o < outer; ++o)
            for (const array* part : parts)
                with_elements(*part, [&](const auto& from) {
                    if constexpr (std::is_same_v<std::decay_t<decltype(from)>, elements>) {
                        const auto length = static_cast<std::ptrdiff_t>(from.size() / outer);
                        const auto start = from.begin() + static_cast<std::ptrdiff_t>(o) * length;
                        made.insert(made.end(), start, start + length);
                    }
                });
        return array(first.type, whole_shape, std::move(made));
    });
}

array sliced(const array& from, const std::vector<whole>& first, const std::vector<whole>& steps,
             const shape_type& to) {
    const shape_type own = strides_of(from.shape);
    shape_type strides(own.size());
    whole start = 0;
    for (std::size_t axis = 0; axis < own.size(); ++axis) {
        start += first[axis] * own[axis];
        strides[axis] = own[axis] * steps[axis];
    }
    return with_elements(from, [&](const auto& elements) {
        std::decay_t<decltype(elements)> made;
        made.reserve(static_cast<std::size_t>(product_of(to, 0, to.size())));
        each_place<1>(to, {strides}, [&](const auto& places) {
            made.push_back(elements[static_cast<std::size_t>(start + places[0])]);
        });
        return array(from.type, to, std::move(made));
    });
}

array part_of(const array& from, std::size_t axis, whole first, whole length) {
    shape_type to = from.shape;
    to[axis] = length;
    std::vector<whole> start(from.rank(), 0);
    start[axis] = first;
    return sliced(from, start, std::vector<whole>(from.rank(), 1), to);
}

namespace {

void sequence_construct(call& at) {
    std::vector<array> made;
    for (std::size_t index = 0; index < at.input_count(); ++index) made.push_back(at.in(index));
    at.give(datum(std::move(made)));
}
void sequence_empty(call& at) { at.give(datum(std::vector<array>{})); }
std::size_t place_in(const call& at, whole place, std::size_t size, bool end) {
    const auto count = static_cast<whole>(size);
    at.expect(place >= -count && place < count + (end ? 1 : 0),
              "a place in a sequence of " + std::to_string(size), std::to_string(place));
    return static_cast<std::size_t>(place < 0 ? place + count : place);
}
void sequence_insert(call& at) {
    std::vector<array> made = at.sequence(0);
    const std::size_t place = at.has(2) ? place_in(at, at.one_whole(2), made.size(), true) : made.size();
    made.insert(made.begin() + static_cast<std::ptrdiff_t>(place), at.in(1));
    at.give(datum(std::move(made)));
}
void sequence_erase(call& at) {
    std::vector<array> made = at.sequence(0);
    at.expect(!made.empty(), "a sequence with elements", "an empty one");
    const std::size_t place = at.has(1) ? place_in(at, at.one_whole(1), made.size(), false) : made.size() - 1;
    made.erase(made.begin() + static_cast<std::ptrdiff_t>(place));
    at.give(datum(std::move(made)));
}
void sequence_at(call& at) {
    at.give(at.sequence(0)[place_in(at, at.one_whole(1), at.sequence(0).size(), false)]);
}
void sequence_length(call& at) {
    at.give(element_type::int64, {}, wholes{static_cast<whole>(at.sequence(0).size())});
}
void concat_from_sequence(call& at) {
    const std::vector<array>& parts = at.sequence(0);
    at.expect(!parts.empty(), "a sequence with elements", "an empty one");
    const bool is_new = at.integer("new_axis", 0) != 0;
    const std::size_t axis = at.axis(at.integer("axis"), parts[0].rank() + (is_new ? 1 : 0));
    std::vector<array> changed = parts;
    if (is_new)
        for (array& one : changed) {
            shape_type to = one.shape;
            at.expect(axis <= to.size(), "tensors of one rank", shape_text(to));
            to.insert(to.begin() + static_cast<std::ptrdiff_t>(axis), 1);
            one = one.reshaped(to);
        }
    std::vector<const array*> pointers;
    for (const array& one : changed) pointers.push_back(&one);
    at.give(joined(at, pointers, axis));
}
void split_to_sequence(call& at) {
    const array& from = at.in(0);
    const std::size_t axis = at.axis(at.integer("axis", 0), from.rank());
    const whole extent = from.shape[axis];
    std::vector<whole> lengths;
    bool squeezed = false;
    if (!at.has(1)) {
        lengths.assign(static_cast<std::size_t>(extent), 1);
        squeezed = at.integer("keepdims", 1) == 0;
    } else if (at.in(1).rank() == 0) {
        const whole length = at.one_whole(1);
        at.expect(length > 0, "a length", std::to_string(length));
        for (whole left = extent; left > 0; left -= length) lengths.push_back(std::min(left, length));
    } else {
        lengths = at.whole(1);
    }
    std::vector<array> made;
    whole first = 0;
    for (const whole one : lengths) {
        at.expect(one >= 0 && one <= extent - first, "lengths that fit the axis", std::to_string(one));
        array part = part_of(from, axis, first, one);
        if (squeezed) {
            shape_type to = part.shape;
            to.erase(to.begin() + static_cast<std::ptrdiff_t>(axis));
            part = part.reshaped(to);
        }
        made.push_back(std::move(part));
        first += one;
    }
    at.expect(first == extent, "lengths whose sum is " + std::to_string(extent), std::to_string(first));
    at.give(datum(std::move(made)));
}

constexpr operation table[] = {
    {"", "SequenceConstruct", sequence_construct, 1, any_number, 1, "", 11},
    {"", "SequenceEmpty", sequence_empty, 0, 0, 1, "dtype", 11},
    {"", "SequenceInsert", sequence_insert, 2, 3, 1, "", 11},
    {"", "SequenceErase", sequence_erase, 1, 2, 1, "", 11},
    {"", "SequenceAt", sequence_at, 2, 2, 1, "", 11},
    {"", "SequenceLength", sequence_length, 1, 1, 1, "", 11},
    {"", "ConcatFromSequence", concat_from_sequence, 1, 1, 1, "axis new_axis", 11},
    {"", "SplitToSequence", split_to_sequence, 1, 2, 1, "axis keepdims", 11},
};

}  // namespace

std::span<const operation> sequence_operations() { return table; }

}  // namespace archetype::evaluate
