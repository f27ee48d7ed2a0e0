// SPDX-License-Identifier: BSL-1.0
/// @file gradient_plan.hpp
/// How the gradients of a training plan's values lie, who writes them and what is added on the way: constants.
///
/// A value that several steps read has a gradient of several terms. A step that has to compute its term writes it to a
/// slot of its own and adds the terms that are there; a sum or a concatenation computes nothing, its term is (a part of)
/// the gradient of its result where that lies. Whoever comes last multiplies with the derivative of the activation that
/// the value ends with.
#pragma once
#include <archetype/execution/steps/steps.hpp>
#include <archetype/kernels/images/convolution_geometry.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The geometry of a contraction: a dense layer is a convolution with a 1 x 1 window.
constexpr kernels::conv2d_geometry geometry_of(const node& at, const kernels::image& in,
                                               const kernels::image& out) {
    return {in, out, window_of(at), at.groups};
}

/// The zeros that the backward pass of a contraction reads around the gradient of its result.
constexpr kernels::halo gradient_halo(const node& at, const kernels::image& in, const kernels::image& out) {
    if (!at.is_transposed) return kernels::backward_halo(geometry_of(at, in, out));
    const window_axis &rows = at.spread_over.rows, &columns = at.spread_over.columns;
    return {rows.before, columns.before, overhang(rows, rows.output), overhang(columns, columns.output)};
}

/// One term of a gradient: it lies in a slot, or in a part of one.
struct gradient_term {
    std::size_t slot = none;
    kernels::image layout{};
    kernels::halo zeros{};  ///< around it
    double scale = 1;
};

/// The loop that writes a slot: what it adds, and whether it applies the derivative of the value's activation.
struct gradient_write {
    std::size_t slot = none;
    std::size_t first_term = 0, term_count = 0;
    bool derivative = false;
};

template <std::size_t Steps, std::size_t Values, std::size_t Operands, std::size_t Outputs>
struct gradient_plan_of {
    static constexpr std::size_t most_slots = Steps + Operands + Values + Outputs,
                                 most_terms = 2 * (most_slots + Operands);
    std::array<kernels::image, most_slots> layouts{};
    /// Of a slot: its elements for one sample, and when it is alive. Step s has the time steps - s, what comes before it 0.
    std::array<piece, most_slots> pieces{};
    std::size_t slot_count = 0, term_count = 0;
    std::array<gradient_term, most_terms> terms{};

    std::array<gradient_write, Steps> from{};  ///< by step: of the value it reads
    std::array<gradient_write, Operands>
        operands{};                             ///< of the values that a step joins, where they are computed
    std::array<gradient_write, Values> sums{};  ///< of values whose terms nobody else adds up
    std::array<gradient_term, Values> final{};  ///< the whole gradient of each value
    std::array<gradient_term, Outputs> losses{};  ///< where losses write theirs
};

/// Elements of a layer's parameters that are trained; shared ones stand in the layer that has them.
template <class Net>
constexpr std::uint64_t trained_elements(const node& at) {
    return (at.shares == none ? at : unchecked_facts<Net>.nodes[at.shares]).count(true);
}

/// For each value of the training plan, whether it depends on a parameter that is trained: whether training needs its
/// gradient.
template <class Net>
constexpr auto find_needed_gradients() {
    constexpr const auto& plan = training_plan<Net>;
    std::array<bool, std::size(training_plan<Net>.values)> needs{};
    for (std::size_t s = 0; s < plan.step_count; ++s) {
        const step& now = plan.steps[s];
        const node& at = unchecked_facts<Net>.nodes[now.anchor];
        bool needed = needs[now.from] || (!now.copies && trained_elements<Net>(at) != 0);
        for (std::size_t i = 0; i < now.operand_count; ++i)
            needed = needed || needs[plan.operands[now.operand_first + i]];
        for (std::size_t v = now.to; needed && v != none; v = plan.values[v].whole) needs[v] = true;
    }
    return needs;
}
template <class Net>
inline constexpr auto needs_gradient = find_needed_gradients<Net>();

/// The pointwise layer that a value ends with, whose derivative the gradient is multiplied with; `none` if there is none.
template <class Net>
constexpr std::size_t last_activation(std::size_t v) {
    const auto& plan = training_plan<Net>;
    const step& maker = plan.steps[plan.values[v].written];
    if (plan.step_count == 0 || maker.to != v || maker.copies ||
        unchecked_facts<Net>.nodes[maker.anchor].role == layer_role::pointwise)
        return none;
    if (maker.join != none)
        return maker.join_activation_first != maker.join_activation_last ? maker.join_activation_first : none;
    return maker.activation_first != maker.activation_last ? maker.activation_first : none;
}

