// SPDX-License-Identifier: BSL-1.0
// What a model takes: any expression of the right shape, and nothing else.
#include <archetype/data/file_error.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/training/divergence.hpp>
#include <catch.hpp>
#include <string>
#include <vector>
#include <xtensor/xrandom.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xview.hpp>

#include "checks.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {

using small = at::network<at::input<4, 3, 2>, at::conv2d<3, 2>, at::tanh, at::flatten, at::dense<5>>;
using images = at::network<at::input<4, 3, 2>, at::conv2d<3, 2>, at::tanh>;

template <class X, class Y>
bool agree(const X& one, const Y& other) {
    return one.size() == other.size() && std::equal(one.begin(), one.end(), other.begin());
}

}  // namespace

TEST_CASE("exceptions of the library are its own and the standard's") {
    const auto said = [](const auto& thrown) -> std::string {
        const std::exception& standard = thrown;
        const at::error& own = thrown;
        CHECK(std::string(standard.what()) == own.what());
        return own.what();
    };
    CHECK(said(at::shape_error("a shape")) == "a shape");
    CHECK(said(at::file_error({"path", "one", "another"})) == "path: expected one, found another");
    CHECK(said(at::training_diverged("no end")) == "no end");
    STATIC_REQUIRE(std::is_base_of_v<std::invalid_argument, at::shape_error>);
    STATIC_REQUIRE(std::is_base_of_v<std::runtime_error, at::file_error>);
    STATIC_REQUIRE(std::is_base_of_v<std::runtime_error, at::training_diverged>);
}

TEST_CASE("expressions of every kind give the same result") {
    at::model<small> net{at::seed{4}};
    const auto samples = numbers::samples<small, float>(6);
    const auto scores = net(samples);
    REQUIRE(scores.shape() == std::array<std::size_t, 2>{6, 5});

    SECTION("lazy") {
        CHECK(agree(net(samples * 1.f), scores));
        CHECK(agree(net((samples + samples) / 2.f), scores));
        const xt::xtensor<unsigned char, 4> bytes = xt::cast<unsigned char>((samples + 1.f) * 100.f);
        const xt::xtensor<float, 4> scaled = bytes / 255.f;
        CHECK(agree(net(bytes / 255.f), net(scaled)));
    }
    SECTION("another type") {
        const xt::xtensor<double, 4> doubles = samples;
        CHECK(agree(net(doubles), scores));
    }
    SECTION("views") {
        CHECK(agree(net(xt::view(samples, xt::range(2, 5))), xt::view(scores, xt::range(2, 5))));
        CHECK(agree(net(xt::view(samples, 3)), xt::view(scores, 3)));
        CHECK(agree(net(xt::view(samples, 3, xt::all(), xt::all(), xt::all())), xt::view(scores, 3)));
        CHECK(agree(net(xt::strided_view(samples, {4, xt::ellipsis()})), xt::view(scores, 4)));
    }
    SECTION("views with gaps") {
        CHECK(agree(net(xt::view(samples, xt::range(1, 6, 2))), xt::view(scores, xt::range(1, 6, 2))));
        xt::xtensor<float, 4> larger = xt::zeros<float>({6, 6, 5, 4});
        auto inside = xt::view(larger, xt::all(), xt::range(1, 5), xt::range(2, 5), xt::range(1, 3));
        inside = samples;
        CHECK(agree(net(inside), scores));
        CHECK(agree(net(xt::view(larger, 1, xt::range(1, 5), xt::range(2, 5), xt::range(1, 3))),
                    xt::view(scores, 1)));
    }
    SECTION("column-major and transposed") {
        const xt::xtensor<float, 4, xt::layout_type::column_major> columns = samples;
        CHECK(agree(net(columns), scores));
        const xt::xtensor<float, 4> channels_first = xt::transpose(samples, {0, 3, 1, 2});
        CHECK(agree(net(xt::transpose(channels_first, {0, 2, 3, 1})), scores));
    }
    SECTION("broadcast") {
        const xt::xtensor<float, 3> one = xt::view(samples, 2);
        const auto repeated = net(xt::broadcast(one, std::array<std::size_t, 4>{3, 4, 3, 2}));
        for (std::size_t n = 0; n < 3; ++n) CHECK(agree(xt::view(repeated, n), xt::view(scores, 2)));
    }
    SECTION("a rank that is known at run time only") {
        const xt::xarray<float> batch = samples;
        const xt::xarray<float> one = xt::view(samples, 2);
        const xt::xarray<float> batch_scores = net(batch), one_scores = net(one);
        CHECK(batch_scores.dimension() == 2);
        CHECK(one_scores.dimension() == 1);
        CHECK(agree(batch_scores, scores));
        CHECK(agree(one_scores, xt::view(scores, 2)));
    }
    SECTION("memory of the caller, of exactly the size") {
        std::vector<float> exact(samples.begin(), samples.end());
        exact.shrink_to_fit();
        CHECK(agree(net(xt::adapt(exact, std::vector<std::size_t>{6, 4, 3, 2})), scores));
        std::vector<float> results(30);
        net.run(exact.data(), 6, results.data());
        CHECK(agree(results, scores));
        net.run(exact.data(), 0, nullptr);
    }
}

