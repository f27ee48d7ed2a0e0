// SPDX-License-Identifier: BSL-1.0
/// @file constant_object.hpp
/// Writes trained weights as raw bytes that an assembler takes into an object file, so that compiling a program does not
/// take longer the more weights it has.
#pragma once
#include <archetype/interchange/constant_header.hpp>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Text with each `$name` replaced.
inline std::string filled_in(std::string_view pattern,
                             std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
    std::string text(pattern);
    for (const auto& [name, value] : values)
        for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + value.size()))
            text.replace(at, name.size(), value);
    return text;
}

/// Writes `NAME.bin`, some bytes, `NAME.S`, which takes them into read-only storage as `symbol`, and `NAME.hpp`.
inline std::optional<file_failure> try_write_object_files(
    const std::filesystem::path& folder, const std::string& name, const std::string& symbol,
    std::initializer_list<std::span<const std::byte>> contents, const std::string& header) {
    std::size_t size = 0;
    for (const std::span<const std::byte> part : contents) size += part.size();
    const std::string assembler = filled_in(
        R"(/* Generated. The bytes of $name.bin. */
#ifndef $name_SECTION
#define $name_SECTION .rodata.$name, "a"
#endif
    .section $name_SECTION
    .balign 64
    .globl $symbol
    .type $symbol, %object
$symbol:
    .incbin "$name.bin"
0:
    .size $symbol, 0b - $symbol
    .if 0b - $symbol - $bytes
    .error "$name.bin: expected $bytes bytes"
    .endif
#ifdef __linux__
    .section .note.GNU-stack, "", %progbits
#endif
)",
        {{"$name", name}, {"$symbol", symbol}, {"$bytes", std::to_string(size)}});
    const auto write = [&](const char* extension, std::initializer_list<std::span<const std::byte>> parts) {
        const std::span<const std::span<const std::byte>> all(parts.begin(), parts.size());
        return try_write_file(folder / (name + extension), all);
    };
    if (auto failure = write(".bin", contents)) return failure;
    if (auto failure = write(".S", {std::as_bytes(std::span(assembler))})) return failure;
    return write(".hpp", {std::as_bytes(std::span(header))});
}

#if defined(__cpp_exceptions)
/// @throws file_error
inline void write_object_files(const std::filesystem::path& folder, const std::string& name,
                               const std::string& symbol,
                               std::initializer_list<std::span<const std::byte>> contents,
                               const std::string& header) {
    if (auto failure = try_write_object_files(folder, name, symbol, contents, header))
        throw file_error(*std::move(failure));
}
#endif

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes three files into `folder`: `NAME.bin`, the bytes of the weights and 64 zeros; `NAME.S`, which takes them into
/// read-only storage with `.incbin` (tell the assembler where they are: `-Wa,-Ifolder`); and `NAME.hpp`, which declares
/// them and defines `NAME`, a `constant_weights<architecture, count, T>`, like the header of `write_constant_header`.
/// The symbol's name holds the architecture's hash and the count: an object of another network does not link. Bytes of
/// the wrong number do not assemble. For ELF targets with the byte order of this machine.
/// Says why it could not be done as `try_write_constant_header`; works with -fno-exceptions.
template <class T>
requires std::same_as<T, float> || std::same_as<T, double> std::optional<file_failure>
try_write_constant_object(std::span<const T> weights, const std::filesystem::path& folder,
                          const constant_header_options& options) {
    return detail::without_throwing(folder.string(), [&]() -> std::optional<file_failure> {
        if (auto problem = detail::constants_problem(weights, options))
            return file_failure{(folder / options.name).string(), std::move(problem->first),
                                std::move(problem->second)};
        const std::string hash = detail::hexadecimal(options.architecture),
                          count = std::to_string(weights.size());
        const std::string symbol = options.name + "_of_" + hash + "_" + count;
        const std::vector<T> slack(64);
        const std::string type = std::same_as<T, float> ? "float" : "double";
        const auto fill = [&](std::string_view pattern) {
            return detail::filled_in(pattern, {{"$name", options.name},
                                               {"$hash", hash},
                                               {"$count", count},
                                               {"$symbol", symbol},
                                               {"$type", type},
                                               {"$format", detail::format_number()}});
        };
        const std::string header = detail::comment_text(options.description) +
                                   fill(
                                       R"(// Generated. $count values of type $type in $name.S.
#pragma once
#include <archetype/weights.hpp>

extern "C" const $type $symbol[$count + 64];
inline constexpr ::archetype::constant_weights<0x$hashull, $count, $type, $format> $name{$symbol};
)");
        return detail::try_write_object_files(
            folder, options.name, symbol, {std::as_bytes(weights), std::as_bytes(std::span(slack))}, header);
    });
}
template <class T>
[[deprecated("weights come first, then the folder")]] std::optional<file_failure> try_write_constant_object(
    const std::filesystem::path& folder, std::span<const T> weights, const constant_header_options& options) {
    return try_write_constant_object(weights, folder, options);
}

#if defined(__cpp_exceptions)
/// The same with exceptions.
/// @throws std::invalid_argument as `constant_header_text`, file_error if a file cannot be written
template <class T>
requires std::same_as<T, float> || std::same_as<T, double>
void write_constant_object(std::span<const T> weights, const std::filesystem::path& folder,
                           const constant_header_options& options) {
    detail::check_constants(weights, options);
    if (auto failure = try_write_constant_object(weights, folder, options))
        throw file_error(*std::move(failure));
}
template <class T>
[[deprecated("weights come first, then the folder")]] void write_constant_object(
    const std::filesystem::path& folder, std::span<const T> weights, const constant_header_options& options) {
    write_constant_object(weights, folder, options);
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
