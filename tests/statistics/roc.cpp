// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/roc.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <xtensor/xview.hpp>
#include "compare.hpp"
#include "iris.hpp"
#include "iris_references.hpp"

namespace st = archetype::statistics;
using Catch::Equals;
using labels = xt::xtensor<int, 1>;

static_assert(st::gaussian_area_under_curve(0) == 0.5);
static_assert(st::gaussian_detection(1, 0) == 0 && st::gaussian_detection(1, 1) == 1);

namespace {
struct detection_data {
    st::vector scores;
    labels truth;
};

/// Half of the scores without signal, half with one that moves them by `separation`.
detection_data simulated(std::size_t count, double separation, std::uint64_t seed) {
    const st::matrix noise = normal_samples(count, 1, seed);
    detection_data data{st::vector::from_shape({count}), labels::from_shape({count})};
    for (std::size_t i = 0; i < count; ++i) {
        data.truth(i) = i % 2 == 0 ? 0 : 1;
        data.scores(i) = noise(i, 0) + separation * data.truth(i);
    }
    return data;
}
}  // namespace

TEST_CASE("a curve by hand") {
    const auto curve =
        st::receiver_operating_characteristic(st::vector{0.1, 0.4, 0.35, 0.8}, labels{0, 0, 1, 1});
    CHECK(curve.threshold ==
          std::vector<double>{std::numeric_limits<double>::infinity(), 0.8, 0.4, 0.35, 0.1});
    CHECK(curve.false_alarm == std::vector<double>{0, 0, 0.5, 0.5, 1});
    CHECK(curve.detection == std::vector<double>{0, 0.5, 0.5, 1, 1});
    CHECK(curve.area() == 0.75);
    CHECK(st::area_under_curve(st::vector{1, 1, 1}, labels{0, 1, 0}) == 0.5);
    CHECK(st::area_under_curve(st::vector{1, 2, 3}, xt::xtensor<bool, 1>{false, false, true}) == 1);
    CHECK(st::area_under_curve(st::vector{3, 2, 1}, labels{0, 0, 1}) == 0);
}

TEST_CASE("the area counts pairs in the right order") {
    auto data = simulated(300, 0.7, 8);
    for (double& score : data.scores) score = std::round(4 * score);  // ties
    double pairs = 0;
    for (std::size_t i = 0; i < 300; i += 2)
        for (std::size_t j = 1; j < 300; j += 2)
            pairs += data.scores(j) > data.scores(i) ? 1 : data.scores(j) == data.scores(i) ? 0.5 : 0;
    CHECK(st::area_under_curve(data.scores, data.truth) == Approx(pairs / (150.0 * 150)).epsilon(1e-12));
}

TEST_CASE("two unit normals d apart: area Phi(d / sqrt 2), detection Phi(d + Phi^-1(level))") {
    for (double d : {0.0, 1.0, 2.5}) {
        const auto data = simulated(40000, d, 9);
        const auto curve = st::receiver_operating_characteristic(data.scores, data.truth);
        const double closed = std::erfc(-d / 2) / 2;
        CHECK(st::gaussian_area_under_curve(d) == Approx(closed).epsilon(1e-14));
        CHECK(curve.area() == Approx(closed).margin(0.01));
        for (std::size_t i = 1; i < curve.threshold.size(); i += 97)
            if (curve.false_alarm[i] > 0.02)  // below, the curve is too steep for so few samples
                CHECK(curve.detection[i] ==
                      Approx(st::gaussian_detection(d, curve.false_alarm[i])).margin(0.025));
        // the closed curve by the trapezoidal rule
        double area = 0;
        for (int i = 0; i < 10000; ++i)
            area += (st::gaussian_detection(d, i / 1e4) + st::gaussian_detection(d, (i + 1) / 1e4)) / 2e4;
        CHECK(area == Approx(closed).epsilon(1e-3));
    }
}

