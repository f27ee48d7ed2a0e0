// SPDX-License-Identifier: BSL-1.0
#include <archetype/kernels/pooling/avg_pool2d.hpp>
#include <archetype/kernels/pooling/global_pool2d.hpp>
#include <archetype/kernels/pooling/max_pool2d.hpp>

#include "samples.hpp"

namespace kernels = archetype::kernels;
using namespace samples;
using kernels::dense_image;
using kernels::pool2d;

namespace {
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr kernels::identity_epilogue identity{};

// The cells of a window from its definition, in row order: true if inside the image.
template <class Body>
void naive_window(const pool2d& g, std::size_t oy, std::size_t ox, const Body& body) {
    for (std::size_t k = 0; k < g.win.kernel_height; ++k)
        for (std::size_t l = 0; l < g.win.kernel_width; ++l) {
            const long y = long(oy * g.win.stride_height + k * g.win.dilation_height) - long(g.win.pad_top);
            const long x = long(ox * g.win.stride_width + l * g.win.dilation_width) - long(g.win.pad_left);
            const bool inside = y >= 0 && x >= 0 && y < long(g.in.height) && x < long(g.in.width);
            const bool counted = inside || (g.count_padding && y < long(g.in.height + g.pad_bottom) &&
                                            x < long(g.in.width + g.pad_right));
            body(y, x, inside, counted);
        }
}

template <class T>
struct naive {
    const pool2d& g;
    buffer<T>& in;
    double maximum(std::size_t n, std::size_t oy, std::size_t ox, std::size_t c, long* where_y = nullptr,
                   long* where_x = nullptr) const {
        double best = 0;
        bool any = false;
        naive_window(g, oy, ox, [&](long y, long x, bool inside, bool) {
            if (!inside) return;
            const double value = in.at(n, std::size_t(y), std::size_t(x), c);
            if (any && !(value > best || (std::isnan(value) && !std::isnan(best)))) return;
            best = value, any = true;
            if (where_y) *where_y = y, *where_x = x;
        });
        return best;
    }
    double count(std::size_t oy, std::size_t ox) const {
        double cells = 0;
        naive_window(g, oy, ox, [&](long, long, bool, bool counted) { cells += counted; });
        return cells;
    }
    double mean(std::size_t n, std::size_t oy, std::size_t ox, std::size_t c) const {
        double total = 0;
        naive_window(g, oy, ox, [&](long y, long x, bool inside, bool) {
            if (inside) total += in.at(n, std::size_t(y), std::size_t(x), c);
        });
        return total / count(oy, ox);
    }
};

template <class T, pool2d G, image GradOut, image GradIn>
void check() {
    constexpr std::size_t batch = 3;
    auto in = random<T>(G.in, batch, 1, true);  // few distinct values: ties
    auto factors = random<T>(G.out, batch, 2), derivatives = random<T>(GradIn, batch, 3);
    auto gradients = random<T>(GradOut, batch, 4);
    const naive<T> reference{G, in};
    const times_table<T, G.out> scaled{factors.base()};
    const times_table<T, GradIn> derived{derivatives.base()};

    auto largest = run<T>(
        G.out, batch, [&](T* out, range r) { kernels::max_pool2d_forward<G>(in.base(), out, scaled, r); });
    require_values(largest, [&](auto n, auto y, auto x, auto c) {
        return reference.maximum(n, y, x, c) * double(factors.at(n, y, x, c));
    });
    auto means = run<T>(G.out, batch,
                        [&](T* out, range r) { kernels::avg_pool2d_forward<G>(in.base(), out, scaled, r); });
    require_values(means, [&](auto n, auto y, auto x, auto c) {
        return reference.mean(n, y, x, c) * double(factors.at(n, y, x, c));
    });

    buffer<double> to_first(dense_image(G.in.height, G.in.width, G.in.channels), batch, 0), spread = to_first;
    each(gradients, [&](auto n, auto y, auto x, auto c) {
        long v = 0, u = 0;
        const double gradient = gradients.at(n, y, x, c);
        reference.maximum(n, y, x, c, &v, &u);
        to_first.at(n, std::size_t(v), std::size_t(u), c) += gradient;
        naive_window(G, y, x, [&](long a, long b, bool inside, bool) {
            if (inside) spread.at(n, std::size_t(a), std::size_t(b), c) += gradient / reference.count(y, x);
        });
    });
    auto grad_max = run<T>(GradIn, batch, [&](T* out, range r) {
        kernels::max_pool2d_backward<G, GradOut, GradIn>(in.base(), gradients.base(), out, derived, r);
    });
    require_values(grad_max, [&](auto... i) { return to_first.at(i...) * double(derivatives.at(i...)); });
    auto grad_mean = run<T>(GradIn, batch, [&](T* out, range r) {
        kernels::avg_pool2d_backward<G, GradOut, GradIn>(gradients.base(), out, derived, r);
    });
    require_values(grad_mean, [&](auto... i) { return spread.at(i...) * double(derivatives.at(i...)); });
}

template <pool2d G, image GradOut = G.out, image GradIn = G.in>
void check_both() {
    check<float, G, GradOut, GradIn>();
    check<double, G, GradOut, GradIn>();
}

std::vector<double> average(const std::vector<double>& row, auto geometry) {
    constexpr pool2d g = geometry();
    buffer<double> in(g.in, 1, not_a_number), out(g.out, 1, not_a_number);
    for (std::size_t x = 0; x < row.size(); ++x) in.at(0, 0, x, 0) = row[x];
    kernels::avg_pool2d_forward<g>(in.base(), out.base(), identity, range{0, 1});
    return {out.data.begin(), out.data.begin() + long(g.out.width)};
}
}  // namespace

