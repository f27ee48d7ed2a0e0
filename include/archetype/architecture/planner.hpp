// SPDX-License-Identifier: BSL-1.0
/// @file planner.hpp
/// What makes the plan of a network: its steps and its values.
#pragma once
#include <archetype/architecture/memory_planner.hpp>
#include <archetype/architecture/stream_facts.hpp>
#include <archetype/architecture/winograd_cost.hpp>

namespace archetype {

namespace detail {

/// Cells after the end of the input that a window axis reads.
constexpr std::size_t overhang(const window_axis& axis, std::size_t outputs) {
    const std::size_t end = (outputs - 1) * axis.stride + axis.reach();
    return end > axis.before + axis.input ? end - axis.before - axis.input : 0;
}

/// Row by row, a pooling of an image keeps what it reads out of memory. A sequence is one row: nothing would be kept out, and
/// streams run convolution and pooling at their own rates.
constexpr bool pools_on_the_fly(const node& pool) {
    const window_axis &rows = pool.window.rows, &columns = pool.window.columns;
    return pool.has_window && pool.output.rank == 3 && rows.stride >= rows.kernel && rows.dilation == 1 &&
           rows.before + rows.after == 0 && columns.before + columns.after == 0 && columns.dilation == 1 &&
           rows.output * rows.stride <= rows.input + rows.stride - rows.kernel;
}

/// The halo that a layer wants around its input.
constexpr margins wanted_halo(const node& at) {
    if (at.role != layer_role::contraction || !at.has_window) return {};
    const window_axis &rows = at.window.rows, &columns = at.window.columns;
    return {rows.before, columns.before, overhang(rows, rows.output), overhang(columns, columns.output)};
}

/// Room for what the planner may make of a network: the compiler pays for every element of an array.
template <class Facts>
constexpr plan_room room_of(const Facts& facts) {
    plan_room room;
    room.outputs = Facts::outputs_size();
    room.steps = room.outputs;
    // Whether a layer may want a halo around a value that has to lie without gaps.
    bool reshapes_images = false, slices = false;
    for (const node& at : facts.nodes) {
        slices = slices || at.role == layer_role::rearrangement || at.axis != 2;
        if (!keeps_memory(at) || at.output == at.input) continue;
        ++room.steps;
        const std::size_t source = facts.source(at, 0);
        const layer_role before = source == none ? layer_role::source : facts.nodes[source].role;
        if (at.output.rank > 1 || before == layer_role::alias || before == layer_role::join ||
            before == layer_role::rearrangement)
            reshapes_images = true;
    }
    for (const node& at : facts.nodes) {
        if (at.role == layer_role::source) {
            ++room.inputs;
            ++room.values;
        } else if (at.joins == join_kind::concatenation) {
            room.steps += at.edge_count;
            ++room.values;
        } else {
            room.steps += (reshapes_images || slices) && wanted_halo(at).has_halo() ? 2 : 1;
            if (at.role == layer_role::join) room.operands += at.edge_count;
        }
    }
    room.values += room.steps;
    return room;
}

template <class Facts, plan_room Room>
struct planner {
    static constexpr std::size_t layers = Facts::size();
    using plan_type = network_plan<Room>;

    const Facts& facts;
    purpose goal;
    /// Training: for each layer whether it is pointwise and its derivative follows from its result.
    const bool* fusable;
    plan_type& plan;

    // By layer: how many read its result, the last that does, the value that holds it.
    std::size_t reads[layers + 1]{}, reader[layers + 1]{}, made[layers + 1]{};
    bool taken[layers + 1]{};
    std::size_t reads_of_input = 0;
    bool any_is_idle = false;
    // By value: steps that read it; whether it may be overwritten once its reader has it; whether it lies without gaps,
    // because somebody sees it with another shape: nobody may give it a halo or make it a part of something.
    std::size_t step_reads[Room.values]{};
    bool shared[Room.values]{}, gapless[Room.values]{};

