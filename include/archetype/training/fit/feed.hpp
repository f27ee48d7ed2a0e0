// SPDX-License-Identifier: BSL-1.0
/// @file feed.hpp
/// What the trainer asks of samples that are read while it learns; reading.hpp has it.
#pragma once
#include <archetype/instruction_set.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Samples that are judged while others are read, and their class numbers or, where these are none, their targets.
struct read_data {
    using use = std::function<void(const std::vector<float>& samples, const std::vector<std::int32_t>& labels,
                                   const std::vector<float>& targets, std::size_t size)>;
    std::size_t count = 0, target_size = 0;  ///< as of `sample_reader`
    std::array<std::size_t, 3> shape{};
    std::vector<std::size_t> target_parts{};
    /// Which of so many batches are wanted; all, if it is empty.
    using choice = std::function<bool(std::size_t number, std::size_t batches)>;
    std::function<void(std::size_t batch, const choice&, const use&)> for_batches;
};

/// `type` feeds a trainer with the samples of `Reader`, `options_type` says how; `read(reader, options)` is a `read_data`.
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
