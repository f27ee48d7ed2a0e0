// SPDX-License-Identifier: BSL-1.0
// How much alcohol a wine has, from its 12 other measurements. Half of the wines were measured badly: weights of samples say so. And what
// is said where the rate is too large.
#include "lesson.hpp"

#include <archetype/data/regression.hpp>
#include <archetype/data/scikit_learn.hpp>
#include <archetype/statistics/normalization.hpp>
#include <archetype/training.hpp>
#include <archetype/training/epoch_metrics.hpp>

using net = at::network<at::input<12>, at::dense<16>, at::relu, at::dense<1>>;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    // A table of one's own: split_targets(read_csv("wines.csv"), {"alcohol"}). Here it is the first column.
    const at::regression_table wines = at::split_targets(at::read_wine(lesson::data()), {0});
    const std::vector<std::size_t> order = at::shuffled_order(wines.samples.shape()[0], 1);
    const auto rows = [&](const xt::xtensor<double, 2>& of, std::size_t first, std::size_t last) {
        auto taken = xt::xtensor<double, 2>::from_shape({last - first, of.shape()[1]});
        for (std::size_t i = first; i < last; ++i)
            xt::view(taken, i - first, xt::all()) = xt::view(of, order[i], xt::all());
        return taken;
    };
    const at::statistics::gaussian_normalization normal(rows(wines.samples, 0, 110));
    const xt::xtensor<double, 2> x = normal.transform(rows(wines.samples, 0, 110)),
                                 others = normal.transform(rows(wines.samples, 110, order.size())),
                                 alcohol = rows(wines.targets, 110, order.size()) - 13;
    xt::xtensor<double, 2> y = rows(wines.targets, 0, 110) - 13;  // about 0, where training begins
    // Errors of deviation 1.5 or 0.2: the weight is the inverse variance, in parts of its mean.
    const auto noise = normal_noise(y.size(), 1);
    std::vector<double> weights(y.size());
    const double mean = (1 / (1.5 * 1.5) + 1 / (0.2 * 0.2)) / 2;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double deviation = i % 2 == 0 ? 1.5 : 0.2;
        y(i, 0) += deviation * noise(i);
        weights[i] = 1 / (deviation * deviation) / mean;
    }

    at::plot picture("Alcohol of other wines", "epoch", "mean error in percent of alcohol");
    const auto learn = [&](const char* name, const std::vector<double>& of_samples) {
        at::model<net> model{at::seed{1}};
        at::trainer trainer{model, at::mean_squared_error{}, at::adam{.rate = 3e-3}, at::seed{2}};
        const at::history history =
            trainer.fit(x, y,
                        {.epochs = 100,
                         .batch = 22,
                         .l2 = 0.03,
                         .sample_weights = of_samples,
                         .progress = at::progress_style::silent,
                         .callbacks = {at::metrics_of_epochs(model, others, alcohol,
                                                             {at::mae_metric(), at::r2_metric()})}});
        std::vector<double> epochs, errors;
        for (const at::epoch_report& report : history) {
            epochs.push_back(static_cast<double>(report.epoch));
            errors.push_back(report.metrics[0].second);
        }
        picture.line(epochs, errors, name);
        std::cout << name;
        for (const auto& [metric, value] : history.back().metrics)
            std::cout << ", " << metric << ' ' << value;
        std::cout << '\n';
        return std::pair{history.back().metrics[0].second, history.back().metrics[1].second};
    };
    const auto [plain_error, plain_share] = learn("all wines alike", {});
    const auto [error, share] = learn("with weights", weights);
    lesson.show(picture, "regression.png");

    std::string message;
    try {
        at::model<net> model{at::seed{1}};
        at::trainer hasty{model, at::mean_squared_error{}, at::sgd{.rate = 1}};
        hasty.fit(x, y, {.epochs = 100, .progress = at::progress_style::silent});
    } catch (const at::training_diverged& diverged) {
        message = diverged.what();
        std::cout << message << "\n\n";
    }
    lesson.claim("weights make the error less by more than a tenth", error < 0.9 * plain_error);
    lesson.claim("they explain a fifth more of the variance", share > plain_share + 0.2);
    lesson.claim("a rate of 1 diverges, and the message names a layer",
                 message.find("layer dense_1 (dense)") != std::string::npos);
    return lesson.end();
}