TEST_CASE("Neyman-Pearson thresholds") {
    st::vector scores = st::vector::from_shape({100});
    for (std::size_t i = 0; i < 100; ++i) scores(i) = static_cast<double>((i * 37) % 100 + 1);
    CHECK(st::neyman_pearson_threshold(scores, 0.05) == 95);
    CHECK(st::neyman_pearson_threshold(scores, 0.29) == 71);
    CHECK(st::neyman_pearson_threshold(scores, 0.059) == 95);
    CHECK(st::neyman_pearson_threshold(scores, 0) == 100);
    CHECK(st::neyman_pearson_threshold(scores, 1) == -std::numeric_limits<double>::infinity());
    // ties: never more alarms than allowed
    CHECK(st::neyman_pearson_threshold(st::vector{1, 2, 2, 2}, 0.5) == 2);

    CHECK(st::gaussian_threshold(0, 1, 0.05) == Approx(1.6448536269514722).epsilon(1e-14));
    CHECK(st::gaussian_threshold(3, 2, 0.05) == Approx(3 + 2 * 1.6448536269514722).epsilon(1e-14));
    const auto data = simulated(40000, 1.2, 10);
    const st::vector noise = xt::view(data.scores, xt::range(0, 40000, 2));
    CHECK(st::neyman_pearson_threshold(noise, 0.1) == Approx(st::gaussian_threshold(0, 1, 0.1)).margin(0.04));
    // no other threshold of the level detects more
    const double threshold = st::gaussian_threshold(0, 1, 0.1);
    double detections = 0;
    for (std::size_t i = 1; i < 40000; i += 2) detections += data.scores(i) > threshold ? 1 : 0;
    CHECK(detections / 20000 == Approx(st::gaussian_detection(1.2, 0.1)).margin(0.01));
}

TEST_CASE("iris classes 1 and 2 by sepal length, by scikit-learn") {
    const auto iris = read_iris();
    if (!iris) {
        WARN("skipped: python3-sklearn with its iris.csv is not installed");
        return;
    }
    CHECK(st::area_under_curve(xt::view(iris->samples, xt::range(50, 150), 0),
                               xt::view(iris->labels, xt::range(50, 150)) - 1) ==
          Approx(iris_references::area_under_curve).epsilon(1e-12));
}

TEST_CASE("curves and thresholds refuse wrong input") {
    const std::string name = "receiver_operating_characteristic: expected ";
    CHECK_THROWS_WITH(st::area_under_curve(st::vector{1, 2}, labels{0, 2}),
                      Equals(name + "labels to be 0 or more and below 2, found 2 at index 1"));
    CHECK_THROWS_WITH(st::area_under_curve(st::vector{1, 2}, labels{-1, 1}),
                      Equals(name + "labels to be 0 or more and below 2, found -1 at index 0"));
    CHECK_THROWS_WITH(st::area_under_curve(st::vector{1, 2}, labels{1, 1}),
                      Equals(name + "labels to hold both 0 and 1, found only 1"));
    CHECK_THROWS_WITH(st::area_under_curve(st::vector{1, 2}, labels{1}),
                      Equals(name + "labels to have length 2, found 1"));
    CHECK_THROWS_WITH(st::area_under_curve(st::vector{1, std::nan("")}, labels{0, 1}),
                      Equals(name + "scores to be finite, found nan at [1][0]"));
    CHECK_THROWS_WITH(st::neyman_pearson_threshold(st::vector{1, 2}, 1.5),
                      Equals("neyman_pearson_threshold: expected level to be between 0 and 1, found 1.5"));
    const st::vector none = st::vector::from_shape({0});
    CHECK_THROWS_WITH(
        st::neyman_pearson_threshold(none, 0.5),
        Equals("neyman_pearson_threshold: expected scores_without_signal to have elements, found [0][1]"));
    CHECK_THROWS_WITH(st::gaussian_threshold(0, 0, 0.5),
                      Equals("gaussian_threshold: expected deviation to be positive and finite, found 0"));
}
