// SPDX-License-Identifier: BSL-1.0
/// @file receptive_field.hpp
/// What one element of a result depends on, found by going back through the layers from it to the input.
#pragma once
#include <archetype/architecture/check.hpp>

namespace archetype {

/// A ratio of whole numbers in lowest terms.
struct step_fraction {
    std::size_t numerator = 0, denominator = 1;
    constexpr step_fraction(std::size_t above = 0, std::size_t below = 1)
        : numerator(above), denominator(below) {
        std::size_t a = above, b = below;
        while (b != 0) {
            const std::size_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a > 1) numerator /= a, denominator /= a;
    }
    constexpr double value() const {
        return static_cast<double>(numerator) / static_cast<double>(denominator);
    }
    friend constexpr step_fraction operator*(const step_fraction& a, const step_fraction& b) {
        return {a.numerator * b.numerator, a.denominator * b.denominator};
    }
    friend constexpr bool operator<(const step_fraction& a, const step_fraction& b) {
        return a.numerator * b.denominator < b.numerator * a.denominator;
    }
    constexpr bool operator==(const step_fraction&) const = default;
};

/// How far an element of a result sees into the network's first input. Cells are the pixels of an image, the steps of a
/// sequence, the numbers that an embedding looks up; a vector is one cell.
struct receptive_field {
    /// Rows and columns from the first to the last cell that one element depends on: the most of any element, padding
    /// included where the windows of an element reach into it; of a volume its slices count one below the other. 0 if it does
    /// not depend on the first input.
    std::size_t height = 1, width = 1;
    /// Cells between neighbouring elements, below 1 after what enlarges; the whole input where all see all of it; 0 where a
    /// reshape has left neighbours without one distance, and for rows of volumes.
    step_fraction step_height = 1, step_width = 1;
    constexpr bool operator==(const receptive_field&) const = default;
};

namespace detail {

/// First and last, or nothing.
struct cell_range {
    std::ptrdiff_t first = 0, last = -1;
    constexpr bool empty() const { return last < first; }
    constexpr void add(const cell_range& other) {
        if (other.empty()) return;
        if (empty()) {
            *this = other;
            return;
        }
        first = other.first < first ? other.first : first;
        last = other.last > last ? other.last : last;
    }
    constexpr void clip(std::size_t size) {
        if (first < 0) first = 0;
        if (last >= static_cast<std::ptrdiff_t>(size)) last = static_cast<std::ptrdiff_t>(size) - 1;
    }
};

constexpr std::ptrdiff_t divided_down(std::ptrdiff_t a, std::ptrdiff_t b) {
    return a / b - (a % b != 0 && a < 0 ? 1 : 0);
}
constexpr std::ptrdiff_t divided_up(std::ptrdiff_t a, std::ptrdiff_t b) { return -divided_down(-a, b); }

/// What a range of results of a window reads.
constexpr cell_range read_by(const window_axis& axis, const cell_range& results) {
    const auto stride = static_cast<std::ptrdiff_t>(axis.stride);
    const auto before = static_cast<std::ptrdiff_t>(axis.before);
    return {results.first * stride - before,
            results.last * stride - before + static_cast<std::ptrdiff_t>(axis.reach()) - 1};
}
/// Which cells of the input a transposed convolution spreads over a range of results.
constexpr cell_range spread_on(const window_axis& over, const cell_range& results) {
    cell_range read;
    const auto stride = static_cast<std::ptrdiff_t>(over.stride);
    for (std::size_t k = 0; k < over.kernel; ++k) {
        const std::ptrdiff_t moved =
            static_cast<std::ptrdiff_t>(over.before) - static_cast<std::ptrdiff_t>(k * over.dilation);
        read.add({divided_up(results.first + moved, stride), divided_down(results.last + moved, stride)});
    }
    return read;
}
/// What a range of an enlarged axis repeats, or interpolates between.
constexpr cell_range enlarged_from(std::size_t factor, std::size_t reads, std::ptrdiff_t moves,
                                   const cell_range& results) {
    const auto by = static_cast<std::ptrdiff_t>(factor);
    const cell_range moved{results.first - moves, results.last - moves};
    if (reads < 2) return {divided_down(moved.first, by), divided_down(moved.last, by)};
    // Pixels are squares: the middle of result y lies at (2 y + 1 - factor) / (2 factor).
    return {divided_down(2 * moved.first + 1 - by, 2 * by),
            divided_up(2 * moved.last + 1 - by, 2 * by) + static_cast<std::ptrdiff_t>(reads) - 2};
}

/// A value as rows, columns and channels, and slices of a volume; class numbers are cells of one channel.
struct cell_grid {
    std::size_t rows = 1, columns = 1, channels = 1, slices = 1;
    /// Rows of all slices, one below the other.
    constexpr std::size_t lines() const { return rows * slices; }
};
constexpr cell_grid grid_of(const shape& extents, bool classes) {
    if (classes && extents.rank == 1) return {1, extents[0], 1};
    if (classes) return {extents[0], extents[1], 1};
    if (extents.rank == 4) return {extents[1], extents[2], extents[3], extents[0]};
    return {extents.height(), extents.width(), extents.channels()};
}

/// A box of a value's elements.
struct seen_box {
    cell_range rows{}, columns{}, channels{}, slices{0, 0};
    constexpr bool empty() const {
        return rows.empty() || columns.empty() || channels.empty() || slices.empty();
    }
    constexpr void add(const seen_box& other) {
        if (other.empty()) return;
        slices.add(other.slices);
        rows.add(other.rows), columns.add(other.columns), channels.add(other.channels);
    }
    constexpr void clip(const cell_grid& grid) {
        slices.clip(grid.slices);
        rows.clip(grid.rows), columns.clip(grid.columns);
    }
    /// Rows from the first to the last, those of slices one below the other.
    constexpr std::size_t height(const cell_grid& grid) const {
        return static_cast<std::size_t>((slices.last - slices.first) *
                                            static_cast<std::ptrdiff_t>(grid.rows) +
                                        rows.last - rows.first + 1);
    }
    constexpr std::size_t width() const { return static_cast<std::size_t>(columns.last - columns.first + 1); }
};

constexpr cell_range all_of(std::size_t count) { return {0, static_cast<std::ptrdiff_t>(count) - 1}; }

/// The same elements of memory in another grid.
constexpr seen_box reshaped(seen_box box, const cell_grid& from, const cell_grid& to) {
    box.clip(from);
    if (box.empty()) return {};
    const auto channels = static_cast<std::ptrdiff_t>(from.channels),
               to_channels = static_cast<std::ptrdiff_t>(to.channels),
               columns = static_cast<std::ptrdiff_t>(from.columns),
               row = static_cast<std::ptrdiff_t>(to.columns) * to_channels;
    seen_box made{{}, {}, {}, {}};
    const auto rows = static_cast<std::ptrdiff_t>(from.rows), to_rows = static_cast<std::ptrdiff_t>(to.rows),
               in_slice = box.rows.last - box.rows.first + 1,
               lines = (box.slices.last - box.slices.first + 1) * in_slice;
    for (std::ptrdiff_t i = 0; i < lines; ++i) {
        const std::ptrdiff_t y = (box.slices.first + i / in_slice) * rows + box.rows.first + i % in_slice;
        const bool joined = box.channels.first == 0 && box.channels.last == channels - 1;
        for (std::ptrdiff_t x = box.columns.first; x <= box.columns.last; ++x) {
            const std::ptrdiff_t first = (y * columns + x) * channels + box.channels.first,
                                 last = (y * columns + (joined ? box.columns.last : x)) * channels +
                                        box.channels.last;
            const bool in_row = first / row == last / row,
                       in_cell = in_row && first / to_channels == last / to_channels;
            const cell_range slices{first / row / to_rows, last / row / to_rows};
            made.add({slices.first == slices.last ? cell_range{first / row % to_rows, last / row % to_rows}
                                                  : all_of(to.rows),
                      in_row ? cell_range{first % row / to_channels, last % row / to_channels}
                             : all_of(to.columns),
                      in_cell ? cell_range{first % to_channels, last % to_channels} : all_of(to.channels),
                      slices});
            if (joined) break;
        }
    }
    return made;
}

/// The channels that filters of groups read.
constexpr cell_range channels_of_groups(const cell_range& filters, std::size_t count, std::size_t channels,
                                        std::size_t groups) {
    const auto in_group = static_cast<std::ptrdiff_t>(count / groups),
               depth = static_cast<std::ptrdiff_t>(channels / groups);
    return {filters.first / in_group * depth, (filters.last / in_group + 1) * depth - 1};
}

template <class Facts>
struct field_finder {
    static constexpr std::size_t layers = Facts::size();
    const Facts& facts;
    bool classes[layers + 1]{};  ///< by layer, the input last: a table is looked up with it
    bool mixes[layers + 1]{};    ///< a reshape before it has left neighbours without one distance
    step_fraction step_rows[layers + 1]{}, step_columns[layers + 1]{};
    std::size_t phases_of_rows[layers + 1]{}, phases_of_columns[layers + 1]{};
    seen_box boxes[layers + 1]{};
    bool is_seen[layers + 1]{};
    bool clipped = false;  ///< what is followed back are cells that there are

