// SPDX-License-Identifier: BSL-1.0
/// @file stream_transpose.hpp
/// Rows of a transposed convolution, each the sum of what the newest rows of its input spread over it, with the order of sums of
/// the kernels for whole sequences, so that both give the same bits.
#pragma once
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// In which order products are added.
enum class spread_order {
    taps,      ///< over taps, from the first on, then channels
    backward,  ///< over taps, from the last on, then channels
    columns,   ///< a sum over rows of taps and channels for each column of taps, then over those sums
    tap_sums,  ///< a sum over channels for each tap, then over those sums
    channels,  ///< a sum over taps for each channel, then over those sums
    apart,     ///< each filter by itself: lanes of channels for each tap, then over the sums of lanes
};

/// One axis: result i gets input j by tap k where i + before = j * stride + k * dilation.
struct spread_axis {
    std::size_t kernel = 1, stride = 1, dilation = 1, before = 0;
    constexpr bool operator==(const spread_axis&) const = default;
};

/// One layer. Inputs and results are rows of `in_width` and `out_width` columns.
struct stream_spread {
    spread_axis rows, columns;
    std::size_t in_width = 1, out_width = 1, in_pixel = 1, out_pixel = 1;
    std::size_t inputs = 1, filters = 1, groups = 1;
    spread_order order = spread_order::taps;
    std::size_t most_backward =
        0;  ///< `backward` for results of at most so many taps, which others take from the first on
    bool packed = false;  ///< [group][tap][channel][filter], filters padded; else [tap][filter][channel in]
    constexpr bool operator==(const stream_spread&) const = default;
    constexpr std::size_t group_inputs() const { return inputs / groups; }
    constexpr std::size_t group_filters() const { return filters / groups; }
    constexpr std::size_t taps() const { return rows.kernel * columns.kernel; }
};

/// Filters of a group in the packed weights, whatever the lanes of the target.
template <stream_spread S>
inline constexpr std::size_t spread_padded = (S.group_filters() + 15) / 16 * 16;
template <stream_spread S>
inline constexpr std::size_t spread_weights_room = S.groups* S.taps() * S.group_inputs() * spread_padded<S>;

