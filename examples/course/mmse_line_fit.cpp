// SPDX-License-Identifier: BSL-1.0
// The affine estimator with the least mean square error: in closed form, by steepest descent, and by LMS.
#include "lesson.hpp"

#include <archetype/statistics/estimation.hpp>
#include <archetype/statistics/linear_descent.hpp>
namespace st = archetype::statistics;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const st::vector x = normal_noise(200, 1), noise = normal_noise(200, 2);
    const st::vector y = 2.0 * x + 1.0 + 0.5 * noise;

    // Closed form: F = K_yx / K_x, b = m_y - F m_x; the error is K_y - K_yx K_xy / K_x.
    const st::linear_estimator line = st::affine_mmse(x, y);
    std::cout << "closed form       y = " << line.weights(0, 0) << " x + " << line.offset(0) << ", error "
              << line.error << '\n';

    // Step by step: a constant input makes the linear model affine.
    const st::matrix inputs = st::with_constant(x);
    const st::joint_moments moments = st::moments(inputs, y);
    const double rate = st::largest_stable_rate(moments) / 4;
    const st::descent_result steepest = st::steepest_descent(moments, rate, 40);
    const st::descent_result lms =
        st::least_mean_squares(inputs, y, {.rate = 0.05, .decay = 0.01, .epochs = 40, .seed = 3});
    std::cout << "steepest descent  y = " << steepest.weights(0, 0) << " x + " << steepest.weights(0, 1)
              << '\n'
              << "LMS               y = " << lms.weights(0, 0) << " x + " << lms.weights(0, 1) << "\n\n";

    const st::vector ends{-3, 3}, heights = line.weights(0, 0) * ends + line.offset(0);
    lesson.show(at::plot("Affine MMSE", "x", "y").points(x, y, "samples").line(ends, heights, "estimate"),
                "mmse_line_fit.png");
    const auto steps = evenly(0, 40, 41);
    lesson.show(at::plot("Steepest descent", "step", "mean square error")
                    .line(steps, steepest.errors, "descent")
                    .line(st::vector{0, 40}, st::vector{line.error, line.error}, "least error"),
                "mmse_descent.png");

    const auto near = [](double a, double b, double margin) { return std::abs(a - b) < margin; };
    lesson.claim("the least error is the noise's variance, 0.25, but for chance",
                 near(line.error, 0.25, 0.05));
    lesson.claim("steepest descent goes to the closed form",
                 near(steepest.weights(0, 0), line.weights(0, 0), 1e-4));
    lesson.claim("LMS ends near it", near(lms.weights(0, 0), line.weights(0, 0), 0.05));
    return lesson.end();
}