    constexpr std::size_t index(std::size_t source) const { return source == none ? layers : source; }
    constexpr cell_grid grid(std::size_t at) const {
        return grid_of(at == layers ? facts.input : facts.nodes[at].output, classes[at]);
    }

    constexpr void prepare() {
        for (std::size_t n = layers; n-- > 0;) {
            const node& at = facts.nodes[n];
            if (at.edge_count != 0 &&
                (at.role == layer_role::lookup || (at.role == layer_role::alias && classes[n])) &&
                facts.shape_of(facts.source(at, 0)).rank < 3)
                classes[index(facts.source(at, 0))] = true;
        }
        step_rows[layers] = step_columns[layers] = 1;
        phases_of_rows[layers] = phases_of_columns[layers] = 1;
        for (std::size_t n = 0; n < layers; ++n) {
            const node& at = facts.nodes[n];
            phases_of_rows[n] = phases_of_columns[n] = 1;
            if (at.edge_count == 0) step_rows[n] = step_columns[n] = 1;
            for (std::size_t e = 0; e < at.edge_count; ++e) {
                const std::size_t from = index(facts.source(at, e));
                mixes[n] = mixes[n] || mixes[from];
                if (step_rows[n] < step_rows[from]) step_rows[n] = step_rows[from];
                if (step_columns[n] < step_columns[from]) step_columns[n] = step_columns[from];
                if (phases_of_rows[from] > phases_of_rows[n]) phases_of_rows[n] = phases_of_rows[from];
                if (phases_of_columns[from] > phases_of_columns[n])
                    phases_of_columns[n] = phases_of_columns[from];
            }
            advance(n, at);
        }
    }

