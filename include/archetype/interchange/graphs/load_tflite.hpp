// SPDX-License-Identifier: BSL-1.0
/// @file load_tflite.hpp
/// Weights of a model from a TFLite file. Link with archetype::files; needs protozero's headers (Debian: libprotozero-dev).
#pragma once
#include <archetype/interchange/graphs/integer_loader.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads the parameters of a model from a TFLite file of the same network in real numbers. Both are brought to the same layers, as
/// `archetype import` does it, and compared from the ends on: what each layer is, its options, functions and shapes, those without
/// weights too; weights of 16 and 8 bits are taken as what they stand for. States begin with zeros.
/// Every tensor of the file is read and every parameter set. Numbers are rounded to 32 bits.
/// @return what does not fit, layer by layer with what was expected and found, with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_tflite(model<Net, T>& net,
                                                          const std::filesystem::path& path) {
    return detail::try_load_graph(net, path, files::format::tflite);
}
#if defined(__cpp_exceptions)
/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_tflite(model<Net, T>& net, const std::filesystem::path& path) {
    if (auto failure = try_load_tflite(net, path)) throw load_error(*std::move(failure));
}
#endif

/// Gives the quantized model of a TFLite file in 8 bits of the same network, with the file's scales, zero points and
/// integers; compared as above, every tensor read, every layer given.
/// @return what does not fit, with `net` as it was
template <class Net>
[[nodiscard]] std::optional<load_failure> try_load_tflite(std::optional<quantized_model<Net>>& net,
                                                          const std::filesystem::path& path) {
    return detail::try_load_graph(net, path, files::format::tflite);
}
#if defined(__cpp_exceptions)
/// The same as a result: `load_tflite<quantized_model<net>>(path)`. @throws load_error
template <class Quantized>
Quantized load_tflite(const std::filesystem::path& path) {
    std::optional<quantized_model<typename Quantized::network>> made;
    if (auto failure = try_load_tflite(made, path)) throw load_error(*std::move(failure));
    return *std::move(made);
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
