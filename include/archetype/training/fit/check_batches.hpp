// SPDX-License-Identifier: BSL-1.0
/// @file check_batches.hpp
/// Batches that a batch norm makes nothing of are refused.
#pragma once
#include <archetype/error.hpp>
#include <archetype/training/learnable.hpp>

#include <cstddef>
#include <string>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The fewest samples of a batch, of `count` samples in batches of `batch`.
constexpr std::size_t smallest_batch(std::size_t count, std::size_t batch) {
    if (count <= batch) return count;
    return count % batch == 0 ? batch : count % batch;
}

/// @throws std::invalid_argument if a batch norm would see one value, which it makes 0: nothing below it would be trained
template <class Net>
void check_batches(std::size_t count, std::size_t batch) {
    if constexpr (constexpr std::size_t layer = norm_over_the_batch_alone<Net>(); layer != none) {
        if (smallest_batch(count, batch) != 1) return;
        std::size_t better = batch < count ? batch : count;
        while (better > 1 && smallest_batch(count, better) == 1) --better;
        std::string text = "archetype::trainer: expected at least 2 samples in every batch, as layer " +
                           layer_label<Net>(layer) + " normalizes over them, found " + std::to_string(count) +
                           (count == 1 ? " sample" : " samples") + " in batches of " + std::to_string(batch);
        if (better > 1) text += "; " + std::to_string(better) + " would do";
        throw detail::thrown<std::invalid_argument>(text);
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
