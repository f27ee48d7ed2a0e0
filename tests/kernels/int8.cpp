// SPDX-License-Identifier: BSL-1.0
// 8-bit kernels against TensorFlow Lite's specification.
#include "int8_cases.hpp"

#include <catch.hpp>
#include <cmath>
#include <vector>

namespace at = archetype;
namespace kernels = archetype::kernels;

TEST_CASE("int8: scaling rounds twice, as specified") { CHECK(int8_cases::wrong_scalings() == 0); }

TEST_CASE("int8: addition") { CHECK(int8_cases::wrong_additions() == 0); }

TEST_CASE("int8: products") { CHECK(int8_cases::wrong_products() == 0); }
TEST_CASE("int8: joins of images") { CHECK(int8_cases::wrong_joins() == 0); }

TEST_CASE("int8: layers agree bit for bit with the specification") {
    int8_cases::for_each_layer([](const char* name, std::size_t wrong) {
        INFO(name);
        CHECK(wrong == 0);
    });
}

namespace {
template <std::size_t Length>
void check_collected() {
    constexpr kernels::int8_patch patch{3, Length + 1, 1, 0, Length};
    constexpr std::size_t distance = patch.taps() + 16;
    std::vector<std::int8_t> in(3 * (Length + 1) + 32), to(2 * distance, 99);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::int8_t>(i % 90);
    kernels::detail::collect_patches<patch, kernels::int8_pixels{2, {0, 1}}, distance>(in.data(), to.data());
    for (std::size_t p = 0; p < 2; ++p)
        for (std::size_t i = 0; i < distance; ++i) {
            const std::size_t from = i / Length * (Length + 1) + i % Length + p;
            INFO("run of " << Length << ", byte " << i);
            CHECK(int{to[p * distance + i]} == (i < patch.taps() ? in[from] : 99));
        }
}
}  // namespace

TEST_CASE("int8: patches are collected from their own bytes alone") {
    check_collected<1>();
    check_collected<3>();
    check_collected<6>();
    check_collected<11>();
    check_collected<21>();
}

#if defined(__AVX2__)
TEST_CASE("int8: what lies behind a collected line is zero") {
    using kernels::detail::collected_number;
    const std::vector<std::int8_t> in(200, 7);
    const collected_number zero = kernels::detail::input_is_moved ? 128 : 0;
    for (std::size_t count = 1; count <= 130; ++count) {
        std::vector<collected_number> to(count + 3 + 64, 99);
        kernels::detail::collect_numbers(in.data(), to.data(), count, 3);
        CHECK(to[count - 1] == collected_number(zero + 7));
        for (std::size_t i = 0; i < 3; ++i) CHECK(to[count + i] == zero);
    }
}

TEST_CASE("int8: filters that fill a tile do not slow it") {
    alignas(64) kernels::int8_channel channels[16] = {};  // as they lie in the weights: all zeros
    alignas(64) const std::int8_t packed[64] = {};
    const auto is_slow = [&](bool at_once) {
        kernels::detail::int8_panel panel;
        if (at_once)
            panel.set_lanes(0, channels, packed, 0);
        else
            for (std::size_t f = 0; f < 16; ++f) panel.set(f, channels[f], 0, 0);
        return panel.is_slow;
    };
    for (const bool at_once : {false, true}) {
        INFO("at once " << at_once);
        channels[0] = {5, 1 << 30, -22};
        CHECK_FALSE(is_slow(at_once));
        for (const int shift : {0, 1, -23}) {
            channels[0] = {5, 1 << 30, shift};
            CHECK(is_slow(at_once));
        }
    }
}

