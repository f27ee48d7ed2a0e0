// SPDX-License-Identifier: BSL-1.0
/// @file scikit_learn.hpp
/// The small data sets that come with scikit-learn, read from its folder `sklearn/datasets/data` (Debian: package
/// python3-sklearn, `/usr/lib/python3/dist-packages/sklearn/datasets/data`).
#pragma once
#include <archetype/data/csv.hpp>
#include <archetype/data/regression.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Files whose first line is "samples,features,class,class...", and whose last column is the class.
inline csv_table read_scikit_learn_classes(const std::filesystem::path& path) {
    // The first line is of another length than the others, which a reader without header cannot have.
    std::size_t samples = 0, features = 0;
    std::vector<std::string> classes;
    csv_options options{.header = false, .label = -1};
    csv_reader rows(path, options,
                    [&](const csv_fields& fields, std::size_t column, const std::string& field) {
                        if (column > 1) return classes.push_back(field);
                        (column == 0 ? samples : features) = fields.count(column, field);
                    });
    if (classes.empty())
        throw file_error({rows.path(), "a first line of samples, features and classes", "none"});
    csv_table table = read_table(rows, options);
    if (table.values.shape()[0] != samples || table.values.shape()[1] != features)
        throw file_error(
            {rows.path(), std::to_string(samples) + " samples of " + std::to_string(features) + " features",
             std::to_string(table.values.shape()[0]) + " of " + std::to_string(table.values.shape()[1])});
    for (const std::int32_t label : table.labels)
        if (static_cast<std::size_t>(label) >= classes.size())
            throw file_error(
                {rows.path(), "classes below " + std::to_string(classes.size()), std::to_string(label)});
    table.classes = std::move(classes);
    return table;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// 150 flowers of 3 classes: length and width of sepal and petal in cm (Fisher 1936). @throws file_error
inline csv_table read_iris(const std::filesystem::path& folder) {
    return detail::read_scikit_learn_classes(folder / "iris.csv");
}
/// 178 wines of 3 classes: 13 chemical features. @throws file_error
inline csv_table read_wine(const std::filesystem::path& folder) {
    return detail::read_scikit_learn_classes(folder / "wine_data.csv");
}
/// 569 tumours, malignant (0) or benign (1): 30 features of cell nuclei. @throws file_error
inline csv_table read_breast_cancer(const std::filesystem::path& folder) {
    return detail::read_scikit_learn_classes(folder / "breast_cancer.csv");
}
/// 442 patients: age, sex, body mass index, blood pressure and six blood values, as measured; the target is the disease's
/// progression in a year (Efron et al. 2004). @throws file_error
inline regression_data read_diabetes(const std::filesystem::path& folder) {
    const csv_options plain{.delimiter = ' ', .header = false};
    const csv_table samples = read_csv(folder / "diabetes_data_raw.csv.gz", plain),
                    targets = read_csv(folder / "diabetes_target.csv.gz", plain);
    const std::size_t count = samples.values.shape()[0];
    if (targets.values.shape()[0] != count || targets.values.shape()[1] != 1)
        throw file_error({(folder / "diabetes_target.csv.gz").string(), std::to_string(count) + " numbers",
                          std::to_string(targets.values.size())});
    regression_data data{samples.values, xt::xtensor<double, 1>::from_shape({count})};
    std::copy(targets.values.begin(), targets.values.end(), data.targets.begin());
    return data;
}
/// 1797 digits of 8 x 8 pixels, which are brought from 0..16 to 0..1. @throws file_error
inline dataset read_digits(const std::filesystem::path& folder) {
    const std::filesystem::path path = folder / "digits.csv.gz";
    const csv_table table = read_csv(path, {.header = false, .label = -1});
    if (table.values.shape()[1] != 64)
        throw file_error({path.string(), "64 pixels in a row", std::to_string(table.values.shape()[1])});
    dataset digits{xt::xtensor<float, 4>::from_shape({table.values.shape()[0], 8, 8, 1}), table.labels};
    std::transform(table.values.begin(), table.values.end(), digits.samples.begin(),
                   [](double pixel) { return static_cast<float>(pixel / 16); });
    return digits;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