    constexpr void advance(std::size_t n, const node& at) {
        step_fraction &rows = step_rows[n], &columns = step_columns[n];
        if (at.sees_everything) {
            const cell_grid whole = grid(layers);
            rows = whole.lines(), columns = whole.columns;
            mixes[n] = false;
            phases_of_rows[n] = phases_of_columns[n] = 1;
            return;
        }
        if (at.sees_all_rows) rows = grid(layers).lines();
        if (at.sees_all_columns) columns = grid(layers).columns;
        if (at.has_window && !at.is_transposed) {
            rows = rows * at.window.rows.stride;
            columns = columns * at.window.columns.stride;
        }
        // What each row (column) sees depends on the part that it is of.
        if (at.axis == 0) phases_of_rows[n] = grid(n).lines();
        if (at.axis == 1) phases_of_columns[n] = grid(n).columns;
        if (at.role == layer_role::rearrangement) {
            const axis_moves& moves = at.moves;
            if (moves.from[0] == 1 && moves.from[1] == 0) {
                const step_fraction other = rows;
                rows = columns, columns = other;
                const std::size_t phases = phases_of_rows[n];
                phases_of_rows[n] = phases_of_columns[n], phases_of_columns[n] = phases;
            } else if (moves.from[2] != 2) {
                rows = columns = 0;
                mixes[n] = true;
            }
            const auto size = [](std::ptrdiff_t step) {
                return static_cast<std::size_t>(step < 0 ? -step : step);
            };
            rows = rows * size(moves.step[0]);
            columns = columns * size(moves.step[1]);
        }
        if (at.reads_slices != nullptr) rows = 0;  // rows of a slice, then of the next
        rows = rows * step_fraction(at.shrinks.height, at.enlarges.height);
        columns = columns * step_fraction(at.shrinks.width, at.enlarges.width);
        phases_of_rows[n] *= at.enlarges.height;
        phases_of_columns[n] *= at.enlarges.width;
        // Cells beyond the edge no longer count, so that results at the edge see less than others.
        const bool counts_edges = at.reads_cells == nullptr || at.reads_slices != nullptr;
        if (!counts_edges || at.drops_axis != 0 || at.sees_all_rows || at.sees_all_columns)
            phases_of_rows[n] = grid(n).lines(), phases_of_columns[n] = grid(n).columns;
        if (at.drops_axis == 3) rows = grid(layers).lines();
        if (at.drops_axis == 1 || at.drops_axis == 2) mixes[n] = true, rows = columns = 0;
        if (at.role != layer_role::alias || at.edge_count == 0 || at.output == at.input) return;
        const cell_grid from = grid(index(facts.source(at, 0))), to = grid(n);
        if (from.lines() == to.lines() && from.columns == to.columns && from.channels == to.channels) return;
        mixes[n] = true;
        if (from.lines() == to.lines())
            columns = columns * step_fraction(from.columns, to.columns);
        else
            rows = columns = 0;
    }

