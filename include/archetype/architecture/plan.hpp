// SPDX-License-Identifier: BSL-1.0
/// @file plan.hpp
/// Layers become steps, results become values, values get places in memory: all constants. A step is one loop
/// nest with what is fused into it; a value is the result of a step, laid out with the halo that its reader
/// wants.
#pragma once
#include <archetype/architecture/check.hpp>

namespace archetype {

/// No step, node or value.
inline constexpr std::size_t none = static_cast<std::size_t>(-1);

/// Elements that start of a value are rounded to.
inline constexpr std::size_t arena_alignment = 16;

/// One loop nest. Indices `nodes` are positions among the layers, `last` ones are exclusive.
struct step {
    std::size_t anchor = none;      ///< the layer that shapes the loops
    std::size_t batch_norm = none;  ///< folded into the anchor (inference)
    std::size_t activation_first = none,
                activation_last = none;  ///< pointwise layers applied to the anchor's result
    std::size_t pool = none;             ///< pooling of the result, row by row (inference)
    std::size_t pool_activation_first = none, pool_activation_last = none;
    std::size_t from = 0, to = 0;  ///< values
    bool copies = false;           ///< only rearranges: an alias before a halo
    std::uint64_t scratch = 0;     ///< elements needed while it runs
    std::uint64_t scratch_offset = 0;
};

/// The result of a step (value 0: the network's input).
struct value {
    shape extents{};
    std::size_t top = 0, left = 0, bottom = 0, right = 0;  ///< halo
    std::size_t written = 0, read = 0;                     ///< first and last step that touches its memory
    bool in_place = false;                                 ///< shares the memory of the value its step reads
    std::size_t storage = none;  ///< the value whose memory it uses; itself unless in place
    std::uint64_t size = 0;      ///< elements for one sample, halo included
    std::uint64_t offset = 0;    ///< in an arena for one sample
    constexpr bool has_halo() const { return top + left + bottom + right != 0; }
};

/// What the steps are for.
enum class purpose {
    inference,  ///< fold, pool on the fly, work in place, reuse memory
    training,   ///< keep what the backward pass reads
};

/// Steps and values of a network with `Layers` layers.
template <std::size_t Layers>
struct network_plan {
    std::array<step, 2 * Layers + 1> steps{};
    std::array<value, 2 * Layers + 2> values{};
    std::size_t step_count = 0, value_count = 1;
    /// The input is copied: it needs a halo, its reader overruns, or the backward pass reads it.
    bool input_in_arena = false;
    std::uint64_t arena_elements = 0;  ///< for one sample
    /// The largest set of values that is alive at once: no arena is smaller.
    std::uint64_t live_elements = 0;
    std::array<std::uint64_t, 2 * Layers + 2> live_at{};  ///< the same at each step
};

namespace detail {

constexpr std::uint64_t round_up(std::uint64_t size, std::uint64_t to) { return (size + to - 1) / to * to; }

/// Cells after the end of the input that a window axis reads.
constexpr std::size_t overhang(const window_axis& axis, std::size_t outputs) {
    const std::size_t end = (outputs - 1) * axis.stride + axis.reach();
    return end > axis.before + axis.input ? end - axis.before - axis.input : 0;
}

constexpr bool pools_on_the_fly(const node& pool) {
    const window_axis &rows = pool.window.rows, &columns = pool.window.columns;
    return pool.has_window && rows.stride >= rows.kernel && rows.dilation == 1 &&
           rows.before + rows.after == 0 && columns.before + columns.after == 0 && columns.dilation == 1 &&
           rows.output * rows.stride <= rows.input + rows.stride - rows.kernel;
}

/// Gives places to `count` pieces of memory, the largest first, each the lowest that is free while it is
/// alive (Pisarchyk, Lee 2020, "greedy by size").
template <class Pieces>
constexpr std::uint64_t place(Pieces& pieces, std::size_t count) {
    std::array<std::size_t, std::tuple_size_v<Pieces>> order{}, placed{};
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t at = i;
        for (; at > 0 && pieces[order[at - 1]].size < pieces[i].size; --at) order[at] = order[at - 1];
        order[at] = i;
    }
    std::uint64_t end = 0;
    for (std::size_t n = 0; n < count; ++n) {
        auto& piece = pieces[order[n]];
        std::uint64_t offset = 0;
        for (std::size_t k = 0; k < n; ++k) {  // `placed` is sorted by offset
            const auto& other = pieces[placed[k]];
            if (other.last < piece.first || piece.last < other.first) continue;
            if (other.offset >= offset + piece.size) break;
            if (other.offset + other.size > offset) offset = other.offset + other.size;
        }
        piece.offset = offset;
        if (offset + piece.size > end) end = offset + piece.size;
        std::size_t at = n;
        for (; at > 0 && pieces[placed[at - 1]].offset > offset; --at) placed[at] = placed[at - 1];
        placed[at] = order[n];
    }
    return end;
}

/// A piece of memory that is alive from step `first` to step `last`.
struct piece {
    std::uint64_t size = 0;
    std::size_t first = 0, last = 0;
    std::uint64_t offset = 0;
};

template <class Facts, std::size_t Layers>
struct planner {
    const Facts& facts;
    purpose goal;
    const std::array<bool, Layers + 1>&
        fusable;  ///< training: pointwise layers whose derivative follows from their result
    network_plan<Layers> plan{};

