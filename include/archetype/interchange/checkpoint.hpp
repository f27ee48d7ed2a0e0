// SPDX-License-Identifier: BSL-1.0
/// @file checkpoint.hpp
/// Saves all that training depends on as safetensors, so that it goes on later as if it had never stopped.
#pragma once
#include <archetype/interchange/model_file.hpp>
#include <archetype/training/trainer.hpp>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Calls `visit(name, shape, pointer)` for each tensor of a checkpoint: parameters and moving statistics by their names,
/// the numbers that the optimizer keeps for "dense/kernel" as "optimizer/0/dense/kernel" and so on.
template <class Net, class T, class Visit>
void for_each_checkpoint_tensor(T* parameters, std::span<T> states, Visit&& visit) {
    constexpr std::size_t trainable = parameters_of<Net>.trainable_elements;
    for_each_parameter<Net>(
        [&](const std::string& name, const std::vector<std::size_t>& extents, std::size_t offset) {
            visit(name, extents, parameters + offset);
            if (offset >= trainable) return;
            for (std::size_t state = 0; state * trainable < states.size(); ++state)
                visit("optimizer/" + std::to_string(state) + "/" + name, extents,
                      states.data() + state * trainable + offset);
        });
}

/// Layers in their order with the shapes of their results and their numbers, one a line, and the hash of the architecture.
template <class Net>
std::string architecture_text() {
    std::string text;
    for (const node& at : unchecked_facts<Net>.nodes) {
        text += std::string(at.kind.data(), at.kind.size()) + " " + to_text(at.output);
        const std::pair<const char*, double> numbers[] = {
            {"epsilon", at.epsilon}, {"momentum", at.momentum}, {"rate", at.rate}, {"variant", at.variant}};
        for (const auto& [name, number] : numbers)
            if (number != 0) text += std::string(", ") + name + " " + number_text(number);
        if (at.treats_batch_as_one) text += ", by batch";
        if (at.frozen) text += ", frozen";
        text += "\n";
    }
    return text + hexadecimal(architecture_hash<Net>);
}

/// What differs between two settings: of architectures, the first layer.
inline std::pair<std::string, std::string> first_difference(std::string_view left, std::string_view right) {
    if (left.find('\n') == left.npos || right.find('\n') == right.npos)
        return {std::string(left), std::string(right)};
    for (std::size_t line = 0;; ++line) {
        const auto take = [&](std::string_view& text) {
            const std::size_t end = text.find('\n');
            const std::string_view first = text.substr(0, end);
            text = end == text.npos ? std::string_view() : text.substr(end + 1);
            return end == text.npos ? "options of layers with the hash " + std::string(first)
                                    : "layer " + std::to_string(line + 1) + ": " + std::string(first);
        };
        const std::string one = take(left), other = take(right);
        if (one != other || (left.empty() && right.empty())) return {one, other};
    }
}

