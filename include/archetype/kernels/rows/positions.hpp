// SPDX-License-Identifier: BSL-1.0
/// @file positions.hpp
/// Waves of many lengths, and a further row before the others.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/expression/trigonometry.hpp>
#include <archetype/kernels/images/runs.hpp>
#include <archetype/kernels/rows/position_angles.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The waves of step `t`: the sine of pair i at row[2 i], its cosine at row[2 i + 1].
template <std::size_t Channels, double Base, class T>
constexpr void position_waves(std::size_t t, T* row) {
    for (std::size_t c = 0; c < Channels; ++c) {
        const T angle = T(t) * position_angles<Channels, Base, T>[c / 2];
        row[c] = c % 2 == 0 ? expression::elementary::sin(angle) : expression::elementary::cos(angle);
    }
}

/// out = epilogue(in + row) for one row of `Channels`, at place{n, 0, x, c}. The result may be the input.
template <std::size_t Channels, class T, class Epilogue>
ARCHETYPE_INLINE void add_row(const T* in, const T* row, T* out, const Epilogue& epilogue, std::size_t n,
                              std::size_t x) {
    for (std::size_t c = 0; c < Channels; c += lane_count<T>) {
        const lanes<T> sum = load(in + c) + load(row + c);
        store_partial<T>(out + c, lanes<T>(epilogue(sum, place{n, 0, x, c})),
                         Channels - c < lane_count<T> ? Channels - c : lane_count<T>);
    }
}

/// out[t] = epilogue(in[t] + waves of step t). The result may be the input if the images are equal.
/// @param row  room for the waves of a step
template <double Base, image In, image Out, class T, class Epilogue>
void add_position_waves(const T* in, T* out, T* row, const Epilogue& epilogue, range samples) {
    for (std::size_t t = 0; t < In.width; ++t) {
        position_waves<In.channels, Base>(t, row);
        for (std::size_t n = samples.first; n < samples.last; ++n)
            add_row<In.channels>(in + pixel_offset<In>(n, 0, t), row, out + pixel_offset<Out>(n, 0, t),
                                 epilogue, n, t);
    }
}

/// out[0] = epilogue(token), out[t] = epilogue(in[t - 1]).
template <image In, image Out, class T, class Epilogue>
void put_before(const T* in, const T* token, T* out, const Epilogue& epilogue, range samples) {
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t t = 0; t < Out.width; ++t) {
            const T* const from = t == 0 ? token : in + pixel_offset<In>(n, 0, t - 1);
            for_channel_vectors<T, Out.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                store_channels<Out>(out + pixel_offset<Out>(n, 0, 0), t, c,
                                    lanes<T>(epilogue(load(from + c), place{n, 0, t, c})));
            });
        }
}
/// The gradient of what stands behind the token: to[t] = epilogue(from[t + 1]).
template <image From, image To, class T, class Epilogue>
void take_from_behind(const T* from, T* to, const Epilogue& epilogue, range samples) {
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t t = 0; t < To.width; ++t)
            for_channel_vectors<T, To.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                const lanes<T> value = load(from + pixel_offset<From>(n, 0, t + 1) + c);
                store_channels<To>(to + pixel_offset<To>(n, 0, 0), t, c,
                                   lanes<T>(epilogue(value, place{n, 0, t, c})));
            });
}
/// The gradient of the token: the sum over the samples, in their order.
template <image From, class T>
void token_gradient(const T* from, T* gradient, range samples) {
    for (std::size_t c = 0; c < From.channels; c += lane_count<T>) {
        lanes<T> sum = broadcast(T(0));
        for (std::size_t n = samples.first; n < samples.last; ++n)
            sum = sum + load(from + pixel_offset<From>(n, 0, 0) + c);
        store_partial<T>(gradient + c, sum,
                         From.channels - c < lane_count<T> ? From.channels - c : lane_count<T>);
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
