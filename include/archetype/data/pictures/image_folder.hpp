// SPDX-License-Identifier: BSL-1.0
/// @file image_folder.hpp
/// A folder of pictures with a folder for each class.
#pragma once
#include <archetype/data/class_folders.hpp>
#include <archetype/data/dataset.hpp>
#include <archetype/data/pictures/image_file.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

struct image_folder_options {
    image_channels channels = image_channels::rgb;
    float scale = 1.0f / 255.0f;  ///< values are multiplied by this: 0 to 1
    read_limits limits = {};      ///< of each picture
};

/// What `read_image_folder` finds.
struct image_folder {
    dataset data;
    std::vector<std::string> classes;          ///< names of the folders, sorted
    std::vector<std::filesystem::path> files;  ///< of each sample
};

/// Reads "folder/class/picture" (torchvision's ImageFolder): classes are the folders in the order of their names' bytes, samples
/// the pictures of each in that order. All pictures have the same size.
/// @throws file_error if a file is no picture, sizes differ, a class has none, or there are no classes
inline image_folder read_image_folder(const std::filesystem::path& folder,
                                      const image_folder_options& options = {}) {
    detail::class_folders found = detail::list_class_folders(folder, "picture");
    image_folder result{{}, std::move(found.classes), std::move(found.files)};
    const std::vector<std::int32_t>& labels = found.labels;
    result.data.labels = xt::xtensor<std::int32_t, 1>::from_shape({labels.size()});
    std::copy(labels.begin(), labels.end(), result.data.labels.begin());
    std::string size;
    for (std::size_t n = 0; n < labels.size(); ++n) {
        const auto picture = read_image(result.files[n], options.channels, options.limits);
        const std::string extents =
            std::to_string(picture.shape()[0]) + " x " + std::to_string(picture.shape()[1]);
        if (n == 0) {
            size = extents;
            result.data.samples = xt::xtensor<float, 4>::from_shape(
                {labels.size(), picture.shape()[0], picture.shape()[1], picture.shape()[2]});
        }
        if (extents != size)
            throw file_error({result.files[n].string(),
                              "a picture of " + size + ", as " + result.files[0].string(), extents});
        std::transform(picture.begin(), picture.end(),
                       result.data.samples.begin() + static_cast<std::ptrdiff_t>(n * picture.size()),
                       [&](std::uint8_t value) { return static_cast<float>(value) * options.scale; });
    }
    return result;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
