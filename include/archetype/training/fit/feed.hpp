// SPDX-License-Identifier: BSL-1.0
/// @file feed.hpp
/// What the trainer asks of samples that are read while it learns; reading.hpp has it.
#pragma once
#include <archetype/instruction_set.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `type` feeds a trainer with the samples of `Reader`, `options_type` says how.
template <class Reader>
struct feed_of;

template <class Reader>
concept is_reader = requires {
    typename feed_of<Reader>::type;
};

/// Whether samples are such a feed, not pointers.
template <class Samples>
concept is_fed = requires {
    typename Samples::is_feed;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
