// SPDX-License-Identifier: BSL-1.0
// Steps of optimizers by hand and against PyTorch.
#include <archetype/execution/host/named_parameters.hpp>
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
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

namespace {
/// One element, values by hand: the state of the formula beside the trainer's.
const double g1 = 3, g2 = -1;
}  // namespace

TEST_CASE("momentum and Nesterov by hand") {
    // v = -0.3, then -0.27 + 0.1.
    CHECK(moved(at::classical_momentum{.rate = 0.1}, 2, {g1, g2}) ==
          Approx(2 - 0.3 + (-0.27 + 0.1)).epsilon(1e-15));
    // The gradient here is given, not a function of the point, so that looking ahead changes nothing but rounding.
    CHECK(moved(at::nesterov{.rate = 0.1}, 2, {g1, g2}) == Approx(2 - 0.3 + (-0.27 + 0.1)).epsilon(1e-14));
    // v = 3: 2 - 0.1 (3 + 2.7); v = 1.7: - 0.1 (-1 + 1.53).
    // Keras: v = 0.9 v - 0.1 g; w = w + 0.9 v - 0.1 g.
    const double v1 = -0.1 * g1, v2 = 0.9 * v1 - 0.1 * g2;
    CHECK(moved(at::classical_momentum{.rate = 0.1, .nesterov = true}, 2, {g1, g2}) ==
          Approx(2 + 0.9 * v1 - 0.1 * g1 + 0.9 * v2 - 0.1 * g2).epsilon(1e-14));
    CHECK(moved(at::sgd{.rate = 0.1, .momentum = 0.9, .nesterov = true}, 2, {g1, g2}) ==
          Approx(2 - 0.57 - 0.053).epsilon(1e-14));
}

TEST_CASE("Nesterov's gradient is taken ahead") {
    // One weight, loss (w - 1)^2, gradient 2 (w - 1), rate 0.1, momentum 0.5, from w = 3.
    at::model<one_weight, double> net;
    net.data()[0] = 3;
    at::trainer trainer{net, at::mean_squared_error{}, at::nesterov{.rate = 0.1, .momentum = 0.5}};
    const xt::xtensor<double, 2> one{{1}};
    double w = 3, v = 0;
    for (int step = 0; step < 3; ++step) {
        const double ahead = w + 0.5 * v;
        v = 0.5 * v - 0.1 * 2 * (ahead - 1);
        w += v;
        trainer.fit(one, one, {.progress = at::progress_style::silent});
        CHECK(net.data()[0] == Approx(w).epsilon(1e-14));
    }
}

TEST_CASE("the frameworks' form visits the points ahead of Nesterov's") {
    const xt::xtensor<double, 2> one{{1}};
    const auto quiet = at::fit_options{.progress = at::progress_style::silent};
    at::model<one_weight, double> ahead, plain;
    ahead.data()[0] = plain.data()[0] = 3;
    at::trainer frameworks{ahead, at::mean_squared_error{},
                           at::sgd{.rate = 0.1, .momentum = 0.5, .nesterov = true}};
    at::trainer notes{plain, at::mean_squared_error{}, at::nesterov{.rate = 0.1, .momentum = 0.5}};
    for (int step = 0; step < 4; ++step) {
        const double before = plain.data()[0];
        frameworks.fit(one, one, quiet);
        notes.fit(one, one, quiet);
        const double now = plain.data()[0];
        CHECK(ahead.data()[0] == Approx(now + 0.5 * (now - before)).epsilon(1e-14));
    }
}

TEST_CASE("AdaGrad, RMSprop and Adadelta by hand") {
    CHECK(moved(at::adagrad{.rate = 0.1, .initial_accumulator = 0.5, .epsilon = 0.25}, 2, {g1, g2}) ==
          Approx(2 - 0.1 * 3 / std::sqrt(9.75) + 0.1 / std::sqrt(10.75)).epsilon(1e-14));
    double mean = 0.1 * 9, w = 2 - 0.1 * 3 / (std::sqrt(mean) + 0.01);
    mean = 0.9 * mean + 0.1;
    w += 0.1 / (std::sqrt(mean) + 0.01);
    CHECK(moved(at::rmsprop{.rate = 0.1, .epsilon = 0.01}, 2, {g1, g2}) == Approx(w).epsilon(1e-14));
    double v = 0.1 * 9, d = 3 * std::sqrt(0.01) / std::sqrt(v + 0.01), u = 0.1 * d * d;
    w = 2 - d;
    v = 0.9 * v + 0.1;
    w += std::sqrt(u + 0.01) / std::sqrt(v + 0.01);
    CHECK(moved(at::adadelta{.epsilon = 0.01}, 2, {g1, g2}) == Approx(w).epsilon(1e-14));
}

TEST_CASE("AdaMax and AdamW by hand") {
    // Corrected m = 3 and (0.27 - 0.1) / 0.19; u = 3 and 2.997.
    CHECK(moved(at::adamax{.rate = 0.1}, 2, {g1, g2}) ==
          Approx(2 - 0.1 * 3 / (3 + 1e-7) - 0.1 * (0.17 / 0.19) / (2.997 + 1e-7)).epsilon(1e-13));
    CHECK(moved(at::adamax{}, 2, {0, 0}) == 2);
    const double first = 2 * (1 - 0.1 * 0.5) - 0.1 * 3 / (3 + 1e-8);
    CHECK(moved(at::adamw{.rate = 0.1, .weight_decay = 0.5}, 2, {g1}) == Approx(first).epsilon(1e-14));
}

TEST_CASE("both places of Adam's epsilon have a name") {
    CHECK(moved(at::adam_epsilon_hat{}, 0, {1e-7}) == Approx(-3.065343003e-5).epsilon(1e-8));
    CHECK(moved(at::adam_epsilon_hat{.epsilon = 1e-8}, 0, {1e-7}) == Approx(-2.402531e-4).epsilon(1e-6));
}

TEST_CASE("optimizers refuse settings that make no sense") {
    using Catch::Contains;
    at::model<one_weight, double> net;
    const auto make = [&](auto optimizer) { at::trainer{net, slope, optimizer}; };
    CHECK_THROWS_WITH(make(at::sgd{.rate = -1}), Contains("sgd") && Contains("rate") && Contains("-1"));
    CHECK_THROWS_WITH(make(at::sgd{.rate = std::nan("")}), Contains("nan"));
    CHECK_THROWS_WITH(make(at::sgd{.momentum = 1}), Contains("momentum") && Contains("found 1"));
    CHECK_THROWS_WITH(make(at::nesterov{.momentum = -0.5}), Contains("nesterov") && Contains("-0.5"));
    CHECK_THROWS_WITH(make(at::adam{.beta_2 = 1.5}), Contains("adam") && Contains("beta_2"));
    CHECK_THROWS_WITH(make(at::adamw{.weight_decay = -3}), Contains("weight_decay"));
    CHECK_THROWS_WITH(make(at::adagrad{.epsilon = 0}), Contains("adagrad") && Contains("epsilon"));
    CHECK_THROWS_AS(make(at::rmsprop{.rho = 2}), std::invalid_argument);
    CHECK_THROWS_AS(make(at::adadelta{.epsilon = -1}), std::invalid_argument);
    CHECK_THROWS_AS(make(at::adamax{.rate = -1}), std::invalid_argument);
    CHECK_THROWS_AS(make(at::classical_momentum{.momentum = 2}), std::invalid_argument);
}
