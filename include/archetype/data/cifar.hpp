// SPDX-License-Identifier: BSL-1.0
/// @file cifar.hpp
/// CIFAR-10 and CIFAR-100 in their binary version.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/data/file_source.hpp>

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

struct cifar_options {
    float scale = 1.0f / 255.0f;  ///< values are multiplied by this: 0 to 1
    read_limits limits = {};
};
/// Which labels of CIFAR-100 are taken: 100 classes or their 20 groups.
enum class cifar100_labels { fine, coarse };

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Records of `labels` bytes, each below its number of classes, and 3 x 32 x 32 bytes: red, green and blue planes.
inline dataset read_cifar(std::span<const std::filesystem::path> paths, std::span<const std::size_t> classes,
                          std::size_t taken, const cifar_options& options) {
    constexpr std::size_t plane = 32 * 32;
    std::vector<std::byte> pixels;
    std::vector<std::int32_t> labels;
    std::vector<std::byte> record(classes.size() + 3 * plane);
    for (const std::filesystem::path& path : paths) {
        file_source source(path, options.limits);
        for (std::size_t n = 0;; ++n) {
            const std::size_t got = source.read(record);
            if (got == 0 && n > 0) break;
            if (got != record.size())
                throw file_error({path.string(), "records of " + std::to_string(record.size()) + " bytes",
                                  std::to_string(got) + " bytes as record " + std::to_string(n)});
            for (std::size_t k = 0; k < classes.size(); ++k)
                if (std::to_integer<std::size_t>(record[k]) >= classes[k])
                    throw file_error({path.string(), "labels below " + std::to_string(classes[k]),
                                      std::to_string(std::to_integer<int>(record[k])) + " in record " +
                                          std::to_string(n)});
            labels.push_back(std::to_integer<std::int32_t>(record[taken]));
            pixels.insert(pixels.end(), record.begin() + static_cast<std::ptrdiff_t>(classes.size()),
                          record.end());
        }
    }
    dataset result{xt::xtensor<float, 4>::from_shape({labels.size(), 32, 32, 3}),
                   xt::xtensor<std::int32_t, 1>::from_shape({labels.size()})};
    std::copy(labels.begin(), labels.end(), result.labels.begin());
    for (std::size_t n = 0; n < labels.size(); ++n)
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t i = 0; i < plane; ++i)
                result.samples.data()[(n * plane + i) * 3 + c] =
                    static_cast<float>(std::to_integer<int>(pixels[(n * 3 + c) * plane + i])) * options.scale;
    return result;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Pictures of 32 x 32 x 3 and their classes, 0 to 9, of files as "data_batch_1.bin", one after the other; gzip is recognized.
/// @throws file_error if a file has no whole records, or a label is out of range
inline dataset read_cifar10(const std::vector<std::filesystem::path>& paths,
                            const cifar_options& options = {}) {
    const std::size_t classes[] = {10};
    return detail::read_cifar(paths, classes, 0, options);
}
/// The same of CIFAR-100's "train.bin" or "test.bin", whose records have a coarse label (of 20) before the fine one (of 100).
inline dataset read_cifar100(const std::filesystem::path& path, cifar100_labels taken = cifar100_labels::fine,
                             const cifar_options& options = {}) {
    const std::size_t classes[] = {20, 100};
    return detail::read_cifar({&path, 1}, classes, taken == cifar100_labels::fine ? 1 : 0, options);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
