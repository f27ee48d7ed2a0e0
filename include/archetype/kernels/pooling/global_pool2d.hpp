// SPDX-License-Identifier: BSL-1.0
/// @file global_pool2d.hpp
/// Pooling over all pixels of an image: its result has one value per channel.
#pragma once
#include <archetype/kernels/pooling/avg_pool2d.hpp>
#include <archetype/kernels/pooling/max_pool2d.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out[c] = epilogue(mean of in[y, x, c] over all pixels); `Out` is an image of 1 x 1 pixel.
template <image In, image Out, class T, class Epilogue>
void global_average_pool2d_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    avg_pool2d_forward<global_pool2d(In, Out)>(in, out, epilogue, samples);
}

/// Elements of sums that `add_row_to_sums` and `global_average_of_sums` need for one sample.
template <class T, image In>
inline constexpr std::size_t global_sums = (In.channels + lane_count<T> - 1) / lane_count<T>* lane_count<T>;
/// sums[c] += sum of in[y, x, c] over row y of sample n: row after row this is what `global_average_pool2d_forward` adds up.
template <image In, class T>
void add_row_to_sums(const T* in, std::size_t n, std::size_t y, T* sums) {
    const T* const row = in + pixel_offset<In>(n, y, 0);
    T* const own = sums + n * global_sums<T, In>;
    // Several vectors at once: an addition waits for the one before.
    const auto vectors = [&]<std::size_t Count>(std::size_t c, std::integral_constant<std::size_t, Count>)
                             ARCHETYPE_INLINE_LAMBDA {
                                 lanes<T> parts[Count];
#pragma GCC unroll 4
                                 for (std::size_t v = 0; v < Count; ++v) parts[v] = broadcast(T(0));
                                 const T* cell = row + c;
                                 for (std::size_t x = 0; x < In.width; ++x, cell += In.pixel_stride)
#pragma GCC unroll 4
                                     for (std::size_t v = 0; v < Count; ++v)
                                         parts[v] = parts[v] + load(cell + v * lane_count<T>);
#pragma GCC unroll 4
                                 for (std::size_t v = 0; v < Count; ++v, c += lane_count<T>)
                                     store<T>(own + c, load(own + c) + parts[v]);
                             };
    std::size_t c = 0;
    for (; c + 4 * lane_count<T> <= In.channels; c += 4 * lane_count<T>)
        vectors(c, std::integral_constant<std::size_t, 4>{});
    for (; c < In.channels; c += lane_count<T>) vectors(c, std::integral_constant<std::size_t, 1>{});
}
/// out[c] = epilogue(sums[c] / pixels).
template <image In, image Out, class T, class Epilogue>
void global_average_of_sums(const T* sums, T* out, const Epilogue& epilogue, range samples) {
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const lanes<T> inverse = broadcast(inverse_count<global_pool2d(In, Out), T>(0, 0));
        for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> total = load(sums + n * global_sums<T, In> + c);
            store_channels<Out>(out + pixel_offset<Out>(n, 0, 0), 0, c,
                                lanes<T>(epilogue(total * inverse, place{n, 0, 0, c})));
        });
    }
}

/// grad_in[y, x, c] = epilogue(grad_out[c] / pixels); `GradOut` is an image of 1 x 1 pixel.
template <image GradOut, image GradIn, class T, class Epilogue>
void global_average_pool2d_backward(const T* grad_out, T* grad_in, const Epilogue& epilogue, range samples) {
    avg_pool2d_backward<global_pool2d(GradIn, GradOut)>(grad_out, grad_in, epilogue, samples);
}

/// out[c] = epilogue(maximum of in[y, x, c] over all pixels); `Out` is an image of 1 x 1 pixel.
template <image In, image Out, class T, class Epilogue>
void global_max_pool2d_forward(const T* in, T* out, const Epilogue& epilogue, range samples) {
    max_pool2d_forward<global_pool2d(In, Out)>(in, out, epilogue, samples);
}

/// grad_in = epilogue(grad_out[c] at the first maximum of channel c, 0 elsewhere).
template <image In, image GradOut, image GradIn, class T, class Epilogue>
void global_max_pool2d_backward(const T* in, const T* grad_out, T* grad_in, const Epilogue& epilogue,
                                range samples) {
    max_pool2d_backward<global_pool2d(In, GradOut), GradOut, GradIn>(in, grad_out, grad_in, epilogue,
                                                                     samples);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
