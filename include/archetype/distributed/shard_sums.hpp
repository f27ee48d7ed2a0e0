// SPDX-License-Identifier: BSL-1.0
/// @file shard_sums.hpp
/// Gradients of shards, added as a tree while the backward pass still runs, and sent to the ranks that go on with them.
#pragma once
#include <archetype/distributed/process_group.hpp>
#include <archetype/distributed/shards.hpp>
#include <archetype/execution/host/training_pass.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A part of the flat buffer.
using flat_range = kernels::range;
constexpr flat_range common_part(flat_range a, flat_range b) {
    const std::size_t first = std::max(a.first, b.first);
    return {first, std::max(first, std::min(a.last, b.last))};
}

/// What the backward pass has finished at a time, from the last layers to the first: portions of the flat buffer, which travel
/// as one message each. Moving statistics come last.
template <std::size_t Steps>
struct portion_plan {
    std::array<flat_range, Steps + 2> all{};
    std::size_t count = 0;
    std::array<std::size_t, Steps + 1>
        ready{};  ///< by step: portions that are finished when it has run backwards
};

/// Elements that a message has at least, but for the last ones: fewer make more messages than they hide.
inline constexpr std::size_t least_portion = 8192;

template <class Net>
constexpr auto plan_portions() {
    constexpr const auto& plan = training_plan<Net>;
    constexpr const auto& layout = parameters_of<Net>;
    constexpr std::size_t steps = plan.step_count;
    std::array<std::size_t, steps + 1> bottom{};  // by step: behind all gradients that steps before it write
    for (std::size_t s = 0; s < steps; ++s) {
        const node& at = unchecked_facts<Net>.nodes[plan.steps[s].anchor];
        bottom[s + 1] = bottom[s];
        for (std::size_t i = 0; i < at.parameter_tensors && !plan.steps[s].copies; ++i)
            if (at.parameters[i].trainable)
                bottom[s + 1] = std::max<std::size_t>(
                    bottom[s + 1], layout.offsets[plan.steps[s].anchor][i] +
                                       round_up(at.parameters[i].extents.size(), arena_alignment));
    }
    portion_plan<steps> made;
    std::size_t top = layout.trainable_elements;
    for (std::size_t s = steps; s-- > 0; made.ready[s] = made.count)
        if (top > bottom[s] && (top - bottom[s] >= least_portion || s == 0)) {
            made.all[made.count++] = {bottom[s], top};
            top = bottom[s];
        }
    if (layout.written_elements > layout.trainable_elements)
        made.all[made.count++] = {layout.trainable_elements, layout.written_elements};
    return made;
}
template <class Net>
inline constexpr auto portions_of = plan_portions<Net>();

/// Sums over parts of an update (shards of batches), each computed by one rank, along the tree of `middle_of`. Every rank gets its
/// slice of them.
template <class Net, class T>
class shard_sums {
    static constexpr const auto& portions = portions_of<Net>;
    static constexpr std::size_t elements = parameters_of<Net>.written_elements;

public:
    /// The sums that end in one part: its numbers are added to the last one, which is added to the one before, and so on.
    struct chain {
        std::array<T*, 64> sums{};
        std::size_t depth = 0;
    };

    /// Receives the slices `mine` of sums of `parts` parts that others make. `slice(r)` is that of rank r. A sum of one part that is
    /// all that this rank does stays where it is computed, in `gradients`.
    template <class Slice>
    void begin(process_group& group, process_group::transfers& transfers, std::size_t parts,
               const Slice& slice, T* gradients) {
        const std::size_t ranks = group.world_size(), rank = group.rank();
        const flat_range mine = slice(rank);
        parts_ = {0, parts};
        all_.clear();
        std::size_t own = 0, others = 0;
        for (std::size_t r = 0; r < ranks; ++r)
            for_each_sum(parts_, piece_of(parts, r, ranks), [&](part_range sum) {
                all_.push_back({sum, nullptr, r});
                ++(r == rank ? own : others);
            });
        const bool stays = piece_of(parts, rank, ranks).size() == 1;
        while (own_.size() < own && !stays) own_.emplace_back(elements);
        if (received_.size() < others) received_.resize(others);
        own = others = 0;
        for (partial_sum& each : all_)
            if (each.rank == rank) {
                each.values = stays ? gradients : own_[own++].data();
            } else {
                received_[others].resize(mine.size());
                each.values = received_[others++].data() - mine.first;
                for (std::size_t p = 0; p < portions.count; ++p)
                    if (const flat_range some = common_part(portions.all[p], mine); some.size() != 0)
                        transfers.receive(each.values + some.first, some.size() * sizeof(T), each.rank);
            }
    }

