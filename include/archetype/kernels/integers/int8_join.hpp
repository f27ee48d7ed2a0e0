// SPDX-License-Identifier: BSL-1.0
/// @file int8_join.hpp
/// Sums, products, differences and the like of two 8-bit tensors.
#pragma once
#include <archetype/kernels/images/stretched.hpp>
#include <archetype/kernels/integers/int8_requantize.hpp>
#if defined(__AVX2__)
#include <archetype/kernels/integers/int8_join_x86.hpp>
#endif

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The sum of two tensors with scales of their own, as TensorFlow Lite specifies: both are brought to a common scale with 20
/// more bits, added, and brought to the result's.
struct int8_addition {
    static constexpr std::int32_t left_shift = 20;
    std::int32_t zero_point[2];            ///< of the operands
    std::int32_t multiplier[3], shift[3];  ///< of the operands, and of the result
    int8_range range;

    constexpr std::int8_t operator()(std::int8_t a, std::int8_t b) const {
        return joined(a, b, [](std::int32_t x, std::int32_t y) { return x + y; });
    }
    /// The same of another function that is homogeneous, such as a difference (SUB) or the larger of both.
    template <class Function>
    ARCHETYPE_INLINE constexpr std::int8_t joined(std::int8_t a, std::int8_t b,
                                                  const Function& function) const {
        const std::int32_t first = multiply_by_quantized_multiplier((a - zero_point[0]) * (1 << left_shift),
                                                                    multiplier[0], shift[0]);
        const std::int32_t second = multiply_by_quantized_multiplier((b - zero_point[1]) * (1 << left_shift),
                                                                     multiplier[1], shift[1]);
        return clamp(multiply_by_quantized_multiplier(function(first, second), multiplier[2], shift[2]) +
                         range.zero_point,
                     range);
    }
};

/// The product of two tensors, as TensorFlow Lite's MUL.
struct int8_product {
    std::int32_t zero_point[2];  ///< of the operands
    std::int32_t multiplier, shift;
    int8_range range;

    constexpr std::int8_t operator()(std::int8_t a, std::int8_t b) const {
        const std::int32_t product = (a - zero_point[0]) * (b - zero_point[1]);
        return clamp(multiply_by_quantized_multiplier(product, multiplier, shift) + range.zero_point, range);
    }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Joins `count` neighbours, one by one.
template <class Join>
ARCHETYPE_INLINE void join_neighbours(const std::int8_t* a, const std::int8_t* b, std::int8_t* out,
                                      std::size_t count, const Join& join) {
    for (std::size_t i = 0; i < count; ++i) out[i] = join(a[i], b[i]);
}

#if defined(__AVX2__)
inline void join_neighbours(const std::int8_t* a, const std::int8_t* b, std::int8_t* out, std::size_t count,
                            const int8_addition& add) {
    for (std::size_t i = add_sixteens(a, b, out, count, add); i < count; ++i) out[i] = add(a[i], b[i]);
}
#endif

#if defined(__ARM_FEATURE_MVE) || defined(ARCHETYPE_DSP_SCALING)
/// Sums with the processor's fixed-point instructions. The operand of the larger scale has the factor 1/2: its share is
/// exact, a product with a power of two. That of the other one is rounded, as is the sum.
struct addition_terms {
    std::int32_t factor[2], offset[2];  ///< of the numbers, before they are multiplied: the exact one first
    bool swapped, possible;
    std::int32_t multiplier, shift;  ///< of the one that is rounded; the shift is negative

