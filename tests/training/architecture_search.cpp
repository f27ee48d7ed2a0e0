// SPDX-License-Identifier: BSL-1.0
#include <archetype/training/architecture_search.hpp>
#include <catch.hpp>

#include <set>

namespace at = archetype;
namespace hana = boost::hana;

namespace {

constexpr auto build = [](auto depth, auto width, auto activation) {
    using block = at::sequence<at::dense<width.value>, typename decltype(activation)::type>;
    return hana::type_c<at::network<at::input<2>, at::repeat<depth.value, block>, at::dense<2>, at::softmax>>;
};
constexpr at::architecture_grid grid(build, at::grid_values<"depth", 1, 2>{},
                                     at::grid_values<"width", 2, 8>{},
                                     at::grid_types<"activation", at::tanh, at::relu>{});
using networks = decltype(grid);

static_assert(grid.size() == 8);
static_assert(std::is_same_v<networks::network_at<0>,
                             at::network<at::input<2>, at::repeat<1, at::sequence<at::dense<2>, at::tanh>>,
                                         at::dense<2>, at::softmax>>);
static_assert(std::is_same_v<networks::network_at<7>,
                             at::network<at::input<2>, at::repeat<2, at::sequence<at::dense<8>, at::relu>>,
                                         at::dense<2>, at::softmax>>);

/// The exclusive or of two signs: no straight line separates the classes.
at::dataset exclusive_or() {
    at::dataset data{xt::xtensor<float, 4>::from_shape({200, 1, 1, 2}),
                     xt::xtensor<std::int32_t, 1>::from_shape({200})};
    at::random_source random(3);
    for (std::size_t i = 0; i < 200; ++i) {
        const double x = 2 * random.uniform() - 1, y = 2 * random.uniform() - 1;
        data.samples(i, 0, 0, 0) = static_cast<float>(x);
        data.samples(i, 0, 0, 1) = static_cast<float>(y);
        data.labels(i) = x * y > 0 ? 1 : 0;
    }
    return data;
}

}  // namespace

TEST_CASE("every type of a grid is trained and ranked, whatever the number of threads") {
    const at::dataset data = exclusive_or();
    const auto objective = [&]<class Net>(std::type_identity<Net>, at::seed start) {
        at::model<Net> net{start};
        at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 0.02}, start};
        return trainer.fit(data, {.epochs = 30, .progress = at::progress_style::silent}).back().loss;
    };
    const at::search_result found = at::search_architectures(grid, objective, {.start = at::seed{4}});
    CHECK(found.text() ==
          at::search_architectures(grid, objective, {.threads = 2, .start = at::seed{4}}).text());
    REQUIRE(found.trials.size() == 8);
    std::set<std::string> seen;
    for (std::size_t i = 0; i < 8; ++i) {
        const at::trial& one = found.trials[i];
        if (i != 0) CHECK(found.trials[i - 1].score <= one.score);
        const double d = one.what["depth"], w = one.what["width"];
        CHECK(static_cast<double>(one.parameters) == 3 * w + (d - 1) * w * (w + 1) + 2 * (w + 1));
        seen.insert(std::to_string(d) + std::to_string(w) + one.what.settings[2].text);
        CHECK((one.what.settings[2].text == "tanh" || one.what.settings[2].text == "relu"));
    }
    CHECK(seen.size() == 8);
    CHECK(found.best().what["width"] == 8);
    CHECK(found.best().score < 0.4);
    CHECK(found.trials.back().what["width"] == 2);
}
