// SPDX-License-Identifier: BSL-1.0
// Few eights among many other digits: without weights of classes the network is right by seldom saying eight.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/training.hpp>

using net = at::network<at::input<8, 8, 1>, at::flatten, at::dense<2>>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    at::dataset digits = at::read_digits(lesson::data());
    std::vector<std::size_t> taken;
    for (std::size_t i = 0, eights = 0; i < digits.size(); ++i) {
        const bool eight = digits.labels(i) == 8;
        digits.labels(i) = eight ? 1 : 0;
        if (!eight || ++eights % 3 == 0) taken.push_back(i);  // a third of the eights
    }
    const auto [train, held_out] = at::random_split(digits.select(taken), 800, 1);
    const auto learn = [&, &train = train, &held_out = held_out](const std::vector<double>& weights) {
        at::model<net> model{at::seed{1}};
        at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 3e-3}, at::seed{2}};
        trainer.fit(train, {.epochs = 10, .class_weights = weights, .progress = at::progress_style::silent});
        return trainer.evaluate(held_out);
    };
    const std::vector<double> weights = at::balanced_class_weights(train.labels, 2);
    const at::evaluation plain = learn({}), weighted = learn(weights);
    std::cout << "weights of classes " << weights[0] << " and " << weights[1] << "\nwithout, accuracy "
              << plain.accuracy << ", balanced " << plain.confusion.balanced_accuracy() << ", F1 of eights "
              << plain.confusion.f1(1) << '\n'
              << plain.confusion << "\nwith, accuracy " << weighted.accuracy << ", balanced "
              << weighted.confusion.balanced_accuracy() << ", F1 of eights " << weighted.confusion.f1(1)
              << '\n'
              << weighted.confusion << '\n';
    lesson.claim("without weights most are right", plain.accuracy > 0.95);
    lesson.claim("but fewer than half of the eights are found", plain.confusion.recall(1) < 0.5);
    lesson.claim("with weights most eights are found", weighted.confusion.recall(1) > 0.8);
    lesson.claim("the balanced accuracy tells",
                 weighted.confusion.balanced_accuracy() > plain.confusion.balanced_accuracy() + 0.2);
    return lesson.end();
}
