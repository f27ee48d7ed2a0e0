// SPDX-License-Identifier: BSL-1.0
#include <archetype/training/metrics.hpp>
#include <catch.hpp>
#include <limits>
#include <sstream>
#include <xtensor/xmath.hpp>
#include <xtensor/xview.hpp>

namespace at = archetype;
using Catch::Contains;

namespace {
const float nan_value = std::numeric_limits<float>::quiet_NaN();
const xt::xtensor<float, 2> scores{
    {0.1f, 0.7f, 0.2f}, {0.5f, 0.3f, 0.2f}, {0.2f, 0.3f, 0.5f}, {0.4f, 0.4f, 0.2f}};
const xt::xtensor<std::int32_t, 1> labels{1, 2, 1, 0};
}  // namespace

TEST_CASE("accuracy and top-k accuracy") {
    // ranks of the labels' scores: 1, 3, 2, 1 (of the two equal ones the lower class comes first)
    CHECK(at::accuracy(scores, labels) == 0.5);
    CHECK(at::top_k_accuracy(scores, labels, 2) == 0.75);
    CHECK(at::top_k_accuracy(scores, labels, 3) == 1.0);
    CHECK(at::top_k_accuracy(scores, labels, 9) == 1.0);
    CHECK(at::accuracy(scores, xt::xtensor<std::size_t, 1>{1, 0, 2, 1}) == 0.75);
    // expressions
    CHECK(at::accuracy(-scores, labels) == 0.25);
    CHECK(at::accuracy(xt::view(scores, xt::range(0, 1)), xt::view(labels, xt::range(0, 1))) == 1.0);
    CHECK(std::isnan(at::accuracy(xt::view(scores, xt::range(0, 0)), xt::view(labels, xt::range(0, 0)))));
}

TEST_CASE("NaN never counts as right") {
    const xt::xtensor<float, 2> broken{{nan_value, nan_value}, {nan_value, 1.0f}, {1.0f, nan_value}};
    CHECK(at::accuracy(broken, xt::xtensor<int, 1>{0, 1, 1}) == 0.0);
    CHECK((at::predicted_classes(broken) == xt::xtensor<std::int32_t, 1>{-1, -1, -1}));
}

TEST_CASE("metrics refuse what does not fit") {
    CHECK_THROWS_WITH(at::accuracy(scores, xt::xtensor<int, 1>{1, 2, 3, 0}), Contains("found 3 at sample 2"));
    CHECK_THROWS_WITH(at::accuracy(scores, xt::xtensor<int, 1>{1, 2, -1, 0}),
                      Contains("found -1 at sample 2"));
    CHECK_THROWS_WITH(at::accuracy(scores, xt::xtensor<int, 1>{1, 2}), Contains("expected 4 labels"));
    CHECK_THROWS_WITH(at::accuracy(labels, labels), Contains("rank 1"));
    CHECK_THROWS_AS(at::top_k_accuracy(scores, labels, 0), std::invalid_argument);
    CHECK_THROWS_AS(at::predicted_classes(xt::xtensor<float, 2>(xt::zeros<float>({2, 0}))),
                    std::invalid_argument);
}

TEST_CASE("confusion matrix counts true classes in rows") {
    const auto predicted = at::predicted_classes(scores);
    CHECK((predicted == xt::xtensor<std::int32_t, 1>{1, 0, 2, 0}));
    at::confusion_matrix matrix(3);
    CHECK(std::isnan(matrix.accuracy()));
    matrix.add(labels, predicted);
    CHECK(matrix(1, 1) == 1);
    CHECK(matrix(2, 0) == 1);
    CHECK(matrix(0, 2) == 0);
    CHECK(matrix(1, 2) == 1);
    CHECK(matrix.total() == 4);
    CHECK(matrix.accuracy() == 0.5);
    CHECK(matrix.recall(1) == 0.5);
    CHECK(matrix.precision(0) == 0.5);
    CHECK(matrix.recall(2) == 0.0);
    for (int i = 0; i < 99; ++i) matrix.add(2, 2);
    std::ostringstream out;
    out << matrix;
    CHECK(out.str() ==
          "true |  0  1  2  recall\n"
          "-----+-----------------\n"
          "   0 |  1  0  0  100.0%\n"
          "   1 |  0  1  1   50.0%\n"
          "   2 |  1  0 99   99.0%\n");
    CHECK_THROWS_AS(matrix.add(3, 0), std::out_of_range);
    CHECK_THROWS_AS(matrix(0, 3), std::out_of_range);
    CHECK_THROWS_AS(matrix.recall(3), std::out_of_range);
    CHECK_THROWS_AS(matrix.add(labels, xt::xtensor<int, 1>{0, 0, 0, -1}), std::invalid_argument);
    CHECK_THROWS_AS(matrix.add(labels, xt::xtensor<int, 1>{0}), std::invalid_argument);
    CHECK(matrix.total() == 103);
    CHECK_THAT(at::confusion_matrix(1).text(), Contains("   0 | 0       -\n"));
}
