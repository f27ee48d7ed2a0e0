// SPDX-License-Identifier: BSL-1.0
/// @file given_quantization_file.hpp
/// A given quantization as a safetensors file: what `archetype import` writes of a network in 8 bits.
#pragma once
#include <archetype/execution/quantize/given_quantization.hpp>
#include <archetype/interchange/safetensors.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads `scale` and `zero_point` of the input, and of each layer, below its path: `scale` and `zero_point` of its results,
/// `kernel` (I8) with `scales`, `bias` (I32), `table` (I8, 256 results), of an LSTM `recurrent_kernel`, `recurrent_scales`,
/// `state_scale` and `state_clip`. Real numbers are F32, zero points I32.
/// @throws file_error if the file is none of this kind, or a tensor has another name or type
inline given_quantization read_given_quantization(const std::filesystem::path& path) {
    const safetensors_file file = read_safetensors(path);
    given_quantization made;
    const auto fail = [&](const std::string& name, const std::string& expected, const std::string& found) {
        throw file_error({path.string() + ", tensor \"" + name + "\"", expected, found});
    };
    const auto numbers = [&]<class T>(const tensor_entry& from, std::vector<T>& to, std::size_t count = 0) {
        if (from.dtype != dtype_of<T>) fail(from.name, std::string(dtype_of<T>), from.dtype);
        to.resize(from.data.size() / sizeof(T));
        if (count != 0 && to.size() != count)
            fail(from.name, std::to_string(count) + " elements", std::to_string(to.size()));
        for (std::size_t i = 0; i < to.size(); ++i)
            to[i] = detail::little_endian_value<T>(from.data.data() + i * sizeof(T));
    };
    std::set<std::string> scaled;
    for (const tensor_entry& one : file.tensors()) {
        const std::size_t cut = one.name.rfind('/');
        const std::string layer = cut == one.name.npos ? "" : one.name.substr(0, cut),
                          what = cut == one.name.npos ? one.name : one.name.substr(cut + 1);
        const bool is_scale = what == "scale";
        if (is_scale || what == "zero_point") {
            quantization& to = layer.empty()               ? made.input
                               : made.layers[layer].result ? *made.layers[layer].result
                                                           : made.layers[layer].result.emplace();
            std::vector<float> scale;
            std::vector<std::int32_t> zero;
            if (is_scale) {
                numbers(one, scale, 1);
                to.scale = scale[0];
            } else {
                numbers(one, zero, 1);
                to.zero_point = zero[0];
            }
            scaled.insert(layer + (is_scale ? "/scale" : "/zero_point"));
        } else if (layer.empty()) {
            fail(one.name, "scale or zero_point of the input, or the path of a layer", "neither");
        } else if (what == "kernel") {
            numbers(one, made.layers[layer].weights);
        } else if (what == "scales") {
            numbers(one, made.layers[layer].scales);
        } else if (what == "bias") {
            numbers(one, made.layers[layer].biases);
        } else if (what == "table") {
            numbers(one, made.layers[layer].table, 256);
        } else if (what == "recurrent_kernel") {
            numbers(one, made.layers[layer].recurrent_weights);
        } else if (what == "recurrent_scales") {
            numbers(one, made.layers[layer].recurrent_scales);
        } else if (what == "state_scale" || what == "state_clip") {
            std::vector<float> number;
            numbers(one, number, 1);
            (what == "state_clip" ? made.layers[layer].state_clip : made.layers[layer].state_scale) =
                number[0];
        } else {
            fail(one.name,
                 "scale, zero_point, kernel, scales, bias, table, recurrent_kernel, recurrent_scales, "
                 "state_scale or "
                 "state_clip of a layer",
                 what);
        }
    }
    for (const std::string& one : scaled) {
        const std::string layer = one.substr(0, one.rfind('/'));
        for (const char* what : {"/scale", "/zero_point"})
            if (!scaled.contains(layer + what)) fail(layer + what, "a scale and a zero point", "one of them");
    }
    if (!scaled.contains("/scale")) fail("scale", "the quantization of the input", "none");
    return made;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
