// SPDX-License-Identifier: BSL-1.0
// Losses and optimizer updates against PyTorch and closed forms.
#include <archetype/expression.hpp>
#include <catch.hpp>
#include <cmath>

namespace expression = archetype::expression;
namespace losses = archetype::expression::losses;
namespace updates = archetype::expression::updates;

TEST_CASE("losses and their derivatives against PyTorch") {
    const double p[] = {-2, 0, 0.3, 3}, t[] = {1, 0, 1, 0.25};
    const auto check = [&](const auto& e, const double(&value)[4], const double(&slope)[4]) {
        for (std::size_t i = 0; i < 4; ++i) {
            const auto d = expression::differentiate(e, 1.0, p[i], t[i]);
            CHECK(d.value == Approx(value[i]).epsilon(1e-13).margin(1e-15));
            CHECK(d.gradient[0] == Approx(slope[i]).epsilon(1e-13).margin(1e-15));
        }
    };
    check(losses::binary_cross_entropy,
          {2.1269280110429727, 0.69314718055994529, 0.55435524446852702, 2.2985873515737421},
          {-0.88079707797788243, 0.5, -0.42555748318834097, 0.70257412682243336});
    check(losses::huber<>, {2.5, 0, 0.245, 2.25}, {-1, 0, -0.7, 1});
    check(losses::mean_absolute_error, {3, 0, 0.7, 2.75}, {-1, 0, -1, 1});
    check(losses::mean_squared_error, {9, 0, 0.49, 7.5625}, {-6, 0, -1.4, 5.5});
}

TEST_CASE("binary cross-entropy of extreme logits neither overflows nor cancels") {
    const auto loss = [](float x, float t) {
        return expression::evaluate(losses::binary_cross_entropy, x, t);
    };
    const auto slope = [](float x, float t) {
        return expression::differentiate(losses::binary_cross_entropy, 1.f, x, t).gradient[0];
    };
    CHECK(loss(1e4f, 1.f) == 0);
    CHECK(loss(-1e4f, 0.f) == 0);
    CHECK(loss(1e4f, 0.f) == 1e4f);
    CHECK(loss(-1e4f, 1.f) == 1e4f);
    CHECK(slope(1e4f, 0.f) == 1);
    CHECK(slope(-1e4f, 1.f) == -1);
    CHECK(loss(20.f, 1.f) == Approx(std::log1p(std::exp(-20.0))).epsilon(1e-6));
}

namespace {
/// Three steps with gradients 0.5, -0.25, 1 from parameter 1.
template <class F>
std::array<double, 3> three_steps(const F& update) {
    const double gradients[] = {0.5, -0.25, 1};
    std::array<double, 3> out{};
    std::array<double, 3> state{1, 0, 0};
    for (unsigned k = 0; k < 3; ++k) {
        const auto e = update(k + 1);
        constexpr std::size_t n = expression::variable_count<decltype(e)>;
        if constexpr (n == 2)
            state[0] = expression::evaluate(e, state[0], gradients[k]);
        else if constexpr (n == 3) {
            const auto r = expression::evaluate(e, state[0], gradients[k], state[1]);
            state = {r[0], r[1], 0};
        } else {
            state = expression::evaluate(e, state[0], gradients[k], state[1], state[2]);
        }
        out[k] = state[0];
    }
    return out;
}
void same(const std::array<double, 3>& got, const std::array<double, 3>& want) {
    for (std::size_t i = 0; i < 3; ++i) CHECK(got[i] == Approx(want[i]).epsilon(1e-13));
}
}  // namespace

