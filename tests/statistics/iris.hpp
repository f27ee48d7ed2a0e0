// SPDX-License-Identifier: BSL-1.0
/// The iris data: a file of scikit-learn (Debian: python3-sklearn), read from there if it is installed.
#pragma once
#include <archetype/data/scikit_learn.hpp>
#include <optional>

#include "../scikit_learn_folder.hpp"

struct iris_data {
    xt::xtensor<double, 2> samples;  // [sample][sepal length, sepal width, petal length, petal width], cm
    xt::xtensor<std::int32_t, 1> labels;
};

/// Nothing where the file is not installed.
inline std::optional<iris_data> read_iris() {
    if (!std::filesystem::exists(scikit_learn_folder())) return std::nullopt;
    const archetype::csv_table table = archetype::read_iris(scikit_learn_folder());
    return iris_data{table.values, table.labels};
}
