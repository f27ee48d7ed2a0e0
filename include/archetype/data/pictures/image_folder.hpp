// SPDX-License-Identifier: BSL-1.0
/// @file image_folder.hpp
/// A folder of pictures with a folder for each class.
#pragma once
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
    const auto entries = [](const std::filesystem::path& of) {
        std::error_code failed;
        std::vector<std::filesystem::path> found;
        for (std::filesystem::directory_iterator at(of, failed), end; !failed && at != end;
             at.increment(failed))
            found.push_back(at->path());
        if (failed) throw file_error({of.string(), "a folder", failed.message()});
        std::sort(found.begin(), found.end(),
                  [](const auto& a, const auto& b) { return a.filename().native() < b.filename().native(); });
        return found;
    };
    image_folder result;
    std::vector<std::int32_t> labels;
    for (const std::filesystem::path& of_class : entries(folder)) {
        if (!std::filesystem::is_directory(of_class))
            throw file_error({of_class.string(), "a folder of pictures of one class", "a file"});
        const std::size_t before = result.files.size();
        for (const std::filesystem::path& file : entries(of_class)) result.files.push_back(file);
        if (result.files.size() == before)
            throw file_error({of_class.string(), "at least one picture", "none"});
        labels.resize(result.files.size(), static_cast<std::int32_t>(result.classes.size()));
        result.classes.push_back(of_class.filename().string());
    }
    if (labels.empty()) throw file_error({folder.string(), "a folder for each class", "none"});
    result.data.labels = xt::xtensor<std::int32_t, 1>::from_shape({labels.size()});
    std::copy(labels.begin(), labels.end(), result.data.labels.begin());
    std::string size;
    for (std::size_t n = 0; n < labels.size(); ++n) {
        const auto picture = read_image(result.files[n], options.channels, options.limits);
        const std::string found =
            std::to_string(picture.shape()[0]) + " x " + std::to_string(picture.shape()[1]);
        if (n == 0) {
            size = found;
            result.data.samples = xt::xtensor<float, 4>::from_shape(
                {labels.size(), picture.shape()[0], picture.shape()[1], picture.shape()[2]});
        }
        if (found != size)
            throw file_error({result.files[n].string(),
                              "a picture of " + size + ", as " + result.files[0].string(), found});
        std::transform(picture.begin(), picture.end(),
                       result.data.samples.begin() + static_cast<std::ptrdiff_t>(n * picture.size()),
                       [&](std::uint8_t value) { return static_cast<float>(value) * options.scale; });
    }
    return result;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
