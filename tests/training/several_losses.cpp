// SPDX-License-Identifier: BSL-1.0
// A loss, targets and a weight for each output: sums by their formulas, gradients by central differences.
#include <archetype/training/gradients.hpp>
#include <archetype/training/several_losses.hpp>
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <cmath>

#include "execution/numbers.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {

/// Three classes at the end, two values beside them, and a side output that is a probability of two classes.
using net = at::network<at::input<5>, at::dense<6>, at::tanh, at::side_output<"values", at::dense<2>>,
                        at::side_output<"side", at::dense<2>, at::softmax>, at::dense<3>>;
using two = at::losses<at::cross_entropy, at::mean_squared_error>;
using three = at::losses<at::cross_entropy, at::mean_squared_error, at::cross_entropy>;
using unused = at::losses<at::cross_entropy, at::no_loss, at::no_loss>;
using too_many = at::losses<at::cross_entropy, at::no_loss, at::no_loss, at::no_loss>;
using bounded = at::network<at::input<5>, at::dense<6>, at::tanh,
                            at::side_output<"side", at::dense<2>, at::sigmoid>, at::dense<3>>;

// An output without a loss is an error, and so is a loss without an output; each output is judged by its own.
static_assert(at::learnable<net, three> && at::learnable<net, unused>);
static_assert(at::training_fault_of<net, at::cross_entropy>.broken == at::rule::output_without_a_loss);
static_assert(at::training_fault_of<net, at::cross_entropy>.layer == 3);
static_assert(at::training_fault_of<net, two>.broken == at::rule::output_without_a_loss);
static_assert(at::training_fault_of<net, too_many>.broken == at::rule::loss_without_an_output);
static_assert(at::training_fault_of<bounded, at::losses<at::cross_entropy, at::cross_entropy>>.broken ==
              at::rule::scores_have_bounds);
static_assert(at::learnable<bounded, two>);

const xt::xtensor<int, 1> labels{0, 2, 1, 1}, sides{1, 0, 0, 1};
const xt::xtensor<double, 2> values{{0.5, -1}, {0, 0.25}, {1, 1}, {-0.5, 2}};
constexpr auto silent = at::progress_style::silent;
const three weighted{std::tuple{at::cross_entropy{}, at::mean_squared_error{}, at::cross_entropy{}},
                     {1, 0.3, 2}};

}  // namespace

TEST_CASE("the loss of several outputs is the sum of weight times loss") {
    at::model<net, double> model;
    numbers::set_parameters(model);
    auto samples = numbers::samples<net, double>(4);
    at::gradients gradient{model, weighted};
    const double found = gradient(samples, std::tuple{labels, values, sides});
    const auto [end, beside, side] = model(samples);
    double of_end = 0, of_values = 0, of_side = 0;
    for (std::size_t n = 0; n < 4; ++n) {
        double sum = 0;
        for (std::size_t c = 0; c < 3; ++c) sum += std::exp(end(n, c));
        of_end += (std::log(sum) - end(n, static_cast<std::size_t>(labels(n)))) / 4;
        for (std::size_t c = 0; c < 2; ++c) of_values += std::pow(beside(n, c) - values(n, c), 2) / 8;
        of_side -= std::log(side(n, static_cast<std::size_t>(sides(n)))) / 4;
    }
    CHECK(found == Approx(of_end + 0.3 * of_values + 2 * of_side).epsilon(1e-12));

    const std::vector<double> slopes(gradient.data(), gradient.data() + model.trainable_size());
    double apart = 0;
    for (std::size_t i = 0; i < slopes.size(); ++i) {
        double& variable = model.data()[i];
        const double middle = variable;
        variable = middle + 1e-5;
        const double above = gradient(samples, std::tuple{labels, values, sides});
        variable = middle - 1e-5;
        const double below = gradient(samples, std::tuple{labels, values, sides});
        variable = middle;
        apart = std::max(apart, std::abs(slopes[i] - (above - below) / 2e-5));
    }
    CHECK(apart < 1e-8);

    at::trainer trainer{model, weighted, at::sgd{.rate = 0.1}};
    const at::evaluations judged = trainer.evaluate(samples, std::tuple{labels, values, sides});
    CHECK(judged.loss == Approx(found).epsilon(1e-12));
    CHECK(judged.outputs[0].loss == Approx(of_end).epsilon(1e-12));
    CHECK(judged.outputs[1].loss == Approx(of_values).epsilon(1e-12));
    CHECK(std::isnan(judged.outputs[1].accuracy));
    CHECK(judged.outputs[2].loss == Approx(of_side).epsilon(1e-12));
    CHECK(judged.outputs[2].confusion.total() == 4);

    // Half of the loss by halves of the weights of samples; probabilities as targets are the same as class numbers.
    const auto report = trainer.fit(samples, std::tuple{labels, values, sides},
                                    {.sample_weights = {0.5, 0.5, 0.5, 0.5}, .progress = silent});
    CHECK(report[0].loss == Approx(found / 2).epsilon(1e-12));
    CHECK(report[0].outputs[1].loss == Approx(of_values / 2).epsilon(1e-12));
}

