// SPDX-License-Identifier: BSL-1.0
/// @file load_onnx.hpp
/// Weights of a model from an ONNX file. Link with archetype::files; needs protozero's headers (Debian: libprotozero-dev).
#pragma once
#include <archetype/interchange/graphs/integer_loader.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads the parameters of a model from an ONNX file of the same network in real numbers. Both are brought to the same layers, as
/// `archetype import` does it, and compared from the ends on: what each layer is, its options, functions and shapes, those without
/// weights too; the order of gates, biases and axes is taken from the file. Inputs have the library's order, channels last.
/// Every tensor of the file is read and every parameter set. Numbers are rounded to 32 bits.
/// @return what does not fit, layer by layer with what was expected and found, with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_onnx(model<Net, T>& net,
                                                        const std::filesystem::path& path) {
    return detail::try_load_graph(net, path, files::format::onnx);
}
#if defined(__cpp_exceptions)
/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_onnx(model<Net, T>& net, const std::filesystem::path& path) {
    if (auto failure = try_load_onnx(net, path)) throw load_error(*std::move(failure));
}
#endif

/// Gives the quantized model of an ONNX file in 8 bits (QDQ or QLinear operators) of the same network, with the file's scales, zero points and
/// integers; compared as above, every tensor read, every layer given.
/// @return what does not fit, with `net` as it was
template <class Net>
[[nodiscard]] std::optional<load_failure> try_load_onnx(std::optional<quantized_model<Net>>& net,
                                                        const std::filesystem::path& path) {
    return detail::try_load_graph(net, path, files::format::onnx);
}
#if defined(__cpp_exceptions)
/// The same as a result: `load_onnx<quantized_model<net>>(path)`. @throws load_error
template <class Quantized>
Quantized load_onnx(const std::filesystem::path& path) {
    std::optional<quantized_model<typename Quantized::network>> made;
    if (auto failure = try_load_onnx(made, path)) throw load_error(*std::move(failure));
    return *std::move(made);
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
