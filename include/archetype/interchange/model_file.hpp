// SPDX-License-Identifier: BSL-1.0
/// @file model_file.hpp
/// Saves and loads the parameters of a model as safetensors, and writes them as a header of constants.
#pragma once
#include <archetype/architecture/summary.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/interchange/constant_header.hpp>
#include <archetype/interchange/constant_object.hpp>
#include <archetype/interchange/load_into.hpp>

#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Calls `visit(name, shape, offset)` for each parameter tensor of `Net`.
template <class Net, class Visit>
void for_each_parameter(Visit&& visit) {
    [&]<std::size_t... Slot>(std::index_sequence<Slot...>) {
        (visit(std::string(parameter_path<Net, Slot>::view()),
               std::vector<std::size_t>(parameter_path<Net, Slot>::tensor.extents.extents,
                                        parameter_path<Net, Slot>::tensor.extents.extents +
                                            parameter_path<Net, Slot>::tensor.extents.rank),
               static_cast<std::size_t>(parameter_path<Net, Slot>::slot.offset)),
         ...);
    }
    (std::make_index_sequence<parameters_of<Net>.size()>{});
}

/// What inference reads of a model: batch norm is folded.
template <class Net, class T>
std::vector<T> folded_weights(const model<Net, T>& net) {
    std::vector<T> folded(inference_weight_count<Net>);
    fold_parameters<Net>(net.data(), folded.data());
    return folded;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

struct save_options {
    bool allow_not_finite = false;  ///< NaN and infinities are written as other numbers
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Adds a tensor to a file, unless it holds what is no finite number.
template <class T>
std::optional<file_failure> try_add_entry(std::vector<tensor_entry>& entries,
                                          const std::filesystem::path& path, std::string name,
                                          std::vector<std::size_t> extents, const T* values,
                                          const save_options& options) {
    std::size_t count = 1;
    for (std::size_t size : extents) count *= size;
    const std::span<const T> all(values, count);
    if (!options.allow_not_finite)
        if (const auto bad = first_bad_number(all))
            return file_failure{path.string(),
                                "finite numbers in " + name + " (save_options::allow_not_finite)",
                                bad->message(extents)};
    entries.push_back(make_tensor_entry(std::move(name), std::move(extents), all));
    return std::nullopt;
}

template <class Net, class T>
std::vector<load_target> load_targets_of(model<Net, T>& net) {
    std::vector<load_target> targets;
    T* const to = net.data();
    for_each_parameter<Net>([&](std::string name, std::vector<std::size_t> extents, std::size_t offset) {
        targets.emplace_back(std::move(name), std::move(extents), to + offset);
    });
    return targets;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes all parameters, moving statistics included, as tensors "conv2d/kernel" and so on in Keras' layouts; completely
/// or not at all. Says why not: a file that cannot be written, a parameter that is not finite, by tensor and index.
/// Works with -fno-exceptions.
template <class Net, class T>
std::optional<file_failure> try_save(const model<Net, T>& net, const std::filesystem::path& path,
                                     const save_options& options = {}) {
    return detail::without_throwing(path.string(), [&]() -> std::optional<file_failure> {
        std::vector<tensor_entry> entries;
        std::optional<file_failure> failure;
        detail::for_each_parameter<Net>(
            [&](std::string name, std::vector<std::size_t> extents, std::size_t offset) {
                if (!failure)
                    failure = detail::try_add_entry(entries, path, std::move(name), std::move(extents),
                                                    net.data() + offset, options);
            });
        if (failure) return failure;
        return try_write_safetensors(entries, path, {{"format", "archetype"}});
    });
}

/// Reads all parameters. The file must hold exactly the tensors of the network, with their shapes and type, and finite
/// numbers (`options` says what else is allowed); otherwise nothing is changed, and it says what does not fit: each tensor
/// with what was expected and found, or "file". Works with -fno-exceptions.
template <class Net, class T>
std::optional<load_failure> try_load(model<Net, T>& net, const std::filesystem::path& path,
                                     const load_options& options = {}) {
    return detail::without_throwing(path.string(), [&]() -> std::optional<load_failure> {
        const auto file = try_read_safetensors(path);
        if (!file) return file.failure();
        return try_load_into(*file, detail::load_targets_of(net), options);
    });
}

/// Writes what `inference<Net>` reads as a C++ header that defines the constant `name`: batch norm is folded. Says why it
/// could not be done: a name that is no identifier, a weight that is not finite, a file that cannot be written. Works with
/// -fno-exceptions.
template <class Net, class T>
std::optional<file_failure> try_write_constant_weights(const model<Net, T>& net,
                                                       const std::filesystem::path& path,
                                                       const std::string& name) {
    return detail::without_throwing(path.string(), [&] {
        const std::vector<T> folded = detail::folded_weights(net);
        return try_write_constant_header(std::span<const T>(folded), path,
                                         {name, architecture_hash<Net>, std::string(summary<Net>())});
    });
}

/// The same as raw bytes for an assembler: `name.hpp`, `name.S` and `name.bin` in `folder` (`write_constant_object`).
template <class Net, class T>
std::optional<file_failure> try_write_constant_weights_object(const model<Net, T>& net,
                                                              const std::filesystem::path& folder,
                                                              const std::string& name) {
    return detail::without_throwing(folder.string(), [&] {
        const std::vector<T> folded = detail::folded_weights(net);
        return try_write_constant_object(std::span<const T>(folded), folder,
                                         {name, architecture_hash<Net>, std::string(summary<Net>())});
    });
}

/// Writes all parameters as a C++ header that defines the constant `name`, a `constant_parameters`: what `embedded_trainer`
/// starts from. Says why it could not be done, as `try_write_constant_weights`.
template <class Net, class T>
std::optional<file_failure> try_write_constant_parameters(const model<Net, T>& net,
                                                          const std::filesystem::path& path,
                                                          const std::string& name) {
    return detail::without_throwing(path.string(), [&] {
        return try_write_constant_header(std::span<const T>(net.data(), net.size()), path,
                                         {name, parameters_hash<Net>, std::string(summary<Net>())},
                                         "constant_parameters");
    });
}

#if defined(__cpp_exceptions)
/// `try_save` with an exception. @throws file_error
template <class Net, class T>
void save(const model<Net, T>& net, const std::filesystem::path& path, const save_options& options = {}) {
    if (auto failure = try_save(net, path, options)) throw file_error(*std::move(failure));
}

/// `try_load` with exceptions.
/// @throws file_error if the file is not a valid one; load_error, naming each tensor with what was expected and found
template <class Net, class T>
void load(model<Net, T>& net, const std::filesystem::path& path, const load_options& options = {}) {
    load_into(read_safetensors(path), detail::load_targets_of(net), options);
}

/// `try_write_constant_weights` with exceptions.
/// @throws std::invalid_argument if the name is not an identifier or a weight is not finite; file_error
template <class Net, class T>
void write_constant_weights(const model<Net, T>& net, const std::filesystem::path& path,
                            const std::string& name) {
    const std::vector<T> folded = detail::folded_weights(net);
    write_constant_header(std::span<const T>(folded), path,
                          {name, architecture_hash<Net>, std::string(summary<Net>())});
}

/// `try_write_constant_parameters` with an exception. @throws file_error
template <class Net, class T>
void write_constant_parameters(const model<Net, T>& net, const std::filesystem::path& path,
                               const std::string& name) {
    if (auto failure = try_write_constant_parameters(net, path, name)) throw file_error(*std::move(failure));
}

/// `try_write_constant_weights_object` with exceptions.
/// @throws std::invalid_argument if the name is not an identifier or a weight is not finite; file_error
template <class Net, class T>
void write_constant_weights_object(const model<Net, T>& net, const std::filesystem::path& folder,
                                   const std::string& name) {
    const std::vector<T> folded = detail::folded_weights(net);
    write_constant_object(std::span<const T>(folded), folder,
                          {name, architecture_hash<Net>, std::string(summary<Net>())});
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
