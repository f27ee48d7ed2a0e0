// SPDX-License-Identifier: BSL-1.0
/// @file progress.hpp
/// Reports training: a line that is redrawn on terminals, one plain line per epoch elsewhere.
#pragma once
#include <algorithm>
#include <archetype/instruction_set.hpp>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// One output of a network with `losses`; `accuracy` where its targets are class numbers.
struct output_report {
    double loss = 0;  ///< without its weight
    std::optional<double> accuracy = {};
    std::optional<double> validation_loss = {}, validation_accuracy = {};
};

/// How training stands, within an epoch or at its end.
struct epoch_report {
    std::size_t epoch = 1, epochs = 1;         ///< the first is 1
    std::size_t samples = 0, all_samples = 0;  ///< trained on in this epoch, and in a whole one
    double loss = 0;                           ///< mean over the samples so far
    std::optional<double> accuracy = {};       ///< 0 to 1
    std::optional<double> validation_loss = {}, validation_accuracy = {};
    double seconds = 0;  ///< since the epoch began
    double penalty = 0;  ///< of the regularizers, not part of `loss`; mean over the updates so far
    double rate = 0;     ///< of the last update; 0 if the optimizer has none
    std::size_t all_epochs =
        1;  ///< that the trainer has seen, this one included, over all calls and checkpoints
    std::vector<output_report> outputs = {};                   ///< with `losses`, in the order of outputs
    std::vector<std::pair<std::string, double>> metrics = {};  ///< of outputs and callbacks: name, value
    double waiting = 0;  ///< seconds of the epoch in which `fit` waited for samples of a reader
};

/// `automatic` is `bar` on a terminal and `lines` elsewhere.
enum class progress_style { automatic, bar, lines, silent };

/// Whether the stream is a terminal. Only the standard streams can be; others have no file behind them that
/// is known.
inline bool is_terminal(std::FILE* file) {
#if __has_include(<unistd.h>)
    return file != nullptr && isatty(fileno(file)) == 1;
#else
    (void)file;
    return false;
#endif
}
inline bool is_terminal(const std::ostream& out) {
    if (out.rdbuf() == std::cout.rdbuf()) return is_terminal(stdout);
    if (out.rdbuf() == std::cerr.rdbuf() || out.rdbuf() == std::clog.rdbuf()) return is_terminal(stderr);
    return false;
}

/// Writes reports to a stream, which must outlive it. Two objects know nothing of each other.
class progress {
public:
    using clock = std::chrono::steady_clock;

    explicit progress(std::ostream& out, progress_style style = progress_style::automatic)
        : style_(resolved(style, is_terminal(out))),
          write_([&out](std::string_view text) { out << text << std::flush; }) {}
    explicit progress(std::FILE* file, progress_style style = progress_style::automatic)
        : style_(resolved(style, is_terminal(file))), write_([file](std::string_view text) {
              std::fwrite(text.data(), 1, text.size(), file);
              std::fflush(file);
          }) {}

    progress_style style() const { return style_; }
    /// The shortest time between two drawings of the bar; 0.1 s unless set.
    void redraw_interval(clock::duration interval) { interval_ = interval; }
    /// Characters the redrawn line may take; 79 unless set.
    void columns(std::size_t count) { columns_ = count; }

    /// Within an epoch: redraws the bar if the last drawing is long enough ago.
    void batch(const epoch_report& report) {
        if (style_ != progress_style::bar) return;
        const auto now = clock::now();
        if (drawn_ && now - *drawn_ < interval_) return;
        drawn_ = now;
        write_('\r' + bar_text(report, columns_) + clear_rest);
    }

    /// At the end of an epoch: its line, in place of the bar.
    void epoch(const epoch_report& report) {
        if (style_ == progress_style::silent) return;
        drawn_.reset();
        const bool bar = style_ == progress_style::bar;
        write_(std::string(bar ? "\r" : "") + line_text(report) + (bar ? clear_rest : "") + "\n");
    }

    /// "epoch 3/10  7500 samples  loss 0.1234  accuracy 0.9567  validation loss 0.1111  accuracy 0.9600  1.2
    /// s".
    static std::string line_text(const epoch_report& report) {
        std::string text = head(report) + "  " + std::to_string(report.samples) + " samples" + values(report);
        if (report.validation_loss) text += "  validation loss " + fixed(*report.validation_loss, 4);
        if (report.validation_accuracy)
            text += (report.validation_loss ? "  accuracy " : "  validation accuracy ") +
                    fixed(*report.validation_accuracy, 4);
        for (const auto& [name, value] : report.metrics)
            text.append("  ").append(name).append(" ").append(fixed(value, 4));
        return text + "  " + fixed(report.seconds, 1) + " s";
    }

    /// "epoch 3/10 [#######.......] 3750/7500  loss 0.1234  accuracy 0.9567  0.6 s", cut to `columns`.
    static std::string bar_text(const epoch_report& report, std::size_t columns) {
        const std::size_t all = std::max<std::size_t>(report.all_samples, 1),
                          done = std::min(report.samples, all);
        const std::string before = head(report) + " [";
        const std::string after = "] " + std::to_string(report.samples) + "/" +
                                  std::to_string(report.all_samples) + values(report) + "  " +
                                  fixed(report.seconds, 1) + " s";
        const std::size_t used = before.size() + after.size();
        const std::size_t width = std::clamp<std::size_t>(columns > used ? columns - used : 0, 4, 30);
        const std::size_t full = static_cast<std::size_t>(
            static_cast<double>(done) / static_cast<double>(all) * static_cast<double>(width));
        std::string text = before + std::string(full, '#') + std::string(width - full, '.') + after;
        if (text.size() > columns) text.resize(columns);  // a wrapped line could not be redrawn
        return text;
    }

private:
    static constexpr const char* clear_rest = "\x1b[K";

    static progress_style resolved(progress_style style, bool terminal) {
        if (style != progress_style::automatic) return style;
        return terminal ? progress_style::bar : progress_style::lines;
    }
    static std::string fixed(double value, int digits) {
        char text[400];  // the largest double has 309 digits before the point
        const int size = std::snprintf(text, sizeof text, "%.*f", digits, value);
        return std::string(text, static_cast<std::size_t>(size));
    }
    static std::string head(const epoch_report& report) {
        const std::string all = std::to_string(report.epochs), now = std::to_string(report.epoch);
        return "epoch " + std::string(all.size() > now.size() ? all.size() - now.size() : 0, ' ') + now +
               "/" + all;
    }
    static std::string values(const epoch_report& report) {
        return "  loss " + fixed(report.loss, 4) +
               (report.penalty != 0 ? "  penalty " + fixed(report.penalty, 4) : std::string()) +
               (report.accuracy ? "  accuracy " + fixed(*report.accuracy, 4) : std::string());
    }

    progress_style style_;
    std::function<void(std::string_view)> write_;
    std::size_t columns_ = 79;
    clock::duration interval_ = std::chrono::milliseconds(100);
    std::optional<clock::time_point> drawn_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
