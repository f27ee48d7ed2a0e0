// SPDX-License-Identifier: BSL-1.0
// Images of another size, at other places, of regions.
#include "indexing.hpp"
#include "operators.hpp"

#include <cmath>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

/// One result along an axis: a weighted sum of cells.
struct tap {
    whole place;
    double weight;
};
using taps = std::vector<tap>;

struct axis_resize {
    std::vector<taps> results;
    std::vector<bool> outside;  ///< takes the extrapolation value
};

double cubic_weight(double distance, double a) {
    const double x = std::abs(distance);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    return 0;
}

struct resize_options {
    std::string mode, coordinates, nearest;
    double cubic = -0.75;
    bool exclude_outside = false, antialias = false;
};

double original_place(const call& at, const resize_options& how, double x, double scale, double in,
                      double out, double first, double last) {
    if (how.coordinates == "half_pixel") return (x + 0.5) / scale - 0.5;
    if (how.coordinates == "half_pixel_symmetric") {
        const double adjustment = out / (scale * in);
        return in / 2 * (1 - adjustment) + (x + 0.5) / scale - 0.5;
    }
    if (how.coordinates == "pytorch_half_pixel") return out > 1 ? (x + 0.5) / scale - 0.5 : 0;
    if (how.coordinates == "align_corners") return out > 1 ? x * (in - 1) / (out - 1) : 0;
    if (how.coordinates == "asymmetric") return x / scale;
    if (how.coordinates == "tf_half_pixel_for_nn") return (x + 0.5) / scale;
    if (how.coordinates == "tf_crop_and_resize")
        return out > 1 ? first * (in - 1) + x * (last - first) * (in - 1) / (out - 1)
                       : 0.5 * (first + last) * (in - 1);
    at.fail("a coordinate_transformation_mode of ONNX", "\"" + how.coordinates + "\"");
}

axis_resize resize_axis(const call& at, const resize_options& how, whole in, whole out, double scale,
                        double first, double last) {
    axis_resize made;
    for (whole k = 0; k < out; ++k) {
        const double x = original_place(at, how, static_cast<double>(k), scale, static_cast<double>(in),
                                        static_cast<double>(out), first, last);
        at.expect(std::abs(x) < 0x1p40, "places within reach", std::to_string(x));
        made.outside.push_back(how.coordinates == "tf_crop_and_resize" &&
                               (x < 0 || x > static_cast<double>(in - 1)));
        taps found;
        if (how.mode == "nearest") {
            double nearest = 0;
            if (how.nearest == "round_prefer_floor")
                nearest = std::ceil(x - 0.5);
            else if (how.nearest == "round_prefer_ceil")
                nearest = std::floor(x + 0.5);
            else if (how.nearest == "floor")
                nearest = std::floor(x);
            else if (how.nearest == "ceil")
                nearest = std::ceil(x);
            else
                at.fail("a nearest_mode of ONNX", "\"" + how.nearest + "\"");
            found.push_back({std::clamp<whole>(static_cast<whole>(nearest), 0, in - 1), 1.0});
        } else {
            // A wider filter where the image shrinks and antialiasing is asked for.
            const double stretch = how.antialias && scale < 1 ? scale : 1;
            const double support = (how.mode == "linear" ? 1 : 2) / stretch;
            const auto from = static_cast<whole>(std::floor(x - support)) + (stretch == 1 ? 1 : 0);
            const auto to =
                static_cast<whole>(stretch == 1 ? std::floor(x) + support : std::ceil(x + support));
            double sum = 0;
            for (whole place = from; place <= to; ++place) {
                const double distance = (x - static_cast<double>(place)) * stretch;
                double weight = how.mode == "linear" ? std::max(0.0, 1 - std::abs(distance))
                                                     : cubic_weight(distance, how.cubic);
                if ((how.exclude_outside || how.antialias) && (place < 0 || place >= in)) weight = 0;
                sum += weight;
                found.push_back({std::clamp<whole>(place, 0, in - 1), weight});
            }
            if (how.exclude_outside || how.antialias)
                for (tap& one : found) one.weight /= sum;
        }
        made.results.push_back(std::move(found));
    }
    return made;
}

