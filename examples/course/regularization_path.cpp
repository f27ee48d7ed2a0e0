// SPDX-License-Identifier: BSL-1.0
// Ridge regression: weights shrink as the penalty grows. One point of the path is also found by training a network.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/statistics/normalization.hpp>
#include <archetype/statistics/parameter_estimation.hpp>
#include <archetype/training.hpp>
#include <vector>
namespace st = archetype::statistics;

using linear = at::network<at::input<10>, at::dense<1, at::no_bias>>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const at::regression_data diabetes = at::read_diabetes(lesson::data());
    const st::gaussian_normalization normal(diabetes.samples);
    const st::matrix x = normal.transform(diabetes.samples);
    const st::vector y = st::gaussian_normalization(diabetes.targets).transform(diabetes.targets);
    const auto samples = static_cast<double>(x.shape()[0]);

    std::vector<double> lambdas;
    std::vector<std::vector<double>> paths(10);
    for (double lambda = 0.1; lambda < 1e5; lambda *= 1.3) {
        const st::vector weights = st::ridge_regression(x, y, lambda);
        lambdas.push_back(lambda);
        for (std::size_t i = 0; i < 10; ++i) paths[i].push_back(weights(i));
    }
    at::plot picture("Ridge regression of diabetes", "lambda", "weight");
    const char* names[] = {"age", "sex", "bmi", "pressure", "s1", "s2", "s3", "s4", "s5", "s6"};
    for (std::size_t i = 0; i < 10; ++i) picture.line(lambdas, paths[i], names[i]);
    lesson.show(picture.log_x(), "regularization_path.png");

    // The loss is a mean over samples, so its penalty l2 is lambda / samples.
    const double lambda = 44.2;
    at::model<linear> net{at::seed{1}};
    at::trainer trainer{net, at::mean_squared_error{}, at::sgd{.rate = 0.05, .momentum = 0.9}};
    const xt::xtensor<double, 2> targets = xt::view(y, xt::all(), xt::newaxis());
    trainer.fit(
        x, targets,
        {.epochs = 600, .batch = 442, .l2 = lambda / samples, .progress = at::progress_style::silent});
    const st::vector closed = st::ridge_regression(x, y, lambda);
    double largest = 0;
    for (std::size_t i = 0; i < 10; ++i) largest = std::max(largest, std::abs(net.data()[i] - closed(i)));
    lesson.claim("training with l2 = lambda / n gives the closed form's weights", largest < 1e-3);
    lesson.claim("the norm falls with lambda", [&] {
        const auto squares = [&](std::size_t at) {
            double sum = 0;
            for (const auto& path : paths) sum += path[at] * path[at];
            return sum;
        };
        for (std::size_t i = 1; i < lambdas.size(); ++i)
            if (squares(i) >= squares(i - 1)) return false;
        return true;
    }());
    return lesson.end();
}
