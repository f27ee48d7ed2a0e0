// SPDX-License-Identifier: BSL-1.0
/// @file softmax.hpp
/// Softmax over the channels of each pixel. The maximum is subtracted first, so no finite input overflows;
/// NaN makes its whole pixel NaN.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>
#include <archetype/kernels/vectors/select.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Calls `body(c, count)` for vectors of `Channels` channels from `c` on, of which `count` lanes are used.
template <class T, std::size_t Channels, class Body>
ARCHETYPE_INLINE void for_channel_parts(const Body& body) {
    constexpr std::size_t width = lane_count<T>, full = Channels - Channels % width;
    for (std::size_t c = 0; c < full; c += width) body(c, width);
    if constexpr (full != Channels) body(full, Channels - full);
}

/// The largest of `Channels` elements; NaN if any is.
template <std::size_t Channels, class T>
ARCHETYPE_INLINE T channel_maximum(const T* from) {
    constexpr T lowest = expression::minus_infinity<T>;
    lanes<T> most = broadcast(lowest);
    for_channel_parts<T, Channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
        most = maximum<T>(most, load_filled(from + c, count, lowest));
    });
    return largest<T>(most);
}

/// out[c] = exp(in[c] - maximum) for all channels; returns their sum. Stores nothing if `out` is null.
template <std::size_t Channels, class T>
ARCHETYPE_INLINE T exponentials(const T* in, T* out, T most) {
    lanes<T> total = broadcast(T(0));
    for_channel_parts<T, Channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
        const lanes<T> value = load_filled(in + c, count, expression::minus_infinity<T>);
        const lanes<T> power = expression::elementary::exp(value - broadcast(most));
        total = total + power;
        if (out != nullptr) store_partial<T>(out + c, power, count);
    });
    return sum<T>(total);
}

/// Calls `body(n, y, x)` for every pixel of the samples.
template <image Image, class Body>
ARCHETYPE_INLINE void for_pixels(range samples, const Body& body) {
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Image.height; ++y)
            for (std::size_t x = 0; x < Image.width; ++x) body(n, y, x);
}

/// out[c] = exp(in[c]) / sum over all channels k of exp(in[k]), for each pixel. In place if the images are
/// equal.
template <image In, image Out, class T>
void softmax_forward(const T* in, T* out, range samples) {
    constexpr std::size_t channels = In.channels;
    for_pixels<In>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        T* const to = out + pixel_offset<Out>(n, y, x);
        const T total = exponentials<channels>(from, to, channel_maximum<channels>(from));
        const lanes<T> inverse = broadcast(T(1) / total);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            store_partial<T>(to + c, load(to + c) * inverse, count);
        });
    });
}

/// grad_in[c] = epilogue(out[c] * (grad_out[c] - sum over k of out[k] * grad_out[k])) from the forward pass's
/// result. `grad_in` may be `grad_out` or `out` if their images are equal.
template <image Out, image GradOut, image GradIn, class T, class Epilogue>
void softmax_backward(const T* out, const T* grad_out, T* grad_in, const Epilogue& epilogue, range samples) {
    constexpr std::size_t channels = Out.channels;
    for_pixels<Out>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const probability = out + pixel_offset<Out>(n, y, x);
        const T* const gradient = grad_out + pixel_offset<GradOut>(n, y, x);
        T* const to = grad_in + pixel_offset<GradIn>(n, y, x);
        lanes<T> products = broadcast(T(0));
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            products = multiply_add<T>(load_partial(probability + c, count),
                                       load_partial(gradient + c, count), products);
        });
        const lanes<T> mean = broadcast(sum<T>(products));
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> value = load(probability + c) * (load(gradient + c) - mean);
            store_partial<T>(to + c, epilogue(value, place{n, y, x, c}), count);
        });
    });
}

/// out[c] = in[c] - log(sum over all channels k of exp(in[k])), for each pixel. In place if the images are equal.
template <image In, image Out, class T>
void log_softmax_forward(const T* in, T* out, range samples) {
    constexpr std::size_t channels = In.channels;
    for_pixels<In>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        T* const to = out + pixel_offset<Out>(n, y, x);
        const T most = channel_maximum<channels>(from);
        const lanes<T> largest = broadcast(most),
                       all = broadcast(expression::elementary::log(
                           exponentials<channels>(from, static_cast<T*>(nullptr), most)));
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            store_partial<T>(to + c, load(from + c) - largest - all, count);
        });
    });
}

/// grad_in[c] = epilogue(grad_out[c] - exp(out[c]) * sum over k of grad_out[k]) from the forward pass's result. `grad_in` may
/// be `grad_out` or `out` if their images are equal.
template <image Out, image GradOut, image GradIn, class T, class Epilogue>
void log_softmax_backward(const T* out, const T* grad_out, T* grad_in, const Epilogue& epilogue,
                          range samples) {
    constexpr std::size_t channels = Out.channels;
    for_pixels<Out>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const result = out + pixel_offset<Out>(n, y, x);
        const T* const gradient = grad_out + pixel_offset<GradOut>(n, y, x);
        T* const to = grad_in + pixel_offset<GradIn>(n, y, x);
        lanes<T> total = broadcast(T(0));
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            total = total + load_partial(gradient + c, count);
        });
        const lanes<T> all = broadcast(sum<T>(total));
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> value = load(gradient + c) - expression::elementary::exp(load(result + c)) * all;
            store_partial<T>(to + c, epilogue(value, place{n, y, x, c}), count);
        });
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