/// A join that is a step of its own.
constexpr bool is_join(const step& now) { return !now.copies && now.join == now.anchor; }
/// What the gradient of a join's result is multiplied with for its input `edge`; 0 if that depends on the inputs.
constexpr double linear_share(const node& join, std::size_t edge) {
    switch (join.joins) {
        case join_kind::sum:
            return 1;
        case join_kind::difference:
            return edge == 0 ? 1 : -1;
        case join_kind::mean:
            return 1.0 / static_cast<double>(join.edge_count);
        default:
            return 0;
    }
}

template <class Net>
struct gradient_planner {
    static constexpr const auto& plan = training_plan<Net>;
    static constexpr const auto& facts = unchecked_facts<Net>;
    static constexpr std::size_t steps = plan.step_count, values = plan.value_count;
    using made_type = gradient_plan_of<steps, values, plan.operand_count, std::size(plan.outputs)>;

    struct waiting_term {
        gradient_term term{};
        gradient_write* writer = nullptr;  ///< which added all terms before it
        std::size_t next = none;
    };

    made_type made{};
    std::array<waiting_term, made_type::most_terms> waiting{};
    std::size_t waiting_count = 0;
    std::array<std::size_t, values> first{};
    std::array<kernels::halo, values> wanted{};

    constexpr std::size_t time_of(std::size_t s) const { return steps - s; }

    constexpr gradient_term new_slot(const shape& extents, const kernels::halo& zeros, std::size_t time) {
        value padded;
        padded.top = zeros.top, padded.left = zeros.left, padded.bottom = zeros.bottom,
        padded.right = zeros.right;
        const std::size_t slot = made.slot_count++;
        made.layouts[slot] = image_of(padded, extents);
        made.pieces[slot] = {round_up(made.layouts[slot].sample_stride, arena_alignment), time, time};
        return {slot, made.layouts[slot], zeros};
    }
    constexpr void read(const gradient_term& term, std::size_t time) {
        if (made.pieces[term.slot].last < time) made.pieces[term.slot].last = time;
    }
    constexpr void add_term(std::size_t v, const gradient_term& term, gradient_write* writer = nullptr) {
        waiting[waiting_count] = {term, writer, first[v]};
        first[v] = waiting_count++;
    }
    /// `write` adds the terms that wait for value `v`.
    constexpr void take_terms(gradient_write& write, std::size_t v, std::size_t time) {
        write.first_term = made.term_count;
        for (std::size_t i = first[v]; i != none; i = waiting[i].next) {
            read(waiting[i].term, time);
            made.terms[made.term_count++] = waiting[i].term;
        }
        write.term_count = made.term_count - write.first_term;
        first[v] = none;
    }
    /// A loop at `time` computes a term of value `v`.
    /// @param reshaped     the loop sees the value with another shape: it cannot add terms that others wrote
    /// @param loss_writes  in place of a softmax that is an output a loss may, before anything else
    constexpr void computed_term(gradient_write& write, std::size_t v, bool reshaped, bool loss_writes,
                                 std::size_t time) {
        if (!reshaped) take_terms(write, v, time);
        const gradient_term term =
            new_slot(plan.values[v].extents, reshaped || loss_writes ? kernels::halo{} : wanted[v],
                     loss_writes ? 0 : time);
        read(term, time);
        write.slot = term.slot;
        add_term(v, term, &write);
    }
    /// All readers of value `v` are done.
    constexpr void finish(std::size_t v, std::size_t time) {
        const bool derivative = last_activation<Net>(v) != none;
        const std::size_t only = first[v];
        if (only != none && waiting[only].next == none) {
            const waiting_term& own = waiting[only];
            const kernels::halo &has = own.term.zeros, &wants = wanted[v];
            if (has.top >= wants.top && has.left >= wants.left && has.bottom >= wants.bottom &&
                has.right >= wants.right && own.term.scale == 1 && (own.writer != nullptr || !derivative) &&
                (!plan.is_input(v) || own.term.layout == image_of(value{}, plan.values[v].extents))) {
                if (own.writer != nullptr) own.writer->derivative = derivative;
                made.final[v] = own.term;
                return;
            }
        }
        gradient_write& write = made.sums[v];
        take_terms(write, v, time);
        made.final[v] = new_slot(plan.values[v].extents, wanted[v], time);
        write.slot = made.final[v].slot;
        write.derivative = derivative;
    }
    constexpr bool is_output(std::size_t v) const {
        for (std::size_t k = 0; k < std::size(plan.outputs); ++k)
            if (plan.outputs[k] == v) return true;
        return false;
    }