    /// Computes the own sums: `part(p, chain, finished)` computes part p, and calls `add` for one portion after the other and,
    /// when that is done, `finished(portion)`, upon which it is sent.
    template <class Slice, class Part>
    void compute(process_group& group, process_group::transfers& transfers, const Slice& slice,
                 const Part& part) {
        const auto send = [&](const partial_sum& sum, std::size_t p) {
            for (std::size_t r = 0; r < group.world_size(); ++r)
                if (r != sum.rank)
                    if (const flat_range some = common_part(portions.all[p], slice(r)); some.size() != 0)
                        transfers.send(sum.values + some.first, some.size() * sizeof(T), r);
        };
        for (const partial_sum& each : all_)
            if (each.rank == group.rank()) {
                asides_ = 0;
                walk(each.parts, {}, each.values, [&](std::size_t p, T* to, const chain& sums) {
                    part(p, to, sums, [&](std::size_t portion) {
                        if (overlaps_ && p + 1 == each.parts.last) send(each, portion);
                    });
                });
            }
        for (const partial_sum& each : all_)
            for (std::size_t p = 0; p < portions.count && !overlaps_ && each.rank == group.rank(); ++p)
                send(each, p);
    }
    /// Otherwise sums are sent when all are computed.
    void overlap(bool overlaps) { overlaps_ = overlaps; }

    /// Adds `value(i)` for i in `where` to a chain; `to` gets it where there is none.
    template <class Value>
    static void add(T* to, const chain& sums, flat_range where, const Value& value) {
        if (sums.depth == 0) {
            for (std::size_t i = where.first; i < where.last; ++i) to[i] = value(i);
            return;
        }
        T* const last = sums.sums[sums.depth - 1];
        for (std::size_t i = where.first; i < where.last; ++i) last[i] += value(i);
        for (std::size_t k = sums.depth - 1; k-- > 0;) add(sums.sums[k], sums.sums[k + 1], where);
    }

    /// When all has come: calls `write(to_be_copied, to_be_added or null)`, whose sum is that of all parts, for the slice `mine`.
    template <class Write>
    void finish(flat_range mine, bool is_alone, const Write& write) {
        const std::size_t middle = parts_.size() == 1 || is_alone ? parts_.last : middle_of(parts_);
        const T* const left = reduce({0, middle}, mine);
        write(left, middle == parts_.last ? nullptr : reduce({middle, parts_.last}, mine));
    }

private:
    struct partial_sum {
        part_range parts;
        T* values;  ///< those of the flat buffer; of another rank's, this rank's slice of them only
        std::size_t rank;
    };
    static void add(T* to, const T* from, flat_range where) {
        for (std::size_t i = where.first; i < where.last; ++i) to[i] += from[i];
    }
    template <class Leaf>
    void walk(part_range sum, chain sums, T* to, const Leaf& leaf) {
        if (sum.size() == 1) return leaf(sum.first, to, sums);
        const std::size_t middle = middle_of(sum), taken = asides_;
        T* const left = sums.depth == 0 ? to : aside();
        walk({sum.first, middle}, {}, left, leaf);
        sums.sums[sums.depth++] = left;
        walk({middle, sum.last}, sums, to, leaf);
        asides_ = taken;
    }
    T* aside() {
        if (aside_.size() == asides_) aside_.emplace_back(elements);
        return aside_[asides_++].data();
    }
    /// The slice of the sum of all, in the place of the leftmost part.
    T* reduce(part_range sum, flat_range where) {
        for (const partial_sum& each : all_)
            if (each.parts == sum) return each.values;
        const std::size_t middle = middle_of(sum);
        T* const left = reduce({sum.first, middle}, where);
        add(left, reduce({middle, sum.last}, where), where);
        return left;
    }

    part_range parts_{};
    std::vector<partial_sum> all_;
    std::vector<buffer<T>> own_, aside_;
    std::size_t asides_ = 0;
    std::vector<std::vector<T>> received_;
    bool overlaps_ = true;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