    constexpr const node& at(std::size_t index) const { return facts.nodes[index]; }
    /// It is passed over: at inference who reads a dropout reads what comes before it.
    constexpr bool is_idle(std::size_t n) const {
        return any_is_idle && at(n).acts_in_training_only && at(n).role == layer_role::alias;
    }
    constexpr std::size_t behind(std::size_t source) const {
        if (!any_is_idle) return source;
        while (source != none && is_idle(source)) source = facts.source(at(source), 0);
        return source;
    }
    constexpr std::size_t source_of(const node& reader_of_it, std::size_t edge) const {
        return behind(facts.source(reader_of_it, edge));
    }
    constexpr std::size_t output_of(std::size_t k) const { return behind(facts.outputs[k].node); }
    constexpr std::size_t value_of(std::size_t source) const { return source == none ? 0 : made[source]; }
    constexpr std::size_t reads_of(std::size_t source) const {
        return source == none ? reads_of_input : reads[source];
    }
    constexpr bool is_alias(std::size_t n) const {
        return keeps_memory(at(n)) && (goal != purpose::training || !at(n).acts_in_training_only);
    }
    /// The value that a value is a view of or lies in, or itself.
    constexpr std::size_t around(std::size_t v) const {
        const value& inner = plan.values[v];
        return inner.is_part() ? inner.whole : inner.is_view() ? inner.view_of : v;
    }
    /// The largest value that a value lies in.
    constexpr std::size_t outermost(std::size_t v) const {
        for (;;) {
            const std::size_t outer = around(v);
            if (outer == v) return v;
            v = outer;
        }
    }
    /// Beside the value lie other cells of a value that it lies in, where a halo would be.
    constexpr bool has_neighbours(std::size_t v) const {
        for (std::size_t outer = around(v); outer != v; v = outer, outer = around(v))
            if (plan.values[v].extents.height() != plan.values[outer].extents.height() ||
                plan.values[v].extents.width() != plan.values[outer].extents.width())
                return true;
        return false;
    }
    constexpr bool is_gapless(std::size_t v) const { return gapless[outermost(v)]; }
    /// A value or what shares its layout has a halo.
    constexpr bool has_halo(std::size_t v) const {
        for (std::size_t other = 0; other < plan.value_count; ++other)
            if (plan.values[other].has_halo() && outermost(other) == outermost(v)) return true;
        return false;
    }
    /// The only reader of a layer's result, if it has one of this role.
    constexpr bool followed_by(std::size_t index, layer_role role) const {
        return reads[index] == 1 && reader[index] != none && at(reader[index]).role == role;
    }

    // g++ 12 reports loops over ranges in constant expressions as errors of their own where another error stands.
    constexpr void lower() {
        for (std::size_t n = 0; n < facts.node_count; ++n) {
            reader[n] = made[n] = none;
            any_is_idle = any_is_idle || (goal != purpose::training && at(n).acts_in_training_only);
        }
        const auto count_read = [&](std::size_t source, std::size_t by) {
            if (source == none) {
                ++reads_of_input;
                return;
            }
            ++reads[source];
            reader[source] = by;
        };
        for (std::size_t n = 0; n < facts.node_count; ++n) {
            const node& here = at(n);
            if (is_idle(n)) continue;
            for (std::size_t e = 0; e < here.edge_count; ++e) count_read(source_of(here, e), n);
        }
        for (std::size_t k = 0; k < facts.output_count; ++k) count_read(output_of(k), none);
        plan.values[0].extents = facts.input;
        shared[0] = true;
        for (std::size_t n = 0; n < facts.node_count; ++n) lower(n);
        finish_outputs();
    }
    constexpr void lower(std::size_t n) {
        if (taken[n]) return;
        const node& here = at(n);
        const bool moves = here.role == layer_role::alias || here.role == layer_role::rearrangement;
        if (moves && is_idle(n))
            made[n] = value_of(source_of(here, 0));
        else if (moves && is_alias(n))
            alias(n);
        else if (moves && is_view(n))
            view(n);
        else if (here.role == layer_role::source)
            further_input(n);
        else if (here.joins == join_kind::concatenation)
            concatenation(n);
        else
            anchored(n);
    }
    constexpr void finish_outputs() {
        for (std::size_t k = 0; k < facts.output_count; ++k) {
            std::size_t& v = plan.outputs[k];
            v = value_of(output_of(k));
            const bool whole_network_is_alias = v == 0 && plan.step_count == 0;
            // Parts of a stream's concatenation may come at different times.
            const bool has_parts = goal == purpose::streaming && plan.is_concatenation(v);
            if (!whole_network_is_alias &&
                (shared[v] || step_reads[v] != 0 || plan.values[v].is_part() || has_parts))
                v = copied(v, facts.shape_of(output_of(k)), 0);
            ++step_reads[v];
        }
        for (std::size_t k = 0; k < facts.output_count; ++k)
            plan.values[plan.outputs[k]].read = plan.step_count;  // they stay
    }

