// SPDX-License-Identifier: BSL-1.0
/// @file csv_rows.hpp
/// Tables of numbers as text, row by row: only one row is in memory.
#pragma once
#include <archetype/data/file_source.hpp>
#include <archetype/expression/ieee.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

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
    read_limits limits = {};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Fields of a text, row by row.
class csv_fields {
public:
    csv_fields(const std::filesystem::path& path, char delimiter, const read_limits& limits)
        : source_(path, limits), delimiter_(delimiter), columns_(limits.columns) {
        fill();
        if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // the mark of UTF-8
    }

    const std::string& path() const { return source_.path(); }
    std::size_t line() const { return line_; }  ///< of the row, from 1

    /// Goes to the next row that is not blank, calls `take(column, field)` for each of its fields and returns their
    /// number; 0 at the end. @throws file_error if a quote is not closed, or there are more than `limits.columns`
    template <class Take>
    std::size_t next(const Take& take) {
        while (!rest_.empty()) {
            line_ = next_line_;
            std::size_t columns = 0;
            while (read_field()) give(columns++, take);
            if (columns == 0 && field_.empty()) continue;  // a blank line
            give(columns, take);
            return columns + 1;
        }
        return 0;
    }

    [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
        throw file_error({path(), expected + " at line " + std::to_string(line_), found});
    }
    [[noreturn]] void fail(const std::string& expected, std::size_t column, const std::string& field) const {
        throw file_error(
            {path(),
             expected + " at line " + std::to_string(line_) + ", column " + std::to_string(column + 1),
             "\"" + field + "\""});
    }

    /// The finite number in a field. @throws file_error
    double number(std::size_t column, const std::string& field) const {
        const char* const first = field.data() + (field.starts_with('+') ? 1 : 0);
        const char* const last = field.data() + field.size();
        double value = 0;
        const auto [end, error] = std::from_chars(first, last, value);
        if (error != std::errc{} || end != last || !expression::is_finite(value))
            fail("a finite number", column, field);
        return value;
    }
    /// The whole number from 0 on in a field. @throws file_error
    std::size_t count(std::size_t column, const std::string& field) const {
        std::size_t value = 0;
        const char* const last = field.data() + field.size();
        const auto [end, error] = std::from_chars(field.data(), last, value);
        if (error != std::errc{} || end != last) fail("a whole number from 0 on", column, field);
        return value;
    }

private:
    template <class Take>
    void give(std::size_t column, const Take& take) {
        if (column == columns_)
            fail("at most " + std::to_string(columns_) + " columns (read_limits::columns)",
                 std::string("more"));
        take(column, std::as_const(field_));
    }

    /// False at the end of a row.
    bool read_field() {
        field_.clear();
        bool quoted = false, was_quote = false, more = false;
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (was_quote && c != '"') quoted = false;
            if (!quoted && c == delimiter_ && c != '\n') more = true;
            rest_.remove_prefix(1);
            if (rest_.empty()) fill();
            if (c == '\n') ++next_line_;
            if (quoted) {
                if (c != '"')
                    field_ += c;
                else if (was_quote)
                    field_ += '"', was_quote = false;
                else
                    was_quote = true;
                continue;
            }
            was_quote = false;
            if (more || c == '\n') break;
            if (c == '"')
                quoted = true;
            else
                field_ += c;
        }
        if (quoted && !was_quote)
            fail(std::string("a quote that is closed"), std::string("the end of the file"));
        constexpr const char* blank = " \t\r";
        const std::size_t first = field_.find_first_not_of(blank), last = field_.find_last_not_of(blank);
        if (first == std::string::npos)
            field_.clear();
        else
            field_.erase(last + 1).erase(0, first);
        return more;
    }
    void fill() {
        const std::size_t got = source_.read(std::as_writable_bytes(std::span(buffer_)));
        rest_ = {buffer_.data(), got};
    }

    file_source source_;
    std::vector<char> buffer_ = std::vector<char>(1 << 16);
    std::string_view rest_{};
    char delimiter_;
    std::size_t columns_;
    std::string field_{};
    std::size_t line_ = 0, next_line_ = 1;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The rows of a file of text, one after the other: files of any length take the memory of one row.
class csv_reader {
public:
    /// Reads the names of the columns, if the file has them. @throws file_error
    explicit csv_reader(const std::filesystem::path& path, const csv_options& options = {})
        : fields_(path, options.delimiter, options.limits), label_(options.label), missing_(options.missing) {
        if (!options.header) return;
        count_ = fields_.next([&](std::size_t, const std::string& field) { names_.push_back(field); });
        if (count_ == 0) return;
        find_label();
        if (place_) names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(*place_));
    }

    /// The same for files whose first line is of another form: `first(fields, column, field)` takes its fields.
    template <class First>
    csv_reader(const std::filesystem::path& path, const csv_options& options, const First& first)
        : fields_(path, options.delimiter, options.limits), label_(options.label), missing_(options.missing) {
        fields_.next([&](std::size_t column, const std::string& field) { first(fields_, column, field); });
    }

    const std::string& path() const { return fields_.path(); }
    /// Of the columns without that of labels; empty without a header.
    const std::vector<std::string>& names() const { return names_; }
    /// Without that of labels; 0 before a row or header is known.
    std::size_t columns() const { return count_ - (place_ ? 1 : 0); }

    /// Goes to the next row that is not blank; false at the end.
    /// @throws file_error with line and column (both from 1): fields that are no finite numbers, another number of fields
    ///         than before, a quote that is not closed, no column of labels
    bool next() {
        values_.clear();
        const bool first = count_ == 0;
        if (first && label_) {
            // The place of the labels, which may be counted from the end, is known at the end of this row.
            std::string row;
            std::vector<std::size_t> ends{0};
            count_ = fields_.next(
                [&](std::size_t, const std::string& field) { ends.push_back((row += field).size()); });
            if (count_ == 0) return false;
            find_label();
            for (std::size_t column = 0; column < count_; ++column)
                take(column, row.substr(ends[column], ends[column + 1] - ends[column]));
            return true;
        }
        const std::size_t found = fields_.next([&](std::size_t column, const std::string& field) {
            if (first || column < count_) take(column, field);
        });
        if (found == 0) return false;
        if (first) count_ = found;
        if (found != count_) fail(std::to_string(count_) + " columns", std::to_string(found));
        return true;
    }
    /// Numbers of the row, without its label; until the next call of `next`.
    std::span<const double> values() const { return values_; }
    /// The label of the row as it is written; empty unless a column of labels was asked for.
    const std::string& label() const { return text_; }
    /// Of the row, from 1.
    std::size_t line() const { return fields_.line(); }

    /// An error at this row. @throws file_error
    [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
        fields_.fail(expected, found);
    }

private:
    void find_label() {
        if (!label_) return;
        place_ = label_->among(count_, names_);
        if (!place_)
            fail("the column of labels " + label_->text(), std::to_string(count_) + " columns without it");
    }
    void take(std::size_t column, const std::string& field) {
        if (column == place_) {
            if (field.empty()) fields_.fail("a label", column, field);
            text_ = field;
        } else {
            values_.push_back(missing_ && field.empty() ? *missing_ : fields_.number(column, field));
        }
    }

    detail::csv_fields fields_;
    std::optional<csv_column> label_;
    std::optional<double> missing_;
    std::vector<std::string> names_{};
    std::optional<std::size_t> place_{};
    std::size_t count_ = 0;
    std::vector<double> values_{};
    std::string text_{};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