array resized(const call& at, const resize_options& how, const shape_type& to, const reals& scale,
              const reals& region, double beyond) {
    at.count(to);
    array made = at.in(0);
    if (how.mode != "nearest") made = array(made.type, made.shape, all_reals(made));
    std::vector<axis_resize> along;
    for (std::size_t axis = 0; axis < to.size(); ++axis) {
        at.expect(made.shape[axis] > 0 || to[axis] == 0, "cells to take from", shape_text(made.shape));
        along.push_back(resize_axis(at, how, made.shape[axis], to[axis], scale[axis], region[axis],
                                    region[to.size() + axis]));
    }
    for (std::size_t axis = 0; axis < to.size(); ++axis) {
        const whole in = made.shape[axis];
        if (in == to[axis] && scale[axis] == 1 && how.coordinates != "tf_crop_and_resize") continue;
        const whole inner = product_of(made.shape, axis + 1, made.rank());
        const whole outer = product_of(made.shape, 0, axis);
        shape_type shape = made.shape;
        shape[axis] = to[axis];
        at.count(shape);
        const auto each = [&](const auto& take) {
            for (whole o = 0; o < outer; ++o)
                for (const taps& result : along[axis].results)
                    for (whole i = 0; i < inner; ++i) take(result, o * in * inner + i, inner);
        };
        if (how.mode == "nearest") {
            made = with_elements(made, [&](const auto& from) {
                std::decay_t<decltype(from)> next;
                each([&](const taps& result, whole start, whole step) {
                    next.push_back(from[static_cast<std::size_t>(start + result[0].place * step)]);
                });
                return array(made.type, shape, std::move(next));
            });
        } else {
            // Real numbers even of integers, until the last axis is done.
            const reals from = is_real(made.type) ? made.as_reals() : reals{};
            reals next;
            each([&](const taps& result, whole start, whole step) {
                double sum = 0;
                for (const tap& one : result)
                    sum += one.weight * from[static_cast<std::size_t>(start + one.place * step)];
                next.push_back(sum);
            });
            made = array(made.type, shape, std::move(next));
        }
    }
    bool any = false;
    for (const axis_resize& one : along)
        for (const bool outside : one.outside) any = any || outside;
    if (!any || !is_real(made.type)) return made;
    reals filled = made.as_reals();
    std::size_t next = 0;
    each_index(to, [&](const shape_type& index) {
        for (std::size_t axis = 0; axis < to.size(); ++axis)
            if (along[axis].outside[static_cast<std::size_t>(index[axis])]) filled[next] = beyond;
        ++next;
    });
    return {made.type, to, std::move(filled)};
}

whole scaled_extent(const call& at, whole extent, double scale) {
    const double made = std::floor(static_cast<double>(extent) * scale);
    at.expect(scale > 0 && made < 0x1p40, "scales above 0", std::to_string(scale));
    return static_cast<whole>(made);
}

void resize(call& at) {
    const array& x = at.in(0);
    const std::size_t rank = x.rank();
    resize_options how;
    how.mode = at.text("mode", "nearest");
    if (how.mode == "bilinear") how.mode = "linear";
    at.expect(how.mode == "nearest" || how.mode == "linear" || how.mode == "cubic",
              "mode nearest, linear or cubic", how.mode);
    at.expect(how.mode == "nearest" || is_real(x.type), "real numbers", std::string(name_of(x.type)));
    const bool old = at.node().operation == "Upsample" || at.version() < 11;
    how.coordinates = at.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
    how.nearest = at.text("nearest_mode", old ? "floor" : "round_prefer_floor");
    how.cubic = at.number("cubic_coeff_a", -0.75);
    how.exclude_outside = at.integer("exclude_outside", 0) != 0;
    how.antialias = at.integer("antialias", 0) != 0;
    std::vector<whole> axes = at.integers("axes");
    if (axes.empty())
        for (std::size_t axis = 0; axis < rank; ++axis) axes.push_back(static_cast<whole>(axis));
    const std::size_t scales_at = old ? 1 : 2;
    reals given;
    if (old && at.version() < 9)
        given = at.numbers("scales");
    else if (at.has(scales_at) && at.in(scales_at).size() > 0)
        given = at.real(scales_at);
    const bool by_sizes = !old && at.has(3) && at.in(3).size() > 0;
    at.expect(by_sizes != !given.empty(), "scales or sizes", by_sizes ? "both" : "none");
    at.expect((by_sizes ? at.in(3).size() : given.size()) == axes.size(),
              std::to_string(axes.size()) + " of them",
              std::to_string(by_sizes ? at.in(3).size() : given.size()));
    reals scale(rank, 1.0);
    shape_type to = x.shape;
    for (std::size_t k = 0; k < axes.size(); ++k) {
        const std::size_t axis = at.axis(axes[k], rank);
        if (by_sizes) {
            const whole size = at.whole(3)[k];
            at.expect(size > 0 && x.shape[axis] > 0, "sizes above 0", std::to_string(size));
            scale[axis] = static_cast<double>(size) / static_cast<double>(x.shape[axis]);
            to[axis] = size;
        } else {
            scale[axis] = given[k];
            to[axis] = scaled_extent(at, x.shape[axis], given[k]);
        }
    }
    const std::string policy = at.text("keep_aspect_ratio_policy", "stretch");
    if (by_sizes && policy != "stretch") {
        at.expect(policy == "not_larger" || policy == "not_smaller",
                  "keep_aspect_ratio_policy stretch, not_larger or not_smaller", policy);
        double common = policy == "not_larger" ? HUGE_VAL : 0;
        for (const whole one : axes)
            common = policy == "not_larger" ? std::min(common, scale[at.axis(one, rank)])
                                            : std::max(common, scale[at.axis(one, rank)]);
        for (const whole one : axes) {
            const std::size_t axis = at.axis(one, rank);
            scale[axis] = common;
            to[axis] = static_cast<whole>(std::floor(common * static_cast<double>(x.shape[axis]) + 0.5));
        }
    }
    reals region(rank, 0.0);
    region.resize(2 * rank, 1.0);
    if (how.coordinates == "tf_crop_and_resize") {
        const reals& corners = at.real(1);
        at.expect(corners.size() == 2 * axes.size(), "a start and an end for each axis",
                  std::to_string(corners.size()));
        for (std::size_t k = 0; k < axes.size(); ++k) {
            region[at.axis(axes[k], rank)] = corners[k];
            region[rank + at.axis(axes[k], rank)] = corners[axes.size() + k];
        }
    }
    at.give(resized(at, how, to, scale, region, at.number("extrapolation_value", 0)));
}

