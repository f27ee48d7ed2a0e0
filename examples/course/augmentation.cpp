// SPDX-License-Identifier: BSL-1.0
// 100 digits are few. Changed anew in each epoch they are never the same twice: what is learnt holds for moved and turned digits,
// too. Mixed with others (mixup) they teach probabilities.
#include "lesson.hpp"

#include <archetype/data/augmentation/mixing.hpp>
#include <archetype/data/scikit_learn.hpp>
#include <archetype/training.hpp>
#include <archetype/training/fit/reading.hpp>

using net = at::network<at::input<8, 8, 1>, at::conv2d<16, 3>, at::relu, at::max_pool2d<2>, at::flatten,
                        at::dense<32>, at::relu, at::dense<10>, at::softmax>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const auto [train, held_out] = at::random_split(at::read_digits(lesson::data()), 100, 1);
    const std::vector<at::augmentation> changes{at::random_crop{.height = 8, .width = 8, .padding = 1},
                                                at::random_rotation{.degrees = 10}};
    const at::dataset moved = at::read_all(at::augmented(at::reader_of(held_out), changes, 1));
    const at::sample_reader plain = at::reader_of(train), changed = at::augmented(plain, changes, 2),
                            mixed = at::mixed(changed, at::mix_up{.alpha = 0.2}, 10, 3);
    // As many updates for all.
    const auto learn = [&, &held_out = held_out](const char* what, const at::sample_reader& reader) {
        at::model<net> model{at::seed{1}};
        at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 2e-3}, at::seed{2}};
        trainer.fit(reader, {.epochs = 400, .progress = at::progress_style::silent});
        const std::pair accuracy{trainer.evaluate(held_out).accuracy, trainer.evaluate(moved).accuracy};
        std::cout << what << ": " << accuracy.first << " of other digits, " << accuracy.second
                  << " of changed ones\n";
        return accuracy;
    };
    const auto [as_they_are, as_they_are_moved] = learn("100 digits", plain);
    const auto [augmented, augmented_moved] = learn("changed in each epoch", changed);
    const auto [soft, soft_moved] = learn("changed and mixed", mixed);
    lesson.claim("fewer errors on other digits", augmented > as_they_are && soft > as_they_are);
    lesson.claim("half as many errors on changed ones", 1 - augmented_moved < (1 - as_they_are_moved) / 2 &&
                                                            1 - soft_moved < (1 - as_they_are_moved) / 2);
    return lesson.end();
}
