// SPDX-License-Identifier: BSL-1.0
/// @file csv.hpp
/// Tables of numbers as text, one row a line (RFC 4180: fields may stand in double quotes), plain or compressed with gzip.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/data/file_bytes.hpp>
#include <archetype/data/gzip.hpp>
#include <archetype/expression/ieee.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <xtensor/xtensor.hpp>

namespace archetype {

/// A column by its number from 0 (negative: from the end, -1 is the last) or by its name.
class csv_column {
public:
    csv_column(int number) : number_(number) {}               // NOLINT: implicit
    csv_column(const char* name) : name_(name) {}             // NOLINT: implicit
    csv_column(std::string name) : name_(std::move(name)) {}  // NOLINT: implicit

    /// The number from 0 among `count` columns, of which `names` may be empty; nothing if there is no such column.
    std::optional<std::size_t> among(std::size_t count, const std::vector<std::string>& names) const {
        if (!name_.empty()) {
            const auto place = std::find(names.begin(), names.end(), name_);
            if (place == names.end()) return {};
            return static_cast<std::size_t>(place - names.begin());
        }
        const long long place = number_ < 0 ? number_ + static_cast<long long>(count) : number_;
        if (place < 0 || place >= static_cast<long long>(count)) return {};
        return static_cast<std::size_t>(place);
    }
    std::string text() const { return name_.empty() ? std::to_string(number_) : "\"" + name_ + "\""; }

private:
    int number_ = 0;
    std::string name_;
};

/// How a file of text is read.
struct csv_options {
    char delimiter = ',';
    bool header = true;                    ///< the first line holds the names of the columns
    std::optional<csv_column> label = {};  ///< the column of the class, if there is one
    std::optional<double> missing = {};    ///< what empty fields stand for; without it they are errors
};

/// What `read_csv` finds.
struct csv_table {
    std::vector<std::string> names;       ///< of the columns of `values`; empty without header
    xt::xtensor<double, 2> values;        ///< [row][column], without the column of labels
    xt::xtensor<std::int32_t, 1> labels;  ///< [row]; empty unless a column of labels was asked for
    std::vector<std::string> classes;     ///< names of the classes, where labels are not numbers

    /// Samples of shape {columns} with their labels, for `trainer::fit`.
    dataset samples() const {
        dataset data{xt::xtensor<float, 4>::from_shape({values.shape()[0], 1, 1, values.shape()[1]}), labels};
        std::transform(values.begin(), values.end(), data.samples.begin(),
                       [](double value) { return static_cast<float>(value); });
        return data;
    }
};

namespace detail {

/// The rows of a text, one after the other.
class csv_rows {
public:
    csv_rows(const std::filesystem::path& path, char delimiter)
        : path_(path.string()),
          bytes_(decompressed(try_read_file(path).value(), path_)),
          rest_(reinterpret_cast<const char*>(bytes_.data()), bytes_.size()),
          delimiter_(delimiter) {
        if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // the mark of UTF-8
    }

    const std::string& path() const { return path_; }
    const std::vector<std::string>& fields() const { return fields_; }
    std::size_t line() const { return line_; }  ///< of the row, from 1

    /// Goes to the next row that is not blank; false at the end. @throws file_error if a quote is not closed
    bool next() {
        do {
            if (rest_.empty()) return false;
            line_ = next_line_;
            read_row();
        } while (fields_.size() == 1 && fields_[0].empty());
        return true;
    }

    [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
        throw file_error({path_, expected + " at line " + std::to_string(line_), found});
    }
    [[noreturn]] void fail(const std::string& expected, std::size_t column) const {
        throw file_error(
            {path_, expected + " at line " + std::to_string(line_) + ", column " + std::to_string(column + 1),
             "\"" + fields_[column] + "\""});
    }

