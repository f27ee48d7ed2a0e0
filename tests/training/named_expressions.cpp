// SPDX-License-Identifier: BSL-1.0
// The expression room's named functions as activations and losses; labels of any integer type.
#include <archetype/training.hpp>
#include <catch.hpp>
#include <cmath>

namespace at = archetype;

namespace {
using one_gelu = at::network<at::input<1>, at::activation<at::expression::activations::gelu>>;
}  // namespace

TEST_CASE("a named expression is an activation") {
    at::model<one_gelu, double> net;
    const double x[] = {-3, -1, 1, 2}, wanted[] = {-0.004049694, -0.158655254, 0.841344746, 1.954499736};
    for (int i = 0; i < 4; ++i)
        CHECK(net(xt::xtensor<double, 1>{x[i]})(0) == Approx(wanted[i]).epsilon(1e-7));
}

TEST_CASE("a named expression is a loss") {
    // Huber with delta 1 at a difference of 3: 2.5, slope 1; the derivative of gelu at 2 is Phi(2) + 2 phi(2).
    at::model<one_gelu, double> net;
    at::gradients of{net, at::pointwise_loss<at::expression::losses::huber<>>{}};
    const double result = 1.954499736,
                 slope = 0.977249868 + 2 * std::exp(-2.0) / std::sqrt(2 * 3.14159265358979);
    const double loss = of(xt::xtensor<double, 2>{{2}}, xt::xtensor<double, 2>{{result - 3}});
    CHECK(loss == Approx(2.5).epsilon(1e-7));
    CHECK(of.input()(0, 0) == Approx(slope).epsilon(1e-7));
}

TEST_CASE("labels are checked before they are narrowed") {
    using classifier = at::network<at::input<2>, at::dense<2>, at::softmax>;
    at::model<classifier> net;
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{}};
    at::gradients of{net, at::cross_entropy{}};
    const xt::xtensor<float, 2> x{{0, 1}, {1, 0}};
    const xt::xtensor<std::int64_t, 1> wrong{std::int64_t{1} << 32, 0}, right{1, 0};
    CHECK_THROWS_WITH(trainer.fit(x, wrong, {.progress = at::progress_style::silent}),
                      Catch::Contains("4294967296"));
    CHECK_THROWS_WITH(of(x, wrong), Catch::Contains("4294967296"));
    CHECK(trainer.fit(x, right, {.progress = at::progress_style::silent}).size() == 1);
}
