// SPDX-License-Identifier: BSL-1.0
/// @file network_plan.hpp
/// Layers become steps, results become values, values get places in memory. A step is one loop nest with what is fused into
/// it; a value is the result of a step, laid out with the halo that its readers want, a concatenation, or a slice of a value.
#pragma once
#include <archetype/architecture/facts.hpp>

namespace archetype {

/// One loop nest. Indices `nodes` are positions among the layers, `last` ones are exclusive.
struct step {
    std::size_t anchor = none;      ///< the layer that shapes the loops
    std::size_t batch_norm = none;  ///< folded into the anchor (inference)
    std::size_t activation_first = none,
                activation_last = none;  ///< pointwise layers applied to the anchor's result
    std::size_t join = none;             ///< add, multiply... of the result and `operands`
    std::size_t join_position =
        0;  ///< which of the join's inputs is the step's own; `operands` are the others
    std::size_t join_activation_first = none, join_activation_last = none;
    std::size_t pool = none;  ///< pooling of the result, row by row (inference)
    std::size_t pool_activation_first = none, pool_activation_last = none;
    std::size_t from = 0, to = 0;  ///< values
    std::size_t operand_first = 0,
                operand_count = 0;  ///< values that are joined with the result: of `network_plan::operands`
    bool copies = false;            ///< only rearranges: an alias before a halo, a part of a concatenation
    std::uint64_t scratch = 0;      ///< elements needed while it runs
    std::uint64_t scratch_offset = 0;
};

namespace detail {

/// Cells around an image: a halo.
struct margins {
    std::size_t top = 0, left = 0, bottom = 0, right = 0;
    ARCHETYPE_INLINE constexpr bool has_halo() const { return top + left + bottom + right != 0; }
    /// Makes it at least as large as another.
    constexpr void widen(const margins& other) {
        top = other.top > top ? other.top : top;
        left = other.left > left ? other.left : left;
        bottom = other.bottom > bottom ? other.bottom : bottom;
        right = other.right > right ? other.right : right;
    }
};

}  // namespace detail

/// The result of a step, an input (value 0: the network's first), or a concatenation of values.
struct value : detail::margins {
    shape extents{};
    std::size_t written = 0,
                read = 0;      ///< the step that makes it (the last part of it), the last that reads it
    bool in_place = false;     ///< shares the memory of the value its step reads
    std::size_t whole = none;  ///< the concatenation it is a part of
    std::size_t view_of =
        none;  ///< the value whose neighbouring rows, columns or channels it is: no step makes it
    std::size_t first_row = 0, first_column = 0;  ///< in the whole, or in the value that it is a view of
    std::size_t first_channel = 0;                ///< in the memory of `storage`
    std::size_t pixel_channels = 0;  ///< elements between pixels: its channels, or those of `storage`
    std::size_t storage = none;      ///< the value whose memory it uses; itself unless in place or a part
    std::size_t first_written = 0;   ///< of a storage: the first step that writes to it
    std::uint64_t size = 0;          ///< elements of the storage for one sample, halo included
    std::uint64_t offset = 0;        ///< in an arena for one sample
    ARCHETYPE_INLINE constexpr bool is_part() const { return whole != none; }
    ARCHETYPE_INLINE constexpr bool is_view() const { return view_of != none; }
};

namespace detail {

/// What the steps are for.
enum class purpose {
    inference,  ///< fold, pool on the fly, work in place, reuse memory
    training,   ///< keep what the backward pass reads
    streaming,  ///< as inference, but nothing in place and no pooling on the fly: each value has its own time
};

/// How many of everything a plan may have: the sizes of its arrays.
struct plan_room {
    std::size_t steps = 0, values = 1, operands = 0, inputs = 1, outputs = 1;
    constexpr bool operator==(const plan_room&) const = default;
};

}  // namespace detail

/// Steps and values of a network.
template <detail::plan_room Room>
struct network_plan {
    step steps[Room.steps + 1]{};
    value values[Room.values]{};
    std::size_t operands[Room.operands + 1]{};  ///< values
    std::size_t outputs[Room.outputs]{};        ///< values
    std::size_t inputs[Room.inputs]{};          ///< values: the first input is 0, further ones follow
    std::size_t step_count = 0, value_count = 1, operand_count = 0, input_count = 1;
    /// The input is copied: it needs a halo, its reader overruns, or the backward pass reads it.
    bool input_in_arena = false;
    std::uint64_t arena_elements = 0;  ///< for one sample
    /// The largest set of values that is alive at once: no arena is smaller.
    std::uint64_t live_elements = 0;
    std::uint64_t live_at[Room.steps + 1]{};  ///< the same at each step

    ARCHETYPE_INLINE constexpr bool is_input(std::size_t v) const {
        for (std::size_t i = 0; i < input_count; ++i)
            if (inputs[i] == v) return true;
        return false;
    }
    /// A value that no step makes: a concatenation.
    ARCHETYPE_INLINE constexpr bool is_concatenation(std::size_t v) const {
        return !is_input(v) && step_count != 0 && steps[values[v].written].to != v && !values[v].is_view();
    }
};

}  // namespace archetype

namespace archetype::detail {

/// When a place of the arena is in use, for who shows the plan: from step `first` to step `last`; besides the value that the
/// place belongs to, how many lie in it later (`in_place`) and how many are a part of it.
struct storage_use {
    std::size_t first = 0, last = 0, in_place = 0, parts = 0;
};

/// Of value `storage`, which has a place of its own in a plan.
template <class Plan>
constexpr storage_use use_of(const Plan& plan, std::size_t storage) {
    storage_use found{plan.is_input(storage) ? 0 : plan.values[storage].first_written,
                      plan.values[storage].read};
    for (std::size_t other = 0; other < plan.value_count; ++other) {
        const auto& guest = plan.values[other];
        if (guest.storage != storage || other == storage) continue;
        if (guest.read > found.last) found.last = guest.read;
        (guest.in_place ? found.in_place : found.parts) += 1;
    }
    // What is a result of the network is read after the last step.
    const std::size_t last_step = plan.step_count == 0 ? 0 : plan.step_count - 1;
    if (found.last > last_step) found.last = last_step;
    return found;
}

}  // namespace archetype::detail
