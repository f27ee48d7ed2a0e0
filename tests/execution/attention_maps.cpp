// SPDX-License-Identifier: BSL-1.0
// Shares of keys: the values mixed with them are what the model computes; hidden keys have none.
#include <archetype/architecture.hpp>
#include <archetype/execution/host/attention_maps.hpp>

#include <catch.hpp>
#include <cmath>

namespace at = archetype;

namespace {

template <std::size_t Steps, std::size_t Channels>
xt::xtensor<double, 2> waves() {
    xt::xtensor<double, 2> made = xt::zeros<double>({Steps, Channels});
    for (std::size_t i = 0; i < made.size(); ++i)
        made.data()[i] = 2 * std::sin(0.7 * static_cast<double>(i * i % 53));
    return made;
}

/// Attention alone: how far mixtures of the values by the shares are from the model's results.
template <std::size_t Heads, std::size_t Shared, class Layer>
double apart(xt::xtensor<double, 3>& shares) {
    constexpr std::size_t steps = 5, size = 4;
    using net = at::network<at::input<steps, (Heads + 2 * Shared) * size>, at::named<"seen", Layer>>;
    at::model<net, double> model;
    const xt::xtensor<double, 2> in = waves<steps, (Heads + 2 * Shared) * size>(), wanted = model(in);
    const auto maps = at::attention_maps(model, in);
    REQUIRE(maps.size() == 1);
    CHECK(maps[0].layer == "seen");
    shares = maps[0].shares;
    REQUIRE(shares.shape() == std::array<std::size_t, 3>{Heads, steps, steps});
    double most = 0;
    for (std::size_t t = 0; t < steps; ++t)
        for (std::size_t h = 0; h < Heads; ++h)
            for (std::size_t c = 0; c < size; ++c) {
                double mixed = 0;
                for (std::size_t j = 0; j < steps; ++j)
                    mixed += shares(h, t, j) * in(j, (Heads + Shared + h * Shared / Heads) * size + c);
                most = std::max(most, std::abs(mixed - wanted(t, h * size + c)));
            }
    return most;
}

}  // namespace

TEST_CASE("shares of keys are those that the model mixes values with") {
    xt::xtensor<double, 3> shares;
    CHECK(apart<2, 2, at::scaled_dot_product_attention<2>>(shares) < 1e-13);
    CHECK(std::abs(xt::sum(shares)() - 10) < 1e-13);
    // exp(q k / sqrt(4)) of the first head's first query, over their sum.
    const auto in = waves<5, 24>();
    double scores[5]{}, total = 0;
    for (std::size_t j = 0; j < 5; ++j) {
        for (std::size_t c = 0; c < 4; ++c) scores[j] += in(0, c) * in(j, 8 + c) / 2;
        total += std::exp(scores[j]);
    }
    for (std::size_t j = 0; j < 5; ++j)
        CHECK(std::abs(shares(0, 0, j) - std::exp(scores[j]) / total) < 1e-14);

    CHECK(apart<4, 2, at::scaled_dot_product_attention<4, at::key_value_heads<2>, at::causal>>(shares) <
          1e-13);
    CHECK(shares(3, 1, 2) == 0);
    CHECK(shares(3, 0, 0) == 1);
}

TEST_CASE("attention maps follow masks and the order of layers") {
    using block = at::residual<at::self_attention<8, 2, at::padding_mask<"there">>>;
    using net = at::network<at::named<"x", at::input<4, 8>>, at::named<"there", at::input<4>>, at::from<"x">,
                            block, block>;
    at::model<net> model{at::seed{1}};
    const xt::xtensor<float, 2> x = xt::cast<float>(waves<4, 8>());
    const auto maps = at::attention_maps(model, x, std::vector<int>{1, 1, 0, 1});
    REQUIRE(maps.size() == 2);
    CHECK(maps[0].layer != maps[1].layer);
    for (const auto& map : maps)
        for (std::size_t t = 0; t < 4; ++t) {
            CHECK(map.shares(1, t, 2) == 0);
            CHECK(std::abs(map.shares(1, t, 0) + map.shares(1, t, 1) + map.shares(1, t, 3) - 1) < 1e-6f);
        }
    CHECK_THROWS_WITH(at::attention_maps(model, x, std::vector<int>{1, 1}),
                      "archetype::attention_maps: expected 4 numbers of input 2, found 2");
}
