// SPDX-License-Identifier: BSL-1.0
/// @file int8_order.hpp
/// The orders that 8-bit weights are packed in, for the multiplications that processors have.
#pragma once
#include <archetype/instruction_set.hpp>
#include <archetype/weights.hpp>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The order that the kernels of this target read.
inline constexpr weight_order native_weight_order = [] {
#if defined(__ARM_FEATURE_MVE)
    return weight_order::plain;
#elif defined(__ARM_FEATURE_DSP) && !defined(__aarch64__)
    return weight_order::paired;
#elif defined(__AVX2__)
    return weight_order::lanes;
#else
    return weight_order::plain;
#endif
}();

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The bytes of the input that meet one filter: `rows` times `columns` runs of `length` neighbours.
struct int8_patch {
    std::size_t rows = 1, row_stride = 0;
    std::size_t columns = 1, column_stride = 0;
    std::size_t length = 1;
    constexpr bool operator==(const int8_patch&) const = default;
    constexpr std::size_t runs() const { return rows * columns; }
    constexpr std::size_t taps() const { return runs() * length; }
};

/// The positions, at most four, whose results a tile computes: distances from the first.
struct int8_pixels {
    std::size_t count = 1;
    std::size_t offset[4]{};
    std::size_t packed_count = 0;  ///< that the weights are packed for, if not `count`
    constexpr bool operator==(const int8_pixels&) const = default;
    constexpr std::size_t weights_count() const { return packed_count != 0 ? packed_count : count; }
};

/// Filters of a tile.
constexpr std::size_t tile_filters(weight_order order, std::size_t pixels) {
    switch (order) {
        case weight_order::paired:
            return pixels == 1 ? 6 : 2;
        case weight_order::lanes:
            return 16;
        default:
            return 4;  // what kernels of this order take at once divides 4
    }
}
/// `filters` rounded up to whole tiles.
constexpr std::size_t padded_filters(weight_order order, std::size_t pixels, std::size_t filters) {
    const std::size_t tile = tile_filters(order, pixels);
    return (filters + tile - 1) / tile * tile;
}

/// Bytes of a tile's weights.
constexpr std::size_t tile_bytes(weight_order order, std::size_t pixels, const int8_patch& patch) {
    const std::size_t tile = tile_filters(order, pixels);
    if (order == weight_order::lanes)  // minus 128 times the sum of each filter first; runs of whole fours
        return tile * (4 + patch.runs() * ((patch.length + 3) / 4 * 4));
    return tile * patch.taps();
}
/// Bytes of the weights of `filters` filters.
constexpr std::size_t packed_bytes(weight_order order, std::size_t pixels, const int8_patch& patch,
                                   std::size_t filters) {
    return padded_filters(order, pixels, filters) / tile_filters(order, pixels) *
           tile_bytes(order, pixels, patch);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes `count` bytes of a number, the lowest first.
constexpr std::int8_t* put_bytes(std::int8_t* to, std::int32_t number, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        *to++ = static_cast<std::int8_t>(
            static_cast<std::uint8_t>(static_cast<std::uint32_t>(number) >> (8 * i)));
    return to;
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Packs weights [filter][tap] for tiles of `pixels` positions; `packed` has `packed_bytes`.
constexpr void pack_weights(weight_order order, std::size_t pixels, const int8_patch& patch,
                            std::size_t filters, const std::int8_t* plain, std::int8_t* packed) {
    const std::size_t tile = tile_filters(order, pixels), taps = patch.taps();
    for (std::size_t first = 0; first < filters; first += tile) {
        const auto weight = [&](std::size_t f, std::size_t tap) -> std::int32_t {
            return first + f < filters ? plain[(first + f) * taps + tap] : 0;
        };
        if (order == weight_order::plain) {
            for (std::size_t f = 0; f < tile; ++f)
                for (std::size_t tap = 0; tap < taps; ++tap)
                    *packed++ = static_cast<std::int8_t>(weight(f, tap));
        } else if (order == weight_order::paired) {
            // Filter f in the low byte, f + 1 added in the high one; of four taps first 0 and 2, then 1 and 3, as SXTB16
            // extends the input.
            const auto put = [&](std::size_t f, std::size_t tap) {
                packed = detail::put_bytes(packed, weight(f, tap) + 256 * weight(f + 1, tap), 2);
            };
            for (std::size_t run = 0; run < patch.runs(); ++run)
                for (std::size_t k = 0; k < patch.length;) {
                    const bool whole = k + 4 <= patch.length;
                    for (std::size_t f = 0; f < tile; f += 2)
                        for (const std::size_t i : {0u, 2u, 1u, 3u})
                            if (whole || i == 0) put(f, run * patch.length + k + i);
                    k += whole ? 4 : 1;
                }
        } else {
            for (std::size_t f = 0; f < tile; ++f) {
                std::int32_t sum = 0;
                for (std::size_t tap = 0; tap < taps; ++tap) sum += weight(f, tap);
                packed = detail::put_bytes(packed, -128 * sum, 4);
            }
            for (std::size_t run = 0; run < patch.runs(); ++run)
                for (std::size_t k = 0; k < patch.length; k += 4)
                    for (std::size_t f = 0; f < tile; ++f)
                        for (std::size_t i = k; i < k + 4; ++i)
                            *packed++ = static_cast<std::int8_t>(
                                i < patch.length ? weight(f, run * patch.length + i) : 0);
        }
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
