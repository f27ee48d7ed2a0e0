// SPDX-License-Identifier: BSL-1.0
/// @file piece_max.hpp
/// The maximum over pieces of channels in integers.
#pragma once
#include <archetype/architecture/layers/maxout.hpp>
#include <archetype/execution/lowering/integer_form.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The largest integer is that of the largest number: the result has the input's scale.
template <std::size_t Pieces>
struct integer_form<piece_max<Pieces>> : plain_integer_form {
    template <class Call>
    static void run(const Call& call) {
        using Step = typename Call::step;
        constexpr std::size_t channels = Step::out.channels;
        for (std::size_t y = 0; y < Step::out.height; ++y)
            for (std::size_t x = 0; x < Step::out.width; ++x) {
                const auto* const from = call.in + kernels::pixel_offset<Step::in>(0, y, x);
                auto* const to = call.out + kernels::pixel_offset<Step::out>(0, y, x);
                for (std::size_t c = 0; c < channels; ++c) {
                    auto most = from[c];
                    for (std::size_t p = 1; p < Pieces; ++p)
                        if (from[p * channels + c] > most) most = from[p * channels + c];
                    to[c] = most;
                }
            }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