TEST_CASE("pooling agrees with its definition", "[pool2d]") {
    SECTION("2x2, stride 2, tiles") {
        check_both<pool2d{dense_image(8, 6, 6), dense_image(4, 3, 6), {2, 2, 2, 2}}>();
        check_both<pool2d{dense_image(4, 4, 16), dense_image(2, 2, 16), {2, 2, 2, 2}}>();
        check_both<pool2d{dense_image(4, 4, 1), dense_image(2, 2, 1), {2, 2, 2, 2}}>();
        check_both<pool2d{dense_image(4, 6, 40), dense_image(2, 3, 40), {2, 2, 2, 2}}>();
    }
    SECTION("halos and foreign channels") {
        check_both<pool2d{padded(6, 6, 6, 6), padded(3, 3, 6, 9), {2, 2, 2, 2}}, padded(3, 3, 6, 6),
                   padded(6, 6, 6, 11)>();
        check_both<pool2d{padded(6, 5, 19, 23), padded(3, 3, 19, 19), {3, 3, 2, 2, 1, 1, 1, 1}},
                   padded(3, 3, 19, 21), padded(6, 5, 19, 24)>();
        check_both<pool2d{padded(5, 7, 3, 3), padded(3, 4, 3, 3), {3, 3, 2, 2, 1, 1, 1, 1}},
                   padded(3, 4, 3, 5), padded(5, 7, 3, 3)>();
    }
    SECTION("a remainder is not read and gets no gradient") {
        check_both<pool2d{dense_image(7, 5, 3), dense_image(3, 2, 3), {2, 2, 2, 2}}>();
        check_both<pool2d{dense_image(8, 8, 5), dense_image(3, 3, 5), {2, 2, 3, 3}}>();
    }
    SECTION("rounding up clips the last window") {
        check_both<pool2d{dense_image(5, 7, 6), dense_image(3, 4, 6), {2, 2, 2, 2}}>();
        check_both<pool2d{dense_image(5, 7, 6), dense_image(3, 4, 6), {2, 2, 2, 2}, true}>();
    }
    SECTION("overlap, padding, both divisors, oblong windows") {
        check_both<pool2d{
            dense_image(7, 9, 17), dense_image(4, 5, 17), {3, 3, 2, 2, 1, 1, 1, 1}, true, 1, 1}>();
        check_both<pool2d{
            dense_image(7, 9, 4), dense_image(7, 9, 4), {3, 3, 1, 1, 1, 1, 1, 1}, false, 1, 1}>();
        check_both<pool2d{
            dense_image(6, 9, 33), dense_image(5, 5, 33), {2, 3, 1, 2, 1, 1, 0, 1}, true, 0, 1}>();
        check_both<pool2d{dense_image(1, 12, 2), dense_image(1, 5, 2), {1, 4, 1, 2}}>();
    }
    SECTION("dilation") {
        check_both<pool2d{dense_image(9, 8, 6), dense_image(3, 4, 6), {3, 2, 2, 1, 2, 4, 0, 0}}>();
        check_both<pool2d{
            dense_image(9, 8, 20), dense_image(9, 4, 20), {3, 3, 1, 2, 2, 2, 2, 2}, true, 2, 2}>();
    }
}

