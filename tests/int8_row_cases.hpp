// SPDX-License-Identifier: BSL-1.0
// Attention, normalization, gates, logarithms of softmax and transposed convolutions in 8 bits on this processor against their
// specification (docs/reference/quantization.md), written down naively. No heap: for emulated processors, too.
#pragma once
#include <archetype/kernels/integers/integer_conv2d_transpose.hpp>
#include <archetype/kernels/integers/rows/int8_attention.hpp>
#include <archetype/kernels/integers/rows/int8_gate.hpp>
#include <archetype/kernels/integers/rows/int8_log_softmax.hpp>
#include <archetype/kernels/integers/rows/int8_norm.hpp>

#include "int8_cases.hpp"

namespace int8_row_cases {

using namespace archetype::kernels;
using i32 = std::int32_t;
using i64 = std::int64_t;
using u64 = std::uint64_t;

inline std::int8_t limited(i64 x) { return static_cast<std::int8_t>(x > 127 ? 127 : x < -128 ? -128 : x); }

/// floor(sqrt(x)), by halving.
inline u64 specified_root(u64 x) {
    u64 low = 0, high = u64{1} << 32;  // low^2 <= x < high^2
    while (high - low > 1) {
        const u64 middle = (low + high) / 2;
        (middle * middle <= x ? low : high) = middle;
    }
    return low;
}
/// floor((a * b + 2^31) / 2^32).
inline i64 specified_high(i64 a, i64 b) { return (a * b + (i64{1} << 31)) >> 32; }

/// A row of `count` numbers, normalized.
inline void specified_norm(const std::int8_t* in, std::int8_t* out, i64 count, bool centered, i64 zero_point,
                           u64 epsilon, i64 shift, const int8_norm_channel* channels) {
    const i64 zero = centered ? 0 : zero_point;
    i64 sum = 0, squares = 0;
    for (i64 c = 0; c < count; ++c) {
        sum += centered ? in[c] : 0;
        squares += (in[c] - zero) * (in[c] - zero);
    }
    u64 spread = static_cast<u64>(count * squares - sum * sum) + epsilon;
    if (spread == 0) spread = 1;
    i64 pairs = 0;
    while (spread >> 62 == 0) spread *= 4, ++pairs;
    const u64 quotient = (u64{1} << 62) / specified_root(spread),
              factor = quotient > 0x7fffffff ? 0x7fffffff : quotient;
    i64 bits = 28;  // after the point: less those of the root of the count, rounded up
    for (i64 root = 1; root * root < count; root *= 2) --bits;
    for (i64 c = 0; c < count; ++c) {
        const i64 distance = (in[c] - zero) * count - sum, places = pairs - 30 + bits;
        const i64 scaled = places < 0 ? distance >> -places : distance * (i64{1} << places);
        const i64 normal = specified_high(scaled, static_cast<i64>(factor));
        out[c] = limited((specified_high(normal, channels[c].factor) + channels[c].offset) >> shift);
    }
}

template <image In, image Out, bool Centered>
std::size_t wrong_norms(std::uint64_t seed) {
    int8_cases::random_numbers random{seed};
    constexpr std::size_t count = In.channels;
    static std::int8_t in[In.sample_stride], out[Out.sample_stride], wanted[count];
    static int8_norm_channel channels[count];
    std::size_t wrong = 0;
    for (int round = 0; round < 6; ++round) {
        for (std::int8_t& q : in)  // rows of one number, of extremes, of any
            q = static_cast<std::int8_t>(round == 0   ? 5
                                         : round == 1 ? (random() % 2 == 0 ? -128 : 127)
                                                      : random() % 256 - 128);
        // Results that mostly fit 8 bits, and some that do not.
        const i32 shift = random.between(0, 16);
        const int reach = 37 - int8_norm_bits(count) + shift + (round == 3 ? 4 : 0);
        const i32 most = reach > 30 ? 2147483647 : 1 << reach;
        for (int8_norm_channel& one : channels)
            one = {random.between(-most / 2, most / 2 - 1), random.between(-60 << shift, 60 << shift)};
        const i32 zero_point = static_cast<i32>(random() % 256) - 128;
        const u64 epsilon = round == 0 ? 0 : round == 5 ? u64{3} << 60 : u64{random()} << (8 * round);
        int8_norm_numbers numbers{
            {static_cast<std::uint32_t>(epsilon), static_cast<std::uint32_t>(epsilon >> 32)}, shift};
        int8_norm<In, Out, Centered>(in, out, zero_point, numbers, channels);
        for (std::size_t y = 0; y < In.height; ++y)
            for (std::size_t x = 0; x < In.width; ++x) {
                specified_norm(in + pixel_offset<In>(0, y, x), wanted, static_cast<i64>(count), Centered,
                               zero_point, epsilon, numbers.shift, channels);
                for (std::size_t c = 0; c < count; ++c)
                    wrong += out[pixel_offset<Out>(0, y, x) + c] != wanted[c] ? 1 : 0;
            }
    }
    return wrong;
}

/// One query of one head: scores, shares, mixture.
template <class Layer>
void specified_attention(const std::int8_t* in, std::size_t stride, std::size_t steps, std::size_t t,
                         std::size_t size, std::size_t first_key, std::size_t first_value, i64 zero_point,
                         const int8_attention_numbers& numbers, const std::int8_t* query, std::int8_t* out) {
    static i64 share[1024], parts[256];
    if (parts[0] == 0) {
        double scaled = 32767;  // times 2^(-1 / 256) for each part
        for (i64& part : parts) part = static_cast<i64>(scaled + 0.5), scaled *= 0.9972960560854701;
    }
    const std::size_t first = Layer::first_key(t), last = Layer::last_key(t, steps);
    i64 largest = 0, total = 0;
    for (std::size_t j = first; j <= last; ++j) {
        share[j] = 0;
        for (std::size_t c = 0; c < size; ++c)
            share[j] += (query[c] - zero_point) * in[j * stride + first_key + c];
        if (j == first || share[j] > largest) largest = share[j];
    }
    for (std::size_t j = first; j <= last; ++j) {
        const i64 octaves = int8_cases::specified_scaling(static_cast<i32>(largest - share[j]),
                                                          numbers.multiplier, numbers.shift),
                  whole = octaves / 256, part = parts[octaves % 256];
        i64 power = 1;  // halves upwards
        for (i64 i = 0; i < whole && power <= 4 * part; ++i) power *= 2;
        const i64 p = (2 * part + power) / (2 * power);
        share[j] = p;
        total += p;
    }
    i64 power = 1, places = 31 - numbers.result_shift;
    i64 dropped = 0;  // of more than 2^23
    while (2 * power <= total) {
        power *= 2;
        if (power <= (1 << 22))
            ++places;
        else
            ++dropped;
    }
    const i64 quotient = numbers.result_multiplier * power / total;
    for (std::size_t c = 0; c < size; ++c) {
        i64 mixed = 0, scale = 1;
        for (std::size_t j = first; j <= last; ++j)
            mixed += share[j] * (in[j * stride + first_value + c] - zero_point);
        for (i64 i = 0; i < dropped; ++i) scale *= 2;
        mixed = (mixed + scale / 2) >> dropped;
        out[c] = limited(((mixed * quotient + (i64{1} << (places - 1))) >> places) + numbers.zero_point);
    }
}

struct sees_all {
    static constexpr std::size_t first_key(std::size_t) { return 0; }
    static constexpr std::size_t last_key(std::size_t, std::size_t steps) { return steps - 1; }
};
struct sees_past {
    static constexpr std::size_t first_key(std::size_t t) { return t > 4 ? t - 4 : 0; }
    static constexpr std::size_t last_key(std::size_t t, std::size_t) { return t; }
};

template <std::size_t Steps, std::size_t Size, std::size_t Heads, std::size_t Shared, class Layer>
std::size_t wrong_attention(std::uint64_t seed) {
    constexpr std::size_t all = (Heads + 2 * Shared) * Size;
    constexpr int8_attention_geometry g{dense_image(1, Steps, all), dense_image(1, Steps, Heads * Size),
                                        Heads, Shared};
    int8_cases::random_numbers random{seed};
    static std::int8_t in[Steps * all], out[Steps * Heads * Size], wanted[Size];
    static i32 scores[Steps];
    std::size_t wrong = 0;
    for (int round = 0; round < 3; ++round) {
        for (std::int8_t& q : in) q = static_cast<std::int8_t>(random() % 256 - 128);
        const i32 zero_point = static_cast<i32>(random() % 256) - 128;
        // Scores count in octaves of 1 / 8192 to 1 / 32 of a part; results are up to eight times the input's numbers.
        const int8_attention_numbers numbers{
            static_cast<i32>(random() % (1u << 30)) + (1 << 30), -2 - 4 * round,
            static_cast<i32>(random() % (1u << 30)) + (1 << 30), static_cast<i32>(random() % 4),
            static_cast<i32>(random() % 256) - 128};
        int8_attention<g, Layer>(in, out, zero_point, numbers, scores);
        for (std::size_t t = 0; t < Steps; ++t)
            for (std::size_t h = 0; h < Heads; ++h) {
                const std::size_t group = h * Shared / Heads;
                specified_attention<Layer>(in, all, Steps, t, Size, (Heads + group) * Size,
                                           (Heads + Shared + group) * Size, zero_point, numbers,
                                           in + t * all + h * Size, wanted);
                for (std::size_t c = 0; c < Size; ++c)
                    wrong += out[(t * Heads + h) * Size + c] != wanted[c] ? 1 : 0;
            }
    }
    return wrong;
}

template <bool FirstIsGate, image In, image Out>
std::size_t wrong_gates(std::uint64_t seed) {
    int8_cases::random_numbers random{seed};
    static std::int8_t in[In.sample_stride], out[Out.sample_stride], table[256];
    std::size_t wrong = 0;
    for (int round = 0; round < 3; ++round) {
        for (std::int8_t& q : in) q = static_cast<std::int8_t>(random() % 256 - 128);
        for (std::int8_t& q : table) q = static_cast<std::int8_t>(random() % 256 - 128);
        const int8_product product{{random.between(-128, 127), random.between(-128, 127)},
                                   (1 << 30) + random.between(0, (1 << 30) - 1),
                                   random.between(-9, -5),
                                   {random.between(-128, 127), -128}};
        int8_gate<FirstIsGate, In, Out>(in, out, table, product);
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x)
                for (std::size_t c = 0; c < Out.channels; ++c) {
                    const std::int8_t* const from = in + pixel_offset<In>(0, y, x) + c;
                    const i64 first = from[0], second = from[Out.channels],
                              gate = table[(FirstIsGate ? first : second) + 128],
                              plain = FirstIsGate ? second : first;
                    const i64 scaled = int8_cases::specified_scaling(
                        static_cast<i32>((plain - product.zero_point[0]) * (gate - product.zero_point[1])),
                        product.multiplier, product.shift);
                    wrong += out[pixel_offset<Out>(0, y, x) + c] != limited(scaled + product.range.zero_point)
                                 ? 1
                                 : 0;
                }
    }
    return wrong;
}

