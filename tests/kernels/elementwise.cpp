// SPDX-License-Identifier: BSL-1.0
#include <archetype/kernels/elementwise/dropout.hpp>
#include <archetype/kernels/images/copy.hpp>
#include <archetype/kernels/images/map.hpp>
#include <archetype/kernels/vectors/select.hpp>

#include "samples.hpp"

namespace kernels = archetype::kernels;
using namespace samples;
using kernels::dense_image;

namespace {
constexpr kernels::identity_epilogue identity{};

template <bool Across>
struct square {
    static constexpr bool across_pixels = Across;
    template <class V>
    V operator()(const V& value, const kernels::place&) const {
        return value * value;
    }
};

template <class T, image In, image Out>
void check() {
    constexpr std::size_t batch = 3;
    auto in = random<T>(In, batch, 1), derivatives = random<T>(Out, batch, 2);
    const auto squared = [&](auto... i) { return double(in.at(i...)) * double(in.at(i...)); };
    auto across =
        run<T>(Out, batch, [&](T* to, range r) { kernels::map<In, Out>(in.base(), to, square<true>{}, r); });
    require_values(across, squared);
    auto apart =
        run<T>(Out, batch, [&](T* to, range r) { kernels::map<In, Out>(in.base(), to, square<false>{}, r); });
    REQUIRE(identical(across, apart));
    auto first = in, second = in;
    kernels::map<In, In>(first.base(), first.base(), square<true>{}, range{0, batch});
    kernels::map<In, In>(second.base(), second.base(), square<false>{}, range{0, batch});
    require_values(first, squared);
    require_values(second, squared);
    auto derived = run<T>(Out, batch, [&](T* to, range r) {
        kernels::map<In, Out>(in.base(), to, times_table<T, Out>{derivatives.base()}, r);
    });
    require_values(derived, [&](auto... i) { return double(in.at(i...)) * double(derivatives.at(i...)); });

    auto copied = run<T>(Out, batch, [&](T* to, range r) { kernels::copy<In, Out>(in.base(), to, r); });
    each(copied, [&](auto... i) { REQUIRE(copied.at(i...) == in.at(i...)); });
    kernels::zero_halo<Out>(copied.base(), range{0, batch});
    double total = 0, inside = 0;
    for (std::size_t i = 0; i < batch * Out.sample_stride; ++i)
        if (copied.data[i] != canary<T>) total += copied.data[i];
    each(copied, [&](auto... i) {
        REQUIRE(copied.at(i...) == in.at(i...));
        inside += copied.at(i...);
    });
    CHECK(total == Approx(inside).margin(1e-5));
    // What is left of the canaries: foreign channels of the image's own pixels, and the slack.
    const std::size_t foreign = batch * Out.height * Out.width * (Out.pixel_stride - Out.channels);
    CHECK(std::size_t(std::count(copied.data.begin(), copied.data.end(), canary<T>)) == foreign + 64);

    const kernels::dropout_mask mask{42, 7, 0.4};
    auto dropped = run<T>(
        Out, batch, [&](T* to, range r) { kernels::dropout<In, Out>(in.base(), to, mask, identity, r); });
    require_values(dropped, [&](auto n, auto y, auto x, auto c) {
        const auto i = std::uint32_t((y * In.width + x) * In.channels + c);
        const bool kept = double(kernels::dropout_mask::bits(mask.key(n), i)) / 4294967296. >= 0.4;
        return kept ? in.at(n, y, x, c) / 0.6 : 0.;
    });
    auto derived_too = run<T>(Out, batch, [&](T* to, range r) {
        kernels::dropout<In, Out>(in.base(), to, mask, times_table<T, Out>{derivatives.base()}, r);
    });
    require_values(derived_too,
                   [&](auto... i) { return double(dropped.at(i...)) * double(derivatives.at(i...)); });
}
}  // namespace

TEMPLATE_TEST_CASE("map, copy and dropout in every layout", "[elementwise]", float, double) {
    check<TestType, dense_image(1, 1, 10), dense_image(1, 1, 10)>();
    check<TestType, dense_image(4, 5, 6), padded(4, 5, 6, 6)>();
    check<TestType, padded(3, 7, 1, 1), dense_image(3, 7, 1)>();
    check<TestType, padded(3, 2, 3, 5), padded(3, 2, 3, 4)>();
    check<TestType, dense_image(3, 3, 16), padded(3, 3, 16, 17)>();
    check<TestType, padded(2, 3, 37, 37), padded(2, 3, 37, 40)>();
    check<TestType, dense_image(1, 2, 2), dense_image(1, 2, 2)>();
}

