// SPDX-License-Identifier: BSL-1.0
/// @file distributed_checkpoint.hpp
/// Checkpoints of all ranks together: one file, whatever their number.
#pragma once
#include <archetype/distributed/distributed_trainer.hpp>
#include <archetype/interchange/checkpoint.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Failures as one text, so that all ranks have rank 0's.
inline std::string packed(const std::optional<load_failure>& failure) {
    if (!failure) return {};
    rank_settings fields{{}, failure->path};
    for (const load_mismatch& one : failure->mismatches) {
        fields.add(std::to_string(static_cast<int>(one.problem)), one.tensor);
        fields.add(one.expected, one.found);
    }
    fields.add("unlisted", failure->unlisted);
    return fields.packed();
}
inline std::optional<load_failure> unpacked(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const rank_settings fields = rank_settings::unpacked(text);
    load_failure failure{fields.failure, {}};
    for (std::size_t i = 0; i + 2 < fields.all.size(); i += 2)
        failure.mismatches.push_back({static_cast<load_problem>(std::stoi(fields.all[i].first)),
                                      fields.all[i].second, fields.all[i + 1].first,
                                      fields.all[i + 1].second});
    failure.unlisted = static_cast<std::size_t>(std::stoull(fields.all.back().second));
    return failure;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// `try_save_checkpoint` for all ranks, each of which calls it: rank 0 writes the file, with the optimizer's numbers of all.
/// The file has the same bytes whatever their number. All return what rank 0 found.
template <class Net, class T, class Loss, class Optimizer, class Shards>
std::optional<file_failure> try_save_checkpoint(
    const distributed_trainer<Net, T, Loss, Optimizer, Shards>& from, const std::filesystem::path& path,
    const checkpoint_options& options = {}) {
    process_group& group = from.group();
    const std::vector<T> states = from.gathered_optimizer_state();
    std::string text;
    if (group.is_first()) {
        const auto failure = detail::try_save_states<Net>(from, std::span<const T>(states),
                                                          std::to_string(Shards::value), path, options);
        if (failure)
            text = detail::rank_settings{{{failure->expected, failure->found}}, failure->path}.packed();
    }
    text = group.gather(text)[0];
    if (text.empty()) return std::nullopt;
    const auto fields = detail::rank_settings::unpacked(text);
    return file_failure{fields.failure, fields.all[0].first, fields.all[0].second};
}

/// `try_load_checkpoint` for all ranks, each of which calls it: rank 0 reads the file and gives it to the others. Their number
/// may be another one than when it was saved, and training goes on with the same bits; that of shards must be the same, unless
/// `checkpoint_options::other_shards`. All return what rank 0 found; nothing is changed anywhere if the file does not fit.
template <class Net, class T, class Loss, class Optimizer, class Shards>
std::optional<load_failure> try_load_checkpoint(distributed_trainer<Net, T, Loss, Optimizer, Shards>& to,
                                                const std::filesystem::path& path,
                                                const checkpoint_options& options = {}) {
    process_group& group = to.group();
    constexpr std::size_t trainable = model<Net, T>::trainable_size();
    std::vector<T> states(Optimizer::states * trainable);
    std::optional<load_failure> failure;
    if (group.is_first())
        failure = detail::try_load_states<Net>(to, std::span<T>(states), std::to_string(Shards::value), path,
                                               options);
    failure = detail::unpacked(group.gather(detail::packed(failure))[0]);
    if (failure) return failure;
    const auto give = [&](T* data, std::size_t size) {
        group.broadcast(std::as_writable_bytes(std::span(data, size)), 0);
    };
    give(to.net().data(), to.net().size());
    give(states.data(), states.size());
    training_counters now = to.counters();
    group.broadcast(std::as_writable_bytes(std::span(&now, 1)), 0);
    to.counters(now);
    const std::string expected = group.gather(to.expected_schedule().value_or(""))[0];
    if (!options.other_schedule) to.expect_schedule(expected);
    const auto [first, last] = to.owned_parameters();
    for (std::size_t s = 0; s < Optimizer::states; ++s)
        std::copy(states.begin() + static_cast<std::ptrdiff_t>(s * trainable + first),
                  states.begin() + static_cast<std::ptrdiff_t>(s * trainable + last),
                  to.optimizer_state().begin() + static_cast<std::ptrdiff_t>(s * (last - first)));
    return std::nullopt;
}

/// `try_save_checkpoint` with an exception, on all ranks. @throws file_error
template <class Net, class T, class Loss, class Optimizer, class Shards>
void save_checkpoint(const distributed_trainer<Net, T, Loss, Optimizer, Shards>& from,
                     const std::filesystem::path& path, const checkpoint_options& options = {}) {
    if (auto failure = try_save_checkpoint(from, path, options)) throw file_error(*std::move(failure));
}

/// `try_load_checkpoint` with an exception, on all ranks. @throws load_error
template <class Net, class T, class Loss, class Optimizer, class Shards>
void load_checkpoint(distributed_trainer<Net, T, Loss, Optimizer, Shards>& to,
                     const std::filesystem::path& path, const checkpoint_options& options = {}) {
    if (auto failure = try_load_checkpoint(to, path, options)) throw load_error(*std::move(failure));
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