double reflected(double x, double first, double last) {
    const double range = last - first;
    if (range <= 0) return first;
    if (x < first || x > last) {
        const double away = x < first ? first - x : x - last;
        const double times = std::floor(away / range);
        const double rest = away - times * range;
        const bool even = std::fmod(times, 2) == 0;
        return x < first ? (even ? first + rest : last - rest) : (even ? last - rest : first + rest);
    }
    return x;
}

void grid_sample(call& at) {
    const shape_type& x = at.in(0).shape;
    const shape_type& g = at.in(1).shape;
    at.expect(
        x.size() >= 3 && g.size() == x.size() && g[0] == x[0] && g.back() == static_cast<whole>(x.size()) - 2,
        "a grid {N, ..., axes}", shape_text(g));
    const std::size_t axes = x.size() - 2;
    for (std::size_t axis = 2; axis < x.size(); ++axis)
        at.expect(x[axis] > 0, "an image with cells", shape_text(x));
    const std::string mode = at.text("mode", at.version() < 20 ? "bilinear" : "linear");
    const bool nearest = mode == "nearest";
    const bool cubic = mode == "bicubic" || mode == "cubic";
    at.expect(nearest || cubic || mode == "bilinear" || mode == "linear", "mode linear, nearest or cubic",
              mode);
    const std::string padding = at.text("padding_mode", "zeros");
    at.expect(padding == "zeros" || padding == "border" || padding == "reflection",
              "padding_mode zeros, border or reflection", padding);
    const bool corners = at.integer("align_corners", 0) != 0;
    shape_type to{x[0], x[1]};
    to.insert(to.end(), g.begin() + 1, g.end() - 1);
    reals made(at.count(to));
    const reals& image = at.real(0);
    const reals& grid = at.real(1);
    const shape_type strides = strides_of(x);
    const whole results = product_of(to, 2, to.size());
    for (whole n = 0; n < x[0]; ++n)
        for (whole r = 0; r < results; ++r) {
            std::vector<taps> along(axes);
            for (std::size_t axis = 0; axis < axes; ++axis) {
                const auto size = static_cast<double>(x[axis + 2]);
                const double first = corners ? 0 : -0.5;
                const double last = corners ? size - 1 : size - 0.5;
                // The grid names the last axis first.
                const double given =
                    grid[static_cast<std::size_t>((n * results + r) * static_cast<whole>(axes)) + axes - 1 -
                         axis];
                double place = corners ? (given + 1) / 2 * (size - 1) : ((given + 1) * size - 1) / 2;
                if (nearest) place = std::nearbyint(place);
                if (!cubic && padding == "border") place = std::min(std::max(place, 0.0), size - 1);
                if (!cubic && padding == "reflection") place = reflected(place, first, last);
                if (!(std::abs(place) < 0x1p40)) place = -2;
                const auto base = static_cast<whole>(std::floor(place));
                const double rest = place - static_cast<double>(base);
                const auto cell = [&](whole index, double weight) {
                    if (index < 0 || index >= x[axis + 2]) {
                        if (padding == "zeros") return;
                        const auto there = static_cast<double>(index);
                        index =
                            static_cast<whole>(padding == "border" ? there : reflected(there, first, last));
                        index = std::clamp<whole>(index, 0, x[axis + 2] - 1);
                    }
                    along[axis].push_back({index, weight});
                };
                if (nearest) {
                    cell(base, 1);
                } else if (cubic) {
                    for (whole k = -1; k <= 2; ++k)
                        cell(base + k, cubic_weight(rest - static_cast<double>(k), -0.75));
                } else {
                    cell(base, 1 - rest);
                    if (rest > 0) cell(base + 1, rest);
                }
            }
            shape_type counts;
            for (const taps& one : along) counts.push_back(static_cast<whole>(one.size()));
            for (whole c = 0; c < x[1]; ++c) {
                double sum = 0;
                each_index(counts, [&](const shape_type& index) {
                    whole place = n * strides[0] + c * strides[1];
                    double weight = 1;
                    for (std::size_t axis = 0; axis < axes; ++axis) {
                        const tap& one = along[axis][static_cast<std::size_t>(index[axis])];
                        place += one.place * strides[axis + 2];
                        weight *= one.weight;
                    }
                    sum += weight * image[static_cast<std::size_t>(place)];
                });
                made[static_cast<std::size_t>((n * x[1] + c) * results + r)] = sum;
            }
        }
    at.give(at.in(0).type, to, std::move(made));
}

