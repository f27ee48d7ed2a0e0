// SPDX-License-Identifier: BSL-1.0
// Nine points of a grid of rate and momentum, and nine at random in the same ranges.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/plotting/search_pictures.hpp>
#include <archetype/statistics/normalization.hpp>
#include <archetype/training.hpp>

using classifier = at::network<at::input<13>, at::dense<16>, at::tanh, at::dense<3>, at::softmax>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    at::csv_table wine = at::read_wine(lesson::data());
    wine.values = at::statistics::gaussian_normalization(wine.values).transform(wine.values);
    const auto [train, held_out] = at::random_split(wine.samples(), 120, 1);

    // What is to be small: the loss on held-out samples after five epochs with these settings.
    const auto judge = [&](const at::candidate& with, at::seed start) {
        at::model<classifier> net{start};
        at::trainer trainer{net, at::cross_entropy{},
                            at::sgd{.rate = with["rate"], .momentum = with["momentum"]}, start};
        trainer.fit(train, {.epochs = 5, .batch = 16, .progress = at::progress_style::silent});
        return trainer.evaluate(held_out).loss;
    };
    const at::search_options options{.threads = 2, .repeats = 3, .start = at::seed{1}};

    const auto grid = at::grid_candidates({{"rate", {0.001, 0.01, 0.1}}, {"momentum", {0, 0.5, 0.9}}});
    const at::search_result by_grid = at::search(grid, judge, options);
    std::cout << "grid\n" << by_grid << '\n';
    lesson.show(at::search_map(by_grid, "rate", "momentum", "Loss on held-out wines"), "grid_search.png");

    const auto random = at::random_candidates(
        {{"rate", 0.001, 0.1, at::search_scale::logarithmic}, {"momentum", 0, 0.9}}, 9, at::seed{2});
    const at::search_result by_chance = at::search(random, judge, options);
    std::cout << "at random\n" << by_chance << '\n';
    lesson.show(at::search_points(by_grid, "rate", "Loss of the grid").log_x().log_y(), "grid_points.png");
    lesson.show(at::search_points(by_chance, "rate", "Loss at random points").log_x().log_y(),
                "random_points.png");

    lesson.claim("a second search finds the same",
                 at::search(random, judge, options).text() == by_chance.text());
    lesson.claim("the best of the grid has the highest rate and momentum",
                 by_grid.best().what["rate"] == 0.1 && by_grid.best().what["momentum"] == 0.9);
    lesson.claim("nine random points have nine rates, a grid three; the better of both is below 0.2",
                 std::min(by_grid.best().score, by_chance.best().score) < 0.2);
    return lesson.end();
}
