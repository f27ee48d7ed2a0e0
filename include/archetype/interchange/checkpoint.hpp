// SPDX-License-Identifier: BSL-1.0
/// @file checkpoint.hpp
/// Saves all that training depends on as safetensors, so that it goes on later as if it had never stopped.
#pragma once
#include <archetype/interchange/model_file.hpp>
#include <archetype/training/trainer.hpp>

#include <charconv>

namespace archetype {

namespace detail {

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

}  // namespace detail

/// Writes parameters, moving statistics, the optimizer's numbers and the trainer's counters; completely or not at all.
/// @throws file_error
template <class Net, class T, class Loss, class Optimizer>
void save_checkpoint(const trainer<Net, T, Loss, Optimizer>& from, const std::filesystem::path& path) {
    std::vector<tensor_entry> entries;
    detail::for_each_checkpoint_tensor<Net>(
        from.net().data(), from.optimizer_state(),
        [&](const std::string& name, const std::vector<std::size_t>& extents, const T* values) {
            std::size_t count = 1;
            for (std::size_t size : extents) count *= size;
            entries.push_back(make_tensor_entry(name, extents, std::span<const T>(values, count)));
        });
    const training_counters& now = from.counters();
    write_safetensors(path, entries,
                      {{"format", "archetype checkpoint"},
                       {"seed", std::to_string(now.seed)},
                       {"epochs", std::to_string(now.epochs)},
                       {"updates", std::to_string(now.updates)}});
}

/// Continues from a checkpoint of a trainer of the same network, scalar type and optimizer: with the same data, options,
/// loss and settings of the optimizer, the next `fit` does what that of the saved trainer would have done, bit for bit.
/// Nothing is changed if the file does not fit.
/// @throws file_error if the file is no checkpoint; load_error, naming each tensor with what was expected and found
template <class Net, class T, class Loss, class Optimizer>
void load_checkpoint(trainer<Net, T, Loss, Optimizer>& to, const std::filesystem::path& path) {
    const safetensors_file file = read_safetensors(path);
    const auto number = [&](const char* key) {
        const auto found = file.metadata().find(key);
        std::uint64_t value = 0;
        const std::string text = found == file.metadata().end() ? "" : found->second;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
        if (text.empty() || end.ec != std::errc{} || end.ptr != text.data() + text.size())
            throw file_error({path.string(), "a checkpoint with a number as " + std::string(key),
                              text.empty() ? "none" : "\"" + text + "\""});
        return value;
    };
    const training_counters then{number("seed"), number("epochs"), number("updates")};
    std::vector<load_target> targets;
    detail::for_each_checkpoint_tensor<Net>(
        to.net().data(), to.optimizer_state(),
        [&](const std::string& name, const std::vector<std::size_t>& extents, T* values) {
            targets.emplace_back(name, extents, values);
        });
    load_into(file, targets);
    to.counters(then);
}

}  // namespace archetype
