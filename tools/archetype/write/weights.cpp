// SPDX-License-Identifier: BSL-1.0
#include "weights.hpp"

#include <archetype/interchange/constant_object.hpp>
#include <archetype/interchange/safetensors.hpp>

#include <array>
#include <cmath>
#include <map>
#include <set>

namespace archetype::write {

namespace {

constexpr std::size_t alignment = 16;  // elements, of each tensor

bool is_contraction(const std::string& type) {
    static const std::set<std::string, std::less<>> all{
        "conv2d",           "conv1d",           "depthwise_conv2d", "depthwise_conv1d",
        "conv2d_transpose", "conv1d_transpose", "conv3d",           "dense"};
    return all.contains(type);
}

/// Scale and shift of each channel of a batch normalization.
struct folded {
    std::vector<float> scale, shift;
};
folded folded_norm(const lower::layer& norm) {
    double epsilon = 1e-3;
    for (const std::string& one : norm.arguments)
        if (one.starts_with("at::epsilon<")) epsilon = std::stod(one.substr(12));
    const std::size_t channels = norm.tensors[0].numbers.size();
    folded made{std::vector<float>(channels), std::vector<float>(channels)};
    for (std::size_t c = 0; c < channels; ++c) {
        const double scale = norm.tensors[0].numbers[c] / std::sqrt(norm.tensors[3].numbers[c] + epsilon);
        made.scale[c] = static_cast<float>(scale);
        made.shift[c] = static_cast<float>(norm.tensors[1].numbers[c] - norm.tensors[2].numbers[c] * scale);
    }
    return made;
}

}  // namespace

std::vector<float> inference_numbers(const lower::network& net, const lower::structure& of) {
    std::map<std::size_t, std::vector<std::size_t>> readers;
    for (std::size_t k = 0; k < net.layers.size(); ++k)
        for (const std::size_t from : net.layers[k].inputs) readers[from].push_back(k);
    for (const lower::end& one : net.outputs) readers[one.layer].push_back(net.layers.size());
    std::set<std::size_t> done;  // normalizations that are part of the layer before them
    std::vector<float> made;
    const auto append = [&](const std::vector<float>& numbers) {
        made.insert(made.end(), numbers.begin(), numbers.end());
        made.resize((made.size() + alignment - 1) / alignment * alignment, 0.F);
    };
    for (const lower::placed_layer& placed : of.placed) {
        const lower::layer& one = net.layers[placed.layer];
        if (done.contains(placed.layer)) continue;
        if (one.type == "batch_norm") {
            const folded norm = folded_norm(one);
            append(norm.scale);
            append(norm.shift);
            continue;
        }
        if (!is_contraction(one.type)) {
            for (const lower::tensor& tensor : one.tensors) {
                append(tensor.numbers);
                tensor.numbers.release();
            }
            continue;
        }
        std::vector<float> kernel = one.tensors[0].numbers;
        one.tensors[0].numbers.release();
        std::vector<float> bias;
        if (one.tensors.size() > 1) bias = one.tensors[1].numbers;
        const auto& after = readers[placed.layer];
        if (after.size() == 1 && after[0] < net.layers.size() && net.layers[after[0]].type == "batch_norm") {
            const folded norm = folded_norm(net.layers[after[0]]);
            const std::size_t channels = norm.scale.size();
            // Filters are the last axis; of a transposed convolution the one before it, those of a group for its channels.
            const auto& shape = one.tensors[0].shape;
            const bool transposed = one.type == "conv2d_transpose" || one.type == "conv1d_transpose";
            const auto last = static_cast<std::size_t>(shape.back());
            const auto own = static_cast<std::size_t>(shape[shape.size() - 2]);
            for (std::size_t i = 0; i < kernel.size(); ++i) {
                const std::size_t filter =
                    transposed ? i % last / (last / (channels / own)) * own + i / last % own : i % channels;
                kernel[i] *= norm.scale[filter];
            }
            bias.resize(channels, 0.F);
            for (std::size_t c = 0; c < channels; ++c) bias[c] = bias[c] * norm.scale[c] + norm.shift[c];
            done.insert(after[0]);
        }
        append(kernel);
        if (!bias.empty()) append(bias);
    }
    return made;
}

void write_tensors(const std::filesystem::path& path, const lower::network& net, const lower::structure& of) {
    std::vector<tensor_entry> entries;
    std::map<std::string, const lower::number_list*> numbers;
    for (const lower::placed_layer& placed : of.placed)
        for (const lower::tensor& one : net.layers[placed.layer].tensors) {
            const std::vector<std::size_t> shape(one.shape.begin(), one.shape.end());
            const std::string name = placed.path + "/" + one.name;
            entries.push_back({name, std::string(dtype_of<float>), shape, {}});
            numbers[name] = &one.numbers;
        }
    // Each tensor is made when its turn comes.
    const lower::number_list* last = nullptr;
    const auto bytes_of = [&](const tensor_entry& entry) {
        if (last != nullptr) last->release();
        last = numbers.at(entry.name);
        return std::as_bytes(std::span(last->all()));
    };
    if (auto failure =
            archetype::detail::write_safetensors_of(path, entries, {{"format", "archetype"}}, bytes_of))
        throw file_error(*std::move(failure));
    if (last != nullptr) last->release();
}

void write_weights_header(const std::filesystem::path& folder, const std::string& name,
                          const std::vector<float>& numbers) {
    const std::string count = std::to_string(numbers.size());
    std::string text = "// Generated: the weights of " + name + "::net, " + count +
                       " numbers in the order in which inference reads them.\n// clang-format off\n#pragma "
                       "once\n#include \"" +
                       name + ".hpp\"\n#include <archetype/inference.hpp>\n\nnamespace " + name +
                       " {\n\nstatic_assert(at::inference_weight_count<net> == " + count +
                       ", \"these weights were written for another network\");\nalignas(64) inline constexpr "
                       "float numbers[" +
                       count + " + 64] = {";
    std::size_t line = text.size();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i == 0 || text.size() - line > 104) {
            text += '\n';
            line = text.size();
        }
        detail::append_literal(text, numbers[i]);
        text += ',';
    }
    text += "\n};\ninline constexpr at::constant_weights<at::architecture_hash<net>, " + count +
            "> weights{numbers};\n\n}  // namespace " + name + "\n";
    write_text(folder / (name + "_weights.hpp"), text);
}

