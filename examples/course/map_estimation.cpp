// SPDX-License-Identifier: BSL-1.0
// How likely does a coin show heads? The share seen so far (ML), and the same with a prior belief (MAP).
#include "lesson.hpp"

#include <archetype/statistics/parameter_estimation.hpp>
#include <vector>
#include <xtensor/xview.hpp>
namespace st = archetype::statistics;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const std::size_t tosses = 200;
    std::mt19937 random(5);
    xt::xtensor<int, 1> heads = xt::zeros<int>({tosses});
    for (int& toss : heads) toss = random() % 10 < 7 ? 1 : 0;  // 0.7, but nobody knows

    const st::beta prior{10, 10};  // as if nine of eighteen tosses had shown heads before
    std::vector<double> ml, map;
    for (std::size_t n = 1; n <= tosses; ++n) {
        const auto seen = xt::view(heads, xt::range(0, n));
        ml.push_back(st::bernoulli_ml(seen));
        map.push_back(st::bernoulli_map(seen, prior));
    }
    const auto n = evenly(1, tosses, tosses);
    lesson.show(at::plot("Probability of heads", "tosses", "estimate")
                    .line(n, ml, "maximum likelihood")
                    .line(n, map, "maximum a posteriori")
                    .line(xt::xtensor<double, 1>{1, 200}, xt::xtensor<double, 1>{0.7, 0.7}, "true"),
                "map_estimation.png");
    const double expected = (ml.back() * 200 + 9) / (200 + 18);
    lesson.claim("MAP is (heads + a - 1) / (tosses + a + b - 2)", std::abs(map.back() - expected) < 1e-12);
    lesson.claim("after one toss ML is sure, MAP is not",
                 (ml[0] == 0 || ml[0] == 1) && map[0] > 0.4 && map[0] < 0.6);
    lesson.claim("after 200 tosses they agree within 0.03", std::abs(ml.back() - map.back()) < 0.03);
    return lesson.end();
}
