// SPDX-License-Identifier: BSL-1.0
// Descent in a narrow valley, (w1 - 2)^2 + 9 (w2 - 3)^2: what the condition number does, and what momentum does about it.
#include "lesson.hpp"

#include <archetype/statistics/conditioning.hpp>
#include <vector>
#include <xtensor/xview.hpp>
namespace st = archetype::statistics;

constexpr auto cost = [](const std::array<double, 2>& w) {
    return (w[0] - 2) * (w[0] - 2) + 9 * (w[1] - 3) * (w[1] - 3);
};
static_assert(st::hessian<2>(cost)[0][0] == 2 && st::hessian<2>(cost)[1][1] == 18);

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const st::quadratic valley(st::hessian_matrix<2>(cost), st::vector{2, 3});
    const st::vector start{0, 0};
    const std::size_t steps = 30;
    const st::matrix plain = st::gradient_descent(valley, start, valley.best_rate(), steps);
    const st::matrix momentum =
        st::gradient_descent(valley, start, valley.best_momentum_rate(), steps, valley.best_momentum());

    const auto costs = [&](const st::matrix& path) {
        std::vector<double> values;
        for (std::size_t step = 0; step <= steps; ++step)
            values.push_back(cost({path(step, 0), path(step, 1)}));
        return values;
    };
    const auto column = [](const st::matrix& path, std::size_t c) {
        return st::vector(xt::view(path, xt::all(), c));
    };
    lesson.show(at::plot("Two ways to (2, 3)", "w1", "w2")
                    .line(column(plain, 0), column(plain, 1), "plain descent")
                    .line(column(momentum, 0), column(momentum, 1), "momentum"),
                "momentum_paths.png");
    lesson.show(at::plot("Cost", "step", "cost")
                    .line(evenly(0, steps, steps + 1), costs(plain), "plain descent")
                    .line(evenly(0, steps, steps + 1), costs(momentum), "momentum")
                    .log_y(),
                "momentum_cost.png");

    const double kappa = valley.condition_number();
    std::cout << "kappa " << kappa << ": a plain step leaves " << (kappa - 1) / (kappa + 1)
              << " of the distance, one with momentum in the long run " << std::sqrt(valley.best_momentum())
              << '\n';
    lesson.claim("kappa is 9", std::abs(kappa - 9) < 1e-12);
    lesson.claim("plain descent shrinks the cost by 0.8^2 in each step",
                 std::abs(costs(plain)[10] / costs(plain)[0] - std::pow(0.8, 20)) < 1e-9);
    lesson.claim("after 30 steps momentum is 1000 times nearer in cost",
                 1000 * costs(momentum)[30] < costs(plain)[30]);
    return lesson.end();
}