    /// The cells of the input that a box of layer `n`'s results depends on.
    constexpr seen_box follow(std::size_t n, const seen_box& box) {
        clipped = false;
        see(n, box);
        for (std::size_t at = n == layers ? 0 : n + 1; at-- > 0;) {
            if (is_seen[at]) back(at);
            is_seen[at] = false;
        }
        if (!is_seen[layers]) return {};
        is_seen[layers] = false;
        if (clipped) boxes[layers].clip(grid(layers));
        return boxes[layers];
    }

    constexpr void see(std::size_t at, const seen_box& box) {
        if (box.empty()) return;
        if (is_seen[at])
            boxes[at].add(box);
        else
            boxes[at] = box;
        is_seen[at] = true;
    }

    constexpr void back(std::size_t n) {
        const node& at = facts.nodes[n];
        if (clipped) boxes[n].clip(grid(n));
        const seen_box& box = boxes[n];
        std::ptrdiff_t before = 0;
        for (std::size_t e = 0; e < at.edge_count; ++e) {
            const std::size_t from = index(facts.source(at, e));
            const cell_grid in = grid(from);
            seen_box read = box;
            if (at.joins == join_kind::concatenation) {
                const bool is_volume = at.output.rank == 4;
                const std::size_t size = at.axis == 1   ? in.columns
                                         : at.axis == 2 ? in.channels
                                         : is_volume    ? in.slices
                                                        : in.rows;
                cell_range& along = at.axis == 1   ? read.columns
                                    : at.axis == 2 ? read.channels
                                    : is_volume    ? read.slices
                                                   : read.rows;
                along = {along.first - before, along.last - before};
                along.clip(size);
                before += static_cast<std::ptrdiff_t>(size);
            } else if (at.joins != join_kind::none || at.role == layer_role::operand) {
                if (in.slices != grid(n).slices) read.slices = all_of(in.slices);
                if (in.rows != grid(n).rows) read.rows = all_of(in.rows);
                if (in.columns != grid(n).columns) read.columns = all_of(in.columns);
                if (in.channels != grid(n).channels) read.channels = all_of(in.channels);
            } else if (at.role == layer_role::rearrangement) {
                read = moved(at.moves, box, grid(n), in);
            } else if (at.role == layer_role::alias && at.output != at.input) {
                clipped = true;
                read = reshaped(box, grid(n), in);
            } else if (at.sees_everything) {
                clipped = true;
                read.slices = all_of(in.slices);
                read.rows = all_of(in.rows), read.columns = all_of(in.columns);
                if (!at.keeps_channels) read.channels = all_of(in.channels);
            } else {
                one_layer(at, in, read);
                if (at.drops_axis != 0) read = before_drop(at, in, box);
                if (at.drops_axis != 0 && at.role == layer_role::recurrent)
                    read.channels = all_of(in.channels);
                // Windows over volumes tell of their padding, as those over images do.
                clipped = clipped || (at.reads_cells != nullptr && at.reads_slices == nullptr);
                clipped = clipped || at.drops_axis != 0;
                clipped = clipped || at.sees_all_rows || at.sees_all_columns;
                if (at.sees_all_rows) read.rows = all_of(in.rows);
                if (at.sees_all_columns) read.columns = all_of(in.columns);
            }
            see(from, read);
        }
    }

