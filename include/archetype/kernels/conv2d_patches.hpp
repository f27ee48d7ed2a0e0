// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_patches.hpp
/// Convolution, dense layer, activation and pooling for small processors: a patch of neighbouring results is summed in
/// registers from the logical weights, pooled there, and stored. No copy of weights, no scratch memory, little code.
#pragma once
#include <archetype/kernels/convolution_geometry.hpp>
#include <archetype/kernels/pool2d.hpp>
#include <archetype/kernels/select.hpp>
#include <cstddef>

namespace archetype::kernels {

namespace detail {

/// Vectors that fit into registers beside an operand of the multiply-add. Targets without floating-point registers
/// keep numbers in a few general ones.
template <class T>
inline constexpr std::size_t patch_registers =
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)
    lane_count<T> > 1 ? 7 : 30;
#elif defined(__arm__) && !defined(__ARM_FP)
    6;
#elif defined(__wasm__)
    15;
#else
    30;
#endif

/// How many results are summed at once: a patch of pixels, and vectors of filters.
struct patch_shape {
    std::size_t rows = 1, columns = 1, vectors = 1;
    constexpr std::size_t pixels() const { return rows * columns; }
    /// Instructions of one step of the reduction: loads of both operands, multiply-adds, and the loop.
    constexpr std::size_t step() const { return pixels() + vectors + pixels() * vectors + 3; }
    template <class T>
    constexpr bool fits() const {
        return pixels() * vectors + (lane_count<T> > 1 ? 0 : pixels()) <= patch_registers<T>;
    }
};

constexpr std::size_t largest_divisor(std::size_t number, std::size_t most) {
    std::size_t divisor = most;
    while (number % divisor != 0) --divisor;
    return divisor;
}

/// The patch that takes the fewest instructions: part of a row of results, or of a pooling's window. The first ones are
/// preferred, so that layers share their code.
template <class T>
constexpr patch_shape choose_patch(const conv2d_geometry& g, const window& pool) {
    constexpr std::size_t choices[][2] = {{4, 6}, {1, 8}, {4, 4}, {4, 2}, {1, 4}, {4, 1}, {1, 1}};
    const std::size_t filters = g.depthwise() ? g.out.channels : g.group_filters();
    const std::size_t cells = pool.kernel_height * pool.kernel_width;
    patch_shape best;
    std::size_t best_cost = 0;
    for (const auto& [pixels, vectors] : choices) {
        patch_shape shape{1, pixels, vectors};
        if (cells != 1) {
            shape.columns = largest_divisor(pool.kernel_width, pixels);
            shape.rows = largest_divisor(pool.kernel_height, pixels / shape.columns);
        }
        const std::size_t across = cells == 1 ? g.out.width : cells, wide = vectors * lane_count<T>;
        if (!shape.fits<T>() || shape.pixels() > across || (vectors > 1 && wide >= filters + lane_count<T>))
            continue;
        const std::size_t patches = (across + shape.pixels() - 1) / shape.pixels();
        const std::size_t cost = patches * ((filters + wide - 1) / wide) * shape.step();
        if (best_cost == 0 || cost * 10 < best_cost * 9) best_cost = cost, best = shape;
    }
    return best;
}

/// The taps of a patch: rows of runs of taps that follow one another in the input, as all do in the weights.
struct patch_taps {
    std::size_t rows = 1, runs = 1, length = 1;
    std::size_t next_row = 0,
                next_run = 0;         // from the first tap of the last run of a row, and from that of a run
    std::size_t down = 0, right = 0;  // between the pixels of a patch
    std::size_t filters = 1;          // between the weights of two taps
};

/// A row of taps is one run: the channels and pixels it reads follow one another.
constexpr bool rows_are_runs(const conv2d_geometry& g) {
    return g.win.dilation_width == 1 && g.in.pixel_stride == (g.depthwise() ? 1 : g.group_inputs());
}

constexpr patch_taps taps_of(const conv2d_geometry& g) {
    const std::size_t inputs = g.depthwise() ? 1 : g.group_inputs();
    const bool is_run = rows_are_runs(g);
    patch_taps taps;
    taps.rows = g.win.kernel_height;
    taps.runs = is_run ? 1 : g.win.kernel_width;
    taps.length = is_run ? g.win.kernel_width * inputs : inputs;
    taps.next_run = is_run ? 0 : g.win.dilation_width * g.in.pixel_stride;
    taps.next_row = g.win.dilation_height * g.in.row_stride - (taps.runs - 1) * taps.next_run;
    taps.down = g.win.stride_height * g.in.row_stride;
    taps.right = g.win.stride_width * g.in.pixel_stride;
    taps.filters = g.out.channels;
    return taps;
}

/// sums[v][p] = bias + the sum over all taps, for pixel p of the patch whose first tap is `in` and vector v of the filters
/// whose weights and bias begin at `weights` and `bias`. Extents are run-time values, so that layers share the code.
/// `Lanewise` multiplies channel c of the input with the weights of channel c only; `Run` is for `taps.runs == 1`.
template <class T, patch_shape Shape, bool Lanewise, bool Run>
[[gnu::noinline]] void sum_patch(const T* in, const T* weights, const T* bias, const patch_taps& taps,
                                 T* result) {
    constexpr std::size_t width = lane_count<T>, pixels = Shape.pixels(), vectors = Shape.vectors;
    lanes<T> sums[pixels][vectors];
#pragma GCC unroll 16
    for (std::size_t v = 0; v < vectors; ++v)
#pragma GCC unroll 16
        for (std::size_t p = 0; p < pixels; ++p) sums[p][v] = load(bias + v * width);
    std::size_t rows = taps.rows;
    do {
        [[maybe_unused]] std::size_t runs = taps.runs;
        for (;;) {
            const T* at[pixels];
#pragma GCC unroll 16
            for (std::size_t p = 0; p < pixels; ++p)
                at[p] = in + (p / Shape.columns * taps.down + p % Shape.columns * taps.right);
            const std::size_t filters = taps.filters;
            const T* const end = in + taps.length;
            do {
                if constexpr (Lanewise) {
#pragma GCC unroll 16
                    for (std::size_t v = 0; v < vectors; ++v) {
                        const lanes<T> factor = load(weights + v * width);
#pragma GCC unroll 16
                        for (std::size_t p = 0; p < pixels; ++p)
                            sums[p][v] = multiply_add<T>(load(at[p] + v * width), factor, sums[p][v]);
                    }
#pragma GCC unroll 16
                    for (std::size_t p = 0; p < pixels; ++p) ++at[p];
                } else {
                    T values[pixels];
#pragma GCC unroll 16
                    for (std::size_t p = 0; p < pixels; ++p) values[p] = *at[p]++;
#pragma GCC unroll 16
                    for (std::size_t v = 0; v < vectors; ++v) {
                        const lanes<T> factor = load(weights + v * width);
#pragma GCC unroll 16
                        for (std::size_t p = 0; p < pixels; ++p)
                            sums[p][v] = multiply_add_scaled<T>(factor, values[p], sums[p][v]);
                    }
                }
                weights += filters;
            } while (at[0] != end);
            if (Run || --runs == 0) break;
            in += taps.next_run;
        }
        in += taps.next_row;
    } while (--rows != 0);
#pragma GCC unroll 16
    for (std::size_t v = 0; v < vectors; ++v)
#pragma GCC unroll 16
        for (std::size_t p = 0; p < pixels; ++p) store<T>(result + (v * pixels + p) * width, sums[p][v]);
}

/// Biases of a layer that has none.
template <class T>
inline constexpr T no_bias[8 * lane_count<T>] = {};

/// Extents and distances of a layer that is computed patch by patch.
struct patch_loops {
    patch_taps taps;
    std::size_t height = 1, width = 1, groups = 1, filters = 1;  // of the results; filters of a group
    std::size_t in_down = 0, in_right = 0, in_group = 0;         // from result to result
    std::size_t out_row = 0, out_pixel = 0;
    std::size_t cells_down = 1, cells_across = 1;  // of the pooling's window
};

constexpr patch_loops loops_of(const conv2d_geometry& g, const window& pool, const image& out) {
    patch_loops loops;
    loops.taps = taps_of(g);
    loops.height = out.height, loops.width = out.width;
    loops.groups = g.depthwise() ? 1 : g.groups, loops.filters = g.out.channels / loops.groups;
    loops.in_down = pool.stride_height * loops.taps.down,
    loops.in_right = pool.stride_width * loops.taps.right;
    loops.in_group = g.group_inputs();
    loops.out_row = out.row_stride, loops.out_pixel = out.pixel_stride;
    loops.cells_down = pool.kernel_height, loops.cells_across = pool.kernel_width;
    return loops;
}

/// What layers must have in common to share code.
struct patch_kind {
    patch_shape shape;
    bool lanewise = false;  ///< depthwise
    bool grouped = false;
    bool run = false;  ///< `rows_are_runs`
    bool biased = true;
    bool single = false;    ///< one pixel: a dense layer
    std::size_t cells = 1;  ///< of a pooling's window
    bool is_max = true;
    constexpr bool operator==(const patch_kind&) const = default;
};

/// The last block of `Size` begins at `extent - Size`, over the one before, where there is room.
template <std::size_t Size, bool MayExceed>
ARCHETYPE_INLINE constexpr std::size_t begin_within(std::size_t next, std::size_t extent) {
    if constexpr (Size == 1) return next;
    return next + Size <= extent || (MayExceed && extent < Size) ? next : extent - Size;
}

/// Stores a vector of results, from filter `f` on.
template <class T>
ARCHETYPE_INLINE void store_filters(T* to, const lanes<T>& value, std::size_t f, std::size_t filters) {
    if constexpr (lane_count<T> == 1)
        store<T>(to, value);
    else if (f + lane_count<T> <= filters)
        store<T>(to, value);
    else if (f < filters)
        store_partial<T>(to, value, filters - f);
}

/// One sample. Layers of the same kind with the same functions share this code.
template <class T, patch_kind Kind, class Epilogue, class PooledEpilogue>
[[gnu::noinline]] void run_patches(const T* in, const T* weights, const T* bias, T* out,
                                   const patch_loops& loops) {
    constexpr patch_shape shape = Kind.shape;
    constexpr std::size_t width = lane_count<T>, block = shape.vectors * width, pixels = shape.pixels();
    constexpr std::size_t across = Kind.cells == 1 ? pixels : 1;
    const std::size_t height = Kind.single ? 1 : loops.height, row = Kind.single ? 1 : loops.width;
    const std::size_t groups = Kind.grouped ? loops.groups : 1;
    T sums[block * pixels];
    [[maybe_unused]] T pooled[Kind.cells == pixels ? 1 : block];
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t next_x = 0; next_x < row; next_x += across)
            for (std::size_t group = 0; group < groups; ++group)
                for (std::size_t next = 0; next < loops.filters; next += block) {
                    const std::size_t x = begin_within<across, false>(next_x, row);
                    const std::size_t within = begin_within<block, (width > 1)>(next, loops.filters);
                    const std::size_t f = group * loops.filters + within;
                    const T* const from = in + (y * loops.in_down + x * loops.in_right +
                                                (Kind.lanewise ? within : group * loops.in_group));
                    T* const to = out + (y * loops.out_row + x * loops.out_pixel + f);
                    const auto sum = [&](const T* first) __attribute__((always_inline)) {
                        sum_patch<T, shape, Kind.lanewise, Kind.run>(
                            first, weights + f, Kind.biased ? bias + f : no_bias<T>, loops.taps, sums);
                    };
                    const auto finish = [&](T * cell, const lanes<T>& value, std::size_t v)
                        __attribute__((always_inline)) {
                        store_filters<T>(cell + v, PooledEpilogue{}(value, place{}), within + v,
                                         loops.filters);
                    };
                    if constexpr (Kind.cells == 1) {
                        sum(from);
                        const T* summed = sums;
                        for (std::size_t v = 0; v < block; v += width) {
                            T* cell = to;
#pragma GCC unroll 1
                            for (std::size_t p = 0; p < pixels; ++p, summed += width, cell += loops.out_pixel)
                                finish(cell, Epilogue{}(load(summed), place{}), v);
                        }
                    } else {
                        const auto combine =
                            [](const lanes<T>& a, const lanes<T>& b) __attribute__((always_inline)) {
                            return Kind.is_max ? maximum<T>(a, b) : lanes<T>(a + b);
                        };
                        const auto pooled_sums = [&](const T* summed) __attribute__((always_inline)) {
                            lanes<T> value = Epilogue{}(load(summed), place{});
#pragma GCC unroll 1
                            for (std::size_t p = 1; p < pixels; ++p)
                                value = combine(value, Epilogue{}(load(summed + p * width), place{}));
                            return value;
                        };
                        const auto finish_pooled = [&](lanes<T> value, std::size_t v)
                            __attribute__((always_inline)) {
                            if constexpr (!Kind.is_max)
                                value = value * broadcast(T(1) / static_cast<T>(Kind.cells));
                            finish(to, value, v);
                        };
                        if constexpr (Kind.cells == pixels) {
                            sum(from);
                            for (std::size_t v = 0; v < block; v += width)
                                finish_pooled(pooled_sums(sums + v * pixels), v);
                        } else {
                            for (std::size_t ky = 0; ky < loops.cells_down; ky += shape.rows)
                                for (std::size_t kx = 0; kx < loops.cells_across; kx += shape.columns) {
                                    sum(from + (ky * loops.taps.down + kx * loops.taps.right));
                                    for (std::size_t v = 0; v < block; v += width) {
                                        lanes<T> value = pooled_sums(sums + v * pixels);
                                        if (ky + kx != 0) value = combine(load(pooled + v), value);
                                        store<T>(pooled + v, value);
                                    }
                                }
                            for (std::size_t v = 0; v < block; v += width) finish_pooled(load(pooled + v), v);
                        }
                    }
                }
}

}  // namespace detail

