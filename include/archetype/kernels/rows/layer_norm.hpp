// SPDX-License-Identifier: BSL-1.0
/// @file layer_norm.hpp
/// Layer normalization over the channels of each pixel, forward and backward. The backward pass computes mean and
/// variance anew: nothing is stored.
#pragma once
#include <archetype/kernels/rows/softmax.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Mean and 1 / sqrt(variance + epsilon) of the channels of one pixel, the variance from the distances to the mean.
template <class T>
struct row_statistics {
    T mean, inverse;
};
/// Not `Centered`: the mean stays, and the variance is the mean square.
template <std::size_t Channels, bool Centered, class T>
ARCHETYPE_INLINE row_statistics<T> statistics_of_row(const T* from, T epsilon) {
    constexpr T share = T(1) / T(Channels);
    lanes<T> total = broadcast(T(0)), squares = total;
    if constexpr (Centered)
        for_channel_parts<T, Channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            total = total + load_partial(from + c, count);
        });
    const T mean = Centered ? sum<T>(total) * share : T(0);
    for_channel_parts<T, Channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
        const lanes<T> distance = load_filled(from + c, count, mean) - broadcast(mean);
        squares = multiply_add<T>(distance, distance, squares);
    });
    return {mean, T(1) / expression::elementary::sqrt(sum<T>(squares) * share + epsilon)};
}

/// Parameters of a normalization, or what stands for them where there are none.
template <class T>
ARCHETYPE_INLINE lanes<T> parameters_or(const T* parameters, std::size_t c, T otherwise) {
    return parameters != nullptr ? load(parameters + c) : broadcast(otherwise);
}

/// out = epilogue(gamma (in - mean) / sqrt(variance + epsilon) + beta). `gamma` and `beta` may be null for 1 and
/// 0. In place if the images are equal. Not `Centered`: without the mean, by the mean square (root-mean-square norm).
template <image In, image Out, bool Centered = true, class T, class Epilogue>
void layer_norm_forward(const T* in, const T* gamma, const T* beta, T epsilon, T* out,
                        const Epilogue& epilogue, range samples) {
    constexpr std::size_t channels = In.channels;
    for_pixels<In>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        T* const to = out + pixel_offset<Out>(n, y, x);
        const auto [mean, inverse] = statistics_of_row<channels, Centered>(from, epsilon);
        const lanes<T> middle = broadcast(mean), scale = broadcast(inverse);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> normalized = (load(from + c) - middle) * scale;
            const lanes<T> value = multiply_add<T>(normalized, parameters_or<T>(gamma, c, T(1)),
                                                   parameters_or<T>(beta, c, T(0)));
            store_partial<T>(to + c, epilogue(value, place{n, y, x, c}), count);
        });
    });
}

/// Gradients with respect to gamma (sum of gradient times normalized input) and beta (sum of gradient) over the batch; either may
/// be null.
template <image In, image GradOut, bool Centered = true, class T>
void layer_norm_parameter_gradients(const T* in, const T* grad_out, T epsilon, T* grad_gamma, T* grad_beta,
                                    std::size_t batch) {
    constexpr std::size_t channels = In.channels;
    for (T* const sums : {grad_gamma, grad_beta})
        for (std::size_t c = 0; sums != nullptr && c < channels; ++c) sums[c] = T(0);
    for_pixels<In>({0, batch}, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        const T* const gradient = grad_out + pixel_offset<GradOut>(n, y, x);
        const auto [mean, inverse] = statistics_of_row<channels, Centered>(from, epsilon);
        const lanes<T> middle = broadcast(mean), scale = broadcast(inverse);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> normalized = (load(from + c) - middle) * scale, given = load(gradient + c);
            if (grad_gamma != nullptr)
                store_partial<T>(grad_gamma + c, multiply_add<T>(given, normalized, load(grad_gamma + c)),
                                 count);
            if (grad_beta != nullptr) store_partial<T>(grad_beta + c, load(grad_beta + c) + given, count);
        });
    });
}

/// grad_in = epilogue((h - mean(h) - normalized * mean(h * normalized)) / sqrt(variance + epsilon)) with
/// h = gamma * grad_out. `grad_in` may be `grad_out` if their images are equal.
template <image In, image GradOut, image GradIn, bool Centered = true, class T, class Epilogue>
void layer_norm_backward(const T* in, const T* grad_out, const T* gamma, T epsilon, T* grad_in,
                         const Epilogue& epilogue, range samples) {
    constexpr std::size_t channels = In.channels;
    constexpr T share = T(1) / T(channels);
    for_pixels<In>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        const T* const gradient = grad_out + pixel_offset<GradOut>(n, y, x);
        T* const to = grad_in + pixel_offset<GradIn>(n, y, x);
        const auto [mean, inverse] = statistics_of_row<channels, Centered>(from, epsilon);
        const lanes<T> middle = broadcast(mean), scale = broadcast(inverse);
        lanes<T> total = broadcast(T(0)), products = total;
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> given = load_partial(gradient + c, count) *
                                   (gamma != nullptr ? load_partial(gamma + c, count) : broadcast(T(1)));
            total = total + given;
            products = multiply_add<T>(given, (load_partial(from + c, count) - middle) * scale, products);
        });
        const lanes<T> constant = broadcast(Centered ? sum<T>(total) * share : T(0)),
                       slope = broadcast(sum<T>(products) * share);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> normalized = (load(from + c) - middle) * scale;
            const lanes<T> value =
                (load(gradient + c) * parameters_or<T>(gamma, c, T(1)) - constant - normalized * slope) *
                scale;
            store_partial<T>(to + c, epilogue(value, place{n, y, x, c}), count);
        });
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
