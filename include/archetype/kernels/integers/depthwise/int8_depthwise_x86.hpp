// SPDX-License-Identifier: BSL-1.0
/// @file int8_depthwise_x86.hpp
/// Depthwise convolutions of 8-bit numbers on x86: a vector of channels at once, whose taps are interleaved so that one
/// instruction multiplies several taps of a channel. The code is one for all layers.
#pragma once
#include <archetype/kernels/integers/int8_geometry.hpp>
#include <archetype/kernels/integers/int8_tiles_x86.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

#if ARCHETYPE_INT8_WIDE
ARCHETYPE_INLINE words interleaved_bytes(words a, words b, bool high) {
    return high ? _mm512_unpackhi_epi8(a, b) : _mm512_unpacklo_epi8(a, b);
}
ARCHETYPE_INLINE words interleaved_halves(words a, words b, bool high) {
    return high ? _mm512_unpackhi_epi16(a, b) : _mm512_unpacklo_epi16(a, b);
}
#else
ARCHETYPE_INLINE words interleaved_bytes(words a, words b, bool high) {
    return high ? _mm256_unpackhi_epi8(a, b) : _mm256_unpacklo_epi8(a, b);
}
ARCHETYPE_INLINE words interleaved_halves(words a, words b, bool high) {
    return high ? _mm256_unpackhi_epi16(a, b) : _mm256_unpacklo_epi16(a, b);
}
#endif

/// Taps that one instruction multiplies, as many vectors of sums, and channels of all of them. Vector v has the fours of
/// channels v, v + joined_taps, ...
inline constexpr std::size_t joined_taps = input_is_moved ? 4 : 2, joined_channels = joined_taps * word_lanes;

/// Where channel `c` of some is among the sums.
constexpr std::size_t joined_place(std::size_t c) {
    return c / 4 % joined_taps * word_lanes + c / 4 / joined_taps * 4 + c % 4;
}

/// One tap of all channels: moved bytes, or 16 bits each.
ARCHETYPE_INLINE words tap_of_channels(const std::int8_t* from, bool moved) {
    if constexpr (!input_is_moved) return weight_vector(from);
    const words bytes = load_words(from);
#if ARCHETYPE_INT8_WIDE
    return moved ? _mm512_xor_si512(bytes, _mm512_set1_epi8(-128)) : bytes;
#else
    return moved ? _mm256_xor_si256(bytes, _mm256_set1_epi8(-128)) : bytes;
#endif
}

/// Some taps of all channels, interleaved.
ARCHETYPE_INLINE void interleave_taps(const words (&taps)[joined_taps], words (&joined)[joined_taps]) {
    if constexpr (joined_taps == 4) {
        for (std::size_t half = 0; half < 2; ++half) {
            const words first = interleaved_bytes(taps[0], taps[1], half == 1),
                        second = interleaved_bytes(taps[2], taps[3 % joined_taps], half == 1);
            joined[2 * half] = interleaved_halves(first, second, false);
            joined[(2 * half + 1) % joined_taps] = interleaved_halves(first, second, true);
        }
    } else {
        joined[0] = interleaved_halves(taps[0], taps[1], false);
        joined[1] = interleaved_halves(taps[0], taps[1], true);
    }
}

/// Sums in the order of `joined_place` as bytes, of which `count` are written.
ARCHETYPE_INLINE void store_joined(const words (&x)[joined_taps], __m128i minimum, std::int8_t* to,
                                   std::size_t count) {
#if ARCHETYPE_INT8_WIDE && defined(ARCHETYPE_INT8_VNNI)
    const words bytes = _mm512_max_epi8(saturated_fours(x), _mm512_broadcast_i32x4(minimum));
    if (count >= joined_channels) [[likely]]
        _mm512_storeu_si512(to, bytes);
    else
        _mm512_mask_storeu_epi8(to, (std::uint64_t{1} << count) - 1, bytes);
#elif ARCHETYPE_INT8_WIDE
    const __m256i bytes = _mm256_max_epi8(_mm512_cvtsepi16_epi8(_mm512_packs_epi32(x[0], x[1])),
                                          _mm256_broadcastsi128_si256(minimum));
    _mm256_mask_storeu_epi8(to, count >= joined_channels ? 0xffffffffu : (1u << count) - 1, bytes);
#elif defined(ARCHETYPE_INT8_VNNI)
    const words bytes = _mm256_packs_epi16(_mm256_packs_epi32(x[0], x[1]), _mm256_packs_epi32(x[2], x[3]));
    store_bytes(to, _mm_max_epi8(_mm256_castsi256_si128(bytes), minimum), count);
    if (count > 16)
        store_bytes(to + 16, _mm_max_epi8(_mm256_extracti128_si256(bytes, 1), minimum), count - 16);
#else
    const words halves = _mm256_packs_epi32(x[0], x[1]);
    store_bytes(
        to,
        _mm_max_epi8(_mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1)),
                     minimum),
        count);
#endif
}

