// SPDX-License-Identifier: BSL-1.0
/// @file graph_loader.hpp
/// A model as a numbered network, and what a file of a graph has for it.
#pragma once
#include <archetype/interchange/graphs/fill_from_file.hpp>
#include <archetype/interchange/load_into.hpp>
#include <archetype/interchange/onnx/write_onnx.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net>
files::numbered_network numbered_network_of() {
    files::numbered_network made;
    made.parameters = parameters_of<Net>.elements;
    for_each_parameter<Net>(
        [&](std::string name, const std::vector<std::size_t>& extents, std::size_t offset) {
            std::size_t size = 1;
            for (const std::size_t extent : extents) size *= extent;
            made.tensors.push_back({offset, size, std::move(name)});
        });
    std::vector<float> codes(made.parameters);
    const auto add = [&](auto code) {
        for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<float>(code(i));
        made.digits.push_back(onnx_network<Net, float>(codes.data(), {}).write());
    };
    constexpr std::size_t base = files::numbered_network::base;
    for (std::size_t unit = 1; unit == 1 || unit < made.parameters; unit *= base)
        add([&](std::size_t i) { return i / unit % base + 1; });
    add([](std::size_t i) { return files::numbered_network::check_of(i); });
    return made;
}

inline load_failure load_failure_of(const std::filesystem::path& path,
                                    const std::vector<files::problem>& found) {
    load_failure failure{path.string(), {}};
    for (const files::problem& one : found) {
        const load_problem meant = one.kind == files::problem_kind::missing      ? load_problem::missing
                                   : one.kind == files::problem_kind::unexpected ? load_problem::unexpected
                                   : one.kind == files::problem_kind::not_finite ? load_problem::not_finite
                                                                                 : load_problem::setting;
        failure.mismatches.push_back({meant, one.what, one.expected, one.found});
    }
    return failure;
}

template <class Net, class T>
std::optional<load_failure> try_load_graph(model<Net, T>& net, const std::filesystem::path& path,
                                           files::format kind) {
    return without_throwing(path.string(), [&]() -> std::optional<load_failure> {
        std::vector<float> values(net.size());
        const auto found =
            files::fill_from_file(numbered_network_of<Net>(), path.string(), kind, std::span(values));
        if (!found.empty()) return load_failure_of(path, found);
        std::copy(values.begin(), values.end(), net.data());
        return std::nullopt;
    });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
