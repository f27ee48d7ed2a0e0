// SPDX-License-Identifier: BSL-1.0
/// @file int8_products_dsp.hpp
/// Sums of 8-bit products with SMLAD, two at once: Cortex-M with the DSP extension. A halfword holds 256 q + p, the weights
/// of two filters. One SMLAD with it adds to 256 Q + P, one with its low byte, extended by SXTB16, to P: half the
/// extensions that two separate filters need, and Q = (256 Q + P - P) / 256 is exact while |Q| < 2^23.
#pragma once
#include <arm_acle.h>
#include <archetype/kernels/integers/int8_products_scalar.hpp>

// Assembly that takes all registers, which Arm state has other forms of. Where data lies relative to r9, it is not there to
// take; of -ffixed-r9 no macro tells, so that users do.
#if defined(__thumb2__) && !defined(ARCHETYPE_RESERVED_REGISTER) && !defined(__ARM_RWPI) && \
    (!defined(__pic__) || defined(__linux__))
#define ARCHETYPE_ALL_REGISTERS 1
#endif

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
#if defined(__thumb2__)
    asm("ldrd %0, %1, [%2], #8"
        : "=&r"(first), "=&r"(second), "+r"(from)
        : "m"(*reinterpret_cast<const std::int8_t(*)[8]>(from)));
#else  // of two neighbouring registers only
    first = load_word(from);
    second = load_word(from + 4);
    from += 8;
#endif
}

// What follows adds the products of taps of a pair of filters to the sums of four pixels. Eight sums and two pointers leave
// three registers of fourteen: few enough that this is written down, compilers spill five of the sums. The first pixel comes
// last, so that its address can move on.
#define ARCHETYPE_PIXEL(i, address, load, widen, product)                                                   \
    load " %[v], " address "\n\t" widen product " %[b" #i "], %[v], %[w], %[b" #i "]\n\t" product " %[l" #i \
         "], %[v], %[q], %[l" #i "]\n\t"
#define ARCHETYPE_PIXELS(last, ...)                  \
    ARCHETYPE_PIXEL(1, "[%[x], %[o1]]", __VA_ARGS__) \
    ARCHETYPE_PIXEL(2, "[%[x], %[o2]]", __VA_ARGS__) \
    ARCHETYPE_PIXEL(3, "[%[x], %[o3]]", __VA_ARGS__) ARCHETYPE_PIXEL(0, last, __VA_ARGS__)
#define ARCHETYPE_SUMS(both, low)                                                                   \
    [w] "=&r"(weight), [q] "=&r"(low_weight), [v] "=&r"(value), [x] "+r"(x), [p] "+r"(weights),     \
        [b0] "+r"(both[0][0]), [b1] "+r"(both[1][0]), [b2] "+r"(both[2][0]), [b3] "+r"(both[3][0]), \
        [l0] "+r"(low[0][0]), [l1] "+r"(low[1][0]), [l2] "+r"(low[2][0]), [l3] "+r"(low[3][0])