    constexpr void alias(std::size_t n) {
        const std::size_t source = source_of(at(n), 0);
        std::size_t v = value_of(source);
        const bool has_other_readers = reads_of(source) > 1;
        // The last of a chain decides.
        const bool only_reader_is_known = reads[n] == 1 && reader[n] != none;
        const bool decides = !only_reader_is_known || !is_alias(reader[n]);
        if (at(n).output == plan.values[v].extents || !decides) {
            if (has_other_readers) shared[v] = true;
        } else {
            // Others may want a halo, which another shape cannot have.
            if (has_other_readers || plan.values[v].is_part() || plan.values[v].is_view() || has_halo(v))
                v = copied(v, plan.values[v].extents, n);
            gapless[outermost(v)] = true;
            // Terms of a gradient are added in one shape: with several readers, or a join, there is a value of that shape.
            if (goal == purpose::training &&
                (only_reader_is_known ? at(reader[n]).role == layer_role::join : reads[n] > 1))
                v = copied(v, at(n).output, n);
        }
        made[n] = v;
    }

    /// A slice of neighbours, read where they lie. In training it is a step, whose backward pass is one.
    constexpr bool is_view(std::size_t n) const {
        return goal != purpose::training && at(n).role == layer_role::rearrangement &&
               takes_neighbours(at(n)) && plan.values[value_of(source_of(at(n), 0))].extents == at(n).input;
    }
    constexpr void view(std::size_t n) {
        const std::size_t source = value_of(source_of(at(n), 0)), v = plan.value_count++;
        const axis_moves& moves = at(n).moves;
        value& made_value = plan.values[v];
        made_value.extents = at(n).output;
        made_value.view_of = source;
        made_value.first_row = static_cast<std::size_t>(moves.first[0]);
        made_value.first_column = static_cast<std::size_t>(moves.first[1]);
        made_value.first_channel = static_cast<std::size_t>(moves.first[2]);
        made_value.written = made_value.read = plan.values[source].written;
        shared[v] = shared[source] = true;
        made[n] = v;
    }

    constexpr void further_input(std::size_t n) {
        const std::size_t v = plan.value_count++;
        plan.values[v].extents = at(n).output;
        shared[v] = true;
        made[n] = v;
        plan.inputs[plan.input_count++] = v;
    }

    /// Its parts are written where they belong, unless they stand elsewhere already.
    constexpr void concatenation(std::size_t n) {
        std::size_t parts[Facts::edge_room() + 1]{};
        bool part_is_shared = false;
        std::size_t first[3]{}, written = 0;
        for (std::size_t e = 0; e < at(n).edge_count; ++e) {
            const std::size_t source = source_of(at(n), e);
            std::size_t v = value_of(source);
            if (plan.is_input(v) || plan.values[v].is_part() || plan.values[v].is_view() || is_gapless(v) ||
                (at(n).axis != 2 && has_halo(v)))
                v = copied(v, facts.shape_of(source), n);
            else
                part_is_shared = part_is_shared || shared[v] || reads[source] > 1;
            value& part = plan.values[v];
            part.whole = 0;  // which one follows; the next part may be the same value
            part.first_row = first[0], part.first_column = first[1], part.first_channel = first[2];
            first[at(n).axis] += image_extents(facts.shape_of(source)).of[at(n).axis];
            written = part.written > written ? part.written : written;
            parts[e] = v;
        }
        const std::size_t whole = plan.value_count++;
        for (std::size_t e = 0; e < at(n).edge_count; ++e) plan.values[parts[e]].whole = whole;
        plan.values[whole].extents = at(n).output;
        plan.values[whole].written = plan.values[whole].read = written;
        shared[whole] = part_is_shared;
        made[n] = whole;
    }

