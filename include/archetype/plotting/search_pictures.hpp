// SPDX-License-Identifier: BSL-1.0
/// @file search_pictures.hpp
/// Pictures of what a search found.
#pragma once
#include <archetype/expression/ieee.hpp>
#include <archetype/plotting/heat_map.hpp>
#include <archetype/plotting/plot.hpp>
#include <archetype/training/search.hpp>

#include <limits>
#include <map>
#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Scores as a table of two settings, in the order of their values; where several trials share a cell, the best.
/// @throws std::out_of_range if there is no such setting
inline heat_map search_map(const search_result& result, const std::string& row, const std::string& column,
                           std::string title = "Score") {
    std::map<double, std::string> rows, columns;
    const auto text_of = [](const candidate& what, const std::string& name) {
        for (const setting& one : what.settings)
            if (one.name == name) return one.text;
        return std::string();
    };
    for (const trial& one : result.trials) {
        rows[one.what[row]] = text_of(one.what, row);
        columns[one.what[column]] = text_of(one.what, column);
    }
    std::vector<std::string> row_texts, column_texts;
    std::vector<double> values;
    for (const auto& [column_value, text] : columns) column_texts.push_back(text);
    for (const auto& [row_value, text] : rows) {
        row_texts.push_back(text);
        for (const auto& [column_value, unused] : columns) {
            double best = expression::not_a_number<double>;
            for (const trial& one : result.trials)
                if (one.what[row] == row_value && one.what[column] == column_value && !(one.score >= best))
                    best = one.score;
            values.push_back(best);
        }
    }
    return {std::move(title), row, std::move(row_texts), column, std::move(column_texts), std::move(values)};
}

/// Scores as points against one setting, or against "parameters", the size of the architecture.
/// @throws std::out_of_range if there is no such setting
inline plot search_points(const search_result& result, const std::string& name, std::string title = "Score") {
    std::vector<double> values, scores;
    for (const trial& one : result.trials) {
        values.push_back(name == "parameters" ? static_cast<double>(one.parameters) : one.what[name]);
        scores.push_back(one.score);
    }
    plot picture(std::move(title), name, "score");
    picture.points(values, scores);
    return picture;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
