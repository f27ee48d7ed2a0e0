// SPDX-License-Identifier: BSL-1.0
// The same bits for any number of threads, and for the same seed.
#include <archetype/architecture/counts.hpp>
#include <archetype/training/gradients.hpp>
#include <archetype/training/trainer.hpp>
#include <array>
#include <atomic>
#include <catch.hpp>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>
#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#endif

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

TEST_CASE("copies of a model run at the same time, each with threads of its own") {
    const auto samples = numbers::samples<net_type, float>(count);
    at::model<net_type> net{at::seed{1}};
    const auto scores = net(samples);
    net.threads(2);
    CHECK(same_bits_of(net(samples), scores));
    std::array<at::model<net_type>, 2> copies{net, net};
    std::array<int, 2> wrong{};
    const auto call = [&](std::size_t one) {
        for (int i = 0; i < 20; ++i) wrong[one] += same_bits_of(copies[one](samples), scores) ? 0 : 1;
    };
    std::thread other(call, std::size_t{1});
    call(0);
    other.join();
    CHECK(wrong == std::array<int, 2>{0, 0});
    net = at::model<net_type>{at::seed{1}};  // and back to one thread
    CHECK(net.threads() == 1);
    CHECK(same_bits_of(net(samples), scores));
    at::model<net_type> moved = std::move(copies[0]);
    CHECK(moved.threads() == copies[1].threads());
    CHECK(same_bits_of(moved(samples), scores));
    copies[0] = copies[1];  // what was moved from may be given a value
    CHECK(same_bits_of(copies[0](samples), scores));
}

TEST_CASE("a finished update is looked at block by block") {
    // More than one block of the update, so that the last one is found too.
    using wide = at::network<at::input<300>, at::dense<130>>;
    for (const std::size_t threads : {1, 2}) {
        at::model<wide> net{at::seed{1}};
        net.threads(threads);
        at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.01}};
        const std::vector<float> sample(300, 1), target(130, 1000);
        CHECK(trainer.step(sample.data(), target.data(), 1) > 0);
        trainer.optimizer().rate = 3e38;
        CHECK_THROWS_AS(trainer.step(sample.data(), target.data(), 1), at::training_diverged);
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

TEST_CASE("one sample of a large network is split among threads") {
    // Rows of products that are no whole tiles, groups, a sum, a value with a halo, a pooling, and single rows with many panels.
    using large =
        at::network<at::input<23, 21, 16>, at::conv2d<72, 3, at::same>, at::relu,
                    at::residual<at::sequence<at::conv2d<72, 3, at::same, at::groups<2>>, at::batch_norm<>>>,
                    at::relu, at::conv2d<70, 3>, at::max_pool2d<2>, at::conv2d<33, 3, at::stride<2>>,
                    at::relu, at::flatten, at::dense<1500>, at::tanh, at::dense<7>, at::softmax>;
    static_assert(at::multiply_accumulate_count<large> > (1u << 24));
    const auto samples = numbers::samples<large, float>(2);
    at::model<large> net{at::seed{1}};
    const auto scores = net(samples);
    for (std::size_t threads : {2, 3, 7}) {
        net.threads(threads);
        for (std::size_t i = 0; i < 2; ++i) {
            const auto one = net(xt::view(samples, i));
            CHECK(same_bits(one.data(), scores.data() + 7 * i, 7));
        }
    }
}

#if defined(__linux__) && defined(ARCHETYPE_HAS_TBB) && !defined(ARCHETYPE_HAS_THREAD_SANITIZER)
TEST_CASE("work that threads do together is done by those that the system starts") {
    if (checks::sanitized) return;  // needs the addresses that are taken away here
    constexpr std::size_t wanted = 64, parts = 640;
    std::vector<std::atomic<int>> done(parts);
    std::atomic<std::size_t> members = 0, met = 0;
    std::atomic<bool> are_all = true;
    const auto work = [&](const at::detail::executor::member& one) {
        ++members;
        for (std::size_t i = one.part.index; i < parts; i += one.part.of) ++done[i];
        one.meet();
        if (members != one.part.of) are_all = false;
        ++met;
    };
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
    rlimit little = before;
    little.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (40u << 20);
    REQUIRE(setrlimit(RLIMIT_AS, &little) == 0);
    at::detail::executor(wanted).together(wanted, work);
    REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
    CHECK(members >= 1);
    CHECK(members < wanted);
    CHECK(met == members);
    CHECK(are_all);
    CHECK(std::all_of(done.begin(), done.end(), [](const auto& times) { return times == 1; }));
}
#endif

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
