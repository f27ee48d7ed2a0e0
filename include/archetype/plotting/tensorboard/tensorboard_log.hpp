// SPDX-License-Identifier: BSL-1.0
/// @file tensorboard_log.hpp
/// Curves for TensorBoard while a model is trained. Needs protozero's headers (Debian: libprotozero-dev).
#pragma once
#include <archetype/training/history.hpp>

#include <boost/crc.hpp>
#include <protozero/pbf_writer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// An event file: records of TFRecord's form, each an `Event` of TensorFlow's event.proto.
class event_file {
public:
    using scalars = std::vector<std::pair<std::string, double>>;

    /// Begins a new file in `directory`, which is made if it is not there. @throws file_error
    explicit event_file(const std::filesystem::path& directory) {
        std::error_code error;
        std::filesystem::create_directories(directory, error);
        const std::string name =
            "events.out.tfevents." + std::to_string(static_cast<long long>(seconds())) + ".archetype";
        path_ = directory / name;
        for (int other = 1; std::filesystem::exists(path_, error); ++other)
            path_ = directory / (name + "." + std::to_string(other));
        append({}, 0, "brain.Event:2");
    }
    /// @throws file_error
    void add(const scalars& values, std::uint64_t step) const {
        if (!values.empty()) append(values, step, {});
    }

private:
    static double seconds() {
        return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    }
    /// Castagnoli's CRC, rotated, so that a checksum of data with checksums is none of a kind.
    static std::uint32_t checksum(std::string_view bytes) {
        boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;
        sum.process_bytes(bytes.data(), bytes.size());
        const std::uint32_t crc = sum.checksum();
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
    }
    /// Bytes of a number, the lowest first.
    template <class Number>
    static void put(std::string& to, Number number) {
        for (std::size_t i = 0; i < sizeof number; ++i) to += static_cast<char>(number >> 8 * i);
    }
    void append(const scalars& values, std::uint64_t step, const std::string& version) const {
        std::string event;
        protozero::pbf_writer writer(event);
        writer.add_double(1, seconds());
        writer.add_int64(2, static_cast<std::int64_t>(step));
        if (!version.empty()) writer.add_string(3, version);
        if (!values.empty()) {
            protozero::pbf_writer summary(writer, 5);
            for (const auto& [tag, number] : values) {
                protozero::pbf_writer value(summary, 1);
                value.add_string(1, tag);
                value.add_float(2, static_cast<float>(number));
            }
        }
        std::string record;
        put(record, static_cast<std::uint64_t>(event.size()));
        put(record, checksum(record));
        record += event;
        put(record, checksum(event));
        std::ofstream file(path_, std::ios::app | std::ios::binary);
        file << record;
        file.flush();
        if (!file) throw file_error({path_.string(), "a file to append to", "one that cannot be written"});
    }

    std::filesystem::path path_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

struct tensorboard_options {
    bool steps =
        false;  ///< also the loss and the rate of each update, as "batch_loss" and "batch_learning_rate"
};

/// A callback that writes event files for TensorBoard, with the names of Keras' callback: in `directory`/train "epoch_loss",
/// "epoch_accuracy", "epoch_penalty", "epoch_learning_rate" and metrics as "epoch_" and their name; in `directory`/validation
/// "epoch_loss" and "epoch_accuracy" of the validation data. Steps are epochs and updates, counted from 1 over all calls of
/// `fit`. `tensorboard --logdir directory` shows them.
/// @throws file_error, also by `fit`
inline callback tensorboard_log(const std::filesystem::path& directory,
                                const tensorboard_options& options = {}) {
    const auto train = std::make_shared<const detail::event_file>(directory / "train");
    // Begun when there is something to write.
    const auto validation = std::make_shared<std::optional<detail::event_file>>();
    callback made;
    if (options.steps)
        made.after_step = [train](const step_report& step, training_control& control) {
            train->add({{"batch_loss", step.loss}, {"batch_learning_rate", control.rate}}, step.update);
        };
    made.after_epoch = [train, validation, directory](epoch_report& report, training_control& control) {
        detail::event_file::scalars values{{"epoch_loss", report.loss},
                                           {"epoch_penalty", report.penalty},
                                           {"epoch_learning_rate", control.rate}};
        if (report.accuracy) values.emplace_back("epoch_accuracy", *report.accuracy);
        for (const auto& [name, value] : report.metrics) values.emplace_back("epoch_" + name, value);
        train->add(values, report.all_epochs);
        if (!report.validation_loss) return;
        if (!*validation) validation->emplace(directory / "validation");
        detail::event_file::scalars judged{{"epoch_loss", *report.validation_loss}};
        if (report.validation_accuracy) judged.emplace_back("epoch_accuracy", *report.validation_accuracy);
        (*validation)->add(judged, report.all_epochs);
    };
    return made;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
