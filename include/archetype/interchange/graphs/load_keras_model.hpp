// SPDX-License-Identifier: BSL-1.0
/// @file load_keras_model.hpp
/// Weights of a model from a whole model of Keras. Link with archetype::files; needs protozero's headers (Debian: libprotozero-dev).
#pragma once
#include <archetype/interchange/graphs/graph_loader.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads the parameters of a model from a whole model of Keras (`.h5`, `.keras`) in which every layer is compared, those without
/// weights too: kinds, options, functions, shapes, edges, as `load_onnx` does it. `load_keras` needs no compiled part, reads weights alone
/// too, and compares layers with weights. Every tensor of the file is read and every parameter set. Numbers are
/// rounded to 32 bits.
/// @return what does not fit, layer by layer with what was expected and found, with nothing written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_load_keras_model(model<Net, T>& net,
                                                               const std::filesystem::path& path) {
    return detail::try_load_graph(net, path, files::format::keras);
}
#if defined(__cpp_exceptions)
/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_keras_model(model<Net, T>& net, const std::filesystem::path& path) {
    if (auto failure = try_load_keras_model(net, path)) throw load_error(*std::move(failure));
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
