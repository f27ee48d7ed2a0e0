// SPDX-License-Identifier: BSL-1.0
// One network, one start, one order of samples: nine optimizers, and Keras' form of Nesterov's.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/plotting/training_pictures.hpp>
#include <archetype/training.hpp>
#include <iomanip>

using classifier =
    at::network<at::input<8, 8, 1>, at::flatten, at::dense<32>, at::tanh, at::dense<10>, at::softmax>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const auto [train, held_out] = at::random_split(at::read_digits(lesson::data()), 1400, 1);
    at::plot picture("Training on digits", "epoch", "loss");
    double slowest = 0, best_accuracy = 0;

    const auto compare = [&](const std::string& name, auto optimizer) {
        at::model<classifier> net{at::seed{1}};
        at::trainer trainer{net, at::cross_entropy{}, optimizer, at::seed{2}};
        const at::history history =
            trainer.fit(train, {.epochs = 15, .batch = 32, .progress = at::progress_style::silent});
        std::vector<double> epochs, losses;
        for (const at::epoch_report& report : history) {
            epochs.push_back(static_cast<double>(report.epoch));
            losses.push_back(report.loss);
        }
        picture.line(epochs, losses, name);
        const double accuracy = trainer.evaluate(held_out).accuracy;
        std::cout << std::left << std::setw(20) << name << " loss " << std::setw(12) << losses.back()
                  << " accuracy on " << held_out.size() << " others " << accuracy << '\n';
        slowest = std::max(slowest, losses.back());
        best_accuracy = std::max(best_accuracy, accuracy);
        return losses.back();
    };
    const double plain = compare("sgd", at::sgd{.rate = 0.05});
    const double momentum = compare("momentum", at::classical_momentum{.rate = 0.05, .momentum = 0.9});
    const double ahead = compare("nesterov", at::nesterov{.rate = 0.05, .momentum = 0.9});
    const double keras =
        compare("nesterov of Keras", at::classical_momentum{.rate = 0.05, .momentum = 0.9, .nesterov = true});
    compare("adagrad", at::adagrad{.rate = 0.05});
    compare("rmsprop", at::rmsprop{.rate = 0.002});
    compare("adadelta", at::adadelta{});
    compare("adam", at::adam{.rate = 0.005});
    compare("adamax", at::adamax{.rate = 0.01});
    compare("adamw", at::adamw{.rate = 0.005});
    std::cout << '\n';
    lesson.show(picture.log_y(), "optimizers_compared.png");
    lesson.claim("momentum is faster than plain descent at the same rate", momentum < plain);
    lesson.claim("both forms of Nesterov's momentum take gradients at the same points",
                 std::abs(keras - ahead) < 1e-3 * ahead);
    lesson.claim("every one of them learns", slowest < 0.5);
    lesson.claim("the best classifies 95 % of digits it has not seen", best_accuracy > 0.95);
    return lesson.end();
}
