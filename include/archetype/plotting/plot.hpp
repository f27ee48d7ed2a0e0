// SPDX-License-Identifier: BSL-1.0
/// @file plot.hpp
/// Curves and points as text, which always works, and as PNG by gnuplot where it is installed.
#pragma once
#include <archetype/error.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/plotting/gnuplot.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A picture of y against x.
///
///     at::plot("Loss", "epoch", "loss").line(epochs, losses, "training").write_png("loss.png");
class plot {
public:
    explicit plot(std::string title, std::string x = "", std::string y = "")
        : title_(std::move(title)), names_{std::move(x), std::move(y)} {}

    /// A curve through points, from any two ranges of numbers of one length (std::vector, xtensor of rank 1, ...). Points
    /// that are not finite are left out. @throws std::invalid_argument if the lengths differ
    template <class X, class Y>
    plot& line(const X& x, const Y& y, std::string label = "") {
        return add(x, y, std::move(label), true);
    }
    /// The same as points without a curve.
    template <class X, class Y>
    plot& points(const X& x, const Y& y, std::string label = "") {
        return add(x, y, std::move(label), false);
    }
    /// Logarithmic axes; what is not positive is left out.
    plot& log_x() { return logarithmic_[0] = true, *this; }
    plot& log_y() { return logarithmic_[1] = true, *this; }

    /// A picture of characters: `columns` x `rows` cells for the curves, and the legend under it.
    std::string text(std::size_t columns = 64, std::size_t rows = 16) const;
    /// Writes a PNG. @returns false if gnuplot is not installed @throws std::runtime_error if it fails
    bool write_png(const std::filesystem::path& path, std::size_t width = 800,
                   std::size_t height = 500) const {
        return run_gnuplot(detail::gnuplot_png(path.string(), width, height) + commands());
    }
    friend std::ostream& operator<<(std::ostream& out, const plot& picture) { return out << picture.text(); }

private:
    struct series {
        std::string label;
        bool joined;
        std::vector<std::array<double, 2>> points;
    };
    struct range {
        double low, high;
    };

    template <class X, class Y>
    plot& add(const X& x, const Y& y, std::string label, bool joined) {
        const std::vector<double> across(x.begin(), x.end()), up(y.begin(), y.end());
        if (across.size() != up.size())
            throw detail::thrown<std::invalid_argument>("plot: expected y to have as many values as x (" +
                                                        std::to_string(across.size()) + "), found " +
                                                        std::to_string(up.size()));
        series made{std::move(label), joined, {}};
        for (std::size_t i = 0; i < across.size(); ++i) made.points.push_back({across[i], up[i]});
        series_.push_back(std::move(made));
        return *this;
    }
    /// Where a value lies on an axis; NaN if it cannot be shown.
    double scaled(double value, std::size_t axis) const {
        if (!logarithmic_[axis])
            return expression::is_finite(value) ? value : expression::not_a_number<double>;
        return value > 0 && expression::is_finite(value) ? std::log10(value)
                                                         : expression::not_a_number<double>;
    }
    bool visible(const std::array<double, 2>& point) const {
        return !expression::is_nan(scaled(point[0], 0)) && !expression::is_nan(scaled(point[1], 1));
    }
    range range_of(std::size_t axis) const {
        range found{expression::infinity<double>, expression::minus_infinity<double>};
        for (const series& one : series_)
            for (const auto& point : one.points)
                if (visible(point)) {
                    found.low = std::min(found.low, scaled(point[axis], axis));
                    found.high = std::max(found.high, scaled(point[axis], axis));
                }
        if (found.low > found.high) return {0, 1};
        if (found.low == found.high) return {found.low - 1, found.high + 1};
        return found;
    }
    std::string number(double at, std::size_t axis) const {
        char text[32];
        std::snprintf(text, sizeof text, "%.4g", logarithmic_[axis] ? std::pow(10, at) : at);
        return text;
    }
    std::string commands() const;

    std::string title_;
    std::array<std::string, 2> names_;
    std::array<bool, 2> logarithmic_{};
    std::vector<series> series_;
};

