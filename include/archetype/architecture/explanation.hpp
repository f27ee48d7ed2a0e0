// SPDX-License-Identifier: BSL-1.0
/// @file explanation.hpp
/// How a network is run, in words: its steps, what was fused into them, and where their values lie.
#pragma once
#include <archetype/architecture/summary.hpp>

namespace archetype {

namespace detail {

template <class Text, class Facts, class Plan>
struct explanation {
    Text& text;
    const Facts& facts;
    const Plan& plan;

    constexpr void layer(std::size_t n) {
        append_path(text, facts, facts.nodes[n].scope);
        if (facts.nodes[n].role == layer_role::join) {
            text.append(" (");
            text.append(facts.nodes[n].kind);
            text.append(")");
        }
    }
    constexpr void layers(text_view before, std::size_t first, std::size_t last) {
        for (std::size_t n = first; n < last; ++n) {
            text.append(before);
            layer(n);
        }
    }
    constexpr void number(std::uint64_t value) { table<Text>::append_grouped(text, value); }
    /// "value 3 (8, 8, 4) at 1,024 to 1,280".
    constexpr void place(std::size_t v) {
        const value& of = plan.values[v];
        if (plan.is_input(v)) {
            text.append("input ");
            for (std::size_t k = 0; k < plan.input_count; ++k)
                if (plan.inputs[k] == v) text.append_number(k);
        } else {
            text.append("value ");
            text.append_number(v);
        }
        text.append(" ");
        table<Text>::append_shape(text, of.extents);
        if (v == 0 && !plan.input_in_arena) {
            text.append(", where the caller has it");
            return;
        }
        text.append(" at ");
        number(of.offset);
        text.append(" to ");
        number(of.offset + of.size);
        if (of.has_halo()) {
            text.append(", with a halo of ");
            const std::size_t cells[] = {of.top, of.left, of.bottom, of.right};
            for (std::size_t side = 0; side < 4; ++side) {
                if (side != 0) text.append(", ");
                text.append_number(cells[side]);
            }
        }
        if (of.in_place) text.append(", in place");
        if (of.is_part() || of.is_view()) {
            // Rows and columns count in what is around the value, channels in the memory of all.
            std::size_t row = 0, column = 0, base = v;
            for (const value* in = &of; in->is_part() || in->is_view(); in = &plan.values[base]) {
                row += in->first_row;
                column += in->first_column;
                base = in->is_part() ? in->whole : in->view_of;
            }
            const shape& all = plan.values[base].extents;
            text_view before = ", ";
            range("rows ", row, of.extents.height(), all.height(), before);
            range("columns ", column, of.extents.width(), all.width(), before);
            range("channels ", of.first_channel, of.extents.channels(), all.channels(), before);
            text.append(before.size() == 2 ? text_view(", all of value ") : text_view(" of value "));
            text.append_number(base);
        }
    }
    constexpr void range(text_view label, std::size_t first, std::size_t count, std::size_t all,
                         text_view& before) {
        if (count == all) return;
        text.append(before);
        text.append(label);
        number(first);
        text.append(" to ");
        number(first + count);
        before = " and ";
    }
    constexpr void line(text_view label, std::size_t v) {
        text.append("\n  ");
        text.append(label);
        place(v);
    }

    constexpr void write_step(std::size_t s) {
        const step& now = plan.steps[s];
        text.append("step ");
        text.append_number(s);
        text.append(": ");
        if (now.copies) {
            text.append("copy for ");
            layer(now.anchor);
        } else {
            layer(now.anchor);
        }
        if (now.batch_norm != none) {
            text.append(" with folded ");
            layer(now.batch_norm);
        }
        // An activation that is a step of its own is its anchor.
        const bool is_own = now.activation_first == now.anchor;
        layers(" + ", now.activation_first + is_own, now.activation_last);
        if (now.join != none) {
            if (now.join != now.anchor) layers(" + ", now.join, now.join + 1);
            layers(" + ", now.join_activation_first, now.join_activation_last);
        }
        if (now.pool != none) {
            text.append(" + ");
            layer(now.pool);
            text.append(" row by row");
            layers(" + ", now.pool_activation_first, now.pool_activation_last);
        }
        line("reads  ", now.from);
        for (std::size_t i = 0; i < now.operand_count; ++i)
            line("and    ", plan.operands[now.operand_first + i]);
        line("writes ", now.to);
        if (now.scratch != 0) {
            text.append("\n  uses   ");
            number(now.scratch);
            text.append(" elements at ");
            number(now.scratch_offset);
            text.append(" while it runs");
        }
        text.append("\n  alive  ");
        number(plan.live_at[s]);
        text.append(" elements\n");
    }
    constexpr void write() {
        for (std::size_t s = 0; s < plan.step_count; ++s) write_step(s);
        for (std::size_t k = 0; k < facts.output_count; ++k) {
            text.append("output ");
            text.append_number(k);
            text.append(": ");
            place(plan.outputs[k]);
            text.append("\n");
        }
        text.append("arena: ");
        number(plan.arena_elements);
        text.append(" elements; alive at once: ");
        number(plan.live_elements);
        text.append("\n");
    }
};

template <class Net>
struct explanation_text {
    template <class Text>
    static constexpr void write(Text& text) {
        explanation<Text, std::remove_cvref_t<decltype(unchecked_facts<Net>)>,
                    std::remove_cvref_t<decltype(inference_plan<Net>)>>{text, unchecked_facts<Net>,
                                                                        inference_plan<Net>}
            .write();
    }
};

}  // namespace detail

/// How `Net` is run at inference, a paragraph for each step: the layer it is made for and what was fused into it, the values it
/// reads and writes with their places in the arena (in elements, for one sample; a halo as top, left, bottom, right), and how
/// much is alive at once. A constant expression; the characters have static storage and end with a zero.
template <class Net>
constexpr text_view explain() {
    using report [[maybe_unused]] = typename detail::report<Net>::type::shown;
    if constexpr (well_formed<Net>)
        return detail::constant_text<detail::explanation_text<Net>>::view;
    else
        return {};
}

}  // namespace archetype
