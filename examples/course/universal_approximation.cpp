// SPDX-License-Identifier: BSL-1.0
// One hidden layer can come as near to a continuous function as one likes, if it is wide enough.
#include "lesson.hpp"

#include <archetype/training.hpp>
#include <vector>
namespace hana = boost::hana;

template <std::size_t Width>
using approximator = at::network<at::input<1>, at::dense<Width>, at::tanh, at::dense<1>>;

double wanted(double x) { return std::sin(3 * x) + 0.5 * std::cos(9 * x); }

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const auto x = evenly(-1.5, 1.5, 256);
    xt::xtensor<double, 2> samples = xt::view(x, xt::all(), xt::newaxis()), targets = samples;
    for (double& value : targets) value = wanted(value);

    at::plot functions("sin 3x + cos(9x) / 2", "x", "y");
    functions.points(x, xt::xtensor<double, 1>(xt::view(targets, xt::all(), 0)), "wanted");
    std::vector<double> widths, errors;
    const auto fit = [&]<std::size_t Width>(std::integral_constant<std::size_t, Width>) {
        at::model<approximator<Width>> net{at::seed{1}};
        // The neurons' steps begin spread over the interval; with biases of 0 all would be in its middle.
        auto parameters = at::parameters(net);
        auto& slopes = hana::second(parameters[hana::size_c<0>]);
        auto& biases = hana::second(parameters[hana::size_c<1>]);
        for (std::size_t i = 0; i < Width; ++i) {
            const float centre = 3 * (static_cast<float>(i) + 0.5f) / Width - 1.5f;
            slopes(0, i) = std::copysign(2 + Width / 4.f, slopes(0, i));  // the more there are, the steeper
            biases(i) = -slopes(0, i) * centre;
        }
        at::trainer trainer{net, at::mean_squared_error{}, at::adam{}};
        const std::size_t epochs = 1000;
        trainer.fit(samples, targets,
                    {.epochs = epochs,
                     .batch = 16,
                     .schedule = at::cosine_restarts{.rate = 0.02, .period = 16 * epochs},
                     .progress = at::progress_style::silent});
        widths.push_back(static_cast<double>(Width));
        errors.push_back(std::sqrt(trainer.evaluate(samples, targets)));
        std::cout << "width " << Width << ": root of the mean square error " << errors.back() << '\n';
        const xt::xtensor<float, 2> made = net(xt::cast<float>(samples));
        if (Width == 4 || Width == 32)
            functions.line(x, xt::xtensor<double, 1>(xt::view(made, xt::all(), 0)),
                           "width " + std::to_string(Width));
    };
    fit(std::integral_constant<std::size_t, 1>{});
    fit(std::integral_constant<std::size_t, 2>{});
    fit(std::integral_constant<std::size_t, 4>{});
    fit(std::integral_constant<std::size_t, 8>{});
    fit(std::integral_constant<std::size_t, 16>{});
    fit(std::integral_constant<std::size_t, 32>{});
    lesson.show(functions, "approximated_functions.png");
    lesson.show(at::plot("Error against width", "width", "error").line(widths, errors).log_x().log_y(),
                "universal_approximation.png");
    bool falling = true;
    for (std::size_t i = 1; i < errors.size(); ++i) falling = falling && errors[i] < errors[i - 1];
    lesson.claim("every doubling of the width makes the error smaller", falling);
    lesson.claim("32 neurons come within 0.005", errors.back() < 0.005);
    return lesson.end();
}