// A line whose blocks cannot be found by trying one width after another in constant evaluation.
namespace {
template <std::size_t Width>
constexpr kernels::int8_conv2d_geometry line{{kernels::halo_image(1, Width, 1, 0, 0, 1, 1),
                                              kernels::dense_image(1, Width, 8),
                                              {1, 3, 1, 1, 1, 1, 0, 1},
                                              1},
                                             kernels::dense_image(1, Width, 8)};
template <std::size_t Width>
constexpr const kernels::detail::int8_block_work& work = kernels::detail::block_work_of<line<Width>>;
static_assert(work<1'000'000>.block_height == 1 && work<1'000'000>.block_width > 10'000);
static_assert(work<1'000'000>.local_line <= kernels::detail::collected_numbers);
static_assert(work<100>.block_width == 100 && work<100>.block_height == 1);
}  // namespace
#endif

namespace {

template <kernels::pool2d G, bool IsMax>
void check_pool() {
    int8_cases::random_numbers random{5};
    std::vector<std::int8_t> in(G.in.size()), out(G.out.size());
    for (auto& x : in) x = static_cast<std::int8_t>(random.between(-128, 127));
    const int zero = random.between(-128, 127);
    kernels::int8_pool2d<G, IsMax>(in.data(), out.data(), zero, nullptr);
    const auto cell = [&](long y, long x, std::size_t c) {
        return in[(static_cast<std::size_t>(y) * G.in.width + static_cast<std::size_t>(x)) * G.in.channels +
                  c];
    };
    for (std::size_t y = 0; y < G.out.height; ++y)
        for (std::size_t x = 0; x < G.out.width; ++x)
            for (std::size_t c = 0; c < G.in.channels; ++c) {
                int largest = -128, sum = 0, count = 0;
                for (std::size_t ky = 0; ky < G.win.kernel_height; ++ky)
                    for (std::size_t kx = 0; kx < G.win.kernel_width; ++kx) {
                        const long row = static_cast<long>(y * G.win.stride_height + ky) -
                                         static_cast<long>(G.win.pad_top);
                        const long column = static_cast<long>(x * G.win.stride_width + kx) -
                                            static_cast<long>(G.win.pad_left);
                        const bool inside = row >= 0 && column >= 0 && row < static_cast<long>(G.in.height) &&
                                            column < static_cast<long>(G.in.width);
                        if (!inside && !G.count_padding) continue;
                        const int value = inside ? cell(row, column, c) : zero;
                        if (inside) largest = std::max(largest, value);
                        sum += value;
                        ++count;
                    }
                const int average = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
                CHECK(int{out[(y * G.out.width + x) * G.in.channels + c]} == (IsMax ? largest : average));
            }
}

}  // namespace

TEST_CASE("int8: pooling") {
    constexpr kernels::pool2d overlapping{
        kernels::dense_image(6, 7, 3), kernels::dense_image(3, 4, 3), {3, 3, 2, 2, 1, 1, 1, 1}, false, 1, 1};
    constexpr kernels::pool2d counted{
        kernels::dense_image(6, 7, 3), kernels::dense_image(3, 4, 3), {3, 3, 2, 2, 1, 1, 1, 1}, true, 1, 1};
    check_pool<overlapping, true>();
    check_pool<kernels::pool2d{kernels::dense_image(6, 7, 21),
                               kernels::dense_image(3, 4, 21),
                               {3, 3, 2, 2, 1, 1, 1, 1},
                               false,
                               1,
                               1},
               true>();
    check_pool<overlapping, false>();
    check_pool<counted, false>();
    check_pool<kernels::global_pool2d(kernels::dense_image(5, 5, 8), kernels::dense_image(1, 1, 8)), false>();
}

TEST_CASE("int8: exponentials and reciprocals in fixed point") {
    CHECK(kernels::exponential_of_negative(0) == 2147483647);
    for (std::int64_t x = 1; x < std::int64_t{31} << 26; x += x / 7 + 1) {
        const double found = kernels::exponential_of_negative(static_cast<std::int32_t>(-x)) / 0x1p31;
        CHECK(std::abs(found - std::exp(-static_cast<double>(x) / 0x1p26)) < 3e-7);
    }
    for (std::int64_t x = 0; x < std::int64_t{1} << 31; x += 12345678) {
        const double found = kernels::reciprocal_of_one_plus(static_cast<std::int32_t>(x)) / 0x1p31;
        CHECK(std::abs(found - 1 / (1 + static_cast<double>(x) / 0x1p31)) < 4e-9);
    }
}

TEST_CASE("int8: softmax of more classes than a sum of 32 bits takes") {
    constexpr kernels::image row = kernels::dense_image(1, 1, 9000);
    const std::vector<std::int32_t> powers(256, 2147483647);
    std::vector<std::int8_t> in(row.size(), 5), out(row.size());
    kernels::int8_softmax<row, row>(in.data(), out.data(), powers.data());
    CHECK(std::all_of(out.begin(), out.end(), [](std::int8_t x) { return x == -128; }));
}

TEST_CASE("int8: softmax is within one step") {
    for (const double scale : {0.01, 0.1, 0.5}) {
        std::vector<std::int32_t> powers(256);
        for (int d = 0; d < 256; ++d)
            powers[static_cast<std::size_t>(d)] =
                static_cast<std::int32_t>(std::min(2147483647.0, std::round(0x1p31 * std::exp(-scale * d))));
        int8_cases::random_numbers random{6};
        constexpr kernels::image rows = kernels::dense_image(2, 3, 10);
        std::vector<std::int8_t> in(rows.size()), out(rows.size());
        for (auto& x : in) x = static_cast<std::int8_t>(random.between(-128, 127));
        kernels::int8_softmax<rows, rows>(in.data(), out.data(), powers.data());
        for (std::size_t row = 0; row < in.size(); row += 10) {
            double sum = 0;
            for (std::size_t c = 0; c < 10; ++c) sum += std::exp(scale * in[row + c]);
            for (std::size_t c = 0; c < 10; ++c)
                CHECK(std::abs(std::min(255.0, 256 * std::exp(scale * in[row + c]) / sum) - 128 -
                               out[row + c]) <= 1);
        }
    }
}