TEST_CASE("pooling gradients agree with central differences", "[pool2d]") {
    constexpr pool2d g{dense_image(5, 6, 3), dense_image(3, 3, 3), {3, 3, 2, 2, 1, 1, 1, 1}, true, 1, 1};
    auto in = random<double>(g.in, 2, 7), weights = random<double>(g.out, 2, 8);
    buffer<double> out(g.out, 2, not_a_number), gradient(g.in, 2, not_a_number);
    kernels::max_pool2d_backward<g>(in.base(), weights.base(), gradient.base(), identity, range{0, 2});
    require_gradient(in, gradient, [&] {
        kernels::max_pool2d_forward<g>(in.base(), out.base(), identity, range{0, 2});
        return weighted_sum(out, weights);
    });
    kernels::avg_pool2d_backward<g>(weights.base(), gradient.base(), identity, range{0, 2});
    require_gradient(in, gradient, [&] {
        kernels::avg_pool2d_forward<g>(in.base(), out.base(), identity, range{0, 2});
        return weighted_sum(out, weights);
    });
}

TEST_CASE("ties: the first maximum takes the gradient, as in PyTorch", "[pool2d]") {
    constexpr pool2d g{dense_image(4, 4, 1), dense_image(2, 2, 1), {3, 3, 2, 2, 1, 1, 1, 1}};
    buffer<double> in(g.in, 1, not_a_number), gradient(g.in, 1, not_a_number),
        weights(g.out, 1, not_a_number);
    const double values[] = {3, 1, 3, 2, 3, 3, 0, 2, 5, 5, 5, 5, 1, 5, 2, 5};
    const double expected[] = {1, 0, 2, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0};  // torch 1.13
    std::copy(values, values + 16, in.base());
    for (std::size_t i = 0; i < 4; ++i) weights.base()[i] = double(i + 1);
    kernels::max_pool2d_backward<g>(in.base(), weights.base(), gradient.base(), identity, range{0, 1});
    for (std::size_t i = 0; i < 16; ++i) CHECK(gradient.base()[i] == expected[i]);
}

TEST_CASE("the last window of ceil mode starts inside", "[pool2d]") {
    constexpr pool2d a{dense_image(5, 5, 1), dense_image(3, 3, 1), {2, 2, 2, 2, 1, 1, 1, 1}};
    constexpr pool2d too_many{dense_image(5, 5, 1), dense_image(4, 4, 1), {2, 2, 2, 2, 1, 1, 1, 1}};
    constexpr pool2d b{dense_image(4, 4, 1), dense_image(2, 2, 1), {3, 3, 2, 2}};
    STATIC_REQUIRE(kernels::valid(a));
    STATIC_REQUIRE_FALSE(kernels::valid(too_many));
    buffer<float> in(a.in, 1, 0), out(a.out, 1, 0);
    for (int i = 0; i < 25; ++i) in.base()[i] = float(i + 1);
    kernels::max_pool2d_forward<a>(in.base(), out.base(), identity, range{0, 1});
    CHECK(std::vector<float>(out.base(), out.base() + 9) ==
          std::vector<float>{1, 3, 5, 11, 13, 15, 21, 23, 25});
    kernels::max_pool2d_forward<b>(in.base(), out.base(), identity, range{0, 1});
    CHECK(std::vector<float>(out.base(), out.base() + 4) == std::vector<float>{11, 12, 15, 16});
}

TEST_CASE("divisors of average pooling", "[pool2d]") {
    const std::vector<double> row{1, 2, 3, 4, 5};
    CHECK(average(row, [] {
              return pool2d{dense_image(1, 5, 1), dense_image(1, 3, 1), {1, 2, 1, 2}, true};
          }) == std::vector<double>{1.5, 3.5, 5});
    static constexpr kernels::window three{1, 3, 1, 2, 1, 1, 0, 1};
    CHECK(average(row, [] {
              return pool2d{dense_image(1, 5, 1), dense_image(1, 3, 1), three, true, 0, 1};
          }) == std::vector<double>{1, 3, 3});
    CHECK(average(row, [] {
              return pool2d{dense_image(1, 5, 1), dense_image(1, 3, 1), three, false, 0, 1};
          }) == std::vector<double>{1.5, 3, 4.5});
    buffer<double> in(dense_image(2, 2, 1), 1, 0), out(dense_image(1, 1, 1), 1, 0);
    for (int i = 0; i < 4; ++i) in.base()[i] = i + 1;
    constexpr pool2d corner{
        dense_image(2, 2, 1), dense_image(1, 1, 1), {3, 3, 1, 1, 1, 1, 1, 1}, false, 1, 1};
    constexpr pool2d counted{
        dense_image(2, 2, 1), dense_image(1, 1, 1), {3, 3, 1, 1, 1, 1, 1, 1}, true, 1, 1};
    kernels::avg_pool2d_forward<corner>(in.base(), out.base(), identity, range{0, 1});
    CHECK(out.base()[0] == Approx(2.5));
    kernels::avg_pool2d_forward<counted>(in.base(), out.base(), identity, range{0, 1});
    CHECK(out.base()[0] == Approx(10. / 9));
}

