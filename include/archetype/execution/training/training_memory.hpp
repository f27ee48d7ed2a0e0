// SPDX-License-Identifier: BSL-1.0
/// @file training_memory.hpp
/// Where values and gradients of a training pass lie: in one block of memory, each from when it is written until it is read
/// for the last time, forwards or backwards.
#pragma once
#include <archetype/execution/training/training_recompute.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <std::size_t Steps, std::size_t Values, std::size_t Slots>
struct training_memory_plan {
    std::array<std::uint64_t, Values> values{};  ///< offsets in elements, for one sample
    std::array<std::uint64_t, Values> kept{};    ///< for the backward pass: elsewhere if it is computed again
    std::array<std::uint64_t, Slots> slots{};
    /// Steps that run again before step s goes backwards: from `again_first[s]` to before `again_first[s + 1]`.
    std::array<std::size_t, Steps + 1> again{}, again_first{};
    std::uint64_t elements = 0;       ///< for one sample
    std::uint64_t kept_elements = 0;  ///< what the backward pass reads and is not computed again
};

template <class Net>
struct training_memory_planner : training_recompute<Net> {
    using base = training_recompute<Net>;
    using base::again, base::backward_time, base::grads, base::lives, base::loss, base::memory_of, base::plan,
        base::recomputes, base::size_of, base::slots, base::steps, base::values;
    using made_type = training_memory_plan<steps, std::size(training_plan<Net>.values),
                                           std::size(gradient_plan<Net>.layouts)>;

    made_type made{};

    /// Which steps run again when: before step s goes backwards those whose value is read then for the first time.
    constexpr void list_again() {
        std::size_t first_of[steps + 1]{}, next[steps + 1]{};  // step + 1
        for (std::size_t other = steps; other-- > 0;) {
            const std::size_t to = memory_of(plan.steps[other].to);
            if (!again[to] || !lives[to].is_read_backwards()) continue;
            const std::size_t s = steps - (lives[to].first - loss);
            next[other] = first_of[s];
            first_of[s] = other + 1;
        }
        std::size_t count = 0;
        for (std::size_t s = 0; s < steps; ++s) {
            made.again_first[s] = count;
            for (std::size_t other = first_of[s]; other-- != 0; other = next[other])
                made.again[count++] = other;
        }
        made.again_first[steps] = count;
    }

    constexpr made_type run() {
        this->find_lives();
        if constexpr (recomputes) {
            this->choose();
            list_again();
        }
        place_all();
        return made;
    }
    constexpr void place_all() {
        piece pieces[slots + 2 * values + 1]{};
        // Slots come first, then what has memory: fewer pieces are placed sooner.
        std::size_t count = slots, place_of[values]{}, kept_place_of[values]{};
        for (std::size_t slot = 0; slot < slots; ++slot) {
            pieces[slot] = grads.pieces[slot];
            pieces[slot].first += loss;
            pieces[slot].last += loss;
        }
        for (std::size_t v = 0; v < values; ++v) {
            if (memory_of(v) != v) continue;
            const value_life& life = lives[v];
            place_of[v] = kept_place_of[v] = count;
            if (recomputes && again[v]) {
                pieces[count++] = {size_of(v), life.written, life.forwards};
                if (!life.is_read_backwards()) continue;
                kept_place_of[v] = count;
                pieces[count++] = {size_of(v), life.first, life.last};
            } else {
                pieces[count++] = {size_of(v), life.written,
                                   life.last > life.forwards ? life.last : life.forwards};
                if (life.is_read_backwards()) made.kept_elements += size_of(v);
            }
        }
        made.elements = place(pieces, count, most_alive(pieces, count));
        for (std::size_t v = 0; v < values; ++v) {
            made.values[v] = pieces[place_of[memory_of(v)]].offset;
            made.kept[v] = pieces[kept_place_of[memory_of(v)]].offset;
        }
        for (std::size_t slot = 0; slot < slots; ++slot) made.slots[slot] = pieces[slot].offset;
    }
    template <std::size_t Room>
    static constexpr std::uint64_t most_alive(const piece (&pieces)[Room], std::size_t count) {
        std::uint64_t starts[backward_time(0) + 3]{}, ends[backward_time(0) + 3]{}, sum = 0, most = 0;
        for (std::size_t i = 0; i < count; ++i) {
            starts[pieces[i].first] += pieces[i].size;
            ends[pieces[i].last + 1] += pieces[i].size;
        }
        for (std::size_t time = 0; time <= backward_time(0) + 1; ++time) {
            sum += starts[time] - ends[time];
            if (sum > most) most = sum;
        }
        return most;
    }
};

template <class Net>
constexpr auto make_training_memory() {
    training_memory_planner<Net> planner;
    return planner.run();
}
template <class Net>
inline constexpr auto training_memory_plan_of = make_training_memory<Net>();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
