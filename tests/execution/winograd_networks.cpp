// SPDX-License-Identifier: BSL-1.0
// Networks computed by Winograd's filtering: results and gradients of the same network without it, whatever the batch and the
// number of threads.
#include <archetype/training.hpp>
#include <catch.hpp>
#include <cmath>

namespace at = archetype;

namespace {

/// Halos and epilogues on both sides, batch norm to fold, a join, a concatenation, partial tiles, a frozen layer.
template <class... Options>
using net =
    at::network<at::input<11, 9, 2>, at::conv2d<5, 3, at::same, Options...>, at::relu,
                at::conv2d<18, 3, at::padding<2, 0>, at::no_bias, Options...>, at::batch_norm<>, at::relu,
                at::residual<at::conv2d<18, 3, at::same, Options...>>, at::tanh,
                at::branches<at::concatenate, at::conv2d<7, 3, at::same, Options...>,
                             at::max_pool2d<3, at::stride<1>, at::padding<1>>>,
                at::frozen<at::conv2d<4, 3, Options...>>, at::max_pool2d<2>, at::flatten, at::dense<3>>;

template <class T>
xt::xtensor<T, 4> samples(std::size_t count) {
    xt::xtensor<T, 4> some = xt::zeros<T>({count, std::size_t{11}, std::size_t{9}, std::size_t{2}});
    for (std::size_t i = 0; i < some.size(); ++i)
        some.data()[i] = static_cast<T>(std::sin(0.37 * static_cast<double>(i)));
    return some;
}

template <class Found, class Wanted>
double largest_difference(const Found& found, const Wanted& wanted, std::size_t count) {
    double most = 0;
    for (std::size_t i = 0; i < count; ++i)
        most = std::max(
            most, std::abs(static_cast<double>(found.data()[i]) - static_cast<double>(wanted.data()[i])));
    return most;
}

template <std::size_t Tile>
void check_gradients() {
    at::model<net<>, double> direct{at::seed{1}};
    at::model<net<at::winograd<Tile>>, double> filtered;
    std::copy_n(direct.data(), direct.size(), filtered.data());
    at::gradients wanted{direct, at::cross_entropy{}};
    at::gradients found{filtered, at::cross_entropy{}};
    const xt::xtensor<double, 4> some = samples<double>(7);
    const xt::xtensor<std::int32_t, 1> labels{0, 1, 2, 2, 1, 0, 1};
    const double loss = found(some, labels);
    CHECK(std::abs(loss - wanted(some, labels)) < 1e-13);
    CHECK(largest_difference(found, wanted, direct.trainable_size()) < 1e-12);
}

template <std::size_t Tile>
void check_results(double bound) {
    at::model<net<>> direct{at::seed{2}};
    at::model<net<at::winograd<Tile>>> filtered;
    std::copy_n(direct.data(), direct.size(), filtered.data());
    const xt::xtensor<float, 4> some = samples<float>(5);
    const xt::xtensor<float, 2> wanted = direct(some), found = filtered(some);
    const double difference = largest_difference(found, wanted, found.size());
    CHECK(difference > 0);  // it is another way
    CHECK(difference < bound);
    for (std::size_t n = 0; n < 5; ++n) {
        const xt::xtensor<float, 4> one = xt::view(some, xt::range(n, n + 1));
        const xt::xtensor<float, 2> alone = filtered(one);
        CHECK(std::equal(alone.data(), alone.data() + 3, found.data() + 3 * n));
    }
}

}  // namespace

TEST_CASE("gradients of a network by Winograd's filtering are those of the direct one") {
    check_gradients<2>();
    check_gradients<4>();
}

TEST_CASE(
    "results by Winograd's filtering are the direct ones but for rounding, for each sample of any batch") {
    check_results<2>(1e-6);
    check_results<4>(1e-5);
}

TEST_CASE("threads change no bit of a training by Winograd's filtering") {
    const xt::xtensor<float, 4> some = samples<float>(9);
    const xt::xtensor<std::int32_t, 1> labels{0, 1, 2, 2, 1, 0, 1, 2, 2};
    using filtered = net<at::winograd<4>>;
    const auto trained = [&](std::size_t threads) {
        at::model<filtered> model{at::seed{3}};
        model.threads(threads);
        at::trainer trainer{model, at::cross_entropy{}, at::sgd{.rate = 0.1}};
        trainer.fit(some, labels, {.epochs = 2, .batch = 5, .progress = at::progress_style::silent});
        return std::vector<float>(model.data(), model.data() + model.size());
    };
    CHECK(trained(1) == trained(3));
}