TEST_CASE("three steps of every optimizer against PyTorch") {
    same(three_steps([](unsigned) { return updates::sgd(0.1, 0.01); }), {0.949, 0.973051, 0.872077949});
    same(three_steps([](unsigned) { return updates::momentum(0.1, 0.9, 0.01); }),
         {0.949, 0.927151, 0.806559749});
    same(three_steps([](unsigned) { return updates::momentum(0.1, 0.9, 0.01, true); }),
         {0.9031, 0.90757410999999999, 0.69818920819099994});
    same(three_steps([](unsigned k) { return updates::adam(k, 0.01, 0.9, 0.999, 1e-8, 0.01); }),
         {0.99000000019607848, 0.98710908767043493, 0.98044146069674976});
    same(three_steps([](unsigned k) { return updates::adamw(k, 0.01, 0.9, 0.999, 1e-8, 0.1); }),
         {0.98900000020000001, 0.98534762987058466, 0.97778116633763845});
    same(three_steps([](unsigned) { return updates::adagrad(0.1, 0.1, 0); }),
         {0.9154845745271484, 0.9544095217352245, 0.8702688893528903});
    same(three_steps([](unsigned) { return updates::rmsprop(0.01, 0.9, 1e-7); }),
         {0.9683772433983036, 0.9831214303181462, 0.9549356452542206});
    same(three_steps([](unsigned) { return updates::adadelta(1, 0.9, 1e-6); }),
         {0.9968377855834876, 0.9989228726112789, 0.9946161569990815});
    same(three_steps([](unsigned k) { return updates::adamax(k, 0.01, 0.9, 0.999, 0); }),
         {0.99, 0.9878926294715769, 0.9835383859291414});
}

TEST_CASE("an expression prepared for a loop gives what it gives") {
    const auto adam = updates::adam(3, 0.01, 0.9, 0.999, 1e-8, 0.1);
    const auto loop = expression::prepare<double>(adam);
    const auto step = expression::prepare<double>(updates::sgd(0.1));
    for (double x : {-2.0, 0.25, 3.0}) {
        const auto found = loop(x, 1 - x, 0.5, 0.125),
                   wanted = expression::evaluate(adam, x, 1 - x, 0.5, 0.125);
        CHECK(found == wanted);
        CHECK(step(x, 2.0) == Approx(x - 0.2));
    }
    static_assert(expression::prepare<float>(updates::sgd(0.5f))(1.f, 1.f) == 0.5f);
}

TEST_CASE("FL-24: the two places of Adam's epsilon differ for small gradients") {
    const auto step = [](auto e) { return expression::evaluate(e, 0.0, 1e-7, 0.0, 0.0)[0]; };
    CHECK(step(updates::adam(1, 1e-3, 0.9, 0.999, 1e-7)) == Approx(-5.0e-4).epsilon(1e-9));
    CHECK(step(updates::adam(1, 1e-3, 0.9, 0.999, 1e-8)) == Approx(-9.090909e-4).epsilon(1e-7));
    CHECK(step(updates::adam_epsilon_hat(1, 1e-3, 0.9, 0.999, 1e-7)) ==
          Approx(-3.065343003e-5).epsilon(1e-9));
    CHECK(step(updates::adam_epsilon_hat(1, 1e-3, 0.9, 0.999, 1e-8)) == Approx(-2.402531e-4).epsilon(1e-6));
}

namespace {
/// A function may return an expression built from locals: the expression owns them. Run under the address and
/// undefined sanitizers, where a dangling reference would be reported.
auto log_sum_exp_of_three(double shift) {
    const auto a = expression::variable<0>{}, b = expression::variable<0>{};
    const auto sum = exp(a - shift) + exp(b - shift) + exp(expression::variable<0>{} - shift);
    return log(sum) + shift;
}
auto scaled(double by) {
    return [](auto x) { return x; }(expression::variable<0>{} * by);
}
}  // namespace

TEST_CASE("an expression returned from a function does not dangle") {
    const auto e = log_sum_exp_of_three(0.75);
    const auto kept = scaled(3.0);
    const auto copy = e + kept;
    CHECK(expression::evaluate(e, 1.0) == Approx(2.098612289));
    CHECK(expression::evaluate(copy, 1.0) == Approx(5.098612289));
    CHECK(expression::differentiate(copy, 1.0, 1.0).gradient[0] == Approx(4));
}
