// SPDX-License-Identifier: BSL-1.0
/// @file int8_weights_file.hpp
/// Writes 8-bit weights for real activations as a header of constants, or as raw bytes for an assembler.
#pragma once
#include <archetype/architecture/summary.hpp>
#include <archetype/execution/quantize/weight_quantized_model.hpp>
#include <archetype/interchange/constant_object.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes what `weight_quantized_inference<Net, name>` reads as a C++ header that defines the constant `name`.
/// @throws std::invalid_argument if the name is not an identifier or a number is not finite; file_error
template <class Net>
void write_constant_weights(const weight_quantized_model<Net>& net, const std::filesystem::path& path,
                            const std::string& name) {
    const constant_header_options options{name, architecture_hash<Net>, std::string(summary<Net>())};
    detail::check_constants(net.numbers(), options);
    const std::string count = std::to_string(net.weights().size()),
                      numbers = std::to_string(net.numbers().size());
    const auto lines = [](std::string& text, std::size_t size, std::size_t in_line, const auto& append) {
        for (std::size_t i = 0; i < size; ++i) {
            if (i % in_line == 0) text += '\n';
            append(i);
            text += ',';
        }
        text += "\n};\n";
    };
    std::string text = detail::comment_text(options.description);
    text += "// Generated. " + count + " weights of 8 bits, and " + numbers +
            " numbers beside them.\n// clang-format off\n#pragma once\n"
            "#include <archetype/weights.hpp>\n\n";
    text += detail::section_macro(name) + name + "_SECTION alignas(64) inline constexpr std::int8_t " + name +
            "_weights[" + count + " + 64] = {";
    text.reserve(text.size() + 5 * net.weights().size() + 16 * net.numbers().size() + 512);
    lines(text, net.weights().size(), 24, [&](std::size_t i) { text += std::to_string(net.weights()[i]); });
    text +=
        name + "_SECTION alignas(64) inline constexpr float " + name + "_numbers[" + numbers + " + 64] = {";
    lines(text, net.numbers().size(), 7,
          [&](std::size_t i) { detail::append_literal(text, net.numbers()[i]); });
    text += "inline constexpr ::archetype::int8_weights<0x" + detail::hexadecimal(options.architecture) +
            "ull, " + count + ", " + numbers + ", " + detail::format_number() + "> " + name + "{" + name +
            "_weights, " + name + "_numbers};\n";
    const std::span<const std::byte> part = std::as_bytes(std::span(text));
    if (auto failure = try_write_file(path, std::span(&part, 1))) throw file_error(*std::move(failure));
}

/// The same as raw bytes for an assembler, `name.hpp`, `name.S` and `name.bin` in `folder` (constant_object.hpp): for networks
/// whose weights a compiler should not read. For targets with the byte order of this machine.
/// @throws std::invalid_argument if the name is not an identifier or a number is not finite; file_error
template <class Net>
void write_constant_weights_object(const weight_quantized_model<Net>& net,
                                   const std::filesystem::path& folder, const std::string& name) {
    const constant_header_options options{name, architecture_hash<Net>, std::string(summary<Net>())};
    detail::check_constants(net.numbers(), options);
    const std::string hash = detail::hexadecimal(options.architecture),
                      count = std::to_string(net.weights().size()),
                      numbers = std::to_string(net.numbers().size());
    const std::string symbol = name + "_of_" + hash + "_" + count + "_" + numbers;
    const std::string header =
        detail::comment_text(options.description) +
        detail::filled_in(
            R"(// Generated. $count weights of 8 bits, and $numbers numbers before them, in $name.S.
#pragma once
#include <archetype/weights.hpp>

struct $symbol_bytes {
    float numbers[$numbers + 64];
    std::int8_t weights[$count + 64];
};
extern "C" const $symbol_bytes $symbol;
inline constexpr ::archetype::int8_weights<0x$hashull, $count, $numbers, $format> $name{$symbol.weights, $symbol.numbers};
)",
            {{"$name", name},
             {"$hash", hash},
             {"$count", count},
             {"$numbers", numbers},
             {"$format", detail::format_number()},
             {"$symbol", symbol}});
    const std::vector<float> slack(64);
    const std::span<const std::byte> zeros = std::as_bytes(std::span(slack));
    // The structure's size is a multiple of a float's.
    const std::size_t end = 64 + (4 - net.weights().size() % 4) % 4;
    detail::write_object_files(
        folder, name, symbol,
        {std::as_bytes(net.numbers()), zeros, std::as_bytes(net.weights()), zeros.first(end)}, header);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