    constexpr const node& at(std::size_t index) const { return facts.nodes[index]; }
    constexpr bool is(std::size_t index, layer_role role) const {
        return index < Layers && at(index).role == role;
    }

    /// Takes the pointwise layers from `next` on into a step.
    constexpr void take_activations(std::size_t& next, std::size_t& first, std::size_t& last) {
        first = next;
        if (goal == purpose::inference)
            while (is(next, layer_role::pointwise)) ++next;
        else if (is(next, layer_role::pointwise) && fusable[next])
            ++next;
        last = next;
    }

    constexpr void lower() {
        plan.values[0].extents = facts.input;
        plan.values[0].storage = 0;
        std::size_t current = 0;
        bool reshaped = false;
        for (std::size_t next = 0; next < Layers;) {
            const node& anchor = at(next);
            if (anchor.role == layer_role::alias &&
                (goal == purpose::inference || anchor.kind != "dropout")) {
                reshaped = reshaped || anchor.kind != "dropout";
                ++next;
                continue;
            }
            const bool wants_halo =
                anchor.role == layer_role::contraction && anchor.has_window &&
                (anchor.window.rows.before + overhang(anchor.window.rows, anchor.window.rows.output) +
                     anchor.window.columns.before +
                     overhang(anchor.window.columns, anchor.window.columns.output) !=
                 0);
            if (reshaped && wants_halo) {
                step copy;
                copy.anchor = next;
                copy.copies = true;
                current = add_step(copy, current, anchor.input, false);
            }
            reshaped = false;
            if (wants_halo) {
                value& source = plan.values[current];
                source.top = anchor.window.rows.before;
                source.left = anchor.window.columns.before;
                source.bottom = overhang(anchor.window.rows, anchor.window.rows.output);
                source.right = overhang(anchor.window.columns, anchor.window.columns.output);
            }
            step now;
            now.anchor = next++;
            shape result = anchor.output;
            bool in_place = false;
            if (anchor.role == layer_role::contraction) {
                if (goal == purpose::inference && is(next, layer_role::normalization))
                    now.batch_norm = next++;
                take_activations(next, now.activation_first, now.activation_last);
                if (goal == purpose::inference && anchor.has_window && !anchor.is_transposed &&
                    is(next, layer_role::pooling) && pools_on_the_fly(at(next))) {
                    now.pool = next++;
                    result = at(now.pool).output;
                    now.scratch = round_up(
                        at(now.pool).window.rows.kernel * anchor.output.width() * anchor.output.channels(),
                        arena_alignment);
                    take_activations(next, now.pool_activation_first, now.pool_activation_last);
                }
            } else if (anchor.role == layer_role::pooling) {
                if (goal == purpose::inference)
                    take_activations(next, now.activation_first, now.activation_last);
            } else if (anchor.role == layer_role::normalization) {
                take_activations(next, now.activation_first, now.activation_last);
                in_place = goal == purpose::inference;
            } else if (anchor.role == layer_role::pointwise) {
                --next;
                if (goal == purpose::inference) {
                    take_activations(next, now.activation_first, now.activation_last);
                } else {
                    now.activation_first = next++;
                    now.activation_last = next;
                }
                in_place = goal == purpose::inference;
            } else if (anchor.role == layer_role::rows) {
                in_place = goal == purpose::inference;
            }
            current = add_step(now, current, result, in_place);
        }
    }

    constexpr std::size_t add_step(step now, std::size_t from, const shape& result, bool in_place) {
        const std::size_t index = plan.step_count++, to = plan.value_count++;
        now.from = from;
        now.to = to;
        plan.steps[index] = now;
        value& made = plan.values[to];
        made.extents = result;
        made.in_place = in_place && from != 0;
        made.storage = made.in_place ? plan.values[from].storage : to;
        made.written = made.read = index;
        plan.values[from].read = index;
        return to;
    }

