// SPDX-License-Identifier: BSL-1.0
/// @file regression.hpp
/// Tables whose last word is a number.
#pragma once
#include <archetype/data/csv.hpp>
#include <archetype/error.hpp>

#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Samples [sample][feature] with one number to be predicted for each.
struct regression_data {
    xt::xtensor<double, 2> samples;
    xt::xtensor<double, 1> targets;
};

/// Samples [sample][feature] and targets [sample][target], for `trainer::fit`.
struct regression_table {
    xt::xtensor<double, 2> samples, targets;
    std::vector<std::string> features = {}, names = {};  ///< of the columns of each; empty without header
};

/// The columns of a table as targets, in the order that is asked for, and the others as samples.
/// @throws std::invalid_argument for a column that there is not, or twice, and if no column is left or asked for
inline regression_table split_targets(const csv_table& table, const std::vector<csv_column>& targets) {
    const std::size_t rows = table.values.shape()[0], columns = table.values.shape()[1];
    std::vector<std::size_t> wanted, others;
    std::vector<bool> is_target(columns);
    for (const csv_column& column : targets) {
        const auto place = column.among(columns, table.names);
        if (!place || is_target[*place])
            throw detail::thrown<std::invalid_argument>("split_targets: expected column " + column.text() +
                                                        (place ? " once" : "") + ", found " +
                                                        (place ? "it twice" : "no such one"));
        is_target[*place] = true;
        wanted.push_back(*place);
    }
    for (std::size_t c = 0; c < columns; ++c)
        if (!is_target[c]) others.push_back(c);
    if (wanted.empty() || others.empty())
        throw detail::thrown<std::invalid_argument>(
            "split_targets: expected columns of targets and of samples, found " +
            std::to_string(wanted.size()) + " and " + std::to_string(others.size()));
    regression_table made;
    const auto take = [&](const std::vector<std::size_t>& from, xt::xtensor<double, 2>& to,
                          std::vector<std::string>& names) {
        to = xt::xtensor<double, 2>::from_shape({rows, from.size()});
        for (std::size_t k = 0; k < from.size(); ++k) {
            if (!table.names.empty()) names.push_back(table.names[from[k]]);
            for (std::size_t r = 0; r < rows; ++r) to(r, k) = table.values(r, from[k]);
        }
    };
    take(others, made.samples, made.features);
    take(wanted, made.targets, made.names);
    return made;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