TEST_CASE("results have the shape of the network's output") {
    at::model<images> net{at::seed{4}};
    const auto samples = numbers::samples<images, float>(2);
    const auto batch = net(samples);
    CHECK(batch.shape() == std::array<std::size_t, 4>{2, 3, 2, 3});
    const auto one = net(xt::view(samples, 1));
    static_assert(
        std::is_same_v<std::remove_const_t<decltype(one)>, xt::xtensor_fixed<float, xt::xshape<3, 2, 3>>>);
    CHECK(agree(one, xt::view(batch, 1)));
    CHECK(net(xt::xtensor<float, 4>(xt::zeros<float>({0, 4, 3, 2}))).shape() ==
          std::array<std::size_t, 4>{0, 3, 2, 3});
}

TEST_CASE("a wrong shape is an error that names both") {
    at::model<small> net;
    const auto wrong = [&](const auto& input, const std::string& found) {
        CHECK_THROWS_AS(net(input), at::shape_error);
        CHECK_THROWS_AS(net(input), at::error);
        CHECK_THROWS_WITH(net(input),
                          Contains("(4, 3, 2)") && Contains("(n, 4, 3, 2)") && Contains("found " + found));
    };
    wrong(xt::xtensor<float, 3>(xt::zeros<float>({3, 4, 2})), "(3, 4, 2)");
    wrong(xt::xtensor<float, 3>(xt::zeros<float>({4, 3, 1})), "(4, 3, 1)");
    wrong(xt::xtensor<float, 4>(xt::zeros<float>({2, 4, 3, 3})), "(2, 4, 3, 3)");
    wrong(xt::xtensor<float, 1>(xt::zeros<float>({24})), "(24)");
    wrong(xt::xtensor<float, 5>(xt::zeros<float>({1, 1, 4, 3, 2})), "(1, 1, 4, 3, 2)");
    wrong(xt::xarray<float>::from_shape({4, 3}), "(4, 3)");
    wrong(xt::xarray<float>::from_shape({4, 3, 2, 1}), "(4, 3, 2, 1)");
}

TEST_CASE("networks that only rearrange give their input") {
    at::model<at::network<at::input<2, 3, 1>, at::flatten, at::dropout<0.5>>> net;
    const auto samples = numbers::samples<decltype(net)::network, float>(3);
    const auto batch = net(samples);
    CHECK(batch.shape() == std::array<std::size_t, 2>{3, 6});
    CHECK(agree(batch, samples));
    CHECK(agree(net(xt::view(samples, 1)), xt::view(batch, 1)));
}

TEST_CASE("NaN reaches the result") {
    using net_type = at::network<at::input<6, 6, 2>, at::conv2d<3, 3>, at::relu, at::max_pool2d<2>,
                                 at::flatten, at::dense<3>, at::softmax>;
    at::model<net_type> net{at::seed{1}};
    auto sample = numbers::samples<net_type, float>(2);
    sample(1, 2, 2, 0) = std::numeric_limits<float>::quiet_NaN();
    const auto scores = net(sample);
    for (std::size_t c = 0; c < 3; ++c) {
        CHECK(std::isfinite(scores(0, c)));
        CHECK(std::isnan(scores(1, c)));
    }
}

TEST_CASE("a model larger than the stack is a small local variable") {
    using large =
        at::network<at::input<784>, at::dense<2048>, at::relu, at::dense<768>, at::relu, at::dense<10>>;
    static_assert(at::parameter_count<large> * 4 >= 12'700'000);
    at::model<large> net{at::seed{1}};
    static_assert(sizeof net <= 256);
    static_assert(at::model<large>::size() >= at::parameter_count<large>);
    at::model<large> copy = net;
    CHECK(copy.data() != net.data());
    const auto samples = numbers::samples<large, float>(1);
    const auto scores = net(samples);
    CHECK(agree(copy(samples), scores));
    at::model<large> moved = std::move(copy);
    CHECK(agree(moved(samples), scores));
    // A large result is on the heap as well.
    static_assert(sizeof(at::model<at::network<at::input<64, 64, 3>, at::conv2d<64, 3>>>::result) <= 256);
}
