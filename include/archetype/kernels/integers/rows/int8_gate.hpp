// SPDX-License-Identifier: BSL-1.0
/// @file int8_gate.hpp
/// Gated halves of channels in 8 bits: one half times a function of the other.
#pragma once
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/integers/int8_join.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out = a table[b], a the first half of the channels and b the second; with `FirstIsGate` table[a] b. One sample.
/// @param product  of the half that is not looked up and one that is
template <bool FirstIsGate, image In, image Out>
void int8_gate(const std::int8_t* in, std::int8_t* out, const std::int8_t* table,
               const int8_product& product) {
    constexpr std::size_t half = Out.channels;
    for (std::size_t y = 0; y < Out.height; ++y)
        for (std::size_t x = 0; x < Out.width; ++x) {
            const std::int8_t* const from = in + pixel_offset<In>(0, y, x);
            std::int8_t* const to = out + pixel_offset<Out>(0, y, x);
            for (std::size_t c = 0; c < half; ++c) {
                const std::int8_t plain = from[FirstIsGate ? half + c : c],
                                  gate = from[FirstIsGate ? c : half + c];
                to[c] = product(plain, table[gate + 128]);
            }
        }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
