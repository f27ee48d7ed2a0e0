// SPDX-License-Identifier: BSL-1.0
// Set-ups that cannot learn: which are refused by their types, which by their data, and what stays legal.
#include <archetype/training.hpp>
#include <catch.hpp>
#include <vector>

namespace at = archetype;
using Catch::Contains;

namespace {

template <class Loss, class... Layers>
constexpr at::rule broken = at::training_fault_of<at::network<at::input<4>, Layers...>, Loss>.broken;
template <class Loss, class... Layers>
constexpr bool learns = at::learnable<at::network<at::input<4>, Layers...>, Loss>;

using three = at::dense<3>;
using one = at::dense<1>;
using classes = at::cross_entropy;
using bits = at::binary_cross_entropy;
using squares = at::mean_squared_error;

struct softsign {
    constexpr auto operator()(auto x) const { return x / (1 + abs(x)); }
};
struct log_growth {
    constexpr auto operator()(auto x) const { return log(1 + abs(x)); }
};

// What ends a network below a loss that takes scores.
static_assert(learns<classes, three> && learns<classes, three, at::softmax> &&
              learns<at::kl_divergence, three, at::softmax>);
static_assert(broken<classes, three, at::sigmoid> == at::rule::scores_have_bounds);
static_assert(broken<classes, three, at::tanh> == at::rule::scores_have_bounds);
static_assert(broken<classes, three, at::relu> == at::rule::scores_are_cut);
static_assert(broken<classes, three, at::sigmoid, at::softmax> == at::rule::scores_have_bounds);
static_assert(broken<classes, three, at::softmax, at::softmax> == at::rule::softmax_before_the_loss);
static_assert(broken<classes, three, at::softmax, at::dropout<0.5>> == at::rule::softmax_before_the_loss);
static_assert(broken<classes, three, at::softmax, at::reshape<1, 3>> == at::rule::softmax_before_the_loss);
static_assert(broken<at::kl_divergence, three, at::sigmoid> == at::rule::scores_have_bounds);
static_assert(broken<bits, three, at::sigmoid> == at::rule::scores_have_bounds);
static_assert(broken<bits, three, at::softmax> == at::rule::scores_have_bounds);
static_assert(broken<bits, one, at::relu> == at::rule::scores_are_cut);
static_assert(learns<bits, one> && learns<bits, three>);
static_assert(learns<classes, three, at::leaky_relu<>> && learns<classes, three, at::elu<>>);
static_assert(learns<classes, at::dense<8>, at::sigmoid, three> &&
              learns<classes, at::dense<8>, at::softmax, three>);

// The same for functions that the library does not know.
static_assert(broken<classes, three, at::activation<at::expression::activations::hard_sigmoid>> ==
              at::rule::scores_have_bounds);
static_assert(broken<classes, three, at::activation<softsign{}>> == at::rule::scores_have_bounds);
static_assert(broken<classes, three, at::activation<[](auto x) { return tanh(x); }>> ==
              at::rule::scores_have_bounds);
static_assert(broken<classes, three, at::activation<[](auto x) { return min(max(x, 0.f), 6.f); }>> ==
              at::rule::scores_have_bounds);
static_assert(broken<classes, three, at::activation<[](auto x) { return max(x, 0.f); }>> ==
              at::rule::scores_are_cut);
static_assert(learns<classes, three, at::activation<log_growth{}>> &&
              learns<classes, three, at::activation<[](auto x) { return 2.f * x; }>>);
static_assert(
    learns<classes, three, at::activation<[](auto x) { return exp(x * x); }>>);  // overflows: no opinion

// Joins that end a network: bounded if all their parts are.
template <class Join, class... Parts>
using ends_with = at::branches<Join, at::sequence<three, Parts>...>;
static_assert(broken<classes, ends_with<at::average, at::softmax, at::softmax>> ==
              at::rule::softmax_before_the_loss);
static_assert(broken<classes, ends_with<at::add, at::sigmoid, at::tanh>> == at::rule::scores_have_bounds);
static_assert(learns<classes, ends_with<at::add, at::sigmoid, at::dropout<0.5>>>);
static_assert(learns<classes, ends_with<at::multiply, at::sigmoid, at::identity>>);

// Pooled rectified scores are published and learn (network in network).
static_assert(at::learnable<
              at::network<at::input<6, 6, 1>, at::conv2d<3, 1>, at::relu, at::global_avg_pool2d, at::softmax>,
              classes>);

// One unit.
static_assert(broken<classes, one> == at::rule::one_class &&
              broken<at::kl_divergence, one> == at::rule::one_class);
static_assert(broken<squares, one, at::softmax> == at::rule::softmax_over_one_value);
static_assert(broken<classes, one, at::softmax> == at::rule::softmax_over_one_value);
static_assert(broken<bits, one, at::layer_norm<>> == at::rule::norm_over_one_value);
static_assert(learns<squares, at::dense<2>, at::layer_norm<>> && learns<squares, one, at::batch_norm<>>);

// What is legal with a loss of values.
static_assert(learns<squares, three, at::relu> && learns<squares, three, at::softmax> &&
              learns<squares, one, at::sigmoid>);
static_assert(learns<at::mean_absolute_error, three, at::tanh>);
static_assert(broken<squares, at::relu> == at::rule::nothing_to_train);

// Side outputs count where they are trained.
template <class... Side>
using with_side = at::network<at::input<4>, at::dense<8>, at::side_output<"side", three, Side...>, three>;
using both = at::with_side_outputs<classes, 1>;
static_assert(at::learnable<with_side<>, both>);
static_assert(at::training_fault_of<with_side<at::relu>, classes>.broken == at::rule::output_without_a_loss);
static_assert(at::training_fault_of<with_side<at::relu>, both>.broken == at::rule::scores_are_cut);
static_assert(at::training_fault_of<with_side<at::relu>, both>.layer == 3);
static_assert(at::training_fault_of<with_side<at::softmax>, both>.broken ==
              at::rule::softmax_before_the_loss);
static_assert(at::learnable<at::network<at::input<4>, at::dense<8>,
                                        at::side_output<"side", three, at::softmax>, three, at::softmax>,
                            both>);

// A fault of the network itself comes first.
static_assert(broken<classes, at::conv2d<3, 3>, at::sigmoid> == at::rule::takes_an_image);

constexpr auto silent = at::progress_style::silent;
using normalized =
    at::network<at::input<2>, at::dense<4>, at::named<"norm", at::batch_norm<>>, at::relu, at::dense<1>>;

std::vector<float> weights(const at::model<normalized>& net) { return {net.data(), net.data() + net.size()}; }

}  // namespace

