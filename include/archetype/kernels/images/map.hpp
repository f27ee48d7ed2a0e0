// SPDX-License-Identifier: BSL-1.0
/// @file map.hpp
/// A pointwise function applied to every element of an image: an activation that is fused with nothing.
#pragma once
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out = epilogue(in). `in` and `out` may be the same buffer if the images are equal.
template <image In, image Out, class T, class Epilogue>
void map(const T* in, T* out, const Epilogue& epilogue, range samples) {
    transform<In, Out, runs_across_pixels<Epilogue>>(
        in, out, samples,
        [&](const lanes<T>& value, place where) ARCHETYPE_INLINE_LAMBDA { return epilogue(value, where); });
}

/// The same for some of the pixels, counted over all samples from sample 0 on.
template <image In, image Out, class T, class Epilogue>
void map_pixels(const T* in, T* out, const Epilogue& epilogue, range pixels) {
    static_assert(In.height == Out.height && In.width == Out.width && In.channels == Out.channels);
    constexpr std::size_t width = lane_count<T>, channels = In.channels;
    place where{pixels.first / (In.width * In.height), pixels.first / In.width % In.height,
                pixels.first % In.width};
    for (std::size_t left = pixels.size(); left != 0;) {
        const std::size_t count = left < In.width - where.x ? left : In.width - where.x;
        const T* from = in + pixel_offset<In>(where.sample, where.y, where.x);
        T* to = out + pixel_offset<Out>(where.sample, where.y, where.x);
        for (std::size_t i = 0; i < count; ++i, ++where.x, from += In.pixel_stride, to += Out.pixel_stride) {
            for (std::size_t c = 0; c + width <= channels; c += width) {
                where.channel = c;
                store<T>(to + c, epilogue(load(from + c), where));
            }
            if constexpr (channels % width != 0) {
                constexpr std::size_t c = channels / width * width;
                where.channel = c;
                store_partial<T>(to + c, epilogue(load(from + c), where), channels - c);
            }
        }
        left -= count;
        if (where.x == In.width) {
            where.x = 0;
            if (++where.y == In.height) where.y = 0, ++where.sample;
        }
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
