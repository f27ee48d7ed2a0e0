// SPDX-License-Identifier: BSL-1.0
// One network, two questions about a digit: which it is, and how much ink it has. Each output has a loss and a weight.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/training.hpp>
#include <archetype/training/several_losses.hpp>

using net = at::network<at::input<8, 8, 1>, at::flatten, at::dense<32>, at::relu,
                        at::side_output<"ink", at::dense<1>>, at::dense<10>, at::softmax>;
using both = at::losses<at::cross_entropy, at::mean_squared_error>;
static_assert(at::learnable<net, both>);
// With one loss the second output would stay untrained: the compiler says so.
static_assert(at::training_fault_of<net, at::cross_entropy>.broken == at::rule::output_without_a_loss);

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const at::dataset digits = at::read_digits(lesson::data());
    auto ink = xt::xtensor<float, 2>::from_shape({digits.size(), 1});
    for (std::size_t n = 0; n < digits.size(); ++n) {
        ink(n, 0) = 0;
        for (std::size_t i = 0; i < 64; ++i) ink(n, 0) += digits.samples.data()[64 * n + i] / 16;
    }
    const std::tuple targets{digits.labels, ink};
    const auto learn = [&](double weight) {
        at::model<net> model{at::seed{1}};
        const both each{std::tuple{at::cross_entropy{}, at::mean_squared_error{}}, {1, weight}};
        at::trainer trainer{model, each, at::adam{.rate = 3e-3}, at::seed{2}};
        trainer.fit(digits.samples, targets, {.epochs = 10, .progress = at::progress_style::silent});
        return trainer.evaluate(digits.samples, targets);
    };
    for (const double weight : {0.0, 1.0, 10.0}) {
        const at::evaluations found = learn(weight);
        std::cout << "weight " << weight << ": accuracy " << found.outputs[0].accuracy
                  << ", squared error of the ink " << found.outputs[1].loss << '\n';
        if (weight == 0) lesson.claim("with weight 0 the ink is not learnt", found.outputs[1].loss > 0.05);
        if (weight == 1)
            lesson.claim("with weight 1 both are",
                         found.outputs[0].accuracy > 0.95 && found.outputs[1].loss < 0.05);
        if (weight == 10)
            lesson.claim("and with weight 10",
                         found.outputs[0].accuracy > 0.95 && found.outputs[1].loss < 0.02);
    }
    return lesson.end();
}