void write_weights_object(const std::filesystem::path& folder, const std::string& name,
                          const std::vector<float>& numbers) {
    const std::string count = std::to_string(numbers.size());
    const std::string symbol = name + "_weights_of_" + count;
    const std::string header = "// Generated: the weights of " + name + "::net, " + count + " numbers in " +
                               name + "_weights.S.\n#pragma once\n#include \"" + name +
                               ".hpp\"\n#include <archetype/inference.hpp>\n\nextern \"C\" const float " +
                               symbol + "[" + count + " + 64];\n\nnamespace " + name +
                               " {\n\nstatic_assert(at::inference_weight_count<net> == " + count +
                               ", \"these weights were written for another network\");\ninline constexpr "
                               "at::constant_weights<at::architecture_hash<net>, " +
                               count + "> weights{" + symbol + "};\n\n}  // namespace " + name + "\n";
    const std::vector<float> slack(64);
    detail::write_object_files(folder, name + "_weights", symbol,
                               {std::as_bytes(std::span(numbers)), std::as_bytes(std::span(slack))}, header);
}

void write_text(const std::filesystem::path& path, const std::string& text) {
    const std::span<const std::byte> part = std::as_bytes(std::span(text));
    if (auto failure = try_write_file(path, std::span(&part, 1))) throw file_error(*std::move(failure));
}

}  // namespace archetype::write