template <std::size_t Channels>
std::size_t wrong_logarithms(std::uint64_t seed) {
    constexpr image rows = dense_image(1, 3, Channels);
    int8_cases::random_numbers random{seed};
    static std::int8_t in[3 * Channels], out[3 * Channels];
    static i32 powers[256];
    std::size_t wrong = 0;
    for (int round = 0; round < 4; ++round) {
        // Each distance has a part of the power before it.
        double power = 2147483647;
        for (i32& one : powers)
            one = static_cast<i32>(power), power *= round == 0 ? 0.2 : round == 1 ? 0.93 : 0.999;
        const i32 step = round == 3 ? 2147483647 : random.between(1, 1 << (10 + 5 * round));
        for (std::int8_t& q : in) q = static_cast<std::int8_t>(random() % 256 - 128);
        int8_log_softmax<rows, rows>(in, out, powers, step);
        for (std::size_t x = 0; x < 3; ++x) {
            const std::int8_t* const from = in + x * Channels;
            i64 largest = -128, octaves = 0;
            u64 sum = 0;
            for (std::size_t c = 0; c < Channels; ++c) largest = from[c] > largest ? from[c] : largest;
            for (std::size_t c = 0; c < Channels; ++c) sum += static_cast<u64>(powers[largest - from[c]]);
            // From 1 to 2 with 31 bits after the point, squared for each bit of the logarithm.
            while (sum >> 32 != 0) sum /= 2, ++octaves;
            while (sum >> 31 == 0) sum *= 2, --octaves;
            for (int bit = 0; bit < 16; ++bit) {
                sum = sum * sum / (u64{1} << 31);
                octaves *= 2;
                if (sum >= u64{1} << 32) sum /= 2, ++octaves;
            }
            const i64 all = octaves < 0 ? 0 : (octaves * 726817) >> 16;
            for (std::size_t c = 0; c < Channels; ++c)
                wrong += out[x * Channels + c] !=
                                 limited(127 - (((largest - from[c]) * step + all + (1 << 15)) >> 16))
                             ? 1
                             : 0;
        }
    }
    return wrong;
}

