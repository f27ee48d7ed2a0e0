// SPDX-License-Identifier: BSL-1.0
/// @file masks.hpp
/// Which steps are padding.
#pragma once
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Stores epilogue(value) as one channel of a pixel.
template <image Out, class T, class Epilogue>
ARCHETYPE_INLINE void store_one(T* out, T value, const Epilogue& epilogue, const place& at) {
    store_partial<T>(out + pixel_offset<Out>(at.sample, at.y, at.x) + at.channel,
                     lanes<T>(epilogue(broadcast(value), at)), 1);
}

/// out[t] = epilogue(t < in[0]).
template <image In, image Out, class T, class Epilogue>
void steps_below(const T* in, T* out, const Epilogue& epilogue, range samples) {
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t t = 0; t < Out.channels; ++t)
            store_one<Out>(out, T(T(t) < in[pixel_offset<In>(n, 0, 0)]), epilogue, place{n, 0, 0, t});
}

/// out[t] = epilogue(1 if a feature of step t is not `padding`, else 0). Of a vector each channel is a step.
template <image In, image Out, class T, class Epilogue>
void steps_that_are(const T* in, T* out, T padding, const Epilogue& epilogue, range samples) {
    constexpr std::size_t features = In.width * In.channels / (Out.width * Out.channels);
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t t = 0; t < Out.width * Out.channels; ++t) {
            bool is_padding = true;
            for (std::size_t c = 0; c < features; ++c) {
                const std::size_t i = t * features + c;
                const T given = in[pixel_offset<In>(n, 0, i / In.channels) + i % In.channels];
                is_padding = is_padding && given == padding;
            }
            store_one<Out>(out, is_padding ? T(0) : T(1), epilogue,
                           place{n, 0, t / Out.channels, t % Out.channels});
        }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