    /// The finite number in a field. @throws file_error
    double number(std::size_t column) const {
        const std::string& field = fields_[column];
        const char* const first = field.data() + (field.starts_with('+') ? 1 : 0);
        const char* const last = field.data() + field.size();
        double value = 0;
        const auto [end, error] = std::from_chars(first, last, value);
        if (error != std::errc{} || end != last || !expression::is_finite(value))
            fail("a finite number", column);
        return value;
    }

private:
    void read_row() {
        fields_.assign(1, "");
        bool quoted = false;
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '\n') ++next_line_;
            if (quoted) {
                if (c != '"')
                    fields_.back() += c;
                else if (rest_.starts_with('"'))
                    fields_.back() += '"', rest_.remove_prefix(1);
                else
                    quoted = false;
            } else if (c == '"') {
                quoted = true;
            } else if (c == '\n') {
                break;
            } else if (c == delimiter_) {
                fields_.emplace_back();
            } else {
                fields_.back() += c;
            }
        }
        if (quoted) fail(std::string("a quote that is closed"), std::string("the end of the file"));
        for (std::string& field : fields_) {
            const std::size_t first = field.find_first_not_of(" \t\r"),
                              last = field.find_last_not_of(" \t\r");
            field = first == std::string::npos ? "" : field.substr(first, last - first + 1);
        }
    }

    std::string path_;
    std::vector<std::byte> bytes_;
    std::string_view rest_;
    char delimiter_;
    std::vector<std::string> fields_;
    std::size_t line_ = 0, next_line_ = 1;
};

/// Class numbers of texts: the numbers themselves where all are whole numbers from 0 on, otherwise places among the
/// sorted texts, which become `classes`.
inline xt::xtensor<std::int32_t, 1> class_numbers(const std::vector<std::string>& texts,
                                                  std::vector<std::string>& classes) {
    auto labels = xt::xtensor<std::int32_t, 1>::from_shape({texts.size()});
    const bool numbers = std::all_of(texts.begin(), texts.end(), [](const std::string& text) {
        std::int32_t value = -1;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc{} && end == text.data() + text.size() && value >= 0;
    });
    if (numbers) {
        for (std::size_t i = 0; i < texts.size(); ++i) labels(i) = std::stoi(texts[i]);
        return labels;
    }
    std::map<std::string, std::int32_t> places;
    for (const std::string& text : texts) places.emplace(text, 0);
    for (auto& [text, place] : places) {
        place = static_cast<std::int32_t>(classes.size());
        classes.push_back(text);
    }
    for (std::size_t i = 0; i < texts.size(); ++i) labels(i) = places.at(texts[i]);
    return labels;
}

/// The rows that are left, all with as many fields as the first, of which one may be the label.
inline csv_table read_table(csv_rows& rows, std::vector<std::string> names,
                            const std::optional<csv_column>& label,
                            const std::optional<double>& missing = {}) {
    std::vector<double> values;
    std::vector<std::string> texts;
    std::size_t columns = names.size(), count = 0;
    std::optional<std::size_t> label_place;
    for (; rows.next(); ++count) {
        const std::size_t found = rows.fields().size();
        if (columns == 0) columns = found;
        if (found != columns) rows.fail(std::to_string(columns) + " columns", std::to_string(found));
        if (label && !label_place) {
            label_place = label->among(columns, names);
            if (!label_place)
                rows.fail("the column of labels " + label->text(),
                          std::to_string(columns) + " columns without it");
        }
        for (std::size_t column = 0; column < columns; ++column) {
            if (column != label_place)
                values.push_back(missing && rows.fields()[column].empty() ? *missing : rows.number(column));
            else if (!rows.fields()[column].empty())
                texts.push_back(rows.fields()[column]);
            else
                rows.fail("a label", column);
        }
    }
    if (count == 0) throw file_error({rows.path(), "at least one row of values", "none"});
    if (label_place && !names.empty()) names.erase(names.begin() + static_cast<std::ptrdiff_t>(*label_place));
    csv_table table{std::move(names),
                    xt::xtensor<double, 2>::from_shape({count, columns - (label_place ? 1 : 0)}),
                    {},
                    {}};
    std::copy(values.begin(), values.end(), table.values.begin());
    table.labels = class_numbers(texts, table.classes);
    return table;
}

}  // namespace detail

/// Reads a table of finite numbers, one of whose columns may hold labels: whole numbers from 0 on, or texts, which get the
/// numbers of their places in alphabetical order. Blank lines are passed over.
/// @throws file_error with line and column (both from 1): fields that are no numbers, rows of different lengths, a quote
///         that is not closed, no rows, no such column
inline csv_table read_csv(const std::filesystem::path& path, const csv_options& options = {}) {
    detail::csv_rows rows(path, options.delimiter);
    std::vector<std::string> names;
    if (options.header && rows.next()) names = rows.fields();
    return detail::read_table(rows, std::move(names), options.label, options.missing);
}

}  // namespace archetype
