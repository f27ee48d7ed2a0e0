// SPDX-License-Identifier: BSL-1.0
/// @file history.hpp
/// What training reported, epoch by epoch, as comma-separated values.
#pragma once
#include <archetype/data/file_error.hpp>
#include <archetype/training/callback.hpp>
#include <archetype/training/progress.hpp>
#include <cstdint>

#include <filesystem>
#include <fstream>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Where a trainer's random numbers and counters stand: with the parameters and the optimizer's state all that training
/// depends on.
struct training_counters {
    std::uint64_t seed = 0;
    std::uint64_t epochs = 0;   ///< begun
    std::uint64_t updates = 0;  ///< made
};

/// One report for each epoch: what `trainer::fit` returns.
using history = std::vector<epoch_report>;

/// The names of the columns of `csv_row`.
inline std::string csv_header() {
    return "epoch,loss,penalty,accuracy,validation_loss,validation_accuracy,rate,seconds";
}

/// The same with the names of the report's metrics behind them; those with commas, quotes or ends of lines are quoted (RFC 4180).
inline std::string csv_header(const epoch_report& report) {
    std::string text = csv_header();
    for (const auto& named : report.metrics) {
        text += ',';
        if (named.first.find_first_of(",\"\r\n") == std::string::npos) {
            text += named.first;
            continue;
        }
        text += '"';
        for (const char letter : named.first) text.append(letter == '"' ? 2 : 1, letter);
        text += '"';
    }
    return text;
}

/// One epoch, counted over all calls of `fit`; fields that there are not stay empty. Numbers have 9 digits.
inline std::string csv_row(const epoch_report& report) {
    const auto number = [](std::optional<double> value) {
        char text[32] = ",";
        if (value) std::snprintf(text, sizeof text, ",%.9g", *value);
        return std::string(text);
    };
    std::string metrics;
    for (const auto& named : report.metrics) metrics.append(number(named.second));
    return std::to_string(report.all_epochs) + number(report.loss) + number(report.penalty) +
           number(report.accuracy) + number(report.validation_loss) + number(report.validation_accuracy) +
           number(report.rate) + number(report.seconds) + metrics;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Adds one row to a file; a new or empty one gets the header first. @throws file_error, also if it has other columns
inline void append_csv(const std::filesystem::path& path, const epoch_report& report) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::app);
    const std::string header = csv_header(report);
    // A quoted name may have ends of lines.
    std::string first(header.size() + 1, '\0');
    file.read(first.data(), static_cast<std::streamsize>(first.size()));
    first.resize(static_cast<std::size_t>(file.gcount()));
    file.clear();
    if (first == header && file.is_open()) file << '\n';
    if (first.size() > header.size() && first.starts_with(header) && first.back() == '\n')
        first = header;
    else if (!first.empty()) {
        file.seekg(0);
        std::getline(file, first);
    }
    if (first.empty()) {
        first = header;
        if (file.is_open()) file << header << '\n';
    }
    if (first != header) throw file_error({path.string(), "the columns " + header, first});
    if (!file.is_open()) file.setstate(std::ios::failbit);
    file.seekp(0, std::ios::end);
    file << csv_row(report) << '\n';
    file.flush();
    if (!file) throw file_error({path.string(), "a file to append to", "one that cannot be written"});
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes a history as a file, header first. @throws file_error
inline void write_csv(const history& epochs, const std::filesystem::path& path) {
    std::ofstream file(path, std::ios::trunc);
    file << (epochs.empty() ? csv_header() : csv_header(epochs.front())) << '\n';
    for (const epoch_report& epoch : epochs) file << csv_row(epoch) << '\n';
    file.flush();
    if (!file) throw file_error({path.string(), "a file to write", "one that cannot be written"});
}

/// A callback that adds a row to a file after each update: update, samples, loss, penalty, rate. A new file gets these names
/// first. @throws file_error, by `fit`
inline callback log_steps(const std::filesystem::path& path) {
    return {.after_step = [path](const step_report& step, training_control& control) {
        std::error_code none;
        const bool fresh =
            !std::filesystem::exists(path, none) || std::filesystem::file_size(path, none) == 0;
        std::ofstream file(path, std::ios::app);
        if (fresh) file << "update,samples,loss,penalty,rate\n";
        file.precision(9);
        file << step.update << ',' << step.samples << ',' << step.loss << ',' << step.penalty << ','
             << control.rate << '\n';
        file.flush();
        if (!file) throw file_error({path.string(), "a file to append to", "one that cannot be written"});
    }};
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
