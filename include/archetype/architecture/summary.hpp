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

template <class Text, class Facts>
constexpr void write_summary(Text& text, const Facts& facts, std::uint64_t arena_elements) {
    table<Text> rows{text};
    auto label = [&facts](const node& at) {
        return [&](auto& to) {
            append_path(to, facts, at.scope);
            to.append(" (");
            to.append(at.kind);
            to.append(")");
        };
    };
    std::size_t first = 24;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        text_length measured;
        label(facts.nodes[i])(measured);
        if (measured.size + 2 > first) first = measured.size + 2;
    }
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
    std::uint64_t trainable = 0, fixed = 0, multiply_accumulates = 0, pointwise = 0;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        const node& at = facts.nodes[i];
        rows.cell(first, false, label(at));
        rows.cell(18, false, [&](auto& to) { rows.append_shape(to, at.output); });
        rows.number(16, at.count(true) + at.count(false));
        rows.number(18, at.multiply_accumulates);
        rows.number(16, 4 * at.output.size());
        text.append("\n");
        trainable += at.count(true);
        fixed += at.count(false);
        multiply_accumulates += at.multiply_accumulates;
        pointwise += at.pointwise_operations;
    }
    rule_off('=');
    rows.line("Total params: ", trainable + fixed);
    rows.line("Trainable params: ", trainable);
    rows.line("Non-trainable params: ", fixed);
    rows.line("Multiply-accumulates: ", multiply_accumulates);
    rows.line("Floating-point operations: ", 2 * multiply_accumulates + pointwise);
    rows.line("Weights: ", 4 * (trainable + fixed), " bytes");
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
/// multiply-accumulates and bytes of its output in single precision; then the totals. A constant expression;
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
