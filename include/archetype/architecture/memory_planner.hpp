// SPDX-License-Identifier: BSL-1.0
/// @file memory_planner.hpp
/// Where the values of a plan lie: their layouts, lifetimes and places in one block of memory.
#pragma once
#include <archetype/architecture/arena.hpp>
#include <archetype/architecture/network_plan.hpp>
#include <archetype/architecture/target.hpp>

namespace archetype {

namespace detail {

template <class Facts, plan_room Room>
struct memory_planner {
    const Facts& facts;
    purpose goal;
    network_plan<Room>& plan;

    /// Values that share memory get one layout: the largest halo, the channels of the whole.
    constexpr void lay_out() {
        const std::size_t count = plan.value_count;
        const auto source_of = [&](const value& of) -> value& {
            return plan.values[plan.steps[of.written].from];
        };
        bool has_views = false, has_parts = false, has_guests = false;
        for (std::size_t v = count; v-- > 0;) {
            value& of = plan.values[v];
            of.pixel_channels = of.extents.channels();
            of.storage = v;
            has_parts = has_parts || of.is_part();
            if (of.view_of != none) {
                has_views = true;
                plan.values[of.view_of].widen(of);
            }
            if (!of.in_place) continue;
            has_guests = true;
            value& source = source_of(of);
            source.whole = of.whole;
            source.first_row = of.first_row, source.first_column = of.first_column;
            source.first_channel = of.first_channel;
            source.widen(of);
        }
        for (std::size_t v = 0; v < count && has_parts; ++v)
            if (plan.values[v].is_part()) plan.values[plan.values[v].whole].widen(plan.values[v]);
        const auto take_layout = [&](value& to, const value& as) {
            to.widen(as);
            to.storage = as.storage;
            to.pixel_channels = as.pixel_channels;
        };
        // Of a part or a slice: rows and columns around it are like a halo, but for what they hold.
        const auto take_place = [&](value& to, const value& around) {
            take_layout(to, around);
            const shape &inner = to.extents, &outer = around.extents;
            to.top = around.top + to.first_row;
            to.left = around.left + to.first_column;
            to.bottom = around.bottom + outer.height() - to.first_row - inner.height();
            to.right = around.right + outer.width() - to.first_column - inner.width();
            to.first_channel += around.first_channel;
        };
        for (std::size_t v = has_parts ? count : 0; v-- > 0;) {
            value& of = plan.values[v];
            if (of.is_part()) take_place(of, plan.values[of.whole]);
        }
        for (std::size_t v = 0; v < count && (has_views || has_guests); ++v) {
            value& of = plan.values[v];
            if (of.is_view()) take_place(of, plan.values[of.view_of]);
            if (!of.in_place) continue;
            // What works in place may see another shape, which no part of a concatenation has.
            const std::size_t own_channels = of.pixel_channels;
            take_layout(of, source_of(of));
            if (of.pixel_channels == source_of(of).extents.channels()) of.pixel_channels = own_channels;
            of.first_channel = source_of(of).first_channel;
        }
    }

    /// Sizes, lifetimes and places.
    constexpr void allocate() {
        lay_out();
        const std::size_t values = plan.value_count;
        // The backward pass reads the input again, so training always keeps it.
        plan.input_in_arena = goal == purpose::training || plan.values[0].has_halo() || plan.step_count == 0;
        for (std::size_t v = 0; v < values && !plan.input_in_arena; ++v)
            if (plan.values[v].storage == 0 && plan.values[v].is_view()) plan.input_in_arena = true;
        for (std::size_t s = 0; s < plan.step_count && !plan.input_in_arena; ++s) {
            const step& now = plan.steps[s];
            if (now.from == 0 && (now.copies || facts.nodes[now.anchor].role != layer_role::contraction))
                plan.input_in_arena = true;
            for (std::size_t i = 0; i < now.operand_count; ++i)
                if (plan.operands[now.operand_first + i] == 0) plan.input_in_arena = true;
        }
        piece pieces[Room.values + Room.steps]{};
        std::size_t owner[Room.values + Room.steps]{};
        std::size_t piece_of[Room.values]{};
        std::size_t count = 0;
        for (std::size_t v = plan.input_in_arena ? 0 : 1; v < values; ++v) {
            value& made_value = plan.values[v];
            if (made_value.storage != v) continue;
            made_value.size =
                std::uint64_t{made_value.extents.height() + made_value.top + made_value.bottom} *
                (made_value.extents.width() + made_value.left + made_value.right) *
                made_value.extents.channels();
            piece_of[v] = count;
            pieces[count] = {round_up(made_value.size, arena_alignment),
                             plan.is_input(v) ? 0 : made_value.written,
                             goal == purpose::training ? plan.step_count : made_value.read};
            owner[count++] = v;
        }
        for (std::size_t v = 0; v < values; ++v) {
            value& made_value = plan.values[v];
            if (made_value.storage == v) continue;
            made_value.size = plan.values[made_value.storage].size;
            piece& own = pieces[piece_of[made_value.storage]];
            if (made_value.written < own.first) own.first = made_value.written;
            if (made_value.read > own.last) own.last = made_value.read;
        }
        const std::size_t stored = count;
        for (std::size_t s = 0; s < plan.step_count; ++s) {
            if (plan.steps[s].scratch == 0) continue;
            pieces[count] = {plan.steps[s].scratch, s, s};
            owner[count++] = s;
        }
        for (std::size_t i = 0; i < stored; ++i) plan.values[owner[i]].first_written = pieces[i].first;
        // Sizes come in at their first step and go after their last; unsigned sums wrap around and back.
        for (std::size_t i = 0; i < count; ++i) {
            plan.live_at[pieces[i].first] += pieces[i].size;
            if (pieces[i].last < plan.step_count) plan.live_at[pieces[i].last + 1] -= pieces[i].size;
        }
        for (std::size_t s = 0; s <= plan.step_count; ++s) {
            if (s != 0) plan.live_at[s] += plan.live_at[s - 1];
            if (plan.live_at[s] > plan.live_elements) plan.live_elements = plan.live_at[s];
        }
        plan.arena_elements = place(pieces, count, plan.live_elements);
        for (std::size_t i = 0; i < count; ++i)
            (i < stored ? plan.values[owner[i]].offset : plan.steps[owner[i]].scratch_offset) =
                pieces[i].offset;
        for (std::size_t v = 0; v < values; ++v)
            plan.values[v].offset = plan.values[plan.values[v].storage].offset;
    }
};

}  // namespace detail
}  // namespace archetype
