// SPDX-License-Identifier: BSL-1.0
// A large network and 500 digits, a fifth of them with a wrong label: without dropout it learns those by heart.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/plotting/training_pictures.hpp>
#include <archetype/training.hpp>

using plain = at::network<at::input<8, 8, 1>, at::flatten, at::dense<256>, at::relu, at::dense<256>, at::relu,
                          at::dense<10>, at::softmax>;
using dropped =
    at::network<at::input<8, 8, 1>, at::flatten, at::dropout<0.2>, at::dense<256>, at::relu, at::dropout<0.5>,
                at::dense<256>, at::relu, at::dropout<0.5>, at::dense<10>, at::softmax>;
static_assert(at::parameter_count<plain> == 85'002 && at::parameter_count<dropped> == 85'002);

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    auto [train, held_out] = at::random_split(at::read_digits(lesson::data()), 500, 1);
    for (std::size_t i = 0; i < train.size(); i += 5)
        train.labels(i) = (train.labels(i) + 1 + static_cast<int>(i) % 9) % 10;
    const auto learn = [&]<class Net>(at::model<Net> net) {
        at::trainer trainer{net, at::cross_entropy{}, at::adam{}, at::seed{2}};
        return trainer.fit(train,
                           {.epochs = 60, .validation = &held_out, .progress = at::progress_style::silent});
    };
    const at::history without = learn(at::model<plain>{at::seed{1}}),
                      with = learn(at::model<dropped>{at::seed{1}});
    lesson.show(at::learning_curves(without, "Without dropout").log_y(), "dropout_without.png");
    lesson.show(at::learning_curves(with, "With dropout").log_y(), "dropout_with.png");

    const double accuracy_without = *without.back().validation_accuracy,
                 accuracy_with = *with.back().validation_accuracy;
    std::cout << "accuracy on other digits, rightly labelled: " << accuracy_without << " without, "
              << accuracy_with << " with dropout\n";
    lesson.claim("without dropout the wrong labels are learnt", without.back().loss < 0.2);
    lesson.claim("with dropout they are not", with.back().loss > 0.6);
    lesson.claim("other digits: fewer than half as many errors",
                 1 - accuracy_with < (1 - accuracy_without) / 2);
    return lesson.end();
}
