// SPDX-License-Identifier: BSL-1.0
/// @file training_arena.hpp
/// One block of memory for a whole step of training: values, their gradients, what layers keep and the gradients of
/// parameters share it, each for as long as the pass needs it.
///
/// Times are those of `training_lives`. What no trained parameter changes is read forward only, so that layers below the first
/// trained one keep nothing.
#pragma once
#include <archetype/execution/training/training_steps.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Where everything of a pass over `Batch` samples lies, in elements.
template <std::size_t Steps, std::size_t Values, std::size_t Slots>
struct training_places {
    std::uint64_t values[Values + 1]{}, slots[Slots + 1]{};
    std::uint64_t saved[Steps + 1]{}, gradients[Steps + 1]{}, added[Steps + 1]{};
    std::uint64_t prepared_forward[Steps + 1]{}, workspace_forward[Steps + 1]{};
    std::uint64_t prepared_backward[Steps + 1]{}, workspace_backward[Steps + 1]{};
    bool by_rows[Steps + 1]{};  ///< the gradient of weights is made and used row by row
    bool stays = false;         ///< something lasts from pass to pass
    std::uint64_t losses = 0;
    std::uint64_t elements = 0;
};

/// What a step wants besides values.
struct step_sizes {
    std::uint64_t saved = 0, prepared = 0, workspace = 0;
    bool stays = false;     ///< what it keeps lasts from pass to pass
    std::uint64_t row = 0;  ///< elements of a row of its weights, if their gradient is made row by row
};

/// The first element of a step's trained parameters, and one past the last, in the order of parameters.hpp.
template <class Net>
constexpr kernels::range trained_range(std::size_t s) {
    const std::size_t anchor = training_plan<Net>.steps[s].anchor;
    const node& at = unchecked_facts<Net>.nodes[anchor];
    const auto& offsets = parameters_of<Net>.offsets[anchor];
    kernels::range found{0, 0};
    if (training_plan<Net>.steps[s].copies) return found;
    for (std::size_t i = 0; i < at.parameter_tensors; ++i) {
        if (!at.parameters[i].trainable) continue;
        const std::size_t end = offsets[i] + round_up(at.parameters[i].extents.size(), arena_alignment);
        if (found.last == 0) found.first = offsets[i];
        if (found.last < end) found.last = end;
    }
    return found;
}

template <class Net, std::size_t Batch, bool Keeps>
struct training_arena_planner : training_lives<Net, false> {
    using base = training_lives<Net, false>;
    using base::grads, base::lives, base::loss, base::plan, base::steps, base::values;
    static constexpr std::size_t slots = grads.slot_count;
    using places = training_places<steps, values, slots>;
    static constexpr std::size_t most = values + slots + 7 * steps + 2;

    piece pieces[most]{};
    std::uint64_t* owner[most]{};
    std::size_t count = 0;
    places made{};

    static constexpr std::size_t back(std::size_t s) { return base::backward_time(s); }
    static constexpr bool goes_back(std::size_t s) { return needs_gradient<Net>[plan.steps[s].to]; }

    constexpr void add(std::uint64_t& place, std::uint64_t size, std::size_t first, std::size_t last) {
        if (size == 0) return;
        pieces[count] = {round_up(size, arena_alignment), first, last};
        owner[count++] = &place;
    }

    constexpr void add_values() {
        this->find_lives();
        for (std::size_t v = 0; v < values; ++v)
            if (const value_life& life = lives[v]; plan.values[v].storage == v)
                add(made.values[v], Batch * plan.values[v].size, life.written,
                    life.last > life.forwards ? life.last : life.forwards);
    }

    constexpr void add_slots() {
        bool used[slots + 1]{};
        const auto use = [&](const gradient_write& write, std::size_t v) {
            if (write.slot != none && needs_gradient<Net>[v]) used[write.slot] = true;
        };
        for (std::size_t s = 0; s < steps; ++s) {
            use(grads.from[s], plan.steps[s].from);
            for (std::size_t i = 0; i < plan.steps[s].operand_count; ++i) {
                const std::size_t o = plan.steps[s].operand_first + i;
                use(grads.operands[o], plan.operands[o]);
            }
        }
        for (std::size_t v = 0; v < values; ++v) use(grads.sums[v], v);
        for (const gradient_term& term : grads.losses)
            if (term.slot != none) used[term.slot] = true;
        for (std::size_t slot = 0; slot < slots; ++slot)
            if (used[slot])
                add(made.slots[slot], Batch * grads.pieces[slot].size, loss + grads.pieces[slot].first,
                    loss + grads.pieces[slot].last);
    }

