// SPDX-License-Identifier: BSL-1.0
/// @file int8_join.hpp
/// Sums, products, differences and the like of two 8-bit tensors.
#pragma once
#include <archetype/kernels/images/stretched.hpp>
#include <archetype/kernels/integers/int8_requantize.hpp>

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
    const int8_range range = add.range;
    const auto run = [&](const auto& least) __attribute__((always_inline)) {
        const auto one = [&](std::size_t i) __attribute__((always_inline)) {
            const std::int32_t share = exact_offset + exact[i] * (1 << (int8_addition::left_shift - 1));
            const std::int32_t sum = rounded_product(other[i] * factor + offset, multiplier, power, share);
            out[i] = static_cast<std::int8_t>(
                least(__ssat(rounded_product(2 * sum, last_multiplier, last_power, range.zero_point), 8)));
        };
#pragma GCC unroll 1
        for (; count >= 4; count -= 4, exact += 4, other += 4, out += 4) {
            one(0);
            one(1);
            one(2);
            one(3);
        }
#pragma GCC unroll 1
        for (; count != 0; --count, ++exact, ++other, ++out) one(0);
    };
    if (range.minimum <= -128)
        run([](std::int32_t x) { return x; });
    else
        run([&](std::int32_t x) { return x < range.minimum ? range.minimum : x; });
}
#endif
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
        // Pixels, rows or all at once, as they lie without gaps.
        constexpr bool rows =
            A.pixel_stride == A.channels && Out.pixel_stride == Out.channels && B.runs_across_pixels();
        constexpr bool all = rows && !B.repeats() && A.row_stride == A.width * A.channels &&
                             Out.row_stride == A.row_stride && cells.row_stride == A.row_stride;
        for (std::size_t y = 0; y < (all ? 1 : Out.height); ++y)
            for (std::size_t x = 0; x < (rows ? 1 : Out.width); ++x)
                detail::join_neighbours(a + at.template operator()<A>(y, x),
                                        b + at.template operator()<cells>(y, x),
                                        out + at.template operator()<Out>(y, x),
                                        (all ? Out.height : 1) * (rows ? Out.width : 1) * Out.channels, join);
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
