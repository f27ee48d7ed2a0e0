// SPDX-License-Identifier: BSL-1.0
/// @file pixel_shuffle.hpp
/// Channels that become pixels, the reverse, and channels that stand around others.
#pragma once
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Where the element of sample n, row y, column x, channel c of the image `Out` of a shuffle lies in `In`. The larger image
/// has F times the rows and columns of the smaller.
/// @tparam ByBlocks  channels of the smaller image are [F][F][C], else [C][F][F]
template <bool ByBlocks, image In, image Out>
ARCHETYPE_INLINE constexpr std::size_t shuffled_from(std::size_t n, std::size_t y, std::size_t x,
                                                     std::size_t c) {
    constexpr bool grows = Out.height > In.height || Out.width > In.width;
    constexpr std::size_t factor = grows ? Out.height / In.height : In.height / Out.height;
    if constexpr (grows) {
        const std::size_t cell = y % factor * factor + x % factor;
        return pixel_offset<In>(n, y / factor, x / factor) +
               (ByBlocks ? cell * Out.channels + c : c * factor * factor + cell);
    } else {
        const std::size_t cell = ByBlocks ? c / In.channels : c % (factor * factor);
        return pixel_offset<In>(n, y * factor + cell / factor, x * factor + cell % factor) +
               (ByBlocks ? c % In.channels : c / (factor * factor));
    }
}

/// out = epilogue(in) between the images of a shuffle (`shuffled_from`).
template <bool ByBlocks, image In, image Out, class T, class Epilogue>
void pixel_shuffle(const T* in, T* out, const Epilogue& epilogue, range samples) {
    constexpr bool whole_pixels = ByBlocks && (Out.height > In.height || Out.width > In.width);
    constexpr std::size_t width = lane_count<T>;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x)
                for (std::size_t c = 0; c < Out.channels; c += width) {
                    const std::size_t count = Out.channels - c < width ? Out.channels - c : width;
                    T moved[width] = {};
                    const T* from = moved;
                    if constexpr (whole_pixels)
                        from = in + shuffled_from<ByBlocks, In, Out>(n, y, x, c);
                    else
                        for (std::size_t i = 0; i < count; ++i)
                            moved[i] = in[shuffled_from<ByBlocks, In, Out>(n, y, x, c + i)];
                    store_partial<T>(out + pixel_offset<Out>(n, y, x) + c,
                                     epilogue(load(from), place{n, y, x, c}), count);
                }
}

/// out[c] = epilogue(in[c - Before], or `blank` where there is none). Negative: channels are cut off.
template <std::ptrdiff_t Before, image In, image Out, class T, class Epilogue>
void shift_channels(const T* in, T* out, T blank, const Epilogue& epilogue, range samples) {
    constexpr std::size_t width = lane_count<T>;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x) {
                const T* const from = in + pixel_offset<In>(n, y, x);
                for (std::size_t c = 0; c < Out.channels; c += width) {
                    const std::size_t count = Out.channels - c < width ? Out.channels - c : width;
                    T moved[width] = {};
                    for (std::size_t i = 0; i < count; ++i) {
                        const std::size_t channel = c + i - static_cast<std::size_t>(Before);
                        moved[i] = channel < In.channels ? from[channel] : blank;
                    }
                    store_partial<T>(out + pixel_offset<Out>(n, y, x) + c,
                                     epilogue(load(moved), place{n, y, x, c}), count);
                }
            }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