TEST_CASE("B-23: a batch norm over one value is refused before anything changes") {
    at::model<normalized> net{at::seed{1}};
    at::trainer trainer{net, at::mean_squared_error{}, at::adam{}};
    const auto before = weights(net);
    const xt::xtensor<float, 2> x = xt::ones<float>({17, 2}), y = xt::ones<float>({17, 1});
    const auto refuse = [&](std::size_t count, const at::fit_options& options, const auto& message) {
        const xt::xtensor<float, 2> some = xt::view(x, xt::range(0, count)),
                                    wanted = xt::view(y, xt::range(0, count));
        CHECK_THROWS_WITH(trainer.fit(some, wanted, options), message);
        CHECK_THROWS_AS(trainer.fit(some, wanted, options), std::invalid_argument);
    };
    refuse(17, {.batch = 16, .progress = silent},
           Contains("layer norm (batch_norm)") && Contains("17 samples in batches of 16; 15 would do"));
    refuse(17, {.batch = 1, .progress = silent}, Contains("17 samples in batches of 1"));
    refuse(5, {.batch = 2, .accumulate = 2, .progress = silent}, Contains("5 samples in batches of 2"));
    refuse(1, {.progress = silent}, Contains("found 1 sample in batches of 32"));
    CHECK_THROWS_WITH(trainer.step(x.data(), y.data(), 1), Contains("at least 2 samples"));
    CHECK(weights(net) == before);
    CHECK(trainer.fit(x, y, {.batch = 15, .progress = silent}).size() == 1);
    CHECK(trainer.fit(x, y, {.batch = 17, .progress = silent}).size() == 1);
    CHECK(trainer.fit(x, y, {.batch = 100, .progress = silent}).size() == 1);
}

TEST_CASE("a batch norm over the pixels of one sample is legal") {
    using image = at::network<at::input<2, 2, 1>, at::conv2d<2, 1>, at::batch_norm<>, at::relu, at::flatten,
                              at::dense<1>>;
    at::model<image> net{at::seed{1}};
    at::trainer trainer{net, at::mean_squared_error{}, at::adam{}};
    const xt::xtensor<float, 4> x = xt::ones<float>({3, 2, 2, 1});
    const xt::xtensor<float, 2> y = xt::ones<float>({3, 1});
    CHECK(trainer.fit(x, y, {.batch = 1, .progress = silent}).size() == 1);
}

TEST_CASE("a rate of 0 trains nothing, unless a schedule says so") {
    at::model<at::network<at::input<2>, at::dense<1>>> net{at::seed{1}};
    const xt::xtensor<float, 2> x = xt::ones<float>({3, 2}), y = xt::ones<float>({3, 1});
    at::trainer trainer{net, at::mean_squared_error{}, at::adam{.rate = 0}};
    CHECK_THROWS_WITH(trainer.fit(x, y, {.progress = silent}),
                      Contains("rate above 0") && Contains("found a rate of 0"));
    CHECK(trainer
              .fit(x, y,
                   {.schedule = [](std::uint64_t step) { return step == 0 ? 0.0 : 0.1; }, .progress = silent})
              .size() == 1);
    trainer.optimizer().rate = std::nan("");
    CHECK_THROWS_WITH(trainer.fit(x, y, {.progress = silent}), Contains("rate") && Contains("nan"));
}
