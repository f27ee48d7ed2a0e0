// SPDX-License-Identifier: BSL-1.0
// The same bits for any number of threads, and for the same seed.
#include <archetype/training/gradients.hpp>
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <sstream>
#include <vector>

#include "checks.hpp"

namespace at = archetype;
using checks::same_bits;

namespace {

// Contractions, pooling, normalization and dropout; 70 channels are more than one block of the normalization.
using net_type = at::network<at::input<9, 8, 2>, at::conv2d<6, 3, at::padding<1>>, at::batch_norm<>, at::relu,
                             at::max_pool2d<2>, at::dropout<0.25>, at::conv2d<70, 3>, at::tanh,
                             at::batch_norm<>, at::avg_pool2d<2, at::stride<1>>, at::flatten, at::dense<17>,
                             at::leaky_relu<>, at::dropout<0.5>, at::dense<4>, at::softmax>;
constexpr std::size_t count = 23;

xt::xtensor<std::int32_t, 1> labels() {
    xt::xtensor<std::int32_t, 1> made = xt::xtensor<std::int32_t, 1>::from_shape({count});
    for (std::size_t i = 0; i < count; ++i) made(i) = static_cast<std::int32_t>(i * 7 % 4);
    return made;
}

template <class Container>
bool same_bits_of(const Container& one, const Container& other) {
    return one.size() == other.size() && same_bits(one.data(), other.data(), one.size());
}

std::vector<float> trained(std::size_t threads, at::seed weights, at::seed order, bool shuffle = true) {
    at::model<net_type> net{weights};
    net.threads(threads);
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 0.01}, order};
    trainer.fit(numbers::samples<net_type, float>(count), labels(),
                {.epochs = 3, .batch = 5, .shuffle = shuffle, .progress = at::progress_style::silent});
    return {net.data(), net.data() + net.size()};
}

}  // namespace

TEST_CASE("threads do not change results, gradients or trained weights") {
    const auto samples = numbers::samples<net_type, float>(count);
    at::model<net_type> net{at::seed{1}};
    CHECK(net.threads() == 1);
    const auto scores = net(samples);
    at::gradients reference{net, at::cross_entropy{}, at::seed{3}};
    const double loss = reference(samples, labels());
    const std::vector<float> weights = trained(1, at::seed{1}, at::seed{2});
    for (std::size_t threads : {2, 3, 7}) {
        at::model<net_type> other{at::seed{1}};
        other.threads(threads);
#ifdef ARCHETYPE_HAS_TBB
        CHECK(other.threads() == threads);
#endif
        CHECK(same_bits_of(other(samples), scores));
        at::gradients gradients{other, at::cross_entropy{}, at::seed{3}};
        CHECK(gradients(samples, labels()) == loss);
        CHECK(same_bits(gradients.data(), reference.data(), net.trainable_size()));
        CHECK(same_bits_of(gradients.input(), reference.input()));
        CHECK(same_bits_of(trained(threads, at::seed{1}, at::seed{2}), weights));
    }
}

TEST_CASE("large batches are split among threads") {
    using small = at::network<at::input<64>, at::dense<96>, at::tanh, at::dense<3>>;
    const auto samples = numbers::samples<small, float>(5000);  // more than one piece of a megabyte
    at::model<small> one{at::seed{1}}, three{at::seed{1}};
    three.threads(3);
    const auto scores = one(samples);
    CHECK(same_bits_of(three(samples), scores));
    const auto last = one(xt::view(samples, 4999));
    CHECK(same_bits(last.data(), scores.data() + 4999 * 3, 3));
}

TEST_CASE("seeds decide training, bit for bit") {
    const std::vector<float> weights = trained(1, at::seed{1}, at::seed{2});
    CHECK(same_bits_of(trained(1, at::seed{1}, at::seed{2}), weights));
    CHECK(!same_bits_of(trained(1, at::seed{9}, at::seed{2}), weights));
    CHECK(!same_bits_of(trained(1, at::seed{1}, at::seed{9}), weights));
    // Without shuffling the seed still decides what dropout drops.
    const std::vector<float> in_order = trained(1, at::seed{1}, at::seed{2}, false);
    CHECK(!same_bits_of(in_order, weights));
    CHECK(!same_bits_of(trained(1, at::seed{1}, at::seed{9}, false), in_order));
}

TEST_CASE("dropout drops the given share, by its seed, and scales the rest") {
    using dropped = at::network<at::input<10, 10, 20>, at::dropout<0.25>, at::dropout<0.5>>;
    at::model<dropped, double> net;
    const xt::xtensor<double, 4> ones = xt::ones<double>({4, 10, 10, 20});
    // The gradient of sum(result) / count is the mask itself: 0 or 1 / (0.75 * 0.5).
    constexpr auto sum =
        at::pointwise_loss<[](auto prediction, auto target) { return prediction - target; }>{};
    const auto mask = [&](at::seed start) {
        at::gradients of{net, sum, start};
        of(ones, ones);
        return xt::xtensor<double, 4>(of.input() * static_cast<double>(ones.size()));
    };
    const auto one = mask(at::seed{1});
    std::size_t kept = 0, others = 0;
    for (double value : one) {
        if (value != 0) ++kept;
        if (value != 0 && std::abs(value - 1 / 0.375) > 1e-12) ++others;
    }
    CHECK(others == 0);
    CHECK(static_cast<double>(kept) / 8000 == Approx(0.375).margin(0.02));  // 4 deviations are 0.0217
    CHECK(same_bits_of(mask(at::seed{1}), one));
    CHECK(!same_bits_of(mask(at::seed{2}), one));
    const auto scores = net(ones);
    CHECK(std::all_of(scores.begin(), scores.end(), [](double value) { return value == 1; }));
}
