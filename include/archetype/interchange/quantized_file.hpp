// SPDX-License-Identifier: BSL-1.0
/// @file quantized_file.hpp
/// Writes the weights of an 8-bit network as a header of constants.
#pragma once
#include <archetype/architecture/summary.hpp>
#include <archetype/error.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>
#include <archetype/interchange/constant_object.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

constexpr const char* name_of(weight_order order) {
    return order == weight_order::paired ? "paired" : order == weight_order::lanes ? "lanes" : "plain";
}

/// The header: `NAME_data`, words in hexadecimal, and `NAME`, a `quantized_weights`.
inline std::string quantized_header_text(const std::vector<std::int32_t>& words, weight_order order,
                                         const std::string& activation,
                                         const constant_header_options& options) {
    check_name(options.name);
    const std::string count = std::to_string(words.size());
    std::string text = comment_text(options.description);
    text += "// Generated. " + count + " words of 8-bit weights and their parameters, in the order " +
            name_of(order) + ".\n// clang-format off\n#pragma once\n#include <archetype/weights.hpp>\n\n";
    text += section_macro(options.name) + options.name +
            "_SECTION alignas(16) inline constexpr std::int32_t " + options.name + "_data[" + count + "] = {";
    text.reserve(text.size() + words.size() * 12 + 256);
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i % 10 == 0) text += '\n';
        const bool negative = words[i] < 0;
        // The smallest number has no literal of its own type.
        if (words[i] == std::numeric_limits<std::int32_t>::min())
            text += "-0x7fffffff - 1";
        else
            text += (negative ? "-0x" : "0x") +
                    hexadecimal(static_cast<std::uint64_t>(std::abs(std::int64_t{words[i]})));
        text += ',';
    }
    return text + "\n};\ninline constexpr ::archetype::quantized_weights<0x" +
           hexadecimal(options.architecture) + "ull, " + count +
           ", ::archetype::weight_order::" + name_of(order) + activation + ", " +
           std::to_string(weights_format_of(order)) + "> " + options.name + "{" + options.name + "_data};\n";
}

/// Calls `write(words)`.
/// @throws std::invalid_argument if there is no such order
template <class Net, class Activation, class Write>
void with_words(const quantized_model<Net, Activation>& net, weight_order order, const Write& write) {
    if constexpr (std::is_same_v<Activation, std::int16_t>) {
        if (order != weight_order::plain)
            throw detail::thrown<std::invalid_argument>(
                "archetype::write_constant_weights: weights for 16-bit activations have the plain order");
        write(net.words());
        return;
    } else
        switch (order) {
            case weight_order::paired:
                write(net.template words<weight_order::paired>());
                break;
            case weight_order::lanes:
                write(net.template words<weight_order::lanes>());
                break;
            case weight_order::plain:
                write(net.template words<weight_order::plain>());
                break;
        }
}

/// The type of activations among the arguments of a `quantized_weights`.
template <class Activation>
inline constexpr const char* activation_argument =
    std::is_same_v<Activation, std::int16_t> ? ", std::int16_t" : ", std::int8_t";

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes what `quantized_inference<Net, name>` reads as a C++ header that defines the constant `name`.
/// @param order  for whose kernels the weights are packed: `weight_order::paired` for Cortex-M4, M7 and M33;
///               `weight_order::plain` runs everywhere, and is the only one with 16-bit activations
/// @throws std::invalid_argument if the name is not an identifier, or there is no such order; file_error
template <class Net, class Activation>
void write_constant_weights(const quantized_model<Net, Activation>& net, const std::filesystem::path& path,
                            const std::string& name, weight_order order = weight_order::plain) {
    const constant_header_options options{name, architecture_hash<Net>, std::string(summary<Net>())};
    detail::with_words(net, order, [&](const std::vector<std::int32_t>& words) {
        const std::string text =
            detail::quantized_header_text(words, order, detail::activation_argument<Activation>, options);
        const std::span<const std::byte> part = std::as_bytes(std::span(text));
        if (auto failure = try_write_file(path, std::span(&part, 1))) throw file_error(*std::move(failure));
    });
}

/// The same as raw bytes for an assembler, `name.hpp`, `name.S` and `name.bin` in `folder` (constant_object.hpp): for networks
/// whose words a compiler should not read.
/// @throws std::invalid_argument if the name is not an identifier; file_error
template <class Net, class Activation>
void write_constant_weights_object(const quantized_model<Net, Activation>& net,
                                   const std::filesystem::path& folder, const std::string& name,
                                   weight_order order = weight_order::plain) {
    detail::check_name(name);
    detail::with_words(net, order, [&](const std::vector<std::int32_t>& words) {
        const std::string hash = detail::hexadecimal(architecture_hash<Net>),
                          count = std::to_string(words.size());
        const std::string symbol = name + "_of_" + hash + "_" + count + "_" + detail::name_of(order) +
                                   (sizeof(Activation) == 2 ? "_int16" : "");
        const std::string header =
            detail::comment_text(summary<Net>()) +
            detail::filled_in(
                R"(// Generated. $count words of 8-bit weights and their parameters in $name.S.
#pragma once
#include <archetype/weights.hpp>

extern "C" const std::int32_t $symbol[$count];
inline constexpr ::archetype::quantized_weights<0x$hashull, $count, ::archetype::weight_order::$order$activation, $format> $name{$symbol};
)",
                {{"$name", name},
                 {"$hash", hash},
                 {"$count", count},
                 {"$symbol", symbol},
                 {"$format", std::to_string(weights_format_of(order))},
                 {"$order", detail::name_of(order)},
                 {"$activation", detail::activation_argument<Activation>}});
        detail::write_object_files(folder, name, symbol, {std::as_bytes(std::span(words))}, header);
    });
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
