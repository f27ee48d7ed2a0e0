// SPDX-License-Identifier: BSL-1.0
/// @file training_recompute.hpp
/// Which values of a training pass are not kept for the backward pass but computed again.
#pragma once
#include <archetype/execution/training/training_lives.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// In `recompute` parts the percent that they say, those first that cost the fewest operations. Elsewhere, in large networks, what
/// is cheap, as long as that lowers the most memory that is alive at once.
template <class Net>
struct training_recompute : training_lives<Net, true> {
    using base = training_lives<Net, true>;
    using base::backward_time, base::grads, base::lives, base::loss, base::memory_of, base::plan, base::steps,
        base::values;
    static constexpr const auto& facts = unchecked_facts<Net>;
    static constexpr std::size_t slots = grads.slot_count, times = base::backward_time(0) + 2;

    static constexpr std::size_t size_of(std::size_t v) {
        return round_up(plan.values[v].size, arena_alignment);
    }
    /// Elements of all values of a sample from which on a network is large, and operations for each element of what is cheap.
    static constexpr std::uint64_t large = std::uint64_t{1} << 20;
    static constexpr double cheap = 20;
    /// Planning more would take more steps than clang++ evaluates as a constant (2^20).
    static constexpr std::size_t most_values = 160;
    static constexpr bool is_large = [] {
        std::uint64_t all = 0;
        for (std::size_t v = 0; v < values; ++v)
            if (memory_of(v) == v) all += size_of(v);
        return all >= large && values <= most_values;
    }();
    static constexpr bool recomputes = [] {
        for (std::size_t s = 0; s < steps; ++s)
            if (facts.nodes[plan.steps[s].anchor].recomputed != 0) return true;
        return is_large;
    }();

    bool again[values]{};  ///< computed again, by the value whose memory it is
    std::size_t part
        [values]{};  ///< the part that a value may be computed again in, 0 for none, `none` if it must be kept
    double cost[values]{};          ///< operations for each element
    std::size_t maker[values]{};    ///< the first step that writes a value
    std::size_t also[steps + 1]{};  ///< the next step that writes the same value, `none` after the last

