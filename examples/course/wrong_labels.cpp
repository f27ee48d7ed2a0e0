// SPDX-License-Identifier: BSL-1.0
// Of 1,400 digits 40 % have a wrong label. Cross-entropy learns them by heart; losses that trust no label altogether learn the digits. The
// moving average of the weights helps a little, the focal loss does not: it looks at what does not fit.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/training.hpp>
#include <archetype/training/classification_losses.hpp>
#include <archetype/training/weight_average.hpp>

using net =
    at::network<at::input<8, 8, 1>, at::flatten, at::dense<128>, at::relu, at::dense<10>, at::softmax>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    auto [train, held_out] = at::random_split(at::read_digits(lesson::data()), 1400, 1);
    std::mt19937 random(1);
    for (auto& label : train.labels)
        if (random() % 10 < 4) label = (label + 1 + static_cast<int>(random() % 9)) % 10;

    at::plot picture("Digits with right labels, trained with 40 % wrong ones", "epoch", "accuracy");
    struct accuracies {
        double last, averaged, of_given;
    };
    const auto learn = [&, &train = train, &held_out = held_out](const char* name, auto loss) {
        at::model<net> model{at::seed{1}};
        at::trainer trainer{model, loss, at::adam{.rate = 3e-3}, at::seed{2}};
        at::weight_average average{model, 0.99};
        const at::history history = trainer.fit(train, {.epochs = 60,
                                                        .validation = &held_out,
                                                        .progress = at::progress_style::silent,
                                                        .callbacks = {average.callback()}});
        std::vector<double> epochs, right;
        for (const at::epoch_report& report : history) {
            epochs.push_back(static_cast<double>(report.epoch));
            right.push_back(*report.validation_accuracy);
        }
        picture.line(epochs, right, name);
        accuracies found{right.back(), 0, trainer.evaluate(train).accuracy};
        average.swap();
        found.averaged = trainer.evaluate(held_out).accuracy;
        std::cout << name << ": " << found.last << " of other digits, " << found.averaged
                  << " with averaged weights, " << found.of_given << " of the labels given\n";
        return found;
    };
    const accuracies plain = learn("cross-entropy", at::cross_entropy{});
    const accuracies focal = learn("focal", at::focal_cross_entropy{});
    const accuracies generalized = learn("generalized", at::generalized_cross_entropy{});
    const accuracies symmetric = learn("symmetric", at::symmetric_cross_entropy{});
    lesson.show(picture, "wrong_labels.png");

    lesson.claim("cross-entropy agrees with more labels than are right", plain.of_given > 0.7);
    lesson.claim("generalized and symmetric cross-entropy make less than half as many errors",
                 1 - generalized.last < (1 - plain.last) / 2 && 1 - symmetric.last < (1 - plain.last) / 2);
    lesson.claim("averaged weights of cross-entropy make fewer, too", plain.averaged > plain.last);
    lesson.claim("the focal loss is no remedy", focal.last < plain.last + 0.02);
    return lesson.end();
}
