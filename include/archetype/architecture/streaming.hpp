// SPDX-License-Identifier: BSL-1.0
/// @file streaming.hpp
/// Whether a network can run sample by sample, and when its values are there: constants.
#pragma once
#include <archetype/architecture/plan.hpp>

namespace archetype {

/// When a value of a stream is there: row n is complete with time step n * period + latency of the input.
struct stream_timing {
    std::size_t period = 1;   ///< product of the strides before it
    std::size_t latency = 0;  ///< steps that convolutions without padding wait for
    constexpr bool operator==(const stream_timing&) const = default;
    /// Steps from a multiple of the period to a row.
    constexpr std::size_t phase() const { return latency % period; }
    /// Steps before `time` that have a row, those among them that come before row 0.
    constexpr std::uint64_t rows_before(std::uint64_t time) const {
        return period == 1 ? time : (time + period - 1 - phase()) / period;
    }
};

/// Of `stream_steps_of`: a stream has no last step.
inline constexpr std::uint64_t no_last_step = ~std::uint64_t{};

namespace detail {

template <std::size_t Layers>
struct stream_facts {
    fault first_fault{};
    std::array<stream_timing, Layers + 1> timing{};  ///< of each layer's result
    std::size_t longest_period = 1;
    std::uint64_t most_steps = no_last_step;  ///< of the stream
};

/// A layer whose window slides over time.
constexpr bool slides_over_time(const node& at) {
    return at.has_window && (at.role == layer_role::contraction || at.role == layer_role::pooling);
}

/// Past rows of its input that a layer reads.
constexpr std::size_t history_of(const node& at) {
    return slides_over_time(at) ? at.window.columns.reach() - 1 : 0;
}

/// What keeps a layer from running sample by sample.
constexpr rule stream_rule(const node& at, std::size_t rank) {
    if (at.role == layer_role::source) return rule::stream_takes_a_sequence;
    if (at.role == layer_role::recurrent && at.reads_backwards) return rule::stream_sees_no_future;
    const bool sees_more =
        (at.role == layer_role::pooling && at.state_elements == 0 && !at.sees_one_pixel && !at.has_window) ||
        (at.role == layer_role::rearrangement && !moves_channels_only(at, at.input)) || at.axis != 2;
    const bool sees_time =
        (at.role == layer_role::rows || at.role == layer_role::operand) && rank > 1 &&
        (at.sees_everything || at.sees_all_columns || (at.knows_places && !at.counts_steps));
    if (at.input.rank != rank || at.output.rank != rank || sees_more || sees_time ||
        (keeps_memory(at) && at.input != at.output) || at.is_transposed)
        return rule::stream_has_no_end;
    if (slides_over_time(at)) {
        const window_axis& time = at.window.columns;
        const std::size_t end = (time.output - 1) * time.stride + time.reach();
        if (time.after != 0 || time.before >= time.reach() || end > time.before + time.input)
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
    if (rank != 1 && rank != 2) found.first_fault = {rule::stream_takes_a_sequence, 0, facts.input, 0};
    for (std::size_t n = 0; n < facts.size(); ++n) {
        const node& at = facts.nodes[n];
        if (const rule broken = stream_rule(at, rank); broken != rule::ok) fail(broken, n);
        const auto timing_of = [&](std::size_t source) {
            return source == none ? stream_timing{} : found.timing[source];
        };
        if (at.edge_count == 0) continue;
        stream_timing& own = found.timing[n];
        own = timing_of(facts.source(at, 0));
        for (std::size_t e = 1; e < at.edge_count; ++e)
            if (!(timing_of(facts.source(at, e)) == own)) fail(rule::stream_joins_at_one_time, n);
        // Row `most_steps` is not to come; those that never were there do not count.
        if (at.most_steps != 0) {
            const std::uint64_t last = (at.most_steps + own.latency / own.period) * own.period + own.phase();
            if (last < found.most_steps) found.most_steps = last;
        }
        if (slides_over_time(at)) {
            const window_axis& time = at.window.columns;
            own.latency += (history_of(at) - (time.before < time.reach() ? time.before : 0)) * own.period;
            own.period *= time.stride;
        }
        if (block > 1 && block % own.period != 0) fail(rule::block_leaves_a_remainder, n);
        if (own.period > found.longest_period) found.longest_period = own.period;
    }
    return found;
}

template <class Net, std::size_t Block>
inline constexpr auto stream_facts_of = find_stream_facts<Net>(Block);

template <class Net, std::size_t Block, bool WellFormed = well_formed<Net>>
struct stream_fault {
    static constexpr fault value = stream_facts_of<Net, Block>.first_fault;
};
template <class Net, std::size_t Block>
struct stream_fault<Net, Block, false> {
    static constexpr fault value = fault_of<Net>;
};

/// The report of a network that is wrong, or that cannot be streamed.
template <class Net, std::size_t Block>
struct stream_report : report_of<Net, stream_fault<Net, Block>::value> {};

}  // namespace detail

/// `Net` can be streamed in blocks of `Block` time steps.
template <class Net, std::size_t Block = 1>
concept streamable = (detail::stream_fault<Net, Block>::value.broken == rule::ok);

/// When results of a stream are there: row n with time step n * period + latency. Needs a streamable network.
template <streamable Net>
inline constexpr stream_timing stream_timing_of = [] {
    constexpr std::size_t last = detail::unchecked_facts<Net>.outputs[0].node;
    return last == none ? stream_timing{} : detail::stream_facts_of<Net, 1>.timing[last];
}();

/// Time steps that a stream takes from its beginning: as many as trained positions are there; `no_last_step` if nothing ends it.
template <streamable Net>
inline constexpr std::uint64_t stream_steps_of = detail::stream_facts_of<Net, 1>.most_steps;

}  // namespace archetype