    /// What a box of a rearrangement's results comes from.
    static constexpr seen_box moved(const axis_moves& moves, seen_box box, const cell_grid& out,
                                    const cell_grid& in) {
        if (moves.groups > 1 && box.channels.first == box.channels.last) {
            const auto groups = static_cast<std::ptrdiff_t>(moves.groups),
                       in_group = static_cast<std::ptrdiff_t>(in.channels) / groups, c = box.channels.first;
            box.channels.first = box.channels.last = c % groups * in_group + c / groups;
        } else if (moves.groups > 1) {
            box.channels = all_of(in.channels);
        }
        box.clip(out);
        cell_range found[3]{};
        const cell_range of[3] = {box.rows, box.columns, box.channels};
        for (std::size_t axis = 0; axis < 3; ++axis) {
            if (of[axis].empty()) return {};
            const std::ptrdiff_t a = moves.first[axis] + of[axis].first * moves.step[axis],
                                 b = moves.first[axis] + of[axis].last * moves.step[axis];
            found[moves.from[axis]] = {a < b ? a : b, a < b ? b : a};
        }
        return {found[0], found[1], found[2], box.slices};
    }

    constexpr void one_layer(const node& at, const cell_grid& in, seen_box& box) const {
        if (at.is_transposed) {
            box.rows = spread_on(at.spread_over.rows, box.rows);
            box.columns = spread_on(at.spread_over.columns, box.columns);
        } else if (at.has_window) {
            box.rows = read_by(at.window.rows, box.rows);
            box.columns = read_by(at.window.columns, box.columns);
        } else if (at.reads_cells != nullptr) {
            const auto read = [&](bool rows, const cell_range& results) {
                const cells_read cells = at.reads_cells(at.input, rows, {results.first, results.last});
                return cell_range{cells.first, cells.last};
            };
            box.rows = read(true, box.rows), box.columns = read(false, box.columns);
            if (at.reads_slices != nullptr) {
                const cells_read slices = at.reads_slices(at.input, {box.slices.first, box.slices.last});
                box.slices = {slices.first, slices.last};
            }
        } else {
            box.rows = enlarged_from(at.enlarges.height, at.reads.height, at.moves_down, box.rows);
            box.columns = enlarged_from(at.enlarges.width, at.reads.width, at.moves_right, box.columns);
        }
        if (at.role == layer_role::contraction && at.groups > 1)
            box.channels = channels_of_groups(box.channels, at.output.channels(), in.channels, at.groups);
        else if (at.role == layer_role::contraction || at.role == layer_role::recurrent ||
                 (at.role == layer_role::rows && !at.keeps_channels) || at.role == layer_role::lookup ||
                 at.output.channels() != in.channels)
            box.channels = all_of(in.channels);
    }

