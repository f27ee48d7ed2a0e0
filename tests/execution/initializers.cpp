// SPDX-License-Identifier: BSL-1.0
// The moments of the initial weights, from the papers' formulas.
#include <archetype/architecture/counts.hpp>
#include <archetype/execution/host/named_parameters.hpp>
#include <catch.hpp>
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

TEST_CASE("LeCun's variance is one over the fan in") {
    check(at::lecun_uniform{}, 1.0 / 72, 1.0 / 64, 1.0 / 200, true);
    check(at::lecun_normal{}, 1.0 / 72, 1.0 / 64, 1.0 / 200, false);
}

TEST_CASE("a deviation that is given, and vectors of tables with an initializer of their own") {
    check(at::random_normal<0.02>{}, 0.0004, 0.0004, 0.0004, false);
    using tables =
        at::network<at::input<8>, at::embedding<9, 5, at::kernel_initializer<at::constant<0.5>>>,
                    at::position_embedding<8, at::kernel_initializer<at::constant<0.25>>>,
                    at::class_token<at::kernel_initializer<at::constant<0.125>>>, at::class_token<>>;
    const at::model<tables, double> net{at::seed{3}};
    const double values[] = {0.5, 0.25, 0.125, 0};
    std::size_t next = 0;
    boost::hana::for_each(at::parameters(net), [&](auto pair) {
        const double value = values[next++];
        for (const double found : boost::hana::second(pair)) CHECK(found == value);
    });
    CHECK(next == 4);
}

TEST_CASE("constants") {
    using small = at::network<at::input<3>, at::dense<4>>;
    const at::model<small, double> halves{at::seed{1}, at::constant<0.5>{}}, none{at::seed{1}, at::zeros{}};
    for (std::size_t i = 0; i < 12; ++i) {
        CHECK(halves.data()[i] == 0.5);
        CHECK(none.data()[i] == 0);
    }
    for (std::size_t i = 16; i < 20; ++i) CHECK(halves.data()[i] == 0);  // biases
}

namespace {
/// The largest distance of the products of columns (or rows) of [rows][columns] from those of orthonormal ones.
double distance_from_orthonormal(const double* matrix, std::size_t rows, std::size_t columns, bool of_rows) {
    const std::size_t count = of_rows ? rows : columns, length = of_rows ? columns : rows;
    const std::size_t next = of_rows ? columns : 1, along = of_rows ? 1 : columns;
    double most = 0;
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < length; ++k)
                sum += matrix[i * next + k * along] * matrix[j * next + k * along];
            most = std::max(most, std::abs(sum - (i == j ? 1 : 0)));
        }
    return most;
}
}  // namespace

TEST_CASE("orthogonal kernels") {
    using net = at::network<at::input<3, 3, 8>, at::conv2d<64, 3>, at::flatten, at::dense<64>, at::dense<100>,
                            at::dense<40>>;
    const at::model<net, double> model{at::seed{2}, at::orthogonal<>{}};
    const auto& offsets = at::detail::parameters_of<net>.offsets;
    CHECK(distance_from_orthonormal(model.data() + offsets[0][0], 72, 64, false) < 1e-14);
    CHECK(distance_from_orthonormal(model.data() + offsets[2][0], 64, 64, false) < 1e-14);
    CHECK(distance_from_orthonormal(model.data() + offsets[2][0], 64, 64, true) < 1e-13);
    CHECK(distance_from_orthonormal(model.data() + offsets[3][0], 64, 100, true) < 1e-14);
    CHECK(distance_from_orthonormal(model.data() + offsets[4][0], 100, 40, false) < 1e-14);
    const at::model<net, double> twice{at::seed{2}, at::orthogonal<2.0>{}};
    for (std::size_t i = 0; i < 64 * 64; ++i)
        CHECK(twice.data()[offsets[2][0] + i] == 2 * model.data()[offsets[2][0] + i]);
    // Uniform among all: over many seeds an entry, on the diagonal too, has mean 0 and variance 1 / 8.
    using small = at::network<at::input<8>, at::dense<8>>;
    double first = 0, middle = 0, squares = 0;
    for (std::size_t start = 0; start < 2000; ++start) {
        const at::model<small, double> one{at::seed{start}, at::orthogonal<>{}};
        first += one.data()[0] / 2000;
        middle += one.data()[36] / 2000;
        squares += one.data()[36] * one.data()[36] / 2000;
    }
    CHECK(std::abs(first) < 4 * std::sqrt(1 / 16000.0));
    CHECK(std::abs(middle) < 4 * std::sqrt(1 / 16000.0));
    CHECK(squares == Approx(1 / 8.0).epsilon(0.15));
}

TEST_CASE("a layer's own initializer goes before the model's") {
    using net = at::network<
        at::input<100>, at::dense<200, at::kernel_initializer<at::he_normal>>, at::relu,
        at::repeat<2, at::named<"block", at::dense<200, at::kernel_initializer<at::constant<3.0>>>>>,
        at::dense<200>>;
    const at::model<net, double> model{at::seed{11}, at::lecun_uniform{}};
    const auto& offsets = at::detail::parameters_of<net>.offsets;
    const auto variance = [&](std::size_t layer, std::size_t count) {
        double sum = 0;
        for (std::size_t i = 0; i < count; ++i)
            sum += model.data()[offsets[layer][0] + i] * model.data()[offsets[layer][0] + i];
        return sum / static_cast<double>(count);
    };
    CHECK(variance(0, 20000) == Approx(2.0 / 100).epsilon(0.04));
    CHECK(variance(2, 40000) == 9);
    CHECK(variance(3, 40000) == 9);
    CHECK(variance(4, 40000) == Approx(1.0 / 200).epsilon(0.03));
    CHECK(at::parameter_count<net> ==
          at::parameter_count<at::network<at::input<100>, at::dense<200>, at::relu, at::dense<200>,
                                          at::dense<200>, at::dense<200>>>);
}

TEST_CASE("kernels of recurrent layers") {
    using net = at::network<at::input<6, 5>, at::lstm<4, at::kernel_initializer<at::constant<0.5>>,
                                                      at::recurrent_initializer<at::orthogonal<>>>>;
    const at::model<net, double> model{at::seed{4}};
    const auto& offsets = at::detail::parameters_of<net>.offsets;
    for (std::size_t i = 0; i < 5 * 16; ++i) CHECK(model.data()[offsets[0][0] + i] == 0.5);
    CHECK(distance_from_orthonormal(model.data() + offsets[0][1], 4, 16, true) < 1e-14);
    CHECK(model.data()[offsets[0][2]] == 0);
    CHECK(model.data()[offsets[0][2] + 4] == 1);  // the forget gate's bias
}
