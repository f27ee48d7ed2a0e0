// SPDX-License-Identifier: BSL-1.0
// Where Keras' configurations and weights lie: HDF5, archives of Keras 3, JSON and shards of TensorFlow.js.
#include "keras.hpp"

#include "mapped_file.hpp"
#include "tensorflow.hpp"

#include <archetype/data/file_bytes.hpp>
#include <archetype/data/file_error.hpp>
#include <archetype/data/hdf5/hdf5_file.hpp>
#include <archetype/data/zip_member.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <set>

namespace archetype::graph {

namespace {

using archetype::detail::hdf5_file;
using archetype::detail::zip_members;
using keras::weight;
using keras::weight_form;
using keras::weight_store;

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// "2.4.0" is 2; files without a version are of Keras 1.
int major_version(const std::string& text) {
    const int first = !text.empty() && text[0] >= '1' && text[0] <= '9' ? text[0] - '0' : 1;
    return std::min(first, 3);
}

weight weight_of(const hdf5_file& file, const std::string& dataset) {
    auto read = file.numbers(dataset);
    weight made;
    for (const std::uint64_t extent : read.shape) made.shape.push_back(static_cast<std::int64_t>(extent));
    made.values = std::move(read.values);
    return made;
}

/// A group for each layer, in the order of `layer_names`.
weight_store grouped_weights(const std::shared_ptr<hdf5_file>& file, const std::string& root) {
    weight_store made;
    made.form = weight_form::groups;
    const auto layers = file->texts(root, "layer_names");
    if (!layers) throw file_error({file->path(), "an attribute \"layer_names\"", "none"});
    std::vector<std::string> listed;
    for (const std::string& layer : *layers) {
        const std::string group = root + (root.empty() ? "" : "/") + layer;
        if (!file->has_group(group)) throw file_error({file->path(), "a group \"" + group + "\"", "none"});
        const auto names = file->texts(group, "weight_names");
        for (const std::string& name : names.value_or(std::vector<std::string>{})) {
            const std::string dataset = group + "/" + name;
            if (!file->datasets().contains(dataset))
                throw file_error({file->path(), "a dataset \"" + dataset + "\"", "none"});
            made.entries.push_back({layer, name, [file, dataset] { return weight_of(*file, dataset); }});
            listed.push_back(dataset);
        }
    }
    // Datasets beside those that the attributes list are weights that nobody reads.
    std::sort(listed.begin(), listed.end());
    for (const std::string& one : file->datasets())
        if (one.starts_with(root.empty() ? root : root + "/") && !one.starts_with("optimizer_weights") &&
            !std::binary_search(listed.begin(), listed.end(), one))
            made.entries.push_back({"", one, [file, one] { return weight_of(*file, one); }});
    return made;
}

/// layers/dense_1/vars/0 (Keras 3).
weight_store numbered_weights(const std::shared_ptr<hdf5_file>& file) {
    weight_store made;
    made.form = weight_form::paths;
    for (const std::string& one : file->datasets()) {
        std::string name = one;
        std::replace(name.begin(), name.end(), '\\', '/');
        if (const std::string old = "_layer_checkpoint_dependencies/"; name.starts_with(old))
            name = "layers/" + name.substr(old.size());
        // What training keeps, and states of random numbers.
        if (name.starts_with("optimizer/") || name.starts_with("metrics/") ||
            name.find("seed_generator") != name.npos || name.starts_with("_random_generator") ||
            name.find("/_random_generator/") != name.npos)
            continue;
        made.entries.push_back({"", name, [file, one] { return weight_of(*file, one); }});
    }
    return made;
}

float half_of(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const float fraction = static_cast<float>(bits & 1023);
    float made = 0;
    if (exponent == 31)
        made = fraction == 0 ? HUGE_VALF : std::bit_cast<float>(0x7fc00000U);
    else
        made = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
    return (bits & 0x8000) != 0 ? -made : made;
}

/// The weights of a manifest, one after the other in its shards.
weight_store manifest_weights(const json& manifest, const shard_source& shards, const std::string& path) {
    weight_store made;
    made.form = weight_form::names;
    if (manifest.list() == nullptr) throw file_error({path, "weightsManifest as a list", manifest.summary()});
    for (const json& group : *manifest.list()) {
        const json* paths = group.find("paths");
        const json* weights = group.find("weights");
        if (paths == nullptr || paths->list() == nullptr || weights == nullptr || weights->list() == nullptr)
            throw file_error({path, "groups of paths and weights", group.summary()});
        const auto bytes = std::make_shared<std::vector<std::byte>>();
        std::set<std::string> seen;
        for (const json& one : *paths->list()) {
            const std::string name = one.text() != nullptr ? *one.text() : "";
            const std::filesystem::path file(name);
            // From the model's folder and nowhere else.
            if (name.empty() || file.is_absolute() || name.find("..") != name.npos ||
                name.find(':') != name.npos)
                throw file_error({path, "shards in the model's folder", one.summary()});
            if (!seen.insert(name).second)
                throw file_error({path, "each shard once", "\"" + name + "\" again"});
            const std::vector<std::byte> part = shards(name);
            bytes->insert(bytes->end(), part.begin(), part.end());
        }
        std::size_t at = 0;
        for (const json& one : *weights->list()) {
            const json* name = one.find("name");
            const json* type = one.find("dtype");
            const json* extents = one.find("shape");
            if (name == nullptr || name->text() == nullptr || type == nullptr || type->text() == nullptr ||
                extents == nullptr || extents->list() == nullptr)
                throw file_error({path, "weights with name, dtype and shape", one.summary()});
            const std::string place = path + ", weight \"" + *name->text() + "\"";
            shape_type shape;
            for (const json& extent : *extents->list()) shape.push_back(extent.whole().value_or(-1));
            const auto count = element_count(shape);
            if (!count) throw file_error({place, "a shape", extents->summary()});
            std::string stored = *type->text();
            double scale = 1;
            double least = 0;
            if (const json* quantized = one.find("quantization")) {
                const json* kind = quantized->find("dtype");
                if (kind == nullptr || kind->text() == nullptr)
                    throw file_error({place, "a quantization with a dtype", quantized->summary()});
                stored = *kind->text();
                if (const json* given = quantized->find("scale");
                    given != nullptr && given->number() != nullptr)
                    scale = *given->number();
                if (const json* given = quantized->find("min");
                    given != nullptr && given->number() != nullptr)
                    least = *given->number();
            }
            const std::size_t width = stored == "float32" || stored == "int32"    ? 4
                                      : stored == "float16" || stored == "uint16" ? 2
                                      : stored == "uint8" || stored == "bool"     ? 1
                                                                                  : 0;
            if (width == 0)
                throw file_error({place, "float32, int32, bool, or quantized to float16, uint16 or uint8",
                                  "\"" + stored + "\""});
            if (static_cast<std::uint64_t>(*count) > (bytes->size() - at) / width)
                throw file_error({place, std::to_string(*count) + " elements in the shards",
                                  std::to_string((bytes->size() - at) / width)});
            const std::size_t begin = at;
            at += static_cast<std::size_t>(*count) * width;
            made.entries.push_back(
                {"", *name->text(), [=] {
                     weight read{shape, std::vector<float>(static_cast<std::size_t>(*count))};
                     for (std::size_t k = 0; k < read.values.size(); ++k) {
                         const std::byte* const from = bytes->data() + begin + k * width;
                         std::uint32_t bits = 0;
                         for (std::size_t b = 0; b < width; ++b)
                             bits |= static_cast<std::uint32_t>(from[b]) << (8 * b);
                         if (stored == "float32")
                             read.values[k] = std::bit_cast<float>(bits);
                         else if (stored == "int32")
                             read.values[k] = static_cast<float>(static_cast<std::int32_t>(bits));
                         else if (stored == "float16")
                             read.values[k] = half_of(static_cast<std::uint16_t>(bits));
                         else
                             read.values[k] = static_cast<float>(least + scale * static_cast<double>(bits));
                     }
                     return read;
                 }});
        }
        if (at != bytes->size())
            throw file_error(
                {path, "shards of " + std::to_string(at) + " bytes", std::to_string(bytes->size())});
    }
    return made;
}

}  // namespace

bool is_hdf5(std::span<const std::byte> beginning) { return hdf5_file::is_hdf5(beginning); }

bool is_keras_archive(std::span<const std::byte> bytes) {
    return bytes.size() > 4 && text_of(bytes).starts_with("PK\3\4") &&
           text_of(bytes).find("config.json") != std::string_view::npos;
}

bool is_tfjs(std::span<const std::byte> bytes) {
    const std::string_view text = text_of(bytes);
    const std::size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    return first != text.npos && text[first] == '{' && text.find("\"modelTopology\"") != text.npos;
}

model read_keras_h5(const std::filesystem::path& path) {
    const auto file = std::make_shared<hdf5_file>(path);
    const auto config = file->text("", "model_config");
    if (!config) {
        const bool weights = file->texts("", "layer_names").has_value() || file->has_group("layers");
        throw file_error({path.string(), "an attribute \"model_config\": the whole model (model.save)",
                          weights ? "weights without a model (save_weights)" : "none"});
    }
    const std::string root = file->has_group("model_weights") ? "model_weights" : "";
    std::string version = file->text("", "keras_version").value_or("");
    if (version.empty()) version = file->text(root, "keras_version").value_or("");
    weight_store weights = grouped_weights(file, root);
    if (const auto backend = file->text(root, "backend"); backend && *backend == "theano")
        throw file_error({path.string(), "a file of another backend",
                          "backend \"theano\", whose convolutions turn kernels around"});
    return keras::read_topology(parse_json(*config, path.string() + ", model_config"), weights,
                                major_version(version), path.string(), version.empty() ? "1" : version);
}

namespace {

/// What an archive of Keras 3 holds.
struct archive_content {
    std::vector<std::byte> config, image;
    std::string version = "3";
};

archive_content content_of_archive(std::span<const std::byte> bytes, const std::string& path) {
    archive_content made;
    const zip_members archive = zip_members::try_open(bytes, path).value();
    made.config = archive.try_read("config.json").value();
    const auto names = archive.names();
    if (std::find(names.begin(), names.end(), "metadata.json") != names.end()) {
        const auto metadata = archive.try_read("metadata.json").value();
        const json about = parse_json(text_of(metadata), path + ", metadata.json");
        if (const json* found = about.find("keras_version"); found != nullptr && found->text() != nullptr)
            made.version = *found->text();
    }
    made.image = archive.try_read("model.weights.h5").value();
    return made;
}

model read_content(archive_content from, const std::string& path) {
    const auto file = std::make_shared<hdf5_file>(std::move(from.image), path + ", model.weights.h5");
    weight_store weights = numbered_weights(file);
    return keras::read_topology(parse_json(text_of(from.config), path + ", config.json"), weights,
                                major_version(from.version), path, from.version);
}

}  // namespace

model parse_keras_archive(std::span<const std::byte> bytes, const std::string& path) {
    return read_content(content_of_archive(bytes, path), path);
}

model read_keras_archive(const std::filesystem::path& path) {
    // The archive goes before weights are read.
    archive_content content = content_of_archive(map_file(path).bytes, path.string());
    return read_content(std::move(content), path.string());
}

model parse_tfjs(std::span<const std::byte> bytes, const std::string& path, const shard_source& shards) {
    const json root = parse_json(text_of(bytes), path);
    const json* topology = root.find("modelTopology");
    if (topology == nullptr) throw file_error({path, "a model of TensorFlow.js", "no \"modelTopology\""});
    const json* manifest = root.find("weightsManifest");
    if (manifest == nullptr) throw file_error({path, "a \"weightsManifest\"", "none"});
    if (topology->find("node") != nullptr) {
        const json* by = root.find("generatedBy");
        weight_store constants = manifest_weights(*manifest, shards, path);
        return read_tensorflow_graph(*topology, root.find("signature"), constants, path,
                                     by != nullptr && by->text() != nullptr ? *by->text() : "");
    }
    const json* config = topology->find("model_config");
    if (config == nullptr) config = topology;
    std::string version = "2";
    if (const json* found = topology->find("keras_version"); found != nullptr && found->text() != nullptr)
        version = *found->text();
    weight_store weights = manifest_weights(*manifest, shards, path);
    return keras::read_topology(*config, weights, std::max(major_version(version), 2), path,
                                version + " by TensorFlow.js");
}

}  // namespace archetype::graph