void affine_grid(call& at) {
    const shape_type& size = at.whole(1);
    const shape_type& theta = at.in(0).shape;
    const bool corners = at.integer("align_corners", 0) != 0;
    at.expect((size.size() == 4 || size.size() == 5) &&
                  theta == shape_type{size[0], static_cast<whole>(size.size()) - 2,
                                      static_cast<whole>(size.size()) - 1},
              "theta {N, axes, axes + 1} and a size {N, C, ...}", shape_text(theta));
    const std::size_t axes = size.size() - 2;
    shape_type to{size[0]};
    to.insert(to.end(), size.begin() + 2, size.end());
    at.count(to);
    const shape_type places = to;
    to.push_back(static_cast<whole>(axes));
    at.count(to);
    reals made;
    each_index(places, [&](const shape_type& index) {
        reals point;  // x first
        for (std::size_t axis = axes; axis-- > 0;) {
            const auto extent = static_cast<double>(places[axis + 1]);
            const auto k = static_cast<double>(index[axis + 1]);
            point.push_back(corners ? (extent > 1 ? -1 + 2 * k / (extent - 1) : 0)
                                    : -1 + (2 * k + 1) / extent);
        }
        point.push_back(1);
        for (std::size_t row = 0; row < axes; ++row) {
            double sum = 0;
            for (std::size_t k = 0; k <= axes; ++k)
                sum +=
                    at.real(0)[(static_cast<std::size_t>(index[0]) * axes + row) * (axes + 1) + k] * point[k];
            made.push_back(sum);
        }
    });
    at.give(at.in(0).type, to, std::move(made));
}

