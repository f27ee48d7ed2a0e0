// SPDX-License-Identifier: BSL-1.0
// A grid of architectures, made by the compiler: depth, width, activation.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/plotting/search_pictures.hpp>
#include <archetype/statistics/normalization.hpp>
#include <archetype/training.hpp>
#include <archetype/training/architecture_search.hpp>
namespace hana = boost::hana;

constexpr auto build = [](auto depth, auto width, auto activation) {
    using hidden = at::sequence<at::dense<width.value>, typename decltype(activation)::type>;
    return hana::type_c<
        at::network<at::input<30>, at::repeat<depth.value, hidden>, at::dense<2>, at::softmax>>;
};
constexpr at::architecture_grid grid(build, at::grid_values<"depth", 1, 3>{},
                                     at::grid_values<"width", 2, 16>{},
                                     at::grid_types<"activation", at::sigmoid, at::relu>{});
static_assert(grid.size() == 8);
static_assert(at::parameter_count<decltype(grid)::network_at<0>> == 2 * 31 + 2 * 3);

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    at::csv_table cancer = at::read_breast_cancer(lesson::data());
    cancer.values = at::statistics::gaussian_normalization(cancer.values).transform(cancer.values);
    const auto [train, held_out] = at::random_split(cancer.samples(), 400, 1);

    const auto judge = [&]<class Net>(std::type_identity<Net>, at::seed start) {
        at::model<Net> net{start};
        at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 3e-3}, start};
        trainer.fit(train, {.epochs = 8, .batch = 16, .progress = at::progress_style::silent});
        return trainer.evaluate(held_out).loss;
    };
    const at::search_result found =
        at::search_architectures(grid, judge, {.threads = 2, .repeats = 3, .start = at::seed{1}});
    std::cout << found << '\n';
    lesson.show(at::search_map(found, "depth", "width", "Loss on held-out tumours, better activation"),
                "architecture_map.png");
    lesson.show(at::search_points(found, "parameters", "Loss against size").log_x(),
                "architecture_sizes.png");

    const at::candidate& best = found.best().what;
    const at::candidate& worst = found.trials.back().what;
    lesson.claim("the best has 16 neurons in a layer", best["width"] == 16);
    lesson.claim("the worst has three layers of two sigmoid neurons",
                 worst["depth"] == 3 && worst["width"] == 2 && worst.settings[2].text == "sigmoid");
    return lesson.end();
}
