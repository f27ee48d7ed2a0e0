// SPDX-License-Identifier: BSL-1.0
/// @file table_products.hpp
/// Products of pixels with all rows of a table, and their gradients.
#pragma once
#include <archetype/kernels/rows/attention.hpp>
#include <archetype/kernels/vectors/narrow_numbers.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

// A table of real numbers, or of 8-bit weights whose sums are scaled.
template <class T>
ARCHETYPE_INLINE lanes<T> load_weights(const T* from, std::size_t used) {
    return load_partial(from, used);
}
template <class T>
ARCHETYPE_INLINE lanes<T> load_weights(const std::int8_t* from, std::size_t) {
    return load_int8<T>(from);
}
template <class T>
ARCHETYPE_INLINE const T* weights_of(const T* table) {
    return table;
}
template <class T>
ARCHETYPE_INLINE const std::int8_t* weights_of(const int8_rows<T>& table) {
    return table.weights;
}
template <class T>
ARCHETYPE_INLINE lanes<T> scaled_rows(const T*, std::size_t, const T* sums) {
    return load(sums);
}
template <class T>
ARCHETYPE_INLINE lanes<T> scaled_rows(const int8_rows<T>& table, std::size_t first, const T* sums) {
    return load(sums) * load(table.scales + first);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Pixels and rows of a table whose products are summed side by side, in registers; rows that stay in a cache for all pixels.
template <class T>
struct table_tile {
    static constexpr std::size_t registers = sizeof(lanes<T>) == 64 || !ARCHETYPE_HAS_XSIMD ? 32 : 16;
    static constexpr std::size_t pixels = registers / 8, rows = 4, block = 32;
};

/// The products of `Pixels` pixels with `Rows` rows of a table, every `Apart`-th: to[p * stride + r * Apart]. Each is summed in the
/// same order, whatever their number.
template <std::size_t Size, std::size_t Pixels, std::size_t Rows, std::size_t Apart, class T, class Weight>
ARCHETYPE_INLINE void table_tile_products(const T* const* pixels, const Weight* table, T* to,
                                          std::size_t stride) {
    lanes<T> sums[Pixels][Rows];
    for (std::size_t p = 0; p < Pixels; ++p)
        for (std::size_t r = 0; r < Rows; ++r) sums[p][r] = broadcast(T(0));
    for_channel_parts<T, Size>([&](std::size_t c, std::size_t used) ARCHETYPE_INLINE_LAMBDA {
        lanes<T> row[Rows];
        // Weights of 8 bits go by too fast for what fetches ahead by itself.
        if constexpr (sizeof(Weight) == 1 && lane_count<T> != 1 && Pixels == 1 && Rows > 1)
            __builtin_prefetch(table + 3072 + Rows * c);
        for (std::size_t r = 0; r < Rows; ++r)
            row[r] = detail::load_weights<T>(table + r * Apart * Size + c, used);
        for (std::size_t p = 0; p < Pixels; ++p) {
            const lanes<T> own = load_partial(pixels[p] + c, used);
            for (std::size_t r = 0; r < Rows; ++r) sums[p][r] = multiply_add<T>(own, row[r], sums[p][r]);
        }
    });
    for (std::size_t p = 0; p < Pixels; ++p)
        for (std::size_t r = 0; r < Rows; ++r) to[p * stride + r * Apart] = sum<T>(sums[p][r]);
}

/// out[v] = epilogue(in . table[v]) for each pixel. The table (`const T*` or `int8_rows<T>`) goes by once for all of them.
template <image In, image Out, class T, class Table, class Epilogue>
void table_products(const T* in, Table table, T* out, const Epilogue& epilogue, range samples) {
    using tile = table_tile<T>;
    constexpr std::size_t rows = Out.channels, width = In.channels, lanes_of = lane_count<T>,
                          each = In.height * In.width, row = tile::block + lanes_of;
    const std::size_t count = (samples.last - samples.first) * each;
    const auto where = [&](std::size_t pixel) {
        return place{samples.first + pixel / each, pixel % each / In.width, pixel % In.width, 0};
    };
    const auto some = [&]<std::size_t Pixels>(std::size_t pixel, std::size_t first, std::size_t used,
                                              std::integral_constant<std::size_t, Pixels>) {
        const T* from[Pixels];
        place at[Pixels];
        for (std::size_t p = 0; p < Pixels; ++p) {
            at[p] = where(pixel + p);
            from[p] = in + pixel_offset<In>(at[p].sample, at[p].y, at[p].x);
        }
        T sums[Pixels * row];
        // The rows of one pixel come from several places at once: processors fetch ahead within a page.
        constexpr bool narrow = !std::is_pointer_v<Table>;
        constexpr std::size_t rows_at_once = tile::rows,
                              apart = Pixels == 1 && !narrow ? tile::block / tile::rows : 1;
        const auto products = [&]<std::size_t Rows, std::size_t Apart>(
                                  std::size_t r, std::integral_constant<std::size_t, Rows>,
                                  std::integral_constant<std::size_t, Apart>) {
            table_tile_products<width, Pixels, Rows, Apart>(
                from, detail::weights_of<T>(table) + (first + r) * width, sums + r, row);
        };
        constexpr std::integral_constant<std::size_t, rows_at_once> all;
        constexpr std::integral_constant<std::size_t, 1> one;
        std::size_t r = 0;
        if (apart > 1 && used == tile::block) {
            for (; r < apart; ++r) products(r, all, std::integral_constant<std::size_t, apart>{});
            r = used;
        }
        for (; r + rows_at_once <= used; r += rows_at_once) products(r, all, one);
        for (; r < used; ++r) products(r, one, one);
        for (std::size_t p = 0; p < Pixels; ++p) {
            T* const to = out + pixel_offset<Out>(at[p].sample, at[p].y, at[p].x) + first;
            for (std::size_t v = 0; v < used; v += lanes_of) {
                at[p].channel = first + v;
                store_partial<T>(
                    to + v,
                    lanes<T>(epilogue(detail::scaled_rows<T>(table, first + v, sums + p * row + v), at[p])),
                    used - v < lanes_of ? used - v : lanes_of);
            }
        }
    };
    for (std::size_t first = 0; first < rows; first += tile::block) {
        const std::size_t used = rows - first < tile::block ? rows - first : tile::block;
        std::size_t pixel = 0;
        for (; pixel + tile::pixels <= count; pixel += tile::pixels)
            some(pixel, first, used, std::integral_constant<std::size_t, tile::pixels>{});
        for (; pixel < count; ++pixel) some(pixel, first, used, std::integral_constant<std::size_t, 1>{});
    }
}

/// Vectors of channels that one pass of the backward kernels has in registers.
template <std::size_t Width, class T>
inline constexpr std::size_t table_vectors = [] {
    constexpr std::size_t all = (Width + lane_count<T> - 1) / lane_count<T>;
    std::size_t found = all < 4 ? all : 4;
    while (all % found != 0) --found;
    return found;
}();

/// sums[k][v] = the sum over i, in this order, of factor(i, k) times vector v of row(i).
template <std::size_t Count, std::size_t Vectors, class T, class Row, class Factor>
ARCHETYPE_INLINE void table_sums(lanes<T> (&sums)[Count][Vectors], std::size_t count, const Row& row,
                                 const Factor& factor) {
    for (std::size_t k = 0; k < Count; ++k)
        for (std::size_t v = 0; v < Vectors; ++v) sums[k][v] = broadcast(T(0));
    for (std::size_t i = 0; i < count; ++i) {
        const T* const from = row(i);
        lanes<T> values[Vectors];
        for (std::size_t v = 0; v < Vectors; ++v) values[v] = load(from + v * lane_count<T>);
        for (std::size_t k = 0; k < Count; ++k) {
            const lanes<T> own = broadcast(factor(i, k));
            for (std::size_t v = 0; v < Vectors; ++v)
                sums[k][v] = multiply_add<T>(own, values[v], sums[k][v]);
        }
    }
}

/// grad_in = epilogue(sum over v of grad_out[v] * table[v]). The table goes by once for some pixels.
template <image GradOut, image GradIn, class T, class Epilogue>
void table_products_backward(const T* grad_out, const T* table, T* grad_in, const Epilogue& epilogue,
                             range samples) {
    constexpr std::size_t rows = GradOut.channels, width = GradIn.channels, vectors = table_vectors<width, T>,
                          at_once = table_tile<T>::pixels, each = GradIn.height * GradIn.width;
    const std::size_t count = (samples.last - samples.first) * each;
    const auto some = [&]<std::size_t Pixels>(std::size_t pixel,
                                              std::integral_constant<std::size_t, Pixels>) {
        const T* factors[Pixels];
        T* to[Pixels];
        place at[Pixels];
        for (std::size_t p = 0; p < Pixels; ++p) {
            const std::size_t n = samples.first + (pixel + p) / each, y = (pixel + p) % each / GradIn.width,
                              x = (pixel + p) % GradIn.width;
            at[p] = {n, y, x, 0};
            factors[p] = grad_out + pixel_offset<GradOut>(n, y, x);
            to[p] = grad_in + pixel_offset<GradIn>(n, y, x);
        }
        for (std::size_t c = 0; c < width; c += vectors * lane_count<T>) {
            lanes<T> sums[Pixels][vectors];
            table_sums<Pixels, vectors, T>(
                sums, rows, [&](std::size_t v) ARCHETYPE_INLINE_LAMBDA { return table + v * width + c; },
                [&](std::size_t v, std::size_t p) ARCHETYPE_INLINE_LAMBDA { return factors[p][v]; });
            for (std::size_t p = 0; p < Pixels; ++p)
                for (std::size_t k = 0; k < vectors && c + k * lane_count<T> < width; ++k) {
                    at[p].channel = c + k * lane_count<T>;
                    const std::size_t left = width - at[p].channel;
                    store_partial<T>(to[p] + at[p].channel, lanes<T>(epilogue(sums[p][k], at[p])),
                                     left < lane_count<T> ? left : lane_count<T>);
                }
        }
    };
    std::size_t pixel = 0;
    for (; pixel + at_once <= count; pixel += at_once)
        some(pixel, std::integral_constant<std::size_t, at_once>{});
    for (; pixel < count; ++pixel) some(pixel, std::integral_constant<std::size_t, 1>{});
}

/// gradient[v] = sum over all pixels of grad_out[v] * in, for the rows `some` of the table: pixels in their order.
template <image In, image GradOut, class T>
void table_gradients(const T* in, const T* grad_out, T* gradient, std::size_t batch, range some) {
    constexpr std::size_t width = In.channels, vectors = table_vectors<width, T>,
                          at_once = table_tile<T>::pixels, each = In.height * In.width;
    const auto rows = [&]<std::size_t Rows>(std::size_t first, std::integral_constant<std::size_t, Rows>) {
        for (std::size_t c = 0; c < width; c += vectors * lane_count<T>) {
            const auto of = [&](auto image_of, const T* base, std::size_t i) ARCHETYPE_INLINE_LAMBDA {
                constexpr image where = decltype(image_of)::value;
                return base + pixel_offset<where>(i / each, i % each / where.width, i % where.width);
            };
            lanes<T> sums[Rows][vectors];
            table_sums<Rows, vectors, T>(
                sums, batch * each,
                [&](std::size_t i)
                    ARCHETYPE_INLINE_LAMBDA { return of(std::integral_constant<image, In>{}, in, i) + c; },
                [&](std::size_t i, std::size_t r) ARCHETYPE_INLINE_LAMBDA {
                    return of(std::integral_constant<image, GradOut>{}, grad_out, i)[first + r];
                });
            for (std::size_t r = 0; r < Rows; ++r)
                for (std::size_t k = 0; k < vectors && c + k * lane_count<T> < width; ++k) {
                    const std::size_t channel = c + k * lane_count<T>, left = width - channel;
                    store_partial<T>(gradient + (first + r) * width + channel, sums[r][k],
                                     left < lane_count<T> ? left : lane_count<T>);
                }
        }
    };
    std::size_t v = some.first;
    for (; v + at_once <= some.last; v += at_once) rows(v, std::integral_constant<std::size_t, at_once>{});
    for (; v < some.last; ++v) rows(v, std::integral_constant<std::size_t, 1>{});
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
