// SPDX-License-Identifier: BSL-1.0
// Windows without weights.
#include "operators.hpp"
#include "windows.hpp"

#include <cmath>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

/// Calls `reduce(plane's first place, places within the image, cells within image and padding)` for each result.
template <class Reduce>
void each_window(const call& at, const shape_type& x, const windows& over, const Reduce& reduce) {
    const whole image = product_of(over.image, 0, over.axes());
    const shape_type strides = strides_of(over.image);
    std::vector<whole> places;
    const double visited = static_cast<double>(x[0] * x[1]) *
                           static_cast<double>(product_of(over.results, 0, over.axes())) *
                           static_cast<double>(product_of(over.kernel, 0, over.axes()));
    at.expect(visited < static_cast<double>(at.options().most_products), "windows of less cells",
              shape_text(over.kernel));
    for (whole plane = 0; plane < x[0] * x[1]; ++plane)
        each_index(over.results, [&](const shape_type& result) {
            places.clear();
            whole padded = 0;
            each_index(over.kernel, [&](const shape_type& tap) {
                whole place = 0;
                bool inside = true;
                bool in_padding = true;
                for (std::size_t axis = 0; axis < over.axes(); ++axis) {
                    const whole there = result[axis] * over.strides[axis] + tap[axis] * over.dilations[axis] -
                                        over.before[axis];
                    const bool within = there >= 0 && there < over.image[axis];
                    inside = inside && within;
                    in_padding = in_padding && there < over.image[axis] + over.after[axis];
                    if (within) place += there * strides[axis];
                }
                padded += in_padding ? 1 : 0;
                if (inside) places.push_back(place);
            });
            reduce(plane * image, places, padded);
        });
}

windows pooling_windows(const call& at) {
    const shape_type& x = at.in(0).shape;
    at.expect(x.size() >= 3, "an input {N, C, ...}", shape_text(x));
    const shape_type kernel = at.integers("kernel_shape");
    at.expect(kernel.size() == x.size() - 2, "a kernel_shape for " + std::to_string(x.size() - 2) + " axes",
              shape_text(kernel));
    return windows_of(at, shape_type(x.begin() + 2, x.end()), kernel, at.integer("ceil_mode", 0) != 0);
}

void average_pool(call& at) {
    const windows over = pooling_windows(at);
    const array& x = at.in(0);
    const reals& from = at.real(0);
    const bool with_padding = at.integer("count_include_pad", 0) != 0;
    const shape_type to = result_shape(x.shape[0], x.shape[1], over);
    reals made;
    made.reserve(at.count(to));
    each_window(at, x.shape, over, [&](whole plane, const std::vector<whole>& places, whole padded) {
        double sum = 0;
        for (const whole place : places) sum += from[static_cast<std::size_t>(plane + place)];
        made.push_back(sum / static_cast<double>(with_padding ? padded : static_cast<whole>(places.size())));
    });
    at.give(x.type, to, std::move(made));
}

void lp_pool(call& at) {
    const windows over = pooling_windows(at);
    const array& x = at.in(0);
    const reals& from = at.real(0);
    const auto power = static_cast<double>(at.integer("p", 2));
    const shape_type to = result_shape(x.shape[0], x.shape[1], over);
    reals made;
    made.reserve(at.count(to));
    each_window(at, x.shape, over, [&](whole plane, const std::vector<whole>& places, whole) {
        double sum = 0;
        for (const whole place : places)
            sum += std::pow(std::abs(from[static_cast<std::size_t>(plane + place)]), power);
        made.push_back(std::pow(sum, 1 / power));
    });
    at.give(x.type, to, std::move(made));
}

void max_pool(call& at) {
    const windows over = pooling_windows(at);
    const array& x = at.in(0);
    const shape_type to = result_shape(x.shape[0], x.shape[1], over);
    const bool by_columns = at.integer("storage_order", 0) != 0;
    wholes chosen;
    array made = with_elements(x, [&](const auto& from) {
        using element = typename std::decay_t<decltype(from)>::value_type;
        std::vector<element> results;
        results.reserve(at.count(to));
        each_window(at, x.shape, over, [&](whole plane, const std::vector<whole>& places, whole) {
            if constexpr (std::is_same_v<element, std::string>) {
                at.fail("numbers", "texts");
            } else {
                whole best = places.empty() ? -1 : places[0];
                for (const whole place : places) {
                    const element there = from[static_cast<std::size_t>(plane + place)];
                    if (there > from[static_cast<std::size_t>(plane + best)] ||
                        (there != there && from[static_cast<std::size_t>(plane + best)] ==
                                               from[static_cast<std::size_t>(plane + best)]))
                        best = place;
                }
                at.expect(best >= 0, "windows that meet the image", "one within the padding");
                results.push_back(from[static_cast<std::size_t>(plane + best)]);
                if (by_columns) {  // the index as if the image's axes were reversed
                    whole left = best;
                    whole place = 0;
                    whole step = product_of(over.image, 0, over.axes());
                    for (std::size_t axis = over.axes(); axis-- > 0;) {
                        step /= over.image[axis];
                        place += left % over.image[axis] * step;
                        left /= over.image[axis];
                    }
                    best = place;
                }
                chosen.push_back(plane + best);
            }
        });
        return array(x.type, to, std::move(results));
    });
    at.give(std::move(made));
    if (at.wants(1)) at.give(element_type::int64, to, std::move(chosen));
}