    /// Gradients of parameters are there from the step that writes them first to the one that adds to them last, and for
    /// good if they are kept.
    constexpr void add_gradients(const step_sizes (&sizes)[steps + 1]) {
        for (std::size_t s = 0; s < steps; ++s) {
            const kernels::range own = trained_range<Net>(s);
            if (own.last == 0) continue;
            std::size_t lowest = s, highest = s;
            for (std::size_t other = 0; other < steps; ++other)
                if (trained_range<Net>(other).last == own.last) {
                    lowest = other < lowest ? other : lowest;
                    highest = other > highest ? other : highest;
                }
            if (!Keeps && lowest == highest && sizes[s].row != 0) {  // a row of weights, and the bias
                add(made.gradients[s], 2 * round_up(sizes[s].row, arena_alignment), back(s), back(s));
                made.by_rows[s] = true;
                continue;
            }
            if (lowest == s)
                add(made.gradients[s], own.size(), Keeps ? 0 : back(highest), Keeps ? back(0) : back(lowest));
            if (Keeps || s != highest) add(made.added[s], own.size(), back(s), back(s));
        }
    }

    constexpr void run(const step_sizes (&sizes)[steps + 1], std::uint64_t losses) {
        add(made.losses, losses, loss, loss);
        add_values();
        add_slots();
        add_gradients(sizes);
        for (std::size_t s = 0; s < steps; ++s) {
            const bool again = goes_back(s);
            made.stays = made.stays || (sizes[s].stays && sizes[s].saved != 0);
            const std::size_t now = s + 1;
            add(made.saved[s], sizes[s].saved, sizes[s].stays ? 0 : now,
                sizes[s].stays ? back(0)
                : again        ? back(s)
                               : now);
            add(made.prepared_forward[s], sizes[s].prepared, now, now);
            add(made.workspace_forward[s], sizes[s].workspace, now, now);
            if (!again) continue;
            add(made.prepared_backward[s], sizes[s].prepared, back(s), back(s));
            add(made.workspace_backward[s], sizes[s].workspace, back(s), back(s));
        }
        std::uint64_t least = 0;
        for (std::size_t time = 0; time <= back(0); ++time) {
            std::uint64_t alive = 0;
            for (std::size_t i = 0; i < count; ++i)
                if (pieces[i].first <= time && time <= pieces[i].last) alive += pieces[i].size;
            least = alive > least ? alive : least;
        }
        if (count != 0) made.elements = place(pieces, count, least);
        for (std::size_t i = 0; i < count; ++i) *owner[i] = pieces[i].offset;
        for (std::size_t v = 0; v < values; ++v) made.values[v] = made.values[plan.values[v].storage];
        for (std::size_t s = 0; s < steps; ++s)  // shared parameters have one place
            for (std::size_t other = 0; other < s && trained_range<Net>(s).last != 0; ++other)
                if (trained_range<Net>(other).last == trained_range<Net>(s).last) {
                    made.gradients[s] = made.gradients[other];
                    break;
                }
    }
};

/// The places of a pass of `Net` over `Batch` samples; `Keeps`: the gradients of all parameters last until an update.
template <class Net, class T, std::size_t Batch, bool Keeps>
inline constexpr auto training_places_of = [] {
    training_arena_planner<Net, Batch, Keeps> planner;
    step_sizes sizes[training_plan<Net>.step_count + 1]{};
    for_each_step<Net, purpose::training>([&]<class Step>(Step) {
        using lowered = lowering_of<Step>;
        step_sizes& own = sizes[Step::index];
        own.saved = round_up(lowered::template saved_size<Step>, arena_alignment);
        if constexpr (requires { lowered::template saved_sample_size<Step>; })
            own.saved += Batch * round_up(lowered::template saved_sample_size<Step>, arena_alignment);
        own.prepared = lowered::template training_prepared_size<Step, T>;
        own.workspace = lowered::template workspace_size<Step, T>;
        if constexpr (requires { lowered::template is_small_dense<Step>; })
            if constexpr (lowered::template is_small_dense<Step>) own.row = Step::at.output.channels();
        if constexpr (requires { Step::layer::is_stateful; }) own.stays = Step::layer::is_stateful;
    });
    planner.run(sizes, Batch * unchecked_facts<Net>.output.size() / unchecked_facts<Net>.output.channels());
    return planner.made;
}();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
