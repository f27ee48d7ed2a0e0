// SPDX-License-Identifier: BSL-1.0
// Information: what the compiler knows of dice, and the entropy of a coin.
#include "lesson.hpp"

#include <archetype/statistics/entropy.hpp>
#include <array>
#include <vector>
namespace st = archetype::statistics;

constexpr std::array fair{1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6};
constexpr std::array loaded{0.4, 0.1, 0.01, 0.09, 0.25, 0.15};
constexpr bool near(double a, double b) { return a - b < 5e-5 && b - a < 5e-5; }

static_assert(near(st::entropy(fair), 2.58496));  // log2 6: the most that six sides can have
static_assert(near(st::entropy(loaded), 2.15061));
static_assert(st::entropy({1.0, 0.0}) == 0);  // no surprise
static_assert(near(st::cross_entropy(loaded, fair), 2.58496));
static_assert(near(st::kullback_leibler_divergence(loaded, fair),
                   st::cross_entropy(loaded, fair) - st::entropy(loaded)));
static_assert(near(st::entropy({0.5, 0.5}, st::information_unit::nats), 0.69315));
static_assert(st::kullback_leibler_divergence(loaded, fair) != st::kullback_leibler_divergence(fair, loaded));

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    std::cout << "a fair die has " << st::entropy(fair) << " bits, a loaded one " << st::entropy(loaded)
              << "\n\n";

    std::vector<double> chances, entropies, believed;
    for (int percent = 1; percent < 100; ++percent) {
        const double p = percent / 100.0;
        chances.push_back(p);
        entropies.push_back(st::binary_cross_entropy(p, p));
        believed.push_back(st::binary_cross_entropy(p, 0.7));
    }
    lesson.show(at::plot("A coin that shows heads with probability p", "p", "bits")
                    .line(chances, entropies, "entropy")
                    .line(chances, believed, "cross-entropy of one who believes in 0.7"),
                "entropy_of_dice.png");
    bool above = true;
    for (std::size_t i = 0; i < chances.size(); ++i) above = above && believed[i] >= entropies[i] - 1e-12;
    lesson.claim("cross-entropy is never below entropy", above);
    return lesson.end();
}