TEST_CASE("dropout keeps its share, independently in step, sample and seed", "[elementwise]") {
    constexpr image shape = dense_image(100, 100, 10);
    const std::size_t count = 2 * shape.size();
    const auto apply = [&](kernels::dropout_mask mask) {
        buffer<float> in(shape, 2, 1), out(shape, 2, 0);
        kernels::dropout<shape, shape>(in.base(), out.base(), mask, identity, range{0, 2});
        out.data.resize(count);
        return out.data;
    };
    for (const double rate : {0.1, 0.5, 0.9}) {
        const auto values = apply({1, 0, rate});
        double total = 0, kept = 0;
        for (const float value : values) total += value, kept += value != 0;
        const double deviation = std::sqrt(rate * (1 - rate) / double(count));
        CHECK(std::abs(kept / double(count) - (1 - rate)) < 4 * deviation);
        CHECK(std::abs(total / double(count) - 1) < 4 * deviation / (1 - rate));
    }
    const auto agreement = [&](const std::vector<float>& a, const std::vector<float>& b, std::size_t shift) {
        double same = 0;
        for (std::size_t i = 0; i + shift < count / 2; ++i) same += a[i] == b[i + shift];
        return std::abs(same / double(count / 2 - shift) - 0.5);
    };
    const auto one = apply({1, 0, 0.5}), step = apply({1, 1, 0.5}), seed = apply({2, 0, 0.5});
    const std::vector<float> second(one.begin() + long(count / 2), one.end());
    const double bound = 4 * 0.5 / std::sqrt(double(count) / 2);
    CHECK(agreement(one, step, 0) < bound);
    CHECK(agreement(one, seed, 0) < bound);
    CHECK(agreement(one, second, 0) < bound);
    for (const std::size_t shift : {1, 2, 3, 10, 1000}) CHECK(agreement(one, one, shift) < bound * 1.1);
    CHECK(one == apply({1, 0, 0.5}));
}

TEST_CASE("dropout at rates 0 and 1; NaN passes", "[elementwise]") {
    constexpr image shape = dense_image(1, 1, 19);
    auto in = random<double>(shape, 1, 3);
    buffer<double> out(shape, 1, 0);
    kernels::dropout<shape, shape>(in.base(), out.base(), {5, 5, 0}, identity, range{0, 1});
    for (std::size_t c = 0; c < 19; ++c) CHECK(out.base()[c] == in.base()[c]);
    kernels::dropout<shape, shape>(in.base(), out.base(), {5, 5, 1}, identity, range{0, 1});
    for (std::size_t c = 0; c < 19; ++c) CHECK(out.base()[c] == 0);
    std::fill_n(in.base(), 19, std::numeric_limits<double>::quiet_NaN());
    kernels::dropout<shape, shape>(in.base(), out.base(), {5, 5, 0.5}, identity, range{0, 1});
    for (std::size_t c = 0; c < 19; ++c) CHECK(std::isnan(out.base()[c]));
}

TEST_CASE("the dropout mask is the documented one", "[elementwise]") {
    // SplitMix64 and MurmurHash3 finalizers, evaluated with Python integers.
    const kernels::dropout_mask mask{1, 2, 0.5};
    CHECK(mask.key(3) == 0x57b834b23cdc9d17u);
    CHECK(kernels::dropout_mask::bits(mask.key(3), 4) == 0x7bc47de1u);
}

TEMPLATE_TEST_CASE("maximum keeps NaN of either side", "[elementwise]", float, double) {
    const TestType bad = std::numeric_limits<TestType>::quiet_NaN();
    const auto larger = [](TestType a, TestType b) {
        return kernels::largest<TestType>(
            kernels::maximum<TestType>(kernels::broadcast(a), kernels::broadcast(b)));
    };
    CHECK(larger(1, 2) == 2);
    CHECK(larger(2, 1) == 2);
    CHECK(std::isnan(larger(bad, 1)));
    CHECK(std::isnan(larger(1, bad)));
}