/// Each cell is added to the results of its window.
template <integer_spread G>
std::size_t wrong_spreads(std::uint64_t seed) {
    constexpr std::size_t filters = G.out.channels;
    int8_cases::random_numbers random{seed};
    static std::int8_t in[G.in.sample_stride], out[G.out.sample_stride], weights[filters * G.taps()];
    static i32 sums[G.out.height * G.out.width * filters];
    for (std::int8_t& q : in) q = static_cast<std::int8_t>(random() % 256 - 128);
    for (std::int8_t& q : weights) q = static_cast<std::int8_t>(random() % 255 - 127);
    for (i32& sum : sums) sum = 0;
    const i32 zero = random.between(-128, 127);
    for (std::size_t y = 0; y < G.in.height; ++y)
        for (std::size_t x = 0; x < G.in.width; ++x)
            for (std::size_t tap = 0; tap < G.over.kernel_height * G.over.kernel_width; ++tap) {
                const std::size_t row = y * G.over.stride_height +
                                        tap / G.over.kernel_width * G.over.dilation_height - G.over.pad_top,
                                  column = x * G.over.stride_width +
                                           tap % G.over.kernel_width * G.over.dilation_width -
                                           G.over.pad_left;
                if (row >= G.out.height || column >= G.out.width) continue;
                for (std::size_t f = 0; f < filters; ++f)
                    for (std::size_t c = 0; c < G.depth(); ++c)
                        sums[(row * G.out.width + column) * filters + f] +=
                            (in[pixel_offset<G.in>(0, y, x) + f / G.group_filters() * G.depth() + c] - zero) *
                            weights[f * G.taps() + tap * G.depth() + c];
            }
    integer_conv2d_transpose<G>(
        static_cast<const std::int8_t*>(in), out, weights, zero,
        [](i32 sum, std::size_t f) { return limited(sum / 64 + static_cast<i32>(f)); });
    std::size_t wrong = 0;
    for (std::size_t y = 0; y < G.out.height; ++y)
        for (std::size_t x = 0; x < G.out.width; ++x)
            for (std::size_t f = 0; f < filters; ++f)
                wrong += out[pixel_offset<G.out>(0, y, x) + f] !=
                                 limited(sums[(y * G.out.width + x) * filters + f] / 64 + static_cast<i32>(f))
                             ? 1
                             : 0;
    return wrong;
}

