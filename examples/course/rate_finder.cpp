// SPDX-License-Identifier: BSL-1.0
// One pass with a rate that rises from update to update shows which rates a network learns with.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/training.hpp>
#include <archetype/training/rate_range.hpp>

using net = at::network<at::input<8, 8, 1>, at::flatten, at::dense<32>, at::relu, at::dense<10>, at::softmax>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const at::dataset digits = at::read_digits(lesson::data());
    const at::model<net> start{at::seed{1}};
    const at::rate_range found =
        at::learning_rate_range(start, at::cross_entropy{}, at::sgd{}, digits.samples, digits.labels,
                                {.least = 1e-4, .largest = 100, .steps = 150});
    for (std::size_t i = 0; i < found.rates.size(); i += 10)
        std::cout << "rate " << found.rates[i] << ", loss " << found.smoothed[i] << '\n';
    std::cout << "steepest at " << found.steepest << ", smallest at " << found.smallest << "\n\n";

    const auto loss_with = [&](double rate) {
        at::model<net> model = start;
        at::trainer trainer{model, at::cross_entropy{}, at::sgd{.rate = rate}, at::seed{2}};
        return trainer.fit(digits, {.epochs = 5, .progress = at::progress_style::silent}).back().loss;
    };
    const double slow = loss_with(found.steepest / 100), good = loss_with(found.steepest);
    std::cout << "loss after five epochs: " << good << " with the steepest rate, " << slow
              << " with a hundredth of it\n";
    lesson.claim("the steepest rate lies below that of the smallest loss", found.steepest < found.smallest);
    lesson.claim("it learns", good < 0.3);
    lesson.claim("a hundredth of it has hardly begun", slow > 2 * good);
    return lesson.end();
}
