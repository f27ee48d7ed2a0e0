// SPDX-License-Identifier: BSL-1.0
/// @file csv.hpp
/// Tables of numbers as text, one row a line (RFC 4180: fields may stand in double quotes), plain or compressed with gzip.
#pragma once
#include <archetype/data/csv_rows.hpp>
#include <archetype/data/dataset.hpp>
#include <archetype/error.hpp>
#include <archetype/expression/ieee.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>
#if __has_include(<xtensor/containers/xtensor.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What `read_csv` finds.
struct csv_table {
    std::vector<std::string> names;       ///< of the columns of `values`; empty without header
    xt::xtensor<double, 2> values;        ///< [row][column], without the column of labels
    xt::xtensor<std::int32_t, 1> labels;  ///< [row]; empty unless a column of labels was asked for
    std::vector<std::string> classes;     ///< names of the classes, where labels are not numbers

    /// Samples of shape {columns} with their labels, for `trainer::fit`.
    /// @throws std::out_of_range if a finite value is none as float
    dataset samples() const {
        for (std::size_t i = 0; i < values.size(); ++i)
            if (const double value = values.data()[i];
                expression::is_finite(value) && std::abs(value) > double{std::numeric_limits<float>::max()})
                throw detail::thrown<std::out_of_range>(
                    "csv_table::samples: expected numbers that a float can hold, found " +
                    std::to_string(value) + " at row " + std::to_string(i / values.shape()[1]) + ", column " +
                    std::to_string(i % values.shape()[1]));
        dataset data{xt::xtensor<float, 4>::from_shape({values.shape()[0], 1, 1, values.shape()[1]}), labels};
        std::transform(values.begin(), values.end(), data.samples.begin(),
                       [](double value) { return static_cast<float>(value); });
        return data;
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Numbers that come one after the other, before it is known how many: in blocks, which go as the tensor is filled.
class number_blocks {
public:
    void add(std::span<const double> row) {
        for (const double value : row) {
            if (blocks_.empty() || blocks_.back().size() == block) blocks_.emplace_back().reserve(block);
            blocks_.back().push_back(value);
        }
    }
    void move_to(double* to) {
        for (; !blocks_.empty(); blocks_.pop_front())
            to = std::copy(blocks_.front().begin(), blocks_.front().end(), to);
    }

private:
    static constexpr std::size_t block = 1 << 14;
    std::deque<std::vector<double>> blocks_;
};

/// Class numbers of texts: the numbers themselves where all are whole numbers from 0 on, otherwise places among the
/// sorted texts, which become `classes`.
class class_numbers {
public:
    explicit class_numbers(std::size_t limit) : limit_(limit) {}

    void add(const csv_reader& rows) {
        const auto [place, added] = places_.emplace(rows.label(), static_cast<std::int32_t>(places_.size()));
        if (added && places_.size() > limit_)
            rows.fail("at most " + std::to_string(limit_) + " different labels (read_limits::classes)",
                      std::string("one more"));
        labels_.push_back(place->second);
    }
    xt::xtensor<std::int32_t, 1> finish(std::vector<std::string>& classes) {
        std::vector<std::int32_t> numbers(places_.size());
        bool all = true;
        for (const auto& [text, place] : places_) {
            std::int32_t& value = numbers[static_cast<std::size_t>(place)] = -1;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            all = all && error == std::errc{} && end == text.data() + text.size() && value >= 0;
        }
        if (!all)
            for (const auto& [text, place] : places_) {
                numbers[static_cast<std::size_t>(place)] = static_cast<std::int32_t>(classes.size());
                classes.push_back(text);
            }
        auto made = xt::xtensor<std::int32_t, 1>::from_shape({labels_.size()});
        for (std::size_t i = 0; i < labels_.size(); ++i)
            made(i) = numbers[static_cast<std::size_t>(labels_[i])];
        return made;
    }

private:
    std::size_t limit_;
    std::map<std::string, std::int32_t> places_;  // in the order of their first rows
    std::vector<std::int32_t> labels_;
};

/// The rows that are left.
inline csv_table read_table(csv_reader& rows, const csv_options& options) {
    number_blocks values;
    class_numbers labels(options.limits.classes);
    std::size_t count = 0;
    for (; rows.next(); ++count) {
        values.add(rows.values());
        if (options.label) labels.add(rows);
    }
    if (count == 0) throw file_error({rows.path(), "at least one row of values", "none"});
    csv_table table{rows.names(), xt::xtensor<double, 2>::from_shape({count, rows.columns()}), {}, {}};
    values.move_to(table.values.data());
    table.labels = labels.finish(table.classes);
    return table;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads a table of finite numbers, one of whose columns may hold labels: whole numbers from 0 on, or texts, which get the
/// numbers of their places in alphabetical order. Blank lines are passed over.
/// @throws file_error with line and column (both from 1): fields that are no numbers, rows of different lengths, a quote
///         that is not closed, no rows, no such column
inline csv_table read_csv(const std::filesystem::path& path, const csv_options& options = {}) {
    csv_reader rows(path, options);
    return detail::read_table(rows, options);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