    /// Sizes, halos of shared memory, lifetimes and places.
    constexpr void allocate() {
        const std::size_t values = plan.value_count;
        plan.values[values - 1].read = plan.step_count;  // the result stays
        for (std::size_t v = values; v-- > 1;) {
            value& made = plan.values[v];
            if (!made.in_place) continue;
            value& source = plan.values[v - 1];  // in place: same layout
            source.top = made.top, source.left = made.left, source.bottom = made.bottom,
            source.right = made.right;
        }
        // The backward pass reads the input again, so training always keeps it.
        plan.input_in_arena = goal == purpose::training || plan.values[0].has_halo() ||
                              plan.step_count == 0 || plan.steps[0].copies ||
                              at(plan.steps[0].anchor).role != layer_role::contraction;
        std::array<piece, 4 * Layers + 4> pieces{};
        std::array<std::size_t, 4 * Layers + 4> owner{};
        std::size_t count = 0;
        for (std::size_t v = plan.input_in_arena ? 0 : 1; v < values; ++v) {
            value& made = plan.values[v];
            made.size = made.has_halo()
                            ? std::uint64_t{made.extents.height() + made.top + made.bottom} *
                                  (made.extents.width() + made.left + made.right) * made.extents.channels()
                            : made.extents.size();
            if (made.storage != v) continue;
            std::size_t last = made.read;
            for (std::size_t w = v + 1; w < values && plan.values[w].storage == v; ++w)
                last = plan.values[w].read;
            pieces[count] = {round_up(made.size, arena_alignment), made.written,
                             goal == purpose::training ? plan.step_count : last};
            owner[count++] = v;
        }
        const std::size_t stored = count;
        for (std::size_t s = 0; s < plan.step_count; ++s) {
            if (plan.steps[s].scratch == 0) continue;
            pieces[count] = {plan.steps[s].scratch, s, s};
            owner[count++] = s;
        }
        plan.arena_elements = place(pieces, count);
        for (std::size_t i = 0; i < count; ++i)
            (i < stored ? plan.values[owner[i]].offset : plan.steps[owner[i]].scratch_offset) =
                pieces[i].offset;
        for (std::size_t v = 0; v < values; ++v)
            if (plan.values[v].in_place) plan.values[v].offset = plan.values[plan.values[v].storage].offset;
        for (std::size_t s = 0; s <= plan.step_count; ++s) {
            std::uint64_t alive = 0;
            for (std::size_t i = 0; i < count; ++i)
                if (pieces[i].first <= s && s <= pieces[i].last) alive += pieces[i].size;
            plan.live_at[s] = alive;
            if (alive > plan.live_elements) plan.live_elements = alive;
        }
    }
};

template <class Net, purpose Goal>
constexpr auto make_plan(const std::array<bool, unchecked_facts<Net>.size() + 1>& fusable = {}) {
    constexpr std::size_t layers = unchecked_facts<Net>.size();
    planner<decltype(gather_facts<Net>()), layers> planner{unchecked_facts<Net>, Goal, fusable};
    planner.lower();
    planner.allocate();
    return planner.plan;
}

template <class Net>
inline constexpr auto inference_plan = make_plan<Net, purpose::inference>();

}  // namespace detail

/// Peak memory of activations at inference, for one sample in single precision: what `inference<Net>` holds
/// besides its weights. Of a named part: what is alive at once while its steps run (0 if it has none of its own, such as
/// an activation that is fused into the layer before it).
template <class Net, name Part = "">
inline constexpr auto arena_bytes =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>([](const auto& facts,
                                                                                    const scope& part) {
        constexpr const auto& plan = detail::inference_plan<Net>;
        std::uint64_t most = 0;
        for (std::size_t s = 0; s < plan.step_count; ++s)
            if (plan.steps[s].anchor >= part.first && plan.steps[s].anchor < part.last &&
                plan.live_at[s] > most)
                most = plan.live_at[s];
        return 4 * (part.last - part.first == facts.size() ? plan.arena_elements : most);
    });

/// The largest set of values that is alive at once, in bytes: no arena can be smaller.
template <class Net>
inline constexpr auto arena_lower_bound_bytes =
    detail::constant<Net, "", typename detail::report<Net>::type::shown>([](const auto&, const scope&) {
        return 4 * detail::inference_plan<Net>.live_elements;
    });

}  // namespace archetype