    explicit addition_terms(const int8_addition& add) {
        const auto is_half = [&](int i) { return add.multiplier[i] == 1 << 30 && add.shift[i] == 0; };
        swapped = !is_half(0);
        const int exact = swapped ? 1 : 0, other = 1 - exact;
        // Where both are, the second one is four times as much before a shift by two.
        const bool both = is_half(other);
        possible = is_half(exact) && (both || add.shift[other] < 0) && add.shift[2] < 0;
        factor[0] = 1 << (int8_addition::left_shift - 1);
        factor[1] = 1 << (int8_addition::left_shift + (both ? 2 : 0));
        for (int i = 0; i < 2; ++i) offset[i] = -add.zero_point[i == 0 ? exact : other] * factor[i];
        multiplier = add.multiplier[other];
        shift = both ? -2 : add.shift[other];
    }
};

#if defined(__ARM_FEATURE_MVE)
[[gnu::noinline]] inline void join_neighbours(const std::int8_t* a, const std::int8_t* b, std::int8_t* out,
                                              std::size_t count, const int8_addition& add) {
    const addition_terms terms(add);
    if (!terms.possible) {
        for (std::size_t i = 0; i < count; ++i) out[i] = add(a[i], b[i]);
        return;
    }
    const std::int8_t* exact = terms.swapped ? b : a;
    const std::int8_t* other = terms.swapped ? a : b;
    const std::int32_t multiplier = add.multiplier[2], shift = add.shift[2],
                       zero_point = add.range.zero_point;
    const int32x4_t factor = vdupq_n_s32(terms.factor[1]), most = vdupq_n_s32(127),
                    least = vdupq_n_s32(add.range.minimum);
    const auto four = [&](const auto& put) __attribute__((always_inline)) {
        int32x4_t sum = vmlasq_n_s32(vldrbq_s32(other), factor, terms.offset[1]);
        sum = rounded_product(sum, terms.multiplier, terms.shift);
        sum = vaddq_n_s32(vmlaq_n_s32(sum, vldrbq_s32(exact), terms.factor[0]), terms.offset[0]);
        sum = rounded_product(sum, multiplier, shift);
        put(vmaxq_s32(vminq_s32(vaddq_n_s32(sum, zero_point), most), least));
    };
#pragma GCC unroll 1
    for (; count >= 4; count -= 4, exact += 4, other += 4, out += 4)
        four([&](int32x4_t sum) { vstrbq_s32(out, sum); });
    if (count != 0) four([&](int32x4_t sum) { vstrbq_p_s32(out, sum, vctp32q(count)); });
}
#else
[[gnu::noinline]] inline void join_neighbours(const std::int8_t* a, const std::int8_t* b, std::int8_t* out,
                                              std::size_t count, const int8_addition& add) {
    const addition_terms terms(add);
    if (!terms.possible) {
        for (std::size_t i = 0; i < count; ++i) out[i] = add(a[i], b[i]);
        return;
    }
    const std::int8_t* exact = terms.swapped ? b : a;
    const std::int8_t* other = terms.swapped ? a : b;
    const std::int32_t factor = 2 * terms.factor[1], offset = 2 * terms.offset[1],
                       power = negative_power(terms.shift), exact_offset = terms.offset[0],
                       multiplier = terms.multiplier, last_multiplier = add.multiplier[2],
                       last_power = negative_power(add.shift[2]);
    const std::int32_t zero_point = add.range.zero_point;
    const auto one = [&](std::size_t i) __attribute__((always_inline)) {
        const std::int32_t share = exact_offset + exact[i] * (1 << (int8_addition::left_shift - 1));
        const std::int32_t sum = rounded_product(other[i] * factor + offset, multiplier, power, share);
        out[i] = static_cast<std::int8_t>(
            __ssat(rounded_product(2 * sum, last_multiplier, last_power, zero_point), 8));
    };
    std::size_t i = 0;
#pragma GCC unroll 1
    for (; i + 2 <= count; i += 2) {
        one(i);
        one(i + 1);
    }
    if (i != count) one(i);
    if (add.range.minimum > -128) raise(out, count, add.range.minimum);
}
#endif
#endif

/// Runs of numbers that follow one another, and the distances between the runs.
struct joined_runs {
    std::size_t runs, count, a_stride, b_stride, out_stride;
};

/// Joins run by run.
template <class Join>
ARCHETYPE_INLINE void join_runs(const std::int8_t* a, const std::int8_t* b, std::int8_t* out,
                                const joined_runs& of, const Join& join) {
    for (std::size_t i = 0; i < of.runs; ++i)
        join_neighbours(a + i * of.a_stride, b + i * of.b_stride, out + i * of.out_stride, of.count, join);
}

#if defined(__ARM_FEATURE_MVE) || defined(ARCHETYPE_DSP_SCALING)
/// As many sums pay for a table of the 256 shares of the operand that is rounded.
inline constexpr std::size_t sums_for_a_table = 1024;
#if defined(__ARM_FEATURE_MVE)
inline constexpr std::size_t sums_at_once = 16;
#else
inline constexpr std::size_t sums_at_once = 8;
#endif

/// Shares of the operand that is rounded, with the offset of the other one, by its numbers as bytes without a sign. Without MVE
/// they are doubled, as high words of products want them.
inline void fill_shares(const addition_terms& terms, std::int32_t (&shares)[256]) {
#if defined(__ARM_FEATURE_MVE)
    const int32x4_t offset = vdupq_n_s32(terms.offset[0]);
    int32x4_t numbers = vaddq_n_s32(vreinterpretq_s32_u32(vidupq_n_u32(0, 1)), -128);
#pragma GCC unroll 1
    for (std::int32_t i = -128; i < 128; i += 4, numbers = vaddq_n_s32(numbers, 4)) {
        int32x4_t x = vmlasq_n_s32(numbers, vdupq_n_s32(terms.factor[1]), terms.offset[1]);
        x = vaddq_s32(rounded_product(x, terms.multiplier, terms.shift), offset);
        vstrwq_s32(shares + (i & 255), x);
    }
#else
    const std::int32_t factor = 2 * terms.factor[1], offset = 2 * terms.offset[1],
                       power = negative_power(terms.shift), exact_offset = terms.offset[0];
#pragma GCC unroll 1
    for (std::int32_t i = -128; i < 128; ++i)
        shares[i & 255] = 2 * rounded_product(i * factor + offset, terms.multiplier, power, exact_offset);
#endif
}

#if defined(__ARM_FEATURE_MVE)
/// Sums of every fourth number, so that they lie side by side when they are narrowed.
#define ARCHETYPE_FOUR_SUMS(x, at)                                              \
    "vldrb.u32 %q[t], [%[b], %q[" at "]]\n\tvldrw.u32 %q[" x                    \
    "], [%[shares], %q[t], uxtw #2]\n\t"                                        \
    "vldrb.s32 %q[t], [%[a], %q[" at "]]\n\tvmla.s32 %q[" x                     \
    "], %q[t], %[factor]\n\t"                                                   \
    "vqrdmulh.s32 %q[" x "], %q[" x "], %[multiplier]\n\tvshr.s32 %q[t], %q[" x \
    "], #31\n\t"                                                                \
    "vadd.i32 %q[" x "], %q[" x "], %q[t]\n\tvrshl.s32 %q[" x "], %[shift]\n\t"
/// Sixteen at once; written down, as compilers move vectors about and have no registers for that.
inline void add_by_table(const std::int8_t* exact, const std::int8_t* other, std::int8_t* out,
                         std::size_t count, const std::int32_t* shares, const int8_addition& add) {
    const uint32x4_t at = vidupq_n_u32(0, 4);
    const std::int32_t multiplier = add.multiplier[2], shift = add.shift[2], zero = add.range.zero_point;
    int32x4_t even, odd, sums, numbers;
#pragma GCC unroll 1
    for (std::size_t i = 0; i < count; i += 16, exact += 16, other += 16)
        asm volatile(ARCHETYPE_FOUR_SUMS("x", "at0") "vqmovnb.s32 %q[even], %q[x]\n\t"
            ARCHETYPE_FOUR_SUMS("x", "at2") "vqmovnt.s32 %q[even], %q[x]\n\t"
            ARCHETYPE_FOUR_SUMS("x", "at1") "vqmovnb.s32 %q[odd], %q[x]\n\t"
            ARCHETYPE_FOUR_SUMS("x", "at3") "vqmovnt.s32 %q[odd], %q[x]\n\t"
            "vqadd.s16 %q[even], %q[even], %[zero]\n\tvqadd.s16 %q[odd], %q[odd], %[zero]\n\t"
            "vqmovnb.s16 %q[even], %q[even]\n\tvqmovnt.s16 %q[even], %q[odd]\n\tvstrb.8 %q[even], [%[out]], #16"
            : [out] "+r"(out), [even] "=&w"(even), [odd] "=&w"(odd), [x] "=&w"(sums), [t] "=&w"(numbers)
            : [a] "r"(exact), [b] "r"(other), [shares] "r"(shares), [factor] "r"(1 << 19),
              [multiplier] "r"(multiplier), [shift] "r"(shift), [zero] "r"(zero),
              [at0] "w"(at), [at1] "w"(vaddq_n_u32(at, 1)), [at2] "w"(vaddq_n_u32(at, 2)),
              [at3] "w"(vaddq_n_u32(at, 3))
            : "memory");
    if (add.range.minimum > -128) raise(out - count, count, add.range.minimum);
}
#undef ARCHETYPE_FOUR_SUMS
#else
/// @tparam Shift  of the last product, or 0 where it is known later
template <int Shift>
ARCHETYPE_INLINE void add_by_table(const std::int8_t* exact, const std::int8_t* other, std::int8_t* out,
                                   std::size_t count, const std::int32_t* shares, std::int32_t multiplier,
                                   std::int32_t shift, std::int32_t to) {
    const auto one = [&]() __attribute__((always_inline)) {
        const std::int32_t sum = shares[static_cast<std::uint8_t>(*other++)] + *exact++ * (1 << 20);
        std::int32_t result;
        asm("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(sum), "r"(multiplier), "r"(to));
        result += sum >> 31;  // halves away from zero
        if constexpr (Shift != 0)
            asm("ssat %0, #8, %1, asr %2" : "=r"(result) : "r"(result), "i"(Shift));
        else
            result = __ssat(result >> shift, 8);
        *out++ = static_cast<std::int8_t>(result);
    };
    const std::int8_t* const end = out + count;
#pragma GCC unroll 1
    while (out != end) {
        one();
        one();
        if constexpr (Shift != 0) {
            one();
            one();
            one();
            one();
            one();
            one();
        }
    }
}
inline void add_by_table(const std::int8_t* exact, const std::int8_t* other, std::int8_t* out,
                         std::size_t count, const std::int32_t* shares, const int8_addition& add) {
    const std::int32_t multiplier = add.multiplier[2], shift = -add.shift[2],
                       to = (1 << (shift - 1)) + add.range.zero_point * (1 << shift);
    if (shift == 19)
        add_by_table<19>(exact, other, out, count, shares, multiplier, shift, to);
    else if (shift == 18)
        add_by_table<18>(exact, other, out, count, shares, multiplier, shift, to);
    else
        add_by_table<0>(exact, other, out, count, shares, multiplier, shift, to);
    if (add.range.minimum > -128) raise(out, count, add.range.minimum);
}
#endif

/// Sums of runs of whole `sums_at_once`, by a table of shares.
[[gnu::noinline]] inline void add_runs_by_table(const addition_terms& terms, const std::int8_t* a,
                                                const std::int8_t* b, std::int8_t* out, const joined_runs& of,
                                                const int8_addition& add) {
    std::int32_t shares[256];
    fill_shares(terms, shares);
#pragma GCC unroll 1
    for (std::size_t i = 0; i < of.runs; ++i, a += of.a_stride, b += of.b_stride, out += of.out_stride)
        add_by_table(terms.swapped ? b : a, terms.swapped ? a : b, out,
                     of.count / sums_at_once * sums_at_once, shares, add);
}

/// As above for sums: many of them by a table.
[[gnu::noinline]] inline void join_runs(const std::int8_t* a, const std::int8_t* b, std::int8_t* out,
                                        const joined_runs& of, const int8_addition& add) {
    const addition_terms terms(add);
    std::size_t done = 0;
    if (terms.possible && add.shift[2] >= -22 && of.count >= sums_at_once &&
        of.runs * of.count >= sums_for_a_table) {
        add_runs_by_table(terms, a, b, out, of, add);
        done = of.count / sums_at_once * sums_at_once;
    }
    if (done == of.count) return;
#pragma GCC unroll 1
    for (std::size_t i = 0; i < of.runs; ++i, a += of.a_stride, b += of.b_stride, out += of.out_stride)
        join_neighbours(a + done, b + done, out + done, of.count - done, add);
}
#endif

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out = join(a, b), one sample; b may repeat.
template <image A, stretched_image B, image Out, class Join>
void int8_join(const std::int8_t* a, const std::int8_t* b, std::int8_t* out, const Join& join) {
    constexpr image cells = B.cells;
    const auto at = []<image Of>(std::size_t y, std::size_t x) {
        return Of.offset + y * Of.row_stride + x * Of.pixel_stride;
    };
    if constexpr (B.repeats_channels) {
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x)
                for (std::size_t c = 0; c < Out.channels; ++c)
                    out[at.template operator()<Out>(y, x) + c] =
                        join(a[at.template operator()<A>(y, x) + c], b[at.template operator()<cells>(y, x)]);
    } else {
        // All at once, or the rows of an image or the pixels of a row, as they lie without gaps.
        constexpr bool rows =
            A.pixel_stride == A.channels && Out.pixel_stride == Out.channels && B.runs_across_pixels();
        constexpr bool all = rows && !B.repeats() && A.row_stride == A.width * A.channels &&
                             Out.row_stride == A.row_stride && cells.row_stride == A.row_stride;
        constexpr std::size_t width = Out.width * Out.channels;
        constexpr detail::joined_runs runs =
            all    ? detail::joined_runs{1, Out.height * width, 0, 0, 0}
            : rows ? detail::joined_runs{Out.height, width, A.row_stride, cells.row_stride, Out.row_stride}
                   : detail::joined_runs{Out.width, Out.channels, A.pixel_stride, cells.pixel_stride,
                                         Out.pixel_stride};
        for (std::size_t y = 0; y < (rows ? 1 : Out.height); ++y)
            detail::join_runs(a + at.template operator()<A>(y, 0), b + at.template operator()<cells>(y, 0),
                              out + at.template operator()<Out>(y, 0), runs, join);
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