TEMPLATE_TEST_CASE("NaN passes through pooling and takes the gradient", "[pool2d]", float, double) {
    constexpr pool2d g{dense_image(4, 4, 6), dense_image(2, 2, 6), {2, 2, 2, 2}};
    const TestType bad = std::numeric_limits<TestType>::quiet_NaN();
    for (std::size_t y = 0; y < 2; ++y)
        for (std::size_t x = 0; x < 2; ++x) {
            auto in = random<TestType>(g.in, 1, 5);
            buffer<TestType> out(g.out, 1, 0), gradient(g.in, 1, 0), ones(g.out, 1, 1);
            in.at(0, y, x, 2) = bad;
            kernels::max_pool2d_forward<g>(in.base(), out.base(), identity, range{0, 1});
            each(out, [&](auto n, auto v, auto u, auto c) {
                CHECK(std::isnan(out.at(n, v, u, c)) == (v == 0 && u == 0 && c == 2));
            });
            kernels::avg_pool2d_forward<g>(in.base(), out.base(), identity, range{0, 1});
            each(out, [&](auto n, auto v, auto u, auto c) {
                CHECK(std::isnan(out.at(n, v, u, c)) == (v == 0 && u == 0 && c == 2));
            });
            kernels::max_pool2d_backward<g>(in.base(), ones.base(), gradient.base(), identity, range{0, 1});
            for (std::size_t v = 0; v < 2; ++v)
                for (std::size_t u = 0; u < 2; ++u)
                    CHECK(gradient.at(0, v, u, 2) == (v == y && u == x ? 1 : 0));
        }
}

TEST_CASE("a window of minus infinity has that maximum", "[pool2d]") {
    constexpr pool2d g{dense_image(2, 2, 3), dense_image(1, 1, 3), {2, 2, 2, 2}};
    const double infinity = std::numeric_limits<double>::infinity();
    buffer<double> in(g.in, 1, -infinity), out(g.out, 1, 0), gradient(g.in, 1, not_a_number),
        ones(g.out, 1, 1);
    kernels::max_pool2d_forward<g>(in.base(), out.base(), identity, range{0, 1});
    kernels::max_pool2d_backward<g>(in.base(), ones.base(), gradient.base(), identity, range{0, 1});
    for (std::size_t c = 0; c < 3; ++c) {
        CHECK(out.base()[c] == -infinity);
        CHECK(gradient.at(0, 0, 0, c) == 1);
        CHECK(gradient.at(0, 1, 1, c) == 0);
    }
}

TEMPLATE_TEST_CASE("global pooling", "[pool2d]", float, double) {
    using T = TestType;
    const auto check_shape = [](auto shapes) {
        constexpr image shape = shapes();
        constexpr image out = dense_image(1, 1, shape.channels);
        auto in = random<T>(shape, 2, 11), weights = random<T>(out, 2, 12);
        const double pixels = double(shape.height * shape.width);
        auto means = run<T>(out, 2, [&](T* to, range r) {
            kernels::global_average_pool2d_forward<shape, out>(in.base(), to, identity, r);
        });
        require_values(means, [&](auto n, auto, auto, auto c) {
            double total = 0;
            for (std::size_t y = 0; y < shape.height; ++y)
                for (std::size_t x = 0; x < shape.width; ++x) total += in.at(n, y, x, c);
            return total / pixels;
        });
        auto spread = run<T>(shape, 2, [&](T* to, range r) {
            kernels::global_average_pool2d_backward<out, shape>(weights.base(), to, identity, r);
        });
        require_values(spread,
                       [&](auto n, auto, auto, auto c) { return double(weights.at(n, 0, 0, c)) / pixels; });
        auto largest = run<T>(out, 2, [&](T* to, range r) {
            kernels::global_max_pool2d_forward<shape, out>(in.base(), to, identity, r);
        });
        auto taken = run<T>(shape, 2, [&](T* to, range r) {
            kernels::global_max_pool2d_backward<shape, out, shape>(in.base(), weights.base(), to, identity,
                                                                   r);
        });
        require_values(taken, [&](auto n, auto y, auto x, auto c) {
            double best = -1e30;
            for (std::size_t v = 0; v < shape.height; ++v)
                for (std::size_t u = 0; u < shape.width; ++u)
                    best = std::max(best, double(in.at(n, v, u, c)));
            if (largest.at(n, 0, 0, c) != T(best)) return not_a_number;
            return in.at(n, y, x, c) == T(best) ? double(weights.at(n, 0, 0, c)) : 0;
        });
    };
    check_shape([] { return dense_image(7, 7, 37); });
    check_shape([] { return dense_image(5, 4, 6); });
    check_shape([] { return dense_image(1, 1, 3); });
    check_shape([] { return padded(6, 3, 10, 13); });
}
