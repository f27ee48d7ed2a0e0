// SPDX-License-Identifier: BSL-1.0
// Attention with masks of padding, to another sequence, and with shares that training drops: PyTorch's results, by its own
// modules too; gradients against central differences.
#include "attention_networks.hpp"
#include "attention_references.hpp"
#include "checks.hpp"

namespace at = archetype;

TEST_CASE("steps that are padding are not seen") {
    checks::forward<networks::masked>(references::masked);
    checks::gradients<networks::masked>();
}

TEST_CASE("attention to another sequence") {
    checks::forward<networks::crossed>(references::crossed);
    checks::gradients<networks::crossed>();
}

TEST_CASE("bounded scores") {
    checks::forward<networks::bounded>(references::bounded);
    checks::gradients<networks::bounded>();
}

TEST_CASE("PyTorch's layer of a decoder") {
    checks::forward<networks::decoder>(references::decoder);
    checks::gradients<networks::decoder>();
}

namespace {

using by_length =
    at::network<at::named<"x", at::input<6, 8>>, at::named<"length", at::input<1>>, at::sequence_mask<6>,
                at::point<"mask">, at::from<"x">, at::self_attention<8, 2, at::padding_mask<"mask">>>;
using alone = at::network<at::input<4, 8>, at::self_attention<8, 2>>;

}  // namespace

TEST_CASE("padding by the lengths of samples") {
    at::model<by_length, double> padded;
    at::model<alone, double> whole;
    numbers::set_parameters(padded);
    numbers::set_parameters(whole);
    xt::xtensor<double, 3> samples = numbers::samples<at::network<at::input<6, 8>>, double>(2);
    // Of the first sample 4 steps are there, whatever stands behind them; of the second none.
    const xt::xtensor<double, 2> lengths{{4}, {0}};
    const auto found = padded(samples, lengths);
    xt::xtensor<double, 3> changed = samples;
    xt::view(changed, 0, xt::range(4, 6)) = 77;
    const auto found_of_changed = padded(changed, lengths);
    const xt::xtensor<double, 2> sample = xt::view(samples, 0, xt::range(0, 4));
    const auto wanted = whole(sample);
    CHECK(checks::largest_difference(found.data(), wanted.data(), 4 * 8) < 1e-15);
    CHECK(checks::same_bits(found_of_changed.data(), found.data(), 4 * 8));
    // Who sees nothing gets the bias of the last layer.
    const auto bias = boost::hana::second(at::parameters(padded)[boost::hana::size_c<3>]);
    bool is_bias = true;
    for (std::size_t i = 0; i < 6 * 8; ++i) is_bias = is_bias && found.data()[6 * 8 + i] == bias(i % 8);
    CHECK(is_bias);
    for (const double wrong : {-1., 7., std::numeric_limits<double>::quiet_NaN()})
        CHECK_THROWS_WITH(padded(samples, xt::xtensor<double, 2>{{3}, {wrong}}),
                          Catch::Contains("expected lengths from 0 to 6"));
    // A gradient goes to no step that is padding: its loss counts the first step alone, and no length has one.
    constexpr auto first =
        at::pointwise_loss<[](auto prediction, auto target) { return prediction * target; }>{};
    xt::xtensor<double, 3> targets = xt::zeros<double>({2, 6, 8});
    xt::view(targets, 0, 0) = 1;
    at::gradients of{padded, first, at::seed{5}};
    of(std::tuple(samples, lengths), targets);
    const auto gradient = of.input();
    for (std::size_t t = 0; t < 12; ++t) {
        const bool is_zero = std::all_of(gradient.data() + t * 8, gradient.data() + (t + 1) * 8,
                                         [](double x) { return x == 0; });
        CHECK(is_zero == (t >= 4));
    }
}

TEST_CASE("masks of steps that are all one number") {
    using classes = at::network<at::input<5>, at::step_mask<3.0>>;
    const auto found = at::model<classes>{}(xt::xtensor<float, 1>{3, 0, 3, 1, 2});
    CHECK((found == xt::xtensor<float, 1>{0, 1, 0, 1, 1}));
    using steps = at::network<at::input<3, 2>, at::step_mask<>>;
    static_assert(at::output_shape<steps> == at::shape{3, 1});
    const auto found_steps = at::model<steps>{}(xt::xtensor<float, 2>{{0, 0}, {0, 1}, {-1, 0}});
    CHECK((found_steps == xt::xtensor<float, 2>{{0}, {1}, {1}}));
}

namespace {

// Softmax of equal scores: without dropout every result is the mean of the values, 1.
using dropped =
    at::network<at::input<50, 3>, at::scaled_dot_product_attention<1, at::attention_dropout<0.3>>>;
using deep =
    at::network<at::input<6, 5>, at::point<"x">, at::conv1d<4, 2>, at::point<"memory">, at::from<"x">,
                at::self_attention<8, 2, at::attention_dropout<0.4>, at::causal>, at::tanh,
                at::cross_attention<6, 2, "memory", at::attention_dropout<0.5>>, at::flatten, at::dense<3>>;

}  // namespace

TEST_CASE("training drops shares of keys") {
    at::model<dropped, double> net;
    constexpr auto sum =
        at::pointwise_loss<[](auto prediction, auto target) { return prediction - target; }>{};
    const xt::xtensor<double, 3> ones = xt::ones<double>({8, 50, 3}), targets = xt::zeros<double>({8, 50, 1});
    // Each result is the number of keys that are kept, over 50 * 0.7.
    double mean = 0, square = 0;
    for (std::size_t start = 0; start < 50; ++start) {
        const double one = at::gradients{net, sum, at::seed{start}}(ones, targets);
        mean += one / 50;
        square += one * one / 50;
    }
    const double deviation = std::sqrt(0.3 * 0.7 / (50 * 0.49) / 400);  // of the mean of 400 results
    CHECK(mean == Approx(1).margin(4 * deviation / std::sqrt(50.)));
    CHECK(std::sqrt(square - mean * mean) == Approx(deviation).epsilon(0.4));
    CHECK(at::gradients{net, sum, at::seed{1}}(ones, targets) ==
          at::gradients{net, sum, at::seed{1}}(ones, targets));
    const auto scores = net(ones);
    CHECK(checks::largest_difference(scores.data(), std::vector<double>(400, 1.0), 400) < 1e-15);
    // Rates change nothing at inference, nor the hash.
    CHECK(at::architecture_hash<dropped> ==
          at::architecture_hash<at::network<at::input<50, 3>, at::scaled_dot_product_attention<1>>>);

    checks::gradients<deep>();
    // Threads do not change what is dropped.
    at::model<deep> one{at::seed{1}}, other{at::seed{1}};
    other.threads(3);
    const auto samples = numbers::samples<deep, float>(7);
    const xt::xtensor<float, 2> wanted = xt::zeros<float>({7, 3});
    at::gradients a{one, at::mean_squared_error{}, at::seed{3}},
        b{other, at::mean_squared_error{}, at::seed{3}};
    CHECK(a(samples, wanted) == b(samples, wanted));
    CHECK(checks::same_bits(a.data(), b.data(), one.trainable_size()));
    CHECK(at::gradients{one, at::mean_squared_error{}, at::seed{4}}(samples, wanted) != a(samples, wanted));
}
