// SPDX-License-Identifier: BSL-1.0
/// @file piece_max.hpp
/// The maximum over pieces of the channels of each pixel (maxout).
#pragma once
#include <archetype/kernels/rows/softmax.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out[c] = epilogue(the largest of in[p * Out.channels + c] over the pieces p). NaN stays.
template <image In, image Out, class T, class Epilogue>
void piece_max_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    constexpr std::size_t channels = Out.channels, pieces = In.channels / channels;
    for_pixels<Out>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        T* const to = out + pixel_offset<Out>(n, y, x);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            lanes<T> most = load(from + c);
            for (std::size_t p = 1; p < pieces; ++p) most = maximum<T>(most, load(from + p * channels + c));
            store_partial<T>(to + c, epilogue(most, place{n, y, x, c}), count);
        });
    });
}

/// grad_in = epilogue(the gradient at the first of the largest pieces, 0 at the others).
template <image In, image GradOut, image GradIn, class T, class Epilogue>
void piece_max_backward(const T* in, const T* grad_out, T* grad_in, const Epilogue& epilogue, range samples) {
    constexpr std::size_t channels = GradOut.channels, pieces = In.channels / channels;
    for_pixels<In>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        const T* const gradient = grad_out + pixel_offset<GradOut>(n, y, x);
        T* const to = grad_in + pixel_offset<GradIn>(n, y, x);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> zero = broadcast(T(0));
            lanes<T> most = load(from + c), left = load(gradient + c);
            for (std::size_t p = 1; p < pieces; ++p) most = maximum<T>(most, load(from + p * channels + c));
            for (std::size_t p = 0; p < pieces; ++p) {
                const lane_mask<T> here = load(from + p * channels + c) == most;
                const lanes<T> given = select<T>(here, left, zero);
                left = select<T>(here, zero, left);
                store_partial<T>(to + p * channels + c, epilogue(given, place{n, y, x, p * channels + c}),
                                 count);
            }
        });
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