    /// Takes the pointwise layers after `tail` into a step; an activation that is the step's own layer comes first.
    constexpr void take_activations(std::size_t& tail, std::size_t& first, std::size_t& last) {
        if (first == none) first = last = 0;
        while (followed_by(tail, layer_role::pointwise)) {
            const std::size_t next = reader[tail];
            if (goal == purpose::training && (first != last || !fusable[next])) return;
            if (first == last)
                first = next;
            else if (next != last)
                return;
            last = next + 1;
            tail = next;
            taken[next] = true;
        }
    }

    /// Takes a join after `tail` whose other branches are there.
    constexpr bool take_join(std::size_t& tail, step& now) {
        if (!followed_by(tail, layer_role::join)) return false;
        const node& join = at(reader[tail]);
        if (join.joins == join_kind::concatenation ||
            (goal == purpose::training && join.joins != join_kind::sum))
            return false;
        if (at(tail).output != join.output) return false;  // which repeats
        for (std::size_t e = 0; e < join.edge_count; ++e) {
            const std::size_t source = source_of(join, e);
            if (source != tail && source != none && made[source] == none) return false;
            // Its gradient is a sum, which a step of its own makes.
            if (goal == purpose::training && facts.shape_of(source) != join.output) return false;
        }
        now.join = reader[tail];
        add_operands(now, tail);
        tail = now.join;
        taken[tail] = true;
        take_activations(tail, now.join_activation_first, now.join_activation_last);
        return true;
    }
    /// The inputs of the step's join but for one.
    constexpr void add_operands(step& now, std::size_t but) {
        const node& join = at(now.join);
        now.operand_first = plan.operand_count;
        bool skipped = false;
        for (std::size_t e = 0; e < join.edge_count; ++e) {
            const std::size_t source = source_of(join, e);
            if (source == but && !skipped) {
                skipped = true;
                now.join_position = e;
                continue;
            }
            plan.operands[plan.operand_count++] = value_of(source);
        }
        now.operand_count = plan.operand_count - now.operand_first;
    }

    /// The input of a step that shapes its loops: of a join one that does not repeat, if there is one.
    constexpr std::size_t own_source(const node& anchor) const {
        for (std::size_t e = 0; e < anchor.edge_count && anchor.role == layer_role::join; ++e)
            if (const std::size_t source = source_of(anchor, e); facts.shape_of(source) == anchor.output)
                return source;
        return source_of(anchor, 0);
    }
    /// Layer `n` is the last that reads its source, and the others need none of its past rows.
    constexpr bool reads_last(std::size_t n, std::size_t source) const {
        if (reads[source] == 1) return true;
        if (at(n).role != layer_role::join || plan.values[made[source]].is_part()) return false;
        std::size_t before = 0;
        for (std::size_t other = 0; other < n; ++other)
            for (std::size_t e = 0; e < at(other).edge_count; ++e) {
                if (source_of(at(other), e) != source) continue;
                if (at(other).role != layer_role::pooling && at(other).role != layer_role::pointwise &&
                    at(other).role != layer_role::join)
                    return false;
                ++before;
            }
        return before + 1 == reads[source];
    }

