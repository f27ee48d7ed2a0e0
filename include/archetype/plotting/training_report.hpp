// SPDX-License-Identifier: BSL-1.0
/// @file training_report.hpp
/// A training as one page of HTML: curves, confusion matrix, the table of the network, options. It loads nothing from elsewhere
/// and has no scripts.
#pragma once
#include <archetype/expression/ieee.hpp>
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
    const auto clip = [&](const char* name, double limit) {
        list.emplace_back("clip", std::string(name) + "{" + number(limit) + "}");
    };
    if (const auto* value = std::get_if<clip_by_value>(&options.clip)) clip("clip_by_value", value->limit);
    if (const auto* norm = std::get_if<clip_by_norm>(&options.clip)) clip("clip_by_norm", norm->limit);
    if (const auto* global = std::get_if<clip_by_global_norm>(&options.clip))
        clip("clip_by_global_norm", global->limit);
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

inline std::string html_text(const std::string& plain) {
    std::string text;
    for (const char letter : plain) {
        if (letter == '&')
            text += "&amp;";
        else if (letter == '<')
            text += "&lt;";
        else if (letter == '>')
            text += "&gt;";
        else if (letter == '"')
            text += "&quot;";
        else if (static_cast<unsigned char>(letter) >= ' ' || letter == '\n' || letter == '\t')
            text += letter;
    }
    return text;
}
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

/// Curves over epochs as SVG; empty if there is no finite value.
inline std::string svg_curves(const std::string& title, std::vector<html_curve> curves) {
    static constexpr std::array<const char*, 4> colours{"#1f6fb4", "#d9601a", "#2f9150", "#8a4fb5"};
    constexpr double width = 640, height = 300, left = 70, right = 620, top = 40, bottom = 260;
    double low = expression::infinity<double>, high = -low;
    std::size_t epochs = 1;
    const auto shown = [](const std::optional<double>& value) {
        return value && expression::is_finite(*value);
    };
    std::erase_if(curves, [&](const html_curve& curve) {
        return std::none_of(curve.values.begin(), curve.values.end(), shown);
    });
    for (const html_curve& curve : curves) {
        epochs = std::max(epochs, curve.values.size());
        for (const auto& value : curve.values)
            if (shown(value)) low = std::min(low, *value), high = std::max(high, *value);
    }
    if (curves.empty()) return "";
    if (high - low < 1e-12 * std::max(std::abs(high), 1e-300)) low -= 0.5, high += 0.5;
    const double step = mark_distance(high - low, 6);
    low = std::floor(low / step) * step;
    high = std::ceil(high / step) * step;
    const double last = epochs > 1 ? static_cast<double>(epochs) : 2;
    const auto x = [&](double epoch) {
        return short_number(left + (right - left) * (epoch - 1) / (last - 1));
    };
    const auto y = [&](double value) {
        return short_number(bottom - (bottom - top) * (value - low) / (high - low));
    };
    std::string text = "<svg viewBox=\"0 0 " + short_number(width) + " " + short_number(height) +
                       "\" role=\"img\" aria-label=\"" + html_text(title) + "\">\n<text x=\"" +
                       short_number(left) + "\" y=\"20\" class=\"title\">" + html_text(title) + "</text>\n";
    for (int i = 0; low + i * step < high + step / 2; ++i) {
        const double mark = low + i * step;
        const double rounded = std::abs(mark) < step / 1e6 ? 0 : mark;
        text += "<path class=\"grid\" d=\"M" + short_number(left) + " " + y(mark) + "H" +
                short_number(right) + "\"/><text class=\"mark\" text-anchor=\"end\" x=\"" +
                short_number(left - 8) + "\" y=\"" + y(mark) + "\" dy=\"4\">" + short_number(rounded) +
                "</text>\n";
    }
    const double across = std::max(1.0, mark_distance(last - 1, 8));
    for (int i = 0; 1 + i * across <= last; ++i) {
        const double epoch = 1 + i * across;
        text += "<text class=\"mark\" text-anchor=\"middle\" x=\"" + x(epoch) + "\" y=\"" +
                short_number(bottom + 20) + "\">" + short_number(epoch) + "</text>\n";
    }
    text += "<text class=\"mark\" text-anchor=\"middle\" x=\"" + short_number((left + right) / 2) +
            "\" y=\"" + short_number(bottom + 37) + "\">epoch</text>\n";
    double name_at = right;
    for (std::size_t k = 0; k < curves.size(); ++k) {
        const std::string colour = colours[k % colours.size()];
        std::string path;
        bool pen_down = false;
        for (std::size_t i = 0; i < curves[k].values.size(); ++i) {
            const auto& value = curves[k].values[i];
            if (shown(value))
                path += std::string(pen_down ? "L" : "M") + x(static_cast<double>(i + 1)) + " " + y(*value);
            pen_down = shown(value);
            // A value between two gaps has no line: a short one shows it.
            const bool alone = pen_down && (i == 0 || !shown(curves[k].values[i - 1])) &&
                               (i + 1 == curves[k].values.size() || !shown(curves[k].values[i + 1]));
            if (alone) path += "h0.1";
        }
        text += "<path class=\"curve\" stroke=\"";
        text += colour;
        text += "\" d=\"";
        text += path;
        text += "\"/><text text-anchor=\"end\" x=\"";
        text += short_number(name_at);
        text += "\" y=\"20\" fill=\"";
        text += colour;
        text += "\">" + html_text(curves[k].name) + "</text>\n";
        name_at -= 14 + 7.5 * static_cast<double>(curves[k].name.size());
    }
    return text + "</svg>\n";
}

inline std::string html_confusion(const confusion_matrix& matrix, const std::vector<std::string>& names) {
    const std::size_t count = matrix.classes();
    const auto name = [&](std::size_t c) { return names.empty() ? std::to_string(c) : html_text(names[c]); };
    std::string text = "<h2>Confusion matrix</h2>\n<p>" + std::to_string(matrix.total()) +
                       " samples, accuracy " + short_number(matrix.accuracy()) +
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
    for (const auto& metric : epochs.front().metrics) text += "<th>" + html_text(metric.first) + "</th>";
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
        throw std::invalid_argument("training_report_html: expected a name for each of " +
                                    std::to_string(of.confusion ? of.confusion->classes() : 0) +
                                    " classes of the confusion matrix, found " +
                                    std::to_string(of.classes.size()));
    std::string text =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
        detail::html_text(of.title) +
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
        detail::html_text(of.title) + "</h1>\n";
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
    if (!of.network.empty()) text += "<h2>Network</h2>\n<pre>" + detail::html_text(of.network) + "</pre>\n";
    if (!of.options.empty()) {
        text += "<h2>Options</h2>\n<table class=\"options\">\n";
        for (const auto& [name, value] : of.options)
            text += "<tr><th>" + detail::html_text(name) + "</th><td>" + detail::html_text(value) +
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