inline std::string plot::text(std::size_t columns, std::size_t rows) const {
    columns = std::max<std::size_t>(columns, 2), rows = std::max<std::size_t>(rows, 2);
    constexpr std::string_view marks = "*o+x#@%&";
    std::vector<std::string> cells(rows, std::string(columns, ' '));
    const range across = range_of(0), up = range_of(1);
    const auto place = [](double value, range of, std::size_t count) {
        return (value - of.low) / (of.high - of.low) * static_cast<double>(count - 1);
    };
    for (std::size_t s = 0; s < series_.size(); ++s) {
        const auto mark = [&](double column, double row) {
            cells[rows - 1 - static_cast<std::size_t>(std::lround(row))]
                 [static_cast<std::size_t>(std::lround(column))] = marks[s % marks.size()];
        };
        std::array<double, 2> before{};
        bool has_before = false;
        for (const auto& point : series_[s].points) {
            if (!visible(point)) {
                has_before = false;
                continue;
            }
            const std::array<double, 2> now{place(scaled(point[0], 0), across, columns),
                                            place(scaled(point[1], 1), up, rows)};
            const double distance = std::max(std::abs(now[0] - before[0]), std::abs(now[1] - before[1]));
            const int steps = has_before && series_[s].joined ? static_cast<int>(std::ceil(distance)) : 0;
            for (int step = 1; step < steps; ++step) {
                const double part = static_cast<double>(step) / steps;
                mark(before[0] + part * (now[0] - before[0]), before[1] + part * (now[1] - before[1]));
            }
            mark(now[0], now[1]);
            before = now;
            has_before = true;
        }
    }
    const std::string top = number(up.high, 1), bottom = number(up.low, 1);
    const std::size_t margin = std::max(top.size(), bottom.size());
    const auto padded = [&](const std::string& text) {
        return std::string(margin - text.size(), ' ') + text;
    };
    std::string result = title_ + (names_[1].empty() ? "" : " (up: " + names_[1] + ")") + "\n";
    for (std::size_t row = 0; row < rows; ++row) {
        const std::string& line = cells[row];
        const std::size_t last = line.find_last_not_of(' ');
        result += padded(row == 0          ? top
                         : row + 1 == rows ? bottom
                                           : "") +
                  " |" + (last == std::string::npos ? "" : line.substr(0, last + 1)) + "\n";
    }
    const std::string left = number(across.low, 0), right = number(across.high, 0);
    const std::size_t used = left.size() + right.size() + names_[0].size();
    const std::size_t gap = columns > used + 2 ? columns - used : 2;
    result += padded("") + " +" + std::string(columns, '-') + "\n" + padded("") + "  " + left +
              std::string(gap / 2, ' ') + names_[0] + std::string(gap - gap / 2, ' ') + right + "\n";
    for (std::size_t s = 0; s < series_.size(); ++s)
        if (!series_[s].label.empty())
            result += padded("") + "  " + marks[s % marks.size()] + " " + series_[s].label + "\n";
    return result;
}

inline std::string plot::commands() const {
    std::string text = "set title " + detail::gnuplot_quoted(title_) + "\nset xlabel " +
                       detail::gnuplot_quoted(names_[0]) + "\nset ylabel " +
                       detail::gnuplot_quoted(names_[1]) + "\nset grid\nset key outside right\n";
    if (logarithmic_[0]) text += "set logscale x\n";
    if (logarithmic_[1]) text += "set logscale y\n";
    std::string curves;
    for (std::size_t s = 0; s < series_.size(); ++s) {
        const std::string name = "$data" + std::to_string(s);
        text += name + " << END\n";
        std::size_t shown = 0;
        for (const auto& point : series_[s].points) {
            char row[64] = "";  // an empty line breaks a curve
            if (visible(point)) std::snprintf(row, sizeof row, "%.9g %.9g", point[0], point[1]), ++shown;
            text += std::string(row) + "\n";
        }
        text += "END\n";
        if (shown != 0)
            curves += (curves.empty() ? "plot " : ", ") + name + " using 1:2 with " +
                      (series_[s].joined ? "lines linewidth 2 dashtype " + std::to_string(s / 8 % 4 + 1)
                                         : std::string("points pointtype 7")) +  // gnuplot has eight colours
                      (series_[s].label.empty() ? " notitle"
                                                : " title " + detail::gnuplot_quoted(series_[s].label));
    }
    return text + (curves.empty() ? "plot [0:1] [0:1] NaN notitle" : curves) + "\n";
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
