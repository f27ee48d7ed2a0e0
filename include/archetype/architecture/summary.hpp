// SPDX-License-Identifier: BSL-1.0
/// @file summary.hpp
/// The table that Keras prints, with multiply-accumulates and memory, as a constant string.
#pragma once
#include <archetype/architecture/plan.hpp>

namespace archetype {

namespace detail {

/// Right-aligned or left-aligned cells in a text; the text is measured first and written then, by the same
/// code.
template <class Text>
struct table {
    Text& text;

    constexpr void fill(char with, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) text.append(text_view(&with, 1));
    }
    /// `write(to)` padded to `width` columns.
    template <class Write>
    constexpr void cell(std::size_t width, bool right, Write write) {
        text_length measured;
        write(measured);
        const std::size_t gap = measured.size < width ? width - measured.size : 0;
        if (right) fill(' ', gap);
        write(text);
        if (!right) fill(' ', gap);
    }
    constexpr void number(std::size_t width, std::uint64_t value) {
        cell(width, true, [value](auto& to) { append_grouped(to, value); });
    }
    constexpr void line(text_view label, std::uint64_t value, text_view unit = "") {
        text.append(label);
        append_grouped(text, value);
        text.append(unit);
        text.append("\n");
    }
    /// 61706 as "61,706".
    template <class To>
    static constexpr void append_grouped(To& to, std::uint64_t value) {
        std::uint64_t power = 1;
        while (value / power >= 1000) power *= 1000;
        to.append_number(value / power);
        for (value %= power; power > 1; value %= power) {
            power /= 1000;
            const std::uint64_t group = value / power;
            to.append(text_view(",00").part(0, group < 10 ? 3 : group < 100 ? 2 : 1));
            to.append_number(group);
        }
    }
    template <class To>
    static constexpr void append_shape(To& to, const shape& extents) {
        to.append("(");
        for (std::size_t axis = 0; axis < extents.rank; ++axis) {
            if (axis != 0) to.append(", ");
            to.append_number(extents[axis]);
        }
        to.append(")");
    }
};

/// The join of the `bidirectional` layer whose forward part is layer `n`; the number of layers if it is not one.
template <class Facts>
constexpr std::size_t join_of_directions(const Facts& facts, std::size_t n) {
    const auto is = [&](std::size_t part, text_view text) {
        return part != none && facts.nodes[part].role == layer_role::recurrent &&
               facts.scopes[facts.nodes[part].scope].text == text;
    };
    if (!is(n, "forward")) return facts.size();
    const std::size_t parent = facts.scopes[facts.nodes[n].scope].parent;
    for (std::size_t j = n + 1; j < facts.size(); ++j) {
        const node& join = facts.nodes[j];
        if (join.role != layer_role::join || join.edge_count != 2 || facts.source(join, 0) != n) continue;
        const std::size_t other = facts.source(join, 1);
        if (is(other, "backward") && facts.scopes[facts.nodes[other].scope].parent == parent) return j;
    }
    return facts.size();
}

/// The path of that layer: of the part that it is all of; else "bidirectional" with the number of its forward part.
template <class Facts, class Text>
constexpr void append_path_of_directions(Text& text, const Facts& facts, std::size_t n, std::size_t join) {
    const std::size_t own = facts.nodes[n].scope, parent = facts.scopes[own].parent;
    const scope& around = facts.scopes[parent];
    bool is_all = parent != 0 && around.last == join + 1;
    for (std::size_t before = around.first; before < n; ++before)  // a mask may go beside what comes in
        is_all = is_all && facts.nodes[before].parameter_tensors == 0 &&
                 facts.nodes[before].role != layer_role::recurrent;
    append_path(text, facts, parent);
    if (is_all) return;
    if (parent != 0) text.append("/");
    text.append("bidirectional");
    if (const std::size_t number = occurrence(facts, own); number != 0) {
        text.append("_");
        text.append_number(number);
    }
}

/// What layers `first` to `last` take together.
struct summary_sums {
    std::uint64_t trainable = 0, fixed = 0, multiply_accumulates = 0, pointwise = 0;
    template <class Facts>
    constexpr summary_sums(const Facts& facts, std::size_t first, std::size_t last) {
        for (std::size_t i = first; i <= last && i < facts.size(); ++i) {
            const node& at = facts.nodes[i];
            trainable += at.count(true);
            fixed += at.count(false);
            multiply_accumulates += at.multiply_accumulates;
            pointwise += at.pointwise_operations;
        }
    }
};

template <class Text, class Facts>
constexpr void write_summary(Text& text, const Facts& facts, std::uint64_t arena_elements) {
    table<Text> rows{text};
    // The rows of the two directions and of their join stand below that of the whole, further in.
    std::size_t last_inside = 0;
    auto label = [&](std::size_t n) {
        return [&, n](auto& to) {
            const node& at = facts.nodes[n];
            to.append(text_view("  ").part(0, n < last_inside ? 2 : 0));
            append_path(to, facts, at.scope);
            to.append(" (");
            to.append(at.kind);
            to.append(")");
        };
    };
    auto label_of_directions = [&](std::size_t n, std::size_t join) {
        return [&, n, join](auto& to) {
            append_path_of_directions(to, facts, n, join);
            to.append(" (bidirectional)");
        };
    };
    std::size_t first = 24;
    const auto make_room = [&](auto write) {
        text_length measured;
        write(measured);
        if (measured.size + 2 > first) first = measured.size + 2;
    };
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if (const std::size_t join = join_of_directions(facts, i); join != facts.size()) {
            make_room(label_of_directions(i, join));
            last_inside = join + 1;
        }
        make_room(label(i));
    }
    last_inside = 0;
    const std::size_t full = first + 18 + 16 + 18 + 16;
    auto rule_off = [&](char with) {
        rows.fill(with, full);
        text.append("\n");
    };
    auto heading = [&](std::size_t width, bool right, text_view title) {
        rows.cell(width, right, [title](auto& to) { to.append(title); });
    };
    heading(first, false, "Layer (type)");
    heading(18, false, "Output shape");
    heading(16, true, "Param #");
    heading(18, true, "MACs");
    heading(16, true, "Output bytes");
    text.append("\n");
    rule_off('=');
    rows.cell(first, false, [](auto& to) { to.append("input"); });
    rows.cell(18, false, [&](auto& to) { rows.append_shape(to, facts.input); });
    rows.number(16, 0);
    rows.number(18, 0);
    rows.number(16, 4 * facts.input.size());
    text.append("\n");
    const auto row = [&](auto write, const shape& output, const summary_sums& of) {
        rows.cell(first, false, write);
        rows.cell(18, false, [&](auto& to) { rows.append_shape(to, output); });
        rows.number(16, of.trainable + of.fixed);
        rows.number(18, of.multiply_accumulates);
        rows.number(16, 4 * output.size());
        text.append("\n");
    };
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if (const std::size_t join = join_of_directions(facts, i); join != facts.size()) {
            row(label_of_directions(i, join), facts.nodes[join].output, summary_sums(facts, i, join));
            last_inside = join + 1;
        }
        row(label(i), facts.nodes[i].output, summary_sums(facts, i, i));
    }
    const summary_sums all(facts, 0, facts.size());
    rule_off('=');
    rows.line("Total params: ", all.trainable + all.fixed);
    rows.line("Trainable params: ", all.trainable);
    rows.line("Non-trainable params: ", all.fixed);
    rows.line("Multiply-accumulates: ", all.multiply_accumulates);
    rows.line("Floating-point operations: ", 2 * all.multiply_accumulates + all.pointwise);
    rows.line("Weights: ", 4 * (all.trainable + all.fixed), " bytes");
    rows.line("Activations at inference (arena): ", 4 * arena_elements, " bytes");
}

template <class Net>
struct summary_text {
    template <class Text>
    static constexpr void write(Text& text) {
        write_summary(text, unchecked_facts<Net>, inference_plan<Net>.arena_elements);
    }
};

}  // namespace detail

/// The table of `Net`: a line for each layer with its path and kind, output shape, parameters,
/// multiply-accumulates and bytes of its output in single precision; then the totals. A `bidirectional` layer has a line with
/// what both directions take, and below it theirs. A constant expression;
/// the characters have static storage and end with a zero.
template <class Net>
constexpr text_view summary() {
    using report [[maybe_unused]] = typename detail::report<Net>::type::shown;
    if constexpr (well_formed<Net>)
        return detail::constant_text<detail::summary_text<Net>>::view;
    else
        return {};
}

}  // namespace archetype
