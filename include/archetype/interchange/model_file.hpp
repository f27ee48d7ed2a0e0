// SPDX-License-Identifier: BSL-1.0
/// @file model_file.hpp
/// Saves and loads the parameters of a model as safetensors, and writes them as a header of constants.
#pragma once
#include <archetype/architecture/summary.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/interchange/constant_header.hpp>
#include <archetype/interchange/constant_object.hpp>
#include <archetype/interchange/load_into.hpp>

namespace archetype {

namespace detail {

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

}  // namespace detail

/// Writes all parameters, moving statistics included, as tensors "conv2d/kernel" and so on in Keras' layouts; completely
/// or not at all. @throws file_error
template <class Net, class T>
void save(const model<Net, T>& net, const std::filesystem::path& path) {
    std::vector<tensor_entry> entries;
    detail::for_each_parameter<Net>(
        [&](std::string name, std::vector<std::size_t> extents, std::size_t offset) {
            std::size_t count = 1;
            for (std::size_t size : extents) count *= size;
            entries.push_back(make_tensor_entry(std::move(name), std::move(extents),
                                                std::span<const T>(net.data() + offset, count)));
        });
    write_safetensors(path, entries, {{"format", "archetype"}});
}

/// Reads all parameters. The file must hold exactly the tensors of the network, with their shapes and type (`options`
/// says what else is allowed); otherwise nothing is changed.
/// @throws file_error if the file is not a valid one; load_error, naming each tensor with what was expected and found
template <class Net, class T>
void load(model<Net, T>& net, const std::filesystem::path& path, const load_options& options = {}) {
    std::vector<load_target> targets;
    T* const to = net.data();
    detail::for_each_parameter<Net>(
        [&](std::string name, std::vector<std::size_t> extents, std::size_t offset) {
            targets.emplace_back(std::move(name), std::move(extents), to + offset);
        });
    load_into(read_safetensors(path), targets, options);
}

/// Writes what `inference<Net>` reads as a C++ header that defines the constant `name`: batch norm is folded.
/// @throws std::invalid_argument if the name is not an identifier or a weight is not finite; file_error
template <class Net, class T>
void write_constant_weights(const model<Net, T>& net, const std::filesystem::path& path,
                            const std::string& name) {
    const std::vector<T> folded = detail::folded_weights(net);
    write_constant_header(path, std::span<const T>(folded),
                          {name, architecture_hash<Net>, std::string(summary<Net>())});
}

/// The same as raw bytes for an assembler: `name.hpp`, `name.S` and `name.bin` in `folder` (`write_constant_object`).
/// @throws std::invalid_argument if the name is not an identifier or a weight is not finite; file_error
template <class Net, class T>
void write_constant_weights_object(const model<Net, T>& net, const std::filesystem::path& folder,
                                   const std::string& name) {
    const std::vector<T> folded = detail::folded_weights(net);
    write_constant_object(folder, std::span<const T>(folded),
                          {name, architecture_hash<Net>, std::string(summary<Net>())});
}

}  // namespace archetype
