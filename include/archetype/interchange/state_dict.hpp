// SPDX-License-Identifier: BSL-1.0
/// @file state_dict.hpp
/// PyTorch state dicts, as safetensors or as JSON: {"lstm.weight_ih_l0": [[...], ...], ...}.
#pragma once
#include <archetype/interchange/safetensors.hpp>
#include <archetype/interchange/state_dict_reader.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net, class T>
std::optional<load_failure> parse_state_dict(model<Net, T>& net, std::vector<std::byte> bytes,
                                             const std::string& path,
                                             std::span<const state_dict_module> modules,
                                             const recurrent_dialect& dialect,
                                             const state_dict_options& options) {
    // The header of a safetensors file follows its length, which as text would be larger than any file.
    const bool is_binary = bytes.size() > 8 && bytes.data()[8] == std::byte{'{'} &&
                           little_endian_value<std::uint64_t>(bytes.data()) <= bytes.size();
    if (is_binary) {
        const auto file = try_parse_safetensors(std::move(bytes), path);
        if (!file) return import_failure(file.failure());
        if (!options.member.empty())
            return import_failure({path, "a JSON document with \"" + options.member + '"', "safetensors"});
        const entry_tensors tensors(file->tensors());
        return state_dict_reader<Net, T>(path, tensors, dialect, options).read(net, modules);
    }
    const bool is_torch =
        bytes.size() > 2 && (bytes.data()[0] == std::byte{0x80} ||
                             (bytes.data()[0] == std::byte{'P'} && bytes.data()[1] == std::byte{'K'}));
    if (is_torch)
        return import_failure({path, "safetensors or JSON", "a file of torch.save, which load_torch reads"});
    const auto document = try_parse_json(std::move(bytes), path);
    if (!document) return import_failure(document.failure());
    const auto dict =
        options.member.empty() ? std::optional<json_value>(*document) : document->find(options.member);
    if (!dict || dict->type() != json_value::kind::object)
        return import_failure({path,
                               "an object" + (options.member.empty() ? "" : " \"" + options.member + '"'),
                               dict ? std::string(dict->type_name()) : "no such member"});
    const json_tensors tensors(*document, *dict);
    state_dict_reader<Net, T> reader(path, tensors, dialect, options);
    if (!options.member.empty()) reader.read_around(*document);
    return reader.read(net, modules);
}
template <class Net, class T>
std::optional<load_failure> read_state_dict(model<Net, T>& net, const std::filesystem::path& path,
                                            std::span<const state_dict_module> modules,
                                            const recurrent_dialect& dialect,
                                            const state_dict_options& options) {
    auto bytes = try_read_file(path);
    if (!bytes) return import_failure(bytes.failure());
    return parse_state_dict(net, *std::move(bytes), path.string(), modules, dialect, options);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads a state dict: dense (Linear), convolutions, transposed and depthwise ones, prelu, normalizations, embedding,
/// lstm, gru and simple_rnn (also of both directions): all of it, or nothing. A dense layer behind a flattened image reads the
/// elements in PyTorch's order (`state_dict_options::flatten`). Two bias vectors are added where the layer has one, which is
/// exact but for a GRU that resets after the product: that one has two.
/// @param path     a safetensors file or a JSON document
/// @param modules  the module of each layer with parameters, in the network's order
/// @param dialect  what the numbers of recurrent layers mean; `recurrent_dialect::pytorch()` for PyTorch's own
/// @return what does not fit, with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_state_dict(model<Net, T>& net,
                                                              const std::filesystem::path& path,
                                                              std::span<const state_dict_module> modules,
                                                              const recurrent_dialect& dialect,
                                                              const state_dict_options& options = {}) {
    return detail::read_state_dict(net, path, modules, dialect, options);
}
/// The same; `member` is the member of a JSON document that is the state dict.
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_state_dict(model<Net, T>& net,
                                                              const std::filesystem::path& path,
                                                              std::span<const state_dict_module> modules,
                                                              const recurrent_dialect& dialect,
                                                              std::string_view member) {
    return detail::read_state_dict(net, path, modules, dialect, {.member = std::string(member)});
}
/// The same for networks without recurrent layers.
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_state_dict(model<Net, T>& net,
                                                              const std::filesystem::path& path,
                                                              std::span<const state_dict_module> modules,
                                                              const state_dict_options& options = {}) {
    static_assert(!detail::has_recurrent_layers<Net>,
                  "archetype: recurrent layers need a recurrent_dialect in the call");
    return detail::read_state_dict(net, path, modules, recurrent_dialect::pytorch(), options);
}

/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_state_dict(model<Net, T>& net, const std::filesystem::path& path,
                     std::span<const state_dict_module> modules, const recurrent_dialect& dialect,
                     const state_dict_options& options = {}) {
    if (auto failure = try_load_state_dict(net, path, modules, dialect, options))
        throw load_error(*std::move(failure));
}
template <class Net, class T>
void load_state_dict(model<Net, T>& net, const std::filesystem::path& path,
                     std::initializer_list<state_dict_module> modules, const recurrent_dialect& dialect,
                     const state_dict_options& options = {}) {
    load_state_dict(net, path, std::span<const state_dict_module>(modules.begin(), modules.size()), dialect,
                    options);
}
template <class Net, class T>
void load_state_dict(model<Net, T>& net, const std::filesystem::path& path,
                     std::initializer_list<state_dict_module> modules, const recurrent_dialect& dialect,
                     std::string_view member) {
    load_state_dict(net, path, modules, dialect, state_dict_options{.member = std::string(member)});
}
/// The same for networks without recurrent layers.
template <class Net, class T>
void load_state_dict(model<Net, T>& net, const std::filesystem::path& path,
                     std::span<const state_dict_module> modules, const state_dict_options& options = {}) {
    if (auto failure = try_load_state_dict(net, path, modules, options))
        throw load_error(*std::move(failure));
}
template <class Net, class T>
void load_state_dict(model<Net, T>& net, const std::filesystem::path& path,
                     std::initializer_list<state_dict_module> modules,
                     const state_dict_options& options = {}) {
    load_state_dict(net, path, std::span<const state_dict_module>(modules.begin(), modules.size()), options);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
