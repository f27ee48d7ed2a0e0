// SPDX-License-Identifier: BSL-1.0
/// @file stretched.hpp
/// Images of which rows, columns or channels repeat: operands that are broadcast.
#pragma once
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One sample's cells, seen at all places of a larger image: an axis of one cell repeats it.
struct stretched_image {
    image cells{};  ///< strides are 0 along rows and columns that repeat
    bool repeats_rows = false, repeats_columns = false, repeats_channels = false;
    constexpr bool operator==(const stretched_image&) const = default;
    constexpr bool repeats() const { return repeats_rows || repeats_columns || repeats_channels; }
    /// Whether a vector that runs over several pixels finds them here as one vector.
    constexpr bool runs_across_pixels() const {
        return repeats_channels ? repeats_columns : !repeats_columns && cells.pixel_stride == cells.channels;
    }
};

/// `cells` as seen at all places of `over`, whose extents it has, or 1 in their place.
constexpr stretched_image stretch(image cells, const image& over) {
    stretched_image made{cells, cells.height != over.height, cells.width != over.width,
                         cells.channels != over.channels};
    if (made.repeats_rows) made.cells.row_stride = 0;
    if (made.repeats_columns) made.cells.pixel_stride = 0;
    return made;
}

/// The vector at a place of the larger image.
template <stretched_image Of, class T>
ARCHETYPE_INLINE lanes<T> load_stretched(const T* base, const place& at) {
    const T* const cell = base + Of.cells.offset + at.sample * Of.cells.sample_stride +
                          at.y * Of.cells.row_stride + at.x * Of.cells.pixel_stride;
    if constexpr (Of.repeats_channels)
        return broadcast(*cell);
    else
        return load(cell + at.channel);
}

/// out = epilogue(in, repeated).
template <stretched_image In, image Out, class T, class Epilogue>
void map_stretched(const T* in, T* out, const Epilogue& epilogue, range samples) {
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x)
                for_channel_vectors<T, Out.channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    const place at{n, y, x, c};
                    store_channels<Out>(out + pixel_offset<Out>(n, y, 0), x, c,
                                        lanes<T>(epilogue(load_stretched<In>(in, at), at)));
                });
}

/// The reverse: to[cell] = finish(sum of term(from, place) over all places that see the cell, place of the cell). The
/// order of a sum does not depend on `samples`, but where these are summed, too: where samples have the same cells
/// (`sample_stride` 0).
template <image From, image To, class T, class Term, class Finish>
void sum_stretched(const T* from, T* to, const Term& term, const Finish& finish, range samples) {
    constexpr stretched_image cells = stretch(To, From);
    constexpr std::size_t width = lane_count<T>, channels = From.channels;
    constexpr bool sums_samples = To.sample_stride == 0;
    for (std::size_t sample = samples.first; sample < (sums_samples ? samples.first + 1 : samples.last);
         ++sample)
        for (std::size_t row = 0; row < To.height; ++row)
            for (std::size_t column = 0; column < To.width; ++column) {
                const auto for_places = [&](const auto& body) ARCHETYPE_INLINE_LAMBDA {
                    for (std::size_t n = sample; n < (sums_samples ? samples.last : sample + 1); ++n)
                        for (std::size_t y = row; y < (cells.repeats_rows ? From.height : row + 1); ++y)
                            for (std::size_t x = column;
                                 x < (cells.repeats_columns ? From.width : column + 1); ++x)
                                body(n, y, x);
                };
                const auto value = [&](std::size_t n, std::size_t y, std::size_t x,
                                       std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    return lanes<T>(term(load(from + pixel_offset<From>(n, y, x) + c), place{n, y, x, c}));
                };
                const auto put = [&](std::size_t c, const lanes<T>& total) ARCHETYPE_INLINE_LAMBDA {
                    store_channels<To>(to + pixel_offset<To>(sample, row, 0), column, c,
                                       lanes<T>(finish(total, place{sample, row, column, c})));
                };
                if constexpr (!cells.repeats_channels) {
                    for_channel_vectors<T, channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                        lanes<T> total = broadcast(T(0));
                        for_places([&](std::size_t n, std::size_t y, std::size_t x)
                                       ARCHETYPE_INLINE_LAMBDA { total = total + value(n, y, x, c); });
                        put(c, total);
                    });
                } else {
                    constexpr std::size_t whole = channels - channels % width;
                    lanes<T> total = broadcast(T(0));
                    T rest = 0;
                    for_places([&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
                        for (std::size_t c = 0; c < whole; c += width) total = total + value(n, y, x, c);
                        if constexpr (whole != channels) {
                            T last[width];
                            store(last, value(n, y, x, whole));
                            for (std::size_t c = whole; c < channels; ++c) rest += last[c - whole];
                        }
                    });
                    put(0, broadcast(sum<T>(total) + rest));
                }
            }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
