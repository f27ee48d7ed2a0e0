// SPDX-License-Identifier: BSL-1.0
// What networks promise of NaN and infinities, whatever the flags of the compiler (tests/flags/check.py).
#include <archetype/training.hpp>
#include <expression/ulps.hpp>
#include <vector>

namespace at = archetype;
namespace expression = archetype::expression;

namespace {

template <class Net, std::size_t Inputs, std::size_t Outputs>
struct run {
    at::model<Net> net{at::seed{1}};
    std::vector<float> in = std::vector<float>(Inputs, -2.f), out = std::vector<float>(Outputs);
    void operator()() { net.run(in.data(), 1, out.data()); }
};

}  // namespace

TEST_CASE("maximum pooling, also of padding, passes NaN and infinities and is never lower than its window") {
    run<at::network<at::input<4, 4, 3>, at::max_pool2d<3, at::stride<2>, at::same>>, 48, 12> pool;
    pool();
    for (const float x : pool.out) CHECK(x == -2.f);
    pool.in[0] = tests::unknown(expression::not_a_number<float>);
    pool.in[47] = tests::unknown(expression::infinity<float>);
    pool();
    CHECK(tests::is_nan(pool.out[0]));
    CHECK(pool.out[1] == -2.f);
    CHECK(tests::same_bits(pool.out[11], expression::infinity<float>));
}

TEST_CASE("softmax of scores of any size sums to 1; NaN makes it NaN") {
    run<at::network<at::input<5>, at::softmax>, 5, 5> softmax;
    softmax.in = {-1e30f, 2e4f, 2e4f, -3.f, 0.f};
    softmax();
    CHECK(softmax.out[1] == Approx(0.5f));
    CHECK(softmax.out[2] == Approx(0.5f));
    CHECK(softmax.out[0] == 0.f);
    softmax.in[3] = tests::unknown(expression::not_a_number<float>);
    softmax();
    for (const float& x : softmax.out) CHECK(tests::is_nan(x));
}

TEST_CASE("activations and joins pass NaN") {
    const auto check = [](auto network) {
        network.in[1] = tests::unknown(expression::not_a_number<float>);
        network();
        CHECK(tests::is_nan(network.out[1]));
        CHECK(!tests::is_nan(network.out[0]));
    };
    check(run<at::network<at::input<3>, at::relu>, 3, 3>{});
    check(run<at::network<at::input<3>, at::tanh>, 3, 3>{});
    check(run<at::network<at::input<3>, at::activation<[](auto x) { return x * sigmoid(x); }>>, 3, 3>{});
    check(run<at::network<at::input<3>, at::branches<at::maximum, at::tanh, at::relu>>, 3, 3>{});
}

TEST_CASE("training that diverges says so") {
    using net_type = at::network<at::input<2>, at::dense<4>, at::dense<1>>;
    at::model<net_type> net{at::seed{1}};
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 1e18}};
    xt::xtensor<float, 2> x = xt::ones<float>({8, 2}), y = xt::ones<float>({8, 1});
    CHECK_THROWS_AS(trainer.fit(x, y, {.epochs = 9, .progress = at::progress_style::silent}),
                    at::training_diverged);
}
