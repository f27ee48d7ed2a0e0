// SPDX-License-Identifier: BSL-1.0
// Parameters by name: Keras' names and layouts, views that read and write.
#include <archetype/training/gradients.hpp>
#include <catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "numbers.hpp"

namespace at = archetype;
namespace hana = boost::hana;

namespace {
using net_type =
    at::network<at::input<5, 4, 3>, at::named<"stem", at::sequence<at::conv2d<4, 2>, at::batch_norm<>>>,
                at::relu, at::flatten, at::repeat<2, at::named<"block", at::dense<6, at::no_bias>>>,
                at::dense<2>>;

template <class Tuple>
std::vector<std::string> entries(const Tuple& tuple) {
    std::vector<std::string> all;
    hana::for_each(tuple, [&](const auto& pair) {
        all.push_back(hana::first(pair).c_str());
        for (const std::size_t extent : hana::second(pair).shape())
            all.back() += " " + std::to_string(extent);
    });
    return all;
}

const std::vector<std::string> trainable{
    "stem/conv2d/kernel 2 2 3 4", "stem/conv2d/bias 4", "stem/batch_norm/gamma 4", "stem/batch_norm/beta 4",
    "block/kernel 48 6",          "block_1/kernel 6 6", "dense/kernel 6 2",        "dense/bias 2"};
}  // namespace

TEST_CASE("parameters have names and shapes") {
    at::model<net_type> net;
    auto wanted = trainable;
    wanted.push_back("stem/batch_norm/moving_mean 4");
    wanted.push_back("stem/batch_norm/moving_variance 4");
    CHECK(entries(at::parameters(net)) == wanted);
    CHECK(entries(at::parameters(std::as_const(net))) == wanted);
    // Names are constants of the type.
    using first = std::decay_t<decltype(hana::first(at::parameters(net)[hana::size_c<0>]))>;
    static_assert(std::string_view(first::c_str()) == "stem/conv2d/kernel");
}

TEST_CASE("what is written through a view is used by the next call") {
    at::model<net_type> net{at::seed{3}};
    const auto samples = numbers::samples<net_type, float>(2);
    const auto before = net(samples);
    auto parameters = at::parameters(net);
    hana::second(parameters[hana::size_c<7>]) += 10.f;  // the last bias
    const auto after = net(samples);
    for (std::size_t i = 0; i < 4; ++i) CHECK(after.data()[i] == Approx(before.data()[i] + 10).margin(1e-5));
    hana::second(at::parameters(net)[hana::size_c<6>])(2, 1) += 1.f;
    const auto last = net(samples);
    CHECK(last(0, 0) == after(0, 0));
    CHECK(last(0, 1) != after(0, 1));
}

TEST_CASE("gradients have the names and shapes of the trainable parameters") {
    at::model<net_type, double> net{at::seed{3}};
    at::gradients of{net, at::mean_squared_error{}};
    const auto samples = numbers::samples<net_type, double>(4);
    const xt::xtensor<double, 2> targets = xt::zeros<double>({4, 2});
    const double loss = of(samples, targets);
    CHECK(entries(of.parameters()) == trainable);
    // d/db of the mean of (y - 0)^2 over n samples and 2 outputs is the mean over n of y, for each output. In training
    // mode batch norm sees the batch: y follows from the loss's own gradient, so both are compared with differences.
    const auto bias = hana::second(of.parameters()[hana::size_c<7>]);
    const double found = bias(1);
    hana::second(at::parameters(net)[hana::size_c<7>])(1) += 1e-6;
    CHECK((of(samples, targets) - loss) / 1e-6 == Approx(found).epsilon(1e-5));
    CHECK(of.input().shape() == std::array<std::size_t, 4>{4, 5, 4, 3});
}
