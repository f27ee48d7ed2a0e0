// SPDX-License-Identifier: BSL-1.0
/// @file local_response_norm.hpp
/// Local response normalization across the channels of each pixel.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// y_c = x_c / (k + alpha / size * s_c)^beta, s_c the sum of x^2 over channels c - size / 2 to c + (size - 1) / 2.
template <class T>
struct response_norm {
    std::size_t size;
    T alpha, beta, k;

    ARCHETYPE_INLINE lanes<T> base(const lanes<T>& squares) const {
        return multiply_add<T>(squares, broadcast(alpha / static_cast<T>(size)), broadcast(k));
    }
    /// base^-exponent.
    ARCHETYPE_INLINE static lanes<T> power(const lanes<T>& base, T exponent) {
        return expression::elementary::exp(
            lanes<T>(expression::elementary::log(base) * broadcast(-exponent)));
    }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The channels of a pixel with zeros before and after them, for sums over neighbours.
template <class T, std::size_t Channels, std::size_t Size>
struct channel_row {
    T values[Channels + Size + 2 * lane_count<T>] = {};

    /// Stores a vector of `for_channel_vectors`.
    ARCHETYPE_INLINE void set(std::size_t c, const lanes<T>& value) {
        store_partial<T>(values + Size + c, value, Channels < lane_count<T> ? Channels : lane_count<T>);
    }
    ARCHETYPE_INLINE lanes<T> at(std::size_t c) const { return load(values + Size + c); }
    /// The sums over channels c - before to c - before + Size - 1.
    ARCHETYPE_INLINE lanes<T> sum(std::size_t c, std::size_t before) const {
        lanes<T> total = load(values + Size + c - before);
        for (std::size_t i = 1; i < Size; ++i) total = total + load(values + Size + c - before + i);
        return total;
    }
};

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out = epilogue(y). `Size` is `norm.size`.
template <std::size_t Size, image In, image Out, class T, class Epilogue>
void local_response_norm_forward(const T* in, T* out, const response_norm<T>& norm, const Epilogue& epilogue,
                                 range samples) {
    detail::channel_row<T, In.channels, Size> squares;
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < In.height; ++y)
            for (std::size_t x = 0; x < In.width; ++x) {
                const T* const pixel = in + pixel_offset<In>(n, y, x);
                for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    squares.set(c, load(pixel + c) * load(pixel + c));
                });
                for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    const lanes<T> base = norm.base(squares.sum(c, Size / 2));
                    const lanes<T> value = load(pixel + c) * norm.power(base, norm.beta);
                    store_channels<Out>(out + pixel_offset<Out>(n, y, 0), x, c,
                                        lanes<T>(epilogue(value, place{n, y, x, c})));
                });
            }
}

/// grad_in_c = epilogue(g_c base_c^-beta - 2 alpha beta / size x_c * the sum of g x base^(-beta - 1) over the channels whose
/// neighbourhood c belongs to). `in` is forward's input.
template <std::size_t Size, image In, image GradOut, image GradIn, class T, class Epilogue>
void local_response_norm_backward(const T* in, const T* grad_out, T* grad_in, const response_norm<T>& norm,
                                  const Epilogue& epilogue, range samples) {
    detail::channel_row<T, In.channels, Size> squares, parts, direct;
    const lanes<T> factor = broadcast(-2 * norm.alpha * norm.beta / static_cast<T>(Size));
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < In.height; ++y)
            for (std::size_t x = 0; x < In.width; ++x) {
                const T* const pixel = in + pixel_offset<In>(n, y, x);
                const T* const gradient = grad_out + pixel_offset<GradOut>(n, y, x);
                for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    squares.set(c, load(pixel + c) * load(pixel + c));
                });
                for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    const lanes<T> base = norm.base(squares.sum(c, Size / 2));
                    const lanes<T> scaled = load(gradient + c) * norm.power(base, norm.beta);
                    direct.set(c, scaled);
                    parts.set(c, divide<T>(scaled * load(pixel + c), base));
                });
                for_channel_vectors<T, In.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    const lanes<T> value =
                        multiply_add<T>(factor * load(pixel + c), parts.sum(c, (Size - 1) / 2), direct.at(c));
                    store_channels<GradIn>(grad_in + pixel_offset<GradIn>(n, y, 0), x, c,
                                           lanes<T>(epilogue(value, place{n, y, x, c})));
                });
            }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
