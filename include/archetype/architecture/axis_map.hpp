// SPDX-License-Identifier: BSL-1.0
/// @file axis_map.hpp
/// Which cells of an input a result reads along one axis, and with which weights: of paddings, resizing, adaptive pooling.
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

namespace detail {

enum class axis_rule {
    reflected,  ///< beyond the edge come the cells before it, without the one at the edge
    repeated,   ///< the cell at the edge
    wrapped,    ///< the cells of the other end
    blank,      ///< no cell: a constant
    nearest,
    linear,
    cubic,   ///< of the nearest four
    window,  ///< results share the cells out among them: adaptive pooling, one result for all cells
};

/// The cells of one result: `count` from `first` on, of weights that sum to 1 (of a window: equal ones).
struct axis_taps {
    std::size_t first = 0, count = 0;
    double last_weight = 1;  ///< of two cells, that of the second
    bool is_cubic = false;
    double weights[4]{};  ///< of a cubic rule
    constexpr double weight(std::size_t i, bool is_window) const {
        if (is_cubic) return weights[i];
        if (is_window) return 1 / static_cast<double>(count);
        return count == 1 || i == 1 ? last_weight : 1 - last_weight;
    }
};

/// One axis.
struct axis_map {
    axis_rule rule = axis_rule::window;
    std::size_t input = 1, output = 1;
    std::size_t before = 0;  ///< of a padding: results before the first cell
    coordinate_rule coordinates = coordinate_rule::half_pixel;
    nearest_rule nearest = nearest_rule::round_prefer_ceil;
    double scale = 0;         ///< results for each cell; 0: output / input
    double cubic = 0;         ///< the slope of a cubic rule at distance 1
    bool leaves_out = false;  ///< of a cubic rule: cells beyond the edge are none, not the one at the edge
    constexpr bool operator==(const axis_map&) const = default;

    constexpr axis_taps taps(std::size_t o) const {
        if (rule == axis_rule::window) {
            const std::size_t first = o * input / output, end = ((o + 1) * input + output - 1) / output;
            return {first, end - first};
        }
        if (rule == axis_rule::nearest || rule == axis_rule::linear) return resized(o);
        if (rule == axis_rule::cubic) return cubic_taps(place_of(o));
        const bool is_before = o < before, is_behind = o >= before + input;
        if (!is_before && !is_behind) return {o - before, 1};
        if (rule == axis_rule::blank) return {};
        const std::size_t distance = is_before ? before - o : o - before - input;
        if (rule == axis_rule::repeated) return {is_before ? 0 : input - 1, 1};
        if (rule == axis_rule::wrapped) return {is_before ? input - distance : distance, 1};
        return {is_before ? distance : input - 2 - distance, 1};
    }

private:
    /// Cell and share of the next cell at which result o lies.
    struct coordinate {
        std::ptrdiff_t cell;
        double share;
    };
    constexpr coordinate place_of(std::size_t o) const {
        if (scale != 0 && coordinates != coordinate_rule::align_corners) {
            const double wide = static_cast<double>(o);
            if (coordinates == coordinate_rule::pytorch_half_pixel && output == 1) return {0, 0};
            const double x =
                coordinates == coordinate_rule::asymmetric ? wide / scale : (wide + 0.5) / scale - 0.5;
            std::ptrdiff_t cell = static_cast<std::ptrdiff_t>(x);
            if (static_cast<double>(cell) > x) --cell;
            return {cell, x - static_cast<double>(cell)};
        }
        // Exact: a fraction of whole numbers.
        const auto in = static_cast<std::ptrdiff_t>(input), out = static_cast<std::ptrdiff_t>(output),
                   at = static_cast<std::ptrdiff_t>(o);
        std::ptrdiff_t above = (2 * at + 1) * in - out, below = 2 * out;
        if (coordinates == coordinate_rule::asymmetric) above = at * in, below = out;
        if (coordinates == coordinate_rule::align_corners)
            above = out == 1 ? 0 : at * (in - 1), below = out == 1 ? 1 : out - 1;
        if (coordinates == coordinate_rule::pytorch_half_pixel && out == 1) above = 0;
        std::ptrdiff_t cell = above / below;
        if (cell * below > above) --cell;
        return {cell, static_cast<double>(above - cell * below) / static_cast<double>(below)};
    }
    constexpr std::size_t clamped(std::ptrdiff_t cell) const {
        return cell < 0                                 ? 0
               : static_cast<std::size_t>(cell) < input ? static_cast<std::size_t>(cell)
                                                        : input - 1;
    }
    /// Keys 1981: pieces of degree three over two cells on either side.
    constexpr double cubic_weight(double x) const {
        return x < 1 ? ((cubic + 2) * x - (cubic + 3)) * x * x + 1
                     : ((cubic * x - 5 * cubic) * x + 8 * cubic) * x - 4 * cubic;
    }
    constexpr axis_taps cubic_taps(const coordinate& at) const {
        if (at.share == 0) return {clamped(at.cell), 1};
        const std::size_t first = clamped(at.cell - 1);
        axis_taps made{first, clamped(at.cell + 2) - first + 1};
        made.is_cubic = true;
        double sum = 0;
        for (std::ptrdiff_t k = -1; k < 3; ++k) {
            const std::ptrdiff_t cell = at.cell + k;
            if (leaves_out && (cell < 0 || cell >= static_cast<std::ptrdiff_t>(input))) continue;
            const double away = static_cast<double>(k) - at.share,
                         weight = cubic_weight(away < 0 ? -away : away);
            made.weights[clamped(cell) - first] += weight;
            sum += weight;
        }
        for (double& weight : made.weights) weight /= sum;
        return made;
    }
    constexpr axis_taps resized(std::size_t o) const {
        const coordinate at = place_of(o);
        if (rule == axis_rule::nearest) {
            const bool next = nearest == nearest_rule::ceil                 ? at.share > 0
                              : nearest == nearest_rule::round_prefer_ceil  ? at.share >= 0.5
                              : nearest == nearest_rule::round_prefer_floor ? at.share > 0.5
                                                                            : false;
            return {clamped(at.cell + (next ? 1 : 0)), 1};
        }
        const std::size_t first = clamped(at.cell), second = clamped(at.cell + 1);
        if (first == second || at.share == 0) return {first, 1};
        return {first, 2, at.share};
    }
};

/// The cells that a range of results reads.
constexpr cells_read read_by(const axis_map& map, cells_read results) {
    cells_read read{1, 0};
    const auto last = static_cast<std::ptrdiff_t>(map.output) - 1;
    for (std::ptrdiff_t o = results.first < 0 ? 0 : results.first; o <= results.last && o <= last; ++o) {
        const axis_taps taps = map.taps(static_cast<std::size_t>(o));
        if (taps.count == 0) continue;
        const auto first = static_cast<std::ptrdiff_t>(taps.first),
                   end = first + static_cast<std::ptrdiff_t>(taps.count) - 1;
        const bool is_first = read.last < read.first;
        read = {is_first || first < read.first ? first : read.first,
                is_first || end > read.last ? end : read.last};
    }
    return read;
}

/// What layers share that have `rows_of(shape)` and `columns_of(shape)`: the maps along both axes.
template <class Layer>
constexpr cells_read cells_of_layer(const shape& in, bool rows, cells_read results) {
    return read_by(rows ? Layer::rows_of(in) : Layer::columns_of(in), results);
}

}  // namespace detail
}  // namespace archetype
