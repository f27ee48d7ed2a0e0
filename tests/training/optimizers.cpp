// SPDX-License-Identifier: BSL-1.0
// Steps of optimizers by hand and against PyTorch.
#include <archetype/training/trainer.hpp>
#include <catch2/catch.hpp>
#include <cmath>

#include "execution/networks.hpp"
#include "execution/numbers.hpp"
#include "execution/references.hpp"

namespace at = archetype;

namespace {

/// Parameters of the perceptron after two steps on one batch of four.
template <class T, std::size_t Count, class Optimizer>
void compare(const double (&wanted)[Count], Optimizer optimizer, double tolerance) {
    using net_type = networks::perceptron;
    at::model<net_type, T> net;
    numbers::set_parameters(net);
    at::trainer trainer{net, at::cross_entropy{}, optimizer};
    trainer.fit(numbers::samples<net_type, T>(4), xt::xtensor<int, 1>{0, 1, 2, 3},
                {.epochs = 2, .batch = 4, .shuffle = false, .progress = at::progress_style::silent});
    std::size_t k = 0;
    double apart = 0;
    boost::hana::for_each(at::parameters(net), [&](const auto& pair) {
        for (const auto value : boost::hana::second(pair)) {
            const double difference = std::abs(static_cast<double>(value) - wanted[k++]);
            if (!(difference <= apart)) apart = difference;
        }
    });
    REQUIRE(k == Count);
    CHECK(apart < tolerance);
}

/// One weight without bias; the loss is prediction * target, so that the gradient is target for the sample 1.
using one_weight = at::network<at::input<1>, at::dense<1, at::no_bias>>;
constexpr at::pointwise_loss<[](auto prediction, auto target) { return prediction * target; }> slope{};

template <class Optimizer>
double moved(Optimizer optimizer, double weight, std::initializer_list<double> gradients) {
    at::model<one_weight, double> net;
    net.data()[0] = weight;
    at::trainer trainer{net, slope, optimizer};
    for (const double gradient : gradients)
        trainer.fit(xt::xtensor<double, 2>{{1}}, xt::xtensor<double, 2>{{gradient}},
                    {.progress = at::progress_style::silent});
    return net.data()[0];
}

}  // namespace

TEST_CASE("two steps as PyTorch makes them") {
    compare<double>(references::after_sgd, at::sgd{.rate = 0.5, .weight_decay = 0.01}, 1e-13);
    compare<double>(references::after_momentum, at::sgd{.rate = 0.5, .momentum = 0.9}, 1e-13);
    compare<double>(references::after_adam, at::adam{.rate = 0.01},
                    1e-9);  // a tiny gradient is divided by its own size
}

TEST_CASE("two steps in single precision") {
    compare<float>(references::after_sgd, at::sgd{.rate = 0.5, .weight_decay = 0.01}, 1e-6);
    compare<float>(references::after_momentum, at::sgd{.rate = 0.5, .momentum = 0.9}, 1e-6);
    compare<float>(references::after_adam, at::adam{.rate = 0.01}, 1e-4);
}

TEST_CASE("sgd by hand") {
    CHECK(moved(at::sgd{.rate = 0.1}, 2, {3}) == Approx(2 - 0.1 * 3).epsilon(1e-15));
    CHECK(moved(at::sgd{.rate = 0.1}, 2, {3, -5}) == Approx(2 - 0.3 + 0.5).epsilon(1e-15));
    // v = 3, then 0.9 * 3 + 1.
    CHECK(moved(at::sgd{.rate = 0.1, .momentum = 0.9}, 2, {3, 1}) == Approx(2 - 0.3 - 0.37).epsilon(1e-15));
    // g = 3 + 0.5 * 2.
    CHECK(moved(at::sgd{.rate = 0.1, .weight_decay = 0.5}, 2, {3}) == Approx(2 - 0.4).epsilon(1e-15));
    CHECK(at::sgd{}.rate == 0.01);
}

TEST_CASE("Adam by hand") {
    // Bias-corrected moments of a first gradient g are g and g^2.
    CHECK(moved(at::adam{}, 1, {4}) == Approx(1 - 1e-3 * 4 / (4 + 1e-8)).epsilon(1e-14));
    const double first = 2 - 0.1 * 3 / (3 + 1e-8);
    const double mean = (0.9 * 0.1 * 3 + 0.1 * -1) / (1 - 0.81),
                 square = (0.999 * 0.001 * 9 + 0.001 * 1) / (1 - 0.999 * 0.999);
    CHECK(moved(at::adam{.rate = 0.1}, 2, {3, -1}) ==
          Approx(first - 0.1 * mean / (std::sqrt(square) + 1e-8)).epsilon(1e-12));
}

TEST_CASE("Adam adds epsilon to the root of the corrected variance") {
    CHECK(moved(at::adam{.epsilon = 1e-7}, 0, {1e-7}) == Approx(-5.0e-4).epsilon(1e-6));
    CHECK(moved(at::adam{.epsilon = 1e-8}, 0, {1e-7}) == Approx(-9.090909e-4).epsilon(1e-6));
}
