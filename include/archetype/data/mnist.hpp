// SPDX-License-Identifier: BSL-1.0
/// @file mnist.hpp
/// MNIST and the sets that come in its format (Fashion-MNIST, KMNIST).
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/data/idx.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

struct mnist_options {
    float scale = 1.0f / 255.0f;  ///< pixels are multiplied by this: 0 to 1
    std::size_t padding = 0;      ///< cells of zeros added on each side; 2 makes 28 x 28 into LeNet's 32 x 32
    std::size_t classes = 10;     ///< labels must be below this
    read_limits limits = {};      ///< of compressed files
};

/// The two parts of MNIST.
struct mnist {
    dataset train, test;
};

/// Reads images and labels in IDX format, plain or gzip, as samples of one channel.
/// @throws file_error, also if the counts differ or a label is out of range
inline dataset read_idx_dataset(const std::filesystem::path& images_path,
                                const std::filesystem::path& labels_path, const mnist_options& options = {}) {
    const auto images = read_idx_images(images_path, options.limits);
    const auto labels = read_idx_labels(labels_path, options.limits);
    if (images.shape()[0] != labels.size())
        throw file_error({labels_path.string(),
                          std::to_string(images.shape()[0]) + " labels, as many as images in " +
                              images_path.filename().string(),
                          std::to_string(labels.size())});
    const std::size_t count = images.shape()[0], height = images.shape()[1], width = images.shape()[2];
    const std::size_t pad = options.padding;
    dataset result{xt::xtensor<float, 4>::from_shape({count, height + 2 * pad, width + 2 * pad, 1}),
                   xt::xtensor<std::int32_t, 1>::from_shape({count})};
    result.samples.fill(0.0f);
    for (std::size_t i = 0; i < count; ++i) {
        if (labels(i) >= options.classes)
            throw file_error({labels_path.string(), "labels below " + std::to_string(options.classes),
                              std::to_string(labels(i)) + " at index " + std::to_string(i)});
        result.labels(i) = labels(i);
        for (std::size_t y = 0; y < height; ++y) {
            const std::uint8_t* from = images.data() + (i * height + y) * width;
            float* to = result.samples.data() + (i * (height + 2 * pad) + y + pad) * (width + 2 * pad) + pad;
            for (std::size_t x = 0; x < width; ++x) to[x] = static_cast<float>(from[x]) * options.scale;
        }
    }
    return result;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {
inline std::filesystem::path mnist_file(const std::filesystem::path& directory, std::string_view name) {
    std::filesystem::path plain = directory / name;
    std::filesystem::path compressed = plain;
    compressed += ".gz";
    std::error_code ignored;
    if (std::filesystem::exists(plain, ignored)) return plain;
    if (std::filesystem::exists(compressed, ignored)) return compressed;
    throw file_error({plain.string(), "this file, or the same with .gz", "neither"});
}
}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each as it is or with `.gz`, from a directory. @throws file_error
inline mnist read_mnist(const std::filesystem::path& directory, const mnist_options& options = {}) {
    const auto part = [&](const std::string& name) {
        const auto images = detail::mnist_file(directory, name + "-images-idx3-ubyte");
        const auto labels = detail::mnist_file(directory, name + "-labels-idx1-ubyte");
        return read_idx_dataset(images, labels, options);
    };
    return {part("train"), part("t10k")};
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
