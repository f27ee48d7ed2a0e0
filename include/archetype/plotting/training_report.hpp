// SPDX-License-Identifier: BSL-1.0
/// @file training_report.hpp
/// A training as one page of HTML: curves, confusion matrix, the table of the network, options. It loads nothing from elsewhere
/// and has no scripts.
#pragma once
#include <archetype/error.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/plotting/markup_text.hpp>
#include <archetype/training/fit_options.hpp>
#include <archetype/training/metrics.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a page shows; what is empty is left out.
struct report_contents {
    std::string title = "Training";
    history epochs = {};  ///< what `trainer::fit` returned
    std::optional<confusion_matrix> confusion = {};
    std::vector<std::string> classes = {};  ///< names of the classes, numbers unless given
    std::string network = {};               ///< `std::string(summary<net>().view())`
    std::vector<std::pair<std::string, std::string>> options =
        {};  ///< names and values: `option_list`, and one's own
};

/// The options that differ from those of `fit_options{}`, and `epochs` and `batch`.
inline std::vector<std::pair<std::string, std::string>> option_list(const fit_options& options) {
    const auto number = [](double value) {
        char text[32];
        std::snprintf(text, sizeof text, "%.6g", value);
        return std::string(text);
    };
    std::vector<std::pair<std::string, std::string>> list{{"epochs", std::to_string(options.epochs)},
                                                          {"batch", std::to_string(options.batch)}};
    if (options.accumulate != 1) list.emplace_back("accumulate", std::to_string(options.accumulate));
    if (options.validation) list.emplace_back("validation", "given");
    if (!options.shuffle) list.emplace_back("shuffle", "false");
    if (options.keep_best) list.emplace_back("keep_best", "true");
    if (options.stop_early)
        list.emplace_back("stop_early", "patience " + std::to_string(options.stop_early->patience) +
                                            ", min_delta " + number(options.stop_early->min_delta));
    if (options.schedule) list.emplace_back("schedule", options.schedule.settings());
    detail::with_clip(options.clip, [&](const char* name, double limit) {
        list.emplace_back("clip", std::string(name) + "{" + number(limit) + "}");
    });
    if (options.l1 != 0) list.emplace_back("l1", number(options.l1));
    if (options.l2 != 0) list.emplace_back("l2", number(options.l2));
    if (!options.sample_weights.empty()) list.emplace_back("sample_weights", "given");
    std::string weights;
    for (const double weight : options.class_weights)
        weights += (weights.empty() ? "" : ", ") + number(weight);
    if (!weights.empty()) list.emplace_back("class_weights", weights);
    if (!options.callbacks.empty()) list.emplace_back("callbacks", std::to_string(options.callbacks.size()));
    return list;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline std::string short_number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

/// One curve: a value for each epoch, which may be none.
struct html_curve {
    std::string name;
    std::vector<std::optional<double>> values;
};

/// The distance of marks, 1, 2 or 5 times a power of ten, of which at most `most` fit.
inline double mark_distance(double span, double most) {
    const double least = span / most, power = std::pow(10, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= least) return factor * power;
    return 10 * power;
}

/// Curves over epochs as SVG, while they are drawn: each part adds its elements to the text.
class curve_drawing {
public:
    curve_drawing(std::string title, std::vector<html_curve> curves)
        : title_(std::move(title)), curves_(std::move(curves)) {
        std::erase_if(curves_, [](const html_curve& curve) {
            return std::none_of(curve.values.begin(), curve.values.end(), is_shown);
        });
    }

    /// Empty if there is no finite value.
    std::string text() {
        if (curves_.empty()) return "";
        find_range();
        text_ = "<svg viewBox=\"0 0 " + short_number(width) + " " + short_number(height) +
                "\" role=\"img\" aria-label=\"" + markup_text(title_) + "\">\n<text x=\"" +
                short_number(left) + "\" y=\"20\" class=\"title\">" + markup_text(title_) + "</text>\n";
        marks_of_values();
        marks_of_epochs();
        double name_at = right;
        for (std::size_t k = 0; k < curves_.size(); ++k) {
            curve(curves_[k], colours[k % colours.size()], name_at);
            name_at -= 14 + 7.5 * static_cast<double>(curves_[k].name.size());
        }
        return text_ + "</svg>\n";
    }

private:
    static constexpr std::array<const char*, 4> colours{"#1f6fb4", "#d9601a", "#2f9150", "#8a4fb5"};
    static constexpr double width = 640, height = 300, left = 70, right = 620, top = 40, bottom = 260;

    static bool is_shown(const std::optional<double>& value) {
        return value && expression::is_finite(*value);
    }
    std::string x(double epoch) const {
        return short_number(left + (right - left) * (epoch - 1) / (last_ - 1));
    }
    std::string y(double value) const {
        return short_number(bottom - (bottom - top) * (value - low_) / (high_ - low_));
    }

    /// Ends of both axes; those of values are marks.
    void find_range() {
        low_ = expression::infinity<double>, high_ = -low_;
        std::size_t epochs = 1;
        for (const html_curve& curve : curves_) {
            epochs = std::max(epochs, curve.values.size());
            for (const auto& value : curve.values)
                if (is_shown(value)) low_ = std::min(low_, *value), high_ = std::max(high_, *value);
        }
        if (high_ - low_ < 1e-12 * std::max(std::abs(high_), 1e-300)) low_ -= 0.5, high_ += 0.5;
        step_ = mark_distance(high_ - low_, 6);
        low_ = std::floor(low_ / step_) * step_;
        high_ = std::ceil(high_ / step_) * step_;
        last_ = epochs > 1 ? static_cast<double>(epochs) : 2;
    }

    void marks_of_values() {
        for (int i = 0; low_ + i * step_ < high_ + step_ / 2; ++i) {
            const double mark = low_ + i * step_;
            const double rounded = std::abs(mark) < step_ / 1e6 ? 0 : mark;
            text_ += "<path class=\"grid\" d=\"M" + short_number(left) + " " + y(mark) + "H" +
                     short_number(right) + "\"/><text class=\"mark\" text-anchor=\"end\" x=\"" +
                     short_number(left - 8) + "\" y=\"" + y(mark) + "\" dy=\"4\">" + short_number(rounded) +
                     "</text>\n";
        }
    }

    void marks_of_epochs() {
        const double across = std::max(1.0, mark_distance(last_ - 1, 8));
        for (int i = 0; 1 + i * across <= last_; ++i) {
            const double epoch = 1 + i * across;
            text_ += "<text class=\"mark\" text-anchor=\"middle\" x=\"" + x(epoch) + "\" y=\"" +
                     short_number(bottom + 20) + "\">" + short_number(epoch) + "</text>\n";
        }
        text_ += "<text class=\"mark\" text-anchor=\"middle\" x=\"" + short_number((left + right) / 2) +
                 "\" y=\"" + short_number(bottom + 37) + "\">epoch</text>\n";
    }

    /// A line with gaps where values are missing or not finite.
    std::string path_of(const html_curve& curve) const {
        std::string path;
        bool pen_down = false;
        for (std::size_t i = 0; i < curve.values.size(); ++i) {
            const auto& value = curve.values[i];
            if (is_shown(value))
                path += std::string(pen_down ? "L" : "M") + x(static_cast<double>(i + 1)) + " " + y(*value);
            pen_down = is_shown(value);
            // A value between two gaps has no line: a short one shows it.
            const bool alone = pen_down && (i == 0 || !is_shown(curve.values[i - 1])) &&
                               (i + 1 == curve.values.size() || !is_shown(curve.values[i + 1]));
            if (alone) path += "h0.1";
        }
        return path;
    }

    void curve(const html_curve& of, const std::string& colour, double name_at) {
        text_ += "<path class=\"curve\" stroke=\"";
        text_ += colour;
        text_ += "\" d=\"";
        text_ += path_of(of);
        text_ += "\"/><text text-anchor=\"end\" x=\"";
        text_ += short_number(name_at);
        text_ += "\" y=\"20\" fill=\"";
        text_ += colour;
        text_ += "\">" + markup_text(of.name) + "</text>\n";
    }

    std::string title_;
    std::vector<html_curve> curves_;
    double low_ = 0, high_ = 1, step_ = 1, last_ = 2;
    std::string text_;
};

inline std::string svg_curves(const std::string& title, std::vector<html_curve> curves) {
    return curve_drawing(title, std::move(curves)).text();
}

inline std::string html_confusion(const confusion_matrix& matrix, const std::vector<std::string>& names) {
    const std::size_t count = matrix.classes();
    const auto name = [&](std::size_t c) {
        return names.empty() ? std::to_string(c) : markup_text(names[c]);
    };
    std::string text = "<h2>Confusion matrix</h2>\n<p>" + std::to_string(matrix.total()) +
                       " samples, accuracy " + short_number(matrix.accuracy()) +
                       "; means over classes: recall " + short_number(matrix.macro_recall()) +
                       ", precision " + short_number(matrix.macro_precision()) + ", F1 " +
                       short_number(matrix.macro_f1()) +
                       ". Rows: true classes. Columns: what they were taken for.</p>\n"
                       "<div class=\"wide\"><table class=\"confusion\"><tr><th></th>";
    for (std::size_t c = 0; c < count; ++c) text += "<th>" + name(c) + "</th>";
    text += "<th>recall</th></tr>\n";
    for (std::size_t truth = 0; truth < count; ++truth) {
        std::size_t sum = 0;
        for (std::size_t c = 0; c < count; ++c) sum += matrix(truth, c);
        text += "<tr><th>" + name(truth) + "</th>";
        for (std::size_t c = 0; c < count; ++c) {
            const double share =
                sum == 0 ? 0 : static_cast<double>(matrix(truth, c)) / static_cast<double>(sum);
            text += "<td style=\"background:rgba(" + std::string(c == truth ? "47,145,80" : "217,96,26") +
                    "," + short_number(std::min(1.0, 0.85 * std::sqrt(share))) + ")\">" +
                    std::to_string(matrix(truth, c)) + "</td>";
        }
        text += "<td>" + (sum == 0 ? std::string("-") : short_number(matrix.recall(truth))) + "</td></tr>\n";
    }
    return text + "</table></div>\n";
}

inline std::string html_epochs(const history& epochs) {
    const auto cell = [](const std::optional<double>& value) {
        return "<td>" + (value ? short_number(*value) : std::string()) + "</td>";
    };
    std::string text =
        "<h2>Epochs</h2>\n<div "
        "class=\"wide\"><table><tr><th>epoch</th><th>loss</th><th>penalty</th><th>accuracy</th>"
        "<th>validation loss</th><th>validation accuracy</th><th>rate</th><th>seconds</th>";
    for (const auto& metric : epochs.front().metrics) text += "<th>" + markup_text(metric.first) + "</th>";
    text += "</tr>\n";
    for (const epoch_report& epoch : epochs) {
        text += "<tr><td>" + std::to_string(epoch.all_epochs) + "</td>" + cell(epoch.loss) +
                cell(epoch.penalty) + cell(epoch.accuracy) + cell(epoch.validation_loss) +
                cell(epoch.validation_accuracy) + cell(epoch.rate) + cell(epoch.seconds);
        for (const auto& metric : epoch.metrics) text += cell(metric.second);
        text += "</tr>\n";
    }
    return text + "</table></div>\n";
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The page as text. @throws std::invalid_argument if there are names of classes, but not one for each
inline std::string training_report_html(const report_contents& of) {
    using detail::html_curve;
    if (!of.classes.empty() && (!of.confusion || of.classes.size() != of.confusion->classes()))
        throw detail::thrown<std::invalid_argument>(
            "training_report_html: expected a name for each of " +
            std::to_string(of.confusion ? of.confusion->classes() : 0) +
            " classes of the confusion matrix, found " + std::to_string(of.classes.size()));
    std::string text =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
        detail::markup_text(of.title) +
        "</title>\n<style>\nbody{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em "
        "auto;padding:0 1em;"
        "color:#222;background:#fff}\nh2{margin-top:1.8em;border-bottom:1px solid #ddd}\n"
        "svg{width:100%;max-width:640px;display:block;margin:1em 0;font-size:13px}\n"
        ".title{font-weight:600;font-size:15px}.grid{stroke:#e4e4e4}.mark{fill:#666}\n"
        ".curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
        "table{border-collapse:collapse}td,th{padding:.15em .7em;text-align:right;border-bottom:1px solid "
        "#eee}\n"
        ".confusion td{min-width:2em;text-align:center}.options th{text-align:left}.options "
        "td{text-align:left}\n"
        ".wide{overflow-x:auto}pre{font-size:13px;overflow-x:auto;background:#f6f6f6;padding:1em}\n"
        "</style></head><body>\n<h1>" +
        detail::markup_text(of.title) + "</h1>\n";
    if (!of.epochs.empty()) {
        const auto curve = [&](const char* name, auto value) {
            html_curve made{name, {}};
            for (const epoch_report& epoch : of.epochs) made.values.push_back(value(epoch));
            return made;
        };
        using values = std::optional<double>;
        text += detail::svg_curves(
            "Loss", {curve("training", [](const epoch_report& e) { return values(e.loss); }),
                     curve("validation", [](const epoch_report& e) { return e.validation_loss; })});
        text += detail::svg_curves(
            "Accuracy", {curve("training", [](const epoch_report& e) { return e.accuracy; }),
                         curve("validation", [](const epoch_report& e) { return e.validation_accuracy; })});
        if (std::any_of(of.epochs.begin(), of.epochs.end(),
                        [&](const epoch_report& e) { return e.rate != of.epochs.front().rate; }))
            text += detail::svg_curves("Rate",
                                       {curve("rate", [](const epoch_report& e) { return values(e.rate); })});
        for (std::size_t k = 0; k < of.epochs.front().metrics.size(); ++k)
            text +=
                detail::svg_curves(of.epochs.front().metrics[k].first, {curve("", [k](const epoch_report& e) {
                                       return k < e.metrics.size() ? values(e.metrics[k].second) : values();
                                   })});
    }
    if (of.confusion) text += detail::html_confusion(*of.confusion, of.classes);
    if (!of.network.empty()) text += "<h2>Network</h2>\n<pre>" + detail::markup_text(of.network) + "</pre>\n";
    if (!of.options.empty()) {
        text += "<h2>Options</h2>\n<table class=\"options\">\n";
        for (const auto& [name, value] : of.options)
            text += "<tr><th>" + detail::markup_text(name) + "</th><td>" + detail::markup_text(value) +
                    "</td></tr>\n";
        text += "</table>\n";
    }
    if (!of.epochs.empty()) text += detail::html_epochs(of.epochs);
    return text + "</body></html>\n";
}

/// Writes the page. @throws file_error if it cannot be written, std::invalid_argument as `training_report_html`
inline void write_training_report(const std::filesystem::path& path, const report_contents& of) {
    const std::string page = training_report_html(of);
    std::ofstream file(path, std::ios::trunc | std::ios::binary);
    file << page;
    file.flush();
    if (!file) throw file_error({path.string(), "a file to write", "one that cannot be written"});
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
