// SPDX-License-Identifier: BSL-1.0
// The usual way: three parts of the data, learning curves, a rate that falls where the loss does not, early stopping, one look at the test
// part, a report as a page, and tables of epochs and updates. Then the same by cross-validation.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/data/split.hpp>
#include <archetype/plotting/training_pictures.hpp>
#include <archetype/plotting/training_report.hpp>
#include <archetype/training.hpp>
#include <archetype/training/epoch_metrics.hpp>
#include <archetype/training/gradient_summary.hpp>
#include <archetype/training/reduce_on_plateau.hpp>
#if __has_include(<protozero/pbf_writer.hpp>)  // Debian: libprotozero-dev
#include <archetype/tensorboard.hpp>
#endif

using classifier = at::network<at::input<8, 8, 1>, at::conv2d<8, 3>, at::relu, at::max_pool2d<2>, at::flatten,
                               at::dense<10>, at::softmax>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const at::dataset digits = at::read_digits(lesson::data());
    const at::data_parts parts = at::train_validation_test_split(digits, 0.2, 0.2, 1);

    at::model<classifier> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 3e-3}};
    // Both files are added to, so that a training that goes on goes on in them.
    for (const char* name : {"epochs.csv", "updates.csv"}) std::filesystem::remove(lesson.file(name));
    at::fit_options options{.epochs = 60,
                            .validation = &parts.validation,
                            .stop_early = at::early_stopping{.patience = 8},
                            .progress = at::progress_style::silent,
                            .csv_log = lesson.file("epochs.csv")};
    std::size_t lowered = 0;
    options.callbacks = {
        at::metrics_of_epochs(net, parts.validation.samples, parts.validation.labels,
                              {at::macro_f1_metric(), at::top_k_metric(2)}),
        at::reduce_on_plateau{.factor = 0.3, .patience = 3}, at::log_steps(lesson.file("updates.csv")),
        // One's own: it sees the rate of the epoch and that of the next one.
        at::callback{.after_epoch = [&](at::epoch_report& report, at::training_control& control) {
            if (control.rate == report.rate) return;
            std::cout << "after epoch " << report.epoch << " the rate is " << control.rate << '\n';
            ++lowered;
        }}};
#if __has_include(<protozero/pbf_writer.hpp>)
    options.callbacks.push_back(at::tensorboard_log(lesson.file("tensorboard")));
#endif
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
    std::cout << history.size() << " epochs, accuracy on the test part " << judged.accuracy
              << "; of the validation part at the end";
    for (const auto& [name, value] : history.back().metrics) std::cout << ", " << name << ' ' << value;
    // At the end of a training gradients are small beside what they change.
    at::gradients gradient{net, at::cross_entropy{}};
    gradient(parts.train.samples, parts.train.labels);
    const at::gradient_summary slopes = at::summarize_gradients(net, gradient.data());
    std::cout << "\n\n" << slopes << '\n';

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
    lesson.claim("the rate was lowered", lowered > 0 && history.back().rate < history.front().rate);
    lesson.claim("a digit is among the two likeliest classes more often than the likeliest",
                 history.back().metrics[1].second > *history.back().validation_accuracy);
    lesson.claim(
        "the tables have a row for each epoch and update",
        at::read_csv(lesson.file("epochs.csv"), {.missing = 0.0}).values.shape()[0] == history.size() &&
            at::read_csv(lesson.file("updates.csv")).values.shape()[0] == trainer.counters().updates);
    lesson.claim("no filter and no class is dead",
                 std::ranges::all_of(slopes.rows, [](const at::gradient_row& row) { return row.dead == 0; }));
    lesson.claim("every fold is classified 90 % right after ten epochs",
                 *std::min_element(accuracies.begin(), accuracies.end()) > 0.9);
    return lesson.end();
}