void max_unpool(call& at) {
    const shape_type& x = at.in(0).shape;
    at.expect(x.size() >= 3 && at.in(1).shape == x, "an index for each element of {N, C, ...}",
              shape_text(at.in(1).shape));
    const std::size_t axes = x.size() - 2;
    const shape_type kernel = for_each_axis(at, "kernel_shape", axes, 1, 1);
    const shape_type strides = for_each_axis(at, "strides", axes, 1, 1);
    const shape_type pads = for_each_axis(at, "pads", 2 * axes, 0, 0);
    shape_type natural{x[0], x[1]};
    for (std::size_t axis = 0; axis < axes; ++axis)
        natural.push_back((x[axis + 2] - 1) * strides[axis] - pads[axis] - pads[axes + axis] + kernel[axis]);
    const shape_type to = at.has(2) ? shape_type(at.whole(2)) : natural;
    at.expect(to.size() == x.size(), "an output_shape of rank " + std::to_string(x.size()), shape_text(to));
    reals made(at.count(to), 0.0);
    at.count(natural);
    const shape_type from_strides = strides_of(natural);
    const shape_type to_strides = strides_of(to);
    const wholes& places = at.whole(1);
    for (std::size_t i = 0; i < places.size(); ++i) {
        whole left = places[i];
        whole place = 0;
        at.expect(left >= 0 && left < product_of(natural, 0, natural.size()), "indices within the result",
                  std::to_string(left));
        for (std::size_t axis = 0; axis < to.size(); ++axis) {
            const whole index = left / from_strides[axis];
            left %= from_strides[axis];
            at.expect(index < to[axis], "indices within the result", std::to_string(places[i]));
            place += index * to_strides[axis];
        }
        made[static_cast<std::size_t>(place)] = at.real(0)[i];
    }
    at.give(at.in(0).type, to, std::move(made));
}

/// Over all cells of each channel.
template <class Reduce>
void global(call& at, const Reduce& reduce) {
    const array& x = at.in(0);
    at.expect(x.rank() >= 2, "an input {N, C, ...}", shape_text(x.shape));
    const whole cells = product_of(x.shape, 2, x.rank());
    at.expect(cells > 0, "cells", shape_text(x.shape));
    shape_type to(x.rank(), 1);
    to[0] = x.shape[0];
    to[1] = x.shape[1];
    const reals& from = at.real(0);
    reals made;
    for (auto first = from.begin(); first != from.end(); first += cells)
        made.push_back(reduce(first, first + cells));
    at.give(x.type, to, std::move(made));
}
void global_average(call& at) {
    global(at, [](auto first, auto last) {
        double sum = 0;
        for (auto one = first; one != last; ++one) sum += *one;
        return sum / static_cast<double>(last - first);
    });
}
void global_max(call& at) {
    global(at, [](auto first, auto last) { return *std::max_element(first, last); });
}
void global_lp(call& at) {
    const auto power = static_cast<double>(at.integer("p", 2));
    global(at, [=](auto first, auto last) {
        double sum = 0;
        for (auto one = first; one != last; ++one) sum += std::pow(std::abs(*one), power);
        return std::pow(sum, 1 / power);
    });
}

constexpr operation table[] = {
    {"", "AveragePool", average_pool, 1, 1, 1,
     "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
    {"", "MaxPool", max_pool, 1, 1, 2,
     "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
    {"", "LpPool", lp_pool, 1, 1, 1, "auto_pad ceil_mode dilations kernel_shape p pads strides", 2},
    {"", "MaxUnpool", max_unpool, 2, 3, 1, "kernel_shape pads strides", 9},
    {"", "GlobalAveragePool", global_average, 1, 1, 1, ""},
    {"", "GlobalMaxPool", global_max, 1, 1, 1, ""},
    {"", "GlobalLpPool", global_lp, 1, 1, 1, "p", 2},
};

}  // namespace

std::span<const operation> pooling_operations() { return table; }

}  // namespace archetype::evaluate
