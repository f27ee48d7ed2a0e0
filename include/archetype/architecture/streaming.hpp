// SPDX-License-Identifier: BSL-1.0
/// @file streaming.hpp
/// Whether a network can run sample by sample, and when its values are there: constants.
#pragma once
#include <archetype/architecture/stream_facts.hpp>

namespace archetype {

namespace detail {

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

/// When results of a stream are there: row n with time step (n + lead) / rows * period + latency. Needs a streamable network.
template <streamable Net>
inline constexpr stream_timing stream_timing_of = [] {
    constexpr std::size_t last = detail::unchecked_facts<Net>.outputs[0].node;
    return last == none ? stream_timing{} : detail::stream_facts_of<Net, 1>.timing[last];
}();

/// Time steps that a stream takes from its beginning: as many as trained positions are there; `no_last_step` if nothing ends it.
template <streamable Net>
inline constexpr std::uint64_t stream_steps_of = detail::stream_facts_of<Net, 1>.most_steps;

/// Time steps that a stream takes before the one that its first row is complete with.
template <streamable Net>
inline constexpr std::size_t latency_steps = static_cast<std::size_t>(stream_timing_of<Net>.time_of(0));

}  // namespace archetype
