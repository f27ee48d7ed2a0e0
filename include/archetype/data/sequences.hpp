// SPDX-License-Identifier: BSL-1.0
/// @file sequences.hpp
/// Cuts one long sequence into windows for truncated back-propagation through time.
#pragma once
#include <archetype/error.hpp>
#include <archetype/instruction_set.hpp>
#include <cstdint>
#include <span>
#include <string>
#if __has_include(<xtensor/containers/xtensor.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Windows of a sequence and, for each position, the element that comes next.
struct sequence_windows {
    xt::xtensor<std::int32_t, 2> samples;  ///< (windows, time)
    xt::xtensor<std::int32_t, 2> targets;  ///< (windows, time), one position later
};

/// The sequence is cut into `batch` streams of equal length that are read side by side, `time` elements at a time: sample k
/// of a batch of `batch` windows goes on where sample k of the batch before ended, as layers with the option `stateful`
/// expect. Train without shuffling and with this size of batch. What does not fill a window of each stream is left out.
/// @throws std::invalid_argument if the sequence does not fill one
inline sequence_windows cut_sequence(std::span<const std::int32_t> sequence, std::size_t time,
                                     std::size_t batch) {
    const std::size_t needed = time * batch + 1;
    if (time == 0 || batch == 0)
        throw detail::thrown<std::invalid_argument>(
            "archetype::cut_sequence: expected windows and batches of at least 1, found time " +
            std::to_string(time) + " and batch " + std::to_string(batch));
    if (sequence.size() < needed)
        throw detail::thrown<std::invalid_argument>("archetype::cut_sequence: expected at least " +
                                                    std::to_string(needed) + " elements, found " +
                                                    std::to_string(sequence.size()));
    const std::size_t rounds = (sequence.size() - 1) / (time * batch), stream = rounds * time;
    sequence_windows made{xt::xtensor<std::int32_t, 2>::from_shape({rounds * batch, time}),
                          xt::xtensor<std::int32_t, 2>::from_shape({rounds * batch, time})};
    for (std::size_t r = 0; r < rounds; ++r)
        for (std::size_t k = 0; k < batch; ++k)
            for (std::size_t t = 0; t < time; ++t) {
                const std::size_t at = k * stream + r * time + t;
                made.samples(r * batch + k, t) = sequence[at];
                made.targets(r * batch + k, t) = sequence[at + 1];
            }
    return made;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
