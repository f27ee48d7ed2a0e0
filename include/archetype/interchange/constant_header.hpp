// SPDX-License-Identifier: BSL-1.0
/// @file constant_header.hpp
/// Writes trained weights as a C++ header of constants, for programs without file system or heap.
#pragma once
#include <algorithm>
#include <archetype/data/file_error.hpp>
#include <archetype/error.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/interchange/write_file.hpp>
#include <archetype/weights.hpp>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A name that a program may give to a variable at namespace scope.
inline bool is_identifier(std::string_view name) {
    static constexpr std::string_view keywords[] = {
        "alignas",     "alignof",  "and",        "and_eq",    "asm",       "auto",         "bitand",
        "bitor",       "bool",     "break",      "case",      "catch",     "char",         "char16_t",
        "char32_t",    "char8_t",  "class",      "co_await",  "co_return", "co_yield",     "compl",
        "concept",     "const",    "const_cast", "consteval", "constexpr", "constinit",    "continue",
        "decltype",    "default",  "delete",     "do",        "double",    "dynamic_cast", "else",
        "enum",        "explicit", "export",     "extern",    "false",     "float",        "for",
        "friend",      "goto",     "if",         "inline",    "int",       "long",         "mutable",
        "namespace",   "new",      "noexcept",   "not",       "not_eq",    "nullptr",      "operator",
        "or",          "or_eq",    "private",    "protected", "public",    "register",     "reinterpret_cast",
        "requires",    "return",   "short",      "signed",    "sizeof",    "static",       "static_assert",
        "static_cast", "struct",   "switch",     "template",  "this",      "thread_local", "throw",
        "true",        "try",      "typedef",    "typeid",    "typename",  "union",        "unsigned",
        "using",       "virtual",  "void",       "volatile",  "wchar_t",   "while",        "xor",
        "xor_eq"};
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (name.empty() || !is_letter(name.front()) || name.find("__") != name.npos) return false;
    return std::all_of(name.begin(), name.end(),
                       [&](char c) { return is_letter(c) || is_digit(c) || c == '_'; }) &&
           std::find(std::begin(keywords), std::end(keywords), name) == std::end(keywords);
}

/// A literal that is exactly `value` again. Hexadecimal: exact by construction, and compilers read it faster
/// than decimals.
template <std::floating_point T>
void append_literal(std::string& text, T value) {
    std::array<char, 32> digits;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), std::abs(value), std::chars_format::hex)
            .ptr;
    text += std::signbit(value) ? "-0x" : "0x";
    text.append(digits.data(), end);
    if constexpr (std::same_as<T, float>) text += 'f';
}

/// A comment of one or more lines; nothing in the description can end it early.
inline std::string comment_text(std::string_view description) {
    std::string text = "// ";
    for (char c : description) {
        if (c == '\n') {
            if (text.back() == '\\') text += '.';  // a backslash at the end would join the next line
            text += "\n// ";
        } else {
            text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
        }
    }
    if (text.back() == '\\') text += '.';
    return text + "\n";
}

inline std::string hexadecimal(std::uint64_t number) {
    std::array<char, 16> digits;
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr};
}

/// Lets a program say where arrays go: `#define NAME_SECTION [[gnu::section(".qspi")]]` before it includes the header.
inline std::string section_macro(const std::string& name) {
    return "#ifndef " + name + "_SECTION\n#define " + name + "_SECTION\n#endif\n";
}

