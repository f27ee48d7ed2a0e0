// SPDX-License-Identifier: BSL-1.0
/// The iris data: a file of scikit-learn (Debian: python3-sklearn), read from there if it is installed.
#pragma once
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <xtensor/xtensor.hpp>

struct iris_data {
    xt::xtensor<double, 2> samples;  // [sample][sepal length, sepal width, petal length, petal width], cm
    xt::xtensor<int, 1> labels;
};

/// Nothing where the file is not installed. ARCHETYPE_IRIS is another place for it.
inline std::optional<iris_data> read_iris() {
    const char* place = std::getenv("ARCHETYPE_IRIS");
    std::ifstream file(place ? place : "/usr/lib/python3/dist-packages/sklearn/datasets/data/iris.csv");
    std::size_t count = 0, features = 0;
    char comma = 0;
    std::string rest;
    if (!(file >> count >> comma >> features) || !std::getline(file, rest)) return std::nullopt;
    iris_data data{xt::xtensor<double, 2>::from_shape({count, features}),
                   xt::xtensor<int, 1>::from_shape({count})};
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < features; ++j) file >> data.samples(i, j) >> comma;
        file >> data.labels(i);
    }
    if (!file) return std::nullopt;
    return data;
}
