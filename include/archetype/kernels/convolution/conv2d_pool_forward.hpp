// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_pool_forward.hpp
/// A convolution, its activation and a 2 x 2 pooling in one, where lanes run along pixels: two rows of results are
/// pooled in registers, and only what is left is brought into the order of channels.
#pragma once
#include <archetype/kernels/convolution/conv2d_weights.hpp>
#include <archetype/kernels/convolution/ways/planar_forward.hpp>
#include <archetype/kernels/pooling/pool2d.hpp>
#include <archetype/kernels/vectors/select.hpp>
#include <cstddef>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether `conv2d_pool_forward` can do the convolution `G` and the pooling `P` of its result: `G` gives the two rows
/// that one row of `P` reads.
template <conv2d_geometry G, pool2d P, class T>
inline constexpr bool conv2d_pools =
    conv2d_weights<G, T>::planar&& detail::permutes_lanes<T>&& G.out.height == 2 && P.out.height == 1 &&
    P.win == window{2, 2, 2, 2} &&
    P.out.width * 2 <= G.out.width&& P.out.pixel_stride == G.out.channels&& detail::planar_plan<T>(G).rows ==
        2;

/// One row of out = pooled_epilogue(pooling of epilogue(convolution of `in` with `weights` + bias)).
/// @tparam Max       the largest of four, a NaN if there is one; otherwise their mean
/// @param epilogue   looks at no place
/// @param workspace  `conv2d_forward_workspace<G, T>` elements
template <conv2d_geometry G, pool2d P, bool Max, class T, class Epilogue, class PooledEpilogue>
void conv2d_pool_forward(const T* in, const T* weights, const T* bias, T* out, const Epilogue& epilogue,
                         const PooledEpilogue& pooled_epilogue, T* workspace) {
    constexpr std::size_t width = lane_count<T>, filters = G.out.channels, run = P.out.width * filters;
    static_assert(runs_across_pixels<Epilogue> && runs_across_pixels<PooledEpilogue>,
                  "epilogues may not look at places");
    constexpr detail::planar_plan<T> plan(G);
    static constexpr detail::plane_order<T, filters> order(true);
    static constexpr detail::plane_order<T, 2> pairs(false);
    const auto combine = [](const lanes<T>& a, const lanes<T>& b) __attribute__((always_inline)) {
        if constexpr (Max)
            return maximum<T>(a, b);
        else
            return a + b;
    };
    detail::for_planar_blocks<T, G>(
        in, weights, bias, {0, 1}, workspace,
        [&](std::size_t, std::size_t, std::size_t, const T* planes) __attribute__((always_inline)) {
            for (std::size_t x = 0; x < P.out.width; x += width) {
                lanes<T> pooled[filters];
#pragma GCC unroll 16
                for (std::size_t f = 0; f < filters; ++f) {
                    const T* const cells = planes + f * plan.plane + 2 * x;
                    lanes<T> columns[2];
#pragma GCC unroll 2
                    for (std::size_t half = 0; half < 2; ++half)
                        columns[half] =
                            combine(epilogue(load(cells + half * width), place{}),
                                    epilogue(load(cells + G.in.row_stride + half * width), place{}));
                    pooled[f] = combine(detail::reorder<T, 2>(columns, pairs, 0),
                                        detail::reorder<T, 2>(columns, pairs, 1));
                    if constexpr (!Max) pooled[f] = pooled[f] * broadcast(T(0.25));
                }
                for (std::size_t v = 0; v < filters && x * filters + v * width < run; ++v) {
                    const std::size_t at = x * filters + v * width;
                    const lanes<T> value =
                        pooled_epilogue(detail::reorder<T, filters>(pooled, order, v), place{});
                    store_partial(out + at, value, run - at < width ? run - at : width);
                }
            }
        });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