template <stream_spread S, class T>
void pack_spread_weights(const T* from, T* to) {
    for (std::size_t group = 0; group < S.groups; ++group)
        for (std::size_t tap = 0; tap < S.taps(); ++tap)
            for (std::size_t c = 0; c < S.group_inputs(); ++c)
                for (std::size_t f = 0; f < spread_padded<S>; ++f)
                    *to++ =
                        f < S.group_filters()
                            ? from[(tap * S.group_filters() + f) * S.inputs + group * S.group_inputs() + c]
                            : T(0);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The taps that a result at `place` (padding before it counted) gets something by, and the inputs they come from.
template <std::size_t Kernel>
struct met_taps {
    std::size_t count = 0, tap[Kernel], input[Kernel];
    constexpr met_taps(const spread_axis& axis, std::size_t place) {
        for (std::size_t k = 0; k < Kernel && k * axis.dilation <= place; ++k)
            if ((place - k * axis.dilation) % axis.stride == 0)
                tap[count] = k, input[count++] = (place - k * axis.dilation) / axis.stride;
    }
};

/// Weights of one tap and channel for the vector of filters that begins at `filter` of a group.
template <stream_spread S, class T>
ARCHETYPE_INLINE lanes<T> spread_weight(const T* weights, std::size_t group, std::size_t tap, std::size_t c,
                                        std::size_t filter) {
    if constexpr (S.packed)
        return load(weights + ((group * S.taps() + tap) * S.group_inputs() + c) * spread_padded<S> + filter);
    else
        return broadcast(
            weights[(tap * S.group_filters() + filter) * S.inputs + group * S.group_inputs() + c]);
}

/// The sum of one result's vector of filters. `row_of(i)` is where the input row of met row tap i begins.
template <stream_spread S, class T, class Rows, class Columns, class RowOf>
ARCHETYPE_INLINE lanes<T> spread_sum(const Rows& rows, const Columns& columns, const RowOf& row_of,
                                     const T* weights, std::size_t group, std::size_t filter) {
    const auto add = [&](std::size_t i, std::size_t j, std::size_t c, lanes<T> sum) {
        if (columns.input[j] >= S.in_width) return sum;
        const T* const cell = row_of(i) + columns.input[j] * S.in_pixel + group * S.group_inputs();
        return lanes<T>(multiply_add(
            broadcast(cell[c]),
            spread_weight<S>(weights, group, rows.tap[i] * S.columns.kernel + columns.tap[j], c, filter),
            sum));
    };
    constexpr std::size_t depth = S.group_inputs();
    lanes<T> sum = broadcast(T(0));
    if constexpr (S.order == spread_order::columns) {
        for (std::size_t j = 0; j < columns.count; ++j) {
            lanes<T> part = broadcast(T(0));
            for (std::size_t i = 0; i < rows.count; ++i)
                for (std::size_t c = 0; c < depth; ++c) part = add(i, j, c, part);
            sum = j == 0 ? part : lanes<T>(sum + part);
        }
    } else if constexpr (S.order == spread_order::tap_sums) {
        for (std::size_t i = 0; i < rows.count; ++i)
            for (std::size_t j = 0; j < columns.count; ++j) {
                lanes<T> part = broadcast(T(0));
                for (std::size_t c = 0; c < depth; ++c) part = add(i, j, c, part);
                sum = i + j == 0 ? part : lanes<T>(sum + part);
            }
    } else if constexpr (S.order == spread_order::channels) {
        for (std::size_t c = 0; c < depth; ++c) {
            lanes<T> part = broadcast(T(0));
            for (std::size_t i = 0; i < rows.count; ++i)
                for (std::size_t j = 0; j < columns.count; ++j) part = add(i, j, c, part);
            sum = sum + part;
        }
    } else if constexpr (S.order == spread_order::apart) {
        constexpr std::size_t width = lane_count<T>;
        const std::size_t left = S.group_filters() - filter, used = left < width ? left : width;
        T sums[width] = {};
        for (std::size_t i = 0; i < rows.count; ++i)
            for (std::size_t j = 0; j < columns.count; ++j) {
                if (columns.input[j] >= S.in_width) continue;
                const std::size_t tap = rows.tap[i] * S.columns.kernel + columns.tap[j];
                const T* const cell = row_of(i) + columns.input[j] * S.in_pixel + group * depth;
                const T* const first =
                    weights + (tap * S.group_filters() + filter) * S.inputs + group * depth;
                for (std::size_t f = 0; f < used; ++f)
                    sums[f] += sum_of_products<depth>(cell, first + f * S.inputs);
            }
        sum = load(sums);
    } else {
        const bool backward =
            S.order == spread_order::backward && rows.count * columns.count <= S.most_backward;
        for (std::size_t i = 0; i < rows.count; ++i)
            for (std::size_t j = 0; j < columns.count; ++j)
                for (std::size_t c = 0; c < depth; ++c)
                    sum =
                        backward ? add(rows.count - 1 - i, columns.count - 1 - j, c, sum) : add(i, j, c, sum);
    }
    return sum;
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Row `r` of the results, which is row `place` of all with what was cut before them: epilogue(sum + bias).
/// @param row_at  where row n of the input begins, n counted from the first and below 0 before it
template <stream_spread S, class T, class RowAt, class Epilogue>
void spread_row(const RowAt& row_at, const T* weights, const T* bias, std::size_t place_of_row, T* out,
                std::size_t r, const Epilogue& epilogue) {
    constexpr std::size_t width = lane_count<T>;
    const T* inputs[S.rows.kernel];
    detail::met_taps<S.rows.kernel> rows(S.rows, place_of_row);
    for (std::size_t i = 0; i < rows.count; ++i) inputs[i] = row_at(rows.input[i]);
    for (std::size_t x = 0; x < S.out_width; ++x) {
        const detail::met_taps<S.columns.kernel> columns(S.columns, x + S.columns.before);
        for (std::size_t group = 0; group < S.groups; ++group)
            for (std::size_t f = 0; f < S.group_filters(); f += width) {
                const std::size_t filter = group * S.group_filters() + f, left = S.group_filters() - f;
                lanes<T> value = detail::spread_sum<S>(
                    rows, columns, [&](std::size_t i) { return inputs[i]; }, weights, group, f);
                if (bias != nullptr) value = value + load(bias + filter);
                store_partial(out + x * S.out_pixel + filter,
                              lanes<T>(epilogue(value, place{0, r, x, filter})), left < width ? left : width);
            }
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