/// No pooling, as the window of one.
inline constexpr window no_pooling{};

/// out = PooledEpilogue(pooling of Epilogue(convolution of `in` with `weights` + bias)) for the samples of a range.
/// @tparam Pool     the pooling's window, within the image for every result; `no_pooling` for none
/// @tparam Out      the layout of the (pooled) results
/// @tparam Max      the largest cell of the window, a NaN if there is one; otherwise their mean
/// @tparam Epilogue, PooledEpilogue  empty types that look at no place
/// @param in        laid out as `G.in`, zeros of the padding included
/// @param weights   the logical weights [kernel row][kernel column][channel in of the group][filter]
/// @param bias      one value per filter; not read without `HasBias`
template <conv2d_geometry G, window Pool, image Out, bool Max, bool HasBias, class Epilogue,
          class PooledEpilogue, class T>
ARCHETYPE_INLINE void conv2d_patches_forward(const T* in, const T* weights, const T* bias, T* out,
                                             range samples) {
    constexpr detail::patch_kind kind{.shape = detail::choose_patch<T>(G, Pool),
                                      .lanewise = G.depthwise(),
                                      .grouped = G.groups > 1 && !G.depthwise(),
                                      .run = detail::rows_are_runs(G),
                                      .biased = HasBias,
                                      .single = Out.height * Out.width == 1,
                                      .cells = Pool.kernel_height * Pool.kernel_width,
                                      .is_max = Max};
    static constexpr detail::patch_loops loops = detail::loops_of(G, Pool, Out);
    for (std::size_t n = samples.first; n < samples.last; ++n)
        detail::run_patches<T, kind, Epilogue, PooledEpilogue>(
            in + n * G.in.sample_stride + detail::first_tap(G), weights, bias,
            out + n * Out.sample_stride + Out.offset, loops);
}

}  // namespace archetype::kernels