void roi_align(call& at) {
    const shape_type& x = at.in(0).shape;
    const shape_type& rois = at.in(1).shape;
    const wholes& samples = at.whole(2);
    at.expect(
        x.size() == 4 && rois.size() == 2 && rois[1] == 4 && static_cast<whole>(samples.size()) == rois[0],
        "an image, regions {R, 4} and a sample for each", shape_text(x) + ", " + shape_text(rois));
    const std::string mode = at.text("mode", "avg");
    at.expect(mode == "avg" || mode == "max", "mode avg or max", mode);
    const std::string coordinates =
        at.version() < 16 ? "output_half_pixel" : at.text("coordinate_transformation_mode", "half_pixel");
    const double shift = coordinates == "half_pixel" ? 0.5 : 0;
    const whole rows = at.integer("output_height", 1);
    const whole columns = at.integer("output_width", 1);
    const whole ratio = at.integer("sampling_ratio", 0);
    const double scale = at.number("spatial_scale", 1);
    at.expect(rows > 0 && columns > 0 && ratio >= 0 && ratio < 4096, "an output and a sampling ratio",
              std::to_string(rows));
    const shape_type to{rois[0], x[1], rows, columns};
    reals made;
    made.reserve(at.count(to));
    const auto value = [&](const double* plane, double y, double z, bool maximum, double& best) {
        if (!(y >= -1 && y <= static_cast<double>(x[2]) && z >= -1 && z <= static_cast<double>(x[3])))
            return 0.0;
        y = std::max(y, 0.0);
        z = std::max(z, 0.0);
        auto top = static_cast<whole>(y);
        auto left = static_cast<whole>(z);
        if (top >= x[2] - 1) {
            top = x[2] - 1;
            y = static_cast<double>(top);
        }
        if (left >= x[3] - 1) {
            left = x[3] - 1;
            z = static_cast<double>(left);
        }
        const whole bottom = std::min(top + 1, x[2] - 1);
        const whole right = std::min(left + 1, x[3] - 1);
        const double b = y - static_cast<double>(top);
        const double r = z - static_cast<double>(left);
        const double parts[] = {
            (1 - b) * (1 - r) * plane[top * x[3] + left], (1 - b) * r * plane[top * x[3] + right],
            b * (1 - r) * plane[bottom * x[3] + left], b * r * plane[bottom * x[3] + right]};
        if (maximum) best = *std::max_element(std::begin(parts), std::end(parts));
        return parts[0] + parts[1] + parts[2] + parts[3];
    };
    each_index(to, [&](const shape_type& index) {
        const double* roi = at.real(1).data() + index[0] * 4;
        const whole sample = samples[static_cast<std::size_t>(index[0])];
        at.expect(sample >= 0 && sample < x[0], "a sample of the batch", std::to_string(sample));
        const double left = roi[0] * scale - shift;
        const double top = roi[1] * scale - shift;
        double width = roi[2] * scale - shift - left;
        double height = roi[3] * scale - shift - top;
        if (shift == 0) {
            width = std::max(width, 1.0);
            height = std::max(height, 1.0);
        }
        const double cell_height = height / static_cast<double>(rows);
        const double cell_width = width / static_cast<double>(columns);
        const auto down =
            ratio > 0 ? ratio : static_cast<whole>(std::clamp(std::ceil(cell_height), 0.0, 65536.0));
        const auto across =
            ratio > 0 ? ratio : static_cast<whole>(std::clamp(std::ceil(cell_width), 0.0, 65536.0));
        at.count_products(down * across);
        const double* plane = at.real(0).data() + (sample * x[1] + index[1]) * x[2] * x[3];
        double sum = 0;
        double most = -HUGE_VAL;
        for (whole i = 0; i < down; ++i)
            for (whole j = 0; j < across; ++j) {
                double best = 0;
                const double y = top + static_cast<double>(index[2]) * cell_height +
                                 (static_cast<double>(i) + 0.5) * cell_height / static_cast<double>(down);
                const double z = left + static_cast<double>(index[3]) * cell_width +
                                 (static_cast<double>(j) + 0.5) * cell_width / static_cast<double>(across);
                sum += value(plane, y, z, mode == "max", best);
                most = std::max(most, best);
            }
        made.push_back(mode == "avg" ? sum / static_cast<double>(std::max<whole>(down * across, 1)) : most);
    });
    at.give(at.in(0).type, to, std::move(made));
}

constexpr operation table[] = {
    {"", "Upsample", resize, 1, 1, 1, "mode scales", 7, 8},
    {"", "Upsample", resize, 2, 2, 1, "mode", 9, 9},
    {"", "Resize", resize, 2, 2, 1, "mode", 10, 10},
    {"", "Resize", resize, 1, 4, 1,
     "coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value mode nearest_mode", 11,
     17},
    {"", "Resize", resize, 1, 4, 1,
     "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value "
     "keep_aspect_ratio_policy mode nearest_mode",
     18},
    {"", "GridSample", grid_sample, 2, 2, 1, "align_corners mode padding_mode", 16},
    {"", "AffineGrid", affine_grid, 2, 2, 1, "align_corners", 20},
    {"", "RoiAlign", roi_align, 3, 3, 1,
     "coordinate_transformation_mode mode output_height output_width sampling_ratio spatial_scale", 10},
};

}  // namespace

std::span<const operation> resampling_operations() { return table; }

}  // namespace archetype::evaluate
