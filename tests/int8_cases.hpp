// SPDX-License-Identifier: BSL-1.0
/// @file int8_cases.hpp
/// 8-bit kernels against TensorFlow Lite's specification, written down naively: the same cases on the host and on every
/// emulated processor, so without any library.
#pragma once
#include <archetype/kernels/integers/depthwise/int8_depthwise.hpp>
#include <archetype/kernels/integers/int8_join.hpp>
#include <archetype/kernels/integers/int8_pointwise.hpp>
#include <archetype/kernels/integers/int8_pool2d.hpp>
#include <initializer_list>

namespace int8_cases {

using namespace archetype;
using namespace archetype::kernels;
using i8 = std::int8_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

struct random_numbers {
    std::uint64_t state;
    std::uint32_t operator()() {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>(state >> 33);
    }
    i32 between(i32 low, i32 high) {
        return low + static_cast<i32>((*this)() % static_cast<std::uint32_t>(high - low + 1));
    }
};

// gemmlowp's fixedpoint.h in words: a doubled product that saturates, divided by 2^31 towards zero after half of that was
// added away from zero; then a division by a power of two, halves away from zero.
inline i32 specified_product(i32 a, i32 b) {
    if (a == b && a == -2147483647 - 1) return 2147483647;
    const i64 product = i64{a} * b;
    return static_cast<i32>((product + (product >= 0 ? i64{1} << 30 : 1 - (i64{1} << 30))) / (i64{1} << 31));
}
inline i32 specified_scaling(i32 x, i32 multiplier, i32 shift) {
    if (shift > 0) x = static_cast<i32>(static_cast<std::uint32_t>(x) << shift);
    const i64 product = specified_product(x, multiplier);
    const i64 divisor = i64{1} << (shift > 0 ? 0 : -shift), magnitude = product < 0 ? -product : product;
    const i64 rounded = (2 * magnitude + divisor) / (2 * divisor);
    return static_cast<i32>(product < 0 ? -rounded : rounded);
}

struct layer {
    std::size_t height, width, channels, filters, kernel_height, kernel_width;
    std::size_t stride = 1, dilation = 1, pad = 0, groups = 1;
    std::size_t pool_height = 1, pool_width = 1;
    bool pool_max = true, table = false, pool_table = false;
    bool extreme = false;  ///< the largest sums that there can be
    constexpr std::size_t conv_height() const {
        return (height + 2 * pad - dilation * (kernel_height - 1) - 1) / stride + 1;
    }
    constexpr std::size_t conv_width() const {
        return (width + 2 * pad - dilation * (kernel_width - 1) - 1) / stride + 1;
    }
    constexpr std::size_t out_height() const { return conv_height() / pool_height; }
    constexpr std::size_t out_width() const { return conv_width() / pool_width; }
    constexpr std::size_t taps() const { return kernel_height * kernel_width * (channels / groups); }
    constexpr conv2d_geometry convolution() const {
        return {halo_image(height, width, channels, pad, pad, pad, pad),
                dense_image(conv_height(), conv_width(), filters),
                {kernel_height, kernel_width, stride, stride, dilation, dilation, pad, pad},
                groups};
    }
    constexpr int8_conv2d_geometry geometry() const {
        return {convolution(),
                dense_image(out_height(), out_width(), filters),
                {pool_height, pool_width, pool_height, pool_width, pool_max},
                table,
                pool_table};
    }
    constexpr bool is_depthwise() const { return groups > 1 && groups == channels; }
};

/// Which shifts the filters of a layer have. Kernels may take one way for layers that have a shift to the left or a far one,
/// another for all others, so that each layer has to meet both.
enum class shifts {
    ordinary,  ///< factors that bring the sums to 8 bits
    mixed,     ///< some of them above one
    farthest,  ///< to the right, with sums as large
    too_far    ///< for what 64-bit sums hold
};

/// Runs one layer; returns the number of wrong results.
template <layer L, weight_order Order>
std::size_t wrong_results(std::uint64_t seed, shifts kind) {
    constexpr std::size_t size = L.height * L.width * L.channels, group = L.channels / L.groups;
    static i8 input[size], weights[L.filters * L.taps()], tables[2][256];
    static i32 biases[L.filters];
    static int8_channel channels[L.filters + 2 * 16 * L.groups];
    random_numbers random{seed};
    for (i8& x : input) x = static_cast<i8>(L.extreme ? -128 : random.between(-128, 127));
    for (i8& w : weights) w = static_cast<i8>(L.extreme ? -127 : random.between(-127, 127));
    for (auto& table : tables)
        for (i8& entry : table) entry = static_cast<i8>(random.between(-128, 127));
    const i32 in_zero = random.between(-128, 127), out_zero = kind == shifts::farthest ? -128
                                                              : kind == shifts::too_far
                                                                  ? 127
                                                                  : random.between(-128, 127);
    const int8_range range{out_zero, L.extreme ? -128 : random.between(-128, -100)};
    constexpr auto g = L.geometry();
    const bool far = kind == shifts::farthest || kind == shifts::too_far;
    const i32 largest_bias = far ? 1 << 29 : 3000;
    for (std::size_t f = 0; f < L.filters; ++f) biases[f] = random.between(-largest_bias, largest_bias);

    // Filter f of the depthwise form sees one channel; its weights lie [row][column][filter].
    const auto weight = [&](std::size_t f, std::size_t tap) -> i8& {
        return L.is_depthwise() ? weights[tap * L.filters + f] : weights[f * L.taps() + tap];
    };
    const auto channel_at = [&](std::size_t f) -> int8_channel& {
        const std::size_t in_group = L.filters / L.groups;
        return channels[L.is_depthwise() ? f : f / in_group * g.padded_group(Order) + f % in_group];
    };
    for (std::size_t f = 0; f < L.filters; ++f) {
        i32 sum = 0;
        for (std::size_t tap = 0; tap < L.taps(); ++tap) sum += weight(f, tap);
        i32 shift = -random.between(4, 11);
        if (kind == shifts::mixed && (f % 5 == 4 || f + 1 == L.filters)) shift = random.between(0, 1);
        if (kind == shifts::farthest) shift = -random.between(20, 22);
        if (kind == shifts::too_far) shift = -random.between(21, 24);
        channel_at(f) = {biases[f] - in_zero * sum, random.between(1 << 30, 2147483647), shift};
    }

    static i8 image[L.convolution().in.sample_stride + 64], found[g.stored.sample_stride + 64];
    for (i8& cell : image) cell = static_cast<i8>(in_zero);
    for (std::size_t y = 0; y < L.height; ++y)
        for (std::size_t x = 0; x < L.width * L.channels; ++x)
            image[g.conv.in.offset + y * g.conv.in.row_stride + x] = input[y * L.width * L.channels + x];
    if constexpr (L.is_depthwise()) {
        int8_depthwise<g.conv, L.table>(image, found, {channels, weights, tables[0], nullptr, range});
    } else {
        alignas(8) static i8 packed[L.groups * g.group_bytes(Order)];
        for (std::size_t i = 0; i < L.groups; ++i)
            pack_weights(Order, g.pixels().count, g.packed_patch(Order), g.conv.group_filters(),
                         weights + i * g.conv.group_filters() * L.taps(), packed + i * g.group_bytes(Order));
        int8_conv2d<Order, g>(image, found, {channels, packed, tables[0], tables[1], range});
    }

    const auto convolved = [&](std::size_t y, std::size_t x, std::size_t f) {
        i64 sum = biases[f];
        const std::size_t first = f / (L.filters / L.groups) * group;
        for (std::size_t ky = 0; ky < L.kernel_height; ++ky)
            for (std::size_t kx = 0; kx < L.kernel_width; ++kx) {
                const std::size_t row = y * L.stride + ky * L.dilation - L.pad,
                                  column = x * L.stride + kx * L.dilation - L.pad;
                if (row >= L.height || column >= L.width) continue;
                for (std::size_t c = 0; c < group; ++c)
                    sum += (input[(row * L.width + column) * L.channels + first + c] - in_zero) *
                           weight(f, (ky * L.kernel_width + kx) * group + c);
            }
        const int8_channel& channel = channel_at(f);
        i32 result = specified_scaling(static_cast<i32>(sum), channel.multiplier, channel.shift) + out_zero;
        result = result < range.minimum ? range.minimum : result > 127 ? 127 : result;
        return L.table ? i32{tables[0][result + 128]} : result;
    };
    std::size_t wrong = 0;
    for (std::size_t y = 0; y < L.out_height(); ++y)
        for (std::size_t x = 0; x < L.out_width(); ++x)
            for (std::size_t f = 0; f < L.filters; ++f) {
                i32 largest = -128, total = 0;
                for (std::size_t j = 0; j < L.pool_height; ++j)
                    for (std::size_t i = 0; i < L.pool_width; ++i) {
                        const i32 cell = convolved(y * L.pool_height + j, x * L.pool_width + i, f);
                        largest = cell > largest ? cell : largest;
                        total += cell;
                    }
                const i32 cells = static_cast<i32>(L.pool_height * L.pool_width);
                i32 wanted = largest;
                if (!L.pool_max) wanted = (total > 0 ? total + cells / 2 : total - cells / 2) / cells;
                if (L.pool_table) wanted = tables[1][wanted + 128];
                wrong += found[(y * L.out_width() + x) * L.filters + f] != wanted ? 1 : 0;
            }
    return wrong;
}

/// Calls `check(name, wrong results)` for each layer, in the order of this processor and in the plain one.
template <class Check>
void for_each_layer(const Check& check) {
    const auto run = [&]<layer L>(const char* name) {
        check(name, wrong_results<L, native_weight_order>(1, shifts::mixed) +
                        wrong_results<L, native_weight_order>(2, shifts::ordinary));
        if constexpr (native_weight_order != weight_order::plain)
            check(name, wrong_results<L, weight_order::plain>(1, shifts::mixed));
#if defined(__x86_64__)
        check(name, wrong_results<L, native_weight_order>(3, shifts::farthest) +
                        wrong_results<L, native_weight_order>(4, shifts::too_far));
#endif
    };
    run.template operator()<layer{7, 6, 1, 5, 3, 3, 1, 1, 1}>("one channel, padding");
    run.template operator()<layer{8, 8, 3, 4, 5, 5, 1, 1, 2, 1, 2, 2}>("maxima of 2 x 2");
    run.template operator()<layer{6, 7, 6, 7, 3, 3}>("six channels");
    run.template operator()<layer{9, 9, 4, 6, 3, 3, 2, 1, 1, 2}>("groups and stride");
    run.template operator()<layer{9, 9, 5, 3, 3, 3, 1, 2, 2}>("dilation");
    run.template operator()<layer{5, 5, 16, 8, 1, 1}>("1 x 1");
    run.template operator()<layer{5, 5, 18, 8, 1, 1, 2}>("1 x 1, stride");
    run.template operator()<layer{1, 1, 37, 11, 1, 1}>("dense");
    run.template operator()<layer{1, 1, 640, 10, 1, 1}>("dense, 640");
    run.template operator()<layer{1, 1, 1031, 3, 1, 1}>("dense, 1031");
    run.template operator()<layer{1, 1, 1024, 7, 1, 1, 1, 1, 0, 1, 1, 1, true, false, false, true}>(
        "dense, largest sums");
    run.template operator()<layer{4, 4, 64, 6, 3, 3, 1, 1, 1}>("576 taps");
    run.template operator()<layer{4, 4, 64, 6, 3, 3, 1, 1, 1, 1, 1, 1, true, false, false, true}>(
        "576 taps, largest sums");
    run.template operator()<layer{6, 6, 2, 5, 3, 3, 1, 1, 1, 1, 2, 2, false}>("averages of 2 x 2");
    run.template operator()<layer{6, 6, 2, 5, 3, 3, 1, 1, 1, 1, 3, 3}>("maxima of 3 x 3");
    run.template operator()<layer{5, 5, 64, 8, 1, 1, 1, 1, 0, 1, 5, 5, false}>("an average of all");
    run.template operator()<layer{8, 10, 2, 6, 3, 3, 1, 1, 1, 1, 4, 5, false, false, true}>(
        "averages of 4 x 5, table");
    run.template operator()<layer{8, 8, 2, 5, 3, 3, 1, 1, 1, 1, 2, 4, false, true, true}>(
        "averages of 2 x 4, tables");
    run.template operator()<layer{8, 8, 2, 5, 3, 3, 1, 1, 1, 1, 4, 2, true, true, true}>("maxima, tables");
    run.template operator()<layer{5, 5, 3, 9, 3, 3, 1, 1, 0, 1, 1, 1, true, true}>("width 3, table");
    run.template operator()<layer{5, 4, 20, 17, 3, 3}>("width 2");
    run.template operator()<layer{5, 3, 33, 5, 3, 3}>("width 1");
    run.template operator()<layer{12, 5, 4, 6, 3, 3, 1, 1, 1}>("tiles along columns");
    run.template operator()<layer{12, 5, 4, 6, 3, 3, 1, 1, 1, 1, 1, 1, true, true}>(
        "tiles along columns, table");
    run.template operator()<layer{5, 5, 8, 8, 3, 3, 1, 1, 1, 8}>("depthwise");
    run.template operator()<layer{12, 5, 6, 6, 3, 3, 1, 1, 1, 6, 1, 1, true, true}>(
        "depthwise, along columns");
    run.template operator()<layer{9, 7, 19, 19, 3, 3, 2, 1, 1, 19, 1, 1, true, true}>("depthwise, table");
    run.template operator()<layer{5, 3, 3, 6, 3, 3, 1, 1, 1, 3}>("depthwise, two filters to a channel");
    run.template operator()<layer{7, 7, 4, 4, 3, 3, 1, 2, 2, 4}>("depthwise, dilation");
    run.template operator()<layer{20, 1, 9, 9, 10, 1, 1, 1, 0, 9}>("depthwise, ten taps in a column");
    run.template operator()<layer{1, 21, 8, 8, 1, 5, 2, 1, 0, 8}>("depthwise, five taps in a row, stride");
    run.template operator()<layer{9, 10, 3, 24, 4, 4, 2, 1, 1, 3}>("depthwise, eight filters to a channel");
    run.template operator()<layer{6, 7, 5, 15, 3, 2, 1, 1, 0, 5}>("depthwise, three filters to a channel");
    run.template operator()<layer{26, 9, 8, 8, 3, 3, 1, 1, 1, 8}>("depthwise, pairs of rows");
    run.template operator()<layer{5, 25, 4, 4, 3, 3, 1, 1, 1, 4, 1, 1, true, true}>(
        "depthwise, pairs of columns, table");
    run.template operator()<layer{20, 9, 1, 6, 10, 4, 2, 1, 1}>("one channel, 10 x 4, stride");
    run.template operator()<layer{8, 8, 3, 7, 3, 3, 2, 1, 1}>("three channels, stride");
#if defined(__x86_64__)  // whose kernels take many filters at once, and a block of the input
    run.template operator()<layer{24, 24, 96, 5, 3, 3, 1, 1, 1}>("two blocks");
    run.template operator()<layer{9, 9, 12, 150, 3, 3, 2, 1, 1}>("150 filters, stride");
    run.template operator()<layer{5, 5, 64, 64, 1, 1, 1, 1, 0, 1, 1, 1, true, false, false, true}>(
        "64 filters, largest sums");
    run.template operator()<layer{30, 34, 48, 70, 1, 1, 2}>("1 x 1, stride, blocks");
    run.template operator()<layer{3, 120, 160, 5, 3, 3, 1, 1, 1}>("blocks of a line");
    run.template operator()<layer{32, 32, 64, 20, 3, 3, 1, 1, 1, 1, 2, 2}>("maxima, blocks");
    run.template operator()<layer{24, 24, 100, 18, 1, 1, 1, 1, 0, 1, 8, 8, false, true, true}>(
        "averages of 8 x 8, tables, blocks");
    run.template operator()<layer{10, 10, 40, 70, 3, 3, 1, 1, 1, 2}>("groups of 35 filters");
    run.template operator()<layer{12, 10, 10, 33, 3, 3, 1, 2, 2}>("dilation, 33 filters");
    run.template operator()<layer{1, 1, 50001, 3, 1, 1}>("dense, 50001");
    run.template operator()<layer{1, 1, 70001, 3, 1, 1}>("dense, 70001");  // more than a block
    run.template operator()<layer{1, 3000, 9, 3, 1, 7, 1, 1, 3}>("a long line");
    run.template operator()<layer{9, 9, 200, 200, 3, 3, 1, 1, 1, 200}>("depthwise, 200 channels");
    run.template operator()<layer{7, 7, 24, 24, 5, 5, 2, 1, 2, 24}>("depthwise, 5 x 5, stride");
    run.template operator()<layer{7, 7, 40, 40, 3, 3, 1, 1, 1, 40, 1, 1, true, true}>(
        "depthwise, 40 channels, table");
    run.template operator()<layer{12, 12, 8, 8, 9, 9, 1, 1, 4, 8}>("depthwise, 9 x 9");
    run.template operator()<layer{6, 6, 70, 70, 3, 3, 1, 1, 1, 70, 1, 1, true, false, false, true}>(
        "depthwise, largest sums");
#endif
}

/// Wrong results of scaling, over many numbers and the extreme ones.
inline std::size_t wrong_scalings() {
    random_numbers random{3};
    std::size_t wrong = 0;
    for (int i = 0; i < 20000; ++i) {
        const i32 shift = random.between(-31, 8), multiplier = random.between(1 << 30, 2147483647);
        i32 x = static_cast<i32>(random() << 1) >> random.between(0, 31);
        if (shift > 0) x >>= shift;  // as in layers, nothing is shifted out
        if (i % 7 == 0) x = -x;
        wrong +=
            multiply_by_quantized_multiplier(x, multiplier, shift) != specified_scaling(x, multiplier, shift);
    }
    for (i32 x : {0, 1, -1, 2147483647, -2147483647, -2147483647 - 1})
        for (i32 multiplier : {0, 1 << 30, 2147483647})
            for (i32 shift : {0, -1, -2, -30, -31})
                wrong += multiply_by_quantized_multiplier(x, multiplier, shift) !=
                         specified_scaling(x, multiplier, shift);
    // Halves, which is where roundings differ.
    for (i32 x = -40; x <= 40; ++x)
        for (i32 shift : {-1, -2, -3})
            wrong +=
                multiply_by_quantized_multiplier(x, 1 << 30, shift) != specified_scaling(x, 1 << 30, shift);
    // What a shift would push out saturates.
    for (i32 shift : {1, 5, 30})
        for (i32 x : {1 << 30, 2147483647, (2147483647 >> shift) + 1}) {
            wrong += multiply_by_quantized_multiplier(x, 1 << 30, shift) < 1 << 29;
            wrong += multiply_by_quantized_multiplier(-x, 1 << 30, shift) > -(1 << 29);
        }
    return wrong;
}

/// Wrong results of products, and of what is joined as additions are.
inline std::size_t wrong_products() {
    random_numbers random{5};
    std::size_t wrong = 0;
    for (int round = 0; round < 20; ++round) {
        const int8_product product{{random.between(-128, 127), random.between(-128, 127)},
                                   random.between(1 << 30, 2147483647),
                                   random.between(-12, 2),
                                   {random.between(-128, 127), -128}};
        for (i32 a = -128; a < 128; a += 3)
            for (i32 b = -128; b < 128; b += 5) {
                i32 wanted = specified_scaling((a - product.zero_point[0]) * (b - product.zero_point[1]),
                                               product.multiplier, product.shift) +
                             product.range.zero_point;
                wanted = wanted < -128 ? -128 : wanted > 127 ? 127 : wanted;
                wrong += product(static_cast<i8>(a), static_cast<i8>(b)) != wanted;
            }
    }
    return wrong;
}

/// Wrong results of addition, by TensorFlow Lite's integer arithmetic written down again.
inline std::size_t wrong_additions() {
    random_numbers random{4};
    std::size_t wrong = 0;
    for (int round = 0; round < 20; ++round) {
        const int8_addition add{{random.between(-128, 127), random.between(-128, 127)},
                                {random.between(1 << 30, 2147483647), random.between(1 << 30, 2147483647),
                                 random.between(1 << 30, 2147483647)},
                                {random.between(-5, 0), random.between(-5, 0), random.between(-20, -17)},
                                {random.between(-128, 127), -128}};
        for (i32 a = -128; a < 128; a += 5)
            for (i32 b = -128; b < 128; b += 3) {
                const i32 first =
                    specified_scaling((a - add.zero_point[0]) * (1 << 20), add.multiplier[0], add.shift[0]);
                const i32 second =
                    specified_scaling((b - add.zero_point[1]) * (1 << 20), add.multiplier[1], add.shift[1]);
                i32 wanted =
                    specified_scaling(first + second, add.multiplier[2], add.shift[2]) + add.range.zero_point;
                wanted = wanted < -128 ? -128 : wanted > 127 ? 127 : wanted;
                wrong += add(static_cast<i8>(a), static_cast<i8>(b)) != wanted;
            }
    }
    return wrong;
}

/// Wrong results of sums of whole images: with gaps between pixels or rows, one operand of which may repeat. What a
/// processor does to several numbers at once is what `int8_addition` does to each.
template <image A, stretched_image B, image Out>
std::size_t wrong_joins(std::uint64_t seed) {
    random_numbers random{seed};
    static i8 a[A.sample_stride + 64], b[B.cells.sample_stride + 64], found[Out.sample_stride + 64];
    std::size_t wrong = 0;
    // Factors as `quantize` makes them: one is 1/2. Other ones, which a file may not have, work as well.
    for (const i32 shift : {0, -1, -2, -5, -20})
        for (const int exact : {0, 1, 2})
            for (const i32 minimum : {-128, -7}) {
                int8_addition add{{random.between(-128, 127), random.between(-128, 127)},
                                  {random.between(1 << 30, 2147483647), random.between(1 << 30, 2147483647),
                                   random.between(1 << 30, 2147483647)},
                                  {shift, shift, random.between(-20, -17)},
                                  {random.between(-128, 127), minimum}};
                if (exact != 2) add.multiplier[exact] = 1 << 30, add.shift[exact] = 0;
                if (shift == 0)  // halves, too
                    for (i32& factor : add.multiplier) factor = 1 << 30;
                for (i8& x : a) x = static_cast<i8>(random.between(-128, 127));
                for (i8& x : b) x = static_cast<i8>(random.between(-128, 127));
                for (i8& x : found) x = 99;
                int8_join<A, B, Out>(a, b, found, add);
                for (std::size_t i = 0; i < Out.sample_stride; ++i) {
                    const std::size_t cell = i - Out.offset, y = cell / Out.row_stride,
                                      x = cell % Out.row_stride / Out.pixel_stride,
                                      c = cell % Out.row_stride % Out.pixel_stride;
                    const bool outside =
                        i < Out.offset || y >= Out.height || x >= Out.width || c >= Out.channels;
                    i8 wanted = 99;
                    if (!outside)
                        wanted = add(a[A.offset + y * A.row_stride + x * A.pixel_stride + c],
                                     b[B.cells.offset + y * B.cells.row_stride + x * B.cells.pixel_stride +
                                       (B.repeats_channels ? 0 : c)]);
                    wrong += found[i] != wanted ? 1 : 0;
                }
            }
    return wrong;
}
inline std::size_t wrong_joins() {
    constexpr image dense = dense_image(5, 3, 7), halo = halo_image(5, 3, 7, 1, 1, 2, 2);
    constexpr image many = dense_image(9, 8, 19), many_halo = halo_image(9, 8, 19, 1, 1, 1, 1);
    constexpr image part = [] {
        image made = dense_image(5, 3, 11);  // seven channels of a concatenation
        made.channels = 7;
        return made;
    }();
    return wrong_joins<dense, stretch(dense, dense), dense>(6) +
           wrong_joins<dense, stretch(halo, dense), halo>(7) +
           wrong_joins<halo, stretch(dense_image(1, 1, 7), dense), dense>(8) +
           wrong_joins<halo, stretch(dense_image(5, 3, 1), dense), halo>(9) +
           wrong_joins<part, stretch(dense, dense), part>(10) +
           wrong_joins<many, stretch(many, many), many_halo>(11);
}

}  // namespace int8_cases
