// SPDX-License-Identifier: BSL-1.0
/// @file load_torch.hpp
/// Weights from files of PyTorch's `torch.save` (.pt, .pth): state dicts, and checkpoints that hold one.
#pragma once
#include <archetype/interchange/state_dict_reader.hpp>
#include <archetype/interchange/torch_file.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads a state dict from a file of `torch.save`: the layers, rules and options of `try_load_state_dict`. What a checkpoint has
/// beside the state dict (`options.member`) is an error unless it is of training ("epoch", "optimizer") or in
/// `options.skip_keys`.
/// @param modules  the module of each layer with parameters, in the network's order
/// @param dialect  what the numbers of recurrent layers mean; `recurrent_dialect::pytorch()` for PyTorch's own
/// @return what does not fit, with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_torch(model<Net, T>& net,
                                                         const std::filesystem::path& path,
                                                         std::span<const state_dict_module> modules,
                                                         const recurrent_dialect& dialect,
                                                         const state_dict_options& options = {}) {
    const auto file = try_read_torch(path, {.member = options.member});
    if (!file) return detail::import_failure(file.failure());
    const detail::entry_tensors tensors(file->tensors());
    detail::state_dict_reader<Net, T> reader(path.string(), tensors, dialect, options);
    reader.read_around(file->other_keys());
    return reader.read(net, modules);
}
/// The same for networks without recurrent layers.
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_torch(model<Net, T>& net,
                                                         const std::filesystem::path& path,
                                                         std::span<const state_dict_module> modules,
                                                         const state_dict_options& options = {}) {
    static_assert(!detail::has_recurrent_layers<Net>,
                  "archetype: recurrent layers need a recurrent_dialect in the call");
    return try_load_torch(net, path, modules, recurrent_dialect::pytorch(), options);
}

/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_torch(model<Net, T>& net, const std::filesystem::path& path,
                std::span<const state_dict_module> modules, const recurrent_dialect& dialect,
                const state_dict_options& options = {}) {
    if (auto failure = try_load_torch(net, path, modules, dialect, options))
        throw load_error(*std::move(failure));
}
template <class Net, class T>
void load_torch(model<Net, T>& net, const std::filesystem::path& path,
                std::initializer_list<state_dict_module> modules, const recurrent_dialect& dialect,
                const state_dict_options& options = {}) {
    load_torch(net, path, std::span<const state_dict_module>(modules.begin(), modules.size()), dialect,
               options);
}
/// The same for networks without recurrent layers.
template <class Net, class T>
void load_torch(model<Net, T>& net, const std::filesystem::path& path,
                std::span<const state_dict_module> modules, const state_dict_options& options = {}) {
    if (auto failure = try_load_torch(net, path, modules, options)) throw load_error(*std::move(failure));
}
template <class Net, class T>
void load_torch(model<Net, T>& net, const std::filesystem::path& path,
                std::initializer_list<state_dict_module> modules, const state_dict_options& options = {}) {
    load_torch(net, path, std::span<const state_dict_module>(modules.begin(), modules.size()), options);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