    /// What a result of a pooling over one axis reads: axes before it have moved towards the end.
    static constexpr seen_box before_drop(const node& at, const cell_grid& in, const seen_box& box) {
        const bool is_image = at.input.rank == 3;
        switch (at.drops_axis) {
            case 1:
                return {is_image ? box.columns : all_of(in.rows), box.channels, all_of(in.channels)};
            case 2:
                return {is_image ? box.columns : all_of(in.rows), all_of(in.columns), box.channels};
            default:
                return {all_of(in.rows), box.columns, box.channels};
        }
    }

    constexpr receptive_field find(std::size_t n) {
        prepare();
        const cell_grid out = grid(n);
        receptive_field found{0, 0, step_rows[n], step_columns[n]};
        const auto take = [&](std::size_t y, std::size_t x, const cell_range& channels) {
            const auto row = static_cast<std::ptrdiff_t>(y % out.rows),
                       slice = static_cast<std::ptrdiff_t>(y / out.rows),
                       column = static_cast<std::ptrdiff_t>(x);
            const seen_box seen = follow(n, {{row, row}, {column, column}, channels, {slice, slice}});
            if (seen.empty()) return;
            const std::size_t height = seen.height(grid(layers)), width = seen.width();
            found.height = height > found.height ? height : found.height;
            found.width = width > found.width ? width : found.width;
        };
        // Neighbouring channels see the same but where a concatenation or a reshape has put them together.
        const std::size_t some = !tells_channels_apart(n) ? 1 : least(out.channels, most_channels);
        const std::size_t rows = mixes[n] ? out.lines() : least(out.lines(), phases_of_rows[n]),
                          columns = mixes[n] ? out.columns : least(out.columns, phases_of_columns[n]);
        // Rows and columns are independent of each other unless they are mixed.
        const std::size_t places = mixes[n] ? rows * columns : (rows > columns ? rows : columns);
        // Of many places some, in all columns: compilers count the steps of a constant.
        const std::size_t most = most_steps / ((n + 2) * some) + 1,
                          apart = places > most ? places / most | 1 : 1;
        for (std::size_t c = 0; c < some; ++c) {
            const auto channel = static_cast<std::ptrdiff_t>(c * out.channels / some);
            for (std::size_t i = 0; i < places; i += apart)
                if (mixes[n])
                    take(i / columns, i % columns, {channel, channel});
                else
                    take(least(i, rows - 1), least(i, columns - 1), {channel, channel});
        }
        return found;
    }
    constexpr bool tells_channels_apart(std::size_t n) const {
        for (std::size_t at = 0; at <= n && at < layers; ++at)
            if (mixes[at] || facts.nodes[at].joins == join_kind::concatenation ||
                facts.nodes[at].role == layer_role::rearrangement)
                return true;
        return false;
    }
    static constexpr std::size_t most_channels = 8, most_steps = 4000;
    static constexpr std::size_t least(std::size_t a, std::size_t b) { return a < b ? a : b; }
};

template <class Net>
constexpr receptive_field find_field(std::size_t node) {
    field_finder<std::remove_cvref_t<decltype(unchecked_facts<Net>)>> finder{unchecked_facts<Net>};
    return finder.find(node == none ? unchecked_facts<Net>.size() : node);
}

}  // namespace detail

/// How much of the network's first input one element of the result depends on.
template <class Net, name Part = "">
inline constexpr auto receptive_field_of =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>([](const auto&,
                                                                                    const scope& part) {
        return detail::find_field<Net>(part.end);
    });

}  // namespace archetype
