// SPDX-License-Identifier: BSL-1.0
// 300 digits are few. Each of them moved by a pixel in four ways makes five: what is learnt holds for moved digits, too.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/training.hpp>

using net = at::network<at::input<8, 8, 1>, at::flatten, at::dense<64>, at::relu, at::dense<10>, at::softmax>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const auto [train, held_out] = at::random_split(at::read_digits(lesson::data()), 300, 1);
    at::dataset more = train, moved = held_out;
    for (const auto& [rows, columns] : {std::pair{1, 0}, {-1, 0}, {0, 1}, {0, -1}}) {
        more = at::join(more, at::shift(train, rows, columns));
        moved = at::join(moved, at::shift(held_out, rows, columns));
    }
    // As many updates for both.
    const auto learn = [&, &held_out = held_out](const at::dataset& data, std::size_t epochs) {
        at::model<net> model{at::seed{1}};
        at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 2e-3}, at::seed{2}};
        trainer.fit(data, {.epochs = epochs, .progress = at::progress_style::silent});
        return std::pair{trainer.evaluate(held_out).accuracy, trainer.evaluate(moved).accuracy};
    };
    const auto [plain, plain_moved] = learn(train, 150);
    const auto [augmented, augmented_moved] = learn(more, 30);
    std::cout << "accuracy on other digits: " << plain << " without, " << augmented
              << " with augmentation; where they are "
              << "moved, too: " << plain_moved << " and " << augmented_moved << '\n';
    lesson.claim("as good on digits in their places", augmented > plain - 0.02);
    lesson.claim("half as many errors on moved ones", 1 - augmented_moved < (1 - plain_moved) / 2);
    return lesson.end();
}
