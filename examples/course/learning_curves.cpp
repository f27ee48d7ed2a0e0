// SPDX-License-Identifier: BSL-1.0
// The usual way: three parts of the data, learning curves, early stopping, one look at the test part, a report as a page. Then the same by
// cross-validation.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/data/split.hpp>
#include <archetype/plotting/training_pictures.hpp>
#include <archetype/plotting/training_report.hpp>
#include <archetype/training.hpp>

using classifier = at::network<at::input<8, 8, 1>, at::conv2d<8, 3>, at::relu, at::max_pool2d<2>, at::flatten,
                               at::dense<10>, at::softmax>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const at::dataset digits = at::read_digits(lesson::data());
    const at::data_parts parts = at::train_validation_test_split(digits, 0.2, 0.2, 1);

    at::model<classifier> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 3e-3}};
    const at::fit_options options{.epochs = 60,
                                  .validation = &parts.validation,
                                  .stop_early = at::early_stopping{.patience = 5},
                                  .progress = at::progress_style::silent};
    const at::history history = trainer.fit(parts.train, options);
    lesson.show(at::learning_curves(history), "learning_curves.png");
    lesson.show(at::accuracy_curves(history), "accuracy_curves.png");
    const at::evaluation judged = trainer.evaluate(parts.test);
    lesson.show(at::confusion_picture(judged.confusion), "confusion_matrix.png");
    at::write_training_report(lesson.file("training_report.html"),
                              {.title = "Digits of scikit-learn",
                               .epochs = history,
                               .confusion = judged.confusion,
                               .network = std::string(at::summary<classifier>()),
                               .options = at::option_list(options)});
    std::cout << history.size() << " epochs, accuracy on the test part " << judged.accuracy << '\n';

    const auto accuracies =
        at::cross_validate(digits, 5, 2, [](const at::dataset& train, const at::dataset& held_out) {
            at::model<classifier> one{at::seed{1}};
            at::trainer learner{one, at::cross_entropy{}, at::adam{.rate = 3e-3}};
            learner.fit(train, {.epochs = 10, .progress = at::progress_style::silent});
            return learner.evaluate(held_out).accuracy;
        });
    std::cout << "accuracies of 5 folds:";
    for (const double accuracy : accuracies) std::cout << ' ' << accuracy;
    std::cout << '\n';
    lesson.claim("the test part is classified 95 % right", judged.accuracy > 0.95);
    lesson.claim("every fold is classified 90 % right after ten epochs",
                 *std::min_element(accuracies.begin(), accuracies.end()) > 0.9);
    return lesson.end();
}
