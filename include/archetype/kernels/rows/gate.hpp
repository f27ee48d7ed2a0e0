// SPDX-License-Identifier: BSL-1.0
/// @file gate.hpp
/// One half of the channels of each pixel times a function of the other half (gated linear units).
#pragma once
#include <archetype/kernels/rows/softmax.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out = epilogue(carried * function(gate)); the gate is the first half of the channels or the second.
/// @param function  function(lanes)
template <bool FirstIsGate, image In, image Out, class T, class Function, class Epilogue>
void gate_forward(const T* in, T* out, const Function& function, const Epilogue& epilogue, range samples) {
    constexpr std::size_t channels = Out.channels, gate = FirstIsGate ? 0 : channels;
    for_pixels<Out>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        T* const to = out + pixel_offset<Out>(n, y, x);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> value = load(from + channels - gate + c) * function(load(from + gate + c));
            store_partial<T>(to + c, epilogue(value, place{n, y, x, c}), count);
        });
    });
}

/// grad_in = epilogue(gradient * function(gate)) of what is carried, epilogue(slope(gate, gradient * carried)) of the gate.
/// @param slope  slope(gate, gradient): the gradient times the derivative of `function`
template <bool FirstIsGate, image In, image GradOut, image GradIn, class T, class Function, class Slope,
          class Epilogue>
void gate_backward(const T* in, const T* grad_out, T* grad_in, const Function& function, const Slope& slope,
                   const Epilogue& epilogue, range samples) {
    constexpr std::size_t channels = GradOut.channels, gate = FirstIsGate ? 0 : channels,
                          carried = channels - gate;
    for_pixels<In>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        const T* const gradient = grad_out + pixel_offset<GradOut>(n, y, x);
        T* const to = grad_in + pixel_offset<GradIn>(n, y, x);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> given = load(gradient + c), opens = load(from + gate + c),
                           value = load(from + carried + c);
            store_partial<T>(to + carried + c,
                             epilogue(lanes<T>(given * function(opens)), place{n, y, x, carried + c}), count);
            store_partial<T>(
                to + gate + c,
                epilogue(lanes<T>(slope(opens, lanes<T>(given * value))), place{n, y, x, gate + c}), count);
        });
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
