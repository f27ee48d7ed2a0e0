// SPDX-License-Identifier: BSL-1.0
/// @file stream_product.hpp
/// The newest rows of a sequence times the weights of a dense layer or a convolution over time, all extents constant:
/// a tile of rows and filters stays in registers while the weights go by once.
#pragma once
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/vectors/narrow_numbers.hpp>
#include <type_traits>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One layer for one block of a stream. Row r of tap k begins at tap[k] + r * in_step.
struct stream_geometry {
    std::size_t rows = 1, taps = 1, inputs = 1, filters = 1, groups = 1;
    std::size_t in_step = 0, out_step = 0;
    /// The sum goes over taps, then channels; or, for each of `tap_rows` rows of taps, over channels, then taps. The order is
    /// that of the kernel that runs the whole sequence, so that both give the same bits.
    bool channels_first = false;
    std::size_t tap_rows = 1;
    bool packed = false;  ///< weights as `pack_stream_weights` makes them; else [tap][channel][filter]
    bool narrow = false;  ///< weights have 8 bits, with a scale for each filter
    constexpr bool operator==(const stream_geometry&) const = default;
    constexpr std::size_t group_inputs() const { return inputs / groups; }
    constexpr std::size_t group_filters() const { return filters / groups; }
    constexpr std::size_t reduction() const { return taps * group_inputs(); }
    constexpr std::size_t row_taps() const { return taps / tap_rows; }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr std::size_t stream_sums = 16;
#else
inline constexpr std::size_t stream_sums = ARCHETYPE_HAS_XSIMD ? 8 : 4;
#endif

/// The largest divisor of `count` that is at most `limit`.
constexpr std::size_t divisor_up_to(std::size_t limit, std::size_t count) {
    std::size_t found = limit < count ? limit : count;
    while (found > 1 && count % found != 0) --found;
    return found == 0 ? 1 : found;
}

template <stream_geometry G, class T>
using stream_weight = std::conditional_t<G.narrow, std::int8_t, T>;

/// Vectors and rows of a register tile.
template <stream_geometry G, class T>
struct stream_tile {
    static constexpr std::size_t width = lane_count<T>;
    static constexpr std::size_t all = (G.group_filters() + width - 1) / width;
    static constexpr std::size_t vectors =
        divisor_up_to(G.rows == 1 ? stream_sums / 2 : stream_sums / 4, all);
    static constexpr std::size_t panels = all / vectors;
    /// Sums in registers: more of them where there are rows enough, so that weights come from their cache less often.
    static constexpr std::size_t sums = G.rows < 2 * stream_sums ? stream_sums : stream_sums / 2 * 3;
    static constexpr std::size_t rows = G.rows < sums / vectors ? G.rows : sums / vectors;
    static constexpr std::size_t panel_filters = vectors * width;
    static constexpr std::size_t panel_size = G.reduction() * panel_filters;
    /// A panel lies in so many parts, each with some of its vectors: what no near cache holds comes faster from several places
    /// at once, as processors fetch ahead within a page.
    static constexpr bool is_far = G.packed &&
                                   G.reduction() * G.group_filters() * sizeof(stream_weight<G, T>) >
                                       (std::size_t{1} << 18);
    static constexpr std::size_t parts = is_far && !G.narrow ? divisor_up_to(4, vectors) : 1;
    /// Weights of 8 bits go by too fast for what fetches ahead by itself: these bytes ahead.
    static constexpr std::size_t fetched_ahead = is_far && G.narrow ? 3072 : 0;
    static constexpr std::size_t part_filters = panel_filters / parts,
                                 part_size = G.reduction() * part_filters;
};

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Scales of filters and their bias, which may be null.
template <class T>
struct stream_scales {
    const T* scales;
    const T* bias;
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

// What sums begin with and become: of filters with a bias alone, or with scales.
template <class T>
ARCHETYPE_INLINE const T* filters_from(const T* bias, std::size_t filter) {
    return bias != nullptr ? bias + filter : nullptr;
}
template <class T>
ARCHETYPE_INLINE stream_scales<T> filters_from(const stream_scales<T>& own, std::size_t filter) {
    return {own.scales + filter, filters_from(own.bias, filter)};
}
template <class T>
ARCHETYPE_INLINE lanes<T> first_sum(const T* bias, std::size_t filter) {
    return bias != nullptr ? load(bias + filter) : broadcast(T(0));
}
template <class T>
ARCHETYPE_INLINE lanes<T> first_sum(const stream_scales<T>&, std::size_t) {
    return broadcast(T(0));
}
template <class T>
ARCHETYPE_INLINE lanes<T> last_sum(const lanes<T>& sum, const T*, std::size_t) {
    return sum;
}
template <class T>
ARCHETYPE_INLINE lanes<T> last_sum(const lanes<T>& sum, const stream_scales<T>& own, std::size_t filter) {
    return scaled_sum<T>(sum, own.scales + filter, own.bias != nullptr ? own.bias + filter : nullptr);
}
template <class T>
ARCHETYPE_INLINE lanes<T> load_factor(const T* from) {
    return load(from);
}
template <class T>
ARCHETYPE_INLINE lanes<T> load_factor(const std::int8_t* from) {
    return load_int8<T>(from);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Room for packed weights, in weights, whatever the lanes of the target.
template <stream_geometry G>
inline constexpr std::size_t stream_weights_room = G.packed ? G.groups* G.reduction() *
                                                                  ((G.group_filters() + 15) / 16 * 16)
                                                            : 0;

/// Packs weights [tap][channel of the group][filter] into panels of whole vectors of `T` in the order of the sum.
template <stream_geometry G, class T>
void pack_stream_weights(const detail::stream_weight<G, T>* from, detail::stream_weight<G, T>* to) {
    using tile = detail::stream_tile<G, T>;
    for (std::size_t group = 0; group < G.groups; ++group)
        for (std::size_t panel = 0; panel < tile::panels; ++panel)
            for (std::size_t part = 0; part < tile::parts; ++part)
                for (std::size_t i = 0; i < G.reduction(); ++i) {
                    constexpr std::size_t of_row = G.row_taps() * G.group_inputs();
                    const std::size_t tap = G.channels_first ? i / of_row * G.row_taps() + i % G.row_taps()
                                                             : i / G.group_inputs();
                    const std::size_t channel =
                        G.channels_first ? i % of_row / G.row_taps() : i % G.group_inputs();
                    for (std::size_t f = 0; f < tile::part_filters; ++f) {
                        const std::size_t filter =
                            panel * tile::panel_filters + part * tile::part_filters + f;
                        *to++ = filter < G.group_filters()
                                    ? from[(tap * G.group_inputs() + channel) * G.filters +
                                           group * G.group_filters() + filter]
                                    : detail::stream_weight<G, T>(0);
                    }
                }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// sums = bias + rows times panel, for `Rows` rows from `row` on.
template <stream_geometry G, std::size_t Rows, std::size_t Vectors, class T, class Filters>
ARCHETYPE_INLINE void stream_sum(lanes<T> (&sums)[Rows][Vectors], const T* const* taps, std::size_t row,
                                 const stream_weight<G, T>* panel, const Filters& filters) {
    using weight = stream_weight<G, T>;
    constexpr std::size_t width = lane_count<T>;
    using tile = stream_tile<G, T>;
    constexpr std::size_t step = G.packed ? tile::part_filters : G.filters;
#pragma GCC unroll 16
    for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Vectors; ++v) sums[r][v] = first_sum<T>(filters, v * width);
    const auto add = [&](const T* from, const weight* factors) __attribute__((always_inline)) {
        lanes<T> factor[Vectors];
        if constexpr (tile::fetched_ahead != 0)
            for (std::size_t line = 0; line < tile::panel_filters; line += 64)
                __builtin_prefetch(factors + tile::fetched_ahead + line);
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Vectors; ++v)
            factor[v] = load_factor<T>(factors + v * width / tile::part_filters * tile::part_size +
                                       v * width % tile::part_filters);
#pragma GCC unroll 16
        for (std::size_t r = 0; r < Rows; ++r) {
            const lanes<T> value = broadcast(from[r * G.in_step]);
#pragma GCC unroll 8
            for (std::size_t v = 0; v < Vectors; ++v) sums[r][v] = multiply_add(value, factor[v], sums[r][v]);
        }
    };
    if constexpr (G.channels_first) {
        constexpr std::size_t count = G.row_taps(), inputs = G.group_inputs();
        for (std::size_t first = 0; first < G.taps; first += count)
            for (std::size_t c = 0; c < inputs; ++c)
#pragma GCC unroll 8
                for (std::size_t k = 0; k < count; ++k)
                    add(taps[first + k] + row * G.in_step + c,
                        panel +
                            (G.packed ? first * inputs + c * count + k : (first + k) * inputs + c) * step);
    } else {
#pragma GCC unroll 8
        for (std::size_t k = 0; k < G.taps; ++k) {
            const T* const from = taps[k] + row * G.in_step;
            const weight* const factors = panel + k * G.group_inputs() * step;
            for (std::size_t c = 0; c < G.group_inputs(); ++c) add(from + c, factors + c * step);
        }
    }
}

/// Which rows of a tile are stored.
template <std::size_t Rows>
struct all_rows {
    static constexpr bool has(std::size_t) { return true; }
};
struct some_rows {
    std::size_t first, last;
    bool has(std::size_t row) const { return row >= first && row < last; }
};

template <stream_geometry G, std::size_t Rows, class T, class Filters, class Epilogue,
          class Stored = all_rows<Rows>>
ARCHETYPE_INLINE void stream_rows(const T* const* taps, std::size_t row, const stream_weight<G, T>* panel,
                                  const Filters& filters, std::size_t first_filter, std::size_t limit, T* out,
                                  const Epilogue& epilogue, const Stored& stored = {}) {
    constexpr std::size_t width = lane_count<T>, vectors = stream_tile<G, T>::vectors;
    lanes<T> sums[Rows][vectors];
    stream_sum<G>(sums, taps, row, panel, filters);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 8
        for (std::size_t v = 0; v < vectors; ++v) {
            const std::size_t filter = first_filter + v * width;
            if (filter < limit && stored.has(r))
                store_partial(out + (row + r) * G.out_step + filter,
                              lanes<T>(epilogue(last_sum<T>(sums[r][v], filters, v * width),
                                                place{0, 0, row + r, filter})),
                              limit - filter < width ? limit - filter : width);
        }
}

/// Rows `row` to `last - 1`, fewer than a tile has. The tile lies within the block; what it computes besides is dropped.
template <stream_geometry G, class T, class Filters, class Epilogue>
ARCHETYPE_INLINE void stream_last_rows(const T* const* taps, std::size_t row, std::size_t last,
                                       const stream_weight<G, T>* panel, const Filters& filters,
                                       std::size_t first_filter, std::size_t limit, T* out,
                                       const Epilogue& epilogue) {
    constexpr std::size_t rows = stream_tile<G, T>::rows;
    const std::size_t begin = row + rows <= G.rows ? row : G.rows - rows;
    stream_rows<G, rows>(taps, begin, panel, filters, first_filter, limit, out, epilogue,
                         some_rows{row - begin, last - begin});
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out row r = epilogue(bias + the sum over taps of row r of the tap times its weights), `out_step` apart.
/// @param taps  where row 0 of each tap begins, the oldest first
/// @param filters  a bias for each filter, or null; of 8-bit weights `stream_scales`
/// @param rows  how many, at most `G.rows`: a constant (std::integral_constant), which must be `G.rows`, or a number.
///              `G.rows` rows may be read
template <stream_geometry G, class T, class Filters, class Rows, class Epilogue>
void stream_product(const T* const* taps, const detail::stream_weight<G, T>* weights, const Filters& filters,
                    T* out, [[maybe_unused]] const Rows& rows, const Epilogue& epilogue) {
    using tile = detail::stream_tile<G, T>;
    const T* shifted[G.taps];
    for (std::size_t group = 0; group < G.groups; ++group) {
        for (std::size_t k = 0; k < G.taps; ++k) shifted[k] = taps[k] + group * G.group_inputs();
        const std::size_t begin = group * G.group_filters(), limit = begin + G.group_filters();
        for (std::size_t panel = 0; panel < tile::panels; ++panel) {
            const std::size_t filter = begin + panel * tile::panel_filters;
            const auto* const from =
                G.packed ? weights + (group * tile::panels + panel) * tile::panel_size : weights + filter;
            const auto own = detail::filters_from(filters, filter);
            if constexpr (std::is_same_v<Rows, std::size_t>) {
                std::size_t row = 0;
                for (; row + tile::rows <= rows; row += tile::rows)
                    detail::stream_rows<G, tile::rows>(shifted, row, from, own, filter, limit, out, epilogue);
                if constexpr (tile::rows > 4) {  // a tile of which some are dropped is faster than three rows
                    if (rows - row > tile::rows / 4) {
                        detail::stream_last_rows<G>(shifted, row, rows, from, own, filter, limit, out,
                                                    epilogue);
                        continue;
                    }
                }
                if constexpr (tile::rows > 1)
                    for (; row < rows; ++row)
                        detail::stream_rows<G, 1>(shifted, row, from, own, filter, limit, out, epilogue);
            } else {
                static_assert(Rows::value == G.rows);
                constexpr std::size_t whole = G.rows / tile::rows * tile::rows;
                for (std::size_t row = 0; row < whole; row += tile::rows)
                    detail::stream_rows<G, tile::rows>(shifted, row, from, own, filter, limit, out, epilogue);
                if constexpr (whole != G.rows)
                    detail::stream_rows<G, G.rows - whole>(shifted, whole, from, own, filter, limit, out,
                                                           epilogue);
            }
        }
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
