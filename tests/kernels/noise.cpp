// SPDX-License-Identifier: BSL-1.0
#include <archetype/kernels/elementwise/noise.hpp>

#include "samples.hpp"

namespace kernels = archetype::kernels;
using namespace samples;
using kernels::dense_image;

namespace {
constexpr kernels::identity_epilogue identity{};

/// Values and gradients in a layout, against `wanted(value, backward, sample, place)`.
template <class T, image In, image Out, class Noise, class Wanted>
void check(const Noise& noise, const Wanted& wanted) {
    constexpr std::size_t batch = 3;
    auto in = random<T>(In, batch, 1), derivatives = random<T>(Out, batch, 2);
    const auto index = [](auto y, auto x, auto c) {
        return static_cast<std::uint32_t>((y * In.width + x) * In.channels + c);
    };
    auto forward = run<T>(Out, batch, [&](T* to, range r) {
        kernels::disturb<In, Out, false>(in.base(), to, noise, identity, r);
    });
    require_values(forward, [&](auto n, auto y, auto x, auto c) {
        return wanted(double(in.at(n, y, x, c)), false, n, index(y, x, c));
    });
    auto backward = run<T>(Out, batch, [&](T* to, range r) {
        kernels::disturb<In, Out, true>(in.base(), to, noise, times_table<T, Out>{derivatives.base()}, r);
    });
    require_values(backward, [&](auto n, auto y, auto x, auto c) {
        return wanted(double(in.at(n, y, x, c)), true, n, index(y, x, c)) *
               double(derivatives.at(n, y, x, c));
    });
    auto in_place = in;
    kernels::disturb<In, In, false>(in_place.base(), in_place.base(), noise, identity, range{0, batch});
    require_values(in_place, [&](auto n, auto y, auto x, auto c) { return double(forward.at(n, y, x, c)); });
}

template <class T, image In, image Out>
void check_layout() {
    const kernels::dropout_mask mask{42, 7, 0.4};
    const auto share = [](std::uint32_t bits) { return double(bits) / 4294967296.; };
    check<T, In, Out>(kernels::channel_mask<In.channels>{{mask}}, [&](double x, bool, auto n, auto i) {
        return share(mask.bits(mask.key(n), i % In.channels)) < 0.4 ? 0 : x / 0.6;
    });
    check<T, In, Out>(kernels::sample_mask<false>{{mask}}, [&](double x, bool, auto n, auto) {
        return share(mask.bits(mask.key(n), 0)) < 0.4 ? 0 : x / 0.6;
    });
    check<T, In, Out>(kernels::sample_mask<true>{{mask}}, [&](double x, bool, auto, auto) {
        return share(mask.bits(mask.key(0), 0)) < 0.4 ? 0 : x / 0.6;
    });
    // Keras: a (x kept + a' dropped) + b.
    const double lowest = -1.7580993408473766, a = 1 / std::sqrt(0.6 * (1 + 0.4 * lowest * lowest)),
                 b = -a * lowest * 0.4;
    check<T, In, Out>(kernels::alpha_mask(mask), [&](double x, bool backward, auto n, auto i) {
        const bool kept = share(mask.bits(mask.key(n), i)) >= 0.4;
        return backward ? (kept ? a * x : 0) : a * (kept ? x : lowest) + b;
    });
    const auto normal = [&](std::size_t n, std::uint32_t i) {
        const std::uint64_t key = mask.key(n), turned = (key << 32 | key >> 32) ^ 0xa0761d6478bd642fu;
        const double first = (double(mask.bits(key, i)) + 0.5) / 4294967296.;
        return std::sqrt(-2 * std::log(first)) * std::cos(2 * std::acos(-1.) * share(mask.bits(turned, i)));
    };
    check<T, In, Out>(kernels::normal_noise<true>{{mask}, 0.75},
                      [&](double x, bool, auto n, auto i) { return x * (1 + 0.75 * normal(n, i)); });
    check<T, In, Out>(
        kernels::normal_noise<false>{{mask}, 0.75},
        [&](double x, bool backward, auto n, auto i) { return backward ? x : x + 0.75 * normal(n, i); });
}
}  // namespace

TEMPLATE_TEST_CASE("noises of training in every layout", "[elementwise]", float, double) {
    check_layout<TestType, dense_image(1, 1, 10), dense_image(1, 1, 10)>();
    check_layout<TestType, dense_image(4, 5, 6), padded(4, 5, 6, 6)>();
    check_layout<TestType, padded(3, 7, 1, 1), dense_image(3, 7, 1)>();
    check_layout<TestType, padded(2, 3, 37, 37), padded(2, 3, 37, 40)>();
}

TEST_CASE("normal numbers have the moments of normal numbers and do not know of each other",
          "[elementwise]") {
    constexpr image shape = dense_image(100, 100, 20);
    buffer<float> in(shape, 1, 0), out(shape, 1, 0);
    const auto draw = [&](std::uint64_t seed) {
        kernels::disturb<shape, shape, false>(
            in.base(), out.base(), kernels::normal_noise<false>{{{seed, 3, 0}}, 1}, identity, range{0, 1});
        return std::vector<double>(out.base(), out.base() + shape.size());
    };
    const std::vector<double> numbers = draw(1), others = draw(2);
    const double count = double(numbers.size());
    double sums[5]{}, beyond = 0, across = 0, lagged = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        double power = 1;
        for (double& sum : sums) sum += power / count, power *= numbers[i];
        beyond += std::abs(numbers[i]) > 1.959964 ? 1 / count : 0;
        across += numbers[i] * others[i] / count;
        if (i != 0) lagged += numbers[i] * numbers[i - 1] / count;
    }
    const double deviation = 1 / std::sqrt(count);
    CHECK(std::abs(sums[1]) < 4 * deviation);
    CHECK(std::abs(sums[2] - 1) < 4 * std::sqrt(2.) * deviation);
    CHECK(std::abs(sums[3]) < 4 * std::sqrt(15.) * deviation);
    CHECK(std::abs(sums[4] - 3) < 4 * std::sqrt(96.) * deviation);
    CHECK(std::abs(beyond - 0.05) < 4 * std::sqrt(0.05 * 0.95) * deviation);
    CHECK(std::abs(across) < 4 * deviation);
    CHECK(std::abs(lagged) < 4 * deviation);
}
