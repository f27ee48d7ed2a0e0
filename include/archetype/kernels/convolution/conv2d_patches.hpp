// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_patches.hpp
/// Convolution, dense layer, activation and pooling for small processors: a patch of neighbouring results is summed in
/// registers from the logical weights, pooled there, and stored. No copy of weights, no scratch memory, little code.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/images/patch_functions.hpp>
#include <archetype/kernels/vectors/patch_vector.hpp>
#include <archetype/kernels/vectors/select.hpp>
#include <cstddef>
#include <type_traits>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// What becomes of the results in a pooling's window: nothing, their maximum (a NaN if there is one), their mean, or the
/// root of the sum of their squares.
enum class patch_pooling { no, largest, mean, l2_norm };

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Every channel has one filter of its own.
constexpr bool is_lanewise(const conv2d_geometry& g) {
    return g.groups > 1 && g.groups == g.in.channels && g.groups == g.out.channels;
}

/// How many results are summed at once: a patch of pixels, and vectors of filters.
struct patch_shape {
    std::size_t rows = 1, columns = 1, vectors = 1, lanes = 1;
    constexpr std::size_t pixels() const { return rows * columns; }
    constexpr std::size_t filters() const { return vectors * lanes; }
    /// Where the sum of pixel p and filter f is: at p * pixel_step() + f * filter_step().
    constexpr std::size_t pixel_step() const { return lanes == 1 ? 1 : filters(); }
    constexpr std::size_t filter_step() const { return lanes == 1 ? pixels() : 1; }
    /// Instructions of one step of the reduction: loads of both operands, multiply-adds, and the loop.
    constexpr std::size_t step(bool lanewise) const {
        return pixels() * (lanewise ? vectors + 1 : 1) + vectors + pixels() * vectors + 3;
    }
    template <std::size_t Lanes>
    constexpr bool fits() const {
        return pixels() * vectors + (Lanes == 1 ? pixels() : 0) <= patch_registers<Lanes>;
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
constexpr patch_shape choose_patch(const conv2d_geometry& g, const window& pool, bool pooled) {
    constexpr std::size_t choices[][2] = {{4, 6}, {1, 8}, {4, 4}, {5, 4}, {3, 6},
                                          {2, 8}, {4, 2}, {1, 4}, {4, 1}, {1, 1}};
    const std::size_t filters = is_lanewise(g) ? g.out.channels : g.group_filters();
    const std::size_t cells = pool.kernel_height * pool.kernel_width;
    patch_shape best;
    std::size_t best_cost = 0;
    const auto consider = [&]<std::size_t Lanes>(std::integral_constant<std::size_t, Lanes>) {
        if (is_lanewise(g) && filters % Lanes != 0) return;  // its vectors of inputs would pass the end
        for (const auto& [pixels, vectors] : choices) {
            patch_shape shape{1, pixels, vectors, Lanes};
            if (pooled) {
                shape.columns = largest_divisor(pool.kernel_width, pixels);
                shape.rows = largest_divisor(pool.kernel_height, pixels / shape.columns);
            }
            const std::size_t across = pooled ? cells : g.out.width;
            if (!shape.fits<Lanes>() || shape.pixels() > across ||
                (vectors > 1 && shape.filters() >= filters + Lanes))
                continue;
            const std::size_t patches = (across + shape.pixels() - 1) / shape.pixels();
            const std::size_t blocks = (filters + shape.filters() - 1) / shape.filters();
            const std::size_t cost = patches * blocks * shape.step(is_lanewise(g));
            if (best_cost == 0 || cost * 10 < best_cost * 9) best_cost = cost, best = shape;
        }
    };
    consider(std::integral_constant<std::size_t, patch_lanes<T>>{});
    if constexpr (patch_lanes<T> != 1) consider(std::integral_constant<std::size_t, 1>{});
    return best;
}

/// The taps of a patch: rows of runs of taps that follow one another in the input, as all do in the weights.
struct patch_taps {
    std::size_t rows = 1, runs = 1, length = 1;  // of a run, in the input
    std::size_t next_tap = 1;                    // 1, unless channels have filters of their own
    std::size_t next_row = 0,
                next_run = 0;         // from the first tap of the last run of a row, and from that of a run
    std::size_t down = 0, right = 0;  // between the pixels of a patch
    std::size_t filters = 1;          // between the weights of two taps
};

/// A row of taps is one run: what it reads follows one another, or stands at equal distances.
constexpr bool rows_are_runs(const conv2d_geometry& g) {
    return is_lanewise(g) || (g.win.dilation_width == 1 && g.in.pixel_stride == g.group_inputs());
}

constexpr patch_taps taps_of(const conv2d_geometry& g) {
    const bool is_run = rows_are_runs(g);
    const std::size_t next_column = g.win.dilation_width * g.in.pixel_stride;
    patch_taps taps;
    taps.rows = g.win.kernel_height;
    taps.runs = is_run ? 1 : g.win.kernel_width;
    taps.length = is_run ? g.win.kernel_width * next_column : g.group_inputs();
    if (is_lanewise(g)) taps.next_tap = next_column;
    taps.next_run = is_run ? 0 : next_column;
    taps.next_row = g.win.dilation_height * g.in.row_stride - (taps.runs - 1) * taps.next_run;
    taps.down = g.win.stride_height * g.in.row_stride;
    taps.right = g.win.stride_width * g.in.pixel_stride;
    taps.filters = g.out.channels;
    return taps;
}

/// result (at `Shape.pixel_step()` and `filter_step()`) = bias + the sum over all taps, for pixel p of the patch whose first tap is `in` and filter f of those
/// whose weights and bias begin at `weights` and `bias`. Extents are run-time values, so that layers share the code.
/// `Lanewise` multiplies channel c of the input with the weights of channel c only; `Run` is for `taps.runs == 1`.
template <class T, patch_shape Shape, bool Lanewise, bool Run>
[[gnu::noinline]] void sum_patch(const T* in, const T* weights, const T* bias, const patch_taps& taps,
                                 T* result) {
    constexpr std::size_t width = Shape.lanes, pixels = Shape.pixels(), vectors = Shape.vectors;
    using vector = patch_vector<T, width>;
    vector sums[pixels][vectors];
#pragma GCC unroll 16
    for (std::size_t v = 0; v < vectors; ++v)
#pragma GCC unroll 16
        for (std::size_t p = 0; p < pixels; ++p) sums[p][v] = vector::load(bias + v * width);
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
                        const vector factor = vector::load(weights + v * width);
#pragma GCC unroll 16
                        for (std::size_t p = 0; p < pixels; ++p)
                            sums[p][v].add_product(vector::load(at[p] + v * width), factor);
                    }
#pragma GCC unroll 16
                    for (std::size_t p = 0; p < pixels; ++p) at[p] += taps.next_tap;
                } else {
                    T values[pixels];
#pragma GCC unroll 16
                    for (std::size_t p = 0; p < pixels; ++p) values[p] = *at[p]++;
#pragma GCC unroll 16
                    for (std::size_t v = 0; v < vectors; ++v) {
                        const vector factor = vector::load(weights + v * width);
#pragma GCC unroll 16
                        for (std::size_t p = 0; p < pixels; ++p) sums[p][v].add_product(factor, values[p]);
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
    for (std::size_t p = 0; p < pixels; ++p)
#pragma GCC unroll 16
        for (std::size_t v = 0; v < vectors; ++v)
            sums[p][v].store(result + (p * Shape.pixel_step() + v * width * Shape.filter_step()));
}

/// Biases of a layer that has none.
template <class T>
inline constexpr T no_bias[8 * patch_lanes<T>] = {};

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
    loops.groups = is_lanewise(g) ? 1 : g.groups, loops.filters = g.out.channels / loops.groups;
    loops.in_down = pool.stride_height * loops.taps.down,
    loops.in_right = pool.stride_width * loops.taps.right;
    loops.in_group = g.group_inputs();
    loops.out_row = out.row_stride, loops.out_pixel = out.pixel_stride;
    loops.cells_down = pool.kernel_height, loops.cells_across = pool.kernel_width;
    return loops;
}

/// The window is one pixel, and neither image has gaps.
constexpr bool is_pointwise(const conv2d_geometry& g, const window& pool, const image& out) {
    return g.win == window{} && pool == window{} && g.in.row_stride == g.in.width * g.in.pixel_stride &&
           out.row_stride == out.width * out.pixel_stride;
}
constexpr image one_row(image i) {
    i.width *= i.height, i.height = 1, i.row_stride = i.width * i.pixel_stride;
    return i;
}
constexpr conv2d_geometry one_row(conv2d_geometry g) {
    g.in = one_row(g.in), g.out = one_row(g.out);
    return g;
}

/// What layers must have in common to share code.
struct patch_kind {
    patch_shape shape;
    bool lanewise = false;  ///< depthwise
    bool grouped = false;
    bool run = false;  ///< `rows_are_runs`
    bool biased = true;
    bool single = false;  ///< one pixel: a dense layer
    patch_pooling pooling = patch_pooling::no;
    std::size_t cells = 1;  ///< of the pooling's window
};

/// The last block of `Size` begins at `extent - Size`, over the one before, where there is room.
template <std::size_t Size, bool MayExceed>
ARCHETYPE_INLINE constexpr std::size_t begin_within(std::size_t next, std::size_t extent) {
    if constexpr (Size == 1) return next;
    return next + Size <= extent || (MayExceed && extent < Size) ? next : extent - Size;
}

/// The loops of a layer whose epilogue has a state, such as the operands of an addition.
template <class Epilogue>
struct patch_call {
    const patch_loops& loops;
    const Epilogue& epilogue;
    std::size_t sample;
};
ARCHETYPE_INLINE const patch_loops& loops_in(const patch_loops& loops) {
    return loops;  // NOLINT: callers hold the loops
}
template <class Epilogue>
ARCHETYPE_INLINE const patch_loops& loops_in(const patch_call<Epilogue>& call) {
    return call.loops;
}
/// The result of a sum, at row y, column x and filter f.
template <class Epilogue, class T>
ARCHETYPE_INLINE T finish_sum(const patch_loops&, T value, std::size_t, std::size_t, std::size_t) {
    return Epilogue{}(value, place{});
}
template <class Epilogue, class T>
ARCHETYPE_INLINE T finish_sum(const patch_call<Epilogue>& call, T value, std::size_t y, std::size_t x,
                              std::size_t f) {
    return call.epilogue(value, place{call.sample, y, x, f});
}

/// One sample. Layers of the same kind with the same functions share this code.
template <class T, patch_kind Kind, class Before, class Epilogue, class Call>
[[gnu::noinline]] void run_patches(const T* in, const T* weights, const T* bias, T* out, const Call& call) {
    const patch_loops& loops = loops_in(call);
    constexpr patch_shape shape = Kind.shape;
    constexpr std::size_t block = shape.filters(), pixels = shape.pixels();
    constexpr std::size_t across = Kind.pooling == patch_pooling::no ? pixels : 1;
    const std::size_t height = Kind.single ? 1 : loops.height, row = Kind.single ? 1 : loops.width;
    const std::size_t groups = Kind.grouped ? loops.groups : 1;
    const std::size_t used = shape.lanes == 1 || loops.filters >= block ? block : loops.filters;
    // Functions without a state are applied to all sums of a patch at once, where vectors have these functions.
    constexpr bool at_once = shape.lanes > 1 && patches_have_functions,
                   ends_at_once =
                       at_once && Kind.pooling == patch_pooling::no && std::is_same_v<Call, patch_loops>;
    T sums[pixels * block];
    [[maybe_unused]] T pooled[Kind.cells == pixels ? 1 : block];
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t next_x = 0; next_x < row; next_x += across)
            for (std::size_t group = 0; group < groups; ++group)
                for (std::size_t next = 0; next < loops.filters; next += block) {
                    const std::size_t x = begin_within<across, false>(next_x, row);
                    const std::size_t within = begin_within<block, (shape.lanes > 1)>(next, loops.filters);
                    const std::size_t first = group * loops.filters + within;
                    const T* const from = in + (y * loops.in_down + x * loops.in_right +
                                                (Kind.lanewise ? within : group * loops.in_group));
                    T* const to = out + (y * loops.out_row + x * loops.out_pixel + first);
                    const auto sum = [&](const T* patch) __attribute__((always_inline)) {
                        sum_patch<T, shape, Kind.lanewise, Kind.run>(patch, weights + first,
                                                                     Kind.biased ? bias + first : no_bias<T>,
                                                                     loops.taps, sums);
                        if constexpr (at_once) apply_to_patch<Before, pixels * block>(sums);
                        if constexpr (ends_at_once) apply_to_patch<Epilogue, pixels * block>(sums);
                    };
                    const auto finish = [&](T value, std::size_t p, std::size_t f)
                        __attribute__((always_inline)) {
                        return finish_sum<Epilogue>(call, value, y, x + p, first + f);
                    };
                    if constexpr (Kind.pooling == patch_pooling::no) {
                        sum(from);
                        for (std::size_t p = 0; p < pixels; ++p)
                            for (std::size_t f = 0; f < used; ++f) {
                                T value = sums[p * shape.pixel_step() + f * shape.filter_step()];
                                if constexpr (!at_once) value = Before{}(value, place{});
                                to[p * loops.out_pixel + f] = ends_at_once ? value : finish(value, p, f);
                            }
                    } else {
                        const auto cell = [](T value) __attribute__((always_inline)) {
                            if constexpr (!at_once) value = Before{}(value, place{});
                            return Kind.pooling == patch_pooling::l2_norm ? value * value : value;
                        };
                        const auto combine = [](T a, T b) __attribute__((always_inline)) {
                            return Kind.pooling == patch_pooling::largest ? larger<T>(a, b) : a + b;
                        };
                        const auto pool = [&](const T* summed) __attribute__((always_inline)) {
                            T value = cell(*summed);
#pragma GCC unroll 1
                            for (std::size_t p = 1; p < pixels; ++p)
                                value = combine(value, cell(summed[p * shape.pixel_step()]));
                            return value;
                        };
                        const auto finish_pooled = [&](T value, std::size_t f)
                            __attribute__((always_inline)) {
                            if constexpr (Kind.pooling == patch_pooling::mean)
                                value *= T(1) / static_cast<T>(Kind.cells);
                            if constexpr (Kind.pooling == patch_pooling::l2_norm)
                                value = expression::elementary::sqrt(value);
                            return finish(value, 0, f);
                        };
                        if constexpr (Kind.cells == pixels) {
                            sum(from);
                            for (std::size_t f = 0; f < used; ++f)
                                to[f] = finish_pooled(pool(sums + f * shape.filter_step()), f);
                        } else {
                            for (std::size_t ky = 0; ky < loops.cells_down; ky += shape.rows)
                                for (std::size_t kx = 0; kx < loops.cells_across; kx += shape.columns) {
                                    sum(from + (ky * loops.taps.down + kx * loops.taps.right));
                                    for (std::size_t f = 0; f < used; ++f) {
                                        const T value = pool(sums + f * shape.filter_step());
                                        pooled[f] = ky + kx == 0 ? value : combine(pooled[f], value);
                                    }
                                }
                            for (std::size_t f = 0; f < used; ++f) to[f] = finish_pooled(pooled[f], f);
                        }
                    }
                }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// No pooling, as the window of one.
inline constexpr window no_pooling{};

/// out = epilogue(pooling of Before(convolution of `in` with `weights` + bias)) for the samples of a range.
/// @tparam Pool      the pooling's window, within the image for every result; `no_pooling` for none
/// @tparam Out       the layout of the (pooled) results
/// @tparam Before    an empty type that looks at no place
/// @param in         laid out as `G.in`, zeros of the padding included
/// @param weights    the logical weights [kernel row][kernel column][channel in of the group][filter]
/// @param bias       one value per filter; not read without `HasBias`
/// @param epilogue   of single numbers; if it is an empty type, it looks at no place
template <conv2d_geometry G, window Pool, image Out, patch_pooling Pooling, bool HasBias, class Before,
          class T, class Epilogue>
ARCHETYPE_INLINE void conv2d_patches_forward(const T* in, const T* weights, const T* bias, T* out,
                                             const Epilogue& epilogue, range samples) {
    if constexpr (std::is_empty_v<Epilogue> && Out.height > 1 && detail::is_pointwise(G, Pool, Out)) {
        // Rows follow one another: one long row has fewer patches that overlap.
        conv2d_patches_forward<detail::one_row(G), Pool, detail::one_row(Out), Pooling, HasBias, Before>(
            in, weights, bias, out, epilogue, samples);
        return;
    }
    constexpr detail::patch_kind kind{.shape = detail::choose_patch<T>(G, Pool, Pooling != patch_pooling::no),
                                      .lanewise = detail::is_lanewise(G),
                                      .grouped = G.groups > 1 && !detail::is_lanewise(G),
                                      .run = detail::rows_are_runs(G),
                                      .biased = HasBias,
                                      .single = Out.height * Out.width == 1,
                                      .pooling = Pooling,
                                      .cells = Pool.kernel_height * Pool.kernel_width};
    static constexpr detail::patch_loops loops = detail::loops_of(G, Pool, Out);
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const T* const first = in + n * G.in.sample_stride + detail::first_tap(G);
        T* const to = out + n * Out.sample_stride + Out.offset;
        if constexpr (std::is_empty_v<Epilogue>)
            detail::run_patches<T, kind, Before, Epilogue>(first, weights, bias, to, loops);
        else
            detail::run_patches<T, kind, Before, Epilogue>(first, weights, bias, to,
                                                           detail::patch_call<Epilogue>{loops, epilogue, n});
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