    constexpr void anchored(std::size_t n) {
        const node& anchor = at(n);
        const bool inference = goal != purpose::training;
        const layer_role role = anchor.role;
        const std::size_t source = own_source(anchor);
        std::size_t from = value_of(source);
        if (const margins halo = wanted_halo(anchor); halo.has_halo()) {
            if (is_gapless(from) || has_neighbours(from)) from = copied(from, anchor.input, n);
            plan.values[from].widen(halo);
        }
        step now;
        now.anchor = n;
        std::size_t tail = n;
        const bool takes_epilogue = (role == layer_role::contraction || role == layer_role::normalization ||
                                     role == layer_role::pooling || role == layer_role::rearrangement ||
                                     role == layer_role::operand) &&
                                    (inference || !anchor.gradient_reads_result);
        const bool in_place =
            (role == layer_role::normalization || role == layer_role::pointwise || role == layer_role::rows ||
             role == layer_role::join || role == layer_role::operand) &&
            goal == purpose::inference && source != none && reads_last(n, source) && !shared[from] &&
            facts.shape_of(source) == anchor.output;
        if (role == layer_role::pointwise) {
            now.activation_first = n, now.activation_last = n + 1;
            if (inference) take_activations(tail, now.activation_first, now.activation_last);
        }
        if (role == layer_role::contraction && inference && followed_by(tail, layer_role::normalization)) {
            now.batch_norm = tail = reader[tail];
            taken[tail] = true;
        }
        if (role == layer_role::join) {
            now.join = n;
            add_operands(now, source);
            take_activations(tail, now.join_activation_first, now.join_activation_last);
        }
        if (takes_epilogue && inference) take_activations(tail, now.activation_first, now.activation_last);
        const bool joined =
            (takes_epilogue || (inference && role == layer_role::pointwise)) && take_join(tail, now);
        // A pooling's backward pass reads what went in, so that nothing is gained there.
        if (takes_epilogue && !inference && !joined && role != layer_role::pooling)
            take_activations(tail, now.activation_first, now.activation_last);
        if (goal == purpose::inference && role == layer_role::contraction && anchor.has_window &&
            !anchor.is_transposed && !joined && (anchor.winograd == 0 || !has_wide_vectors) &&
            followed_by(tail, layer_role::pooling) && pools_on_the_fly(at(reader[tail]))) {
            now.pool = tail = reader[tail];
            taken[tail] = true;
            if (has_wide_vectors)
                now.scratch = round_up(
                    at(now.pool).window.rows.kernel * anchor.output.width() * anchor.output.channels(),
                    arena_alignment);
            take_activations(tail, now.pool_activation_first, now.pool_activation_last);
        }
        now.scratch += round_up(anchor.scratch_elements, arena_alignment);
        if (inference && anchor.winograd != 0 && has_wide_vectors)
            now.scratch += round_up(winograd_scratch(anchor), arena_alignment);
        made[tail] =
            add_step(now, from, at(tail).output, in_place && (!is_gapless(from) || !may_want_gaps(tail)));
    }

    /// Somebody may want a layout for layer `n` that another shape cannot have.
    constexpr bool may_want_gaps(std::size_t n) const {
        if (at(n).output.rank == 1 || reads[n] == 0) return false;
        if (reads[n] > 1) return true;
        if (reader[n] == none) return false;
        const node& by = at(reader[n]);
        return wanted_halo(by).has_halo() || by.role == layer_role::join || by.role == layer_role::alias;
    }

    constexpr std::size_t copied(std::size_t from, const shape& extents, std::size_t reader_of_it) {
        step copy;
        copy.anchor = reader_of_it;
        copy.copies = true;
        return add_step(copy, from, extents, false);
    }

    constexpr std::size_t add_step(const step& made_step, std::size_t from, const shape& result,
                                   bool in_place) {
        const std::size_t index = plan.step_count++, to = plan.value_count++;
        step& now = plan.steps[index];
        now = made_step;
        now.from = from;
        now.to = to;
        value& made_value = plan.values[to];
        made_value.extents = result;
        made_value.in_place = in_place;
        gapless[to] = in_place && is_gapless(from);
        made_value.written = made_value.read = index;
        const auto read = [&](std::size_t v) {
            plan.values[v].read = index;
            ++step_reads[v];
        };
        read(from);
        for (std::size_t i = 0; i < now.operand_count; ++i) read(plan.operands[now.operand_first + i]);
        return to;
    }
};

// No pointer is compared with null: g++ 12 takes that for no constant expression where it points into a temporary.
/// No layer is fusable, as far as is known.
template <std::size_t Layers>
inline constexpr bool nothing_fusable[Layers + 1]{};

template <class Net, purpose Goal>
constexpr auto make_plan(const bool* fusable = nothing_fusable<unchecked_facts<Net>.size()>) {
    constexpr plan_room room = room_of(unchecked_facts<Net>);
    network_plan<room> plan;
    planner<facts_type<Net>, room> planner{unchecked_facts<Net>, Goal, fusable, plan};
    planner.lower();
    memory_planner<facts_type<Net>, room>{unchecked_facts<Net>, Goal, plan}.allocate();
    return plan;
}

}  // namespace detail
}  // namespace archetype
