// SPDX-License-Identifier: BSL-1.0
/// @file rearrangement.hpp
/// Slices, permutations and channel shuffles in integers: the same numbers elsewhere.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
requires(Layer::role == layer_role::rearrangement) struct integer_form<Layer> : plain_integer_form {
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        using Step = typename Call::step;
        constexpr kernels::image in = Step::in, out = Step::out;
        constexpr kernels::rearrangement move = rearrangement_of(Step::at, false);
        for (std::size_t y = 0; y < out.height; ++y)
            for (std::size_t x = 0; x < out.width; ++x)
                for (std::size_t c = 0; c < out.channels; ++c) {
                    const kernels::rearrangement::cell from = move.source(y, x, c);
                    call.out[kernels::pixel_offset<out>(0, y, x) + c] =
                        call.in[kernels::pixel_offset<in>(0, from.at[0], from.at[1]) + from.at[2]];
                }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
