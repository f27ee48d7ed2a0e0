// SPDX-License-Identifier: BSL-1.0
/// @file heat_map.hpp
/// A table of numbers as text, and as a PNG of coloured cells by gnuplot where it is installed.
#pragma once
#include <archetype/error.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/plotting/gnuplot.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Values [row][column], the first row on top, with a name for each row and column.
class heat_map {
public:
    /// @throws std::invalid_argument if there are not rows * columns values, or none
    heat_map(std::string title, std::string row_name, std::vector<std::string> rows, std::string column_name,
             std::vector<std::string> columns, std::vector<double> values)
        : title_(std::move(title)),
          row_name_(std::move(row_name)),
          column_name_(std::move(column_name)),
          rows_(std::move(rows)),
          columns_(std::move(columns)),
          values_(std::move(values)) {
        if (values_.empty() || values_.size() != rows_.size() * columns_.size())
            throw detail::thrown<std::invalid_argument>(
                "heat_map: expected a value for each of " + std::to_string(rows_.size()) + " rows and " +
                std::to_string(columns_.size()) + " columns, found " + std::to_string(values_.size()));
    }

    /// The values in aligned columns.
    std::string text() const {
        std::size_t head = row_name_.size(), cell = 0;
        for (const std::string& row : rows_) head = std::max(head, row.size());
        for (const std::string& column : columns_) cell = std::max(cell, column.size());
        for (const double value : values_) cell = std::max(cell, number(value).size());
        const auto padded = [](const std::string& text, std::size_t width) {
            return std::string(width - text.size(), ' ') + text;
        };
        std::string result = title_ + " (across: " + column_name_ + ")\n" + padded(row_name_, head) + " |";
        for (const std::string& column : columns_) result += "  " + padded(column, cell);
        result +=
            "\n" + std::string(head + 1, '-') + "+" + std::string(columns_.size() * (cell + 2), '-') + "\n";
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            result += padded(rows_[i], head) + " |";
            for (std::size_t j = 0; j < columns_.size(); ++j)
                result += "  " + padded(number(values_[i * columns_.size() + j]), cell);
            result += "\n";
        }
        return result;
    }
    /// Writes a PNG. @returns false if gnuplot is not installed @throws std::runtime_error if it fails
    bool write_png(const std::filesystem::path& path, std::size_t width = 700,
                   std::size_t height = 600) const {
        const auto names = [](const char* axis, const std::vector<std::string>& labels) {
            std::string text = std::string("set ") + axis + "tics (";
            for (std::size_t i = 0; i < labels.size(); ++i)
                text += (i == 0 ? "" : ", ") + detail::gnuplot_quoted(labels[i]) + " " + std::to_string(i);
            return text + ")\n";
        };
        std::string text =
            detail::gnuplot_png(path.string(), width, height) + "set title " +
            detail::gnuplot_quoted(title_) + "\nset xlabel " + detail::gnuplot_quoted(column_name_) +
            "\nset ylabel " + detail::gnuplot_quoted(row_name_) + "\n" + names("x", columns_) +
            names("y", rows_) + "set palette defined (0 'white', 1 '#6baed6')\nset xrange [-0.5:" +
            std::to_string(columns_.size()) + "-0.5]\nset yrange [" + std::to_string(rows_.size()) +
            "-0.5:-0.5]\n$data << END\n";
        for (std::size_t i = 0; i < values_.size(); ++i)
            text += std::to_string(i % columns_.size()) + " " + std::to_string(i / columns_.size()) + " " +
                    (expression::is_finite(values_[i]) ? number(values_[i]) : "NaN") + "\n";
        return run_gnuplot(text +
                           "END\nplot $data using 1:2:3 with image notitle, "
                           "$data using 1:2:(sprintf('%.4g', $3)) with labels notitle\n");
    }
    friend std::ostream& operator<<(std::ostream& out, const heat_map& map) { return out << map.text(); }

private:
    static std::string number(double value) {
        char text[32];
        std::snprintf(text, sizeof text, "%.4g", value);
        return text;
    }

    std::string title_, row_name_, column_name_;
    std::vector<std::string> rows_, columns_;
    std::vector<double> values_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