    /// Of a concatenation along rows or columns.
    constexpr bool has_neighbours(std::size_t part) const {
        const shape &inner = plan.values[part].extents, &outer = plan.values[plan.values[part].whole].extents;
        return inner.height() != outer.height() || inner.width() != outer.width();
    }
    /// The zeros that the backward passes of the steps want around gradients; a concatenation has its parts'.
    constexpr void find_halos() {
        for (std::size_t s = 0; s < steps; ++s) {
            const step& now = plan.steps[s];
            const node& at = facts.nodes[now.anchor];
            if (at.role == layer_role::contraction && !now.copies)
                wanted[now.to] = gradient_halo(at, image_of(plan.values[now.from], at.input),
                                               image_of(value{}, at.output));
        }
        for (std::size_t v = 0; v < values; ++v) {
            if (!plan.values[v].is_part() || has_neighbours(v)) continue;
            kernels::halo& whole = wanted[plan.values[v].whole];
            const kernels::halo& part = wanted[v];
            whole = {part.top > whole.top ? part.top : whole.top,
                     part.left > whole.left ? part.left : whole.left,
                     part.bottom > whole.bottom ? part.bottom : whole.bottom,
                     part.right > whole.right ? part.right : whole.right};
        }
    }

    constexpr void finish_whole(std::size_t v, std::size_t time) {
        finish(v, time);
        read(made.final[v], time);
        for (std::size_t part = 0; part < values; ++part) {
            if (plan.values[part].whole != v) continue;
            gradient_term term = made.final[v];
            const value& inner = plan.values[part];
            kernels::image& layout = term.layout;
            layout.height = inner.extents.height(), layout.width = inner.extents.width();
            layout.channels = inner.extents.channels();
            layout.offset += inner.first_row * layout.row_stride + inner.first_column * layout.pixel_stride +
                             inner.first_channel - plan.values[v].first_channel;
            if (has_neighbours(part)) term.zeros = {};
            add_term(part, term);
        }
    }

    constexpr void run() {
        for (std::size_t v = 0; v < values; ++v) first[v] = none;
        find_halos();
        for (std::size_t k = 0; k < std::size(plan.outputs); ++k) {
            made.losses[k] = new_slot(plan.values[plan.outputs[k]].extents, {}, 0);
            add_term(plan.outputs[k], made.losses[k]);
        }
        for (std::size_t s = steps; s-- > 0;) {
            const step& now = plan.steps[s];
            const std::size_t time = time_of(s);
            for (std::size_t v = values; v-- > 0;)
                if (plan.values[v].written == s && plan.is_concatenation(v)) finish_whole(v, time);
            finish(now.to, time);
            const gradient_term& result = made.final[now.to];
            read(result, time);
            step_terms(now, s, result, time);
        }
        for (std::size_t i = 0; i < plan.input_count; ++i) {
            finish(plan.inputs[i], steps + 1);
            read(made.final[plan.inputs[i]], steps + 1);  // by the caller
        }
    }

    constexpr void step_terms(const step& now, std::size_t s, const gradient_term& result, std::size_t time) {
        const node& at = facts.nodes[now.anchor];
        const shape &extents = plan.values[now.from].extents,
                    &taken = now.copies ? plan.values[now.to].extents : at.input;
        gradient_term shared = result;
        shared.scale = 1;
        if (is_join(now)) {
            join_term(made.from[s], now, now.from, now.join_position, shared, time);
            for (std::size_t i = 0; i < now.operand_count; ++i)
                join_term(made.operands[now.operand_first + i], now, plan.operands[now.operand_first + i],
                          i < now.join_position ? i : i + 1, shared, time);
            return;
        }
        if (now.copies && extents == taken)
            add_term(now.from, shared);
        else
            computed_term(made.from[s], now.from, extents != taken,
                          at.role == layer_role::rows && is_output(now.to), time);
        for (std::size_t i = now.operand_first; i < now.operand_first + now.operand_count; ++i)
            add_term(plan.operands[i], shared);
    }
    /// Of value `v`, which is input `edge` of a join: a view of the result's gradient where that says all.
    constexpr void join_term(gradient_write& write, const step& now, std::size_t v, std::size_t edge,
                             gradient_term result, std::size_t time) {
        const node& join = facts.nodes[now.join];
        const shape& seen = facts.shape_of(facts.source(join, edge));
        result.scale = linear_share(join, edge);
        if (result.scale != 0 && seen == join.output)
            add_term(v, result);
        else
            computed_term(write, v, plan.values[v].extents != seen, false, time);
    }
};

template <class Net>
constexpr auto make_gradient_plan() {
    gradient_planner<Net> planner;
    planner.run();
    return planner.made;
}

template <class Net>
inline constexpr auto gradient_plan = make_gradient_plan<Net>();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