/// A depthwise convolution with one filter to a channel.
struct int8_depthwise_work {
    static constexpr std::size_t most_taps = 64;
    std::size_t rows, columns, down, right;  ///< taps of the window, and distances between them
    std::size_t next_row, next_pixel;        ///< between results in the input
    image out;
    bool may_be_in_place;
};
constexpr int8_depthwise_work depthwise_work(const conv2d_geometry& g) {
    const window& w = g.win;
    return {w.kernel_height,
            w.kernel_width,
            w.dilation_height * g.in.row_stride,
            w.dilation_width * g.in.pixel_stride,
            w.stride_height * g.in.row_stride,
            w.stride_width * g.in.pixel_stride,
            g.out,
            may_be_in_place(g)};
}

/// All results of some channels, of which `count` are written.
template <bool IsSlow>
ARCHETYPE_INLINE void depthwise_channels(const int8_depthwise_work& work, const std::int8_t* in,
                                         std::int8_t* out, const words* weights, const std::size_t* offsets,
                                         const int8_panel& panel, const int8_range& range,
                                         std::size_t count) {
    const int8_limits limits(range);
    const std::size_t taps = work.rows * work.columns, whole = taps / joined_taps * joined_taps;
    const auto add = [&](const words(&taps_of)[joined_taps], words(&sums)[joined_taps], std::size_t first)
        __attribute__((always_inline)) {
        words joined[joined_taps];
        interleave_taps(taps_of, joined);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < joined_taps; ++v) add_products(sums[v], joined[v], weights[first + v]);
    };
    for (std::size_t y = 0; y < work.out.height; ++y)
        for (std::size_t x = 0; x < work.out.width; ++x) {
            const std::int8_t* const from = in + y * work.next_row + x * work.next_pixel;
            words sums[joined_taps], some[joined_taps];
#pragma GCC unroll 4
            for (std::size_t v = 0; v < joined_taps; ++v) sums[v] = load_words(panel.start + v * word_lanes);
            std::size_t tap = 0;
            for (; tap < whole; tap += joined_taps) {
#pragma GCC unroll 4
                for (std::size_t i = 0; i < joined_taps; ++i)
                    some[i] = tap_of_channels(from + offsets[tap + i], true);
                add(some, sums, tap);
            }
            if (tap < taps) {
#pragma GCC unroll 4
                for (std::size_t i = 0; i < joined_taps; ++i)
                    some[i] = tap + i < taps ? tap_of_channels(from + offsets[tap + i], true) : all_words(0);
                add(some, sums, tap);
            }
#pragma GCC unroll 4
            for (std::size_t v = 0; v < joined_taps; ++v) {
                const std::size_t at = v * word_lanes;
                if constexpr (IsSlow)
                    sums[v] = add_words(
                        multiply_by_quantized_multipliers(sums[v], load_words(panel.multiplier + at),
                                                          load_words(panel.shift + at)),
                        limits.zero_point);
                else
                    sums[v] = scaled_words(sums[v], panel, at);
            }
            store_joined(sums, limits.minimum, out + y * work.out.row_stride + x * work.out.pixel_stride,
                         count);
        }
}

/// One sample; `in` is where the first tap of the first result lies.
[[gnu::noinline]] inline void depthwise_in_vectors(const int8_depthwise_work& work, const std::int8_t* in,
                                                   std::int8_t* out, const int8_channel* channels,
                                                   const std::int8_t* weights, const int8_range& range) {
    const std::size_t filters = work.out.channels, taps = work.rows * work.columns;
    std::size_t offsets[int8_depthwise_work::most_taps];
    for (std::size_t tap = 0; tap < taps; ++tap)
        offsets[tap] = tap / work.columns * work.down + tap % work.columns * work.right;
    words joined[int8_depthwise_work::most_taps];
    for (std::size_t at = 0; at < filters; at += joined_channels) {
        // The last channels are computed with some of those before them, if there are as many.
        const std::size_t first =
            at + joined_channels <= filters || filters < joined_channels || work.may_be_in_place
                ? at
                : filters - joined_channels;
        const std::size_t count = filters - first < joined_channels ? filters - first : joined_channels;
        int8_panel panel{};
        for (std::size_t tap = 0; tap < taps; tap += joined_taps) {
            words some[joined_taps];
            for (std::size_t i = 0; i < joined_taps; ++i) {
                std::int8_t row[joined_channels] = {};
                if (tap + i < taps) __builtin_memcpy(row, weights + (tap + i) * filters + first, count);
                some[i] = tap_of_channels(row, false);
            }
            words made[joined_taps];
            interleave_taps(some, made);
            for (std::size_t v = 0; v < joined_taps; ++v) joined[tap + v] = made[v];
        }
        for (std::size_t c = 0; c < count; ++c) {
            std::int32_t sum = 0;
            if constexpr (input_is_moved)
                for (std::size_t tap = 0; tap < taps; ++tap) sum += weights[tap * filters + first + c];
            panel.set(joined_place(c), channels[first + c], -128 * sum, range.zero_point);
        }
        std::int8_t* const to = out + work.out.offset + first;
        if (panel.is_slow)
            depthwise_channels<true>(work, in + first, to, joined, offsets, panel, range, count);
        else
            depthwise_channels<false>(work, in + first, to, joined, offsets, panel, range, count);
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