    /// `visit(v)` for the memory that step `s` reads.
    template <class Visit>
    static constexpr void for_sources(std::size_t s, const Visit& visit) {
        const step& now = plan.steps[s];
        visit(memory_of(now.from));
        for (std::size_t i = 0; i < now.operand_count; ++i)
            visit(memory_of(plan.operands[now.operand_first + i]));
    }
    /// `visit(v)` for the memory that value `v` is computed from.
    template <class Visit>
    constexpr void for_origins(std::size_t v, const Visit& visit) const {
        for (std::size_t s = maker[v]; s != none; s = also[s])
            for_sources(s, [&](std::size_t from) {
                if (from != v) visit(from);
            });
    }
    /// Operations that step `s` takes for each element of its result.
    static constexpr double cost_of(std::size_t s) {
        const step& now = plan.steps[s];
        if (now.copies) return 1;
        const auto of = [](const node& at) { return at.multiply_accumulates + at.pointwise_operations; };
        std::uint64_t all = of(facts.nodes[now.anchor]);
        for (std::size_t n = now.activation_first; n < now.activation_last; ++n) all += of(facts.nodes[n]);
        return static_cast<double>(all) / static_cast<double>(plan.values[memory_of(now.to)].size);
    }
    /// What layers with products or states make is computed again in `recompute` parts only.
    static constexpr bool is_cheap(const step& now) {
        if (now.copies) return true;
        if (facts.nodes[now.anchor].multiply_accumulates != 0)
            return false;  // attention is a pooling or a join
        switch (facts.nodes[now.anchor].role) {
            case layer_role::normalization:
            case layer_role::pointwise:
            case layer_role::rows:
            case layer_role::pooling:
            case layer_role::rearrangement:
            case layer_role::join:
            case layer_role::alias:
                return true;
            default:
                return false;
        }
    }
    constexpr void find_candidates() {
        for (std::size_t v = 0; v < values; ++v) part[v] = maker[v] = none;
        for (std::size_t s = steps; s-- > 0;) {
            const step& now = plan.steps[s];
            const node& at = facts.nodes[now.anchor];
            const std::size_t to = memory_of(now.to);
            const bool can_run_again =
                at.recomputed != 0 ? now.copies || at.role != layer_role::recurrent : is_cheap(now);
            const bool is_first = maker[to] == none;
            part[to] = can_run_again && (is_first || part[to] == at.recomputed) ? at.recomputed : none;
            also[s] = maker[to];
            maker[to] = s;
            cost[to] += cost_of(s);
        }
        for (std::size_t v = 0; v < values; ++v)
            if (memory_of(v) != v || lives[v].forwards >= loss || plan.is_input(v) ||
                (part[v] == 0 && (!is_large || cost[v] > cheap)))
                part[v] = none;
    }
    /// Of values that a part computes again from one another, which are alive together.
    static constexpr std::size_t longest_chain = 3;
    constexpr bool chains_are_short() const {
        std::size_t length[values]{};
        for (std::size_t s = 0; s < steps; ++s) {
            const std::size_t to = memory_of(plan.steps[s].to);
            if (!again[to]) continue;
            std::size_t before = 0;
            for_sources(s, [&](std::size_t v) {
                if (v != to && length[v] > before) before = length[v];
            });
            if (before + 1 > length[to]) length[to] = before + 1;
            if (length[to] > longest_chain && lives[to].is_read_backwards()) return false;
        }
        return true;
    }
    /// Percent that are kept of what can be computed again in a part.
    constexpr std::size_t percent_of(std::size_t number) const {
        for (const node& at : facts.nodes)
            if (at.recomputed == number) return at.keeps;
        return 100;
    }
    constexpr void choose() {
        find_candidates();
        // What nobody reads backwards is there again only if another value needs it.
        for (std::size_t v = 0; v < values; ++v) again[v] = part[v] != none && !lives[v].is_read_backwards();
        for (std::size_t p = 1; p <= std::size(facts.nodes); ++p) choose_of(p);
        follow_chains();
        if (!is_large) return;
        choose_cheap();
        follow_chains();
    }
    constexpr void choose_of(std::size_t number) {
        const std::size_t percent = percent_of(number);
        if (percent == 100) return;
        std::uint64_t all = 0;
        for (std::size_t v = 0; v < values; ++v)
            all += part[v] == number && lives[v].is_read_backwards() ? size_of(v) : 0;
        std::uint64_t left = all;
        bool looked[values]{};
        while (left * 100 > all * percent) {
            std::size_t best = none;
            for (std::size_t v = 0; v < values; ++v)
                if (part[v] == number && !again[v] && !looked[v] && (best == none || cost[v] < cost[best]))
                    best = v;
            if (best == none) break;
            looked[best] = again[best] = true;
            if (chains_are_short())
                left -= size_of(best);
            else
                again[best] = false;
        }
    }
    /// What values that are computed again are computed from is there.
    constexpr void follow_chains() {
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t s = steps; s-- > 0;) {
                const std::size_t to = memory_of(plan.steps[s].to);
                if (again[to] && lives[to].is_read_backwards())
                    for_sources(s, [&](std::size_t v) {
                        const value_life before = lives[v];
                        lives[v].read_backwards(lives[to].first);
                        changed = changed || before.first != lives[v].first || before.last != lives[v].last;
                    });
            }
        }
    }
    /// How many elements are alive at each time.
    using alive_type = std::uint64_t[times + 1];
    constexpr void find_alive(alive_type& alive) const {
        std::uint64_t ends[times + 1]{};
        const auto add = [&](std::uint64_t size, std::size_t first, std::size_t last) {
            alive[first] += size;
            ends[last] += size;
        };
        for (std::size_t v = 0; v < values; ++v) {
            if (memory_of(v) != v) continue;
            const value_life& life = lives[v];
            add(size_of(v), life.written, again[v] || life.last < life.forwards ? life.forwards : life.last);
            if (again[v] && life.is_read_backwards()) add(size_of(v), life.first, life.last);
        }
        for (std::size_t slot = 0; slot < slots; ++slot)
            add(grads.pieces[slot].size, loss + grads.pieces[slot].first, loss + grads.pieces[slot].last);
        for (std::size_t time = 1; time < times; ++time) alive[time] += alive[time - 1] - ends[time - 1];
    }
    /// The lives of values as they were before one that needs them was to be computed again.
    struct pulled_values {
        std::size_t count = 0, value[values]{}, from[values]{}, to[values]{};
        value_life before[values]{};
        std::uint64_t held = 0;  ///< elements of those that stay until they are needed, not made again then
    };
    /// What `v` is computed from is there at `time`. Whether nowhere more than `most` elements are alive for it.
    constexpr bool pull(std::size_t v, std::size_t time, std::uint64_t most, alive_type& alive,
                        pulled_values& pulled) {
        bool fits = true;
        for_origins(v, [&](std::size_t w) {
            value_life& life = lives[w];
            const bool comes_earlier = again[w] && time < life.first;
            std::size_t from = time, to = time;
            if (comes_earlier)
                to = life.is_read_backwards() ? life.first - 1 : time;
            else if (life.last < time)
                from = (life.last > life.forwards ? life.last : life.forwards) + 1;
            else
                return;
            if (!fits || pulled.count == values) {
                fits = false;
                return;
            }
            pulled.value[pulled.count] = w;
            pulled.from[pulled.count] = from;
            pulled.to[pulled.count] = to;
            pulled.before[pulled.count++] = life;
            if (from < time) pulled.held += size_of(w);
            for (std::size_t t = from; t <= to; ++t) {
                alive[t] += size_of(w);
                fits = fits && (t < time || alive[t] <= most);
            }
            life.read_backwards(time);
            if (comes_earlier) fits = pull(w, time, most, alive, pulled) && fits;
        });
        return fits;
    }
    /// From the end of the backward pass to its start, so that what is alive from a time on is known when a value is looked at
    /// that is read then for the first time.
    constexpr void choose_cheap() {
        alive_type alive{};
        find_alive(alive);
        std::size_t first_of[times + 1]{}, next[values]{};  // value + 1, by when it is read first
        std::uint64_t most = alive[loss], given = 0;
        for (std::size_t v = 0; v < values; ++v) {
            if (part[v] != 0 || again[v]) continue;
            next[v] = first_of[lives[v].first];
            first_of[lives[v].first] = v + 1;
            most -= size_of(v);
        }
        most += most / 16;  // some are kept
        for (std::size_t time = times; time-- > loss;) {
            alive[time] -= given;
            for (std::size_t v = first_of[time]; v-- != 0; v = next[v]) {
                pulled_values pulled;
                // Between the passes, where most is alive, what is held must not take more than `v` gives.
                if (pull(v, time, most, alive, pulled) && pulled.held <= size_of(v)) {
                    again[v] = true;
                    given += size_of(v);
                    continue;
                }
                for (std::size_t i = pulled.count; i-- > 0;) {
                    lives[pulled.value[i]] = pulled.before[i];
                    for (std::size_t t = pulled.from[i]; t <= pulled.to[i]; ++t)
                        alive[t] -= size_of(pulled.value[i]);
                }
            }
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