/// The format of what is generated, the last argument of its type.
inline std::string format_number() { return std::to_string(weights_format); }

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Which network constant weights belong to and how they are named in the header.
struct constant_header_options {
    std::string name;                ///< of the constant; a C++ identifier without namespace
    std::uint64_t architecture = 0;  ///< hash of the network's type
    std::string description = {};    ///< goes into a comment at the top
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Why a program cannot have such a constant: what was expected and found.
inline std::optional<std::pair<std::string, std::string>> name_problem(const std::string& name) {
    if (is_identifier(name)) return std::nullopt;
    return std::pair<std::string, std::string>("a C++ identifier as name", "\"" + name + "\"");
}
template <class T>
std::optional<std::pair<std::string, std::string>> constants_problem(std::span<const T> weights,
                                                                     const constant_header_options& options) {
    if (auto problem = name_problem(options.name)) return problem;
    for (std::size_t i = 0; i < weights.size(); ++i)
        if (!expression::is_finite(weights[i]))
            return std::pair<std::string, std::string>(
                "finite weights", std::to_string(weights[i]) + " at index " + std::to_string(i));
    return std::nullopt;
}

#if defined(__cpp_exceptions)
/// @throws std::invalid_argument if a program cannot have a constant of that name
inline void check_name(const std::string& name) {
    if (const auto problem = name_problem(name))
        throw detail::thrown<std::invalid_argument>("constant header: expected " + problem->first +
                                                    ", found " + problem->second);
}

/// @throws std::invalid_argument if the name is not an identifier or a weight is not finite
template <class T>
void check_constants(std::span<const T> weights, const constant_header_options& options) {
    check_name(options.name);
    if (const auto problem = constants_problem(weights, options))
        throw detail::thrown<std::invalid_argument>("constant header " + options.name + ": expected " +
                                                    problem->first + ", found " + problem->second);
}
#endif

/// The text of `constant_header_text`, of weights without problem.
template <class T>
std::string unchecked_header_text(std::span<const T> weights, const constant_header_options& options,
                                  const std::string& kind = "constant_weights") {
    constexpr bool is_float = std::same_as<T, float>;
    const std::string type = is_float ? "float" : "double", count = std::to_string(weights.size());
    const std::string hash = hexadecimal(options.architecture);

    std::string text = comment_text(options.description);
    text += "// Generated. " + count + " values of type " + type + ".\n// clang-format off\n";
    text += "#pragma once\n#include <archetype/weights.hpp>\n\n";
    text += detail::section_macro(options.name) + options.name + "_SECTION alignas(64) inline constexpr " +
            type + " " + options.name + "_data[" + count + " + 64] = {";
    text.reserve(text.size() + weights.size() * (is_float ? 16 : 26) + 256);
    std::size_t line = text.size();
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (i == 0 || text.size() - line > 104) {
            text += '\n';
            line = text.size();
        }
        append_literal(text, weights[i]);
        text += ',';
    }
    text += "\n};\ninline constexpr ::archetype::" + kind + "<0x" + hash + "ull, " + count + ", " + type +
            ", " + format_number() + "> " + options.name + "{" + options.name + "_data};\n";
    return text;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

#if defined(__cpp_exceptions)
/// The text of the header: `NAME_data`, an array aligned to 64 bytes with 64 zeros after the weights, and
/// `NAME`, a `constant_weights<architecture, count, T>`. Every value is exactly the one given.
/// @throws std::invalid_argument if the name is not an identifier or a weight is not finite
template <class T>
requires std::same_as<T, float> || std::same_as<T, double> std::string constant_header_text(
    std::span<const T> weights, const constant_header_options& options) {
    detail::check_constants(weights, options);
    return detail::unchecked_header_text(weights, options);
}
#endif

/// Writes the header, completely or not at all, or says why not: a name that is no identifier, a weight that is not
/// finite, a file that cannot be written. Works with -fno-exceptions. `kind` is the constant's type.
template <class T>
requires std::same_as<T, float> || std::same_as<T, double> std::optional<file_failure>
try_write_constant_header(std::span<const T> weights, const std::filesystem::path& path,
                          const constant_header_options& options,
                          const std::string& kind = "constant_weights") {
    return detail::without_throwing(path.string(), [&]() -> std::optional<file_failure> {
        if (auto problem = detail::constants_problem(weights, options))
            return file_failure{path.string(), std::move(problem->first), std::move(problem->second)};
        const std::string text = detail::unchecked_header_text(weights, options, kind);
        const std::span<const std::byte> part = std::as_bytes(std::span(text));
        return try_write_file(path, std::span(&part, 1));
    });
}
template <class T>
[[deprecated("weights come first, then the path")]] std::optional<file_failure> try_write_constant_header(
    const std::filesystem::path& path, std::span<const T> weights, const constant_header_options& options,
    const std::string& kind = "constant_weights") {
    return try_write_constant_header(weights, path, options, kind);
}

#if defined(__cpp_exceptions)
/// The same with exceptions.
/// @throws std::invalid_argument as `constant_header_text`, file_error if the file cannot be written
template <class T>
requires std::same_as<T, float> || std::same_as<T, double>
void write_constant_header(std::span<const T> weights, const std::filesystem::path& path,
                           const constant_header_options& options) {
    detail::check_constants(weights, options);
    if (auto failure = try_write_constant_header(weights, path, options))
        throw file_error(*std::move(failure));
}
template <class T>
[[deprecated("weights come first, then the path")]] void write_constant_header(
    const std::filesystem::path& path, std::span<const T> weights, const constant_header_options& options) {
    write_constant_header(weights, path, options);
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