TEST_CASE("several outputs are trained, each with its metrics") {
    at::model<net> model{at::seed{3}};
    at::trainer trainer{model, weighted, at::adam{.rate = 0.02}};
    const auto samples = numbers::samples<net, float>(4);
    const std::tuple targets{labels, values, sides};
    const xt::xtensor<double, 2> shares{{0, 1}, {1, 0}, {1, 0}, {0, 1}};
    const auto history = trainer.fit(
        samples, targets,
        {.epochs = 400, .validation = {samples, std::tuple{labels, values, shares}}, .progress = silent});
    const at::epoch_report& last = history.back();
    REQUIRE(last.outputs.size() == 3);
    CHECK(last.outputs[0].accuracy.value() == 1);
    CHECK(!last.outputs[1].accuracy);
    CHECK(last.outputs[1].validation_loss.value() < 1e-2);
    CHECK(last.outputs[2].accuracy.value() == 1);
    CHECK(!last.outputs[2].validation_accuracy);
    CHECK(at::progress::line_text(last).find("output 2 validation loss 0.0") != std::string::npos);
    CHECK(trainer.evaluate(samples, targets).outputs[2].accuracy == 1);

    CHECK_THROWS_WITH(trainer.fit(samples, std::tuple{labels, values}),
                      Contains("targets of 3 outputs, found 2"));
    CHECK_THROWS_WITH(trainer.fit(samples, std::tuple{labels, values, values}, {.progress = silent}),
                      Contains("probability"));
    CHECK_THROWS_WITH(trainer.fit(samples, std::tuple{labels, sides, values}),
                      Contains("targets of output 2 of shape (n, 2), found (4)"));
    CHECK_THROWS_WITH(trainer.fit(samples, targets, {.validation = {samples, labels}}),
                      Contains("validation targets of several outputs"));
    CHECK_THROWS_WITH(trainer.fit(samples, targets, {.class_weights = {1, 2, 3}}), Contains("class weights"));
    CHECK_THROWS_WITH(
        (at::trainer{
            model,
            three{std::tuple{at::cross_entropy{}, at::mean_squared_error{}, at::cross_entropy{}}, {1, -1, 1}},
            at::sgd{}}),
        Contains("weight"));
}

TEST_CASE("no_loss leaves an output as it is") {
    at::model<net> model{at::seed{3}};
    at::gradients gradient{model, unused{}};
    const auto samples = numbers::samples<net, float>(4);
    gradient(samples, std::tuple{labels});
    at::gradients alone{model, at::cross_entropy{}};
    alone(samples, labels);
    for (std::size_t i = 0; i < model.trainable_size(); ++i) CHECK(gradient.data()[i] == alone.data()[i]);
}