/// What of a trainer a checkpoint compares: key, what it is here, and the option that allows another.
struct checkpoint_setting {
    const char *key, *option;
    std::string text;
    bool allowed = false;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What may differ between a checkpoint and the trainer that goes on from it.
struct checkpoint_options {
    bool other_architecture = false;  ///< layers without parameters, or options of layers
    bool other_loss = false;
    bool other_optimizer = false;  ///< settings, or another one with as many numbers for each parameter
    bool other_schedule = false;   ///< the next `fit` may have any schedule
    bool other_shards =
        false;  ///< gradients that are added in another order (`distributed_trainer`, or one without)
    bool allow_not_finite = false;  ///< NaN and infinities, when saving too
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// With a schedule, the rate is its matter.
template <class Net, class Trainer>
std::array<checkpoint_setting, 3> checkpoint_settings(const Trainer& of, bool scheduled,
                                                      const checkpoint_options& options) {
    return {{{"architecture", "other_architecture", architecture_text<Net>(), options.other_architecture},
             {"loss", "other_loss", settings_text(of.loss()), options.other_loss},
             {"optimizer", "other_optimizer", settings_text(of.optimizer(), !scheduled),
              options.other_optimizer}}};
}

/// `try_save_checkpoint` with all of the optimizer's numbers, and how many shards fix the order of sums, if any do.
template <class Net, class T, class Trainer>
std::optional<file_failure> try_save_states(const Trainer& from, std::span<const T> states,
                                            const std::string& shards, const std::filesystem::path& path,
                                            const checkpoint_options& options) {
    return without_throwing(path.string(), [&]() -> std::optional<file_failure> {
        std::vector<tensor_entry> entries;
        std::optional<file_failure> failure;
        for_each_checkpoint_tensor<Net>(
            from.net().data(), states,
            [&](const std::string& name, const std::vector<std::size_t>& extents, const T* values) {
                if (!failure)
                    failure = try_add_entry(entries, path, name, extents, values,
                                            {.allow_not_finite = options.allow_not_finite});
            });
        if (failure) return failure;
        const training_counters& now = from.counters();
        safetensors_metadata metadata{{"format", "archetype checkpoint"},
                                      {"seed", std::to_string(now.seed)},
                                      {"epochs", std::to_string(now.epochs)},
                                      {"updates", std::to_string(now.updates)},
                                      {"schedule", from.schedule()}};
        for (const auto& setting : checkpoint_settings<Net>(from, !from.schedule().empty(), options))
            metadata[setting.key] = setting.text;
        if (!shards.empty()) metadata["shards"] = shards;
        return try_write_safetensors(entries, path, metadata);
    });
}

/// `try_load_checkpoint`, the optimizer's numbers to `states`.
template <class Net, class T, class Trainer>
std::optional<load_failure> try_load_states(Trainer& to, std::span<T> states, const std::string& shards,
                                            const std::filesystem::path& path,
                                            const checkpoint_options& options) {
    return without_throwing(path.string(), [&]() -> std::optional<load_failure> {
        const auto file = try_read_safetensors(path);
        if (!file) return file.failure();
        const auto text = [&](const char* key) {
            const auto found = file->metadata().find(key);
            return found == file->metadata().end() ? std::optional<std::string>() : found->second;
        };
        std::optional<file_failure> wrong;
        const auto number = [&](const char* key) {
            const std::string digits = text(key).value_or("");
            std::uint64_t value = 0;
            const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (!wrong &&
                (digits.empty() || end.ec != std::errc{} || end.ptr != digits.data() + digits.size()))
                wrong = file_failure{path.string(), "a checkpoint with a number as " + std::string(key),
                                     digits.empty() ? "none" : "\"" + digits + "\""};
            return value;
        };
        training_counters then{};
        then.seed = number("seed");
        then.epochs = number("epochs");
        then.updates = number("updates");
        if (wrong) return *wrong;

        const std::optional<std::string> schedule = text("schedule");
        std::vector<load_mismatch> other;
        const auto report = [&](const char* key, const char* option, std::string expected,
                                std::string found) {
            other.push_back({load_problem::setting, key,
                             std::move(expected) + " (checkpoint_options::" + option + ")",
                             std::move(found)});
        };
        if (!schedule && !options.other_schedule) report("schedule", "other_schedule", "a setting", "none");
        for (const auto& setting : checkpoint_settings<Net>(to, !schedule.value_or("").empty(), options)) {
            const std::optional<std::string> found = text(setting.key);
            if (setting.allowed || found == setting.text) continue;
            const auto [here, there] = found ? first_difference(setting.text, *found)
                                             : std::pair<std::string, std::string>("a setting", "none");
            report(setting.key, setting.option, here, there);
        }
        if (const std::string found = text("shards").value_or(""); found != shards && !options.other_shards)
            report("shards", "other_shards", shards.empty() ? "none" : shards,
                   found.empty() ? "none" : found);
        std::vector<load_target> targets;
        for_each_checkpoint_tensor<Net>(to.net().data(), states,
                                        [&](const std::string& name, const std::vector<std::size_t>& extents,
                                            T* values) { targets.emplace_back(name, extents, values); });
        if (auto failure = try_load_all(*file, targets, {.allow_not_finite = options.allow_not_finite},
                                        std::move(other)))
            return failure;
        to.counters(then);
        if (!options.other_schedule) to.expect_schedule(*schedule);
        return std::nullopt;
    });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes parameters, moving statistics, the optimizer's numbers and the trainer's counters, and what loading compares:
/// architecture, loss, optimizer and schedule with their numbers. Completely or not at all; says why not: a file that
/// cannot be written, a number that is not finite, by tensor and index.
template <class Net, class T, class Loss, class Optimizer>
std::optional<file_failure> try_save_checkpoint(const trainer<Net, T, Loss, Optimizer>& from,
                                                const std::filesystem::path& path,
                                                const checkpoint_options& options = {}) {
    return detail::try_save_states<Net>(from, from.optimizer_state(), "", path, options);
}

/// Continues from a checkpoint of a trainer of the same network, scalar type, loss and optimizer: with the same data and
/// options the next `fit` does what that of the saved trainer would have done, bit for bit. A `fit` with another schedule
/// throws std::invalid_argument. Nothing is changed if the file does not fit: it says what was expected and found, of each
/// tensor and setting.
template <class Net, class T, class Loss, class Optimizer>
std::optional<load_failure> try_load_checkpoint(trainer<Net, T, Loss, Optimizer>& to,
                                                const std::filesystem::path& path,
                                                const checkpoint_options& options = {}) {
    return detail::try_load_states<Net>(to, to.optimizer_state(), "", path, options);
}

/// `try_save_checkpoint` with an exception. @throws file_error
template <class Net, class T, class Loss, class Optimizer>
void save_checkpoint(const trainer<Net, T, Loss, Optimizer>& from, const std::filesystem::path& path,
                     const checkpoint_options& options = {}) {
    if (auto failure = try_save_checkpoint(from, path, options)) throw file_error(*std::move(failure));
}

/// `try_load_checkpoint` with an exception.
/// @throws load_error, which is a file_error: the file is no checkpoint, or a tensor or setting is another
template <class Net, class T, class Loss, class Optimizer>
void load_checkpoint(trainer<Net, T, Loss, Optimizer>& to, const std::filesystem::path& path,
                     const checkpoint_options& options = {}) {
    if (auto failure = try_load_checkpoint(to, path, options)) throw load_error(*std::move(failure));
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
