// SPDX-License-Identifier: BSL-1.0
// The moments of the initial weights, from the papers' formulas.
#include <archetype/execution/named_parameters.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <string_view>

namespace at = archetype;

namespace {

// fan in 3 * 3 * 8 = 72, fan out 3 * 3 * 64 = 576; 200 and 100.
using net_type = at::network<at::input<3, 3, 8>, at::conv2d<64, 3>, at::batch_norm<>, at::flatten,
                             at::dense<200>, at::dense<100>>;
using grouped =
    at::network<at::input<3, 3, 32>, at::conv2d<64, 3, at::groups<4>>>;  // 72 and 3 * 3 * 16 = 144

struct moments {
    double mean = 0, variance = 0, fourth = 0, largest = 0;
};
template <class Tensor>
moments of(const Tensor& tensor) {
    moments found;
    const double count = static_cast<double>(tensor.size());
    for (double x : tensor) found.mean += x / count;
    for (double x : tensor) {
        const double d = x - found.mean;
        found.variance += d * d / count;
        found.fourth += d * d * d * d / count;
        found.largest = std::max(found.largest, std::abs(x));
    }
    return found;
}

/// Checks variances of the kernels; kurtosis is 1.8 for uniform and 3 for normal numbers.
template <class Initializer>
void check(Initializer initializer, double convolution, double first, double second, bool uniform) {
    const at::model<net_type, double> net{at::seed{11}, initializer};
    const auto look = [uniform](const auto& tensor, double variance) {
        const moments found = of(tensor);
        const double count = static_cast<double>(tensor.size());
        CHECK(std::abs(found.mean) < 4 * std::sqrt(variance / count));
        CHECK(found.variance == Approx(variance).epsilon(4 * std::sqrt(2 / count)));
        CHECK(found.fourth / (found.variance * found.variance) == Approx(uniform ? 1.8 : 3.0).epsilon(0.1));
        if (uniform) {
            CHECK(found.largest <= std::sqrt(3 * variance));
            CHECK(found.largest > 0.99 * std::sqrt(3 * variance));
        } else {
            CHECK(found.largest > 3 * std::sqrt(variance));
        }
    };
    boost::hana::for_each(at::parameters(net), [&](auto pair) {
        const std::string_view name = boost::hana::first(pair).c_str();
        const auto& tensor = boost::hana::second(pair);
        if (name == "conv2d/kernel") look(tensor, convolution);
        if (name == "dense/kernel") look(tensor, first);
        if (name == "dense_1/kernel") look(tensor, second);
        if (name.ends_with("bias") || name.ends_with("beta") || name.ends_with("moving_mean"))
            CHECK(std::all_of(tensor.begin(), tensor.end(), [](double x) { return x == 0; }));
        if (name.ends_with("gamma") || name.ends_with("variance"))
            CHECK(std::all_of(tensor.begin(), tensor.end(), [](double x) { return x == 1; }));
    });
}

}  // namespace

TEST_CASE("initial weights have the variance of their paper") {
    SECTION("Glorot, uniform") { check(at::glorot_uniform{}, 2 / 648.0, 2 / 264.0, 2 / 300.0, true); }
    SECTION("Glorot, normal") { check(at::glorot_normal{}, 2 / 648.0, 2 / 264.0, 2 / 300.0, false); }
    SECTION("He, uniform") { check(at::he_uniform{}, 2 / 72.0, 2 / 64.0, 2 / 200.0, true); }
    SECTION("He, normal") { check(at::he_normal{}, 2 / 72.0, 2 / 64.0, 2 / 200.0, false); }
}

TEST_CASE("fans of a grouped convolution are those of one group") {
    const at::model<grouped, double> net{at::seed{11}};
    CHECK(of(boost::hana::second(at::parameters(net)[boost::hana::size_c<0>])).variance ==
          Approx(2 / 216.0).epsilon(0.05));
}

TEST_CASE("a seed always gives the same weights, another seed others") {
    const at::model<net_type> one{at::seed{11}}, same{at::seed{11}}, other{at::seed{12}}, none;
    CHECK(std::equal(one.data(), one.data() + one.size(), same.data()));
    CHECK(!std::equal(one.data(), one.data() + one.size(), other.data()));
    CHECK(!std::equal(one.data(), one.data() + one.size(), none.data()));
}