/// Four taps at once, until `end`, which is not `x`.
template <int8_pixels Pixels>
ARCHETYPE_INLINE void add_fours(const std::int8_t*& x, const std::int8_t* const end,
                                const std::int8_t*& weights, std::int32_t (&both)[4][1],
                                std::int32_t (&low)[4][1]) {
    // Operands that are constants at each level of optimization.
    constexpr std::size_t o1 = Pixels.offset[1], o2 = Pixels.offset[2], o3 = Pixels.offset[3];
    std::int32_t weight, low_weight, value;
    asm("0:\n\tldr %[w], [%[p]], #4\n\tsxtb16 %[q], %[w]\n\t" ARCHETYPE_PIXELS("[%[x]]", "ldr", "sxtb16 %[v], %[v]\n\t", "smlad")
        "ldr %[w], [%[p]], #4\n\tsxtb16 %[q], %[w]\n\t" ARCHETYPE_PIXELS("[%[x]], #4", "ldr", "sxtb16 %[v], %[v], ror #8\n\t", "smlad")
        "ldr %[v], %[end]\n\tcmp %[x], %[v]\n\tbne 0b"
        : ARCHETYPE_SUMS(both, low)
        : [end] "m"(end), [o1] "i"(o1), [o2] "i"(o2), [o3] "i"(o3)
        : "cc", "memory");
}
/// One tap that is left.
template <int8_pixels Pixels>
ARCHETYPE_INLINE void add_tap(const std::int8_t*& x, const std::int8_t*& weights, std::int32_t (&both)[4][1],
                              std::int32_t (&low)[4][1]) {
    constexpr std::size_t o1 = Pixels.offset[1], o2 = Pixels.offset[2], o3 = Pixels.offset[3];
    std::int32_t weight, low_weight, value;
    asm("ldrsh %[w], [%[p]], #2\n\tsxtb %[q], %[w]\n\t" ARCHETYPE_PIXELS("[%[x]], #1", "ldrsb", "", "mla")
        : ARCHETYPE_SUMS(both, low)
        : [o1] "i"(o1), [o2] "i"(o2), [o3] "i"(o3)
        : "memory");
}
#undef ARCHETYPE_SUMS
#undef ARCHETYPE_PIXELS
#undef ARCHETYPE_PIXEL
/// The distances of the pixels are immediate operands. All registers are needed: without optimization the frame takes one, and
/// clang++ does not find them.
constexpr bool takes_four_pixels([[maybe_unused]] const int8_pixels& pixels) {
#if !defined(__OPTIMIZE__) || !defined(ARCHETYPE_ALL_REGISTERS) || defined(__clang__)
    return false;
#else
    return pixels.count == 4 && pixels.weights_count() != 1 && pixels.offset[1] < 4096 &&
           pixels.offset[2] < 4096 && pixels.offset[3] < 4096;
#endif
}

/// Sums over which Q is exact, whatever the numbers: 128 * 127 * 512 < 2^23.
inline constexpr std::size_t paired_taps = 512;

template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void paired_products(const std::int8_t* in, const std::int8_t* weights, std::int32_t* sums) {
    constexpr std::size_t tile = tile_filters(weight_order::paired, Pixels.weights_count()), pairs = tile / 2;
    constexpr bool one_part = Patch.taps() <= paired_taps;
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
            for (std::size_t first = 0; first < Patch.length; first += paired_taps) {
                const std::size_t left = Patch.length - first, now = left < paired_taps ? left : paired_taps;
                const std::int8_t* const end = x + now / 4 * 4;
                if constexpr (takes_four_pixels(Pixels)) {
                    static_assert(Pixels.offset[0] == 0);
                    if (now >= 4) add_fours<Pixels>(x, end, weights, both, low);
#pragma GCC unroll 3
                    for (std::size_t k = 0; k < now % 4; ++k) add_tap<Pixels>(x, weights, both, low);
                } else {
#pragma GCC unroll 1
                    for (; x != end; x += 4) {
#pragma GCC unroll 4
                        for (std::size_t j = 0; j < pairs; ++j) {
                            std::int32_t even, odd;
                            if constexpr (aligned) {
                                load_two(weights, even, odd);
                            } else {
                                even = load_word(weights);
                                odd = load_word(weights + 4);
                                weights += 8;
                            }
                            const std::int32_t low_even = even_bytes(even), low_odd = even_bytes(odd);
#pragma GCC unroll 4
                            for (std::size_t p = 0; p < Pixels.count; ++p) {
                                const std::int32_t word = load_word(x + Pixels.offset[p]);
                                const std::int32_t value = even_bytes(word), next = odd_bytes(word);
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
                            const std::int32_t weight = load_half(weights),
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

/// In a frame of its own: what it is inlined into may not leave the registers that four pixels need.
template <int8_patch Patch, int8_pixels Pixels>
[[gnu::noinline]] void paired_products_in_a_frame(const std::int8_t* in, const std::int8_t* weights,
                                                  std::int32_t* sums) {
    paired_products<Patch, Pixels>(in, weights, sums);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void native_int8_products(const std::int8_t* in, const std::int8_t* weights,
                                           std::int32_t* sums) {
    if constexpr (detail::takes_four_pixels(Pixels))
        detail::paired_products_in_a_frame<Patch, Pixels>(in, weights, sums);
    else
        detail::paired_products<Patch, Pixels>(in, weights, sums);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
