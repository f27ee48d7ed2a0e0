// SPDX-License-Identifier: BSL-1.0
/// @file stream_facts.hpp
/// When the values of a network are there if its time steps come one after the other, and what waits for them.
#pragma once
#include <archetype/architecture/check.hpp>

namespace archetype {

/// When a value of a stream is there: row n is complete with time step (n + lead) / rows * period + latency of the input.
struct stream_timing {
    std::size_t period = 1;   ///< product of the strides before it
    std::size_t latency = 0;  ///< steps that convolutions without padding wait for
    std::size_t rows = 1;     ///< that come at once: transposed convolutions make several of one
    std::size_t lead = 0;     ///< so many of the first of them are never there
    constexpr bool operator==(const stream_timing&) const = default;
    /// Steps from a multiple of the period to a row.
    constexpr std::size_t phase() const { return latency % period; }
    /// Rows that come before row 0, never are there, and are counted.
    constexpr std::uint64_t absent_rows() const { return latency / period * rows + lead; }
    /// Rows that came before the step `time`, absent ones among them.
    constexpr std::uint64_t rows_before(std::uint64_t time) const {
        return period == 1 ? time * rows : (time + period - 1 - phase()) / period * rows;
    }
    /// The step that row `n` is complete with.
    constexpr std::uint64_t time_of(std::uint64_t n) const { return (n + lead) / rows * period + latency; }
};

/// Of `stream_steps_of`: a stream has no last step.
inline constexpr std::uint64_t no_last_step = ~std::uint64_t{};

namespace detail {

/// Its result is its input, as it lies in memory.
constexpr bool keeps_memory(const node& at) {
    return at.role == layer_role::alias ||
           (at.role == layer_role::rearrangement && moves_nothing(at, at.input));
}

/// The elements of one time step: time is the first axis, but a single vector has none.
constexpr std::uint64_t step_size(const shape& of) { return of.rank < 2 ? of.size() : of.size() / of[0]; }

/// A layer whose window slides over time.
constexpr bool slides_over_time(const node& at) {
    return at.has_window && !at.is_transposed &&
           (at.role == layer_role::contraction || at.role == layer_role::pooling);
}
/// The window of a layer along time: down the rows of {time, features, channels}, else along a sequence.
constexpr const window_axis& time_window(const node& at) {
    const window_facts& window = at.is_transposed ? at.spread_over : at.window;
    return at.input.rank == 3 ? window.rows : window.columns;
}

/// Past rows of its input that a layer reads, before the newest.
constexpr std::size_t history_of(const node& at) {
    if (at.block != 0) return at.block_reach;
    const std::size_t more = time_window(at).reach() - 1;
    return at.is_transposed ? more / time_window(at).stride : slides_over_time(at) ? more : 0;
}

/// The newest row of its input that row m of a result needs: (m * stride + ahead) / spread; of a block, m is its first row.
struct row_way {
    std::size_t stride = 1, spread = 1, ahead = 0, block = 1;
    constexpr std::uint64_t newest(std::uint64_t m) const {
        return (m / block * block * stride + ahead) / spread;
    }
};
constexpr row_way row_way_of(const node& at) {
    const window_axis& time = time_window(at);
    if (at.is_transposed) return {1, time.stride, time.before};
    if (at.block != 0) return {1, 1, at.block_reach, at.block};
    if (at.repeats_cells) return {1, at.input.rank == 3 ? at.enlarges.height : at.enlarges.width, 0};
    if (!slides_over_time(at)) return {};
    return {time.stride, 1, time.reach() - 1 - (time.before < time.reach() ? time.before : 0)};
}

/// The timing of what a layer makes of rows that are there at `of`. False if its rows come at no regular times.
constexpr bool go_on(stream_timing& of, const row_way& way) {
    // A row for each block, and of that as many as it has.
    if (way.block != 1) return go_on(of, {way.block, 1, way.ahead}) && go_on(of, {1, way.block, 0});
    if (way.spread != 1) {
        if (of.period != 1 && of.rows == 1 && of.lead != 0) return false;
        of.lead = of.lead * way.spread + way.ahead;
        of.rows *= way.spread;
    } else if (of.rows % way.stride == 0) {
        of.lead = (of.lead + way.ahead) / way.stride;
        of.rows /= way.stride;
    } else if (way.stride % of.rows == 0) {
        of.latency += (of.lead + way.ahead) / of.rows * of.period;
        of.period *= way.stride / of.rows;
        of.rows = 1, of.lead = 0;
    } else {
        return false;
    }
    of.latency += of.lead / of.rows * of.period;
    of.lead %= of.rows;
    return true;
}

/// The timing of rows that wait for those of another value, too. They come as evenly as those of the value with the shorter
/// period. False if their rates differ.
constexpr bool wait_for(stream_timing& own, const stream_timing& other) {
    if (own.period * other.rows != other.period * own.rows) return false;
    const stream_timing& slower = own.period > other.period ? own : other;
    stream_timing made = own.period > other.period ? other : own;
    if (slower.period % made.period != 0) return false;
    std::uint64_t latency = made.latency;
    for (std::size_t n = 0; n < slower.rows; ++n) {
        const std::uint64_t wanted = slower.time_of(n), there = (n + made.lead) / made.rows * made.period;
        if (wanted > latency + there) latency = wanted - there;
    }
    made.latency = static_cast<std::size_t>(latency);
    own = made;
    return true;
}

/// Rows of a value between the newest and the newest that a row of a result needs, at most, at the time of that result: what
/// waits for others is kept so long.
constexpr std::size_t rows_kept_for(const stream_timing& result, const row_way& way,
                                    const stream_timing& value) {
    std::uint64_t most = 0;
    // The longer of the two periods is a multiple of the other.
    const std::size_t again = value.period > result.period ? value.period / result.period : 1;
    const std::size_t cycle = result.rows * again;
    for (std::size_t m = 0; m < (way.block > cycle ? way.block : cycle); ++m) {
        const std::uint64_t newest = way.newest(m) + value.absent_rows(),
                            there = value.rows_before(result.time_of(m));
        if (there > newest && there - newest > most) most = there - newest;
    }
    return static_cast<std::size_t>(most);
}

template <std::size_t Layers>
struct stream_facts {
    fault first_fault{};
    stream_timing timing[Layers + 1]{};  ///< of each layer's result
    std::uint64_t kept[Layers + 1]{};    ///< elements that layers remember besides `state_elements`
    bool waits = false;                  ///< some row is read after newer ones came
    std::size_t longest_period = 1;
    std::uint64_t most_steps = no_last_step;  ///< of the stream
};

/// A layer without a window that leaves each row of an image by itself: it pads, crops, resizes or takes together features or channels.
constexpr bool keeps_rows_apart(const node& at) {
    if (at.input.rank != 3 || at.output[0] != at.input[0]) return false;
    if (at.drops_axis != 0) return at.drops_axis != 3;
    return at.makes_rows_alone;
}

/// It mixes time steps, or makes another number of them.
constexpr bool mixes_steps(const node& at) {
    const std::size_t rank = at.input.rank, time = 3 - rank;  // among rows, columns and channels
    if (rank == 1) return false;
    if (at.role == layer_role::recurrent && at.drops_axis != 0) return at.drops_axis == 3;
    if (at.repeats_cells) return false;
    if (at.role == layer_role::pooling)
        return at.state_elements == 0 && !at.sees_one_pixel && !at.has_window && !keeps_rows_apart(at);
    if (at.role == layer_role::rearrangement &&
        (at.moves.from[time] != time || at.moves.first[time] != 0 || at.moves.step[time] != 1))
        return true;
    if (at.axis == time) return true;
    return !at.has_window && !at.is_transposed && at.output[0] != at.input[0];
}

/// Its parameters, or what it does, differ from step to step.
constexpr bool tells_steps_apart(const node& at) {
    if (!at.knows_places || at.counts_steps) return false;
    return at.input.rank != 3 || at.parameter_tensors == 0 || at.parameters[0].extents.height() != 1;
}

/// What keeps a layer from running sample by sample.
constexpr rule stream_rule(const node& at, std::size_t rank) {
    if (at.role == layer_role::source) return rule::stream_takes_a_sequence;
    if (at.role == layer_role::recurrent && at.reads_backwards) return rule::stream_sees_no_future;
    const auto fits = [&](const shape& of) {
        return rank == 1 ? of.rank == 1 : of.rank == 2 || of.rank == 3;
    };
    if (!fits(at.input) || !fits(at.output) || mixes_steps(at)) return rule::stream_has_no_end;
    const bool sees_time =
        (at.role == layer_role::rows || at.role == layer_role::operand) && rank > 1 &&
        (at.sees_everything || (at.input.rank == 3 ? at.sees_all_rows : at.sees_all_columns) ||
         tells_steps_apart(at));
    if (sees_time) return rule::stream_has_no_end;
    if (slides_over_time(at)) {
        const window_axis& time = time_window(at);
        const std::size_t end = (time.output - 1) * time.stride + time.reach();
        const bool reads_beyond = time.after != 0 || end > time.before + time.input;
        if ((reads_beyond && !at.looks_ahead) || time.before >= time.reach())
            return rule::stream_sees_no_future;
    }
    return rule::ok;
}

template <class Net>
constexpr auto find_stream_facts(std::size_t block) {
    constexpr const auto& facts = unchecked_facts<Net>;
    stream_facts<facts.size()> found;
    const auto fail = [&](rule broken, std::size_t n) {
        if (found.first_fault.broken == rule::ok)
            found.first_fault = {broken, n + 1, facts.nodes[n].input, facts.nodes[n].scope};
    };
    const std::size_t rank = facts.input.rank;
    if (rank < 1 || rank > 3) found.first_fault = {rule::stream_takes_a_sequence, 0, facts.input, 0};
    for (std::size_t n = 0; n < facts.size() && found.first_fault.broken == rule::ok; ++n) {
        const node& at = facts.nodes[n];
        if (const rule broken = stream_rule(at, rank); broken != rule::ok) fail(broken, n);
        const auto timing_of = [&](std::size_t source) {
            return source == none ? stream_timing{} : found.timing[source];
        };
        if (at.edge_count == 0) continue;
        stream_timing& own = found.timing[n];
        own = timing_of(facts.source(at, 0));
        for (std::size_t e = 1; e < at.edge_count; ++e)
            if (!wait_for(own, timing_of(facts.source(at, e)))) fail(rule::stream_joins_at_one_time, n);
        // Row `most_steps` is not to come; those that never were there do not count.
        if (at.most_steps != 0) {
            const std::uint64_t last = own.time_of(at.most_steps);
            if (last < found.most_steps) found.most_steps = last;
        }
        const row_way way = row_way_of(at);
        if (!go_on(own, way)) fail(rule::stream_rows_come_regularly, n);
        for (std::size_t e = 0; e < at.edge_count; ++e) {
            const std::size_t source = facts.source(at, e);
            const std::size_t rows = rows_kept_for(own, way, timing_of(source));
            found.kept[n] += rows * step_size(facts.shape_of(source));
            found.waits = found.waits || rows != 0;
        }
        if (at.state_elements == 0 || at.block != 0) found.kept[n] += history_of(at) * step_size(at.input);
        if (block > 1 && block % own.period != 0) fail(rule::block_leaves_a_remainder, n);
        if (own.period > found.longest_period) found.longest_period = own.period;
    }
    return found;
}

template <class Net, std::size_t Block>
inline constexpr auto stream_facts_of = find_stream_facts<Net>(Block);

}  // namespace detail
}  // namespace archetype
