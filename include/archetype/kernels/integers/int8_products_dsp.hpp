// SPDX-License-Identifier: BSL-1.0
/// @file int8_products_dsp.hpp
/// Sums of 8-bit products with SMLAD, two at once: Cortex-M with the DSP extension. A halfword holds 256 q + p, the weights
/// of two filters. One SMLAD with it adds to 256 Q + P, one with its low byte, extended by SXTB16, to P: half the
/// extensions that two separate filters need, and Q = (256 Q + P - P) / 256 is exact while |Q| < 2^23.
#pragma once
#include <arm_acle.h>
#include <archetype/kernels/integers/int8_products_scalar.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

ARCHETYPE_INLINE std::int32_t load_word(const std::int8_t* from) {
    std::int32_t word;
    __builtin_memcpy(&word, from, 4);
    return word;
}
ARCHETYPE_INLINE std::int32_t load_half(const std::int8_t* from) {
    std::int16_t half;
    __builtin_memcpy(&half, from, 2);
    return half;
}
/// Bytes 0 and 2 as two signed halfwords.
ARCHETYPE_INLINE std::int32_t even_bytes(std::int32_t word) { return __sxtb16(word); }
/// Bytes 1 and 3.
ARCHETYPE_INLINE std::int32_t odd_bytes(std::int32_t word) {
    std::int32_t halves;  // the intrinsic does not know the rotation
    asm("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(word));
    return halves;
}

/// Two neighbouring words, aligned to four bytes, in one instruction.
ARCHETYPE_INLINE void load_two(const std::int8_t*& from, std::int32_t& first, std::int32_t& second) {
    asm("ldrd %0, %1, [%2], #8"
        : "=&r"(first), "=&r"(second), "+r"(from)
        : "m"(*reinterpret_cast<const std::int8_t(*)[8]>(from)));
}

/// Adds the products of four taps of a pair of filters to the sums of four pixels. Eight sums and two pointers leave three
/// registers of fourteen: few enough that this is written down, compilers spill five of the sums.
template <int8_pixels Pixels>
ARCHETYPE_INLINE void add_four_taps(const std::int8_t* x, const std::int8_t*& weights,
                                    std::int32_t (&both)[4][1], std::int32_t (&low)[4][1]) {
    // Operands that are constants at each level of optimization.
    constexpr std::size_t o0 = Pixels.offset[0], o1 = Pixels.offset[1], o2 = Pixels.offset[2],
                          o3 = Pixels.offset[3];
    std::int32_t weight, low_weight, value;
#define ARCHETYPE_PIXEL(i, rotation)       \
    "ldr %[v], [%[x], %[o" #i              \
    "]]\n\t"                               \
    "sxtb16 %[v], %[v]" rotation           \
    "\n\t"                                 \
    "smlad %[b" #i "], %[v], %[w], %[b" #i \
    "]\n\t"                                \
    "smlad %[l" #i "], %[v], %[q], %[l" #i "]\n\t"
#define ARCHETYPE_TWO_TAPS(rotation)                                             \
    "ldr %[w], [%[p]], #4\n\tsxtb16 %[q], %[w]\n\t" ARCHETYPE_PIXEL(0, rotation) \
        ARCHETYPE_PIXEL(1, rotation) ARCHETYPE_PIXEL(2, rotation) ARCHETYPE_PIXEL(3, rotation)
    asm(ARCHETYPE_TWO_TAPS("") ARCHETYPE_TWO_TAPS(", ror #8")
        : [w] "=&r"(weight), [q] "=&r"(low_weight), [v] "=&r"(value), [p] "+&r"(weights),
          [b0] "+&r"(both[0][0]), [b1] "+&r"(both[1][0]), [b2] "+&r"(both[2][0]), [b3] "+&r"(both[3][0]),
          [l0] "+&r"(low[0][0]), [l1] "+&r"(low[1][0]), [l2] "+&r"(low[2][0]), [l3] "+&r"(low[3][0])
        : [x] "r"(x), [o0] "i"(o0), [o1] "i"(o1), [o2] "i"(o2), [o3] "i"(o3)
        : "memory");
#undef ARCHETYPE_TWO_TAPS
#undef ARCHETYPE_PIXEL
}
/// The same until the end of a run, whole fours, in a frame of its own: what it is inlined into at -Os, or without a loop
/// around it, may not leave enough registers.
template <int8_pixels Pixels>
[[gnu::noinline]] const std::int8_t* add_run(const std::int8_t* x, const std::int8_t* const end,
                                             const std::int8_t*& weights, std::int32_t (&both)[4][1],
                                             std::int32_t (&low)[4][1]) {
    const std::int8_t* w = weights;
    std::int32_t own[4][1], own_low[4][1];
    for (std::size_t p = 0; p < 4; ++p) own[p][0] = both[p][0], own_low[p][0] = low[p][0];
#pragma GCC unroll 1
    for (; x != end; x += 4) add_four_taps<Pixels>(x, w, own, own_low);
    for (std::size_t p = 0; p < 4; ++p) both[p][0] = own[p][0], low[p][0] = own_low[p][0];
    weights = w;
    return x;
}
/// The distances of the pixels are immediate operands. All registers are needed: without optimization the frame takes one,
/// and no macro tells of one that is reserved (-ffixed-r9), so that users do.
constexpr bool takes_four_pixels(const int8_pixels& pixels) {
#if !defined(__OPTIMIZE__) || defined(ARCHETYPE_RESERVED_REGISTER)
    return false;
#endif
    return pixels.count == 4 && pixels.offset[1] < 4096 && pixels.offset[2] < 4096 && pixels.offset[3] < 4096;
}

/// Sums over which Q is exact, whatever the numbers: 128 * 127 * 512 < 2^23.
inline constexpr std::size_t paired_taps = 512;

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void native_int8_products(const std::int8_t* in, const std::int8_t* weights,
                                           std::int32_t* sums) {
    constexpr std::size_t tile = tile_filters(weight_order::paired, Pixels.count), pairs = tile / 2;
    constexpr bool one_part = Patch.taps() <= detail::paired_taps;
    constexpr bool aligned = Patch.length * tile % 4 == 0;
    std::int32_t both[Pixels.count][pairs] = {}, low[Pixels.count][pairs] = {};
    if constexpr (!one_part)
        for (std::size_t i = 0; i < Pixels.count * tile; ++i) sums[i] = 0;
    const auto store = [&](auto put) __attribute__((always_inline)) {
#pragma GCC unroll 4
        for (std::size_t p = 0; p < Pixels.count; ++p)
#pragma GCC unroll 4
            for (std::size_t j = 0; j < pairs; ++j) {
                put(sums[p * tile + 2 * j], low[p][j]);
                put(sums[p * tile + 2 * j + 1],
                    static_cast<std::int32_t>(static_cast<std::uint32_t>(both[p][j]) -
                                              static_cast<std::uint32_t>(low[p][j])) >>
                        8);
            }
    };
    for_runs<Patch>(
        in, [&](const std::int8_t* x) __attribute__((always_inline)) {
            for (std::size_t first = 0; first < Patch.length; first += detail::paired_taps) {
                const std::size_t left = Patch.length - first,
                                  now = left < detail::paired_taps ? left : detail::paired_taps;
                const std::int8_t* const end = x + now / 4 * 4;
#if defined(__OPTIMIZE_SIZE__)
                constexpr bool in_a_frame = true;
#else
                constexpr bool in_a_frame = Patch.runs() == 1 && Patch.length / 4 == 1;
#endif
                if constexpr (in_a_frame && detail::takes_four_pixels(Pixels))
                    x = detail::add_run<Pixels>(x, end, weights, both, low);
#pragma GCC unroll 1
                for (; x != end; x += 4) {
                    if constexpr (detail::takes_four_pixels(Pixels)) {
                        detail::add_four_taps<Pixels>(x, weights, both, low);
                        continue;
                    }
#pragma GCC unroll 4
                    for (std::size_t j = 0; j < pairs; ++j) {
                        std::int32_t even, odd;
                        if constexpr (aligned) {
                            detail::load_two(weights, even, odd);
                        } else {
                            even = detail::load_word(weights);
                            odd = detail::load_word(weights + 4);
                            weights += 8;
                        }
                        const std::int32_t low_even = detail::even_bytes(even),
                                           low_odd = detail::even_bytes(odd);
#pragma GCC unroll 4
                        for (std::size_t p = 0; p < Pixels.count; ++p) {
                            const std::int32_t word = detail::load_word(x + Pixels.offset[p]);
                            const std::int32_t value = detail::even_bytes(word),
                                               next = detail::odd_bytes(word);
                            both[p][j] = __smlad(value, even, both[p][j]);
                            low[p][j] = __smlad(value, low_even, low[p][j]);
                            both[p][j] = __smlad(next, odd, both[p][j]);
                            low[p][j] = __smlad(next, low_odd, low[p][j]);
                        }
                    }
                }
#pragma GCC unroll 1
                for (std::size_t k = 0; k < now % 4; ++k, ++x)
#pragma GCC unroll 4
                    for (std::size_t j = 0; j < pairs; ++j, weights += 2) {
                        const std::int32_t weight = detail::load_half(weights),
                                           low_weight = static_cast<std::int8_t>(weight);
#pragma GCC unroll 4
                        for (std::size_t p = 0; p < Pixels.count; ++p) {
                            const std::int32_t value = x[Pixels.offset[p]];
                            both[p][j] =
                                static_cast<std::int32_t>(static_cast<std::uint32_t>(both[p][j]) +
                                                          static_cast<std::uint32_t>(value * weight));
                            low[p][j] += value * low_weight;
                        }
                    }
                if constexpr (!one_part) {
                    store([](std::int32_t& to, std::int32_t sum) { to += sum; });
                    for (std::size_t p = 0; p < Pixels.count; ++p)
                        for (std::size_t j = 0; j < pairs; ++j) both[p][j] = low[p][j] = 0;
                }
            }
        });
    if constexpr (one_part) store([](std::int32_t& to, std::int32_t sum) { to = sum; });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
