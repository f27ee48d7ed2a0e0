// SPDX-License-Identifier: BSL-1.0
#include <archetype/data/scikit_learn.hpp>
#include <catch.hpp>

#include <fstream>
#include <numeric>

#include "../scikit_learn_folder.hpp"
#include "../temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {
template <class Values>
double total(const Values& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}
}  // namespace

// Sums and single values by sklearn.datasets.load_*(return_X_y=True), diabetes with scaled=False.
TEST_CASE("the sets of scikit-learn") {
    const auto folder = scikit_learn_folder();
    if (!std::filesystem::exists(folder)) {
        WARN("skipped: python3-sklearn is not installed");
        return;
    }
    const at::csv_table iris = at::read_iris(folder);
    CHECK(iris.values.shape() == std::array<std::size_t, 2>{150, 4});
    CHECK(iris.classes == std::vector<std::string>{"setosa", "versicolor", "virginica"});
    check(iris.samples(), 3);
    const at::csv_table wine = at::read_wine(folder);
    CHECK(wine.values.shape() == std::array<std::size_t, 2>{178, 13});
    CHECK(total(wine.values) == Approx(159975.295999).epsilon(1e-12));
    CHECK(total(wine.labels) == 167);
    CHECK(wine.values(7, 5) == 2.6);
    const at::csv_table cancer = at::read_breast_cancer(folder);
    CHECK(cancer.values.shape() == std::array<std::size_t, 2>{569, 30});
    CHECK(total(cancer.values) == Approx(1056474.4596356).epsilon(1e-12));
    CHECK(total(cancer.labels) == 357);
    CHECK(cancer.values(7, 5) == 0.1645);
    const at::regression_data diabetes = at::read_diabetes(folder);
    CHECK(diabetes.samples.shape() == std::array<std::size_t, 2>{442, 10});
    CHECK(total(diabetes.samples) == Approx(276404.2336).epsilon(1e-12));
    CHECK(total(diabetes.targets) == 67243);
    CHECK(diabetes.samples(5, 8) == 4.1897);
    const at::dataset digits = at::read_digits(folder);
    CHECK(digits.samples.shape() == std::array<std::size_t, 4>{1797, 8, 8, 1});
    CHECK(total(digits.samples) * 16 == Approx(561718));
    CHECK(total(digits.labels) == 8070);
    CHECK(digits.samples(100, 3, 5, 0) == 1.f);
}

TEST_CASE("files that are not what they say are errors") {
    const testing::temporary_directory directory;
    const auto error = [&](const std::string& text) -> std::string {
        std::ofstream(directory.path() / "iris.csv") << text;
        try {
            (void)at::read_iris(directory.path());
        } catch (const at::file_error& failure) {
            return failure.what();
        }
        return "none";
    };
    CHECK(error("2,1,a,b\n0.5,0\n1.5,1\n") == "none");
    CHECK_THAT(error("3,1,a,b\n0.5,0\n1.5,1\n"),
               Contains("iris.csv: expected 3 samples of 1 features, found 2 of 1"));
    CHECK_THAT(error("2,1,a\n0.5,0\n1.5,1\n"), Contains("classes below 1, found 1"));
    CHECK_THAT(error(""), Contains("first line"));
    CHECK_THROWS_WITH(at::read_digits(directory.path()), Contains("digits.csv.gz: expected a file"));
}