inline std::size_t wrong_rows() {
    constexpr integer_spread strided{dense_image(3, 4, 6), dense_image(6, 9, 4), {3, 2, 2, 3, 1, 1, 1, 0}, 2};
    constexpr integer_spread dilated{
        dense_image(1, 5, 3), dense_image(1, 11, 2), {1, 3, 1, 2, 1, 3, 0, 2}, 1};
    constexpr image plain = dense_image(2, 3, 64);
    return wrong_norms<plain, plain, true>(1) + wrong_norms<plain, plain, false>(2) +
           wrong_norms<dense_image(1, 2, 1), dense_image(1, 2, 1), true>(3) +
           wrong_norms<dense_image(1, 1, 300), dense_image(1, 1, 300), true>(4) +
           wrong_attention<7, 16, 2, 2, sees_all>(5) + wrong_attention<9, 6, 4, 2, sees_past>(6) +
           wrong_attention<13, 37, 1, 1, sees_all>(7) + wrong_attention<520, 4, 1, 1, sees_all>(8) +
           wrong_gates<true, dense_image(2, 3, 10), dense_image(2, 3, 5)>(9) +
           wrong_gates<false, dense_image(1, 2, 34), dense_image(1, 2, 17)>(10) + wrong_logarithms<1>(11) +
           wrong_logarithms<10>(12) + wrong_logarithms<300>(13) + wrong_spreads<strided>(14) +
           wrong_spreads<dilated>(15);
}

}  // namespace int8_row_cases
