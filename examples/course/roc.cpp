// SPDX-License-Identifier: BSL-1.0
// Detecting a signal in noise: the receiver operating characteristic, and a threshold for a level of false alarms.
#include "lesson.hpp"

#include <archetype/statistics/roc.hpp>
#include <vector>
#include <xtensor/xview.hpp>
namespace st = archetype::statistics;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    at::plot curves("Receiver operating characteristic", "false alarms", "detections");
    for (const double separation : {0.5, 1.0, 2.0}) {
        // Scores are unit normal; a signal, present in the second half, moves them.
        st::vector scores = normal_noise(4000, 1);
        xt::xtensor<int, 1> signal = xt::zeros<int>({4000});
        xt::view(signal, xt::range(2000, 4000)) = 1;
        xt::view(scores, xt::range(2000, 4000)) += separation;

        const st::roc_curve curve = st::receiver_operating_characteristic(scores, signal);
        const double closed = st::gaussian_area_under_curve(separation);  // Phi(separation / sqrt 2)
        curves.line(curve.false_alarm, curve.detection,
                    "signal of " + std::to_string(separation).substr(0, 3));
        std::cout << "separation " << separation << ": area " << curve.area() << ", in closed form " << closed
                  << '\n';
        lesson.claim("the area is Phi(d / sqrt 2), but for chance", std::abs(curve.area() - closed) < 0.02);
    }
    lesson.show(curves, "roc.png");

    // Neyman and Pearson: of all tests with 5 % false alarms, the likelihood ratio's has the most detections.
    const double threshold = st::gaussian_threshold(0, 1, 0.05);
    std::cout << "5 % false alarms: threshold " << threshold
              << ", detections of a signal of 2: " << st::gaussian_detection(2, 0.05) << '\n';
    const double measured = st::neyman_pearson_threshold(normal_noise(20000, 2), 0.05);
    lesson.claim("a threshold from noise alone is near Phi^-1(0.95)", std::abs(measured - threshold) < 0.05);
    return lesson.end();
}
