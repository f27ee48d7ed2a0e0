// SPDX-License-Identifier: BSL-1.0
/// @file table_products.hpp
/// Products of pixels with all rows of a table, and their gradients.
#pragma once
#include <archetype/kernels/rows/attention.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out[v] = epilogue(in . table[v]) for each pixel.
template <image In, image Out, class T, class Epilogue>
void table_products(const T* in, const T* table, T* out, const Epilogue& epilogue, range samples) {
    constexpr std::size_t rows = Out.channels, width = In.channels, at_once = 64, lanes_of = lane_count<T>;
    for_pixels<In>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = in + pixel_offset<In>(n, y, x);
        T* const to = out + pixel_offset<Out>(n, y, x);
        T sums[at_once + lanes_of];
        for (std::size_t first = 0; first < rows; first += at_once) {
            const std::size_t count = rows - first < at_once ? rows - first : at_once;
            attention_products<width>(from, attention_rows<T>{table + first * width, width}, count, T(1),
                                      sums);
            for (std::size_t v = 0; v < count; v += lanes_of)
                store_partial<T>(to + first + v,
                                 lanes<T>(epilogue(load(sums + v), place{n, y, x, first + v})),
                                 count - v < lanes_of ? count - v : lanes_of);
        }
    });
}

/// grad_in = epilogue(sum over v of grad_out[v] * table[v]).
template <image GradOut, image GradIn, class T, class Epilogue>
void table_products_backward(const T* grad_out, const T* table, T* grad_in, const Epilogue& epilogue,
                             range samples) {
    constexpr std::size_t rows = GradOut.channels, width = GradIn.channels;
    for_pixels<GradIn>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        T* const to = grad_in + pixel_offset<GradIn>(n, y, x);
        attention_mixture<width>(
            grad_out + pixel_offset<GradOut>(n, y, x), attention_rows<T>{table, width}, rows,
            [&](std::size_t c, std::size_t used, const lanes<T>& mixed) ARCHETYPE_INLINE_LAMBDA {
                store_partial<T>(to + c, lanes<T>(epilogue(mixed, place{n, y, x, c})), used);
            });
    });
}

/// gradient[v] = sum over all pixels of grad_out[v] * in, for the rows `some` of the table: pixels in their order.
template <image In, image GradOut, class T>
void table_gradients(const T* in, const T* grad_out, T* gradient, std::size_t batch, range some) {
    constexpr std::size_t width = In.channels;
    for (std::size_t v = some.first; v < some.last; ++v) {
        T* const to = gradient + v * width;
        for (std::size_t c = 0; c < width; ++c) to[c] = T(0);
        for_pixels<In>({0, batch}, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> own = broadcast(grad_out[pixel_offset<GradOut>(n, y, x) + v]);
            const T* const from = in + pixel_offset<In>(n, y, x);
            for_channel_parts<T, width>([&](std::size_t c, std::size_t used) ARCHETYPE_INLINE_LAMBDA {
                store_partial<T>(to + c, multiply_add<T>(own, load(from + c), load(to + c)), used);
            });
        });
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
